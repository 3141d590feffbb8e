//! Many durations, and their quantiles. All are kept, so a quantile is a value that was really seen.

use std::time::Duration;

#[derive(Clone, Debug, Default)]
pub struct Samples {
    taken: Vec<Duration>,
}

impl Samples {
    pub fn add(&mut self, sample: Duration) {
        self.taken.push(sample);
    }

    pub fn merge(&mut self, mut other: Self) {
        self.taken.append(&mut other.taken);
    }

    pub fn len(&self) -> usize {
        self.taken.len()
    }

    pub fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }

    /// The smallest sample that at least `share` of all do not exceed, in milliseconds.
    pub fn quantile_ms(&self, share: f64) -> Option<f64> {
        let mut sorted = self.taken.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() as f64 * share).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).map(|sample| sample.as_secs_f64() * 1e3)
    }
}

#[cfg(test)]
mod tests;
