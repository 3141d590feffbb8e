//! What a pasted text means: traces, spans and lines by the ids in it, or services, instances and operations
//! by its name.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::RecordBatch;
use daymark_model::id::{SpanId, TraceId};
use daymark_model::time::Nanos;
use daymark_view::error::AskError;
use daymark_view::meta::Answer;
use daymark_view::pasted::Reading;
use daymark_view::resolve::{HITS_MAX, Hit, HitKind, Preview, SHAPE_ROWS, ServiceLines, ShapeRow};
use daymark_view::search::quoted;

use crate::running::scanned;
use crate::scan::part::Part;
use crate::search::{Desk, TraceFacts};
use crate::senders::Sender;
use crate::sql::failure;
use crate::trace::found::{identify, latest, trace_id};
use crate::trace::halves::id_of_half;
use crate::trace::spans::Columns;

/// Operations are looked for among those of the last day.
const OPERATIONS_NS: i64 = 24 * Nanos::HOUR;
/// Lines shown of a trace of which only lines came.
const LINES_SHOWN: usize = 5;

/// Where ids and names are looked up.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) spans: Vec<Part>,
    pub(crate) senders: Vec<Sender>,
    pub(crate) now: Nanos,
}

pub(crate) async fn resolve(
    reading: Reading,
    known: Known,
    desk: Desk,
) -> Result<Answer<Vec<Hit>>, AskError> {
    let mut hits = Vec::new();
    let ids = known.traces(&reading, &desk)?;
    let found: Vec<TraceId> = ids.iter().map(|(id, ..)| *id).collect();
    let mut facts = desk.facts(&found, &[], known.now).await?;
    let mut open: Vec<SpanId> = reading.span_ids.clone();
    for (at, (id, is_alias)) in ids.iter().enumerate() {
        let Some(trace) = facts.remove(id) else { continue };
        let score = if *is_alias { 0.9 } else { 1.0 } - at as f64 / 100.0;
        open.retain(|span| match span_hit(&trace, *span, score - 0.05) {
            Some(hit) => {
                hits.push(hit);
                false
            }
            None => true,
        });
        hits.push(desk.trace_hit(&trace, score, *is_alias).await?);
    }
    if let Some(log_id) = &reading.log_id {
        hits.push(hit(HitKind::Log, log_id.text.clone(), "a log line".into(), 1.0));
    }
    if hits.is_empty() {
        for id in &reading.trace_ids {
            hits.extend(desk.lines_of(*id).await?);
        }
        for id in &open {
            hits.extend(desk.spans_of(*id).await?);
        }
    }
    if let Some(name) = reading.name.as_deref() {
        hits.extend(known.senders_named(name));
        hits.extend(desk.operations_named(name, known.now).await?);
    }
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.label.cmp(&b.label)));
    hits.truncate(HITS_MAX);
    let mut answer = Answer::of(hits);
    answer.meta.scanned = scanned(&desk.tally);
    answer.meta.partial = desk.tally.partial();
    answer.meta.read_as = Some(reading.form);
    Ok(answer)
}

fn hit(kind: HitKind, id: String, label: String, score: f64) -> Hit {
    Hit { kind, id, label, score, from: None, to: None, params: BTreeMap::new(), preview: None }
}

fn span_hit(trace: &TraceFacts, asked: SpanId, score: f64) -> Option<Hit> {
    let is_meant = |id: SpanId| id == asked || id_of_half(trace.id, id) == asked;
    let span = trace.spans.iter().find(|span| is_meant(span.id))?;
    let label = format!("{} {}", span.service, span.name);
    let mut found = hit(HitKind::Span, asked.to_string(), label, score);
    found.from = Some(Nanos(span.start));
    found.to = Some(Nanos(span.end()));
    found.params = [("trace_id".into(), trace.id.to_string()), ("span_id".into(), asked.to_string())].into();
    Some(found)
}

/// How well a name fits what was typed; none when it does not.
fn fit(name: &str, typed: &str) -> Option<f64> {
    let (name, typed) = (name.to_lowercase(), typed.to_lowercase());
    match name.find(&typed) {
        _ if name == typed => Some(1.0),
        Some(0) => Some(0.8),
        Some(_) => Some(0.6),
        None => daymark_view::nearest::nearest(&typed, [name.as_str()]).map(|_| 0.4),
    }
}

impl Known {
    /// The traces that are meant, each with whether only half of its id agrees.
    fn traces(&self, reading: &Reading, desk: &Desk) -> Result<Vec<(TraceId, bool)>, AskError> {
        let mut ids: Vec<(TraceId, bool)> = Vec::new();
        for asked in &reading.trace_ids {
            let latest = latest(&self.spans, *asked, &desk.tally).map_err(|error| failure::of(&error))?;
            let identity = identify(*asked, &latest);
            let meant = identity.as_ref().map(|identity| identity.id);
            // What shares its lower half is shown, but not as what was asked for.
            for id in meant.into_iter().chain(latest.into_keys()) {
                let is_other = !asked.is_short() && !id.is_short() && id != *asked;
                if !ids.iter().any(|(known, _)| *known == id) {
                    ids.push((id, is_other));
                }
            }
        }
        ids.truncate(HITS_MAX / 2);
        Ok(ids)
    }

    /// Services and instances of a name.
    fn senders_named(&self, typed: &str) -> Vec<Hit> {
        let mut found: HashMap<(HitKind, String), Hit> = HashMap::new();
        for sender in &self.senders {
            let resource: &Arc<_> = &sender.resource;
            let service = (HitKind::Service, Some(&resource.service));
            for (kind, name) in [service, (HitKind::Instance, resource.instance.as_ref())] {
                let Some((name, score)) = name.and_then(|name| Some((name, fit(name, typed)?))) else {
                    continue;
                };
                let entry = found.entry((kind, name.clone())).or_insert_with(|| {
                    let label = match kind {
                        HitKind::Instance => format!("{name} of {}", resource.service),
                        _ => name.clone(),
                    };
                    let mut made = hit(kind, name.clone(), label, score);
                    made.params = [("service".into(), resource.service.clone())].into();
                    made
                });
                let (first, last) = (Nanos(sender.seen.0), Nanos(sender.seen.1));
                entry.from = Some(entry.from.map_or(first, |from| from.min(first)));
                entry.to = Some(entry.to.map_or(last, |to| to.max(last)));
            }
        }
        found.into_values().collect()
    }
}

impl Desk {
    async fn trace_hit(&self, trace: &TraceFacts, score: f64, alias: bool) -> Result<Hit, AskError> {
        let row = trace.hit(&[]);
        let label = format!("{} {}", row.root_service, row.root_name);
        let mut found = hit(HitKind::Trace, trace.id.to_string(), label, score);
        found.from = Some(row.start);
        found.to = Some(row.start.plus(row.duration_ns));
        let logs = if trace.logs > 0 { self.lines_by_service(trace.id).await? } else { Vec::new() };
        found.preview = Some(Box::new(Preview { trace: row, shape: shape(trace), logs, alias }));
        Ok(found)
    }

    async fn lines_by_service(&self, id: TraceId) -> Result<Vec<ServiceLines>, AskError> {
        let sql = format!(
            "SELECT service, count(*) AS lines FROM logs WHERE trace_id = '{id}' \
             GROUP BY service ORDER BY lines DESC, service LIMIT {HITS_MAX}"
        );
        self.told(&sql, |columns, row| {
            let count = columns.integers("lines")?[row].unsigned_abs();
            Ok(ServiceLines { service: columns.texts("service")?.value(row).into(), count })
        })
        .await
    }

    /// Lines of a trace of which no span came.
    async fn lines_of(&self, id: TraceId) -> Result<Vec<Hit>, AskError> {
        let sql = format!(
            "SELECT log_id, service, severity, time FROM logs WHERE trace_id = '{id}' \
             ORDER BY time LIMIT {LINES_SHOWN}"
        );
        self.told(&sql, |columns, row| {
            let (service, severity) = (columns.texts("service")?, columns.texts("severity")?);
            let label = format!("{} line of {}", severity.value(row), service.value(row));
            let mut found = hit(HitKind::Log, columns.texts("log_id")?.value(row).into(), label, 0.7);
            let at = Nanos(columns.instants("time")?[row]);
            (found.from, found.to) = (Some(at), Some(at));
            found.params = [("trace_id".into(), id.to_string())].into();
            Ok(found)
        })
        .await
    }

    /// Spans of an id, in whatever traces.
    async fn spans_of(&self, id: SpanId) -> Result<Vec<Hit>, AskError> {
        let sql = format!(
            "SELECT trace_id, service, name, start, duration_ns FROM spans WHERE span_id = '{id}' \
             ORDER BY start DESC LIMIT {LINES_SHOWN}"
        );
        let mut hits = Vec::new();
        for batch in self.rows(&sql).await? {
            for row in 0..batch.num_rows() {
                hits.extend(stray(&batch, row, id).map_err(|error| failure::of(&error))?);
            }
        }
        Ok(hits)
    }

    async fn operations_named(&self, typed: &str, now: Nanos) -> Result<Vec<Hit>, AskError> {
        let sql = format!(
            "SELECT service, name, kind, sum(count) AS spans, min(bucket) AS first, max(bucket) AS last FROM red \
             WHERE bucket >= arrow_cast({}, 'Timestamp(Nanosecond, Some(\"UTC\"))') \
             AND strpos(lower(name), lower({})) > 0 GROUP BY service, name, kind \
             ORDER BY spans DESC, service, name, kind LIMIT {HITS_MAX}",
            now.plus(-OPERATIONS_NS).0,
            quoted(typed),
        );
        self.told(&sql, |columns, row| {
            let (services, names) = (columns.texts("service")?, columns.texts("name")?);
            let (service, name) = (services.value(row), names.value(row));
            // Below a service of the same name.
            let score = fit(name, typed).unwrap_or(0.5) - 0.1;
            let mut found = hit(HitKind::Operation, name.to_owned(), format!("{service} {name}"), score);
            found.from = Some(Nanos(columns.instants("first")?[row]));
            found.to = Some(Nanos(columns.instants("last")?[row]));
            let kind = columns.texts("kind")?.value(row).to_owned();
            let pairs = [("service", service.to_owned()), ("name", name.to_owned()), ("kind", kind)];
            found.params = pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            Ok(found)
        })
        .await
    }

    /// One answer a row.
    async fn told<T>(
        &self,
        sql: &str,
        of_row: impl Fn(&Columns<'_>, usize) -> datafusion::common::Result<T>,
    ) -> Result<Vec<T>, AskError> {
        let mut all = Vec::new();
        for batch in self.rows(sql).await? {
            let columns = Columns::of(&batch);
            for row in 0..batch.num_rows() {
                all.push(of_row(&columns, row).map_err(|error| failure::of(&error))?);
            }
        }
        Ok(all)
    }
}

fn stray(batch: &RecordBatch, row: usize, id: SpanId) -> datafusion::common::Result<Option<Hit>> {
    let columns = Columns::of(batch);
    let Some(trace) = trace_id(batch, row) else { return Ok(None) };
    let (services, names) = (columns.texts("service")?, columns.texts("name")?);
    let label = format!("{} {}", services.value(row), names.value(row));
    let mut found = hit(HitKind::Span, id.to_string(), label, 0.9);
    let start = Nanos(columns.instants("start")?[row]);
    found.from = Some(start);
    found.to = Some(start.plus(columns.integers("duration_ns")?[row]));
    found.params = [("trace_id".into(), trace.to_string()), ("span_id".into(), id.to_string())].into();
    Ok(Some(found))
}

/// The longest spans of a trace, in pre-order.
fn shape(trace: &TraceFacts) -> Vec<ShapeRow> {
    let span = |row: usize| &trace.spans[trace.tree.spans[row] as usize];
    let mut rows: Vec<usize> = (0..trace.tree.len()).collect();
    rows.sort_by_key(|row| (Reverse(span(*row).duration), *row));
    rows.truncate(SHAPE_ROWS);
    rows.sort_unstable();
    let start = trace.spans[0].start;
    let of_row = |row: usize| {
        let span = span(row);
        let after = span.start.saturating_sub(start);
        ShapeRow(trace.tree.depths[row], after, span.duration, span.service.to_string(), span.is_error())
    };
    rows.into_iter().map(of_row).collect()
}
