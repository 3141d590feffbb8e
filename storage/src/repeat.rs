//! Remembers the batches of the last minutes by the hash of their body, so that a batch which a client
//! sends again, because it never saw the answer, is answered and not stored twice.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use daymark_model::id::Lsn;
use daymark_model::limits;
use daymark_model::signal::Signal;
use daymark_model::time::Nanos;
use tokio::sync::Notify;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::catalog::BatchRow;

/// A batch as the memory knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint {
    tenant: u64,
    signal: Signal,
    hash: u128,
}

impl Fingerprint {
    pub(crate) fn of(tenant: &str, signal: Signal, hash: u128) -> Self {
        Self { tenant: xxh3_64(tenant.as_bytes()), signal, hash }
    }

    pub(crate) fn of_body(tenant: &str, signal: Signal, body: &[u8]) -> Self {
        Self::of(tenant, signal, xxh3_128(body))
    }

    pub(crate) fn hash(self) -> u128 {
        self.hash
    }
}

/// What is known of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Nobody had it; now the asker has it in hand.
    New,
    /// Somebody is putting it into the log right now.
    InHand,
    /// It is in the log at this place.
    Logged(Lsn),
}

/// The memory.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    known: Mutex<Known>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Known {
    batches: HashMap<Fingerprint, Option<Lsn>>,
    oldest_first: VecDeque<(Duration, Fingerprint)>,
}

impl Repeats {
    /// Claims a batch, or says who has it.
    pub(crate) fn claim(&self, batch: Fingerprint, now: Duration) -> Seen {
        let mut known = self.known();
        known.forget_before(now.saturating_sub(limits::BATCH_MEMORY));
        match known.batches.get(&batch) {
            Some(Some(lsn)) => Seen::Logged(*lsn),
            Some(None) => Seen::InHand,
            None => {
                known.batches.insert(batch, None);
                known.oldest_first.push_back((now, batch));
                Seen::New
            }
        }
    }

    /// Waits until a batch in somebody's hand is logged or dropped.
    pub(crate) async fn settled(&self, batch: Fingerprint) {
        loop {
            let changed = self.changed.notified();
            if !matches!(self.known().batches.get(&batch), Some(None)) {
                return;
            }
            changed.await;
        }
    }

    pub(crate) fn logged(&self, batch: Fingerprint, lsn: Lsn) {
        self.known().batches.insert(batch, Some(lsn));
        self.changed.notify_waiters();
    }

    /// Remembers a batch that the catalog kept.
    pub(crate) fn recall_row(&self, row: &BatchRow, now: Nanos, elapsed: Duration) {
        let age = Duration::from_nanos(u64::try_from(now.0 - row.at.0).unwrap_or_default());
        if age < limits::BATCH_MEMORY {
            let batch = Fingerprint { tenant: row.tenant, signal: row.signal, hash: row.hash };
            self.recall(batch, row.lsn, elapsed);
        }
    }

    /// Remembers a batch found in the log at start.
    pub(crate) fn recall(&self, batch: Fingerprint, lsn: Lsn, now: Duration) {
        let mut known = self.known();
        if known.batches.insert(batch, Some(lsn)).is_none() {
            known.oldest_first.push_back((now, batch));
        }
    }

    /// The batches of a run of the log, with the wall-clock time each came at.
    pub(crate) fn between(&self, lsns: (Lsn, Lsn), now: Nanos, elapsed: Duration) -> Vec<BatchRow> {
        let known = self.known();
        let rows = known.oldest_first.iter().filter_map(|(at, batch)| {
            let lsn = (*known.batches.get(batch)?)?;
            let age = i64::try_from(elapsed.saturating_sub(*at).as_nanos()).unwrap_or(i64::MAX);
            let at = now.plus(-age);
            (lsns.0 <= lsn && lsn <= lsns.1).then_some(BatchRow {
                tenant: batch.tenant,
                signal: batch.signal,
                hash: batch.hash,
                lsn,
                at,
            })
        });
        rows.collect()
    }

    /// Forgets a batch that could not be stored, so that it may come again.
    pub(crate) fn drop_claim(&self, batch: Fingerprint) {
        self.known().batches.remove(&batch);
        self.changed.notify_waiters();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn forget_before(&mut self, time: Duration) {
        while let Some((at, batch)) = self.oldest_first.front() {
            if *at >= time && self.oldest_first.len() <= limits::BATCH_MEMORY_KEYS {
                return;
            }
            self.batches.remove(batch);
            self.oldest_first.pop_front();
        }
    }
}
