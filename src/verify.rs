//! `daymark verify`: checks a data directory that no server uses, and repairs what follows from sound parts.
//!
//! Exit codes: 0 nothing is wrong, 1 it could not be checked, 4 something is wrong with the data.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use daymark_storage::{Repairs, Report};
use daymark_vfs::{RealFs, Vfs};

use crate::args::{ReportFormat, VerifyArgs};

/// Something is wrong with the data.
const DAMAGE: u8 = 4;

pub(crate) fn run(args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let dir = args.place.dir()?;
    let repairs = Repairs { catalog: args.rebuild_catalog, indexes: args.rebuild_indexes };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let fs: Arc<dyn Vfs> = Arc::new(RealFs);
    let report = runtime.block_on(daymark_storage::verify(&dir, &fs, repairs, &show_progress));
    let report =
        report.with_context(|| format!("{} cannot be checked while it is like this", dir.display()))?;
    print(&report, args.format)?;
    Ok(exit_code(&report))
}

pub(crate) fn exit_code(report: &Report) -> ExitCode {
    if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::from(DAMAGE) }
}

/// One line that is written over, for a person who waits.
pub(crate) fn show_progress(done: usize, all: usize) {
    let mut out = io::stderr();
    if out.is_terminal() {
        let end = if done == all { "\r\u{1b}[K".to_owned() } else { format!("\r{done} of {all} segments") };
        // Progress that cannot be shown is not missed.
        let _shown = out.write_all(end.as_bytes()).and_then(|()| out.flush());
    }
}

pub(crate) fn print(report: &Report, format: ReportFormat) -> anyhow::Result<()> {
    let text = match format {
        ReportFormat::Json => format!("{}\n", serde_json::to_string_pretty(report)?),
        ReportFormat::Text => text(report),
    };
    match io::stdout().write_all(text.as_bytes()) {
        // Who reads no further may still look at the exit code.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("the report cannot be written"),
    }
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for done in &report.repaired {
        text.push_str(&format!("repaired  {done}\n"));
    }
    for found in &report.findings {
        text.push_str(&format!(
            "{}\n  what    {}\n  costs   {}\n  do      {}\n",
            found.place, found.what, found.cost, found.advice
        ));
    }
    for note in &report.notes {
        text.push_str(&format!("note  {note}\n"));
    }
    text.push_str(&format!(
        "checked {} segments with {} rows in {} bytes, {} log files with {} batches, {} accounts of the ledger\n",
        report.segments, report.rows, report.bytes, report.log_files, report.log_records, report.accounts
    ));
    match report.findings.len() {
        0 => text.push_str("nothing is wrong\n"),
        found => text.push_str(&format!("{found} things are wrong\n")),
    }
    text
}
