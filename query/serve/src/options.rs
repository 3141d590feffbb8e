//! What the binary decides about the API: the clock, the limits, where it is mounted and who may ask.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use daymark_model::arrivals::Arrivals;
use daymark_model::figure::Figures;
use daymark_model::limits::QueryLimits;
use daymark_model::time::Clock;
use daymark_view::alerts::AskAlerts;
use daymark_view::ask::Ask;

#[derive(Clone, Debug)]
pub struct Options {
    pub clock: Arc<dyn Clock>,
    pub limits: QueryLimits,
    /// Where a proxy mounts the API: empty, or such as `/daymark`.
    pub base_path: String,
    /// Names beside IP addresses and `localhost` under which a loopback listener may be asked.
    pub hosts: Vec<String>,
    /// Tenants that may be asked about by name, beside the default one.
    pub tenants: Vec<(String, Arc<dyn Ask>)>,
    /// Whoever watches over the default tenant.
    pub alerts: Option<Arc<dyn AskAlerts>>,
    /// The listeners beside this one, where the process has some.
    pub intake: Option<IntakeDoors>,
    /// Who tells something on `/metrics`.
    pub figures: Vec<Arc<dyn Figures>>,
    pub connections: usize,
    pub header_read: Duration,
    /// For a whole request body.
    pub body_read: Duration,
    /// The web UI, where the binary carries one.
    pub ui: Option<Ui>,
    /// How long running answers may take after the server was told to stop.
    pub drain: Duration,
}

/// The files of the web UI by their path below its root.
#[derive(Clone, Copy, Debug)]
pub struct Ui {
    pub find: fn(&str) -> Option<UiFile>,
}

/// One of them, as it is and packed.
#[derive(Clone, Copy, Debug)]
pub struct UiFile {
    pub plain: &'static [u8],
    pub brotli: Option<&'static [u8]>,
    pub gzip: Option<&'static [u8]>,
    pub media_type: &'static str,
    /// Never changes under its path.
    pub is_immutable: bool,
}

/// Where senders may send to.
#[derive(Clone, Debug)]
pub struct IntakeDoors {
    /// Each source with its address.
    pub listeners: Vec<(&'static str, SocketAddr)>,
    pub arrivals: Arc<dyn Arrivals>,
    pub data_dir: PathBuf,
}

impl Options {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            limits: QueryLimits::default(),
            base_path: String::new(),
            hosts: Vec::new(),
            tenants: Vec::new(),
            alerts: None,
            intake: None,
            figures: Vec::new(),
            connections: 1_000,
            header_read: Duration::from_secs(10),
            body_read: Duration::from_secs(30),
            ui: None,
            drain: Duration::from_secs(5),
        }
    }
}
