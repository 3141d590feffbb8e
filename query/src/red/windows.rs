//! Ranges of time in whole buckets, and equal steps of them.

use std::ops::Range;

use daymark_model::time::Nanos;
use daymark_view::meta::Buckets;
use daymark_view::range;

/// The buckets that begin in a range. The last one may not be over yet.
pub(crate) fn buckets(range: range::Range, step_s: i32, now: Nanos) -> Buckets {
    let step = i64::from(step_s) * Nanos::SECOND;
    let up = |at: Nanos| Nanos(at.0.saturating_add(step - 1)).floor(step);
    let from = up(range.from);
    let to = up(range.to).min(range.to.max(now)).max(from);
    Buckets { from, to, step_s }
}

/// The window of the same width before.
pub(crate) fn before(range: range::Range) -> range::Range {
    range::Range { from: Nanos(range.from.0.saturating_sub(range.width_ns())), to: range.from }
}

pub(crate) fn seconds(buckets: &Buckets) -> f64 {
    buckets.to.0.saturating_sub(buckets.from.0) as f64 / 1e9
}

pub(crate) fn starts(buckets: &Buckets) -> Range<i64> {
    buckets.from.0..buckets.to.0
}

/// What sums over the buckets depend on; the last of them counts whole.
pub(crate) fn key(buckets: &Buckets) -> String {
    let step = i64::from(buckets.step_s) * Nanos::SECOND;
    format!("{} {}", buckets.from.0, Nanos(buckets.to.0.saturating_add(step - 1)).floor(step).0)
}

/// Equal steps of whole buckets; the last one may be shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Steps {
    pub(crate) buckets: Buckets,
    pub(crate) step_ns: i64,
    pub(crate) len: usize,
}

impl Steps {
    /// So many steps, at most.
    pub(crate) fn of(buckets: Buckets, most: usize) -> Self {
        let bucket = i64::from(buckets.step_s) * Nanos::SECOND;
        let up = |whole: i64, part: i64| whole / part + i64::from(whole % part > 0);
        let width = buckets.to.0.saturating_sub(buckets.from.0);
        let step_ns = up(up(width, bucket), most.max(1) as i64).max(1) * bucket;
        Self { buckets, step_ns, len: usize::try_from(up(width, step_ns)).unwrap_or_default() }
    }

    /// The step of a bucket.
    pub(crate) fn at(&self, bucket: i64) -> Option<usize> {
        let is_inside = starts(&self.buckets).contains(&bucket);
        let step = || usize::try_from((bucket - self.buckets.from.0) / self.step_ns).ok();
        is_inside.then(step).flatten()
    }

    pub(crate) fn start(&self, step: usize) -> Nanos {
        Nanos(self.buckets.from.0 + step as i64 * self.step_ns)
    }

    /// How long a step is.
    pub(crate) fn seconds(&self, step: usize) -> f64 {
        let left = self.buckets.to.0 - self.start(step).0;
        left.min(self.step_ns).max(0) as f64 / 1e9
    }
}
