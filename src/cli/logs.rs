//! `daymark logs`: the logs of a trace, oldest first.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use daymark_view::instant::rfc3339;
use daymark_view::meta::Answer;
use daymark_view::trace_logs::{DEFAULT_ROWS, LogRow, ROWS_MAX};
use serde_json::{Value, json};

use super::client::{self, Client};
use super::trace::{escaped, path};
use super::{AskArgs, Format, clean, csv, note};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct LogsArgs {
    /// The trace whose logs to show, in any spelling
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(crate) trace: String,
    #[command(flatten)]
    pub(crate) ask: AskArgs,
}

const CSV_COLUMNS: [&str; 8] =
    ["time", "severity", "service", "body", "trace_id", "span_id", "event_name", "attributes"];

pub(crate) async fn run(args: LogsArgs) -> anyhow::Result<ExitCode> {
    let client = Client::new(&args.ask)?;
    let mut out = io::stdout().lock();
    let count = print(&client, &args.trace, &args.ask, &mut out).await?;
    out.flush()?;
    if count == 0 {
        note(format_args!("daymark: no logs have this trace id"));
        return Ok(ExitCode::from(3));
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the logs of a trace page by page and says how many there were.
pub(crate) async fn print(
    client: &Client,
    id: &str,
    ask: &AskArgs,
    out: &mut impl Write,
) -> anyhow::Result<usize> {
    let format = ask.format();
    let limit = ask.limit.unwrap_or(DEFAULT_ROWS);
    let path = path(id, &AskArgs { from: None, to: None, ..ask.clone() })?;
    let mut count = 0;
    let mut cursor: Option<String> = None;
    if format == Format::Csv {
        out.write_all(csv::record(&CSV_COLUMNS.map(Value::from)).as_bytes())?;
    }
    while count < limit {
        let page = ROWS_MAX.min(limit - count);
        let after =
            cursor.as_deref().map(|cursor| format!("&cursor={}", escaped(cursor))).unwrap_or_default();
        let answer = client.get(&format!("{path}/logs?limit={page}{after}"), client::JSON).await?;
        let text = client::text(answer).await?;
        if format == Format::Json {
            writeln!(out, "{text}")?;
        }
        let answer: Answer<Vec<LogRow>> = serde_json::from_str(&text).context("the answer cannot be read")?;
        for row in &answer.data {
            out.write_all(written(row, format)?.as_bytes())?;
        }
        count += answer.data.len();
        cursor = answer.meta.cursor;
        if cursor.is_none() {
            return Ok(count);
        }
    }
    note(format_args!("there are more logs; --limit shows more than {count}"));
    Ok(count)
}

/// A row in the format; nothing for JSON, whose pages are printed whole.
fn written(row: &LogRow, format: Format) -> anyhow::Result<String> {
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
