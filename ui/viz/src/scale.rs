//! Where a value lies on an axis, and what stands on the axis.

use daymark_model::time::Nanos;

use crate::clock::{Civil, Offset};

/// From values to places in between two ends, evenly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Linear {
    pub values: (f64, f64),
    pub places: (f64, f64),
}

impl Linear {
    pub fn place(&self, value: f64) -> f64 {
        let (low, high) = self.values;
        let (start, end) = self.places;
        let share = if high > low { (value - low) / (high - low) } else { 0.0 };
        start + share * (end - start)
    }

    /// The value at a place.
    pub fn value(&self, place: f64) -> f64 {
        let (low, high) = self.values;
        let (start, end) = self.places;
        let share = if end == start { 0.0 } else { (place - start) / (end - start) };
        low + share * (high - low)
    }
}

/// From positive values to places, each power of ten as wide as the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Log {
    pub values: (f64, f64),
    pub places: (f64, f64),
}

impl Log {
    fn linear(&self) -> Linear {
        let (low, high) = self.values;
        Linear { values: (low.max(1e-9).ln(), high.max(1e-9).ln()), places: self.places }
    }

    pub fn place(&self, value: f64) -> f64 {
        self.linear().place(value.max(1e-9).ln())
    }

    pub fn value(&self, place: f64) -> f64 {
        self.linear().value(place).exp()
    }

    /// Powers of ten within the values.
    pub fn ticks(&self) -> Vec<f64> {
        let first = self.values.0.max(1e-9).log10().ceil() as i32;
        let last = self.values.1.max(1e-9).log10().floor() as i32;
        (first..=last).map(|power| 10_f64.powi(power)).collect()
    }
}

/// The end of an axis that begins at zero, and its lines: two or three steps of 1, 2, 2.5 or 5.
pub fn from_zero(most: f64) -> (f64, Vec<f64>) {
    if most.is_nan() || most <= 0.0 {
        return (1.0, vec![0.0, 1.0]);
    }
    let rough = most / 2.0;
    let power = 10_f64.powf(rough.log10().floor());
    let steps = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 8.0, 10.0];
    let step = steps.iter().map(|step| step * power).find(|step| step * 2.0 >= most * 0.999);
    let step = step.unwrap_or(power * 10.0);
    (step * 2.0, vec![0.0, step, step * 2.0])
}

/// The value that takes the whole width of a column of bars: the largest, unless a few are so much larger that
/// all others would be slivers; those then end at the edge.
pub fn full_width(values: impl IntoIterator<Item = i64>) -> i64 {
    let mut values: Vec<i64> = values.into_iter().collect();
    values.sort_unstable();
    let most = values.last().copied().unwrap_or(1).max(1);
    let usual = values.get(values.len() * 19 / 20).copied().unwrap_or(most).max(1);
    if most / usual >= 3 { usual.saturating_mul(2) } else { most }
}

/// Round instants on an axis with room for about `most` labels, and their texts.
pub fn clock_ticks(from: Nanos, to: Nanos, most: usize, offset: Offset) -> Vec<(Nanos, String)> {
    let width = to.0.saturating_sub(from.0);
    if width <= 0 || most == 0 {
        return Vec::new();
    }
    let second = Nanos::SECOND;
    let steps =
        [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400];
    let days = [2, 7, 14, 28, 91, 365].map(|days| days * 86_400);
    let step =
        steps.into_iter().chain(days).map(|step| step * second).find(|step| width / step <= most as i64);
    let Some(step) = step else { return Vec::new() };
    let shift = i64::from(offset.0) * 60 * second;
    let first = (from.0.saturating_add(shift)).div_euclid(step) * step - shift;
    let all = (0..).map(|at| Nanos(first + at * step)).skip_while(|at| *at < from).take_while(|at| *at <= to);
    all.map(|at| (at, tick_text(Civil::of(at, offset), step))).collect()
}

fn tick_text(civil: Civil, step: i64) -> String {
    let is_midnight = civil.hour == 0 && civil.minute == 0 && civil.second == 0;
    match step {
        step if step < Nanos::MINUTE => civil.hms(),
        _ if is_midnight => civil.month_day(),
        _ => civil.hm(),
    }
}

/// Round durations from zero to `width`, about `most` of them: the head of a waterfall.
pub fn duration_ticks(from: i64, to: i64, most: usize) -> Vec<i64> {
    let width = to.saturating_sub(from);
    if width <= 0 || most == 0 {
        return Vec::new();
    }
    let rough = (width as f64 / most as f64).max(1.0);
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .iter()
        .map(|step| (step * power) as i64)
        .find(|step| *step as f64 >= rough);
    let step = step.unwrap_or(width).max(1);
    let first = from.div_euclid(step) * step;
    (0..).map(|at| first + at * step).skip_while(|at| *at < from).take_while(|at| *at <= to).collect()
}

/// Places that are too near each other to be hit one by one, as groups of their numbers: the first of a group
/// is at least `least` after the first of the one before.
pub fn together(places: &[f64], least: f64) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by(|one, other| places[*one].total_cmp(&places[*other]));
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for at in order {
        match groups.last_mut() {
            Some(group) if places[at] - places[group[0]] < least => group.push(at),
            _ => groups.push(vec![at]),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_near_is_one_group() {
        assert_eq!(together(&[50.0, 10.0, 11.5, 12.1, 99.0], 2.0), [vec![1, 2], vec![3], vec![0], vec![4]]);
        assert_eq!(together(&[], 2.0), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn axes_from_zero_end_at_a_round_value() {
        assert_eq!(from_zero(2_140.0), (3_000.0, vec![0.0, 1_500.0, 3_000.0]));
        assert_eq!(from_zero(0.0134).0, 0.016);
        assert_eq!(from_zero(0.0), (1.0, vec![0.0, 1.0]));
        for most in [0.003, 0.7, 1.0, 7.3, 9.99, 10.0, 412.0, 123_456.0] {
            let (end, ticks) = from_zero(most);
            assert!(end >= most * 0.999 && end <= most * 2.1, "{most} ends at {end}");
            assert_eq!(ticks.len(), 3);
        }
    }

    #[test]
    fn a_few_long_bars_do_not_make_slivers_of_the_rest() {
        assert_eq!(full_width([100, 250, 180]), 250);
        assert_eq!(full_width((0..99).map(|at| 50 + at).chain([9_000])), 290);
        assert_eq!(full_width([]), 1);
    }

    #[test]
    fn places_and_values_are_inverse() {
        let linear = Linear { values: (2.0, 12.0), places: (100.0, 0.0) };
        assert_eq!((linear.place(2.0), linear.place(12.0), linear.value(50.0)), (100.0, 0.0, 7.0));
        let log = Log { values: (1e6, 1e10), places: (0.0, 4.0) };
        assert!((log.place(1e8) - 2.0).abs() < 1e-9 && (log.value(1.0) - 1e7).abs() < 1.0);
        assert_eq!(log.ticks(), [1e6, 1e7, 1e8, 1e9, 1e10]);
    }

    #[test]
    fn clock_ticks_are_round_in_the_zone_shown() {
        let from = Nanos(1_774_932_000 * Nanos::SECOND);
        let ticks = clock_ticks(from, from.plus(Nanos::HOUR), 6, Offset(330));
        let texts: Vec<&str> = ticks.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["10:10", "10:20", "10:30", "10:40", "10:50", "11:00", "11:10"]);
        assert!(clock_ticks(from, from, 6, Offset(0)).is_empty());
    }

    #[test]
    fn durations_on_an_axis_are_round() {
        assert_eq!(duration_ticks(0, 1_920, 8), [0, 250, 500, 750, 1_000, 1_250, 1_500, 1_750]);
        assert_eq!(duration_ticks(0, 3, 8), [0, 1, 2, 3]);
        assert!(duration_ticks(5, 5, 8).is_empty());
    }
}
