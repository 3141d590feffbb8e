//! `POST /traces/search`: candidates by what rows tell, newest or largest first, then the traces they are of.

use std::collections::HashSet;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use daymark_model::id::TraceId;
use daymark_model::time::Nanos;
use daymark_view::error::AskError;
use daymark_view::meta::Answer;
use daymark_view::range::Range;
use daymark_view::services::Scope;
use daymark_view::traces::{Area, TraceHit, TraceSort, TracesAsk, TracesFound, TracesMode};

use super::cursor::Cursor;
use super::desk::Desk;
use super::formula::Plan;
use super::words::{between, check_expressions, instant, of_scope};
use crate::running::scanned;
use crate::sql::failure;
use crate::trace::found::trace_id;
use crate::trace::spans::Columns;

/// Candidates that are looked at together.
const ROWS_MIN: usize = 32;
const ROWS_MAX: usize = 65_536;
/// Traces that are put together at once: a page at first, then more where few of them match. A statement names them
/// all, and has no more than 64 KiB of text.
const TRACES_MAX: usize = 1_024;
/// A trace that is sorted by its whole length reaches no further out of the range.
const REACH_NS: i64 = 24 * Nanos::HOUR;

/// A search that runs.
#[derive(Debug)]
pub(crate) struct Searched<'a> {
    pub(super) ask: &'a TracesAsk,
    pub(super) desk: &'a Desk,
    pub(super) plan: Plan,
    /// When matching spans begin.
    pub(super) range: Range,
    pub(super) now: Nanos,
}

/// Traces that match, with where each stands in the order.
type Placed = Vec<(i64, TraceHit)>;

impl<'a> Searched<'a> {
    pub(crate) fn new(ask: &'a TracesAsk, desk: &'a Desk, now: Nanos) -> Result<Self, AskError> {
        check_expressions(&ask.query)?;
        let plan = Plan::of(ask.query.node.as_ref())?;
        let mut searched = Self { ask, desk, plan, range: ask.range, now };
        if let Some(area) = ask.area {
            let (from, to) = (ask.range.from.max(area.range.from), ask.range.to.min(area.range.to));
            searched.range = Range { from, to: to.max(from) };
        }
        if let Some(text) = &ask.cursor {
            searched.range = Cursor::read(text, &searched.question())?.range;
        }
        Ok(searched)
    }

    pub(crate) async fn answer(&self) -> Result<Answer<TracesFound>, AskError> {
        let (data, cursor) = match self.ask.mode {
            TracesMode::Traces => {
                let (hits, cursor) = self.traces().await?;
                (TracesFound::Traces(hits), cursor)
            }
            TracesMode::Spans => {
                let (hits, cursor) = self.spans().await?;
                (TracesFound::Spans(hits), cursor)
            }
            TracesMode::Operations => (TracesFound::Operations(self.operations().await?), None),
        };
        let mut answer = Answer::of(data);
        answer.meta.cursor = cursor;
        answer.meta.total = if self.ask.count { self.total().await? } else { None };
        answer.meta.scanned = scanned(&self.desk.tally);
        answer.meta.read_by = self.desk.tally.told_by();
        answer.meta.partial = self.desk.tally.partial();
        Ok(answer)
    }

    /// What makes two questions the same list. Not the range: its ends move with the clock.
    pub(super) fn question(&self) -> String {
        let ask = self.ask;
        let durations = ask.area.map(|area| (area.min_ns, area.max_ns));
        format!("{} {:?} {durations:?} {:?} {:?}", ask.query, ask.scope, ask.sort, ask.mode)
    }

    pub(super) fn cursor(&self, start: i64) -> Result<Cursor, AskError> {
        match &self.ask.cursor {
            Some(text) => Cursor::read(text, &self.question()),
            None => Ok(Cursor::start(self.range, start)),
        }
    }

    /// When matching spans begin, and whose they are.
    pub(super) fn inside(&self) -> String {
        inside(self.range, &self.ask.scope, self.ask.area)
    }

    /// What candidates meet.
    pub(super) fn candidates(&self) -> String {
        match self.plan.candidates() {
            Some(condition) => format!("{} AND {condition}", self.inside()),
            None => self.inside(),
        }
    }

    pub(super) async fn traces(&self) -> Result<(Vec<TraceHit>, Option<String>), AskError> {
        let is_newest = self.ask.sort == TraceSort::Newest;
        let mut cursor = self.cursor(if is_newest { i64::MAX } else { i64::MIN })?;
        let mut found = match self.ask.sort {
            TraceSort::Newest | TraceSort::Oldest => self.by_time(&cursor, is_newest).await?,
            _ => self.by_measure(&cursor).await?,
        };
        let has_more = found.len() > self.ask.limit;
        found.truncate(self.ask.limit);
        for (bound, hit) in &found {
            cursor.bound = *bound;
            cursor.show(&hit.trace_id.0);
        }
        let cursor = has_more.then(|| cursor.text(&self.question()));
        Ok((found.into_iter().map(|(_, hit)| hit).collect(), cursor))
    }

    /// One more than a page, if there are as many.
    async fn by_time(&self, cursor: &Cursor, is_newest: bool) -> Result<Placed, AskError> {
        let wanted = self.ask.limit + 1;
        let (mut found, mut known) = (Vec::new(), HashSet::new());
        let mut rows_wanted = (wanted * 2).clamp(ROWS_MIN, ROWS_MAX);
        let mut at_once = wanted;
        let mut bound = cursor.bound;
        loop {
            let (sign, order) = if is_newest { ("<=", "DESC") } else { (">=", "ASC") };
            let sql = format!(
                "SELECT trace_id, start FROM spans WHERE {} AND start {sign} {} \
                 ORDER BY start {order} LIMIT {rows_wanted}",
                self.candidates(),
                instant(bound),
            );
            let mut next: Vec<(TraceId, i64)> = Vec::new();
            let (mut rows, mut last) = (0, bound);
            for batch in self.desk.rows(&sql).await? {
                let starts = Columns::of(&batch).instants("start").map_err(|error| failure::of(&error))?;
                for (row, start) in starts.iter().enumerate() {
                    (rows, last) = (rows + 1, *start);
                    let Some(id) = trace_id(&batch, row) else { continue };
                    if !cursor.has_shown(&id.0) && known.insert(id) {
                        next.push((id, *start));
                    }
                }
            }
            let mut next = next.as_slice();
            while !next.is_empty() {
                let (page, rest) = next.split_at(at_once.min(next.len()));
                found.extend(self.matching(page).await?);
                if found.len() >= wanted {
                    found.truncate(wanted);
                    return Ok(found);
                }
                at_once = (at_once * 2).min(TRACES_MAX);
                next = rest;
            }
            if rows < rows_wanted {
                return Ok(found);
            }
            // So many spans of one instant, of few traces, or of traces that do not match, that it takes larger steps.
            rows_wanted = (rows_wanted * 4).min(if last == bound { usize::MAX } else { ROWS_MAX });
            bound = last;
        }
    }

    /// Traces by a measure of the whole trace.
    async fn by_measure(&self, cursor: &Cursor) -> Result<Placed, AskError> {
        const NANOS: &str = "arrow_cast(start, 'Int64')";
        let (measure, order) = match self.ask.sort {
            TraceSort::Fastest => (format!("max({NANOS} + duration_ns) - min({NANOS})"), "ASC"),
            TraceSort::MostSpans => ("count(*)".to_owned(), "DESC"),
            TraceSort::MostErrors => ("count(*) FILTER (WHERE status = 'error')".to_owned(), "DESC"),
            _ => (format!("max({NANOS} + duration_ns) - min({NANOS})"), "DESC"),
        };
        let wanted = self.ask.limit + 1;
        let around = between("start", self.range.from.plus(-REACH_NS), self.range.to.plus(REACH_NS));
        let mut found = Vec::new();
        let (mut skipped, mut rows_wanted, mut at_once) = (0, cursor.shown() + wanted * 2, wanted);
        loop {
            let sql = format!(
                "SELECT trace_id, {measure} AS measure FROM spans WHERE {around} \
                 AND trace_id IN (SELECT trace_id FROM spans WHERE {}) \
                 GROUP BY trace_id ORDER BY measure {order}, trace_id LIMIT {rows_wanted} OFFSET {skipped}",
                self.candidates(),
            );
            let mut next = Vec::new();
            let mut rows = 0;
            for batch in self.desk.rows(&sql).await? {
                let measures =
                    Columns::of(&batch).integers("measure").map_err(|error| failure::of(&error))?;
                rows += measures.len();
                let ids = (0..measures.len()).filter_map(|row| Some((trace_id(&batch, row)?, measures[row])));
                next.extend(ids.filter(|(id, _)| !cursor.has_shown(&id.0)));
            }
            for page in next.chunks(at_once) {
                found.extend(self.matching(page).await?);
            }
            at_once = (at_once * 2).min(TRACES_MAX);
            if found.len() >= wanted || rows < rows_wanted {
                found.truncate(wanted);
                return Ok(found);
            }
            skipped += rows;
            rows_wanted = (rows_wanted * 2).min(ROWS_MAX);
        }
    }

    /// Those of the traces that match, in their order.
    async fn matching(&self, traces: &[(TraceId, i64)]) -> Result<Placed, AskError> {
        let ids: Vec<TraceId> = traces.iter().map(|(id, _)| *id).collect();
        let inside = self.plan.conditions.len();
        let conditions: Vec<String> = self.plan.conditions.iter().cloned().chain([self.inside()]).collect();
        let mut facts = self.desk.facts(&ids, &conditions, self.now).await?;
        let judged = traces.iter().filter_map(|(id, at)| {
            let trace = facts.remove(id)?;
            let holds = self.plan.judge(&trace);
            let is_inside = |place: &usize| trace.spans[*place].truths.get(inside) == Some(&true);
            let matched: Vec<usize> =
                (0..holds.len()).filter(|place| holds[*place]).filter(is_inside).collect();
            (!matched.is_empty()).then(|| (*at, trace.hit(&matched)))
        });
        Ok(judged.collect())
    }

    /// All matches, where rows alone tell them.
    async fn total(&self) -> Result<Option<u64>, AskError> {
        if self.plan.of_rows().is_none() {
            return Ok(None);
        }
        let what = match self.ask.mode {
            TracesMode::Traces => "count(DISTINCT trace_id)",
            TracesMode::Spans => "count(*)",
            TracesMode::Operations => "count(DISTINCT named_struct('s', service, 'n', name, 'k', kind))",
        };
        let sql = format!("SELECT {what} AS total FROM spans WHERE {}", self.rows_only("spans")?);
        let batches = self.desk.rows(&sql).await?;
        let total = batches.iter().find_map(|batch| {
            let totals = batch.column(0).as_primitive_opt::<Int64Type>()?;
            totals.values().first().map(|total| u64::try_from(*total).unwrap_or_default())
        });
        Ok(total)
    }
}

/// When spans begin, and whose they are.
pub(super) fn inside(range: Range, scope: &[Scope], area: Option<Area>) -> String {
    let mut parts = vec![between("start", range.from, range.to)];
    parts.extend(scope.iter().map(of_scope));
    parts.extend(area.map(in_area));
    parts.join(" AND ")
}

pub(super) fn in_area(area: Area) -> String {
    let began = between("start", area.range.from, area.range.to);
    format!("{began} AND duration_ns >= {} AND duration_ns < {}", area.min_ns, area.max_ns)
}

pub(super) type Read<T> = datafusion::common::Result<T>;
