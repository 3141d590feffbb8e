//! Counts of values by size, as explicit and exponential histograms tell them, in their sums, differences and
//! quantiles. Inside a bucket values count as spread evenly.

use std::sync::Arc;

/// Buckets that adjacent counts are kept in at most; more of them are made one by a smaller scale.
const BUCKETS_MAX: i64 = 4_096;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cells {
    /// Sizes are not known.
    None,
    /// Counts up to each bound, and above the last.
    Explicit {
        bounds: Arc<[f64]>,
        counts: Vec<f64>,
    },
    Exponential(Exponential),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Exponential {
    pub(super) scale: i32,
    pub(super) zero: f64,
    pub(super) zero_threshold: f64,
    pub(super) positive: Run,
    pub(super) negative: Run,
}

/// Counts of adjacent buckets, the first of which has the number `offset`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Run {
    pub(super) offset: i64,
    pub(super) counts: Vec<f64>,
}

/// Values between two sizes, or of one size.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Piece {
    low: f64,
    high: f64,
    count: f64,
}

impl Cells {
    /// What was counted since an earlier state of the same accumulation; none when something has fallen.
    pub(super) fn since(&self, before: &Self) -> Option<Self> {
        match (self, before) {
            (Self::Explicit { bounds, counts }, Self::Explicit { bounds: earlier, counts: known })
                if bounds == earlier && counts.len() == known.len() =>
            {
                let counts = counts.iter().zip(known).map(|(now, before)| rise(*now, *before));
                Some(Self::Explicit { bounds: Arc::clone(bounds), counts: counts.collect::<Option<_>>()? })
            }
            (Self::Exponential(now), Self::Exponential(before)) => now.since(before).map(Self::Exponential),
            // Other buckets than before: how many there were of each size meanwhile is not known.
            _ => Some(Self::None),
        }
    }

    /// Adds a share of other counts to those of the same kind. Answers the memory that it takes more.
    pub(super) fn add(all: &mut Vec<Self>, more: &Self, share: f64) -> usize {
        match more {
            Self::None => 0,
            Self::Explicit { bounds, counts } => {
                for cells in all.iter_mut() {
                    if let Self::Explicit { bounds: known, counts: sums } = cells
                        && known == bounds
                        && sums.len() == counts.len()
                    {
                        sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count * share);
                        return 0;
                    }
                }
                let counts = counts.iter().map(|count| count * share).collect();
                all.push(Self::Explicit { bounds: Arc::clone(bounds), counts });
                more.bytes()
            }
            Self::Exponential(cells) => {
                for known in all.iter_mut() {
                    let before = known.bytes();
                    if let Self::Exponential(sum) = known {
                        sum.add(cells, share);
                        return known.bytes().saturating_sub(before);
                    }
                }
                let mut first = cells.clone();
                first.each(|count| *count *= share);
                all.push(Self::Exponential(first));
                more.bytes()
            }
        }
    }

    fn pieces(&self) -> Vec<Piece> {
        match self {
            Self::None => Vec::new(),
            Self::Explicit { bounds, counts } => explicit(bounds, counts),
            Self::Exponential(cells) => cells.pieces(),
        }
    }

    /// Memory beside the value itself.
    pub(super) fn bytes(&self) -> usize {
        let counts = match self {
            Self::None => 0,
            Self::Explicit { counts, .. } => counts.len(),
            Self::Exponential(cells) => cells.positive.counts.len() + cells.negative.counts.len(),
        };
        counts * size_of::<f64>()
    }
}

fn rise(now: f64, before: f64) -> Option<f64> {
    (now >= before).then_some(now - before)
}

/// Values above the last bound count as of its size, those below the first as between it and zero.
fn explicit(bounds: &[f64], counts: &[f64]) -> Vec<Piece> {
    let (Some(first), Some(last)) = (bounds.first(), bounds.last()) else { return Vec::new() };
    if counts.len() != bounds.len() + 1 {
        return Vec::new();
    }
    let lows = std::iter::once(first.min(0.0)).chain(bounds.iter().copied());
    let highs = bounds.iter().copied().chain([*last]);
    lows.zip(highs).zip(counts).map(|((low, high), count)| Piece { low, high, count: *count }).collect()
}

impl Exponential {
    fn each(&mut self, mut change: impl FnMut(&mut f64)) {
        change(&mut self.zero);
        self.positive.counts.iter_mut().chain(&mut self.negative.counts).for_each(change);
    }

    /// The same with buckets of a scale that is not larger.
    fn at_scale(&self, scale: i32) -> Self {
        let steps = (i64::from(self.scale) - i64::from(scale)).clamp(0, 63) as u32;
        Self {
            scale,
            positive: self.positive.united(steps),
            negative: self.negative.united(steps),
            ..self.clone()
        }
    }

    /// The same with all values up to a size in the bucket of zero.
    fn with_zero(mut self, threshold: f64) -> Self {
        if threshold > self.zero_threshold {
            let scale = self.scale;
            for run in [&mut self.positive, &mut self.negative] {
                for (number, count) in (run.offset..).zip(&mut run.counts) {
                    if bound(scale, number + 1) <= threshold {
                        self.zero += std::mem::take(count);
                    }
                }
            }
            self.zero_threshold = threshold;
        }
        self
    }

    fn since(&self, before: &Self) -> Option<Self> {
        let scale = self.scale.min(before.scale);
        let threshold = self.zero_threshold.max(before.zero_threshold);
        let now = self.at_scale(scale).with_zero(threshold);
        let before = before.at_scale(scale).with_zero(threshold);
        Some(Self {
            zero: rise(now.zero, before.zero)?,
            positive: now.positive.since(&before.positive)?,
            negative: now.negative.since(&before.negative)?,
            ..now
        })
    }

    fn add(&mut self, more: &Self, share: f64) {
        let mut scale = self.scale.min(more.scale);
        let span = |scale: i32| {
            let (known, more) = (self.at_scale(scale), more.at_scale(scale));
            known.positive.span(&more.positive).max(known.negative.span(&more.negative))
        };
        while span(scale) > BUCKETS_MAX {
            scale -= 1;
        }
        let threshold = self.zero_threshold.max(more.zero_threshold);
        let mut sum = self.at_scale(scale).with_zero(threshold);
        let more = more.at_scale(scale).with_zero(threshold);
        sum.zero += more.zero * share;
        sum.positive.add(&more.positive, share);
        sum.negative.add(&more.negative, share);
        *self = sum;
    }

    fn pieces(&self) -> Vec<Piece> {
        let sized =
            |number: i64, count: &f64| (bound(self.scale, number), bound(self.scale, number + 1), *count);
        let of = |run: &Run| {
            let found = (run.offset..).zip(&run.counts).filter(|(_, count)| **count > 0.0);
            found.map(|(number, count)| sized(number, count)).collect::<Vec<_>>()
        };
        let negative = of(&self.negative).into_iter().rev();
        let mut pieces: Vec<Piece> =
            negative.map(|(low, high, count)| Piece { low: -high, high: -low, count }).collect();
        let low = if pieces.is_empty() { 0.0 } else { -self.zero_threshold };
        pieces.push(Piece { low, high: self.zero_threshold, count: self.zero });
        pieces.extend(of(&self.positive).into_iter().map(|(low, high, count)| Piece { low, high, count }));
        pieces
    }
}

/// Where the bucket of a number begins, held within what a double can say.
fn bound(scale: i32, number: i64) -> f64 {
    (number as f64 * f64::from(-scale).exp2()).exp2().min(f64::MAX)
}

impl Run {
    fn end(&self) -> i64 {
        self.offset + self.counts.len() as i64
    }

    /// Buckets from the first to the last of both.
    fn span(&self, other: &Self) -> i64 {
        match (self.counts.is_empty(), other.counts.is_empty()) {
            (true, _) | (_, true) => 0,
            _ => self.end().max(other.end()) - self.offset.min(other.offset),
        }
    }

    /// Each 2^steps neighbours as one.
    fn united(&self, steps: u32) -> Self {
        let offset = self.offset >> steps;
        let mut counts = Vec::new();
        for (number, count) in (self.offset..).zip(&self.counts) {
            let at = ((number >> steps) - offset) as usize;
            counts.resize(counts.len().max(at + 1), 0.0);
            counts[at] += count;
        }
        Self { offset, counts }
    }

    fn at(&self, number: i64) -> f64 {
        let at = usize::try_from(number - self.offset).ok();
        at.and_then(|at| self.counts.get(at)).copied().unwrap_or_default()
    }

    fn since(&self, before: &Self) -> Option<Self> {
        let is_known = |number: i64| (self.offset..self.end()).contains(&number);
        if (before.offset..).zip(&before.counts).any(|(number, count)| *count > 0.0 && !is_known(number)) {
            return None;
        }
        let counts = (self.offset..).zip(&self.counts).map(|(number, now)| rise(*now, before.at(number)));
        Some(Self { offset: self.offset, counts: counts.collect::<Option<_>>()? })
    }

    fn add(&mut self, more: &Self, share: f64) {
        if more.counts.is_empty() {
            return;
        }
        if self.counts.is_empty() {
            self.offset = more.offset;
        }
        let offset = self.offset.min(more.offset);
        let end = self.end().max(more.end());
        let counts = (offset..end).map(|number| self.at(number) + more.at(number) * share).collect();
        *self = Self { offset, counts };
    }
}

/// The size below which a share of all values lies; none when no sizes are known.
pub(super) fn quantile(all: &[Cells], share: f64) -> Option<f64> {
    let mut pieces: Vec<Piece> = all.iter().flat_map(Cells::pieces).filter(|one| one.count > 0.0).collect();
    pieces.sort_by(|a, b| a.low.total_cmp(&b.low).then(a.high.total_cmp(&b.high)));
    if pieces.windows(2).any(|pair| pair[0].high > pair[1].low) {
        pieces = apart(&pieces);
    }
    let wanted = share * pieces.iter().map(|piece| piece.count).sum::<f64>();
    let mut below = 0.0;
    for piece in &pieces {
        if below + piece.count >= wanted {
            let inside = (wanted - below) / piece.count;
            return Some(piece.low + (piece.high - piece.low) * inside);
        }
        below += piece.count;
    }
    pieces.last().map(|piece| piece.high)
}

/// Pieces that overlap, cut at all their ends, in their order.
fn apart(pieces: &[Piece]) -> Vec<Piece> {
    let mut ends: Vec<f64> = pieces.iter().flat_map(|piece| [piece.low, piece.high]).collect();
    ends.sort_by(f64::total_cmp);
    ends.dedup();
    let mut cut = Vec::new();
    for (at, low) in ends.iter().enumerate() {
        let here = pieces.iter().filter(|piece| piece.low == *low && piece.high == *low);
        cut.push(Piece { low: *low, high: *low, count: here.map(|piece| piece.count).sum() });
        let Some(high) = ends.get(at + 1) else { break };
        let across = pieces.iter().filter(|piece| piece.low <= *low && *high <= piece.high);
        let inside = |piece: &Piece| piece.count * ((high - low) / (piece.high - piece.low));
        cut.push(Piece { low: *low, high: *high, count: across.map(inside).sum() });
    }
    cut.retain(|piece| piece.count > 0.0);
    cut
}

#[cfg(test)]
mod tests;
