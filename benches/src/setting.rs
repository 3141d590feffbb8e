//! What every measurement is told on the command line, and the folder and server it works with.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, ValueEnum};
use daymark_model::time::{Clock, SystemClock};
use daymark_workload::{Profile, Signal};
use tempfile::TempDir;

use crate::figure::Report;
use crate::load::{Load, Sent};
use crate::samples::Samples;
use crate::sender::{Encoding, Protocol, Sender};
use crate::server::{Place, Server};

#[derive(Args, Clone, Debug)]
pub struct Setting {
    /// The server to measure
    #[arg(long, global = true, default_value = "target/release/daymark")]
    pub server: PathBuf,
    /// Where folders for the data are made and removed again; on the disk to be measured
    #[arg(long, global = true, default_value = ".")]
    pub folder: PathBuf,
    /// Figures are appended here, one line of JSON each
    #[arg(long, global = true, default_value = "bench-results.jsonl")]
    pub results: PathBuf,
    /// Of the load
    #[arg(long, global = true, default_value_t = 1)]
    pub seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Signals {
    Spans,
    Logs,
    /// Spans, logs and metrics as the shop sends them
    Mixed,
}

/// The load of a measurement and its way to the server.
#[derive(Args, Clone, Debug)]
pub struct Shape {
    #[arg(long, value_enum, default_value = "spans")]
    pub signals: Signals,
    #[arg(long, value_enum, default_value = "http")]
    pub protocol: Protocol,
    #[arg(long, value_enum, default_value = "none")]
    pub encoding: Encoding,
    /// Spans that the shop makes; lines are about as many
    #[arg(long, default_value_t = 1_000_000)]
    pub spans: u64,
    #[arg(long, default_value_t = 4)]
    pub senders: usize,
    /// Items of a request at most
    #[arg(long, default_value_t = 2_000)]
    pub request_items: usize,
}

/// As the command line has it when nothing is said.
impl Default for Shape {
    fn default() -> Self {
        Self {
            signals: Signals::Spans,
            protocol: Protocol::Http,
            encoding: Encoding::None,
            spans: 1_000_000,
            senders: 4,
            request_items: 2_000,
        }
    }
}

impl Signals {
    pub fn all(self) -> Vec<Signal> {
        match self {
            Self::Spans => vec![Signal::Spans],
            Self::Logs => vec![Signal::Logs],
            Self::Mixed => Signal::ALL.to_vec(),
        }
    }

    pub fn item(self) -> &'static str {
        match self {
            Self::Spans => "spans",
            Self::Logs => "lines",
            Self::Mixed => "items",
        }
    }
}

/// A server that runs on an empty folder, and what is needed to load and to measure it.
#[derive(Debug)]
pub struct Rig {
    pub clock: Arc<dyn Clock>,
    pub place: Place,
    pub server: Server,
    /// Removed with everything in it.
    pub folder: TempDir,
}

impl Setting {
    pub fn report(&self, bench: &str) -> Report {
        Report::new(bench, &self.results, SystemClock::new().now().0)
    }

    pub fn load(&self, shape: &Shape) -> Load {
        self.load_of(shape, Profile::bench())
    }

    /// A load of another profile than the bench's.
    pub fn load_of(&self, shape: &Shape, mut profile: Profile) -> Load {
        profile.request_items = shape.request_items;
        let now = SystemClock::new().now().0;
        Load::new(self.seed, profile, shape.spans, shape.signals.all(), now)
    }

    pub async fn rig(&self) -> anyhow::Result<Rig> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let folder = tempfile::Builder::new()
            .prefix("daymark-bench-")
            .tempdir_in(&self.folder)
            .with_context(|| format!("a folder in {}", self.folder.display()))?;
        let binary =
            self.server.canonicalize().with_context(|| format!("server {}", self.server.display()))?;
        let place = Place::new(&binary, folder.path())?;
        let server = Server::start(&place, clock.as_ref()).await?;
        Ok(Rig { clock, place, server, folder })
    }
}

impl Rig {
    pub async fn sender(&self, shape: &Shape) -> anyhow::Result<Sender> {
        let (http, grpc) = (self.place.otlp_http, self.place.otlp_grpc);
        Sender::connect(shape.protocol, shape.encoding, http, grpc).await
    }
}

impl Shape {
    /// One line that says what a figure was measured with.
    pub fn told(&self, sent: &Sent) -> String {
        let word = |value: &dyn std::fmt::Debug| format!("{value:?}").to_lowercase();
        format!(
            "{} {}, {}/{}, {} senders, {} B/item on average in {} requests",
            sent.items,
            self.signals.item(),
            word(&self.protocol),
            word(&self.encoding),
            self.senders,
            sent.raw_bytes / sent.items.max(1),
            sent.requests,
        )
    }
}

/// The usual quantiles of a duration.
pub fn add_quantiles(
    report: &mut Report,
    name: &str,
    samples: &Samples,
    shares: &[f64],
    note: &str,
) -> anyhow::Result<()> {
    for share in shares {
        if let Some(value) = samples.quantile_ms(*share) {
            report.add(&format!("{name} p{}", share * 100.0), value, "ms", note)?;
        }
    }
    Ok(())
}
