//! The exact sum of how many spans each span stands for. A sum of doubles would depend on the order of adding,
//! and the files with sums are made anew from the rows to prove them.

/// One in these units: doubles from one on are multiples of them.
const ONE: f64 = (1_u64 << 52) as f64;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Adjusted(u128);

impl Adjusted {
    /// What is no number, or below zero, stands for nothing.
    pub(crate) fn add(&mut self, count: f64) {
        self.merge(Self((count * ONE).round() as u128));
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
    }

    pub(crate) fn to_f64(self) -> f64 {
        self.0 as f64 / ONE
    }
}
