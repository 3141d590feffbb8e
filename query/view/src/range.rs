//! A half-open range of time: from the first instant up to, not including, the second.

use daymark_model::time::Nanos;

/// `from <= t < to`. Whoever makes one has checked that `from` is not after `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub from: Nanos,
    pub to: Nanos,
}

impl Range {
    /// All of time.
    pub const ALL: Self = Self { from: Nanos(i64::MIN), to: Nanos(i64::MAX) };

    /// The range every question has that names none: the last hour.
    pub fn last_hour(now: Nanos) -> Self {
        Self { from: now.plus(-Nanos::HOUR), to: now }
    }

    /// The width in nanoseconds, held at the largest integer.
    pub fn width_ns(self) -> i64 {
        self.to.0.saturating_sub(self.from.0)
    }
}
