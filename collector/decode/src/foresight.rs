//! How much of a body is still to come, told from time to time by what was read of it.
//!
//! Columns that grow by doubling touch twice the memory they need, and keep up to half of it unused for as long
//! as their rows are buffered. The records of a body are much alike: after the first ones the columns reserve
//! what the rest will need, and again when more is known.

/// When to tell, in parts of the body.
const WHEN: [usize; 4] = [1, 4, 8, 12];
const PARTS: usize = 16;
/// What is reserved for each that is expected.
const MARGIN: f64 = 1.1;

/// Watches a body being read.
#[derive(Debug)]
pub(crate) struct Foresight<'a> {
    body: &'a [u8],
    told: usize,
}

/// What is still to come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rest {
    bytes: usize,
    /// How many times as much as was read so far.
    times: f64,
}

impl<'a> Foresight<'a> {
    pub(crate) fn of(body: &'a [u8]) -> Self {
        Self { body, told: 0 }
    }

    /// Notes that a record of the body was read.
    #[inline]
    pub(crate) fn read(&mut self, record: &[u8]) -> Option<Rest> {
        let read = record.as_ptr_range().end.addr().saturating_sub(self.body.as_ptr().addr());
        let is_due = |when: &usize| read * PARTS >= self.body.len() * when;
        WHEN.get(self.told).filter(|when| is_due(when))?;
        self.told = WHEN.iter().take_while(|when| is_due(when)).count();
        let bytes = self.body.len().saturating_sub(read);
        Some(Rest { bytes, times: bytes as f64 / read.max(1) as f64 })
    }
}

impl Rest {
    /// What comes after so much; never more than there are bytes, whatever a sender makes us expect.
    pub(crate) fn after(self, so_far: usize) -> usize {
        ((so_far as f64 * self.times * MARGIN) as usize).min(self.bytes)
    }

    pub(crate) fn reserve<T>(self, column: &mut Vec<T>) {
        column.reserve_exact(self.after(column.len()));
    }
}

#[cfg(test)]
mod tests;
