//! `daymark trace`: a trace by its id in any spelling, or by a text that holds one, as a tree with durations
//! and errors.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use daymark_model::spelling::SpellingError;
use daymark_view::error::{AskError, Code};
use daymark_view::meta::Answer;
use daymark_view::pasted::{self, Form, Reading};
use daymark_view::resolve::{Hit, HitKind};
use daymark_view::trace::Trace;
use serde_json::Value;

use super::client::{self, Client};
use super::lines::{Line, Lines};
use super::{AskArgs, Format, csv, logs, note, tree};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct TraceArgs {
    /// Hex, UUID, decimal, traceparent, b3, uber-trace-id, X-Ray; a log line, an address or a span's id
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
    let id = meant(client, &args.id).await?;
    let path = format!("/traces/{id}{}", range(&args.ask));
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
        logs::print(client, logs::of_trace(&id), &args.ask, out).await?;
    }
    Ok(())
}

/// The id of the trace that a text means. What may mean several, or a span, is asked about.
async fn meant(client: &Client, text: &str) -> anyhow::Result<String> {
    let Reading { form, trace_ids, span_ids, .. } = pasted::read(text);
    if let [id] = trace_ids.as_slice()
        && !matches!(form, Form::LogLine | Form::Url | Form::ShortId)
    {
        return Ok(id.to_string());
    }
    if trace_ids.is_empty() && span_ids.is_empty() {
        let bad = AskError::new(Code::BadId, format!("\"{text}\" holds no id of a trace"));
        return Err(bad.hint(SpellingError::HINT).into());
    }
    let answer = client.get(&format!("/resolve?s={}", escaped(text)), client::JSON).await?;
    let answer: Answer<Vec<Hit>> =
        serde_json::from_str(&client::text(answer).await?).context("the answer cannot be read")?;
    let of_hit = |hit: Hit| match hit.kind {
        HitKind::Trace => Some(hit.id),
        _ => hit.params.get("trace_id").cloned(),
    };
    let absent = || AskError::new(Code::NotFound, "no trace has an id that the text holds");
    Ok(answer.data.into_iter().find_map(of_hit).ok_or_else(absent)?)
}

/// `?from=…&to=…`, empty when the range is not given.
fn range(ask: &AskArgs) -> String {
    let named = [("from", &ask.from), ("to", &ask.to)];
    let given = named.into_iter().filter_map(|(name, instant)| Some((name, instant.as_deref()?)));
    let pairs: Vec<String> = given.map(|(name, instant)| format!("{name}={}", escaped(instant))).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// Percent-encodes all but the characters that stand for themselves everywhere.
fn escaped(text: &str) -> String {
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
