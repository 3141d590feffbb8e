//! Sums of segments without what only questions about one service ask for, kept for the next question while
//! their segment lives.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use arrow::array::RecordBatch;
use daymark_aggregate::{Aggregate, condensed};
use daymark_segment::Segment;

/// What all kept sums may take.
const KEPT_BYTES: usize = 128 << 20;

#[derive(Debug)]
struct Kept {
    segment: Weak<Segment>,
    rows: RecordBatch,
    bytes: usize,
}

/// Rows by the address of their segment, which nothing else gets while a weak reference to it is held.
#[derive(Debug, Default)]
pub(crate) struct Condensed {
    kept: Mutex<HashMap<(usize, Aggregate), Kept>>,
}

impl Condensed {
    pub(crate) fn rows(
        &self,
        segment: &Arc<Segment>,
        table: Aggregate,
    ) -> daymark_segment::Result<RecordBatch> {
        let key = (Arc::as_ptr(segment).addr(), table);
        if let Some(kept) = self.kept().get(&key) {
            return Ok(kept.rows.clone());
        }
        let rows = condensed(table, &segment.aggregate(table)?)?;
        let bytes = rows.get_array_memory_size();
        let mut kept = self.kept();
        kept.retain(|_, kept| kept.segment.strong_count() > 0);
        let used: usize = kept.values().map(|kept| kept.bytes).sum();
        if used + bytes <= KEPT_BYTES {
            kept.insert(key, Kept { segment: Arc::downgrade(segment), rows: rows.clone(), bytes });
        }
        Ok(rows)
    }

    /// Lets go of what belongs to segments that are gone.
    pub(crate) fn release(&self) {
        self.kept().retain(|_, kept| kept.segment.strong_count() > 0);
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<(usize, Aggregate), Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
