//! A range of time in equal steps that begin at round instants, so that a value does not change because a
//! window moved.

use std::ops::Range as Span;

use daymark_model::time::Nanos;
use daymark_view::range::Range;

const SECONDS: [i64; 18] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400];
const DAY: i128 = 86_400_000_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Steps {
    pub(super) t0: i64,
    pub(super) step: i64,
    pub(super) len: usize,
}

impl Steps {
    /// As many steps as cover the range, but not more than `most`. One step is the range itself.
    pub(super) fn over(range: Range, most: usize) -> Self {
        let (from, to) = (i128::from(range.from.0), i128::from(range.to.0));
        if most <= 1 || to <= from {
            return Self { t0: range.from.0, step: held(to - from).max(1), len: usize::from(to > from) };
        }
        let steps = |step: i128| {
            let t0 = from.div_euclid(step) * step;
            (t0, (to - t0 + step - 1) / step)
        };
        let round = SECONDS.iter().map(|seconds| i128::from(*seconds) * i128::from(Nanos::SECOND));
        // One step more than fits into the range may be touched by it.
        let days = ((to - from) / (most as i128 - 1) / DAY + 1) * DAY;
        let step = round.chain([days]).find(|step| steps(*step).1 <= most as i128).unwrap_or(days);
        let (t0, len) = steps(step);
        Self { t0: held(t0), step: held(step), len: usize::try_from(len).unwrap_or_default() }
    }

    /// The instant after the last step.
    pub(super) fn end(&self) -> i64 {
        self.begin(self.len)
    }

    /// Where a step begins.
    pub(super) fn begin(&self, at: usize) -> i64 {
        held(i128::from(self.t0) + i128::from(self.step) * at as i128)
    }

    /// The step of an instant.
    pub(super) fn of(&self, instant: i64) -> Option<usize> {
        let at = (i128::from(instant) - i128::from(self.t0)).div_euclid(i128::from(self.step));
        usize::try_from(at).ok().filter(|at| *at < self.len)
    }

    /// The steps that an interval has a part in, each with its share; all of what happened at one instant is in
    /// the step of that instant.
    pub(super) fn shares(&self, from: i64, to: i64) -> impl Iterator<Item = (usize, f64)> {
        let is_instant = to <= from;
        let width = to.saturating_sub(from) as f64;
        let touched =
            if is_instant { self.of(to).map_or(0..0, |at| at..at + 1) } else { self.touched(from, to) };
        let steps = *self;
        touched.map(move |at| {
            if is_instant {
                return (at, 1.0);
            }
            let inside = to.min(steps.begin(at + 1)).saturating_sub(from.max(steps.begin(at)));
            (at, inside as f64 / width)
        })
    }

    /// The steps that `from < t <= to` reaches into.
    fn touched(&self, from: i64, to: i64) -> Span<usize> {
        if to <= self.t0 || from >= self.end() {
            return 0..0;
        }
        let first = self.of(from).unwrap_or_default();
        first..self.of(to.saturating_sub(1)).map_or(self.len, |last| last + 1)
    }
}

/// An instant, held at the ends of time.
fn held(instant: i128) -> i64 {
    i64::try_from(instant).unwrap_or(if instant < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = Nanos::SECOND;

    fn over(from: i64, to: i64, most: usize) -> Steps {
        Steps::over(Range { from: Nanos(from * S), to: Nanos(to * S) }, most)
    }

    #[test]
    fn steps_are_round_and_as_many_as_asked_for() {
        assert_eq!(over(7, 3_607, 60), Steps { t0: 0, step: 120 * S, len: 31 });
        assert_eq!(over(0, 3_600, 60), Steps { t0: 0, step: 60 * S, len: 60 });
        assert_eq!(over(7, 3_607, 1), Steps { t0: 7 * S, step: 3_600 * S, len: 1 });
        assert_eq!(over(5, 5, 10).len, 0);
        for most in 2..40 {
            let steps = over(1, 90_000_003, most);
            assert!(steps.len <= most && steps.t0 <= S && steps.end() >= 90_000_003 * S, "{most}: {steps:?}");
        }
    }

    #[test]
    fn shares_of_an_interval_are_the_whole() {
        let steps = over(0, 60, 6);
        let shares = |from: i64, to: i64| steps.shares(from * S, to * S).collect::<Vec<_>>();
        assert_eq!(shares(5, 15), [(0, 0.5), (1, 0.5)]);
        assert_eq!(shares(-10, 10), [(0, 0.5)]);
        assert_eq!(shares(55, 65), [(5, 0.5)]);
        assert_eq!(shares(10, 20), [(1, 1.0)]);
        assert_eq!(shares(20, 20), [(2, 1.0)]);
        assert_eq!((shares(60, 70), shares(-5, 0), shares(60, 60)), (vec![], vec![], vec![]));
    }
}
