//! What a store tells about its own state: for readiness, the status page and the ledger.

use std::sync::{Arc, PoisonError};

use daymark_model::time::Nanos;
use daymark_wal::{State, Stats};

use crate::disk::DiskStatus;
use crate::error::Error;
use crate::ledger::{Account, Balance, Count, Entry};
use crate::pace::Debt;
use crate::retain::Keep;
use crate::store::Store;

/// A look at a running store.
#[derive(Clone, Debug)]
pub struct Status {
    pub wal: Stats,
    pub wal_state: State,
    /// Places of an old log that are visible again, and how many there are; none when all are.
    pub replay: Option<(u64, u64)>,
    pub buffered_bytes: u64,
    pub segments: u64,
    pub segment_bytes: u64,
    pub disk: DiskStatus,
    pub debt: Debt,
    pub stopping: bool,
}

impl Status {
    /// Whether the next batch would be taken.
    pub fn takes_writes(&self) -> bool {
        !self.stopping && self.wal_state == State::Writable && !self.disk.is_tight
    }
}

impl Store {
    pub fn status(&self) -> Status {
        let version = self.version();
        let replayed = *self.inner.replayed.borrow();
        Status {
            wal: self.inner.wal.stats(),
            wal_state: self.inner.wal.state(),
            replay: (!replayed).then(|| self.inner.replay_progress()),
            buffered_bytes: version.buffered_bytes() as u64,
            segments: version.segments().count() as u64,
            segment_bytes: version.segments().map(|one| one.segment.meta().bytes()).sum(),
            disk: self.inner.disk_status(),
            debt: self.inner.debt(),
            stopping: *self.inner.stop.borrow(),
        }
    }

    /// How long rows are kept.
    pub fn keep(&self) -> &Keep {
        &self.inner.options.keep
    }

    /// Changes when the counters of the ledger start anew.
    pub fn epoch(&self) -> &str {
        &self.inner.epoch
    }

    /// Every account since the epoch, held against a fresh count of the rows.
    pub fn balances(&self) -> Vec<Balance> {
        self.inner.balances()
    }

    /// The increments of a range of whole minutes, saved or not, by minute.
    pub async fn ledger_minutes(
        &self,
        from: Nanos,
        to: Nanos,
    ) -> Result<Vec<(Nanos, Account, Entry, Count)>, Error> {
        let mut minutes = self.inner.catalog.ledger(from, to).await?;
        let loose = self.inner.loose.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for unsaved in [loose, self.inner.earlier.unsaved(), self.inner.live.unsaved()] {
            let recent = unsaved.iter().filter(|(at, ..)| (from..to).contains(at));
            minutes.extend(recent.map(|(at, account, entry, count)| (at, account.clone(), entry, count)));
        }
        Ok(minutes)
    }

    /// Where queries may put what does not fit into memory.
    pub fn spill_dir(&self) -> std::path::PathBuf {
        self.inner.folder.spill()
    }

    /// The clock of this store.
    pub fn clock(&self) -> Arc<dyn daymark_model::time::Clock> {
        Arc::clone(&self.inner.clock)
    }
}
