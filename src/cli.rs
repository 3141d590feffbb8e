//! Verbs that ask a running server: each sends a question to the HTTP API and prints the answer.
//!
//! Results go to stdout, notes and errors to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not
//! found. Whatever a server sends is shown without the characters that could drive a terminal.

use std::fmt;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::ValueEnum;
use daymark_view::error::{AskError, Code};

/// `daymark alerts`.
pub(crate) mod alerts;
/// The lines of a streamed body.
mod body_lines;
/// Text that cannot drive a terminal.
mod clean;
/// Questions over HTTP and their failures.
pub(crate) mod client;
/// Rows as CSV.
mod csv;
/// The events of a stream.
mod events;
/// `daymark logs -f`.
mod follow;
/// Lines of a streamed answer, one by one.
mod lines;
/// `daymark logs`.
pub(crate) mod logs;
/// `daymark sql`.
pub(crate) mod sql;
/// Rows in aligned columns.
mod table;
/// `daymark trace`.
pub(crate) mod trace;
/// `daymark traces`.
pub(crate) mod traces;
/// A trace as a tree.
mod tree;

// What every verb that asks takes. No doc comment: the parser would show it in place of the verb's own.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct AskArgs {
    /// Where the server is
    #[arg(long, env = "DAYMARK_URL", default_value = "http://127.0.0.1:4300", value_name = "URL")]
    pub(crate) url: String,
    /// The token to ask with
    #[arg(long, env = "DAYMARK_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub(crate) token: Option<String>,
    /// How the answer is printed: a table on a terminal, else ndjson
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
    /// Start of the time range: -15m, 2026-01-31T12:00:00Z, epoch nanoseconds
    #[arg(long, allow_hyphen_values = true, value_name = "INSTANT")]
    pub(crate) from: Option<String>,
    /// End of the time range
    #[arg(long, allow_hyphen_values = true, value_name = "INSTANT")]
    pub(crate) to: Option<String>,
    /// At most so many rows
    #[arg(long, value_name = "ROWS")]
    pub(crate) limit: Option<usize>,
}

impl AskArgs {
    fn format(&self) -> Format {
        let usual = if io::stdout().is_terminal() { Format::Table } else { Format::Ndjson };
        self.format.unwrap_or(usual)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Table,
    Json,
    Ndjson,
    Csv,
}

/// Runs a verb to its end and turns the server's refusals into exit codes.
pub(crate) fn run(verb: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(verb).or_else(refused)
}

/// Whether nobody reads the output any more.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let is_broken = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    error.downcast_ref().is_some_and(is_broken)
}

/// The exit code of a refusal, which is told.
fn refused(error: anyhow::Error) -> anyhow::Result<ExitCode> {
    let refused: AskError = error.downcast()?;
    note(format_args!("daymark: {}", clean::line(&refused.to_string())));
    if let Some(hint) = &refused.problem().hint {
        note(format_args!("  {}", clean::line(hint)));
    }
    Ok(exit_code(refused.code()))
}

fn exit_code(code: Code) -> ExitCode {
    match code {
        Code::BadRequest | Code::BadQuery | Code::BadId | Code::BadRange | Code::BadCursor => {
            ExitCode::from(2)
        }
        Code::NotFound => ExitCode::from(3),
        _ => ExitCode::FAILURE,
    }
}

/// A line for the person in front, beside the result.
#[expect(clippy::print_stderr, reason = "notes and errors are for people")]
fn note(text: fmt::Arguments<'_>) {
    eprintln!("{text}");
}
