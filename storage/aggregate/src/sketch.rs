//! A distribution of durations with a relative error of 1 %: a DDSketch that never gives up bins, so that
//! merging is exact in any order.
//!
//! A duration `v` counts in the bin `ceil(log(v) / log(γ))`, γ = 1.01 / 0.99; durations of 64 bits need
//! some 2,200 bins, of which few are used. As bytes: the format's number, the count of zeros, then for each
//! used bin the number of bins left out before it and its count, all as LEB128.

/// Many sketches as one.
mod heap;

pub use heap::Heap;

/// How far an answer may be off, as a share of it.
const ERROR: f64 = 0.01;
const FORMAT: u8 = 1;
/// More than any duration of 64 bits needs.
const BINS: u64 = 4_096;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sketch {
    zeros: u64,
    /// Bins and their counts, ascending; no count is zero.
    bins: Vec<(u16, u64)>,
}

fn ln_gamma() -> f64 {
    ((1.0 + ERROR) / (1.0 - ERROR)).ln()
}

impl Sketch {
    pub fn add(&mut self, value: u64) {
        if value == 0 {
            self.zeros = self.zeros.saturating_add(1);
        } else {
            self.add_to(bin_of(value), 1);
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.zeros = self.zeros.saturating_add(other.zeros);
        if self.bins.is_empty() {
            self.bins.clone_from(&other.bins);
            return;
        }
        let mut from = 0;
        for (bin, count) in &other.bins {
            from = self.add_after(from, *bin, *count);
        }
    }

    /// Merges what [`Self::to_bytes`] gave. Nothing when the bytes are not a sketch; then some of it may be in.
    pub fn merge_bytes(&mut self, bytes: &[u8]) -> Option<()> {
        let (format, mut left) = bytes.split_first()?;
        if *format != FORMAT {
            return None;
        }
        self.zeros = self.zeros.saturating_add(pull(&mut left)?);
        let (mut next, mut from) = (0_u64, 0);
        while !left.is_empty() {
            let bin = next.checked_add(pull(&mut left)?).filter(|bin| *bin < BINS)?;
            let count = pull(&mut left).filter(|count| *count > 0)?;
            from = self.add_after(from, u16::try_from(bin).ok()?, count);
            next = bin + 1;
        }
        Some(())
    }

    /// Adds to a bin that does not lie among the first `from`. Answers how many do not lie behind it.
    fn add_after(&mut self, from: usize, bin: u16, count: u64) -> usize {
        let found = self.bins[from..].binary_search_by_key(&bin, |(known, _)| *known);
        match found {
            Ok(at) => self.bins[from + at].1 = self.bins[from + at].1.saturating_add(count),
            Err(at) => self.bins.insert(from + at, (bin, count)),
        }
        from + found.unwrap_or_else(|at| at) + 1
    }

    fn add_to(&mut self, bin: u16, count: u64) {
        self.add_after(0, bin, count);
    }

    /// Bytes in memory beside itself.
    pub fn size(&self) -> usize {
        self.bins.capacity() * size_of::<(u16, u64)>()
    }

    pub fn count(&self) -> u64 {
        self.bins.iter().fold(self.zeros, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// The value below which a share of all lies, within 1 %; nothing of an empty sketch or another share
    /// than 0 to 1.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let count = self.count();
        if count == 0 || !(0.0..=1.0).contains(&share) {
            return None;
        }
        let rank = (share * (count - 1) as f64).floor() as u64;
        let mut below = self.zeros;
        if rank < below {
            return Some(0.0);
        }
        for (bin, count) in &self.bins {
            below = below.saturating_add(*count);
            if rank < below {
                return Some(middle(*bin));
            }
        }
        self.bins.last().map(|(bin, _)| middle(*bin))
    }

    /// How many values lie in the bin of one or below.
    pub fn count_to(&self, value: u64) -> u64 {
        let last = if value == 0 { 0 } else { bin_of(value) };
        let below = self.bins.iter().take_while(|(bin, _)| value > 0 && *bin <= last);
        below.fold(self.zeros, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// The used bins, ascending: number and count. Bin 0 also stands for values of zero.
    pub fn bins(&self) -> impl Iterator<Item = (u16, u64)> {
        let first = self.bins.first().filter(|(bin, _)| *bin == 0).map_or(0, |(_, count)| *count);
        let zeros = self.zeros.saturating_add(first);
        let others = self.bins.iter().filter(|(bin, _)| *bin > 0).copied();
        (zeros > 0).then_some((0, zeros)).into_iter().chain(others)
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        push(&mut bytes, self.zeros);
        let mut next = 0;
        for (bin, count) in &self.bins {
            push(&mut bytes, u64::from(*bin) - next);
            push(&mut bytes, *count);
            next = u64::from(*bin) + 1;
        }
        bytes
    }

    /// Nothing when the bytes are not a sketch.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (format, mut left) = bytes.split_first()?;
        if *format != FORMAT {
            return None;
        }
        let mut sketch = Self { zeros: pull(&mut left)?, bins: Vec::new() };
        let mut next = 0_u64;
        while !left.is_empty() {
            let bin = next.checked_add(pull(&mut left)?).filter(|bin| *bin < BINS)?;
            let count = pull(&mut left).filter(|count| *count > 0)?;
            sketch.bins.push((u16::try_from(bin).ok()?, count));
            next = bin + 1;
        }
        Some(sketch)
    }
}

/// The bin of a value that is not zero.
pub fn bin_of(value: u64) -> u16 {
    ((value as f64).ln() / ln_gamma()).ceil() as u16
}

/// The largest value of a bin.
pub fn upper(bin: u16) -> f64 {
    (f64::from(bin) * ln_gamma()).exp()
}

/// The value that is at most 1 % from any of its bin.
fn middle(bin: u16) -> f64 {
    let gamma = (1.0 + ERROR) / (1.0 - ERROR);
    2.0 * (f64::from(bin) * ln_gamma()).exp() / (gamma + 1.0)
}

fn push(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn pull(left: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = left.split_first()?;
        *left = rest;
        let part = u64::from(byte & 0x7f);
        if part << shift >> shift != part {
            return None;
        }
        value |= part << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests;
