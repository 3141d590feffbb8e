//! Rows of a block that lie long after nearly all others of it.
//!
//! Merged rows stand where their trace began, and some spans of a trace come minutes after the others, from a
//! queue. A block that is judged by its last instant alone could hardly ever be left out for their sake, so
//! they are named one by one.

/// Of so many rows of a block one may be named.
const SHARE: usize = 64;

/// A row, with its instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowAt {
    pub(crate) row: u32,
    /// The number of its set: of its service and name, or severity.
    pub(crate) set: u32,
    pub(crate) at: i64,
}

/// The instants of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) min: i64,
    pub(crate) max: i64,
    /// The last instant of the rows that are not late.
    pub(crate) usual_max: i64,
    pub(crate) late: Vec<RowAt>,
}

impl Times {
    /// Of all rows of a block, of which there is at least one. Late is what comes after twice the time in which
    /// nearly all are.
    pub(crate) fn of(rows: &[RowAt]) -> Self {
        let mut times: Vec<i64> = rows.iter().map(|row| row.at).collect();
        let nearly_all = times.len() - 1 - times.len() / SHARE;
        let (_, last, rest) = times.select_nth_unstable(nearly_all);
        let (last, max) = (*last, rest.iter().copied().fold(*last, i64::max));
        let min = rows.iter().map(|row| row.at).fold(last, i64::min);
        let bound = last.saturating_add(last.saturating_sub(min));
        let late: Vec<_> = rows.iter().copied().filter(|row| row.at > bound).collect();
        let usual = rows.iter().map(|row| row.at).filter(|at| *at <= bound);
        Self { min, max, usual_max: usual.fold(last, i64::max), late }
    }
}

#[cfg(test)]
mod tests;
