//! The `daymark` command: parses, runs one verb, says how it ended.

/// Verbs and flags.
mod args;
/// A copy of a data directory, and back.
mod backup;
/// Verbs that ask a running server.
mod cli;
/// Settings from defaults, file, environment and flags.
mod config;
/// A living shop that sends to a server.
mod demo;
/// The memory we may use.
mod memory;
/// What the process costs the machine.
mod process;
/// Everything in one process, from listeners to disk.
mod serve;
/// Proof that a data directory is whole.
mod verify;

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

use crate::args::{Args, ConfigVerb, Verb};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    memory::keep_freed();
    let args = Args::parse();
    match run(args) {
        Ok(code) => code,
        // Whoever read the output has seen enough.
        Err(error) if cli::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Serve(serve) => serve::run(&serve.settings()?),
        Verb::Demo(demo) => demo::run(&demo),
        Verb::Sql(sql) => cli::run(cli::sql::run(sql)),
        Verb::Trace(trace) => cli::run(cli::trace::run(trace)),
        Verb::Traces(traces) => cli::run(cli::traces::run(traces)),
        Verb::Logs(logs) => cli::run(cli::logs::run(logs)),
        Verb::Alerts(alerts) => cli::run(cli::alerts::run(alerts)),
        Verb::Verify(verify) => verify::run(&verify),
        Verb::Backup(backup) => cli::run(backup::back_up(backup)),
        Verb::Restore(restore) => cli::run(backup::restore(restore)),
        Verb::Config(ConfigVerb::Default) => config::print_default(),
        Verb::Config(ConfigVerb::Check(check)) => config::check(&check.settings),
        Verb::Completion { shell } => args::print_completion(shell),
    }
}

/// One line for the error, one for each cause.
#[expect(clippy::print_stderr, reason = "the one place where the command complains")]
fn complain(error: &anyhow::Error) {
    eprintln!("daymark: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  because {cause}");
    }
}
