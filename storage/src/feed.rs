//! Log lines as they become visible, for those who follow them: a short memory of the newest batches.
//!
//! Followers come and take at their own pace, and nobody waits for them. Whoever falls behind this memory is
//! told how many lines passed by. Batches are known by their place in the log, so one who comes back can go
//! on where it was.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use daymark_model::id::{LineAt, Lsn};
use daymark_model::time::Nanos;
use tokio::sync::watch;

use crate::buffer::Chunk;
use crate::store::Store;

/// What the lines of remembered batches may take. The newest batch stays whatever it takes.
const KEPT_BYTES: usize = 16 << 20;

/// The lines of one batch.
#[derive(Debug)]
pub struct Fresh {
    pub lsn: Lsn,
    pub received: Nanos,
    pub chunks: Vec<Arc<Chunk>>,
    tenant: Arc<str>,
    /// Lines of the tenant that came before.
    before: u64,
}

impl Fresh {
    pub fn lines(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.rows.num_rows() as u64).sum()
    }

    fn bytes(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.bytes).sum()
    }
}

/// The newest batches.
#[derive(Debug)]
pub(crate) struct Feed {
    memory: Mutex<Memory>,
    told: watch::Sender<Lsn>,
}

#[derive(Debug)]
struct Memory {
    /// By ascending place in the log.
    batches: VecDeque<Arc<Fresh>>,
    bytes: usize,
    /// All later lines are in `batches`.
    from: Lsn,
    /// The newest batch that had lines.
    last: Lsn,
    /// Lines of each tenant so far.
    lines: HashMap<Arc<str>, u64>,
}

impl Feed {
    /// Remembers batches from this place in the log on.
    pub(crate) fn starting_at(first: Lsn) -> Self {
        let from = Lsn(first.0.saturating_sub(1));
        let (batches, lines) = (VecDeque::new(), HashMap::new());
        let memory = Mutex::new(Memory { batches, bytes: 0, from, last: from, lines });
        Self { memory, told: watch::Sender::new(from) }
    }

    /// Takes the lines of a batch that has just become visible.
    pub(crate) fn push(&self, tenant: &Arc<str>, lsn: Lsn, received: Nanos, chunks: Vec<Arc<Chunk>>) {
        let mut memory = self.memory();
        let lines = memory.lines.entry(Arc::clone(tenant)).or_default();
        let before = *lines;
        let fresh = Fresh { lsn, received, chunks, tenant: Arc::clone(tenant), before };
        *lines += fresh.lines();
        memory.last = lsn;
        memory.bytes += fresh.bytes();
        memory.batches.push_back(Arc::new(fresh));
        while memory.bytes > KEPT_BYTES && memory.batches.len() > 1 {
            memory.forget_oldest();
        }
        drop(memory);
        self.told.send_replace(lsn);
    }

    /// Forgets all lines: some of them are to be seen by nobody any more.
    pub(crate) fn forget(&self) {
        let mut memory = self.memory();
        while !memory.batches.is_empty() {
            memory.forget_oldest();
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.batches.pop_front() {
            self.bytes -= oldest.bytes();
            self.from = oldest.lsn;
        }
    }
}

/// Lines that were not seen yet.
#[derive(Debug)]
pub struct Unseen {
    pub batch: Arc<Fresh>,
    /// So many of its lines were seen.
    pub seen: u64,
    /// Lines of earlier batches that were forgotten before they were asked for.
    pub missed: u64,
}

/// Follows the lines of one tenant.
#[derive(Debug)]
pub struct Follower {
    store: Store,
    tenant: Arc<str>,
    told: watch::Receiver<Lsn>,
    /// The last batch that was seen.
    at: Lsn,
    /// Lines of it that were seen, where it may not have been all.
    within: Option<u64>,
    /// Lines so far, seen or missed.
    lines: u64,
    /// Lines may have passed that nobody counted.
    pub has_gap: bool,
}

impl Store {
    /// Follows the lines of a tenant: those after `last`, or those that come from now on.
    pub fn follow(&self, tenant: &str, last: Option<LineAt>) -> Follower {
        let memory = self.inner.feed.memory();
        let mut follower = Follower {
            store: self.clone(),
            tenant: tenant.into(),
            told: self.inner.feed.told.subscribe(),
            at: memory.last,
            within: None,
            lines: memory.lines.get(tenant).copied().unwrap_or_default(),
            has_gap: false,
        };
        if let Some(last) = last {
            // A place that this log has not reached is of another one.
            let is_forgotten = last.lsn < memory.from || last.lsn == memory.from && last.line.is_some();
            if is_forgotten || last.lsn > memory.last {
                follower.has_gap = true;
            } else {
                (follower.at, follower.within) = (last.lsn, last.line.map(|line| line + 1));
                let mut later = memory.batches.iter().filter(|batch| batch.lsn >= last.lsn);
                let first = later.find(|batch| *batch.tenant == *tenant);
                follower.lines = first.map_or(follower.lines, |first| first.before);
            }
        }
        drop(memory);
        follower
    }
}

impl Follower {
    /// The next lines; waits until there are some.
    pub async fn next(&mut self) -> Unseen {
        loop {
            self.told.mark_unchanged();
            if let Some(unseen) = self.take() {
                return unseen;
            }
            // The sender lives as long as the store, so waiting can only end well.
            let _told = self.told.changed().await;
        }
    }

    /// The last batch that was looked at.
    pub fn at(&self) -> Lsn {
        self.at
    }

    fn take(&mut self) -> Option<Unseen> {
        let memory = self.store.inner.feed.memory();
        let within = self.within.take();
        let begins = Lsn(self.at.0 + u64::from(within.is_none()));
        let first = memory.batches.partition_point(|batch| batch.lsn < begins);
        let batch = memory.batches.range(first..).find(|batch| batch.tenant == self.tenant).cloned();
        let Some(batch) = batch else {
            self.at = self.at.max(memory.last);
            return None;
        };
        drop(memory);
        let seen = if batch.lsn == self.at { within.unwrap_or_default().min(batch.lines()) } else { 0 };
        let missed = batch.before.saturating_sub(self.lines);
        (self.at, self.lines) = (batch.lsn, batch.before + batch.lines());
        Some(Unseen { batch, seen, missed })
    }
}
