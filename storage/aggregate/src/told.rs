//! What the attributes of a span say of it.

use crate::span::{StatusClass, Target};

/// Attributes that are needed.
pub const KEYS: [&str; 10] = [
    "http.response.status_code",
    "http.status_code",
    "rpc.grpc.status_code",
    "db.system.name",
    "db.system",
    "db.namespace",
    "db.name",
    "messaging.destination.name",
    "messaging.system",
    "connection_security_policy",
];

#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    /// A bit for each of [`KEYS`] that the span has.
    keys: u16,
    /// Numbers under the first of [`KEYS`].
    codes: [Option<u16>; 3],
    is_database: bool,
    is_queue: bool,
    pub(crate) is_mtls: bool,
}

impl Told {
    /// Takes the value of one of [`KEYS`], by its position there. The first one counts.
    pub fn hear(&mut self, key: usize, value: &str) {
        let bit = 1 << key;
        if self.keys & bit != 0 {
            return;
        }
        self.keys |= bit;
        match key {
            0..3 => self.codes[key] = value.parse().ok(),
            3..7 => self.is_database |= !value.is_empty(),
            7..9 => self.is_queue |= !value.is_empty(),
            _ => self.is_mtls = value == "mutual_tls",
        }
    }

    pub(crate) fn target(&self) -> Target {
        match (self.is_database, self.is_queue) {
            (true, _) => Target::Database,
            (false, true) => Target::Queue,
            (false, false) => Target::External,
        }
    }

    /// `state` is the status of the span itself.
    pub(crate) fn status_class(&self, state: &str) -> StatusClass {
        let [http, old_http, grpc] = self.codes;
        let http = http.or(old_http).filter(|code| (100..600).contains(code));
        let grpc = grpc.filter(|code| *code <= 16);
        match (http, grpc) {
            (Some(code), _) => StatusClass::Http((code / 100) as u8),
            (None, Some(code)) => StatusClass::Grpc(code as u8),
            (None, None) => match state {
                "ok" => StatusClass::Ok,
                "error" => StatusClass::Error,
                _ => StatusClass::Unset,
            },
        }
    }
}
