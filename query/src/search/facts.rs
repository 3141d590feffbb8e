//! All spans of some traces, as far as lists, comparisons and conditions over whole traces need them.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use daymark_model::id::TraceId;
use daymark_model::time::Nanos;
use daymark_view::error::AskError;
use daymark_view::tree::Kind;

use super::desk::Desk;
use super::summary::{SpanFact, TraceFacts};
use super::traces::Read;
use crate::sql::failure;
use crate::trace::found::trace_id;
use crate::trace::spans::Columns;

impl Desk {
    /// The traces that are there, and of each of their spans which conditions it meets.
    pub(crate) async fn facts(
        &self,
        traces: &[TraceId],
        conditions: &[String],
        now: Nanos,
    ) -> Result<HashMap<TraceId, TraceFacts>, AskError> {
        if traces.is_empty() {
            return Ok(HashMap::new());
        }
        let ids: Vec<String> = traces.iter().map(|id| format!("'{id}'")).collect();
        let ids = ids.join(", ");
        let truths = conditions.iter().enumerate();
        let truths: String = truths.map(|(at, sql)| format!(", ({sql}) AS truth_{at}")).collect();
        let sql = format!(
            "SELECT trace_id, span_id, parent_span_id, service, name, kind, start, duration_ns, status, tier{truths} \
             FROM spans WHERE trace_id IN ({ids})",
        );
        let mut spans: HashMap<TraceId, Vec<SpanFact>> = HashMap::new();
        for batch in self.rows(&sql).await? {
            for (id, span) in span_facts(&batch, conditions.len()).map_err(|error| failure::of(&error))? {
                spans.entry(id).or_default().push(span);
            }
        }
        let logs = self.log_counts(&ids).await?;
        let facts = |(id, spans)| {
            let logs = logs.get(&id).copied().unwrap_or_default();
            (id, TraceFacts::new(id, spans, logs, now))
        };
        Ok(spans.into_iter().map(facts).collect())
    }

    async fn log_counts(&self, ids: &str) -> Result<HashMap<TraceId, u64>, AskError> {
        let sql = format!(
            "SELECT trace_id, count(*) AS lines FROM logs WHERE trace_id IN ({ids}) GROUP BY trace_id"
        );
        let mut counts = HashMap::new();
        for batch in self.rows(&sql).await? {
            let lines = Columns::of(&batch).integers("lines").map_err(|error| failure::of(&error))?;
            for (row, lines) in lines.iter().enumerate() {
                counts.extend(trace_id(&batch, row).map(|id| (id, lines.unsigned_abs())));
            }
        }
        Ok(counts)
    }
}

fn span_facts(batch: &RecordBatch, truths: usize) -> Read<Vec<(TraceId, SpanFact)>> {
    let columns = Columns::of(batch);
    let (services, names) = (columns.shared("service")?, columns.shared("name")?);
    let (states, tiers) = (columns.shared("status")?, columns.shared("tier")?);
    let kinds = columns.texts("kind")?;
    let (starts, durations) = (columns.instants("start")?, columns.integers("duration_ns")?);
    let first = batch.num_columns() - truths;
    let told: Vec<_> = (first..batch.num_columns()).map(|at| batch.column(at).as_boolean()).collect();
    let fact = |row: usize| -> Read<Option<(TraceId, SpanFact)>> {
        let (Some(trace), Some(id)) = (trace_id(batch, row), columns.span_id("span_id", row)?) else {
            return Ok(None);
        };
        let fact = SpanFact {
            id,
            parent: columns.span_id("parent_span_id", row)?,
            service: Arc::clone(&services[row]),
            name: Arc::clone(&names[row]),
            kind: Kind::from_name(kinds.value(row)),
            start: starts[row],
            duration: durations[row],
            status: Arc::clone(&states[row]),
            tier: Arc::clone(&tiers[row]),
            truths: told.iter().map(|truth| truth.is_valid(row) && truth.value(row)).collect(),
        };
        Ok(Some((trace, fact)))
    };
    (0..batch.num_rows()).filter_map(|row| fact(row).transpose()).collect()
}
