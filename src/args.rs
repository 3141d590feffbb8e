//! Verbs and flags of the command line, as data: the parser, the help and the completions come from here.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::cli;
use crate::config::{Flags, Settings};

/// Keeps, finds and explains the telemetry of microservices.
#[derive(Debug, clap::Parser)]
#[command(name = "daymark", version, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Take telemetry and answer questions about it
    Serve(ServeArgs),
    /// Serve on ./daymark-demo and feed it with a living shop
    Demo(DemoArgs),
    /// Ask a running server in SQL
    Sql(cli::sql::SqlArgs),
    /// Search traces, their spans or their operations
    Traces(cli::traces::TracesArgs),
    /// Show a trace by its id in any spelling, or by a log line or an address that holds it
    Trace(cli::trace::TraceArgs),
    /// Search log lines, show those of a trace, or follow them
    Logs(cli::logs::LogsArgs),
    /// Show alerts, check files of rules, try channels, look back over the past
    #[command(subcommand)]
    Alerts(cli::alerts::AlertsVerb),
    /// Check that a data directory is whole, with the server stopped; repair what can be
    Verify(VerifyArgs),
    /// Copy a data directory, whether a server uses it or not
    Backup(BackupArgs),
    /// Make a data directory out of a backup, and check it
    Restore(RestoreArgs),
    /// Check the configuration, or print the default one
    #[command(subcommand)]
    Config(ConfigVerb),
    /// Print the completion script of a shell
    Completion {
        #[arg(value_enum)]
        shell: Shell,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigVerb {
    /// Print every setting with its default and what it is for
    Default,
    /// Name every setting that is wrong, with its place
    Check(ServeArgs),
}

/// What a tick at the end of a reply promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AckLevel {
    /// The data is on disk
    Fsync,
    /// The data is with the operating system
    Os,
}

impl AckLevel {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fsync => "fsync",
            Self::Os => "os",
        }
    }
}

#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) settings: Flags,
}

impl ServeArgs {
    pub(crate) fn settings(&self) -> anyhow::Result<Settings> {
        Settings::load(&self.settings)
    }
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DemoArgs {
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
    /// Only send to a running server, at this OTLP/HTTP address
    #[arg(long, value_name = "URL", conflicts_with_all = ["data", "config"])]
    pub(crate) to: Option<String>,
    /// Traces a second
    #[arg(long, default_value_t = 20.0, value_name = "N")]
    pub(crate) rate: f64,
    /// The same seed makes the same shop
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
    /// Whether things go wrong now and then
    #[arg(long, value_enum, default_value_t = OnOff::On)]
    pub(crate) faults: OnOff,
    /// Stop after so many seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) duration: Option<u64>,
}

/// Which data directory is meant.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Place {
    /// The data directory [default: ./daymark-data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Settings file [default: ./daymark.toml if it exists]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

impl Place {
    pub(crate) fn dir(&self) -> anyhow::Result<PathBuf> {
        let (data, config) = (self.data.clone(), self.config.clone());
        Ok(Settings::load(&Flags { data, config, ..Flags::default() })?.data)
    }
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Make a new catalog out of the segments and what can be read of the old one
    #[arg(long)]
    pub(crate) rebuild_catalog: bool,
    /// Make damaged indexes anew out of the rows
    #[arg(long)]
    pub(crate) rebuild_indexes: bool,
    /// How the report is printed
    #[arg(long, value_enum, default_value_t = ReportFormat::Text, value_name = "FORMAT")]
    pub(crate) format: ReportFormat,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct BackupArgs {
    /// Where the copy goes: a folder that is empty or not there yet, on the server's machine
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) place: Place,
    /// The server that uses the data directory, if one does
    #[arg(long, env = "DAYMARK_URL", default_value = "http://127.0.0.1:4300", value_name = "URL")]
    pub(crate) url: String,
    /// The token to ask with
    #[arg(long, env = "DAYMARK_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub(crate) token: Option<String>,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct RestoreArgs {
    /// The backup
    #[arg(value_name = "DIR")]
    pub(crate) from: PathBuf,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnOff {
    On,
    Off,
}

/// Where the demo keeps its data unless told otherwise.
pub(crate) fn demo_dir() -> PathBuf {
    "./daymark-demo".into()
}

pub(crate) fn print_completion(shell: Shell) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "daymark", &mut script);
    io::stdout().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}
