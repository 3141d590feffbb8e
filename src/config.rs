//! Settings: defaults, then the file, then the environment, then flags; the later wins.
//!
//! The file is TOML, `--config FILE` or `./daymark.toml` where that exists. A variable is named
//! `DAYMARK_<SECTION>_<KEY>`. A key that nobody knows is an error that names its place.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use daymark_storage::disk::DiskLimits;
use daymark_storage::retain::Keep;
use daymark_storage::streams::Stream;
use serde::Deserialize;

use crate::args::AckLevel;
use crate::memory::Shares;

/// Rules, and how people are told.
mod alerts;
/// What people write: sizes, times, numbers.
mod amount;
/// Ages and the size of the disk.
mod keep;
/// How much a request and a query may take.
mod limits;
/// What is kept for another time than the rest.
mod streams;

pub(crate) use limits::Limits;

/// The default file, every setting with its reason; `config default` prints it.
const DEFAULT: &str = include_str!("config/default.toml");
const SECTIONS: [&str; 9] = ["data", "listen", "ack", "retention", "disk", "limits", "ui", "alerts", "own"];
/// Keys with a list; a variable parts its entries by commas.
const LISTS: [&str; 3] = ["cors_origins", "hosts", "allow"];

// A doc comment here would become the help of the verb.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Flags {
    /// Where everything is kept [default: ./daymark-data, for the demo ./daymark-demo]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Settings file [default: ./daymark.toml if it exists]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where the API answers [default: 127.0.0.1:4300]
    #[arg(long = "listen.ui", value_name = "ADDR:PORT")]
    pub(crate) listen_ui: Option<Listen>,
    /// Where OTLP/gRPC comes in [default: 127.0.0.1:4317]
    #[arg(long = "listen.otlp-grpc", value_name = "ADDR:PORT")]
    pub(crate) listen_otlp_grpc: Option<Listen>,
    /// Where OTLP/HTTP comes in [default: 127.0.0.1:4318]
    #[arg(long = "listen.otlp-http", value_name = "ADDR:PORT")]
    pub(crate) listen_otlp_http: Option<Listen>,
    /// What a reply to an export promises [default: fsync]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) ack: Option<AckLevel>,
    /// Listen on other addresses than loopback although nothing protects them
    #[arg(long)]
    pub(crate) allow_insecure_remote: bool,
}

/// An address, or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listen(pub(crate) Option<SocketAddr>);

impl std::str::FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self(None)),
            address => address.parse().map(|address| Self(Some(address))).map_err(|_| {
                format!("\"{address}\" is not an address: write it as 127.0.0.1:4300 or [::1]:4300, or off")
            }),
        }
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What the server runs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) data: PathBuf,
    pub(crate) ui: Option<SocketAddr>,
    pub(crate) otlp_grpc: Option<SocketAddr>,
    pub(crate) otlp_http: Option<SocketAddr>,
    pub(crate) cors_origins: Vec<String>,
    pub(crate) ack: AckLevel,
    pub(crate) keep: Keep,
    pub(crate) disk: DiskLimits,
    pub(crate) limits: Limits,
    pub(crate) base_path: String,
    pub(crate) hosts: Vec<String>,
    pub(crate) insecure_remote: bool,
    pub(crate) alerts: daymark_alerting::Options,
    pub(crate) own_telemetry: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    data: Data,
    listen: Listeners,
    ack: Ack,
    retention: keep::Retention,
    #[serde(deserialize_with = "streams::rules")]
    streams: Vec<Stream>,
    disk: keep::Disk,
    limits: limits::Section,
    ui: Ui,
    alerts: alerts::Section,
    own: Own,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Data {
    dir: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Listeners {
    ui: Option<Listen>,
    otlp_grpc: Option<Listen>,
    otlp_http: Option<Listen>,
    cors_origins: Vec<String>,
    allow_insecure_remote: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Ack {
    level: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Ui {
    base_path: String,
    hosts: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Own {
    telemetry: Option<bool>,
}

impl Settings {
    pub(crate) fn load(flags: &Flags) -> anyhow::Result<Self> {
        let file = match &flags.config {
            Some(path) => read(path)?,
            None if Path::new("daymark.toml").exists() => read(Path::new("daymark.toml"))?,
            None => toml::Table::new(),
        };
        Self::merge(file, std::env::vars(), flags)
    }

    /// Puts the sources over each other.
    fn merge(
        mut file: toml::Table,
        environment: impl Iterator<Item = (String, String)>,
        flags: &Flags,
    ) -> anyhow::Result<Self> {
        for (name, value) in environment {
            set_from_environment(&mut file, &name, &value)?;
        }
        let file: File =
            file.try_into().map_err(|error: toml::de::Error| anyhow::anyhow!("{}", error.message()))?;
        let pick = |flag: Option<Listen>, file: Option<Listen>, port| {
            let default = Listen(Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port))));
            flag.or(file).unwrap_or(default).0
        };
        let settings = Self {
            data: flags.data.clone().or(file.data.dir).unwrap_or_else(|| "./daymark-data".into()),
            ui: pick(flags.listen_ui, file.listen.ui, 4300),
            otlp_grpc: pick(flags.listen_otlp_grpc, file.listen.otlp_grpc, 4317),
            otlp_http: pick(flags.listen_otlp_http, file.listen.otlp_http, 4318),
            cors_origins: file.listen.cors_origins,
            ack: flags.ack.map_or_else(|| ack_level(file.ack.level.as_deref()), Ok)?,
            keep: file.retention.keep(file.streams)?,
            disk: file.disk.limits()?,
            limits: file.limits.over(&Shares::of_machine())?,
            base_path: file.ui.base_path,
            hosts: file.ui.hosts.into_iter().map(host).collect::<Result<_, _>>()?,
            insecure_remote: flags.allow_insecure_remote || file.listen.allow_insecure_remote,
            alerts: file.alerts.options()?,
            own_telemetry: file.own.telemetry.unwrap_or(true),
        };
        settings.refuse_open_doors()?;
        Ok(settings)
    }

    /// Nothing that other machines reach starts unprotected by accident.
    fn refuse_open_doors(&self) -> anyhow::Result<()> {
        let listeners = [("ui", self.ui), ("otlp_grpc", self.otlp_grpc), ("otlp_http", self.otlp_http)];
        for (name, address) in listeners {
            let remote = address.filter(|address| !address.ip().is_loopback());
            if let Some(address) = remote.filter(|_| !self.insecure_remote) {
                bail!(
                    "listen.{name} = {address} can be reached by other machines, and nothing protects it; \
                     use a loopback address, or --allow-insecure-remote to accept that"
                );
            }
        }
        Ok(())
    }
}

fn ack_level(text: Option<&str>) -> anyhow::Result<AckLevel> {
    match text {
        None | Some("fsync") => Ok(AckLevel::Fsync),
        Some("os") => Ok(AckLevel::Os),
        Some(other) => bail!("ack.level = \"{other}\" is not known; it is fsync or os"),
    }
}

/// What stands in front of the port when a browser asks.
fn host(name: String) -> anyhow::Result<String> {
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)) {
        bail!(
            "ui.hosts: \"{name}\" is not a host name; write it as daymark.example, without scheme and port"
        );
    }
    Ok(name)
}

fn read(path: &Path) -> anyhow::Result<toml::Table> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    // Parsed once strictly, for an error that shows the line; and once loosely, to put other sources over it.
    toml::from_str::<File>(&text).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
    text.parse().with_context(|| path.display().to_string())
}

/// `DAYMARK_LISTEN_OTLP_GRPC=off` sets `otlp_grpc` of `[listen]`.
fn set_from_environment(file: &mut toml::Table, name: &str, value: &str) -> anyhow::Result<()> {
    let name_of =
        |section: &&str| name.strip_prefix("DAYMARK_")?.strip_prefix(&format!("{}_", section.to_uppercase()));
    let Some((section, key)) = SECTIONS.iter().find_map(|section| Some((*section, name_of(section)?))) else {
        return Ok(());
    };
    let key = key.to_lowercase();
    let value = match value {
        "true" => toml::Value::Boolean(true),
        "false" => toml::Value::Boolean(false),
        text if LISTS.contains(&key.as_str()) => toml::Value::Array(
            text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(Into::into).collect(),
        ),
        text => text.into(),
    };
    let table = file.entry(section).or_insert_with(|| toml::Table::new().into());
    let table = table.as_table_mut().with_context(|| format!("[{section}] is not a section"))?;
    table.insert(key, value);
    Ok(())
}

pub(crate) fn print_default() -> anyhow::Result<ExitCode> {
    io::stdout().write_all(DEFAULT.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn check(flags: &Flags) -> anyhow::Result<ExitCode> {
    let settings = Settings::load(flags)?;
    write!(io::stdout(), "good: data in {}\n\n{}", settings.data.display(), settings.limits)?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests;
