//! The store: opening, taking batches, answering for what it has, stopping.
//!
//! A batch is logged and decoded at the same time; the answer waits for both and for its place in the
//! [`crate::version::Version`]. The work of a batch runs to its end even when the client goes away,
//! because a place in the log that nobody fills would hold back all after it.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use daymark_model::id::{Lsn, TraceId};
use daymark_model::intake::{Admitted, Attempt, Decode, Intake, Receipt, Refused};
use daymark_model::limits;
use daymark_model::reason::Rejected;
use daymark_model::time::Clock;
use daymark_vfs::Vfs;
use daymark_wal::{Ack, Wal};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::active::ActiveSeries;
use crate::admit::Batch;
use crate::catalog::Catalog;
use crate::disk::{Disk, DiskLimits};
use crate::error::Error;
use crate::feed::Feed;
use crate::folder::Folder;
use crate::ledger::{Account, Count, Entry, Ledger, Unsaved};
use crate::pace::Pace;
use crate::publish::Lane;
use crate::recent::Recent;
use crate::repeat::Repeats;
use crate::retain::Keep;
use crate::samples::Samples;
use crate::steady::Steady;
use crate::sweep::Retired;
use crate::version::{Current, Version};

/// How a store behaves.
#[derive(Clone, Debug)]
pub struct Options {
    pub dir: PathBuf,
    pub ack: Ack,
    /// Buffers of this size are flushed …
    pub flush_bytes: usize,
    /// … and at the latest after this time.
    pub flush_after: Duration,
    /// With this much in buffers the intake waits.
    pub buffers_bytes: usize,
    /// How long it waits before it sheds.
    pub wait: Duration,
    /// With this many unmerged segments of a kind the intake is slowed, with twice as many it is shed.
    pub debt_segments: usize,
    /// Rows of a merged segment.
    pub segment_rows: usize,
    /// Metric series that a tenant may have at a time.
    pub series: usize,
    pub keep: Keep,
    pub disk: DiskLimits,
}

impl Options {
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            ack: Ack::Fsync,
            flush_bytes: limits::FLUSH_BYTES,
            flush_after: limits::FLUSH_AFTER,
            buffers_bytes: limits::BUFFERS_BYTES,
            wait: Duration::from_secs(2),
            debt_segments: limits::L0_SEGMENTS,
            segment_rows: limits::SEGMENT_ROWS,
            series: limits::ACTIVE_SERIES,
            keep: Keep::default(),
            disk: DiskLimits::default(),
        }
    }
}

/// A handle on an open store.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) options: Options,
    pub(crate) folder: Folder,
    pub(crate) fs: Arc<dyn Vfs>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) decode: Arc<dyn Decode>,
    pub(crate) wal: Wal,
    pub(crate) catalog: Catalog,
    pub(crate) epoch: String,
    pub(crate) current: Current,
    pub(crate) ledger: Ledger,
    /// What arrived lately, for those who follow.
    pub(crate) feed: Feed,
    /// Ledger entries that belong to no place in the log.
    pub(crate) loose: Mutex<Unsaved>,
    pub(crate) repeats: Repeats,
    pub(crate) recent: Recent,
    pub(crate) active: ActiveSeries,
    pub(crate) samples: Samples,
    /// What an earlier process left in the log.
    pub(crate) earlier: Lane,
    /// What arrives now; it begins at `live_from`.
    pub(crate) live: Lane,
    pub(crate) replay_from: Lsn,
    pub(crate) live_from: Lsn,
    /// Places in the log below this one are in segments.
    pub(crate) low: AtomicU64,
    pub(crate) replayed: watch::Sender<bool>,
    /// Bytes in buffers, roughly between flushes.
    pub(crate) buffered: AtomicUsize,
    /// Told when buffers have become smaller.
    pub(crate) room: Notify,
    /// Told when a flush may be due.
    pub(crate) filled: Notify,
    /// Held by whoever replaces segments: flush, compaction, erasing.
    pub(crate) replacing: tokio::sync::Mutex<()>,
    /// Held by whoever rewrites segments: merges and erasing. Taken before `replacing`.
    pub(crate) merging: tokio::sync::Mutex<()>,
    /// Segments that no longer count and whose folders still lie there.
    pub(crate) retired: Retired,
    pub(crate) disk: Disk,
    pub(crate) pace: Pace,
    /// Whether the wall clock may decide what is old.
    pub(crate) steady: Mutex<Steady>,
    /// Ids of segments that cannot be read whole.
    pub(crate) spoiled: Mutex<HashSet<String>>,
    pub(crate) erased: Mutex<HashMap<(Arc<str>, TraceId), Lsn>>,
    pub(crate) stop: watch::Sender<bool>,
    /// What goes on until the store stops.
    pub(crate) background: Mutex<JoinSet<()>>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Store").field("dir", &self.folder.root()).finish_non_exhaustive()
    }
}

impl Store {
    /// Everything that can be asked, as of now.
    pub fn version(&self) -> Arc<Version> {
        self.inner.current.load()
    }

    /// Waits until the log of an earlier process is back in the buffers.
    pub async fn replayed(&self) {
        let mut replayed = self.inner.replayed.subscribe();
        // The sender lives as long as the store, so waiting can only end well.
        let _seen = replayed.wait_for(|replayed| *replayed).await;
    }

    /// Moves everything that is visible now into segments.
    pub async fn flush(&self) -> Result<(), Error> {
        let inner = Arc::clone(&self.inner);
        tokio::spawn(async move { inner.flush().await }).await.map_err(|_| Error::Died)?
    }

    /// Takes no more, makes what was taken durable, and ends the background work, so that nobody holds
    /// the folder but the handles. Buffered rows are in the log; the next process brings them back.
    pub async fn close(&self) -> Result<(), Error> {
        self.inner.stop.send_replace(true);
        self.inner.room.notify_waiters();
        let mut background = std::mem::take(&mut *self.inner.background());
        while background.join_next().await.is_some() {}
        let _nobody_merges = self.inner.merging.lock().await;
        let _nobody_replaces = self.inner.replacing.lock().await;
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || inner.wal.close()).await.map_err(|_| Error::Died)?;
        self.inner.save_loose().await?;
        self.inner.catalog.close().await
    }
}

impl Intake for Store {
    fn submit(&self, batch: Admitted) -> Pin<Box<dyn Future<Output = Result<Receipt, Refused>> + Send + '_>> {
        Box::pin(async move {
            let work = tokio::spawn(Batch::new(Arc::clone(&self.inner), batch).take());
            work.await.unwrap_or_else(|_| Err(busy(Rejected::Shutdown, Duration::from_secs(1))))
        })
    }

    fn refused(&self, attempt: Attempt) {
        self.inner.samples.add_attempt(&attempt);
        let count = Count { items: attempt.items, bytes: attempt.bytes };
        let entries = [(Entry::Received, count), (Entry::Rejected(attempt.reason), Count::of(attempt.items))];
        self.inner.post_loose(&Account::of(&attempt.origin, attempt.signal), &entries);
    }
}

pub(crate) fn busy(reason: Rejected, retry_after: Duration) -> Refused {
    Refused::Busy { reason, retry_after }
}

impl Inner {
    pub(crate) fn background(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.background.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts what has no place in the log.
    pub(crate) fn post_loose(&self, account: &Account, entries: &[(Entry, Count)]) {
        let mut loose = self.loose.lock().unwrap_or_else(PoisonError::into_inner);
        self.ledger.post(self.clock.now(), account, entries, &mut loose);
    }

    pub(crate) fn take_loose(&self) -> Unsaved {
        std::mem::take(&mut *self.loose.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn put_back_loose(&self, unsaved: Unsaved) {
        self.loose.lock().unwrap_or_else(PoisonError::into_inner).merge(unsaved);
    }

    /// The lane a place in the log belongs to.
    pub(crate) fn lane(&self, lsn: Lsn) -> &Lane {
        if lsn < self.live_from { &self.earlier } else { &self.live }
    }

    /// The trace was erased after this place in the log was given away.
    pub(crate) fn erased_at(&self, tenant: &str, lsn: Lsn) -> Vec<TraceId> {
        let erased = self.erased.lock().unwrap_or_else(PoisonError::into_inner);
        let of_tenant = erased.iter().filter(|((name, _), below)| name.as_ref() == tenant && lsn <= **below);
        of_tenant.map(|((_, id), _)| *id).collect()
    }
}
