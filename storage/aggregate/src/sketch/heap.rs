//! Many sketches poured together: counts of all bins between the least and the most, so that each bin of each
//! sketch costs an addition. Some 4 KiB for durations between a millisecond and a minute.

use super::{BINS, FORMAT, Sketch, pull};

#[derive(Clone, Debug, Default)]
pub struct Heap {
    zeros: u64,
    /// The bin of the first count.
    first: usize,
    counts: Vec<u64>,
}

impl Heap {
    /// Adds what [`Sketch::to_bytes`] gave. Nothing when the bytes are not a sketch; then some of it may be in.
    pub fn add_bytes(&mut self, bytes: &[u8]) -> Option<()> {
        let (format, mut left) = bytes.split_first()?;
        if *format != FORMAT {
            return None;
        }
        self.zeros = self.zeros.saturating_add(pull(&mut left)?);
        let mut next = 0_u64;
        while !left.is_empty() {
            let bin = next.checked_add(pull(&mut left)?).filter(|bin| *bin < BINS)?;
            let count = pull(&mut left).filter(|count| *count > 0)?;
            let place = self.place(bin as usize);
            *place = place.saturating_add(count);
            next = bin + 1;
        }
        Some(())
    }

    fn place(&mut self, bin: usize) -> &mut u64 {
        if self.counts.is_empty() {
            self.first = bin;
        }
        if bin < self.first {
            self.counts.splice(..0, std::iter::repeat_n(0, self.first - bin));
            self.first = bin;
        }
        let at = bin - self.first;
        if at >= self.counts.len() {
            self.counts.resize(at + 1, 0);
        }
        &mut self.counts[at]
    }

    pub fn sketch(&self) -> Sketch {
        let used = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        let bins = used.map(|(at, count)| ((self.first + at) as u16, *count)).collect();
        Sketch { zeros: self.zeros, bins }
    }

    /// Bytes in memory beside itself.
    pub fn size(&self) -> usize {
        self.counts.capacity() * size_of::<u64>()
    }
}
