//! The server as a process of its own: started on free ports of this machine with a folder for its data,
//! and never left behind.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use daymark_model::time::Clock;

use crate::api::Api;
use crate::process;

const START_PATIENCE: Duration = Duration::from_secs(120);
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// What to start, where its data goes, and where it listens.
#[derive(Clone, Debug)]
pub struct Place {
    pub binary: PathBuf,
    pub data: PathBuf,
    pub log: PathBuf,
    pub ui: SocketAddr,
    pub otlp_http: SocketAddr,
    pub otlp_grpc: SocketAddr,
}

#[derive(Debug)]
pub struct Server {
    place: Place,
    child: Child,
}

impl Place {
    /// Free ports, which the server is about to take.
    pub fn new(binary: &Path, folder: &Path) -> anyhow::Result<Self> {
        let held: Vec<TcpListener> =
            (0..3).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).collect::<Result<_, _>>()?;
        let mut free = held.iter().map(TcpListener::local_addr);
        let mut next = || free.next().context("three were bound").and_then(|address| Ok(address?));
        Ok(Self {
            binary: binary.to_owned(),
            data: folder.join("data"),
            log: folder.join("server.log"),
            ui: next()?,
            otlp_http: next()?,
            otlp_grpc: next()?,
        })
    }

    /// Starts it and returns at once.
    pub fn spawn(&self) -> anyhow::Result<Server> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let child = Command::new(&self.binary)
            .arg("serve")
            .arg("--data")
            .arg(&self.data)
            .args(["--listen.ui", &self.ui.to_string()])
            .args(["--listen.otlp-http", &self.otlp_http.to_string()])
            .args(["--listen.otlp-grpc", &self.otlp_grpc.to_string()])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", self.binary.display()))?;
        Ok(Server { place: self.clone(), child })
    }

    pub fn api(&self) -> Api {
        Api::new(self.ui)
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(8)..].join("\n")
    }
}

impl Server {
    /// Starts it and waits until it takes and answers.
    pub async fn start(place: &Place, clock: &dyn Clock) -> anyhow::Result<Self> {
        let mut server = place.spawn()?;
        let (api, started) = (place.api(), clock.elapsed());
        loop {
            match api.ready().await {
                Ok(true) => return Ok(server),
                Ok(false) | Err(_) => server.still_runs()?,
            }
            if clock.elapsed() - started > START_PATIENCE {
                bail!("the server is not ready after {START_PATIENCE:?}; it says:\n{}", place.last_words());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    pub fn still_runs(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("the server ended with {status}; it says:\n{}", self.place.last_words()),
            None => Ok(()),
        }
    }

    pub fn cpu(&self) -> anyhow::Result<Duration> {
        process::cpu(self.child.id())
    }

    pub fn memory_peak(&self) -> anyhow::Result<u64> {
        process::memory_peak(self.child.id())
    }

    /// Ends it as a crash would, without a chance to tidy up.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if it has already ended.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
