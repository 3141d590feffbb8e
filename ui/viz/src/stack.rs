//! Counts over time as bars that stand on each other.

use crate::scale::Linear;

/// The highest bar.
pub fn most(series: &[Vec<u64>]) -> u64 {
    let steps = series.iter().map(Vec::len).max().unwrap_or_default();
    (0..steps).map(|step| total(series, step)).max().unwrap_or_default()
}

/// What stands in one step.
pub fn total(series: &[Vec<u64>], step: usize) -> u64 {
    series.iter().filter_map(|counts| counts.get(step)).sum()
}

/// One path for each series, the first at the top. `x` takes steps to places.
pub fn paths(series: &[Vec<u64>], x: Linear, y: Linear, gap: f64) -> Vec<String> {
    let steps = series.iter().map(Vec::len).max().unwrap_or_default();
    let mut paths = vec![String::new(); series.len()];
    let wide = (x.place(1.0) - x.place(0.0) - gap).max(0.8);
    for step in 0..steps {
        let left = x.place(step as f64);
        let mut below = 0_u64;
        for (at, counts) in series.iter().enumerate().rev() {
            let count = counts.get(step).copied().unwrap_or_default();
            if count == 0 {
                continue;
            }
            let (bottom, top) = (y.place(below as f64), y.place((below + count) as f64));
            // One line among a million is still a line.
            let high = (bottom - top).max(1.0);
            paths[at].push_str(&format!("M{left:.1} {:.1}h{wide:.1}v{high:.1}h-{wide:.1}z", bottom - high));
            below += count;
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_series_stands_on_the_ground() {
        let series = [vec![1, 0], vec![3, 2]];
        assert_eq!((most(&series), total(&series, 1)), (4, 2));
        let x = Linear { values: (0.0, 2.0), places: (0.0, 20.0) };
        let y = Linear { values: (0.0, 4.0), places: (40.0, 0.0) };
        let paths = paths(&series, x, y, 1.0);
        assert_eq!(paths[0], "M0.0 0.0h9.0v10.0h-9.0z");
        assert_eq!(paths[1], "M0.0 10.0h9.0v30.0h-9.0zM10.0 20.0h9.0v20.0h-9.0z");
    }
}
