//! Makes decoded batches visible in the order of the log.
//!
//! Batches finish their fsync and their decoding in any order. A [`Lane`] holds each back until all before
//! it are done and then puts a whole run of them into the next [`crate::version::Version`] at once. Rows
//! are therefore never seen before they are durable, and a flush can say "everything up to this number".
//! There are two lanes: one for the log of an earlier process, one for what arrives now.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use daymark_model::id::Lsn;
use daymark_model::reason::{Deduplicated, Lost, Tally};
use daymark_model::signal::Table;
use daymark_model::time::Nanos;
use tokio::sync::watch;

use crate::buffer::Chunk;
use crate::ledger::{Account, Count, Entry, Unsaved};
use crate::store::Inner;
use crate::version::Shelf;

/// A decoded batch that is durable.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) account: Account,
    pub(crate) received: Nanos,
    pub(crate) chunks: Vec<(Table, Chunk)>,
    pub(crate) tally: Tally,
    /// Items of traces that were erased while they were on their way.
    pub(crate) deleted: u64,
    /// Items whose bytes in the log are damaged.
    pub(crate) lost: u64,
    /// Size of the body.
    pub(crate) bytes: u64,
}

/// Batches of one run of log numbers.
#[derive(Debug)]
pub(crate) struct Lane {
    waiting: Mutex<Waiting>,
    published: watch::Sender<Lsn>,
}

#[derive(Debug)]
struct Waiting {
    /// Where this lane begins; chunks of the other lane are not touched.
    first: Lsn,
    next: Lsn,
    /// `None` is a batch that came to nothing: its place in the log is void.
    done: BTreeMap<Lsn, Option<Box<Arrived>>>,
    /// No chunk is united across this number: a flush is taking all up to it.
    barrier: Lsn,
    /// Ledger entries of batches after the last flush.
    unsaved: Unsaved,
}

impl Lane {
    pub(crate) fn starting_at(first: Lsn) -> Self {
        let waiting = Waiting {
            first,
            next: first,
            done: BTreeMap::new(),
            barrier: Lsn(0),
            unsaved: Unsaved::default(),
        };
        Self { waiting: Mutex::new(waiting), published: watch::Sender::new(Lsn(first.0.saturating_sub(1))) }
    }

    /// Hands in a batch; it and all that waited for it become visible.
    pub(crate) fn complete(&self, lsn: Lsn, arrived: Option<Box<Arrived>>, inner: &Inner) {
        let waiting = &mut *self.waiting();
        waiting.done.insert(lsn, arrived);
        let mut run = Vec::new();
        let mut next = waiting.next;
        while let Some(arrived) = waiting.done.remove(&next) {
            run.extend(arrived);
            next = next.next();
        }
        if next == waiting.next {
            return;
        }
        waiting.next = next;
        let apart = waiting.barrier.next().max(waiting.first);
        let unsaved = &mut waiting.unsaved;
        let ledger = &inner.ledger;
        let mut fresh = Vec::new();
        inner.current.change(|version| {
            for batch in run {
                ledger.post_batch(batch.received, &batch.account, &batch.tally, batch.bytes, unsaved);
                let gone = [
                    (Entry::Deleted, Count::of(batch.deleted)),
                    (Entry::Lost(Lost::WalCorrupt), Count::of(batch.lost)),
                ];
                ledger.post(batch.received, &batch.account, &gone, unsaved);
                version.watermark = version.watermark.max(batch.received);
                let shelf = version.shelf_mut(&batch.account.tenant);
                let mut lines = Vec::new();
                for (table, chunk) in batch.chunks {
                    if table != Table::Spans {
                        let chunk = Arc::new(chunk);
                        lines.extend((table == Table::Logs).then(|| Arc::clone(&chunk)));
                        shelf.put(table, chunk, apart);
                        continue;
                    }
                    let (left, repeats) = inner.recent.without_known(chunk, shelf.chunks(table));
                    let entry = (Entry::Deduplicated(Deduplicated::Record), Count::of(repeats as u64));
                    ledger.post(batch.received, &batch.account, &[entry], unsaved);
                    left.into_iter().for_each(|chunk| shelf.put(table, Arc::new(chunk), apart));
                }
                fresh.extend(
                    lines
                        .first()
                        .map(|first| first.lsn_from)
                        .map(|lsn| (Arc::clone(&batch.account.tenant), lsn, batch.received, lines)),
                );
            }
        });
        // What an earlier process left in the log is not news.
        if waiting.first == inner.live_from {
            for (tenant, lsn, received, lines) in fresh {
                inner.feed.push(&tenant, lsn, received, lines);
            }
        }
        self.published.send_replace(Lsn(next.0 - 1));
    }

    /// Everything up to this number is visible.
    pub(crate) fn published(&self) -> Lsn {
        *self.published.borrow()
    }

    /// Waits until a batch is visible.
    pub(crate) async fn visible(&self, lsn: Lsn) {
        let mut published = self.published.subscribe();
        // The sender lives as long as the lane, so waiting can only end well.
        let _seen = published.wait_for(|published| *published >= lsn).await;
    }

    /// Draws a line after all that is visible now, and takes the ledger entries up to it.
    pub(crate) fn draw_line(&self) -> (Lsn, Unsaved) {
        let mut waiting = self.waiting();
        waiting.barrier = Lsn(waiting.next.0 - 1);
        (waiting.barrier, std::mem::take(&mut waiting.unsaved))
    }

    /// Puts back entries that could not be saved.
    pub(crate) fn put_back(&self, unsaved: Unsaved) {
        self.waiting().unsaved.merge(unsaved);
    }

    pub(crate) fn unsaved(&self) -> Unsaved {
        self.waiting().unsaved.clone()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    /// Adds a chunk, united with its small neighbours that begin at `apart` or later.
    fn put(&mut self, table: Table, mut chunk: Arc<Chunk>, apart: Lsn) {
        let chunks = self.chunks.entry(table).or_default();
        while let Some(last) = chunks.last() {
            let adjacent = last.lsn_from >= apart && last.lsn_to < chunk.lsn_from;
            if !adjacent || !last.unites_with(&chunk) {
                break;
            }
            // Rows that cannot be united stay apart; they are no less visible.
            let Ok(united) = Chunk::united(table, last, &chunk) else { break };
            chunk = Arc::new(united);
            chunks.pop();
        }
        chunks.push(chunk);
    }
}
