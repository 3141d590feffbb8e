//! `POST /traces/diff`: two sets of traces laid over each other along their call paths.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use arrow::array::Array;
use daymark_model::id::{SpanId, TraceId};
use daymark_model::time::Nanos;
use daymark_view::diff::{
    AttributeDiff, Diff, DiffAsk, Measures, Metric, PATHS_MAX, PathDiff, STEPS_MAX, Side, SideSum, Step,
    TRACES_COMPARED,
};
use daymark_view::error::{AskError, Code};
use daymark_view::meta::{Answer, Truncated};
use daymark_view::query_id::QueryId;
use daymark_view::traces::{TraceHit, TraceSort, TracesAsk, TracesMode};
use serde_json::Value;

use super::desk::Desk;
use super::summary::TraceFacts;
use super::traces::Searched;
use crate::trace::spans::Columns;
use crate::typed_json;

/// Spans of two traces whose attributes are compared.
const SPANS_COMPARED: usize = 20_000;
/// Spans of all traces of a side.
const SPANS_HELD: u64 = 500_000;
/// Values of an attribute that one side shows.
const VALUES_SHOWN: usize = 3;

/// Traces put on top of each other.
#[derive(Debug, Default)]
struct Pile {
    traces: Vec<TraceFacts>,
    sum: SideSum,
    paths: BTreeMap<Vec<Step>, Measures>,
    is_cut: bool,
}

type Texts = BTreeMap<String, Vec<Value>>;

impl Pile {
    fn of(label: String, traces: Vec<TraceFacts>) -> Self {
        let mut pile = Self { sum: SideSum { label, ..SideSum::default() }, ..Self::default() };
        pile.sum.traces = traces.len() as u64;
        let share = 1.0 / traces.len().max(1) as f64;
        for trace in &traces {
            let start = Nanos(trace.spans[0].start);
            pile.sum.start = Some(pile.sum.start.map_or(start, |known| known.min(start)));
            pile.sum.duration_ns += trace.duration_ns() as f64 * share;
            pile.sum.spans += trace.spans.len() as f64 * share;
            pile.sum.errors += trace.spans.iter().filter(|span| span.is_error()).count() as f64 * share;
            pile.add(trace, share);
        }
        pile.traces = traces;
        pile
    }

    fn add(&mut self, trace: &TraceFacts, share: f64) {
        let own = trace.tree.self_times(&trace.nodes);
        let mut critical = vec![0_i64; own.len()];
        let main = trace.tree.main_row(&trace.nodes);
        for section in main.map(|row| trace.tree.critical(&trace.nodes, row)).unwrap_or_default() {
            critical[section.row as usize] += section.to - section.from;
        }
        let mut path: Vec<Step> = Vec::new();
        for (row, span) in trace.tree.spans.iter().enumerate() {
            let span = &trace.spans[*span as usize];
            let depth = trace.tree.depths[row] as usize;
            if depth >= STEPS_MAX {
                self.is_cut = true;
                continue;
            }
            path.truncate(depth);
            path.push(Step {
                service: span.service.to_string(),
                name: span.name.to_string(),
                kind: span.kind.name().into(),
            });
            if self.paths.len() >= PATHS_MAX && !self.paths.contains_key(&path) {
                self.is_cut = true;
                continue;
            }
            let measures = self.paths.entry(path.clone()).or_default();
            measures.count += share;
            measures.errors += if span.is_error() { share } else { 0.0 };
            measures.duration_ns += span.duration as f64 * share;
            measures.self_ns += own[row] as f64 * share;
            measures.critical_ns += critical[row] as f64 * share;
        }
    }

    /// The path of each span of the one trace, by its id and start.
    fn paths_of_spans(&self) -> HashMap<(SpanId, i64), Vec<Step>> {
        let mut paths = HashMap::new();
        for trace in &self.traces {
            let mut path: Vec<Step> = Vec::new();
            for (row, span) in trace.tree.spans.iter().enumerate() {
                let span = &trace.spans[*span as usize];
                path.truncate(trace.tree.depths[row] as usize);
                let (service, name) = (span.service.to_string(), span.name.to_string());
                path.push(Step { service, name, kind: span.kind.name().into() });
                if path.len() <= STEPS_MAX {
                    paths.insert((span.id, span.start), path.clone());
                }
            }
        }
        paths
    }
}

impl Desk {
    pub(crate) async fn diff(self, ask: DiffAsk, now: Nanos) -> Result<Answer<Diff>, AskError> {
        let a = self.pile(&ask.a, &ask.query_id, now).await?;
        let b = self.pile(&ask.b, &ask.query_id, now).await?;
        let (mut attributes, mut whole) = (HashMap::new(), Vec::new());
        let spans = |pile: &Pile| pile.traces.iter().map(|trace| trace.spans.len()).sum::<usize>();
        if let (Side::Trace(_), Side::Trace(_)) = (&ask.a, &ask.b)
            && spans(&a) + spans(&b) <= SPANS_COMPARED
        {
            let (of_a, resources_a) = self.contents(&a).await?;
            let (of_b, resources_b) = self.contents(&b).await?;
            for (path, texts) in &of_a {
                if let Some(other) = of_b.get(path) {
                    attributes.insert(path.clone(), differences(texts, other));
                }
            }
            whole = differences(&resources_a, &resources_b);
        }
        let is_cut = a.is_cut || b.is_cut;
        let tree = laid(&a.paths, &b.paths, ask.metric, &mut attributes);
        let shown = tree.len() as u64;
        let mut answer = self.answer(Diff { a: a.sum, b: b.sum, tree, whole });
        answer.meta.truncated =
            is_cut.then(|| Truncated { reason: "too many or too long paths".into(), shown, total: None });
        Ok(answer)
    }

    async fn pile(&self, side: &Side, query_id: &QueryId, now: Nanos) -> Result<Pile, AskError> {
        match side {
            Side::Trace(id) => {
                let mut facts = self.facts(&[*id], &[], now).await?;
                let trace = facts.remove(id);
                let absent = || AskError::new(Code::NotFound, format!("no trace has the id {id}"));
                let trace = trace.ok_or_else(absent)?;
                let root = trace.root();
                let label = format!("{} {}", root.service, root.name);
                Ok(Pile::of(label, vec![trace]))
            }
            Side::Set { query, range } => {
                let ask = TracesAsk {
                    query_id: query_id.clone(),
                    query: query.clone(),
                    range: *range,
                    scope: Vec::new(),
                    area: None,
                    sort: TraceSort::Newest,
                    mode: TracesMode::Traces,
                    limit: TRACES_COMPARED,
                    cursor: None,
                    count: false,
                };
                let (hits, _) = Searched::new(&ask, self, now)?.traces().await?;
                // As many as may be held at once.
                let mut spans = 0;
                let is_held = |hit: &TraceHit| {
                    spans += hit.span_count;
                    spans <= SPANS_HELD
                };
                let ids: Vec<TraceId> =
                    hits.into_iter().take_while(is_held).map(|hit| hit.trace_id).collect();
                let mut traces = Vec::with_capacity(ids.len());
                for page in ids.chunks(50) {
                    let mut facts = self.facts(page, &[], now).await?;
                    traces.extend(page.iter().filter_map(|id| facts.remove(id)));
                }
                Ok(Pile::of(query.to_string(), traces))
            }
        }
    }

    /// The attributes of the spans of each path of one trace, and those of the resources of its services.
    async fn contents(&self, pile: &Pile) -> Result<(HashMap<Vec<Step>, Texts>, Texts), AskError> {
        let paths = pile.paths_of_spans();
        let (mut by_path, mut whole): (HashMap<Vec<Step>, Texts>, Texts) = Default::default();
        let Some(trace) = pile.traces.first() else { return Ok((by_path, whole)) };
        let sql = format!(
            "SELECT span_id, start, service, attributes, resource FROM spans WHERE trace_id = '{}'",
            trace.id
        );
        self.each(&sql, |batch| {
            let columns = Columns::of(&batch);
            let (starts, services) = (columns.instants("start")?, columns.texts("service")?);
            let (own, resources) = (columns.texts("attributes")?, columns.texts("resource")?);
            for (row, start) in starts.iter().enumerate() {
                let Some(id) = columns.span_id("span_id", row)? else { continue };
                if let Some(path) = paths.get(&(id, *start)) {
                    add(by_path.entry(path.clone()).or_default(), "", own.value(row));
                }
                if resources.is_valid(row) {
                    add(&mut whole, &format!("{} ", services.value(row)), resources.value(row));
                }
            }
            Ok(())
        })
        .await?;
        Ok((by_path, whole))
    }
}

fn add(texts: &mut Texts, prefix: &str, json: &str) {
    for (key, value) in typed_json::parse(json) {
        let values = texts.entry(format!("{prefix}{key}")).or_default();
        if !values.contains(&value) && values.len() <= VALUES_SHOWN {
            values.push(value);
        }
    }
}

/// The keys whose values are not the same.
fn differences(a: &Texts, b: &Texts) -> Vec<AttributeDiff> {
    let shown = |values: Option<&Vec<Value>>| match values.map(Vec::as_slice) {
        None | Some([]) => Value::Null,
        Some([one]) => one.clone(),
        Some(several) => several.iter().take(VALUES_SHOWN).cloned().collect(),
    };
    let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let of_key = |key: &String| {
        let (a, b) = (shown(a.get(key)), shown(b.get(key)));
        (a != b).then(|| AttributeDiff { key: key.clone(), a, b })
    };
    keys.into_iter().filter_map(of_key).collect()
}

/// The paths of both sides in pre-order; of siblings the one with the largest difference first.
fn laid(
    a: &BTreeMap<Vec<Step>, Measures>,
    b: &BTreeMap<Vec<Step>, Measures>,
    metric: Metric,
    attributes: &mut HashMap<Vec<Step>, Vec<AttributeDiff>>,
) -> Vec<PathDiff> {
    let mut paths: Vec<&Vec<Step>> = a.keys().chain(b.keys()).collect();
    paths.sort_unstable();
    paths.dedup();
    let difference = |path: &Vec<Step>| {
        let of = |side: &BTreeMap<Vec<Step>, Measures>| side.get(path).map_or(0.0, |found| found.of(metric));
        #[expect(clippy::cast_possible_truncation, reason = "an order of nanoseconds and counts")]
        let rank = ((of(a) - of(b)).abs() * 1e3) as i64;
        Reverse(rank)
    };
    // A path is ordered by how each of its steps stands among its siblings.
    let ranks: HashMap<&[Step], Reverse<i64>> =
        paths.iter().map(|path| (path.as_slice(), difference(path))).collect();
    let order = |path: &Vec<Step>| -> Vec<(Reverse<i64>, Step)> {
        let rank =
            |end: usize| path.get(..end).and_then(|part| ranks.get(part)).copied().unwrap_or(Reverse(0));
        path.iter().enumerate().map(|(at, step)| (rank(at + 1), step.clone())).collect()
    };
    paths.sort_by_cached_key(|path| order(path));
    let of_path = |path: &Vec<Step>| PathDiff {
        path: path.clone(),
        a: a.get(path).copied(),
        b: b.get(path).copied(),
        attributes: attributes.remove(path).unwrap_or_default(),
    };
    paths.into_iter().map(of_path).collect()
}
