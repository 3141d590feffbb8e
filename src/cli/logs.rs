//! `daymark logs`: log lines that match a search, or those of a trace, oldest first.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use daymark_view::instant::rfc3339;
use daymark_view::logs::{Direction, LogsBody};
use daymark_view::meta::Answer;
use daymark_view::trace_logs::{DEFAULT_ROWS, LogRow, ROWS_MAX};
use serde_json::{Value, json};

use super::client::{self, Client};
use super::follow::follow;
use super::{AskArgs, Format, clean, csv, note};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct LogsArgs {
    /// What to search for: words, "phrases", key:value, level>=warn; -word excludes. In one argument
    #[arg(value_name = "QUERY", allow_hyphen_values = true)]
    pub(crate) query: Option<String>,
    /// Only lines of this trace, in any spelling; without a range over all time
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(crate) trace: Option<String>,
    /// Show lines as they come in, until stopped
    #[arg(short = 'f', long, conflicts_with_all = ["trace", "from", "to", "limit"])]
    pub(crate) follow: bool,
    #[command(flatten)]
    pub(crate) ask: AskArgs,
}

const CSV_COLUMNS: [&str; 8] =
    ["time", "severity", "service", "body", "trace_id", "span_id", "event_name", "attributes"];

pub(crate) async fn run(args: LogsArgs) -> anyhow::Result<ExitCode> {
    let client = Client::new(&args.ask)?;
    let mut out = io::stdout().lock();
    if args.follow {
        let query = args.query.as_deref().unwrap_or_default();
        return follow(&client, query, args.ask.format(), &mut out).await.map(|()| ExitCode::SUCCESS);
    }
    let body = LogsBody {
        q: args.query.clone().unwrap_or_default(),
        trace_id: args.trace.clone(),
        from: args.ask.from.clone(),
        to: args.ask.to.clone(),
        // All of a trace, or else the newest.
        direction: if args.trace.is_some() { Direction::Forward } else { Direction::Backward },
        ..LogsBody::default()
    };
    let count = print(&client, body, &args.ask, &mut out).await?;
    out.flush()?;
    if count == 0 {
        note(format_args!("daymark: no log lines match"));
        return Ok(ExitCode::from(3));
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks for all lines of a trace.
pub(crate) fn of_trace(id: &str) -> LogsBody {
    LogsBody { trace_id: Some(id.to_owned()), direction: Direction::Forward, ..LogsBody::default() }
}

/// Prints the lines of a question, oldest first, and says how many there were.
pub(crate) async fn print(
    client: &Client,
    mut body: LogsBody,
    ask: &AskArgs,
    out: &mut impl Write,
) -> anyhow::Result<usize> {
    let format = ask.format();
    let limit = ask.limit.unwrap_or(DEFAULT_ROWS);
    let mut rows: Vec<LogRow> = Vec::new();
    while rows.len() < limit {
        body.limit = Some(ROWS_MAX.min(limit - rows.len()));
        let answer = client.post("/logs/search", client::JSON, serde_json::to_vec(&body)?).await?;
        let text = client::text(answer).await?;
        if format == Format::Json {
            writeln!(out, "{text}")?;
        }
        let answer: Answer<Vec<LogRow>> = serde_json::from_str(&text).context("the answer cannot be read")?;
        rows.extend(answer.data);
        body.cursor = answer.meta.cursor;
        if body.cursor.is_none() {
            break;
        }
    }
    if body.direction == Direction::Backward {
        rows.reverse();
    }
    if format == Format::Csv {
        out.write_all(csv::record(&CSV_COLUMNS.map(Value::from)).as_bytes())?;
    }
    for row in &rows {
        out.write_all(written(row, format)?.as_bytes())?;
    }
    if body.cursor.is_some() {
        note(format_args!("there are more lines; --limit shows more than {}", rows.len()));
    }
    Ok(rows.len())
}

/// A row in the format; nothing for JSON, whose pages are printed whole.
pub(super) fn written(row: &LogRow, format: Format) -> anyhow::Result<String> {
    Ok(match format {
        Format::Json => String::new(),
        Format::Ndjson => format!("{}\n", serde_json::to_string(row)?),
        Format::Csv => {
            let fields = json!(row);
            csv::record(CSV_COLUMNS.map(|column| &fields[column]))
        }
        Format::Table => {
            let body = clean::line(row.body.as_deref().unwrap_or_default());
            let (severity, service) = (clean::line(&row.severity), clean::line(&row.service));
            format!("{}  {severity:<5}  {service}  {body}\n", rfc3339(row.time))
        }
    })
}

#[cfg(test)]
mod tests;
