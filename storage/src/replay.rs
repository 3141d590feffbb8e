//! The log back into buffers after a restart.
//!
//! New batches are taken meanwhile, in their own lane. A place in the log that has no readable record is
//! void, and its items are counted as lost: at that place, so that a flush saves the count when it moves the
//! low end behind it, and no later start counts them again.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use daymark_model::id::Lsn;
use daymark_model::reason::Tally;
use daymark_wal::{Damage, Record, Replay};

use crate::admit::unreadable_rows;
use crate::ledger::Account;
use crate::publish::Arrived;
use crate::repeat::Fingerprint;
use crate::store::Inner;

impl Inner {
    /// Reads the whole log of earlier processes; called once, off the async threads.
    pub(crate) fn replay(self: &Arc<Self>, log: Replay, runtime: &tokio::runtime::Handle) {
        let mut next = self.replay_from;
        let mut records = 0u64;
        for item in log {
            match item {
                Ok(record) => {
                    runtime.block_on(self.room_for_replay());
                    while next < record.lsn {
                        self.publish(next, None);
                        next = next.next();
                    }
                    if record.lsn == next {
                        self.bring_back(&record);
                        next = next.next();
                        records += 1;
                    }
                }
                Err(damage) => next = self.lose(&damage, next),
            }
            if self.stop.borrow().to_owned() {
                return;
            }
        }
        while next < self.live_from {
            self.publish(next, None);
            next = next.next();
        }
        tracing::info!(records, "log replayed");
        self.replayed.send_replace(true);
    }

    fn bring_back(&self, record: &Record) {
        let body = record.body();
        let decoded = match &body {
            Ok(body) => self.decode.decode(record.signal, record.format, &record.origin, body),
            Err(error) => {
                tracing::error!(%error, lsn = record.lsn.0, "record cannot be decompressed");
                Ok(unreadable_rows(record.items))
            }
        };
        let decoded = decoded.unwrap_or_else(|_| unreadable_rows(record.items));
        self.active.recall(&record.origin.tenant, &decoded.series, self.clock.elapsed());
        let batch =
            Fingerprint::of(&record.origin.tenant, record.signal, u128::from_be_bytes(record.batch_hash));
        self.repeats.recall(batch, record.lsn, self.clock.elapsed());
        let bytes = body.map_or(0, |body| body.len());
        let arrived = self.arrived(record.lsn, &record.origin, record.signal, decoded, bytes);
        self.publish(record.lsn, Some(Box::new(arrived)));
    }

    /// Items that were accepted once and cannot be read any more. What was never synced was never
    /// acknowledged, so nobody misses it. Answers the next place.
    fn lose(&self, damage: &Damage, mut next: Lsn) -> Lsn {
        if !damage.was_synced {
            tracing::warn!(file = %damage.file.display(), offset = damage.offset, "unfinished end of the log");
            return next;
        }
        tracing::error!(?damage, "the log is damaged");
        if damage.records == 0 || damage.first < next || damage.first >= self.live_from {
            return next;
        }
        while next < damage.first {
            self.publish(next, None);
            next = next.next();
        }
        let items = damage.items.unwrap_or(damage.records);
        let lost = Arrived {
            account: Account::unknown(),
            received: self.clock.now(),
            chunks: Vec::new(),
            tally: Tally { accepted: items, ..Tally::default() },
            deleted: 0,
            lost: items,
            bytes: 0,
        };
        self.publish(next, Some(Box::new(lost)));
        next.next()
    }

    /// Replay waits for the flush when buffers are full; it is never shed. Nobody flushes in a store that stops.
    async fn room_for_replay(&self) {
        let has_room = || self.buffered.load(Ordering::Relaxed) < self.options.buffers_bytes;
        self.until(|| *self.stop.borrow() || has_room()).await;
    }

    /// How many places of the old log are visible again, and how many there are.
    pub(crate) fn replay_progress(&self) -> (u64, u64) {
        let done = self.earlier.published().next().0.saturating_sub(self.replay_from.0);
        (done, self.live_from.0.saturating_sub(self.replay_from.0))
    }
}
