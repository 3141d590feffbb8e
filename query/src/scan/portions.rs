//! Rows that passed the filters and wait to be read under a sort that keeps only some of them.
//!
//! To find a row takes the columns of the filters, to read it takes all columns that are asked for. So rows
//! are found first, where the best of them are likely, and read in portions that grow: mostly the first portion
//! is most of what the sort takes, and what it does not take any more is never read.

use std::collections::BTreeMap;

use daymark_segment::RowRanges;

/// Rows of the first portion: somewhat more than most questions for the newest ask for.
const FIRST: usize = 32;
const LARGEST: usize = 65_536;

/// In which order units are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// As they lie.
    Stored,
    NewestFirst,
    OldestFirst,
}

impl Order {
    /// Comes earlier the less it is.
    fn rank(self, at: i64) -> i64 {
        if self == Self::NewestFirst { !at } else { at }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    rank: i64,
    at: i64,
    part: usize,
    row: u32,
}

/// What was found and is not read yet.
#[derive(Debug)]
pub(crate) struct Portions {
    order: Order,
    /// In the order of the sort.
    rows: Vec<Row>,
    next: usize,
}

impl Portions {
    pub(crate) fn new(order: Order) -> Self {
        Self { order, rows: Vec::new(), next: FIRST }
    }

    /// Adds rows of a part with their instants.
    pub(crate) fn add(&mut self, part: usize, found: impl Iterator<Item = (u32, i64)>) {
        let order = self.order;
        self.rows.extend(found.map(|(row, at)| Row { rank: order.rank(at), at, part, row }));
        self.rows.sort();
    }

    /// Keeps the rows whose instants are still wanted.
    pub(crate) fn retain(&mut self, is_wanted: impl Fn(i64) -> bool) {
        self.rows.retain(|row| is_wanted(row.at));
    }

    /// Whether the next portion is there.
    pub(crate) fn is_full(&self) -> bool {
        self.rows.len() >= self.next
    }

    /// The next portion by parts; empty when nothing is left.
    pub(crate) fn take(&mut self) -> BTreeMap<usize, RowRanges> {
        let mut portion: Vec<Row> = self.rows.drain(..self.next.min(self.rows.len())).collect();
        self.next = (self.next * 2).min(LARGEST);
        portion.sort_by_key(|row| (row.part, row.row));
        let mut by_part: BTreeMap<usize, RowRanges> = BTreeMap::new();
        for Row { part, row, .. } in portion {
            by_part.entry(part).or_default().push(row..row + 1);
        }
        by_part
    }
}
