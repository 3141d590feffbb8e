//! A disk that is full: what cannot be kept is refused, what was acknowledged stays, and when there is space
//! again all goes on without a restart.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use daymark_model::intake::Refused;
use daymark_model::origin::DEFAULT_TENANT;
use daymark_model::reason::{Expired, Rejected};
use daymark_model::signal::{Signal, Table};
use daymark_model::time::{Clock, ManualClock, SystemClock};
use daymark_storage::disk::DiskLimits;
use daymark_storage::{Error, Options};
use daymark_vfs::{RealFs, Space, Vfs, VfsFile};

use crate::estate::{Estate, World, minute};
use crate::retain::expired;

const MIB: u64 = 1 << 20;

/// The real file system, whose free space a test sets and whose n-th change finds no space.
#[derive(Clone, Debug)]
struct TightFs(Arc<Tight>);

#[derive(Debug)]
struct Tight {
    free: AtomicU64,
    /// Changes that still succeed.
    left: AtomicUsize,
    /// When a segment is moved into its place, this file takes all space that is left.
    filler: Mutex<Option<PathBuf>>,
}

impl Default for TightFs {
    fn default() -> Self {
        Self(Arc::new(Tight {
            free: (1_000 * MIB).into(),
            left: usize::MAX.into(),
            filler: Mutex::default(),
        }))
    }
}

impl TightFs {
    fn set_free(&self, bytes: u64) {
        self.0.free.store(bytes, Ordering::SeqCst);
    }

    fn set_left(&self, changes: usize) {
        self.0.left.store(changes, Ordering::SeqCst);
    }

    fn change(&self) -> io::Result<()> {
        let take = |left: usize| if left == usize::MAX { Some(left) } else { left.checked_sub(1) };
        let taken = self.0.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take);
        taken.map(drop).map_err(|_| io::ErrorKind::StorageFull.into())
    }
}

impl Vfs for TightFs {
    fn create(&self, path: &Path) -> io::Result<Box<dyn VfsFile>> {
        self.change()?;
        Ok(Box::new(TightFile(RealFs.create(path)?, self.clone())))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn VfsFile>> {
        Ok(Box::new(TightFile(RealFs.open(path)?, self.clone())))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        RealFs.read(path)
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.change()?;
        RealFs.create_dir_all(path)
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        RealFs.read_dir(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change()?;
        RealFs.rename(from, to)?;
        if let Some(filler) = self.0.filler.lock().unwrap().take() {
            fill(&filler);
        }
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        RealFs.remove_file(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        RealFs.remove_dir_all(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        RealFs.sync_dir(path)
    }

    fn space(&self, _path: &Path) -> io::Result<Space> {
        Ok(Space { total: 10_000 * MIB, free: self.0.free.load(Ordering::SeqCst) })
    }
}

#[derive(Debug)]
struct TightFile(Box<dyn VfsFile>, TightFs);

impl VfsFile for TightFile {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.1.change()?;
        self.0.write_all_at(bytes, offset)
    }

    fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_exact_at(bytes, offset)
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        self.1.change()?;
        self.0.allocate(len)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync()
    }
}

fn options(disk: DiskLimits) -> Options {
    Options { disk, ..World::default().options }
}

fn is_refused_for_the_disk(estate: &Estate, seed: u64) -> bool {
    let refused = estate.send(&minute(seed).0[0]);
    matches!(refused, Err(Refused::Busy { reason: Rejected::Disk, .. }))
}

fn expire(estate: &Estate) {
    estate.wait(estate.store().expire()).unwrap();
}

#[test]
fn a_disk_filled_by_others_sheds_and_deletes_nothing() {
    let (fs, clock) = (TightFs::default(), Arc::new(ManualClock::at(SystemClock::new().now())));
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    let limits = DiskLimits { budget: None, keep_free: Some(100 * MIB) };
    let estate = Estate::within(World { options: options(limits), fs: Arc::new(fs.clone()), clock: shared });
    estate.send_all(&minute(50).0);
    estate.flush();
    let before = estate.rows();
    assert!(estate.store().status().disk.reserve > 0);
    fs.set_free(99 * MIB);
    expire(&estate);
    assert!(is_refused_for_the_disk(&estate, 51));
    assert!(!estate.store().status().takes_writes());
    assert_eq!(estate.rows(), before, "questions are answered, and nothing went");
    fs.set_free(101 * MIB);
    expire(&estate);
    assert!(is_refused_for_the_disk(&estate, 51), "it does not flap");
    clock.advance(Duration::from_secs(15 * 86_400));
    expire(&estate);
    let spans = before[&Table::Spans] as u64;
    assert_eq!(expired(&estate, Signal::Spans, Expired::Age), spans, "retention goes on");
    fs.set_free(200 * MIB);
    expire(&estate);
    assert!(!is_refused_for_the_disk(&estate, 51));
    assert_eq!(expired(&estate, Signal::Spans, Expired::DiskBudget), 0);
    estate.assert_balanced();
}

#[test]
fn our_own_growth_expires_the_oldest_of_the_largest_signal() {
    let limits = DiskLimits { budget: Some(2 * MIB), keep_free: Some(0) };
    let estate = Estate::within(World { options: options(limits), ..World::default() });
    let segments = || {
        let version = estate.store().version();
        let shelf = version.shelf(DEFAULT_TENANT).unwrap();
        let of = |table: Table| {
            let metas = shelf.segments(table).iter().map(|one| one.segment.meta());
            // Sums of spans that went stay.
            let with_rows = metas.filter(|meta| meta.rolled_s.is_none());
            with_rows.map(|meta| (table.signal(), meta.lsns[0].from)).collect::<Vec<_>>()
        };
        Table::ALL.into_iter().flat_map(of).collect::<BTreeSet<_>>()
    };
    // By the number of the flush that made them.
    let mut all = BTreeMap::new();
    for seed in 60..64 {
        estate.send_all(&minute(seed).0);
        estate.flush();
        for one in segments() {
            all.entry(one).or_insert(seed);
        }
        expire(&estate);
        estate.assert_balanced();
        // The log takes half the budget or more.
        assert!(estate.store().status().segment_bytes <= MIB);
    }
    let kept = segments();
    assert!(kept.len() < all.len());
    for (gone, flush) in all.iter().filter(|(one, _)| !kept.contains(one)) {
        assert!(expired(&estate, gone.0, Expired::DiskBudget) > 0);
        assert!(kept.iter().filter(|one| one.0 == gone.0).all(|one| all[one] >= *flush), "the oldest go");
    }
    let before = estate.column(Table::Spans, "span_id");
    estate.wait(estate.store().settle()).unwrap();
    assert_eq!(estate.column(Table::Spans, "span_id"), before, "a merge brings nothing back");
    estate.assert_balanced();
}

/// Each change of a flush and of a merge in turn is the first that finds no space.
#[test]
fn no_space_at_any_step_loses_nothing() {
    let fs = TightFs::default();
    let mut estate = Estate::within(World { fs: Arc::new(fs.clone()), ..World::default() });
    let (requests, _) = minute(70);
    let spans = requests.iter().filter(|request| request.signal == daymark_workload::Signal::Spans);
    let few: Vec<_> = spans.take(3).cloned().collect();
    let mut steps = 0;
    for request in &few {
        estate.send(request).unwrap();
        let before = estate.column(Table::Spans, "span_id");
        let mut is_done = false;
        for left in 0.. {
            fs.set_left(left);
            is_done = estate.wait(estate.store().flush()).is_ok();
            fs.set_left(usize::MAX);
            assert_eq!(estate.column(Table::Spans, "span_id"), before);
            steps += 1;
            if is_done {
                break;
            }
        }
        assert!(is_done);
        estate.assert_balanced();
    }
    assert!(steps > 30, "only {steps} steps");
    let before = estate.column(Table::Spans, "span_id");
    for left in 0.. {
        fs.set_left(left);
        let merged = estate.wait(estate.store().settle());
        fs.set_left(usize::MAX);
        assert_eq!(estate.column(Table::Spans, "span_id"), before);
        if merged.is_ok() {
            break;
        }
        assert!(merged.unwrap_err().is_full());
    }
    for _ in 0..2 {
        assert_eq!(estate.column(Table::Spans, "span_id"), before);
        estate.assert_balanced();
        estate.crash();
        estate.open();
    }
}

/// The log finds no space for its next file: those batches are refused, the others are kept.
#[test]
fn a_log_without_space_refuses_and_recovers() {
    let fs = TightFs::default();
    let limits = DiskLimits { budget: Some(64 * MIB), keep_free: Some(0) };
    let world = World { options: options(limits), fs: Arc::new(fs.clone()), ..World::default() };
    let mut estate = Estate::within(world);
    let (requests, truth) = minute(71);
    for (number, request) in requests.iter().enumerate() {
        if number % 3 == 1 {
            fs.set_left(0);
            let refused = estate.send(request);
            assert!(matches!(refused, Err(Refused::Busy { reason: Rejected::Disk, .. })), "{refused:?}");
            fs.set_left(usize::MAX);
        }
        assert!(!estate.send(request).unwrap().repeated);
    }
    for _ in 0..2 {
        assert_eq!(estate.rows()[&Table::Spans] as u64, truth.spans);
        estate.assert_balanced();
        estate.crash();
        estate.open();
    }
}

/// A small file system of its own, which is gone with the test.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(mib: u64) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let size = format!("size={mib}m");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(dir.path()).output();
        mounted.is_ok_and(|done| done.status.success()).then(|| Self(dir))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(self.0.path()).status());
    }
}

/// Writes until there is no space left.
fn fill(file: &Path) {
    assert_eq!(std::fs::write(file, vec![1; 32 << 20]).unwrap_err().kind(), io::ErrorKind::StorageFull);
}

/// The segment fits and its transaction does not: it must not count twice once another flush has come through.
#[test]
fn a_catalog_without_space_changes_nothing() {
    let Some(small) = SmallDisk::mount(16) else {
        println!("skipped: a small file system can only be mounted by root");
        return;
    };
    let (fs, foreign) = (TightFs::default(), small.0.path().join("foreign"));
    let limits = DiskLimits { budget: Some(64 * MIB), keep_free: Some(0) };
    let world = World { options: options(limits), fs: Arc::new(fs.clone()), ..World::default() };
    let mut estate = Estate::at(tempfile::tempdir_in(small.0.path()).unwrap(), world);
    let requests = minute(72).0;
    let mut spans = requests.iter().filter(|request| request.signal == daymark_workload::Signal::Spans);
    let mut sent = 0;
    for merged in [false, false, true] {
        let request = spans.next().unwrap();
        sent += request.items;
        estate.send(request).unwrap();
        if merged {
            estate.flush();
        }
        *fs.0.filler.lock().unwrap() = Some(foreign.clone());
        let store = estate.store();
        let failed = if merged { estate.wait(store.settle()) } else { estate.wait(store.flush()) };
        assert!(matches!(failed, Err(Error::Catalog(_))), "{failed:?}");
        assert!(failed.unwrap_err().is_full());
        assert_eq!(estate.rows()[&Table::Spans], sent);
        estate.assert_balanced();
        std::fs::remove_file(&foreign).unwrap();
        estate.flush();
    }
    for _ in 0..2 {
        assert_eq!(estate.rows()[&Table::Spans], sent);
        estate.assert_balanced();
        estate.crash();
        estate.open();
    }
}

/// Fills a real disk to the last byte, with our own data and with that of others.
#[test]
fn a_real_disk_runs_full_and_recovers() {
    let Some(small) = SmallDisk::mount(24) else {
        println!("skipped: a small file system can only be mounted by root");
        return;
    };
    let foreign = small.0.path().join("foreign");
    let options = Options {
        flush_bytes: 2 << 20,
        buffers_bytes: 4 << 20,
        disk: DiskLimits { budget: Some(64 * MIB), keep_free: Some(8 * MIB) },
        ..World::default().options
    };
    let mut estate =
        Estate::at(tempfile::tempdir_in(small.0.path()).unwrap(), World { options, ..World::default() });
    let (mut acked, mut shed) = (0, false);
    for seed in 80..120 {
        for request in minute(seed).0 {
            match estate.send(&request) {
                Ok(_) if request.signal == daymark_workload::Signal::Spans => acked += request.items,
                Ok(_) => {}
                Err(Refused::Busy { reason: Rejected::Disk, .. }) => shed = true,
                // The buffers are full while a flush is slow, or fails for want of space.
                Err(Refused::Busy { reason: Rejected::Memory, .. }) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        if shed {
            break;
        }
    }
    assert!(shed && acked > 0);
    // Nothing at all is left, not even for the catalog.
    fill(&foreign);
    let flushed = estate.wait(estate.store().flush());
    assert_eq!(estate.rows()[&Table::Spans], acked, "after {flushed:?}");
    estate.assert_balanced();
    std::fs::remove_file(&foreign).unwrap();
    estate.crash();
    estate.open();
    assert_eq!(estate.rows()[&Table::Spans], acked);
    estate.assert_balanced();
    fill(&foreign);
    drop(estate.wait(estate.store().flush()));
    std::fs::remove_file(&foreign).unwrap();
    estate.wait(estate.store().flush()).unwrap();
    for _ in 0..2 {
        assert_eq!(estate.rows()[&Table::Spans], acked);
        estate.assert_balanced();
        estate.crash();
        estate.open();
    }
}
