//! What the binary decides about alerts.

use std::path::PathBuf;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Where files of rules are.
    pub rules_dir: Option<PathBuf>,
    /// Whether the rules hold that come with Daymark.
    pub default_rules: bool,
    /// Under which address people reach the UI: the start of every link.
    pub url: String,
    /// Addresses and names that may be called although they are not of the open internet.
    pub allow: Vec<String>,
    pub smtp: Option<Smtp>,
}

/// The server that takes e-mails.
#[derive(Clone, PartialEq, Eq)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub from: String,
    pub user: Option<String>,
    pub password: Option<String>,
    pub tls: SmtpTls,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { host, port, from, tls, .. } = self;
        write!(out, "Smtp({host}:{port} from {from}, {tls:?})")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    Off,
    Starttls,
    Tls,
}
