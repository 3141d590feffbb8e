//! Rate, errors and durations of some spans.

use datafusion::common::Result;
use daymark_aggregate::Sketch;

use super::rows::RedRow;

/// A request that takes no longer satisfies; one that takes no longer than four times that is tolerated.
const SATISFIES_NS: u64 = 500_000_000;

#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) count: u64,
    pub(crate) errors: u64,
    pub(crate) sum_ns: u64,
    pub(crate) sketch: Sketch,
    /// Of the failed ones among them.
    pub(crate) failed: Sketch,
    /// Some failed ones are not told from others.
    pub(crate) is_mixed: bool,
}

impl Figures {
    pub(crate) fn add(&mut self, row: &RedRow<'_>) -> Result<()> {
        self.count += row.count;
        self.errors += row.errors;
        self.sum_ns = self.sum_ns.saturating_add(row.sum_ns);
        row.merge_into(&mut self.sketch)?;
        match row.errors {
            0 => Ok(()),
            errors if errors == row.count => row.merge_into(&mut self.failed),
            _ => {
                self.is_mixed = true;
                Ok(())
            }
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.errors += other.errors;
        self.sum_ns = self.sum_ns.saturating_add(other.sum_ns);
        self.sketch.merge(&other.sketch);
        self.failed.merge(&other.failed);
        self.is_mixed |= other.is_mixed;
    }

    pub(crate) fn size(&self) -> usize {
        size_of_val(self) + self.sketch.size() + self.failed.size()
    }

    pub(crate) fn quantile(&self, share: f64) -> Option<u64> {
        quantile(&self.sketch, share)
    }

    pub(crate) fn error_rate(&self) -> Option<f64> {
        error_rate(self.count, self.errors)
    }

    /// Satisfied requests and half of the tolerated ones, as a share; a failed one is neither.
    pub(crate) fn apdex(&self) -> Option<f64> {
        let up_to = |bound: u64| self.sketch.count_to(bound).saturating_sub(self.failed.count_to(bound));
        let (satisfied, tolerated) = (up_to(SATISFIES_NS), up_to(4 * SATISFIES_NS));
        (self.count > 0 && !self.is_mixed).then(|| (satisfied + tolerated) as f64 / 2.0 / self.count as f64)
    }
}

pub(crate) fn quantile(sketch: &Sketch, share: f64) -> Option<u64> {
    sketch.quantile(share).map(|ns| ns as u64)
}

pub(crate) fn error_rate(count: u64, errors: u64) -> Option<f64> {
    (count > 0).then(|| errors as f64 / count as f64)
}

pub(crate) fn rate(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
}
