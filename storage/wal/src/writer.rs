//! The one thread that writes and syncs.
//!
//! Groups form without a timer: while one is synced, the next gathers in the queue. A file whose write or
//! sync failed is never touched again: its group is written once more to a new file, and if that fails too
//! the log turns read-only. A full disk is no such failure: the group is refused and the next tries anew.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use daymark_model::limits::WAL_SYNC_BEHIND;
use daymark_model::time::Clock;
use daymark_vfs::{Vfs, VfsFile};

use crate::error::Error;
use crate::files::Files;
use crate::format::{END_BYTES, FILE_HEADER_BYTES, STARTS_GROUP, STARTS_RUN};
use crate::log::Ack;
use crate::queue::{Queue, Queued, Work};
use crate::scan::Last;
use crate::stats::Counters;

/// What the writer shares with the log's owner.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) fs: Arc<dyn Vfs>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) queue: Queue,
    pub(crate) files: Files,
    pub(crate) counters: Arc<Counters>,
    pub(crate) group_bytes: usize,
    pub(crate) ack: Ack,
}

#[derive(Debug)]
pub(crate) struct Writer {
    shared: Arc<Shared>,
    current: Option<Current>,
    /// The last acknowledged record.
    last: Last,
    /// The bytes of a group.
    buffer: Vec<u8>,
    /// Since when acknowledged records wait for their sync; only at ack level `os`.
    unsynced_since: Option<Duration>,
    /// Whether the last sync behind failed.
    sync_failed: bool,
    /// Whether the last group was refused for want of space.
    is_full: bool,
    /// Whether nothing was acknowledged yet.
    is_first: bool,
}

/// The file that is written to.
#[derive(Debug)]
struct Current {
    file: Box<dyn VfsFile>,
    path: PathBuf,
    len: u64,
    /// Where the next group goes.
    at: u64,
    is_name_durable: bool,
}

impl Current {
    fn room(&self) -> usize {
        usize::try_from(self.len - self.at).unwrap_or(usize::MAX).saturating_sub(END_BYTES)
    }

    fn is_empty(&self) -> bool {
        self.at == FILE_HEADER_BYTES as u64
    }
}

impl Writer {
    pub(crate) fn new(shared: Arc<Shared>, last: Last) -> Self {
        Self {
            shared,
            current: None,
            last,
            buffer: Vec::new(),
            unsynced_since: None,
            sync_failed: false,
            is_full: false,
            is_first: true,
        }
    }

    /// Writes until the log is closed and the queue empty.
    pub(crate) fn run(mut self) {
        loop {
            let room = self.current.as_ref().map_or(0, Current::room);
            let fresh = self.shared.files.usual_room().min(self.shared.group_bytes);
            match self.shared.queue.take(room, fresh, self.patience()) {
                Work::Group(group) => self.commit(group),
                Work::Idle => {}
                Work::Done => break,
            }
            if self.patience() == Some(Duration::ZERO) {
                self.sync_behind();
            }
        }
        self.sync_behind();
    }

    /// How long acknowledged records may still wait for their sync.
    fn patience(&self) -> Option<Duration> {
        let waited = self.shared.clock.elapsed().saturating_sub(self.unsynced_since?);
        Some(WAL_SYNC_BEHIND.saturating_sub(waited))
    }

    /// Stores a group and answers those who wait for it.
    fn commit(&mut self, mut group: Vec<Queued>) {
        let Some(last) = self.encode(&mut group) else { return };
        let outcome = self.store().or_else(|error| self.store_again(error));
        if outcome.is_ok() {
            self.last = last;
            self.is_first = false;
            if self.shared.ack == Ack::Os {
                self.unsynced_since.get_or_insert(self.shared.clock.elapsed());
            } else {
                self.shared.counters.durable.store(last.lsn.0, Ordering::Release);
            }
        }
        self.note_full(matches!(outcome, Err(Error::Full)));
        group.into_iter().for_each(|queued| queued.answer(outcome.clone()));
        self.buffer.clear();
        // One giant body must not hold its memory for ever.
        self.buffer.shrink_to(2 * self.shared.group_bytes);
    }

    /// Fills the buffer; the last record's number and checksum.
    fn encode(&mut self, group: &mut [Queued]) -> Option<Last> {
        let mut last = None;
        for (at, queued) in group.iter_mut().enumerate() {
            let record = &mut queued.record;
            record.header.flags = match at {
                0 if self.is_first => STARTS_GROUP | STARTS_RUN,
                0 => STARTS_GROUP,
                _ => 0,
            };
            let crc = record.header.write(&record.meta, &record.payload, &mut self.buffer);
            last = Some(Last { lsn: record.header.lsn, crc });
        }
        self.buffer.extend_from_slice(&[0; END_BYTES]);
        last
    }

    /// The second and last try, in a new file.
    fn store_again(&mut self, first: Error) -> Result<(), Error> {
        self.give_up();
        let Error::Failed(cause) = &first else { return Err(first) };
        tracing::error!(%cause, "a file of the log failed and was given up");
        self.shared.counters.poisoned_files.fetch_add(1, Ordering::Relaxed);
        self.store().inspect_err(|second| {
            self.give_up();
            if let Error::Failed(cause) = second {
                self.shared.counters.poisoned_files.fetch_add(1, Ordering::Relaxed);
                self.turn_read_only(cause);
            }
        })
    }

    /// Writes the buffer, and syncs it if that is what an acknowledgement promises.
    fn store(&mut self) -> Result<(), Error> {
        let size = self.buffer.len() - END_BYTES;
        if self.current.as_ref().is_some_and(|current| current.room() < size) {
            self.sync_behind();
            self.current = None;
        }
        let shared = Arc::clone(&self.shared);
        let current = match &mut self.current {
            Some(current) => current,
            None => {
                let begun = shared.files.begin(&*shared.fs, self.last, size).map_err(Error::of_write)?;
                self.current.insert(Current {
                    file: begun.file,
                    path: begun.path,
                    len: begun.len,
                    at: FILE_HEADER_BYTES as u64,
                    is_name_durable: false,
                })
            }
        };
        current.file.write_all_at(&self.buffer, current.at).map_err(Error::of_write)?;
        if shared.ack == Ack::Fsync {
            current.sync(&shared).map_err(|error| Error::Failed(Arc::new(error)))?;
        }
        current.at += size as u64;
        Ok(())
    }

    /// Syncs what was acknowledged before its sync. Two failures in a row end the writing.
    fn sync_behind(&mut self) {
        if self.unsynced_since.take().is_none() {
            return;
        }
        let Some(current) = &mut self.current else { return };
        match current.sync(&self.shared) {
            Ok(()) => {
                self.sync_failed = false;
                self.shared.counters.durable.store(self.last.lsn.0, Ordering::Release);
            }
            Err(error) => {
                tracing::error!(cause = %error, "acknowledged records may be lost: a sync of the log failed");
                self.shared.counters.poisoned_files.fetch_add(1, Ordering::Relaxed);
                self.give_up();
                if std::mem::replace(&mut self.sync_failed, true) {
                    self.turn_read_only(&error);
                }
            }
        }
    }

    /// Ends the use of the current file. What was acknowledged in it gets its sync, if one can be had.
    fn give_up(&mut self) {
        self.sync_behind();
        if let Some(current) = self.current.take() {
            self.shared.files.give_up(&*self.shared.fs, &current.path, current.is_empty());
        }
    }

    /// Says once that the disk is full, and once that it no longer is.
    fn note_full(&mut self, is_full: bool) {
        if std::mem::replace(&mut self.is_full, is_full) != is_full {
            tracing::warn!(is_full, "the space for the log changed");
        }
    }

    fn turn_read_only(&self, cause: &io::Error) {
        tracing::error!(%cause, "the log is read-only now");
        self.shared.queue.turn_read_only(cause.to_string());
    }
}

impl Current {
    fn sync(&mut self, shared: &Shared) -> io::Result<()> {
        let began = shared.clock.elapsed();
        self.file.sync()?;
        shared.counters.count_sync(shared.clock.elapsed().saturating_sub(began));
        if !self.is_name_durable {
            shared.files.sync_names(&*shared.fs)?;
            self.is_name_durable = true;
        }
        Ok(())
    }
}
