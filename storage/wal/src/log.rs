//! The log as its owner sees it: open, append, release, close.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use daymark_model::id::Lsn;
use daymark_model::limits::{WAL_FILE_BYTES, WAL_GROUP_BYTES};
use daymark_model::time::Clock;
use daymark_vfs::Vfs;

use crate::compress::Compressor;
use crate::error::Error;
use crate::files::{self, Files, Listing};
use crate::format::FILE_HEADER_BYTES;
use crate::queue::{Queue, State, Ticket};
use crate::record::NewRecord;
use crate::replay::{ReadFile, Reader, Replay, line_up};
use crate::scan::Last;
use crate::stats::{Counters, Stats};
use crate::writer::{Shared, Writer};

/// What a resolved ticket promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ack {
    /// The record is on disk.
    #[default]
    Fsync,
    /// The record is with the operating system: it survives the process, and a power cut once the next
    /// background sync is done.
    Os,
}

/// How a log is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub file_bytes: u64,
    /// What one write and sync takes at most, but for a single larger record.
    pub group_bytes: usize,
    /// The server whose log this is.
    pub node: [u8; 16],
    pub ack: Ack,
}

impl Default for Options {
    fn default() -> Self {
        Self { file_bytes: WAL_FILE_BYTES, group_bytes: WAL_GROUP_BYTES, node: [0; 16], ack: Ack::default() }
    }
}

/// The log.
pub struct Wal {
    shared: Arc<Shared>,
    compressor: Compressor,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for Wal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Wal").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

impl Wal {
    /// Opens the log in `dir`, or makes it. It takes records at once, whatever becomes of the replay, which
    /// gives the records from `low` on that were there before. Files below `low` are released, and no number
    /// below it is given. The caller keeps others out of the folder.
    pub fn open(
        dir: &Path,
        fs: Arc<dyn Vfs>,
        clock: Arc<dyn Clock>,
        options: &Options,
        low: Lsn,
    ) -> Result<(Self, Replay), Error> {
        let listing = find(dir, &*fs, options.node)?;
        let End { last, cause, has_torn_tail } =
            find_end(&fs, dir, &listing, low).map_err(Error::of_open(dir))?;
        let next = last.lsn.next();

        let files = Files::new(dir, options.node, options.file_bytes, &listing, next);
        if let Err(error) = files.release(&*fs, low) {
            tracing::warn!(cause = %error, "old files of the log could not be removed");
        }
        let oldest = files.oldest();
        let needed = listing.files.iter().position(|file| Some(&file.path) == oldest.as_ref());
        let needed = listing.files.get(needed.unwrap_or(0)..).unwrap_or_default();
        let first = needed.iter().find_map(|file| file.header).map(|header| header.first);
        let counters = Arc::new(Counters::new(last.lsn));
        let reader = Reader::new(Arc::clone(&fs), line_up(needed));
        let replay = Replay::new(reader, low, first, has_torn_tail, Arc::clone(&counters));

        let state = cause.map_or(State::Writable, |cause| State::ReadOnly { cause });
        let queue = Queue::new(next, state);
        let (group_bytes, ack) = (options.group_bytes, options.ack);
        let shared = Arc::new(Shared { fs, clock, queue, files, counters, group_bytes, ack });
        let writer = Writer::new(Arc::clone(&shared), last);
        let writer = thread::Builder::new().name("wal".into()).spawn(move || writer.run());
        let writer = Mutex::new(Some(writer.map_err(Error::of_open(dir))?));
        Ok((Self { shared, compressor: Compressor::default(), writer }, replay))
    }

    /// Queues a record. Numbers are given in the order of the queue. Compresses larger identity payloads
    /// before it takes its turn, so it can take as long as that.
    pub fn append(&self, record: NewRecord) -> Result<(Lsn, Ticket), Error> {
        self.shared.queue.push(record.prepare(&self.compressor)?)
    }

    /// Tells that no record below `low` is needed any more, which must be durable knowledge.
    pub fn release(&self, low: Lsn) -> Result<(), Error> {
        self.shared.files.release(&*self.shared.fs, low).map_err(Error::of_write)
    }

    pub fn state(&self) -> State {
        self.shared.queue.state()
    }

    pub fn stats(&self) -> Stats {
        let (files, bytes, spare_files) = self.shared.files.count();
        let (queue_records, queue_bytes) = self.shared.queue.load();
        let counters = &self.shared.counters;
        let (syncs, sync_total, sync_p50, sync_p99) = counters.syncs();
        Stats {
            bytes,
            files,
            spare_files,
            durable: Lsn(counters.durable.load(Ordering::Acquire)),
            next: self.shared.queue.next(),
            queue_records,
            queue_bytes,
            syncs,
            sync_total,
            sync_p50,
            sync_p99,
            poisoned_files: counters.poisoned_files.load(Ordering::Relaxed),
            corrupt_records: counters.corrupt_records.load(Ordering::Relaxed),
        }
    }

    /// Takes no further record, writes and syncs those that wait, and ends the writer. Again: does nothing.
    pub fn close(&self) {
        self.shared.queue.close();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if writer.is_some_and(|writer| writer.join().is_err()) {
            tracing::error!("the writer of the log ended in a panic");
        }
    }
}

impl Drop for Wal {
    fn drop(&mut self) {
        self.close();
    }
}

/// How a log begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// The lowest number that its files may hold; 0 when that cannot be told.
    pub first: Lsn,
    /// The server whose log it is, if a head tells.
    pub node: Option<[u8; 16]>,
}

/// Looks at the heads of a log; none when it has no files.
pub fn beginning(dir: &Path, fs: &dyn Vfs) -> Result<Option<Beginning>, Error> {
    if !dir.is_dir() {
        return Ok(None);
    }
    let listing = files::list(fs, dir).map_err(Error::of_open(dir))?;
    let node = listing.files.iter().find_map(|file| file.header).map(|header| header.node);
    let first = listing.files.first().map(|file| file.header.map_or(Lsn(0), |header| header.first));
    Ok(first.map(|first| Beginning { first, node }))
}

/// Makes the folder if need be and lists it.
fn find(dir: &Path, fs: &dyn Vfs, node: [u8; 16]) -> Result<Listing, Error> {
    fs.create_dir_all(dir).map_err(Error::of_open(dir))?;
    if let Some(parent) = dir.parent() {
        fs.sync_dir(parent).map_err(Error::of_open(dir))?;
    }
    let listing = files::list(fs, dir).map_err(Error::of_open(dir))?;
    if let Some((file, version)) = &listing.foreign_version {
        return Err(Error::Version { file: file.clone(), version: *version });
    }
    let is_foreign = |file: &&files::OldFile| file.header.is_some_and(|header| header.node != node);
    match listing.files.iter().find(is_foreign) {
        Some(file) => Err(Error::OtherNode { file: file.path.clone() }),
        None => Ok(listing),
    }
}

/// Where the log goes on.
struct End {
    last: Last,
    /// Why the log cannot be written, if so.
    cause: Option<String>,
    has_torn_tail: bool,
}

/// Reads the last file, and those before it as far as they are needed to know where the log ends.
fn find_end(fs: &Arc<dyn Vfs>, dir: &Path, listing: &Listing, low: Lsn) -> io::Result<End> {
    let sound = listing.files.iter().rposition(|file| file.header.is_some()).unwrap_or(0);
    let mut reader = Reader::new(Arc::clone(fs), line_up(&listing.files[sound..]));
    let mut end = None;
    while let Some(file) = reader.next(low) {
        match file.unreadable {
            // Its numbers are unknown, and none may be given twice.
            Some(error) => return Err(error),
            None => end = Some(file),
        }
    }
    let below_low = Last { lsn: low.before(), crc: 0 };
    let mut last = reader.last().unwrap_or(below_low);
    last.lsn = last.lsn.max(below_low.lsn);
    let Some(file) = end else { return Ok(End { last, cause: None, has_torn_tail: false }) };
    let cause = settle(&**fs, dir, &file).err().map(|error| error.to_string());
    Ok(End { last, cause, has_torn_tail: file.scan.is_torn })
}

/// Cuts off a torn tail and makes the last group and its file's name durable. The group is written again before it is synced, since
/// its first sync may have failed: then the kernel shows bytes that are not on the disk and holds them for
/// written.
fn settle(fs: &dyn Vfs, dir: &Path, end: &ReadFile) -> io::Result<()> {
    let file = fs.open(end.path())?;
    let scan = &end.scan;
    if scan.is_torn {
        file.set_len(scan.end as u64)?;
    }
    // The first group of a file was synced together with the head.
    let from = if scan.last_group == FILE_HEADER_BYTES { 0 } else { scan.last_group };
    if let Some(group) = end.bytes.get(from..scan.end) {
        file.write_all_at(group, from as u64)?;
    }
    file.sync()?;
    fs.sync_dir(dir)
}
