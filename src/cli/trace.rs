//! `daymark trace`: a trace by its id in any spelling, as a tree with durations and errors.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use daymark_model::spelling::{self, SpellingError};
use daymark_view::error::{AskError, Code};
use daymark_view::meta::Answer;
use daymark_view::trace::Trace;
use serde_json::Value;

use super::client::{self, Client};
use super::lines::{Line, Lines};
use super::{AskArgs, Format, csv, logs, note, tree};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct TraceArgs {
    /// Hex, UUID, decimal, traceparent, b3, uber-trace-id, X-Ray
    #[arg(allow_hyphen_values = true)]
    pub(crate) id: String,
    /// Also its logs
    #[arg(long)]
    pub(crate) logs: bool,
    #[command(flatten)]
    pub(crate) ask: AskArgs,
}

const CSV_COLUMNS: [&str; 10] = [
    "span_id",
    "parent_span_id",
    "service",
    "name",
    "kind",
    "start",
    "duration_ns",
    "status",
    "status_message",
    "attributes",
];

pub(crate) async fn run(args: TraceArgs) -> anyhow::Result<ExitCode> {
    let client = Client::new(&args.ask)?;
    let mut out = io::stdout().lock();
    print(&client, &args, &mut out).await?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

async fn print(client: &Client, args: &TraceArgs, out: &mut impl Write) -> anyhow::Result<()> {
    let path = path(&args.id, &args.ask)?;
    match args.ask.format() {
        Format::Table => show(client, &path, out).await?,
        Format::Json => {
            let answer = client.get(&path, client::JSON).await?;
            writeln!(out, "{}", client::text(answer).await?)?;
        }
        Format::Ndjson => spans(client, &path, |span| writeln!(out, "{span}")).await?,
        Format::Csv => {
            let head = CSV_COLUMNS.map(Value::from);
            out.write_all(csv::record(&head).as_bytes())?;
            let write = |span: Value| {
                let record = csv::record(CSV_COLUMNS.map(|column| &span[column]));
                out.write_all(record.as_bytes())
            };
            spans(client, &path, write).await?;
        }
    }
    if args.logs {
        if args.ask.format() == Format::Table {
            writeln!(out)?;
        }
        logs::print(client, logs::of_trace(&args.id), &args.ask, out).await?;
    }
    Ok(())
}

/// `/traces/<32 hex>` with the range as a hint. A bad id is told without asking.
pub(crate) fn path(id: &str, ask: &AskArgs) -> anyhow::Result<String> {
    let id = spelling::trace_id(id)
        .map_err(|error| AskError::new(Code::BadId, error.detail).hint(SpellingError::HINT))?;
    Ok(format!("/traces/{id}{}", range(ask)))
}

/// `?from=…&to=…`, empty when the range is not given.
pub(crate) fn range(ask: &AskArgs) -> String {
    let named = [("from", &ask.from), ("to", &ask.to)];
    let given = named.into_iter().filter_map(|(name, instant)| Some((name, instant.as_deref()?)));
    let pairs: Vec<String> = given.map(|(name, instant)| format!("{name}={}", escaped(instant))).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// Percent-encodes all but the characters that stand for themselves everywhere.
pub(crate) fn escaped(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let sign = |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(sign).collect()
}

async fn show(client: &Client, path: &str, out: &mut impl Write) -> anyhow::Result<()> {
    let text = client::text(client.get(path, client::JSON).await?).await?;
    let answer: Answer<Trace> = serde_json::from_str(&text).context("the answer cannot be read")?;
    out.write_all(tree::render(&answer.data).as_bytes())?;
    if answer.meta.truncated.is_some() {
        let shown = answer.data.spans.len();
        note(format_args!("cut after {shown} spans; --format ndjson shows all"));
    }
    Ok(())
}

async fn spans(
    client: &Client,
    path: &str,
    mut write: impl FnMut(Value) -> io::Result<()>,
) -> anyhow::Result<()> {
    let mut lines = Lines::new(client.get(path, client::NDJSON).await?);
    loop {
        match lines.next().await? {
            Line::Row(span) => write(span)?,
            Line::Meta(_) => return Ok(()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
