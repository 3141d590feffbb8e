//! Sets of row numbers of one segment, as what indexes answer and readers are given.
//!
//! Ranges are sorted, disjoint, not empty, and do not touch each other.

use std::ops::Range;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowRanges(Vec<Range<u32>>);

impl RowRanges {
    /// Rows `0..rows`.
    pub fn all(rows: u32) -> Self {
        std::iter::once(0..rows).collect()
    }

    /// Adds rows that start no earlier than those added before.
    pub fn push(&mut self, range: Range<u32>) {
        if range.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => self.0.push(range),
        }
    }

    pub fn as_slice(&self) -> &[Range<u32>] {
        &self.0
    }

    /// Row numbers in ascending order.
    pub fn rows(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().cloned().flatten()
    }

    pub fn count(&self) -> usize {
        self.0.iter().map(ExactSizeIterator::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contains(&self, row: u32) -> bool {
        let next = self.0.partition_point(|range| range.start <= row);
        next > 0 && self.0[next - 1].end > row
    }

    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut all: Vec<_> = self.0.iter().chain(&other.0).cloned().collect();
        all.sort_unstable_by_key(|range| range.start);
        all.into_iter().collect()
    }

    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut both = Self::default();
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            both.push(a.start.max(b.start)..a.end.min(b.end));
            if a.end <= b.end {
                left.next();
            } else {
                right.next();
            }
        }
        both
    }

    /// The rows of this set from the first of `rows` to before its end.
    #[must_use]
    pub fn within(&self, rows: Range<u32>) -> Self {
        let from = self.0.partition_point(|range| range.end <= rows.start);
        let inside = self.0[from..].iter().take_while(|range| range.start < rows.end);
        inside.map(|range| range.start.max(rows.start)..range.end.min(rows.end)).collect()
    }

    /// The rows of this set that are not in the other.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut gaps = Self::default();
        let mut from = 0;
        for range in &other.0 {
            gaps.push(from..range.start);
            from = range.end;
        }
        gaps.push(from..u32::MAX);
        self.intersect(&gaps)
    }
}

/// From ranges in ascending order of their starts; they may overlap.
impl FromIterator<Range<u32>> for RowRanges {
    fn from_iter<I: IntoIterator<Item = Range<u32>>>(ranges: I) -> Self {
        let mut all = Self::default();
        for range in ranges {
            all.push(range);
        }
        all
    }
}

/// From row numbers in ascending order.
impl FromIterator<u32> for RowRanges {
    fn from_iter<I: IntoIterator<Item = u32>>(rows: I) -> Self {
        rows.into_iter().map(|row| row..row + 1).collect()
    }
}

#[cfg(test)]
mod tests;
