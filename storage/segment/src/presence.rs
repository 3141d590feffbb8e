//! Which services have rows in a segment, and when: what lists of services ask of every segment at once.

use std::ops::Range;

use roaring::RoaringBitmap;

use crate::late::Times;

/// A service that rows are of.
#[derive(Debug)]
pub(crate) struct Presence {
    pub(crate) service: String,
    blocks: RoaringBitmap,
    /// The first and the last instant of these blocks.
    seen: (i64, i64),
}

impl Presence {
    pub(crate) fn new(service: String, blocks: RoaringBitmap, times: &[Times]) -> Self {
        let of_blocks = blocks.iter().filter_map(|block| times.get(block as usize));
        let seen = of_blocks
            .fold((i64::MAX, i64::MIN), |(first, last), block| (first.min(block.min), last.max(block.max)));
        Self { service, blocks, seen }
    }

    /// The first and the last instant within a range, to a block.
    pub(crate) fn within(&self, range: &Range<i64>, times: &[Times]) -> Option<(i64, i64)> {
        let (first, last) = self.seen;
        if range.end <= first || last < range.start {
            return None;
        }
        let widest = (first.max(range.start), last.min(range.end.saturating_sub(1)));
        if (first, last) == widest {
            return Some(widest);
        }
        let mut seen: Option<(i64, i64)> = None;
        for block in self.blocks.iter().filter_map(|block| times.get(block as usize)) {
            if range.end <= block.min || block.max < range.start {
                continue;
            }
            let (first, last) = seen.unwrap_or((block.min, block.max));
            let wider = (first.min(block.min).max(widest.0), last.max(block.max).min(widest.1));
            if wider == widest {
                return Some(widest);
            }
            seen = Some(wider);
        }
        seen
    }
}
