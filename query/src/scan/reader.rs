//! Reads the rows of one partition, unit by unit, in the order the plan gave them.
//!
//! With filters, the columns that they need are read first and the others only for rows that pass. A unit
//! that no row of can pass by its instants is not read at all; that is judged when its turn comes, because
//! a sort above may have narrowed its filter meanwhile.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::{filter_record_batch, prep_null_mask_filter};
use datafusion::common::{DataFusionError, Result};
use datafusion::physical_expr::PhysicalExpr;
use daymark_segment::RowRanges;
use daymark_view::meta::Partial;

use crate::scan::layout::Layout;
use crate::scan::part::{Part, Unit};
use crate::scan::threshold::{Instants, may_hold};

/// What all scans of a query have read.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) rows: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) segments: AtomicU64,
    /// Units that were left out because of their instants.
    pub(crate) skipped: AtomicU64,
    pub(crate) of_rows: AtomicU64,
    pub(crate) of_segments: AtomicU64,
    pub(crate) of_bytes: AtomicU64,
    /// Bytes of the rows that were read, and how many these may become.
    read: AtomicU64,
    read_max: Option<u64>,
    damage: Mutex<Vec<Partial>>,
}

impl Tally {
    /// A tally that stops its query once rows of more than this many bytes were read.
    pub(crate) fn limited(read_max: u64) -> Self {
        Self { read_max: Some(read_max), ..Self::default() }
    }

    /// Counts a part that lies in the range of a question.
    pub(crate) fn count_part(&self, part: &Part) {
        self.of_segments.fetch_add(u64::from(part.is_segment()), Ordering::Relaxed);
        self.of_bytes.fetch_add(part.bytes(), Ordering::Relaxed);
        if let Some(reason) = part.lacks() {
            self.damaged("segment", reason);
        }
    }

    /// Counts a part of which rows are read.
    pub(crate) fn count_read(&self, part: &Part, rows: usize) {
        self.segments.fetch_add(u64::from(part.is_segment()), Ordering::Relaxed);
        self.bytes.fetch_add(part.bytes(), Ordering::Relaxed);
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
    }

    /// Counts rows that are about to be read.
    fn read(&self, part: &Part, rows: usize) -> Result<()> {
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
        let bytes = part.bytes_of(rows);
        let read = self.read.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        match self.read_max.filter(|max| read > *max) {
            Some(max) => Err(DataFusionError::ResourcesExhausted(format!(
                "the query read more than {max} bytes; narrow the range of time"
            ))),
            None => Ok(()),
        }
    }

    /// What could not be read.
    pub(crate) fn partial(&self) -> Vec<Partial> {
        self.damage.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn damaged(&self, what: &str, reason: String) {
        let mut damage = self.damage.lock().unwrap_or_else(PoisonError::into_inner);
        let partial = Partial { what: what.into(), reason };
        if !damage.contains(&partial) {
            damage.push(partial);
        }
    }
}

/// Conditions over a scan's columns, and what has to be read to judge them.
#[derive(Clone, Debug)]
pub(crate) struct Filters {
    /// Over the columns of `layout`.
    pub(crate) conditions: Vec<Arc<dyn PhysicalExpr>>,
    pub(crate) layout: Layout,
    /// Where the scan's columns stand among those of `layout`, when all do: nothing else has to be read.
    pub(crate) covers: Option<Vec<usize>>,
}

/// What the partitions of a scan share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) parts: Arc<[Part]>,
    pub(crate) layout: Layout,
    pub(crate) filters: Option<Filters>,
    pub(crate) time: &'static str,
    pub(crate) tally: Arc<Tally>,
}

#[derive(Debug)]
pub(crate) struct Reader {
    shared: Arc<Shared>,
    units: VecDeque<Unit>,
    ready: VecDeque<RecordBatch>,
    /// Rows that may still be given.
    left: usize,
}

impl Reader {
    pub(crate) fn new(shared: Arc<Shared>, units: Vec<Unit>, limit: Option<usize>) -> Self {
        Self { shared, units: units.into(), ready: VecDeque::new(), left: limit.unwrap_or(usize::MAX) }
    }

    fn read(&mut self, unit: &Unit) -> Result<()> {
        let shared = Arc::clone(&self.shared);
        let Some(part) = shared.parts.get(unit.part) else { return Ok(()) };
        let block = Instants { min: unit.time_min, max: unit.time_max };
        let conditions = shared.filters.as_ref().map_or(&[][..], |filters| &filters.conditions);
        if !conditions.iter().all(|condition| may_hold(condition, shared.time, block)) {
            shared.tally.skipped.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        shared.tally.read(part, unit.rows.count())?;
        match &shared.filters {
            None => self.take(part, &unit.rows),
            Some(filters) => self.filter(part, filters, &unit.rows),
        }
    }

    fn filter(&mut self, part: &Part, filters: &Filters, rows: &RowRanges) -> Result<()> {
        let mut numbers = rows.rows();
        let mut passed = Vec::new();
        for stored in part.read(filters.layout.projection(), rows)? {
            let mut batch = filters.layout.assemble(&stored?, part)?;
            let mut left: Vec<u32> = numbers.by_ref().take(batch.num_rows()).collect();
            for condition in &filters.conditions {
                let mask = condition.evaluate(&batch)?.into_array(batch.num_rows())?;
                let mask = mask.as_boolean();
                let mask = if mask.null_count() > 0 { prep_null_mask_filter(mask) } else { mask.clone() };
                if mask.true_count() < left.len() {
                    batch = filter_record_batch(&batch, &mask)?;
                    left = kept(&left, &mask);
                }
            }
            match &filters.covers {
                Some(columns) => self.push(&batch.project(columns)?),
                None => passed.extend(left),
            }
        }
        self.take(part, &passed.into_iter().collect())
    }

    /// Gives a batch, or as much of it as may still be given.
    fn push(&mut self, batch: &RecordBatch) {
        let rows = batch.num_rows().min(self.left);
        self.left -= rows;
        if rows > 0 {
            self.ready.push_back(batch.slice(0, rows));
        }
    }

    /// Reads the visible columns of rows that passed.
    fn take(&mut self, part: &Part, rows: &RowRanges) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        for stored in part.read(self.shared.layout.projection(), rows)? {
            let batch = self.shared.layout.assemble(&stored?, part)?;
            self.push(&batch);
            if self.left == 0 {
                break;
            }
        }
        Ok(())
    }
}

impl Iterator for Reader {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Some(Ok(batch));
            }
            if self.left == 0 {
                return None;
            }
            let unit = self.units.pop_front()?;
            match self.read(&unit) {
                Ok(()) => {}
                Err(error) if is_damage(&error) => {
                    self.shared.tally.damaged("segment", error.strip_backtrace());
                }
                Err(error) => {
                    self.units.clear();
                    return Some(Err(error));
                }
            }
        }
    }
}

/// Bytes on disk that fail their checksum: the rest is answered, and told to be partial.
pub(crate) fn is_damage(error: &DataFusionError) -> bool {
    match error {
        DataFusionError::External(inner) => {
            inner.downcast_ref::<daymark_segment::Error>().is_some_and(daymark_segment::Error::is_corrupt)
        }
        _ => false,
    }
}

fn kept(rows: &[u32], mask: &BooleanArray) -> Vec<u32> {
    mask.values().set_indices().filter_map(|at| rows.get(at).copied()).collect()
}
