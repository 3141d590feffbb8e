//! The files of the log: names, creation, recycling.
//!
//! Files are numbered upwards and made whole, with all their space, because extending a file makes every
//! sync dearer. A released file waits under another name to be used again: its blocks are written already, which
//! makes syncs cheaper still. Its old records stay in it and are known by their low numbers.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use daymark_model::id::Lsn;
use daymark_model::limits::WAL_SPARE_FILES;
use daymark_vfs::{Vfs, VfsFile};

use crate::format::{
    END_BYTES, FILE_HEADER_BYTES, FileHead, FileHeader, FoundHeader, RECORD_HEADER_BYTES, STARTS_RUN,
};
use crate::scan::Last;

const EXTENSION: &str = "wal";
const SPARE_EXTENSION: &str = "free";

pub(crate) fn name(number: u64) -> String {
    format!("{number:012}.{EXTENSION}")
}

pub(crate) fn number_of(path: &Path) -> Option<u64> {
    if path.extension()? != EXTENSION {
        return None;
    }
    path.file_stem()?.to_str()?.parse().ok()
}

/// A file found in the folder.
#[derive(Clone, Debug)]
pub(crate) struct OldFile {
    pub(crate) path: PathBuf,
    pub(crate) number: u64,
    pub(crate) len: u64,
    /// `None` when the header is damaged.
    pub(crate) header: Option<FileHeader>,
    /// Whether the log was opened anew before its first record, as far as can be told.
    pub(crate) starts_run: bool,
}

/// What the folder holds.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// In order of their numbers.
    pub(crate) files: Vec<OldFile>,
    /// Files in which nothing is part of the log: released, or made and never begun. With their lengths.
    pub(crate) spares: Vec<(PathBuf, u64)>,
    pub(crate) highest_number: u64,
    pub(crate) foreign_version: Option<(PathBuf, u16)>,
}

/// Reads the names and heads of all files; the order of numbers is the order of the log.
pub(crate) fn list(fs: &dyn Vfs, dir: &Path) -> io::Result<Listing> {
    let mut listing = Listing::default();
    for path in fs.read_dir(dir)? {
        let Some(number) = number_of(&path) else {
            if path.extension().is_some_and(|extension| extension == SPARE_EXTENSION) {
                let len = fs.open(&path)?.len()?;
                listing.spares.push((path, len));
            }
            continue;
        };
        listing.highest_number = listing.highest_number.max(number);
        let file = fs.open(&path)?;
        let len = file.len()?;
        let mut head = [0; FILE_HEADER_BYTES + RECORD_HEADER_BYTES];
        let known = head.len().min(usize::try_from(len).unwrap_or(usize::MAX));
        let head = &mut head[..known];
        // A head that cannot be read is a damaged one; what is lost is told by the replay.
        let file_head = file.read_exact_at(head, 0).map_or(FileHead::Damaged, |()| FileHead::read(head));
        let first = head.get(FILE_HEADER_BYTES..).and_then(FoundHeader::read);
        let starts_run = first.is_none_or(|found| !found.has_magic || found.header.flags & STARTS_RUN != 0);
        match file_head {
            // A recycled file whose new header did not reach the disk still has its old number.
            FileHead::Sound(header) if header.number != number => listing.spares.push((path, len)),
            FileHead::Blank => listing.spares.push((path, len)),
            FileHead::Sound(header) => {
                listing.files.push(OldFile { path, number, len, header: Some(header), starts_run });
            }
            FileHead::Damaged => {
                listing.files.push(OldFile { path, number, len, header: None, starts_run });
            }
            FileHead::Version(version) => {
                listing.foreign_version.get_or_insert((path, version));
            }
        }
    }
    listing.files.sort_by_key(|file| file.number);
    Ok(listing)
}

/// A file that holds records, or will.
#[derive(Debug)]
struct Kept {
    path: PathBuf,
    first: Lsn,
    len: u64,
    /// False once a write or sync of it failed: it is never used again.
    is_sound: bool,
}

#[derive(Debug)]
struct Inner {
    kept: VecDeque<Kept>,
    spares: Vec<PathBuf>,
    /// Files of another length than is made now, found when the log was opened.
    unwanted: Vec<PathBuf>,
    next_number: u64,
}

/// The folder of the log.
#[derive(Debug)]
pub(crate) struct Files {
    dir: PathBuf,
    node: [u8; 16],
    file_bytes: u64,
    inner: Mutex<Inner>,
}

/// A file that was begun: its header is written, not synced.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) file: Box<dyn VfsFile>,
    pub(crate) path: PathBuf,
    pub(crate) len: u64,
}

impl Files {
    /// `next` is where the log goes on; it stands in for the numbers of files with damaged headers.
    pub(crate) fn new(dir: &Path, node: [u8; 16], file_bytes: u64, listing: &Listing, next: Lsn) -> Self {
        let mut first_after = next;
        let mut kept = VecDeque::new();
        for file in listing.files.iter().rev() {
            first_after = file.header.map_or(first_after, |header| header.first);
            let (path, len) = (file.path.clone(), file.len);
            kept.push_front(Kept { path, first: first_after, len, is_sound: file.header.is_some() });
        }
        let (spares, unwanted): (Vec<_>, Vec<_>) =
            listing.spares.iter().cloned().partition(|(_, len)| *len == file_bytes);
        let [spares, unwanted] =
            [spares, unwanted].map(|list| list.into_iter().map(|(path, _)| path).collect());
        let next_number = listing.highest_number + 1;
        let inner = Mutex::new(Inner { kept, spares, unwanted, next_number });
        Self { dir: dir.into(), node, file_bytes, inner }
    }

    /// Bytes of records that a new file of the usual size has room for.
    pub(crate) fn usual_room(&self) -> usize {
        let bytes = usize::try_from(self.file_bytes).unwrap_or(usize::MAX);
        bytes.saturating_sub(FILE_HEADER_BYTES + END_BYTES)
    }

    /// Makes the next file, out of a spare one if it can, with room for `room` bytes of records behind
    /// `last`. Its name is not durable before [`Self::sync_names`].
    pub(crate) fn begin(&self, fs: &dyn Vfs, last: Last, room: usize) -> io::Result<Begun> {
        let fits = room <= self.usual_room();
        let (number, spare) = {
            let mut inner = self.lock();
            inner.next_number += 1;
            (inner.next_number - 1, if fits { inner.spares.pop() } else { None })
        };
        let path = self.dir.join(name(number));
        let file = match spare {
            Some(spare) => fs.rename(&spare, &path).and_then(|()| fs.open(&path))?,
            None => fs.create(&path)?,
        };
        let len = self.file_bytes.max((FILE_HEADER_BYTES + room + END_BYTES) as u64);
        let first = last.lsn.next();
        let header = FileHeader { node: self.node, number, first, chain: last.crc };
        let mut head = header.to_bytes().to_vec();
        head.extend_from_slice(&[0; END_BYTES]);
        match file.allocate(len).and_then(|()| file.write_all_at(&head, 0)) {
            Ok(()) => {
                self.lock().kept.push_back(Kept { path: path.clone(), first, len, is_sound: true });
                Ok(Begun { file, path, len })
            }
            Err(error) => {
                // Left behind it would only take space; a full disk has none.
                drop(fs.remove_file(&path));
                Err(error)
            }
        }
    }

    pub(crate) fn sync_names(&self, fs: &dyn Vfs) -> io::Result<()> {
        fs.sync_dir(&self.dir)
    }

    /// Gives up a file: it is never recycled, and goes at once if nothing depends on it.
    pub(crate) fn give_up(&self, fs: &dyn Vfs, path: &Path, is_empty: bool) {
        let mut inner = self.lock();
        if is_empty {
            inner.kept.retain(|kept| kept.path != path);
            drop(inner);
            drop(fs.remove_file(path));
        } else if let Some(kept) = inner.kept.iter_mut().find(|kept| kept.path == path) {
            kept.is_sound = false;
        }
    }

    /// Sets free the files whose every record is below `low`: some are kept for reuse, the rest removed.
    pub(crate) fn release(&self, fs: &dyn Vfs, low: Lsn) -> io::Result<()> {
        let unwanted = std::mem::take(&mut self.lock().unwanted);
        let mut has_changed = !unwanted.is_empty();
        for path in &unwanted {
            fs.remove_file(path)?;
        }
        while let Some((file, keep)) = self.take_released(low) {
            has_changed = true;
            if keep {
                let spare = file.path.with_extension(SPARE_EXTENSION);
                fs.rename(&file.path, &spare)?;
                self.lock().spares.push(spare);
            } else {
                fs.remove_file(&file.path)?;
            }
        }
        if has_changed { self.sync_names(fs) } else { Ok(()) }
    }

    /// The oldest file that is still needed.
    pub(crate) fn oldest(&self) -> Option<PathBuf> {
        self.lock().kept.front().map(|file| file.path.clone())
    }

    /// The oldest file if nothing of it is needed, and whether to keep it for reuse.
    fn take_released(&self, low: Lsn) -> Option<(Kept, bool)> {
        let mut inner = self.lock();
        let is_needed = inner.kept.get(1).is_none_or(|second| second.first > low);
        let file = if is_needed { None } else { inner.kept.pop_front() }?;
        let is_usual = file.is_sound && file.len == self.file_bytes;
        let keep = is_usual && inner.spares.len() < WAL_SPARE_FILES;
        Some((file, keep))
    }

    /// Files that hold records, their bytes, and spare files.
    pub(crate) fn count(&self) -> (usize, u64, usize) {
        let inner = self.lock();
        (inner.kept.len(), inner.kept.iter().map(|file| file.len).sum(), inner.spares.len())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
