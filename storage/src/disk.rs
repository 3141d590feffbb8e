//! How much of the disk the store may take, and what it does when there is too little of it.
//!
//! Two limits that have nothing to do with each other. The budget is ours: when our own bytes outgrow it, the
//! oldest segments of the largest signal expire. The mark is everybody's: when less than that is free,
//! whoever took it, the intake is shed and nothing is deleted. Below the mark the flush goes on with
//! what is left, and a file that holds some space in reserve is removed to let it finish.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use daymark_model::limits::{MIB, WAL_FILE_BYTES};
use daymark_model::reason::Expired;
use daymark_model::signal::Signal;
use daymark_vfs::{Space, Vfs};

use crate::error::Error;
use crate::folder::Folder;
use crate::retain::{Goner, newest};
use crate::store::Inner;

const MIB_U64: u64 = MIB as u64;
/// The budget is this share of our own bytes and what was free at start.
const BUDGET_PERCENT: u64 = 85;
/// The mark is a tenth of the disk …
const LOW_PART: u64 = 10;
/// … and at most this.
const LOW_MAX: u64 = 2_048 * MIB_U64;
const RESERVE_MAX: u64 = 64 * MIB_U64;
/// How often free space is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// What the operator sets; nothing set means what the disk suggests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiskLimits {
    /// Bytes that the data directory may grow to.
    pub budget: Option<u64>,
    /// With less than this free the intake is shed.
    pub keep_free: Option<u64>,
}

/// A look at the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskStatus {
    pub total: u64,
    pub free: u64,
    /// Our own bytes, folders that are about to go among them.
    pub used: u64,
    pub budget: u64,
    pub keep_free: u64,
    /// The intake is shed until there is more space.
    pub is_tight: bool,
    /// Bytes that the file in reserve holds.
    pub reserve: u64,
}

/// The disk under the data directory.
#[derive(Debug)]
pub(crate) struct Disk {
    fs: Arc<dyn Vfs>,
    root: PathBuf,
    reserve: PathBuf,
    budget: u64,
    keep_free: u64,
    reserve_bytes: u64,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    space: Space,
    is_tight: bool,
    has_reserve: bool,
}

impl Disk {
    /// Looks at the disk for the first time; `segments` are our bytes besides log and catalog.
    pub(crate) fn open(
        folder: &Folder,
        fs: &Arc<dyn Vfs>,
        limits: &DiskLimits,
        segments: u64,
    ) -> Result<Self, Error> {
        let space = fs.space(folder.root());
        let space = space.map_err(|source| Error::Folder { path: folder.root().to_owned(), source })?;
        let own = segments + bytes_in(&folder.wal()) + size(&folder.catalog()) + size(&folder.reserve());
        let suggested = own.saturating_add(space.free) / 100 * BUDGET_PERCENT;
        let keep_free = limits.keep_free.unwrap_or_else(|| (space.total / LOW_PART).min(LOW_MAX));
        let reserve_bytes = RESERVE_MAX.min(keep_free / 4);
        let reserve = folder.reserve();
        let disk = Self {
            fs: Arc::clone(fs),
            root: folder.root().to_owned(),
            // What others took while we were away is no growth of ours.
            budget: limits.budget.unwrap_or(suggested.max(own)),
            keep_free,
            reserve_bytes,
            seen: Mutex::new(Seen {
                space,
                is_tight: space.free < keep_free,
                has_reserve: size(&reserve) == reserve_bytes,
            }),
            reserve,
        };
        disk.look();
        Ok(disk)
    }

    /// Log files are smaller on a small disk, because the log always has a few of them.
    pub(crate) fn wal_file_bytes(&self) -> u64 {
        (self.budget / 64).clamp(MIB_U64, WAL_FILE_BYTES)
    }

    /// Whether the intake is to be shed.
    pub(crate) fn is_tight(&self) -> bool {
        self.seen().is_tight
    }

    /// Whether this much can be written beside what has to be written anyway.
    pub(crate) fn has_room_for(&self, bytes: u64) -> bool {
        self.seen().space.free > bytes.saturating_add(self.reserve_bytes)
    }

    /// Sees how much is free. The intake resumes a little above the mark at which it was shed, so that it does
    /// not flap; then the reserve is filled again.
    pub(crate) fn look(&self) {
        let Ok(space) = self.fs.space(&self.root) else { return };
        let mut seen = self.seen();
        seen.space = space;
        let mark = if seen.is_tight { self.keep_free / 4 * 5 } else { self.keep_free };
        let is_tight = space.free < mark;
        if is_tight != seen.is_tight {
            tracing::warn!(
                is_tight,
                free = space.free,
                keep_free = self.keep_free,
                "space on the disk changed"
            );
            seen.is_tight = is_tight;
        }
        if !is_tight && !seen.has_reserve && space.free > mark + self.reserve_bytes {
            seen.has_reserve = self.fill_reserve().is_ok();
        }
    }

    fn fill_reserve(&self) -> io::Result<()> {
        // One of another size may be left from an earlier process.
        drop(self.fs.remove_file(&self.reserve));
        let file = self.fs.create(&self.reserve)?;
        file.allocate(self.reserve_bytes)
    }

    /// Gives the space in reserve to whoever needs it now.
    fn give_reserve(&self) {
        let mut seen = self.seen();
        if std::mem::take(&mut seen.has_reserve) {
            let removed = self.fs.remove_file(&self.reserve);
            tracing::warn!(bytes = self.reserve_bytes, ?removed, "the disk is full; the reserve is given up");
        }
        seen.is_tight = true;
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Looks at the disk until the store stops.
    pub(crate) async fn watch_disk(self: Arc<Self>) {
        let mut stop = self.stop.subscribe();
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => self.disk.look(),
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Makes room when something failed for want of it.
    pub(crate) fn relieve(&self, error: &Error) {
        if error.is_full() {
            self.disk.give_reserve();
        }
    }

    pub(crate) fn disk_status(&self) -> DiskStatus {
        let (fixed, segments) = self.kept_bytes();
        let used = fixed + segments + self.retired.bytes();
        let seen = self.disk.seen();
        DiskStatus {
            total: seen.space.total,
            free: seen.space.free,
            used,
            budget: self.disk.budget,
            keep_free: self.disk.keep_free,
            is_tight: seen.is_tight,
            reserve: if seen.has_reserve { self.disk.reserve_bytes } else { 0 },
        }
    }

    /// Bytes of log and catalog, and of all segments that count.
    fn kept_bytes(&self) -> (u64, u64) {
        let version = self.current.load();
        let segments = version.segments().map(|one| one.segment.meta().bytes()).sum();
        let wal = self.wal.stats();
        let spare = wal.spare_files as u64 * self.disk.wal_file_bytes();
        let fixed = wal.bytes + spare + size(&self.folder.catalog());
        (fixed, segments)
    }

    /// Drops the oldest segments of the largest signal while our own bytes are over the budget.
    pub(crate) async fn expire_excess(self: &Arc<Self>) -> Result<(), Error> {
        let (fixed, segments) = self.kept_bytes();
        // A budget that the log alone uses up is too small, but no reason to keep nothing.
        let room = self.disk.budget.saturating_sub(fixed).max(self.disk.budget / 4);
        let excess = segments.saturating_sub(room);
        if excess == 0 {
            return Ok(());
        }
        // What outlives its spans is too small to make room.
        let has_rows = |one: &Goner| one.meta().rolled_s.is_none();
        let candidates = Goner::candidates(&self.current.load()).filter(has_rows).collect();
        self.drop_segments(oldest_of_largest(candidates, excess), Expired::DiskBudget).await
    }
}

/// As many of the segments as free this much, each the oldest of the signal that is largest by then.
fn oldest_of_largest(candidates: Vec<Goner>, excess: u64) -> Vec<Goner> {
    let mut signals: BTreeMap<Signal, (u64, Vec<Goner>)> = BTreeMap::new();
    for one in candidates {
        let (bytes, segments) = signals.entry(one.table.signal()).or_default();
        *bytes += one.meta().bytes();
        segments.push(one);
    }
    for (_, segments) in signals.values_mut() {
        // The oldest is taken from the end.
        segments.sort_by_key(|one| std::cmp::Reverse(newest(one.meta())));
    }
    let (mut goners, mut freed) = (Vec::new(), 0);
    while freed < excess {
        let Some((bytes, segments)) = signals.values_mut().max_by_key(|(bytes, _)| *bytes) else { break };
        let Some(oldest) = segments.pop() else { break };
        *bytes -= oldest.meta().bytes();
        freed += oldest.meta().bytes();
        goners.push(oldest);
    }
    goners
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |found| found.len())
}

fn bytes_in(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| size(&entry.path())).sum()
}
