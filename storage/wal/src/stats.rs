//! Numbers about the log. Written by the writer and the replay, read by anybody at any time.

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use daymark_model::id::Lsn;

/// The log in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Bytes of the files that hold records, as allocated.
    pub bytes: u64,
    pub files: usize,
    /// Files that wait to be used again.
    pub spare_files: usize,
    /// The highest number that is on disk.
    pub durable: Lsn,
    /// The number the next record gets.
    pub next: Lsn,
    pub queue_records: usize,
    pub queue_bytes: usize,
    pub syncs: u64,
    pub sync_total: Duration,
    pub sync_p50: Duration,
    pub sync_p99: Duration,
    /// Files that were given up because a write or sync failed.
    pub poisoned_files: u64,
    /// Records that the replay found damaged.
    pub corrupt_records: u64,
}

/// Steps of the histogram: four to a doubling, from 16 µs to about 15 minutes.
const STEPS: usize = 4 * 26;

/// What is counted while the log runs.
#[derive(Debug)]
pub(crate) struct Counters {
    pub(crate) durable: AtomicU64,
    pub(crate) poisoned_files: AtomicU64,
    pub(crate) corrupt_records: AtomicU64,
    sync_nanos: AtomicU64,
    syncs: [AtomicU64; STEPS],
}

impl Counters {
    pub(crate) fn new(durable: Lsn) -> Self {
        Self {
            durable: AtomicU64::new(durable.0),
            poisoned_files: AtomicU64::new(0),
            corrupt_records: AtomicU64::new(0),
            sync_nanos: AtomicU64::new(0),
            syncs: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    pub(crate) fn count_sync(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.sync_nanos.fetch_add(nanos, Ordering::Relaxed);
        let step = (0..STEPS).find(|step| took <= upper_bound(*step)).unwrap_or(STEPS - 1);
        self.syncs[step].fetch_add(1, Ordering::Relaxed);
    }

    /// Count, total, median and 99th percentile of the syncs so far; percentiles at most a quarter too high.
    pub(crate) fn syncs(&self) -> (u64, Duration, Duration, Duration) {
        let counts: Vec<u64> = self.syncs.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        let total: u64 = counts.iter().sum();
        let percentile = |percent: u64| {
            let rank = (total * percent).div_ceil(100).max(1);
            let mut seen = 0;
            let step = counts.iter().position(|count| {
                seen += count;
                seen >= rank
            });
            step.map_or(Duration::ZERO, upper_bound)
        };
        let spent = Duration::from_nanos(self.sync_nanos.load(Ordering::Relaxed));
        (total, spent, percentile(50), percentile(99))
    }
}

/// The longest time that counts in a step.
fn upper_bound(step: usize) -> Duration {
    let quarter = u32::try_from(step % 4).unwrap_or(0);
    Duration::from_micros(4 << (step / 4)) * (4 + quarter)
}
