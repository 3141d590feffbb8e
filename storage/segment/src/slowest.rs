//! The slowest rows of a set, named one by one.
//!
//! Who looks for slow calls wants few of very many, and they lie anywhere: nearly every page of durations has one
//! of some service. So for each service and name it is told which rows take longer than all the others.

use std::cmp::Reverse;

use crate::codec::{Decoder, Encoder};
use crate::error::Result;

/// Of so many rows one is named …
const SHARE: usize = 64;
/// … and so many anyway.
const LEAST: usize = 4;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slowest {
    /// With their durations.
    rows: Vec<(u32, i64)>,
    /// The longest duration of those that are not named.
    rest: i64,
}

/// Names them while rows go by.
#[derive(Debug)]
pub(crate) struct SlowestBuilder {
    slowest: Slowest,
    seen: usize,
}

impl SlowestBuilder {
    pub(crate) fn new() -> Self {
        Self { slowest: Slowest { rows: Vec::new(), rest: i64::MIN }, seen: 0 }
    }

    /// Adds the next row.
    pub(crate) fn add(&mut self, row: u32, duration: i64) {
        self.seen += 1;
        if duration > self.slowest.rest {
            self.slowest.rows.push((row, duration));
            if self.slowest.rows.len() >= 2 * self.most() {
                self.slowest.cut(self.most());
            }
        }
    }

    fn most(&self) -> usize {
        (self.seen / SHARE).max(LEAST)
    }

    pub(crate) fn finish(mut self) -> Slowest {
        self.slowest.cut(self.most());
        self.slowest.rows.sort_unstable();
        self.slowest
    }
}

impl Slowest {
    fn cut(&mut self, most: usize) {
        if self.rows.len() > most {
            self.rows.select_nth_unstable_by_key(most, |(_, duration)| Reverse(*duration));
            let left_out = self.rows.drain(most..).map(|(_, duration)| duration);
            let rest = left_out.fold(self.rest, i64::max);
            self.rest = rest;
            // Of equally slow rows all are named or none.
            self.rows.retain(|(_, duration)| *duration > rest);
        }
    }

    pub(crate) fn encode(&self, out: &mut Encoder) {
        out.i64(self.rest);
        out.count(self.rows.len());
        for (row, duration) in &self.rows {
            out.u32(*row);
            out.i64(*duration);
        }
    }

    pub(crate) fn decode(from: &mut Decoder<'_>) -> Result<Self> {
        let rest = from.i64()?;
        let rows = (0..from.count(12)?).map(|_| Ok((from.u32()?, from.i64()?))).collect::<Result<_>>()?;
        Ok(Self { rows, rest })
    }

    /// The rows that take at least so long, ascending; none when others may as well.
    pub(crate) fn reaching(&self, least: i64) -> Option<impl Iterator<Item = u32>> {
        let long = self.rows.iter().filter(move |(_, duration)| *duration >= least).map(|(row, _)| *row);
        (least > self.rest).then_some(long)
    }
}

#[cfg(test)]
mod tests;
