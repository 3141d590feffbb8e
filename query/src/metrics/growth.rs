//! What was counted between two points: the rules of temporality, of resets and of accumulations that begin.

/// A point of a series whose values add up.
pub(super) trait Counted {
    type Amount;

    fn time(&self) -> i64;
    /// When the accumulation began, where it is told.
    fn start(&self) -> Option<i64>;
    /// All that it counts.
    fn whole(&self) -> Self::Amount;
    /// What it counts more than an earlier point; none when it has fallen.
    fn since(&self, before: &Self) -> Option<Self::Amount>;
}

/// What an amount was counted in: after `from`, up to and with `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) from: i64,
    pub(super) to: i64,
}

/// The growth of a series by its points, which stand in the order of time and begin at `read_from`.
pub(super) fn growth<P: Counted>(
    points: &[P],
    is_delta: bool,
    read_from: i64,
    mut each: impl FnMut(Interval, P::Amount),
) {
    let mut before: Option<&P> = None;
    for point in points {
        let to = point.time();
        let start = point.start().filter(|start| *start < to);
        if is_delta {
            each(Interval { from: start.unwrap_or(to), to }, point.whole());
            continue;
        }
        match before {
            // What an accumulation counted that began before anything was read is not known.
            None => {
                if let Some(from) = start.filter(|start| *start >= read_from) {
                    each(Interval { from, to }, point.whole());
                }
            }
            Some(before) if is_restarted(before, point) => {
                if let Some(from) = start {
                    each(Interval { from, to }, point.whole());
                }
            }
            Some(before) => {
                let amount = point.since(before).unwrap_or_else(|| point.whole());
                each(Interval { from: before.time(), to }, amount);
            }
        }
        before = Some(point);
    }
}

/// Whether the sender tells of another accumulation, which began after the earlier point.
fn is_restarted<P: Counted>(before: &P, point: &P) -> bool {
    point.start() != before.start() && point.start().is_some_and(|start| start >= before.time())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Point(i64, Option<i64>, f64);

    impl Counted for Point {
        type Amount = f64;

        fn time(&self) -> i64 {
            self.0
        }

        fn start(&self) -> Option<i64> {
            self.1
        }

        fn whole(&self) -> f64 {
            self.2
        }

        fn since(&self, before: &Self) -> Option<f64> {
            (self.2 >= before.2).then_some(self.2 - before.2)
        }
    }

    fn of(points: &[Point], is_delta: bool) -> Vec<(i64, i64, f64)> {
        let mut found = Vec::new();
        growth(points, is_delta, 10, |interval, amount| found.push((interval.from, interval.to, amount)));
        found
    }

    #[test]
    fn an_accumulation_is_told_by_differences() {
        let points = [Point(20, Some(0), 5.0), Point(30, Some(0), 8.0), Point(50, Some(0), 8.0)];
        assert_eq!(of(&points, false), [(20, 30, 3.0), (30, 50, 0.0)]);
        // One that begins while it is read is known from its first point on.
        let points = [Point(20, Some(12), 5.0), Point(30, Some(12), 8.0)];
        assert_eq!(of(&points, false), [(12, 20, 5.0), (20, 30, 3.0)]);
    }

    #[test]
    fn an_accumulation_begins_again() {
        // Told by its start, although the value has not fallen.
        let points = [Point(20, Some(0), 5.0), Point(40, Some(25), 7.0)];
        assert_eq!(of(&points, false), [(25, 40, 7.0)]);
        // Told by the value alone.
        let points = [Point(20, None, 5.0), Point(40, None, 2.0)];
        assert_eq!(of(&points, false), [(20, 40, 2.0)]);
        // A point that only says where counting begins counts nothing itself.
        let points = [Point(20, Some(20), 5.0), Point(30, Some(20), 8.0), Point(40, Some(40), 9.0)];
        assert_eq!(of(&points, false), [(20, 30, 3.0)]);
    }

    #[test]
    fn a_delta_stands_for_itself() {
        let points = [Point(20, Some(10), 5.0), Point(30, None, 2.0)];
        assert_eq!(of(&points, true), [(10, 20, 5.0), (30, 30, 2.0)]);
    }
}
