//! What was measured: the level of a series in each step. A level holds until the next point, but not for
//! ever, and not beyond a point that says there is no value.

use super::number::Number;
use super::steps::Steps;

/// How long a level holds.
pub(super) const HOLD_NS: i64 = 300_000_000_000;

/// The level of one series in one step: of the points in it, else the one that holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Level {
    pub(super) at: usize,
    pub(super) values: Vec<f64>,
    /// When the last of them was measured.
    pub(super) time: i64,
    /// No point lies in the step.
    pub(super) is_held: bool,
}

impl Level {
    pub(super) fn mean(&self) -> f64 {
        self.values.iter().sum::<f64>() / self.values.len() as f64
    }

    pub(super) fn last(&self) -> Option<f64> {
        self.values.last().copied()
    }
}

/// The levels of a series by its points in the order of time; `holds` until `now` at the latest.
pub(super) fn levels(points: &[Number], steps: &Steps, holds: Option<i64>) -> Vec<Level> {
    let mut levels: Vec<Level> = Vec::new();
    let mut last: Option<&Number> = None;
    let mut at = 0;
    for point in points {
        if point.time >= steps.begin(at) {
            let reached = steps.of(point.time).unwrap_or(steps.len);
            hold(&mut levels, last, at..reached, steps, holds);
            at = reached;
        }
        if at >= steps.len {
            return levels;
        }
        let is_inside = point.time >= steps.t0;
        match levels.last_mut().filter(|level| level.at == at) {
            _ if !is_inside || point.value.is_nan() => {}
            Some(level) => {
                level.values.push(point.value);
                level.time = point.time;
            }
            None => {
                levels.push(Level { at, values: vec![point.value], time: point.time, is_held: false });
            }
        }
        last = Some(point);
    }
    hold(&mut levels, last, at..steps.len, steps, holds);
    levels
}

/// Steps without points from the one of the last point on.
fn hold(
    levels: &mut Vec<Level>,
    last: Option<&Number>,
    span: std::ops::Range<usize>,
    steps: &Steps,
    holds: Option<i64>,
) {
    let (Some(last), Some(now)) = (last.filter(|last| !last.value.is_nan()), holds) else { return };
    for at in span {
        let begin = steps.begin(at);
        if begin >= now || begin >= last.time.saturating_add(HOLD_NS) {
            return;
        }
        if levels.last().is_none_or(|level| level.at < at) && begin > last.time {
            levels.push(Level { at, values: vec![last.value], time: last.time, is_held: true });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000_000;

    fn of(points: &[(i64, f64)], len: usize) -> Vec<(usize, Vec<f64>, bool)> {
        let number = |(time, value): &(i64, f64)| Number {
            time: time * S,
            start: None,
            value: *value,
            is_monotonic: false,
        };
        let points: Vec<Number> = points.iter().map(number).collect();
        let steps = Steps { t0: 0, step: 60 * S, len };
        let levels = levels(&points, &steps, Some(100_000 * S));
        levels.into_iter().map(|level| (level.at, level.values, level.is_held)).collect()
    }

    #[test]
    fn points_of_a_step_stand_together() {
        assert_eq!(
            of(&[(0, 1.0), (59, 2.0), (60, 3.0)], 2),
            [(0, vec![1.0, 2.0], false), (1, vec![3.0], false)]
        );
    }

    #[test]
    fn a_level_holds_for_five_minutes() {
        let held = |at| (at, vec![7.0], true);
        // Steps that begin within five minutes of the point.
        assert_eq!(of(&[(-60, 7.0)], 9), (0..4).map(held).collect::<Vec<_>>());
        assert_eq!(of(&[(30, 7.0)], 9)[1..], (1..6).map(held).collect::<Vec<_>>());
        assert_eq!(of(&[(30, 7.0), (130, 8.0)], 3)[1..], [held(1), (2, vec![8.0], false)]);
    }

    #[test]
    fn a_point_without_a_value_ends_a_level() {
        assert_eq!(of(&[(30, 7.0), (50, f64::NAN)], 9), [(0, vec![7.0], false)]);
        assert_eq!(of(&[(30, 7.0), (70, f64::NAN)], 9), [(0, vec![7.0], false)]);
        assert_eq!(of(&[(-30, f64::NAN)], 9), []);
    }
}
