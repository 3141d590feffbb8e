//! Verbs and flags of the command line, as data: the parser, the help and the completions come from here.

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
    /// Show a trace by its id, in any spelling
    Trace(cli::trace::TraceArgs),
    /// Show the logs of a trace
    Logs(cli::logs::LogsArgs),
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
    clap_complete::generate(shell, &mut Args::command(), "daymark", &mut std::io::stdout());
    Ok(ExitCode::SUCCESS)
}
