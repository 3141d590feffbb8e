//! The other modes of `POST /traces/search`: matching spans one by one, and by operation.

use std::collections::{BTreeSet, HashSet};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Float64Type;
use daymark_model::id::TraceId;
use daymark_model::time::Nanos;
use daymark_view::attribute::Attributes;
use daymark_view::error::{AskError, Code};
use daymark_view::search::Key;
use daymark_view::traces::{OperationHit, SpanHit, TraceSort};

use super::traces::{Read, Searched};
use super::words::instant;
use crate::sql::failure;
use crate::trace::found::trace_id;
use crate::trace::spans::{Columns, attributes, text};

/// Spans that are looked at together when their traces tell whether they match.
const PORTION_MIN: usize = 256;
const PORTION_MAX: usize = 16_384;
const TRACES_TOGETHER: usize = 256;

impl Searched<'_> {
    /// The condition of matching spans, where rows alone tell.
    pub(super) fn rows_only(&self, what: &str) -> Result<String, AskError> {
        let condition = self.plan.of_rows().ok_or_else(|| {
            AskError::new(
                Code::BadQuery,
                format!("{what} cannot be searched by their trace or their relations"),
            )
            .hint("search traces, or leave out trace.* and { } terms")
        })?;
        Ok(format!("{} AND {condition}", self.inside()))
    }

    pub(super) async fn spans(&self) -> Result<(Vec<SpanHit>, Option<String>), AskError> {
        let (column, is_descending) = match self.ask.sort {
            TraceSort::Newest => ("start", true),
            TraceSort::Oldest => ("start", false),
            TraceSort::Slowest => ("duration_ns", true),
            TraceSort::Fastest => ("duration_ns", false),
            TraceSort::MostSpans | TraceSort::MostErrors => {
                return Err(AskError::new(Code::BadRequest, "spans have no such order")
                    .hint("newest, oldest, slowest, fastest")
                    .pointer("/sort"));
            }
        };
        let mut cursor = self.cursor(if is_descending { i64::MAX } else { i64::MIN })?;
        let bound = if column == "start" { instant(cursor.bound) } else { cursor.bound.to_string() };
        let (sign, order) = if is_descending { ("<=", "DESC") } else { (">=", "ASC") };
        let keys: Vec<String> = self.ask.query.keys().into_iter().filter_map(attribute_name).collect();
        let attributes = if keys.is_empty() { "" } else { ", attributes, resource" };
        let sql = format!(
            "SELECT trace_id, span_id, service, name, kind, status, start, duration_ns{attributes} FROM spans \
             WHERE {} AND {column} {sign} {bound} ORDER BY {column} {order}, trace_id, span_id",
            self.candidates(),
        );
        let mut hits = self.span_hits(&sql, &keys, self.ask.limit + 1 + cursor.shown()).await?;
        let value = |hit: &SpanHit| if column == "start" { hit.start.0 } else { hit.duration_ns };
        let has_more = cursor.turn(&mut hits, self.ask.limit, |hit| (value(hit), place_of(hit)));
        Ok((hits, has_more.then(|| cursor.text(&self.question()))))
    }

    /// The first spans in an order that match; where only whole traces tell, portion by portion.
    async fn span_hits(&self, sql: &str, keys: &[String], wanted: usize) -> Result<Vec<SpanHit>, AskError> {
        let is_sure = self.plan.of_rows().is_some();
        let (mut found, mut looked_at) = (Vec::new(), 0);
        let mut portion = if is_sure { wanted } else { wanted.max(PORTION_MIN) };
        loop {
            let mut hits = Vec::new();
            for batch in self.desk.rows(&format!("{sql} LIMIT {portion} OFFSET {looked_at}")).await? {
                hits.extend(span_hits(&batch, keys).map_err(|error| failure::of(&error))?);
            }
            let is_last = hits.len() < portion;
            looked_at += hits.len();
            if !is_sure {
                self.retain_matching(&mut hits).await?;
            }
            found.append(&mut hits);
            if is_sure || is_last || found.len() >= wanted {
                return Ok(found);
            }
            portion = (portion * 2).min(PORTION_MAX);
        }
    }

    async fn retain_matching(&self, hits: &mut Vec<SpanHit>) -> Result<(), AskError> {
        let traces: BTreeSet<TraceId> = hits.iter().map(|hit| hit.trace_id).collect();
        let traces: Vec<TraceId> = traces.into_iter().collect();
        let mut matching = HashSet::new();
        for some in traces.chunks(TRACES_TOGETHER) {
            let facts = self.desk.facts(some, &self.plan.conditions, self.now).await?;
            for (id, trace) in facts {
                let holds = self.plan.judge(&trace);
                let spans = trace.spans.iter().zip(holds).filter(|(_, holds)| *holds);
                matching.extend(spans.map(|(span, _)| (id, span.id, span.start)));
            }
        }
        hits.retain(|hit| matching.contains(&(hit.trace_id, hit.span_id, hit.start.0)));
        Ok(())
    }

    pub(super) async fn operations(&self) -> Result<Vec<OperationHit>, AskError> {
        let order = match self.ask.sort {
            TraceSort::MostErrors => "errors DESC",
            TraceSort::Slowest => "p95 DESC",
            TraceSort::Fastest => "p95 ASC",
            TraceSort::MostSpans | TraceSort::Newest | TraceSort::Oldest => "count DESC",
        };
        let sql = format!(
            "SELECT service, name, kind, count(*) AS count, count(*) FILTER (WHERE status = 'error') AS errors, \
             approx_percentile_cont(0.5) WITHIN GROUP (ORDER BY CAST(duration_ns AS DOUBLE)) AS p50, \
             approx_percentile_cont(0.95) WITHIN GROUP (ORDER BY CAST(duration_ns AS DOUBLE)) AS p95, \
             approx_percentile_cont(0.99) WITHIN GROUP (ORDER BY CAST(duration_ns AS DOUBLE)) AS p99, \
             sum(CAST(duration_ns AS DOUBLE)) AS time, last_value(trace_id ORDER BY start) AS trace_id \
             FROM spans WHERE {} GROUP BY service, name, kind ORDER BY {order}, service, name, kind LIMIT {}",
            self.rows_only("operations")?,
            self.ask.limit,
        );
        let mut hits = Vec::new();
        for batch in self.desk.rows(&sql).await? {
            hits.extend(operation_hits(&batch, self.range.width_ns()).map_err(|error| failure::of(&error))?);
        }
        let all: f64 = hits.iter().map(|(_, time)| time).sum();
        let share = |(hit, time): (OperationHit, f64)| OperationHit {
            time_share: (all > 0.0).then_some(time / all),
            ..hit
        };
        Ok(hits.into_iter().map(share).collect())
    }
}

fn attribute_name(key: &Key) -> Option<String> {
    match key {
        Key::Attribute { name, .. } => Some(name.clone()),
        Key::Field(_) => None,
    }
}

fn place_of(hit: &SpanHit) -> Vec<u8> {
    [&hit.trace_id.0[..], &hit.span_id.0[..]].concat()
}

fn span_hits(batch: &RecordBatch, keys: &[String]) -> Read<Vec<SpanHit>> {
    let columns = Columns::of(batch);
    let (services, names) = (columns.texts("service")?, columns.texts("name")?);
    let (kinds, states) = (columns.texts("kind")?, columns.texts("status")?);
    let (starts, durations) = (columns.instants("start")?, columns.integers("duration_ns")?);
    let json =
        if keys.is_empty() { None } else { Some((columns.texts("attributes")?, columns.texts("resource")?)) };
    let hit = |row: usize| -> Read<Option<SpanHit>> {
        let (Some(trace_id), Some(span_id)) = (trace_id(batch, row), columns.span_id("span_id", row)?) else {
            return Ok(None);
        };
        let mut named = Attributes::default();
        if let Some((own, resource)) = &json {
            for texts in [own, resource] {
                let Some(all) = text(texts, row).map(|json| attributes(&json)) else { continue };
                named.0.extend(all.0.into_iter().filter(|(key, _)| keys.contains(key)));
            }
        }
        Ok(Some(SpanHit {
            trace_id,
            span_id,
            service: services.value(row).into(),
            name: names.value(row).into(),
            kind: kinds.value(row).into(),
            status: states.value(row).into(),
            start: Nanos(starts[row]),
            duration_ns: durations[row],
            attributes: named,
        }))
    };
    (0..batch.num_rows()).filter_map(|row| hit(row).transpose()).collect()
}

/// Each operation with the time of its spans.
fn operation_hits(batch: &RecordBatch, width_ns: i64) -> Read<Vec<(OperationHit, f64)>> {
    let columns = Columns::of(batch);
    let (services, names, kinds) =
        (columns.texts("service")?, columns.texts("name")?, columns.texts("kind")?);
    let (counts, errors) = (columns.integers("count")?, columns.integers("errors")?);
    let numbers =
        |name: &str| batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Float64Type>());
    let quantile = |name: &str, row: usize| {
        numbers(name).filter(|all| all.is_valid(row)).map(|all| all.value(row).max(0.0) as u64)
    };
    let seconds = width_ns as f64 / Nanos::SECOND as f64;
    let hit = |row: usize| {
        let (count, failed) = (counts[row].unsigned_abs(), errors[row].unsigned_abs());
        let hit = OperationHit {
            service: services.value(row).into(),
            name: names.value(row).into(),
            kind: kinds.value(row).into(),
            rate: count as f64 / seconds.max(f64::MIN_POSITIVE),
            count,
            errors: failed,
            error_rate: (count > 0).then(|| failed as f64 / count as f64),
            p50_ns: quantile("p50", row),
            p95_ns: quantile("p95", row),
            p99_ns: quantile("p99", row),
            time_share: None,
            last_trace_id: trace_id(batch, row),
        };
        (hit, numbers("time").map_or(0.0, |all| all.value(row)))
    };
    Ok((0..batch.num_rows()).map(hit).collect())
}
