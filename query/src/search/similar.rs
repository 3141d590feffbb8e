//! `GET /traces/{id}/similar`: traces of the same root operation by how many call paths they share.

use std::collections::HashSet;

use arrow::array::RecordBatch;
use daymark_model::time::Nanos;
use daymark_view::diff::{Similar, SimilarAsk};
use daymark_view::error::{AskError, Code};
use daymark_view::meta::Answer;
use daymark_view::range::Range;
use daymark_view::search::quoted;

use super::desk::Desk;
use super::summary::TraceFacts;
use super::words::between;
use crate::trace::found::trace_id;

/// Traces that are looked at: the newest.
const LOOKED_AT: usize = 500;

impl Desk {
    pub(crate) async fn similar(self, ask: SimilarAsk, now: Nanos) -> Result<Answer<Vec<Similar>>, AskError> {
        let mut facts = self.facts(&[ask.id], &[], now).await?;
        let Some(trace) = facts.remove(&ask.id) else {
            return Err(AskError::new(Code::NotFound, format!("no trace has the id {}", ask.id)));
        };
        let root = trace.root();
        let start = Nanos(root.start);
        let range =
            ask.range.unwrap_or(Range { from: start.plus(-Nanos::HOUR), to: start.plus(Nanos::HOUR) });
        let is_root =
            if root.parent.is_none() { "parent_span_id IS NULL" } else { "parent_span_id IS NOT NULL" };
        let sql = format!(
            "SELECT trace_id, start FROM spans WHERE {} AND service = {} AND name = {} AND {is_root} \
             AND trace_id <> '{}' ORDER BY start DESC LIMIT {LOOKED_AT}",
            between("start", range.from, range.to),
            quoted(&root.service),
            quoted(&root.name),
            ask.id,
        );
        let mut ids = Vec::new();
        let mut known = HashSet::new();
        for batch in self.rows(&sql).await? {
            let of_batch = |batch: &RecordBatch, row| trace_id(batch, row);
            let found = (0..batch.num_rows()).filter_map(|row| of_batch(&batch, row));
            ids.extend(found.filter(|id| known.insert(*id)));
        }
        let paths = paths(&trace);
        let mut all = Vec::new();
        for page in ids.chunks(50) {
            for other in self.facts(page, &[], now).await?.into_values() {
                all.push(Similar { likeness: likeness(&paths, &self::paths(&other)), trace: other.hit(&[]) });
            }
        }
        all.sort_by(|a, b| {
            let by_time = || b.trace.start.cmp(&a.trace.start).then(a.trace.trace_id.cmp(&b.trace.trace_id));
            b.likeness.total_cmp(&a.likeness).then_with(by_time)
        });
        all.truncate(ask.limit);
        Ok(self.answer(all))
    }
}

/// The call paths of a trace. How often one is gone does not count.
fn paths(trace: &TraceFacts) -> HashSet<u64> {
    trace.paths().into_iter().collect()
}

fn likeness(a: &HashSet<u64>, b: &HashSet<u64>) -> f64 {
    let common = a.intersection(b).count();
    common as f64 / (a.len() + b.len() - common).max(1) as f64
}
