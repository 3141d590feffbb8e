//! `GET /traces/origins`: who sent the roots, which ids were used again, whose parents never came, whose
//! clocks are off.

use arrow::array::Array;
use daymark_model::id::TraceId;
use daymark_model::time::Nanos;
use daymark_view::error::AskError;
use daymark_view::meta::Answer;
use daymark_view::spans::{Origins, OriginsAsk, Reused, ServiceCount, TierCount};
use daymark_view::tree::GAP_NS;

use super::desk::Desk;
use super::spans::Grid;
use super::traces::inside;
use crate::scan::part::Part;
use crate::sql::failure;
use crate::trace::found::trace_id;
use crate::trace::outline::Outline;
use crate::trace::spans::Columns;

/// Ids that are looked at, and shown.
const REUSED_MAX: usize = 100;
const SERVICES_MAX: usize = 1_000;
/// Spans whose clocks are judged.
const SKEWED_MAX: usize = 100_000;
const CELLS: (usize, usize) = (60, 20);
/// A parent may have begun so much earlier than the range.
const REACH_NS: i64 = Nanos::HOUR;

impl Desk {
    pub(crate) async fn origins(
        self,
        ask: OriginsAsk,
        parts: Vec<Part>,
    ) -> Result<Answer<Origins>, AskError> {
        let condition = inside(ask.range, &ask.scope, None);
        let mut origins = Origins { tiers: self.tiers(&condition).await?, ..Origins::default() };
        for id in self.candidates_for_reuse(&condition).await? {
            let outline =
                Outline::read(&parts, id, None, &self.tally).map_err(|error| failure::of(&error))?;
            let episodes = outline.map_or(1, |outline| outline.episode.of);
            if episodes > 1 {
                origins.reused.push(Reused { trace_id: id, episodes });
            }
        }
        origins.missing_parent = self.missing_parents(&ask, &condition).await?;
        let mut found: Vec<(i64, i64, TraceId, String)> = Vec::new();
        self.each(&self.skewed(&ask), |batch| {
            let columns = Columns::of(&batch);
            let (starts, offsets) = (columns.instants("start")?, columns.integers("off")?);
            let states = columns.texts("status")?;
            for row in 0..batch.num_rows() {
                let of_row = |id| (starts[row], offsets[row], id, states.value(row).to_owned());
                found.extend(trace_id(&batch, row).map(of_row));
            }
            Ok(())
        })
        .await?;
        let offsets = || found.iter().map(|(_, off, ..)| *off);
        let ends = offsets().min().zip(offsets().max());
        let mut grid = Grid::new((ask.range.from, ask.range.width_ns()), ends, CELLS);
        for (start, off, id, status) in found {
            grid.add(start, off, status == "error", || (Some(id), status.clone()));
        }
        origins.skew = grid.heatmap();
        Ok(self.answer(origins))
    }

    async fn tiers(&self, condition: &str) -> Result<Vec<TierCount>, AskError> {
        let sql = format!(
            "SELECT tier, count(*) AS spans FROM spans WHERE {condition} AND parent_span_id IS NULL \
             GROUP BY tier ORDER BY spans DESC, tier LIMIT {SERVICES_MAX}"
        );
        let counted = self.counted("tier", &sql).await?;
        Ok(counted.into_iter().map(|(tier, count)| TierCount { tier, count }).collect())
    }

    /// Ids with a long pause, or with roots of several instances.
    async fn candidates_for_reuse(&self, condition: &str) -> Result<Vec<TraceId>, AskError> {
        let sql = format!(
            "SELECT trace_id FROM spans WHERE {condition} GROUP BY trace_id \
             HAVING max(arrow_cast(start, 'Int64')) - min(arrow_cast(start, 'Int64')) > {GAP_NS} \
             OR count(DISTINCT instance) FILTER (WHERE parent_span_id IS NULL) > 1 \
             ORDER BY trace_id LIMIT {REUSED_MAX}"
        );
        let mut ids = Vec::new();
        self.each(&sql, |batch| {
            ids.extend((0..batch.num_rows()).filter_map(|row| trace_id(&batch, row)));
            Ok(())
        })
        .await?;
        Ok(ids)
    }

    async fn missing_parents(
        &self,
        ask: &OriginsAsk,
        condition: &str,
    ) -> Result<Vec<ServiceCount>, AskError> {
        let sql = format!(
            "SELECT child.service AS service, count(*) AS spans FROM \
             (SELECT trace_id, parent_span_id, service FROM spans WHERE {condition} AND parent_span_id IS NOT NULL) \
             AS child LEFT ANTI JOIN (SELECT trace_id, span_id FROM spans WHERE {}) AS parent \
             ON child.trace_id = parent.trace_id AND child.parent_span_id = parent.span_id \
             GROUP BY child.service ORDER BY spans DESC, service LIMIT {SERVICES_MAX}",
            around(ask),
        );
        let counted = self.counted("service", &sql).await?;
        Ok(counted.into_iter().map(|(service, count)| ServiceCount { service, count }).collect())
    }

    async fn counted(&self, name: &str, sql: &str) -> Result<Vec<(String, u64)>, AskError> {
        let mut all = Vec::new();
        self.each(sql, |batch| {
            let columns = Columns::of(&batch);
            let (names, counts) = (columns.texts(name)?, columns.integers("spans")?);
            all.extend((0..names.len()).map(|row| (names.value(row).to_owned(), counts[row].unsigned_abs())));
            Ok(())
        })
        .await?;
        Ok(all)
    }

    /// Called spans that are short enough to lie in their callers and do not.
    fn skewed(&self, ask: &OriginsAsk) -> String {
        let nanos = |side: &str| format!("arrow_cast({side}.start, 'Int64')");
        let (child, parent) = (nanos("child"), nanos("parent"));
        format!(
            "SELECT child.trace_id AS trace_id, child.start AS start, child.status AS status, \
             abs({child} - {parent} - (parent.duration_ns - child.duration_ns) / 2) AS off FROM \
             (SELECT trace_id, parent_span_id, service, start, duration_ns, status FROM spans WHERE {} \
             AND kind = 'server' AND parent_span_id IS NOT NULL) AS child JOIN \
             (SELECT trace_id, span_id, service, start, duration_ns FROM spans WHERE {}) AS parent \
             ON child.trace_id = parent.trace_id AND child.parent_span_id = parent.span_id \
             WHERE child.service <> parent.service AND child.duration_ns <= parent.duration_ns \
             AND ({child} < {parent} OR {child} + child.duration_ns > {parent} + parent.duration_ns) \
             LIMIT {SKEWED_MAX}",
            inside(ask.range, &ask.scope, None),
            around(ask),
        )
    }
}

/// Where parents of spans of a range are.
fn around(ask: &OriginsAsk) -> String {
    let (from, to) = (ask.range.from.plus(-REACH_NS), ask.range.to.plus(REACH_NS));
    super::words::between("start", from, to)
}
