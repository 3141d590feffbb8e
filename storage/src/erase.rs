//! Removes a trace on request: its spans, its logs and its exemplars.
//!
//! Rows in buffers are filtered out, rows in segments are hidden by number until a merge leaves them out,
//! and the id is remembered so that a replay of the log does not bring it back. From the answer on, no
//! query sees the trace; what arrives with its id afterwards is new data.

use std::sync::Arc;
use std::sync::PoisonError;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use daymark_model::id::{Lsn, TraceId};
use daymark_model::signal::Table;
use daymark_model::time::Nanos;
use daymark_segment::{Projection, RowRanges, Segment};

use crate::buffer::{BySource, Chunk, add_rows, rows_by_source};
use crate::catalog::SegmentRow;
use crate::error::Error;
use crate::ledger::{Entry, Unsaved, accounts};
use crate::store::{Inner, Store};
use crate::version::{Shelf, Shelved};

/// Tables whose rows name a trace.
const TRACED: [Table; 3] = [Table::Spans, Table::Logs, Table::Exemplars];

impl Store {
    /// Removes every row of a trace that was acknowledged before now. Answers how many spans and logs.
    pub async fn erase_trace(&self, tenant: &str, id: TraceId) -> Result<u64, Error> {
        let (inner, tenant) = (Arc::clone(&self.inner), Arc::from(tenant));
        tokio::spawn(async move { inner.erase(&tenant, id).await }).await.map_err(|_| Error::Died)?
    }
}

impl Inner {
    async fn erase(&self, tenant: &Arc<str>, id: TraceId) -> Result<u64, Error> {
        let _no_merge = self.merging.lock().await;
        let _only_one = self.replacing.lock().await;
        let below = Lsn(self.wal.stats().next.0.saturating_sub(1));
        self.erased.lock().unwrap_or_else(PoisonError::into_inner).insert((Arc::clone(tenant), id), below);
        // What was on its way has been filtered, or is in the version after this.
        self.lane(below).visible(below).await;
        let version = self.current.load();
        let Some(shelf) = version.shelf(tenant) else { return Ok(0) };
        let (mut count, mut unsaved, mut hidden) = (0, Unsaved::default(), Vec::new());
        let mut with_rows = Vec::new();
        for table in TRACED {
            for shelved in shelf.segments(table) {
                if let Some(change) = hide(table, shelved, id, self.clock.now())? {
                    count += self.note_deleted(tenant, table, &change.gone, &mut unsaved);
                    hidden.push((table, change));
                }
            }
            for chunk in shelf.chunks(table) {
                // Rows that are only in the log are counted again by its replay, so this is saved with them.
                let (gone, mut noted) = (rows_by_source(&of_trace(&chunk.rows, id)), Unsaved::default());
                count += self.note_deleted(tenant, table, &gone, &mut noted);
                with_rows.push((chunk.lsn_to, noted));
            }
        }
        let changes: Vec<&Hidden> = hidden.iter().map(|(_, change)| change).collect();
        self.catalog.erase(tenant, id, below, &changes, &unsaved).await?;
        self.current.change(|version| {
            self.ledger.count(&unsaved);
            with_rows.iter().for_each(|(_, noted)| self.ledger.count(noted));
            version.shelf_mut(tenant).remove_trace(id, &hidden);
        });
        self.feed.forget();
        for (lsn, noted) in with_rows {
            self.lane(lsn).put_back(noted);
        }
        Ok(count)
    }

    /// Notes deleted rows of a table; answers how many items they are.
    fn note_deleted(&self, tenant: &Arc<str>, table: Table, gone: &BySource, unsaved: &mut Unsaved) -> u64 {
        let mut items = 0;
        for (account, rows) in accounts(tenant, table, gone) {
            self.ledger.note(self.clock.now(), &account, Entry::Deleted, rows, unsaved);
            items += rows;
        }
        items
    }
}

/// A segment some of whose rows are hidden from now on.
pub(crate) struct Hidden {
    pub(crate) segment: Arc<str>,
    pub(crate) rows: RowRanges,
    /// When the first of them were.
    at: Nanos,
    /// Newly hidden rows a source.
    gone: BySource,
    /// Rows a source that are left.
    left: BySource,
}

pub(crate) fn hide(
    table: Table,
    shelved: &Shelved,
    id: TraceId,
    now: Nanos,
) -> Result<Option<Hidden>, Error> {
    if !TRACED.contains(&table) {
        return Ok(None);
    }
    let before = shelved.hidden.as_deref().cloned().unwrap_or_default();
    let candidates = shelved.segment.trace_rows(id).without(&before);
    let (rows, gone) = confirmed(table, &shelved.segment, &candidates, id)?;
    if rows.is_empty() {
        return Ok(None);
    }
    let left = shelved.sources.iter().map(|(source, rows)| {
        let gone = gone.iter().find(|(name, _)| name == source).map_or(0, |(_, gone)| *gone);
        (Arc::clone(source), rows.saturating_sub(gone))
    });
    let (segment, at) = (Arc::clone(&shelved.id), shelved.hidden_at.unwrap_or(now));
    let left = left.collect();
    Ok(Some(Hidden { segment, rows: rows.union(&before), at, gone, left }))
}

/// Those candidates that really are of the trace, with their sources.
fn confirmed(
    table: Table,
    segment: &Segment,
    candidates: &RowRanges,
    id: TraceId,
) -> Result<(RowRanges, BySource), Error> {
    let counted = table.is_counted().then_some("source");
    let projection = Projection::columns(["trace_id"].into_iter().chain(counted));
    let (mut numbers, mut rows, mut sources) = (candidates.rows(), Vec::new(), Vec::new());
    for batch in segment.read(&projection, candidates, 4_096)? {
        let batch = batch?;
        let mask = trace_mask(&batch, id);
        rows.extend(numbers.by_ref().zip(mask.values()).filter(|(_, hit)| *hit).map(|(row, _)| row));
        for (source, count) in rows_by_source(&filter_record_batch(&batch, &mask)?) {
            add_rows(&mut sources, &source, count);
        }
    }
    Ok((rows.into_iter().collect(), sources))
}

impl Shelf {
    fn remove_trace(&mut self, id: TraceId, hidden: &[(Table, Hidden)]) {
        for table in TRACED {
            if let Some(chunks) = self.chunks.get_mut(&table) {
                *chunks = chunks.iter().filter_map(|chunk| chunk_without(table, chunk, id)).collect();
            }
        }
        for (table, change) in hidden {
            if let Some(segments) = self.segments.get_mut(table) {
                *segments = segments.iter().map(|shelved| shelved.with(change)).collect();
            }
        }
    }
}

impl SegmentRow {
    pub(crate) fn hide(&mut self, change: &Hidden) {
        self.hidden = change.rows.as_slice().iter().map(|range| (range.start, range.end)).collect();
        self.hidden_at = Some(change.at);
        self.sources.clone_from(&change.left);
    }
}

impl Shelved {
    pub(crate) fn with(&self, change: &Hidden) -> Self {
        if self.id != change.segment {
            return self.clone();
        }
        Self {
            hidden: Some(Arc::new(change.rows.clone())),
            hidden_at: Some(change.at),
            sources: change.left.as_slice().into(),
            ..self.clone()
        }
    }
}

/// The chunk without the trace; nothing when no row is left.
fn chunk_without(table: Table, chunk: &Arc<Chunk>, id: TraceId) -> Option<Arc<Chunk>> {
    if chunk.trace_rows(id).next().is_none() {
        return Some(Arc::clone(chunk));
    }
    let rows = without_traces(chunk.rows.clone(), &[id]);
    (rows.num_rows() > 0).then(|| Arc::new(chunk.with_rows(table, rows)))
}

/// The rows that are of none of these traces.
pub(crate) fn without_traces(rows: RecordBatch, ids: &[TraceId]) -> RecordBatch {
    if ids.is_empty() || rows.column_by_name("trace_id").is_none() {
        return rows;
    }
    let masks: Vec<BooleanArray> = ids.iter().map(|id| trace_mask(&rows, *id)).collect();
    let keep = (0..rows.num_rows()).map(|row| Some(!masks.iter().any(|mask| mask.value(row))));
    let keep = BooleanArray::from_iter(keep);
    filter_record_batch(&rows, &keep).expect("the mask is as long as the rows")
}

fn of_trace(rows: &RecordBatch, id: TraceId) -> RecordBatch {
    filter_record_batch(rows, &trace_mask(rows, id)).expect("the mask is as long as the rows")
}

fn trace_mask(rows: &RecordBatch, id: TraceId) -> BooleanArray {
    let ids = rows.column_by_name("trace_id").and_then(|column| column.as_fixed_size_binary_opt());
    let Some(ids) = ids else { return BooleanArray::from(vec![false; rows.num_rows()]) };
    (0..ids.len()).map(|row| Some(ids.is_valid(row) && ids.value(row) == id.0)).collect()
}
