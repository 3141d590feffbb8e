//! Questions in SQL: lines, tables, statements of people, and spans by what the sums do not tell apart.

use daymark_view::alerts::Labels;
use daymark_view::alerts::rule::GROUPS_MAX;
use daymark_view::alerts::sample::Sample;
use daymark_view::alerts::signal::{LineMetric, Signal, SpanMetric};
use daymark_view::ask::Ask;
use daymark_view::error::{AskError, Code};
use daymark_view::query_id::QueryId;
use daymark_view::range::Range;
use daymark_view::search::{self, Domain, Key};
use daymark_view::sql::{SqlAnswer, SqlAsk, SqlFormat, SqlParams, SqlTable};
use serde_json::Value;

use super::seconds;
use crate::ask::Answerer;

/// The columns that are no labels.
const VALUE: &str = "value";
const COUNT: &str = "__count";

pub(super) async fn samples(
    answerer: &Answerer,
    id: QueryId,
    signal: &Signal,
    windows: &[Range],
) -> Result<Vec<Vec<Sample>>, AskError> {
    let mut all = Vec::with_capacity(windows.len());
    for window in windows {
        let ask = SqlAsk {
            query_id: id.clone(),
            query: statement(signal, window)?,
            params: SqlParams::default(),
            format: SqlFormat::Json,
            limit: GROUPS_MAX + 1,
            range: *window,
        };
        let SqlAnswer::Table(answer) = answerer.sql(ask).await? else {
            return Err(AskError::new(Code::Internal, "rows came as a stream"));
        };
        all.push(rows(&answer.data)?);
    }
    Ok(all)
}

fn statement(signal: &Signal, window: &Range) -> Result<String, AskError> {
    match signal {
        Signal::Logs { metric, q, by } => {
            let value = match metric {
                LineMetric::Count => "CAST(count(*) AS DOUBLE)".to_owned(),
                LineMetric::Rate => format!("count(*) / {:?}", seconds(window)),
            };
            grouped(Domain::Logs, ("logs", "time"), &value, q, by)
        }
        Signal::Red { metric, q, by } => grouped(Domain::Traces, SPANS, &span_value(*metric, window), q, by),
        Signal::BurnRate { q, by, .. } => {
            grouped(Domain::Traces, SPANS, &span_value(SpanMetric::ErrorRate, window), q, by)
        }
        Signal::State { table, filter, by } => {
            let filter = if filter.is_empty() { "true" } else { filter };
            let keys: Vec<String> =
                by.iter().map(|key| format!("\"{}\"", key.replace('"', "\"\""))).collect();
            let (select, group) = match keys.is_empty() {
                true => (String::new(), String::new()),
                false => (format!(", {}", keys.join(", ")), format!(" GROUP BY {}", keys.join(", "))),
            };
            Ok(format!(
                "SELECT CAST(count(*) AS DOUBLE) AS \"{VALUE}\", count(*) AS \"{COUNT}\"{select} \
                 FROM {table} WHERE ({filter}){group}"
            ))
        }
        Signal::Sql { query } => Ok(query.clone()),
        Signal::Edge { .. } | Signal::Metric(_) => {
            Err(AskError::new(Code::Internal, "this kind of rule is not asked in SQL"))
        }
    }
}

const SPANS: (&str, &str) = ("spans", "start");
/// What enters a service, as far as a span tells by itself.
const ENTERS: &str = "(kind IN ('server', 'consumer') OR parent_span_id IS NULL)";

fn span_value(metric: SpanMetric, window: &Range) -> String {
    let errors = "sum(CASE WHEN status = 'error' THEN 1 ELSE 0 END)";
    match metric {
        SpanMetric::Rate => format!("count(*) / {:?}", seconds(window)),
        SpanMetric::ErrorRate => format!("1.0 * {errors} / count(*)"),
        SpanMetric::Errors => format!("CAST({errors} AS DOUBLE)"),
        SpanMetric::P50 | SpanMetric::P95 | SpanMetric::P99 => {
            let share = metric.quantile().unwrap_or_default();
            format!("CAST(approx_percentile_cont({share}) WITHIN GROUP (ORDER BY duration_ns) AS DOUBLE)")
        }
    }
}

fn grouped(
    domain: Domain,
    (table, time): (&str, &str),
    value: &str,
    q: &str,
    by: &[String],
) -> Result<String, AskError> {
    let query = search::parse(domain, q)?;
    let condition = match &query.node {
        None => "true".to_owned(),
        Some(node) => search::condition(domain, node).ok_or_else(|| {
            AskError::new(Code::BadQuery, "a rule is not judged by whole traces or by spans in relation")
                .hint("ask for what one span or line tells by itself")
        })?,
    };
    let enters = if table == SPANS.0 { ENTERS } else { "true" };
    let mut columns = String::new();
    let mut group = Vec::new();
    for (at, key) in by.iter().enumerate() {
        let expression = search::expression(domain, &Key::of(domain, key)).ok_or_else(|| {
            AskError::new(Code::BadRequest, format!("rows are not told apart by \"{key}\""))
        })?;
        columns.push_str(&format!(", CAST({expression} AS VARCHAR) AS \"{}\"", key.replace('"', "\"\"")));
        group.push((at + 3).to_string());
    }
    let group = if group.is_empty() { String::new() } else { format!(" GROUP BY {}", group.join(", ")) };
    Ok(format!(
        "SELECT {value} AS \"{VALUE}\", count(*) AS \"{COUNT}\"{columns} FROM {table} \
         WHERE {time} >= :from AND {time} < :to AND {enters} AND {condition}{group}"
    ))
}

fn rows(table: &SqlTable) -> Result<Vec<Sample>, AskError> {
    let place = |name: &str| table.columns.iter().position(|column| column.name == name);
    let Some(value_at) = place(VALUE) else {
        return Err(AskError::new(Code::BadRequest, "the statement has no column \"value\"")
            .hint("name one: SELECT count(*) AS value, service FROM …"));
    };
    let count_at = place(COUNT);
    let mut samples = Vec::with_capacity(table.rows.len());
    for row in &table.rows {
        let count = count_at.and_then(|at| number(row.get(at)?)).map_or(1, |count| count as u64);
        if count == 0 {
            continue;
        }
        let labels = table
            .columns
            .iter()
            .zip(row)
            .enumerate()
            .filter(|(at, _)| *at != value_at && Some(*at) != count_at);
        let labels: Labels =
            labels.filter_map(|(_, (column, cell))| Some((column.name.clone(), text(cell)?))).collect();
        samples.push(Sample { labels, value: row.get(value_at).and_then(number), count });
    }
    samples.sort_by(|one, other| one.labels.cmp(&other.labels));
    Ok(samples)
}

/// A cell as a number; wide integers are texts.
fn number(cell: &Value) -> Option<f64> {
    match cell {
        Value::String(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        other => other.as_f64(),
    }
}

fn text(cell: &Value) -> Option<String> {
    match cell {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
