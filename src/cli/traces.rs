//! `daymark traces`: traces that match a search, or their spans or operations, in the order asked for.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::ValueEnum;
use daymark_model::time::Nanos;
use daymark_view::duration::brief;
use daymark_view::instant::rfc3339;
use daymark_view::meta::Meta;
use daymark_view::traces::{SPANS_MAX, TRACES_MAX, TraceSort, TracesBody, TracesMode};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::client::{self, Client};
use super::{AskArgs, Format, clean, csv, note};

/// Rows when the question names no number.
const DEFAULT_ROWS: usize = 50;

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct TracesArgs {
    /// What to search for: service:web status:error duration>500ms; -key:value excludes. In one argument
    #[arg(value_name = "QUERY", allow_hyphen_values = true)]
    pub(crate) query: Option<String>,
    /// Which come first
    #[arg(long, value_enum, default_value_t = Sort::Newest, value_name = "ORDER")]
    pub(crate) sort: Sort,
    /// What a row is
    #[arg(long, value_enum, default_value_t = Mode::Traces, value_name = "WHAT")]
    pub(crate) mode: Mode,
    #[command(flatten)]
    pub(crate) ask: AskArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sort {
    Newest,
    Oldest,
    Slowest,
    Fastest,
    MostSpans,
    MostErrors,
}

impl From<Sort> for TraceSort {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::Newest => Self::Newest,
            Sort::Oldest => Self::Oldest,
            Sort::Slowest => Self::Slowest,
            Sort::Fastest => Self::Fastest,
            Sort::MostSpans => Self::MostSpans,
            Sort::MostErrors => Self::MostErrors,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    Traces,
    Spans,
    Operations,
}

impl Mode {
    /// The columns of a table and of CSV.
    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Traces => &[
                "trace_id",
                "start",
                "duration_ns",
                "span_count",
                "error_count",
                "root_service",
                "root_name",
                "completeness",
            ],
            Self::Spans => &[
                "trace_id",
                "span_id",
                "start",
                "duration_ns",
                "status",
                "service",
                "name",
                "kind",
                "attributes",
            ],
            Self::Operations => {
                &["service", "name", "kind", "count", "errors", "p50_ns", "p95_ns", "p99_ns", "last_trace_id"]
            }
        }
    }

    fn of_body(self) -> TracesMode {
        match self {
            Self::Traces => TracesMode::Traces,
            Self::Spans => TracesMode::Spans,
            Self::Operations => TracesMode::Operations,
        }
    }
}

/// Rows as the server wrote them: what it adds is passed on.
#[derive(Debug, Deserialize)]
struct Page {
    data: Vec<Map<String, Value>>,
    meta: Meta,
}

pub(crate) async fn run(args: TracesArgs) -> anyhow::Result<ExitCode> {
    let client = Client::new(&args.ask)?;
    let mut out = io::stdout().lock();
    let count = print(&client, &args, &mut out).await?;
    out.flush()?;
    if count == 0 {
        note(format_args!("daymark: no traces match"));
        return Ok(ExitCode::from(3));
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the rows page by page, and says how many there were.
async fn print(client: &Client, args: &TracesArgs, out: &mut impl Write) -> anyhow::Result<usize> {
    let format = args.ask.format();
    let limit = args.ask.limit.unwrap_or(DEFAULT_ROWS);
    let page_max = if args.mode == Mode::Spans { SPANS_MAX } else { TRACES_MAX };
    let mut body = TracesBody {
        q: args.query.clone().unwrap_or_default(),
        from: args.ask.from.clone(),
        to: args.ask.to.clone(),
        sort: args.sort.into(),
        mode: args.mode.of_body(),
        ..TracesBody::default()
    };
    let columns = args.mode.columns();
    if format == Format::Csv {
        let head: Vec<Value> = columns.iter().map(|column| Value::from(*column)).collect();
        out.write_all(csv::record(&head).as_bytes())?;
    }
    let mut count = 0;
    while count < limit {
        body.limit = Some(page_max.min(limit - count));
        let answer = client.post("/traces/search", client::JSON, serde_json::to_vec(&body)?).await?;
        let text = client::text(answer).await?;
        if format == Format::Json {
            writeln!(out, "{text}")?;
        }
        let page: Page = serde_json::from_str(&text).context("the answer cannot be read")?;
        count += page.data.len();
        for row in &page.data {
            out.write_all(written(row, columns, format)?.as_bytes())?;
        }
        body.cursor = page.meta.cursor;
        if body.cursor.is_none() {
            break;
        }
    }
    if body.cursor.is_some() {
        note(format_args!("there are more; --limit shows more than {count}"));
    }
    Ok(count)
}

/// A row in the format; nothing for JSON, whose pages are printed whole.
fn written(row: &Map<String, Value>, columns: &[&str], format: Format) -> anyhow::Result<String> {
    let cell = |column: &&str| row.get(*column).cloned().unwrap_or_default();
    Ok(match format {
        Format::Json => String::new(),
        Format::Ndjson => format!("{}\n", serde_json::to_string(row)?),
        Format::Csv => csv::record(&columns.iter().map(cell).collect::<Vec<_>>()),
        Format::Table => {
            let cells: Vec<String> = columns.iter().map(|column| shown(column, &cell(column))).collect();
            format!("{}\n", cells.join("  ").trim_end())
        }
    })
}

/// A cell for people: instants and durations as such, counts with what they count.
fn shown(column: &str, value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => clean::line(text),
        other => clean::line(&other.to_string()),
    };
    match column {
        "start" => text.parse().map_or(text, |nanos| rfc3339(Nanos(nanos))),
        column if column.ends_with("_ns") => {
            let took = text.parse().map_or(text, brief);
            format!("{took:>7}")
        }
        "span_count" => format!("{text:>4} spans"),
        "error_count" | "errors" => format!("{text:>3} errors"),
        "count" => format!("{text:>6} calls"),
        _ => text,
    }
}

#[cfg(test)]
mod tests;
