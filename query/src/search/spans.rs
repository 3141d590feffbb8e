//! What a set of spans is made of: exact counts of values, keys with their values, a heatmap.

use arrow::array::{Array, RecordBatch};
use daymark_model::id::TraceId;
use daymark_model::time::Nanos;
use daymark_view::error::{AskError, Code};
use daymark_view::fields::{FieldRow, FieldsAsk};
use daymark_view::meta::{Answer, Truncated};
use daymark_view::search::{Domain, Key, expression};
use daymark_view::spans::{
    EXEMPLARS_MAX, Exemplar, Facet, FacetValue, FacetsAsk, SpanHeatmap, SpanHeatmapAsk, SpanSet,
};

use super::census::Census;
use super::desk::Desk;
use super::formula::Plan;
use super::traces::{Read, inside};
use crate::page::page;
use crate::sql::failure;
use crate::trace::found::trace_id;
use crate::trace::spans::Columns;

/// Spans whose keys are counted: the newest.
const LOOKED_AT: usize = 20_000;

/// The condition of the spans of a set, where rows alone tell them.
pub(super) fn condition_of(set: &SpanSet) -> Result<String, AskError> {
    let plan = Plan::of(set.query.node.as_ref())?;
    let condition = plan.of_rows().ok_or_else(|| {
        AskError::new(Code::BadQuery, "spans cannot be chosen by their trace or their relations here")
            .hint("leave out trace.* and { } terms")
    })?;
    Ok(format!("{} AND {condition}", inside(set.range, &set.scope, set.area)))
}

impl Desk {
    pub(crate) async fn facets(self, ask: FacetsAsk) -> Result<Answer<Vec<Facet>>, AskError> {
        let condition = condition_of(&ask.set)?;
        let mut facets = Vec::new();
        for key in &ask.keys {
            facets.push(self.facet(&condition, key, ask.limit).await?);
        }
        Ok(self.answer(facets))
    }

    async fn facet(&self, condition: &str, key: &Key, limit: usize) -> Result<Facet, AskError> {
        let value = expression(Domain::Traces, key).ok_or_else(|| {
            AskError::new(Code::BadRequest, format!("no span has {} of its own", key.text()))
                .hint("a field or an attribute of spans")
        })?;
        let sql = format!(
            "SELECT value, spans, count(*) OVER () AS distinct_values, sum(spans) OVER () AS all_spans FROM \
             (SELECT CAST({value} AS VARCHAR) AS value, count(*) AS spans FROM spans \
             WHERE {condition} AND {value} IS NOT NULL GROUP BY 1) ORDER BY spans DESC, value LIMIT {limit}"
        );
        let mut facet = Facet { key: key.text(), values: Vec::new(), distinct: 0, other: 0 };
        self.each(&sql, |batch| {
            let columns = Columns::of(&batch);
            let (values, counts) = (columns.texts("value")?, columns.integers("spans")?);
            let (distinct, all) = (columns.integers("distinct_values")?, columns.integers("all_spans")?);
            for row in 0..batch.num_rows() {
                (facet.distinct, facet.other) = (distinct[row].unsigned_abs(), all[row].unsigned_abs());
                let count = counts[row].unsigned_abs();
                facet.values.push(FacetValue { value: values.value(row).into(), count });
            }
            Ok(())
        })
        .await?;
        facet.other -= facet.values.iter().map(|value| value.count).sum::<u64>();
        Ok(facet)
    }

    pub(crate) async fn span_fields(self, ask: FieldsAsk) -> Result<Answer<Vec<FieldRow>>, AskError> {
        let set = SpanSet { query: ask.query, range: ask.range, scope: ask.scope, area: None };
        let condition = condition_of(&set)?;
        let mut census = Census::new(&ask.search);
        let looked = self.values(&condition, LOOKED_AT, |looked| census.add(looked)).await?;
        let all = if looked < LOOKED_AT as u64 { looked } else { self.spans_with(&condition).await? };
        let is_cut = census.is_cut;
        let (rows, cursor) = page(census.rows(), ask.cursor.as_deref(), ask.limit)?;
        let mut answer = self.answer(rows);
        answer.meta.cursor = cursor;
        answer.meta.sampled = (all > looked).then(|| looked as f64 / all as f64);
        answer.meta.truncated = is_cut.then(|| Truncated {
            reason: "too many keys and values to count all".into(),
            shown: looked,
            total: None,
        });
        Ok(answer)
    }

    /// How many spans meet a condition.
    pub(super) async fn spans_with(&self, condition: &str) -> Result<u64, AskError> {
        let mut count = 0;
        self.each(&format!("SELECT count(*) AS spans FROM spans WHERE {condition}"), |batch| {
            count += Columns::of(&batch).integers("spans")?.iter().sum::<i64>().unsigned_abs();
            Ok(())
        })
        .await?;
        Ok(count)
    }

    pub(crate) async fn heatmap(self, ask: SpanHeatmapAsk) -> Result<Answer<SpanHeatmap>, AskError> {
        let condition = condition_of(&ask.set)?;
        let mut range = None;
        let sql = format!(
            "SELECT min(duration_ns) AS least, max(duration_ns) AS most FROM spans WHERE {condition}"
        );
        for batch in self.rows(&sql).await? {
            let columns = Columns::of(&batch);
            let read = || {
                Ok((
                    columns.column("least")?.is_valid(0),
                    columns.integers("least")?[0],
                    columns.integers("most")?[0],
                ))
            };
            let (is_any, least, most) = read().map_err(|error| failure::of(&error))?;
            range = is_any.then_some((least, most));
        }
        let mut grid =
            Grid::new((ask.set.range.from, ask.set.range.width_ns()), range, (ask.cells_x, ask.cells_y));
        let sql = format!("SELECT trace_id, start, duration_ns, status FROM spans WHERE {condition}");
        self.each(&sql, |batch| add(&mut grid, &batch)).await?;
        Ok(self.answer(grid.heatmap()))
    }
}

fn add(grid: &mut Grid, batch: &RecordBatch) -> Read<()> {
    let columns = Columns::of(batch);
    let (starts, durations) = (columns.instants("start")?, columns.integers("duration_ns")?);
    let states = columns.texts("status")?;
    for row in 0..batch.num_rows() {
        let is_error = states.value(row) == "error";
        grid.add(starts[row], durations[row], is_error, || (trace_id(batch, row), states.value(row).into()));
    }
    Ok(())
}

/// A heatmap in the making.
#[derive(Debug)]
pub(super) struct Grid {
    made: SpanHeatmap,
    /// Of each column the longest.
    longest: Vec<Option<Exemplar>>,
}

impl Grid {
    /// Columns of equal time; rows of equal ratio between the least and the most, if there is any.
    pub(super) fn new(
        (from, width): (Nanos, i64),
        range: Option<(i64, i64)>,
        (cells_x, cells_y): (usize, usize),
    ) -> Self {
        let width = width.max(1) as u64;
        let step_ns = width.div_ceil(cells_x.max(1) as u64) as i64;
        let columns = width.div_ceil(step_ns as u64) as usize;
        let bounds_ns = range.map_or_else(Vec::new, |(least, most)| bounds(least, most, cells_y));
        let rows = bounds_ns.len().saturating_sub(1);
        let made = SpanHeatmap {
            t0: from,
            step_ns,
            bounds_ns,
            counts: vec![vec![0; rows]; columns],
            errors: vec![vec![0; rows]; columns],
            exemplars: Vec::new(),
        };
        Self { made, longest: vec![None; columns] }
    }

    pub(super) fn add(
        &mut self,
        start: i64,
        value: i64,
        is_error: bool,
        told: impl FnOnce() -> (Option<TraceId>, String),
    ) {
        let made = &mut self.made;
        let Ok(column) = usize::try_from(start.saturating_sub(made.t0.0) / made.step_ns) else { return };
        let Some(row) = made.bounds_ns.partition_point(|bound| *bound <= value).checked_sub(1) else {
            return;
        };
        let Some(cell) = made.counts.get_mut(column).and_then(|cells| cells.get_mut(row)) else { return };
        *cell += 1;
        made.errors[column][row] += u64::from(is_error);
        let longest = &mut self.longest[column];
        if longest.as_ref().is_none_or(|known| known.duration_ns < value)
            && let (Some(trace_id), status) = told()
        {
            *longest = Some(Exemplar { time: Nanos(start), duration_ns: value, trace_id, status });
        }
    }

    pub(super) fn heatmap(self) -> SpanHeatmap {
        let mut made = self.made;
        made.exemplars = self.longest.into_iter().flatten().collect();
        made.exemplars.sort_by_key(|one| std::cmp::Reverse(one.duration_ns));
        made.exemplars.truncate(EXEMPLARS_MAX);
        made.exemplars.sort_by_key(|one| one.time);
        made
    }
}

/// Ascending bounds of equal ratio, the first not above the least, the last above the most.
fn bounds(least: i64, most: i64, cells: usize) -> Vec<i64> {
    let (low, high) = (least.max(1) as f64, most.max(1) as f64 * 1.000_001 + 1.0);
    let ratio = (high / low).powf(1.0 / cells.max(1) as f64);
    let inner = (1..cells).map(|at| (low * ratio.powi(at as i32)) as i64);
    let mut all: Vec<i64> = std::iter::once(least).chain(inner).chain([most.saturating_add(1)]).collect();
    all.sort_unstable();
    all.dedup();
    all
}
