//! One consistent snapshot of what can be asked: buffered chunks and live segments of every tenant.
//!
//! A [`Version`] never changes. Publishing, flushing, compaction, retention and erasing each make a new one
//! and swap it in whole, so there is no moment in which a row is in neither a buffer nor a segment, or in
//! both. Whoever holds one keeps its segments readable.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use daymark_model::signal::Table;
use daymark_model::time::Nanos;
use daymark_segment::{RowRanges, Segment};

pub use crate::buffer::Chunk;

/// A snapshot over all tenants.
#[derive(Clone, Debug, Default)]
pub struct Version {
    pub(crate) shelves: HashMap<Arc<str>, Arc<Shelf>>,
    /// Everything that was acknowledged before this instant is in here.
    pub(crate) watermark: Nanos,
}

impl Version {
    pub fn shelf(&self, tenant: &str) -> Option<&Arc<Shelf>> {
        self.shelves.get(tenant)
    }

    pub fn tenants(&self) -> impl Iterator<Item = (&str, &Arc<Shelf>)> {
        self.shelves.iter().map(|(tenant, shelf)| (tenant.as_ref(), shelf))
    }

    /// The segments of all tenants.
    pub fn segments(&self) -> impl Iterator<Item = &Shelved> {
        self.shelves.values().flat_map(|shelf| shelf.all_segments()).map(|(_, one)| one)
    }

    pub fn watermark(&self) -> Nanos {
        self.watermark
    }

    /// Bytes that all buffers hold.
    pub fn buffered_bytes(&self) -> usize {
        self.shelves.values().flat_map(|shelf| shelf.all_chunks()).map(|(_, chunk)| chunk.bytes).sum()
    }

    pub(crate) fn shelf_mut(&mut self, tenant: &str) -> &mut Shelf {
        Arc::make_mut(self.shelves.entry(tenant.into()).or_default())
    }
}

/// A segment as a snapshot sees it.
#[derive(Clone, Debug)]
pub struct Shelved {
    pub id: Arc<str>,
    pub segment: Arc<Segment>,
    /// Rows that were erased on request; they are still in the file until it is merged anew.
    pub hidden: Option<Arc<RowRanges>>,
    /// When the first of them were erased.
    pub hidden_at: Option<Nanos>,
    /// Rows a source, for the recount of the ledger.
    pub sources: Arc<[(Arc<str>, u64)]>,
}

impl Shelved {
    /// Those of some rows that were not erased.
    pub fn visible(&self, rows: RowRanges) -> RowRanges {
        match &self.hidden {
            Some(hidden) => rows.without(hidden),
            None => rows,
        }
    }
}

/// Rows that no question finds any more: a segment that is damaged or gone. They are counted as lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Of the segment.
    pub id: String,
    pub tenant: Arc<str>,
    pub table: Table,
    pub rows: u64,
    /// The first and the last instant of the rows.
    pub time: (Nanos, Nanos),
    pub reason: String,
    /// When it was found.
    pub at: Nanos,
}

/// What one tenant has.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    pub(crate) chunks: HashMap<Table, Vec<Arc<Chunk>>>,
    pub(crate) segments: HashMap<Table, Arc<[Shelved]>>,
    pub(crate) gaps: HashMap<Table, Vec<Arc<Gap>>>,
}

impl Shelf {
    /// Rows that are not in a segment yet, oldest first.
    pub fn chunks(&self, table: Table) -> &[Arc<Chunk>] {
        self.chunks.get(&table).map_or(&[], Vec::as_slice)
    }

    pub fn segments(&self, table: Table) -> &[Shelved] {
        self.segments.get(&table).map_or(&[], |segments| segments.as_ref())
    }

    /// What cannot be answered.
    pub fn gaps(&self, table: Table) -> &[Arc<Gap>] {
        self.gaps.get(&table).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn all_chunks(&self) -> impl Iterator<Item = (Table, &Arc<Chunk>)> {
        self.chunks.iter().flat_map(|(table, chunks)| chunks.iter().map(|chunk| (*table, chunk)))
    }

    pub(crate) fn all_segments(&self) -> impl Iterator<Item = (Table, &Shelved)> {
        self.segments.iter().flat_map(|(table, segments)| segments.iter().map(|shelved| (*table, shelved)))
    }
}

/// The current snapshot, and the one way to replace it.
#[derive(Debug)]
pub(crate) struct Current {
    version: ArcSwap<Version>,
    changing: Mutex<()>,
}

impl Current {
    pub(crate) fn starting_with(version: Version) -> Self {
        Self { version: ArcSwap::from_pointee(version), changing: Mutex::new(()) }
    }

    pub(crate) fn load(&self) -> Arc<Version> {
        self.version.load_full()
    }

    /// Reads something together with the snapshot it belongs to.
    pub(crate) fn while_unchanged<T>(&self, read: impl FnOnce() -> T) -> (T, Arc<Version>) {
        let _turn = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        (read(), self.load())
    }

    /// Replaces the snapshot by a changed copy of it. Changes happen one after the other.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Version) -> T) -> T {
        let turn = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = Version::clone(&self.version.load());
        let answer = change(&mut next);
        let last = self.version.swap(Arc::new(next));
        drop(turn);
        // It may be the last one to hold the rows of a whole buffer: nobody waits while they are freed.
        drop(last);
        answer
    }
}
