//! Lines and areas as the `d` of an SVG path; where a value is missing the line is broken.

use crate::scale::Linear;

/// A line through the values, evenly from left to right.
pub fn line(values: &[Option<f64>], x: Linear, y: Linear) -> String {
    let mut path = String::with_capacity(values.len() * 10);
    for run in runs(values) {
        for (step, (at, value)) in run.iter().enumerate() {
            point(&mut path, if step == 0 { 'M' } else { 'L' }, x.place(*at as f64), y.place(*value));
        }
        if let [(at, value)] = run[..] {
            // A value between two gaps is a dot that round caps make visible.
            point(&mut path, 'L', x.place(at as f64) + 0.01, y.place(value));
        }
    }
    path
}

/// The same, closed down to zero.
pub fn area(values: &[Option<f64>], x: Linear, y: Linear) -> String {
    let mut path = String::with_capacity(values.len() * 12);
    for run in runs(values) {
        let (Some((first, _)), Some((last, _))) = (run.first(), run.last()) else { continue };
        point(&mut path, 'M', x.place(*first as f64), y.place(0.0));
        for (at, value) in &run {
            point(&mut path, 'L', x.place(*at as f64), y.place(*value));
        }
        point(&mut path, 'L', x.place(*last as f64), y.place(0.0));
        path.push('Z');
    }
    path
}

/// Neighbours that all have a value, with their places.
fn runs(values: &[Option<f64>]) -> Vec<Vec<(usize, f64)>> {
    let mut runs = vec![Vec::new()];
    for (at, value) in values.iter().enumerate() {
        match value.filter(|value| value.is_finite()) {
            Some(value) => {
                if let Some(run) = runs.last_mut() {
                    run.push((at, value));
                }
            }
            None => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

fn point(path: &mut String, verb: char, x: f64, y: f64) {
    path.push_str(&format!("{verb}{x:.1} {y:.1}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: Linear = Linear { values: (0.0, 4.0), places: (0.0, 40.0) };
    const Y: Linear = Linear { values: (0.0, 10.0), places: (20.0, 0.0) };

    #[test]
    fn a_missing_value_breaks_the_line() {
        let values = [Some(0.0), Some(5.0), None, Some(10.0), Some(10.0)];
        assert_eq!(line(&values, X, Y), "M0.0 20.0L10.0 10.0M30.0 0.0L40.0 0.0");
        assert_eq!(area(&values[..3], X, Y), "M0.0 20.0L0.0 20.0L10.0 10.0L10.0 20.0Z");
        assert_eq!(line(&[None, Some(5.0), Some(f64::NAN)], X, Y), "M10.0 10.0L10.0 10.0");
    }
}
