//! The records and holes in the bytes of one file.
//!
//! Reading goes from record to record. Where none can be read, the search goes on to the next bytes that
//! prove to be one, and what lies between is a hole. Two rules keep what is no part of the log out of it:
//! numbers must follow each other, which remains of a recycled file do not; and behind a hole a number may
//! only be as much higher as records fit into the hole, so that a record inside a payload cannot pass.

use daymark_model::id::Lsn;

use crate::format::{
    END_BYTES, FILE_HEADER_BYTES, FoundHeader, RECORD_HEADER_BYTES, RECORD_MAGIC, STARTS_GROUP,
};

/// The last record before some place of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Last {
    pub(crate) lsn: Lsn,
    pub(crate) crc: u32,
}

/// Why a file has no more records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It was full, or failed: what was acknowledged in it was synced.
    Followed,
    /// The log was opened anew behind it.
    Run,
    /// It is the last file.
    Log,
}

/// What is known of a file from its neighbours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// The lowest number it may hold.
    pub(crate) first: Lsn,
    /// Where the next file begins, if that is known.
    pub(crate) before: Option<Lsn>,
    pub(crate) ending: Ending,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Record { at: usize, size: usize, lsn: Lsn },
    Hole(Hole),
}

impl Piece {
    pub(crate) fn record(&self) -> Option<Lsn> {
        match self {
            Self::Record { lsn, .. } => Some(*lsn),
            Self::Hole(_) => None,
        }
    }
}

/// Bytes that should be records and are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hole {
    pub(crate) at: usize,
    pub(crate) bytes: usize,
    pub(crate) first: Lsn,
    pub(crate) records: u64,
    pub(crate) items: Option<u64>,
    /// Whether records of a later group prove that these were once synced.
    pub(crate) was_synced: bool,
}

/// What one file holds.
#[derive(Debug)]
pub(crate) struct Scan {
    pub(crate) pieces: Vec<Piece>,
    /// Where the last record ends.
    pub(crate) end: usize,
    /// Where the last group begins.
    pub(crate) last_group: usize,
    pub(crate) last: Option<Last>,
    /// Whether something stands behind the last record that should not.
    pub(crate) is_torn: bool,
}

pub(crate) fn scan(bytes: &[u8], bounds: Bounds) -> Scan {
    let mut scanner = Scanner {
        bytes,
        bounds,
        expected: bounds.first,
        scan: Scan {
            pieces: Vec::new(),
            end: FILE_HEADER_BYTES,
            last_group: FILE_HEADER_BYTES,
            last: None,
            is_torn: false,
        },
    };
    scanner.run();
    scanner.scan
}

struct Scanner<'a> {
    bytes: &'a [u8],
    bounds: Bounds,
    /// The number that must come next.
    expected: Lsn,
    scan: Scan,
}

impl Scanner<'_> {
    fn run(&mut self) {
        while let Some((at, found)) = self.here().or_else(|| self.behind_a_hole()) {
            self.take(at, &found);
        }
        match self.bounds.before {
            Some(before) if self.expected < before => self.lost_at_end(before),
            None if self.bounds.ending == Ending::Log => {
                let rest = self.bytes.get(self.scan.end..).unwrap_or_default();
                self.scan.is_torn = rest.iter().take(END_BYTES).any(|byte| *byte != 0);
            }
            _ => {}
        }
    }

    /// The record right behind the last one. The first of a file may skip numbers: those of records that
    /// were refused when the file before it failed.
    fn here(&self) -> Option<(usize, FoundHeader)> {
        let at = self.scan.end;
        let found = self.sound_at(at)?;
        let follows = found.header.lsn == self.expected
            || (self.scan.pieces.is_empty() && found.header.lsn > self.expected);
        follows.then_some((at, found))
    }

    /// The next record that can be read: where the length of the unreadable one points, or anywhere.
    fn behind_a_hole(&self) -> Option<(usize, FoundHeader)> {
        let from = self.scan.end;
        let pointed =
            FoundHeader::read(self.bytes.get(from..)?).map(|found| from.saturating_add(found.size()));
        let rest = self.bytes.get(from + 1..)?;
        let anywhere = memchr::memmem::find_iter(rest, &RECORD_MAGIC).map(|at| from + 1 + at);
        pointed.into_iter().chain(anywhere).find_map(|at| {
            let found = FoundHeader::read(self.bytes.get(at..)?)?;
            let room = ((at - from) / RECORD_HEADER_BYTES) as u64;
            let may_be_any = self.scan.pieces.is_empty();
            let may_follow = found.header.lsn >= self.expected
                && (may_be_any || found.header.lsn.0 - self.expected.0 <= room);
            if may_follow { self.sound_at(at).map(|found| (at, found)) } else { None }
        })
    }

    fn sound_at(&self, at: usize) -> Option<FoundHeader> {
        let bytes = self.bytes.get(at..)?;
        let found = FoundHeader::read(bytes)?;
        let in_bounds = found.header.lsn < self.bounds.before.unwrap_or(Lsn(u64::MAX));
        (in_bounds && found.is_sound(bytes)).then_some(found)
    }

    fn take(&mut self, at: usize, found: &FoundHeader) {
        let (hole_at, lsn) = (self.scan.end, found.header.lsn);
        if at > hole_at && lsn > self.expected {
            let hole = Hole {
                at: hole_at,
                bytes: at - hole_at,
                first: self.expected,
                records: lsn.0 - self.expected.0,
                items: self.items(hole_at, lsn),
                was_synced: self.bounds.ending == Ending::Followed,
            };
            self.scan.pieces.push(Piece::Hole(hole));
        }
        if found.header.flags & STARTS_GROUP != 0 {
            self.scan.last_group = at;
            self.prove_synced();
        }
        self.scan.pieces.push(Piece::Record { at, size: found.size(), lsn });
        self.scan.end = at + found.size();
        self.scan.last = Some(Last { lsn, crc: found.crc });
        self.expected = lsn.next();
    }

    /// A group only begins once the groups before it are synced.
    fn prove_synced(&mut self) {
        for piece in &mut self.scan.pieces {
            if let Piece::Hole(hole) = piece {
                hole.was_synced = true;
            }
        }
    }

    /// The next file begins with a higher number than the records of this one lead to.
    fn lost_at_end(&mut self, before: Lsn) {
        let at = self.scan.end;
        let bytes = self
            .bytes
            .get(at..)
            .and_then(FoundHeader::read)
            .map_or(0, |found| if self.is_plausible(&found, self.expected) { found.size() } else { 0 });
        let hole = Hole {
            at,
            bytes: bytes.min(self.bytes.len().saturating_sub(at)),
            first: self.expected,
            records: before.0 - self.expected.0,
            items: self.items(at, before),
            was_synced: true,
        };
        self.scan.pieces.push(Piece::Hole(hole));
    }

    /// The items of the unreadable records from `at` on, up to number `end`, if their heads can be trusted:
    /// the first stands where a record must stand, each further one where the length before it points.
    fn items(&self, mut at: usize, end: Lsn) -> Option<u64> {
        let mut items = 0;
        for lsn in self.expected.0..end.0 {
            let bytes = self.bytes.get(at..)?;
            let found = FoundHeader::read(bytes)?;
            if !self.is_plausible(&found, Lsn(lsn)) {
                return None;
            }
            items += u64::from(found.items_of_damaged(bytes));
            at = at.saturating_add(found.size());
        }
        Some(items)
    }

    /// Whether bytes at a place where the record `lsn` must be are its head, one field damaged at most.
    fn is_plausible(&self, found: &FoundHeader, lsn: Lsn) -> bool {
        found.has_magic || found.header.lsn == lsn
    }
}
