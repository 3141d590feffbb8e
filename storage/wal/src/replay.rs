//! Reading the log back after a restart: every record from a low mark on, in order, and what is lost.
//!
//! One file is in memory at a time, and records are slices of it. The files are those that were there when
//! the log was opened; what is appended meanwhile is in none of them.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use daymark_model::id::Lsn;
use daymark_vfs::Vfs;

use crate::files::{self, OldFile};
use crate::format::FoundHeader;
use crate::record::Record;
use crate::scan::{Bounds, Ending, Hole, Last, Piece, Scan, scan};
use crate::stats::Counters;

/// Why records are missing, or may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Bytes that are no records any more.
    Records,
    /// A file between two others is gone, or cannot be read.
    File,
    /// The head of a file. Its records can be read all the same.
    Head,
    /// A file does not continue the one before it, though no number is missing.
    Chain,
    /// The checksum holds, but a code or the origin is unknown to this version.
    Content,
}

/// Something in the log that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    pub what: What,
    pub file: PathBuf,
    pub offset: u64,
    pub bytes: u64,
    /// The first number that is missing.
    pub first: Lsn,
    /// How many records are missing, `first` among them.
    pub records: u64,
    /// Their items, if their heads could be read.
    pub items: Option<u64>,
    /// Whether a later group proves that these records were synced (at ack level `os`: acknowledged).
    /// Otherwise they were part of the last group before a crash, whose sync may never have returned.
    pub was_synced: bool,
}

impl Damage {
    /// What of it concerns the records from `low` on.
    fn above(self, low: Lsn) -> Option<Self> {
        let end = self.first.0 + self.records;
        if self.first >= low {
            return Some(self);
        }
        let records = end.saturating_sub(low.0);
        (records > 0).then_some(Self { first: low, records, items: None, ..self })
    }
}

/// A file to be read, and the numbers it may hold.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    file: OldFile,
    next: Option<OldFile>,
}

/// Lines up files for reading.
pub(crate) fn line_up(files: &[OldFile]) -> VecDeque<Source> {
    let next = files.iter().skip(1).cloned().map(Some).chain([None]);
    files.iter().cloned().zip(next).map(|(file, next)| Source { file, next }).collect()
}

impl Source {
    /// What the next file tells about this one.
    fn bounds(&self, first: Lsn) -> Bounds {
        let before = self.next.as_ref().and_then(|next| next.header).map(|header| header.first);
        let ending = match &self.next {
            None => Ending::Log,
            Some(next) if next.starts_run => Ending::Run,
            Some(_) => Ending::Followed,
        };
        Bounds { first, before, ending }
    }
}

/// Reads lined up files one after the other, and checks that each continues the one before.
#[derive(Debug)]
pub(crate) struct Reader {
    fs: Arc<dyn Vfs>,
    sources: VecDeque<Source>,
    /// The last record read.
    last: Option<Last>,
    /// Whether the records behind the last one are lost.
    has_hole_at_end: bool,
}

/// A file that was read.
#[derive(Debug)]
pub(crate) struct ReadFile {
    source: Source,
    pub(crate) bytes: Bytes,
    /// Why there are no bytes.
    pub(crate) unreadable: Option<io::Error>,
    pub(crate) scan: Scan,
    /// Damage to the file itself.
    pub(crate) damage: Vec<Damage>,
}

impl Reader {
    pub(crate) fn new(fs: Arc<dyn Vfs>, sources: VecDeque<Source>) -> Self {
        Self { fs, sources, last: None, has_hole_at_end: false }
    }

    pub(crate) fn last(&self) -> Option<Last> {
        self.last
    }

    pub(crate) fn remaining_bytes(&self) -> u64 {
        self.sources.iter().map(|source| source.file.len).sum()
    }

    /// Reads the next file; `low` is the lowest number it can hold if nothing else tells.
    pub(crate) fn next(&mut self, low: Lsn) -> Option<ReadFile> {
        let source = self.sources.pop_front()?;
        let (bytes, unreadable) = match self.fs.read(&source.file.path) {
            Ok(bytes) => (Bytes::from(bytes), None),
            Err(error) => (Bytes::new(), Some(error)),
        };
        let header = source.file.header;
        let expected = self.last.map(|last| last.lsn.next());
        let first = header.map(|header| header.first).or(expected).unwrap_or(low);
        let scan = scan(&bytes, source.bounds(first));
        let mut file = ReadFile { source, bytes, unreadable, scan, damage: Vec::new() };
        file.check(self.last.filter(|_| !self.has_hole_at_end), expected);

        self.has_hole_at_end = matches!(file.scan.pieces.last(), Some(Piece::Hole(_)));
        // A file without records passes on the end of the one before it.
        let before = header.map(|header| Last { lsn: header.first.before(), crc: header.chain });
        self.last = file.scan.last.or(self.last).or(before);
        Some(file)
    }
}

impl ReadFile {
    pub(crate) fn path(&self) -> &Path {
        &self.source.file.path
    }

    /// Notes damage to the file as a whole. `last` is the record it must continue, if that is known.
    fn check(&mut self, last: Option<Last>, expected: Option<Lsn>) {
        let whole = |what, first, records| Damage {
            what,
            file: self.path().into(),
            offset: 0,
            bytes: 0,
            first,
            records,
            items: (records == 0).then_some(0),
            was_synced: true,
        };
        let begin = self.scan.pieces.iter().find_map(Piece::record);
        let first = begin.or(expected).unwrap_or_default();
        let damage = match self.source.file.header {
            _ if self.unreadable.is_some() => whole(What::File, first, 0),
            // Only the head could tell whether numbers in between were given up or are lost. Without records
            // it is a file that was never begun, or its records are missing where the next one begins.
            None if begin.is_some() => {
                let expected = expected.unwrap_or(first);
                whole(What::Head, expected, first.0.saturating_sub(expected.0))
            }
            Some(header) if last.is_some_and(|last| last.crc != header.chain) => {
                whole(What::Chain, header.first, 0)
            }
            _ => return,
        };
        self.damage.push(damage);
    }

    pub(crate) fn record(&self, at: usize, size: usize) -> Result<Record, Damage> {
        let bytes = self.bytes.slice(at..at + size);
        let found = FoundHeader::read(&bytes);
        found.as_ref().and_then(|found| Record::read(found, &bytes)).ok_or_else(|| {
            let header = found.map(|found| found.header);
            Damage {
                what: What::Content,
                file: self.path().into(),
                offset: at as u64,
                bytes: size as u64,
                first: header.map_or(Lsn(0), |header| header.lsn),
                records: 1,
                items: header.map(|header| u64::from(header.items)),
                was_synced: true,
            }
        })
    }

    pub(crate) fn damage(&self, hole: Hole) -> Damage {
        let mut damage = Damage {
            what: What::Records,
            file: self.path().into(),
            offset: hole.at as u64,
            bytes: hole.bytes as u64,
            first: hole.first,
            records: hole.records,
            items: hole.items,
            was_synced: hole.was_synced,
        };
        // Numbers missing where no bytes could be theirs: they were in a file that is gone.
        let number = self.source.file.number + 1;
        if hole.bytes == 0 && self.source.next.as_ref().is_some_and(|next| next.number > number) {
            damage.what = What::File;
            damage.file.set_file_name(files::name(number));
            damage.offset = 0;
        }
        damage
    }
}

/// The records of the log from a low mark on, and the damage between them, in order.
#[derive(Debug)]
pub struct Replay {
    reader: Reader,
    low: Lsn,
    first: Option<Lsn>,
    has_torn_tail: bool,
    counters: Arc<Counters>,
    current: Option<ReadFile>,
    /// The next piece of the current file.
    at: usize,
}

impl Replay {
    pub(crate) fn new(
        reader: Reader,
        low: Lsn,
        first: Option<Lsn>,
        has_torn_tail: bool,
        counters: Arc<Counters>,
    ) -> Self {
        Self { reader, low, first, has_torn_tail, counters, current: None, at: 0 }
    }

    /// The lowest number the files may hold. Above the low mark, the log lost its beginning, or the mark is
    /// older than the last release.
    pub fn first(&self) -> Option<Lsn> {
        self.first
    }

    /// Whether the last file ended in a half-written group, which was cut off.
    pub fn has_torn_tail(&self) -> bool {
        self.has_torn_tail
    }

    /// Bytes of files not yet opened.
    pub fn remaining_bytes(&self) -> u64 {
        self.reader.remaining_bytes()
    }

    fn counted(&self, damage: Damage) -> Damage {
        self.counters.corrupt_records.fetch_add(damage.records, Ordering::Relaxed);
        damage
    }
}

impl Iterator for Replay {
    type Item = Result<Record, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some(file) = &mut self.current else {
                self.current = Some(self.reader.next(self.low)?);
                self.at = 0;
                continue;
            };
            if let Some(damage) = file.damage.pop() {
                return Some(Err(self.counted(damage)));
            }
            let Some(piece) = file.scan.pieces.get(self.at).copied() else {
                self.current = None;
                continue;
            };
            self.at += 1;
            match piece {
                Piece::Record { lsn, .. } if lsn < self.low => {}
                Piece::Record { at, size, .. } => {
                    return Some(file.record(at, size).map_err(|damage| self.counted(damage)));
                }
                Piece::Hole(hole) => {
                    if let Some(damage) = file.damage(hole).above(self.low) {
                        return Some(Err(self.counted(damage)));
                    }
                }
            }
        }
    }
}
