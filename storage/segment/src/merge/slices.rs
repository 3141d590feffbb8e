//! Cutting the rows of a merge between traces, so that what needs whole traces needs not all of them.

use std::ops::Range;

use super::RowRef;
use super::order::RowKey;

/// Rows after which a slice ends with its trace.
const SLICE_ROWS: usize = 1 << 20;

/// Ranges of `rows`, which are some of the sorted ones in their order.
pub(super) fn of_traces(sorted: &[RowKey], rows: &[RowRef]) -> Vec<Range<usize>> {
    let mut slices = Vec::new();
    let (mut start, mut end) = (0, 0);
    for trace in sorted.chunk_by(|a, b| a.group == b.group) {
        for key in trace {
            end += usize::from(rows.get(end) == Some(&key.at));
        }
        if end - start >= SLICE_ROWS {
            slices.push(start..end);
            start = end;
        }
    }
    if start < end {
        slices.push(start..end);
    }
    slices
}
