//! A heatmap of durations over time: which cell is how dark, which is tinted as failed, where a box lies, and
//! the cells as few paths.

use daymark_model::time::Nanos;
use daymark_view::distribution::Heatmap;
use daymark_view::range::Range;
use daymark_view::spans::SpanHeatmap;
use daymark_view::traces::Area;

use crate::scale::{Linear, Log};

/// Steps of the ramp, and of the tint of failed cells.
pub const SHADES: usize = 7;
pub const TINTS: usize = 5;
/// Between two cells.
const GAP: f64 = 0.6;

/// Counts by time and duration, whoever counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heat {
    pub t0: Nanos,
    pub step_ns: i64,
    /// One more than a column has cells.
    pub bounds_ns: Vec<i64>,
    pub counts: Vec<Vec<u64>>,
    pub errors: Vec<Vec<u64>>,
}

impl From<&SpanHeatmap> for Heat {
    fn from(map: &SpanHeatmap) -> Self {
        Self {
            t0: map.t0,
            step_ns: map.step_ns,
            bounds_ns: map.bounds_ns.clone(),
            counts: map.counts.clone(),
            errors: map.errors.clone(),
        }
    }
}

impl From<&Heatmap> for Heat {
    fn from(map: &Heatmap) -> Self {
        let bound = |bound: &u64| i64::try_from(*bound).unwrap_or(i64::MAX);
        Self {
            t0: map.t0,
            step_ns: map.step_ns,
            bounds_ns: map.bounds_ns.iter().map(bound).collect(),
            counts: map.counts.clone(),
            errors: map.errors.clone(),
        }
    }
}

/// Columns and rows of a heatmap on the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axes {
    pub x: Linear,
    pub y: Log,
}

/// A cell: its column and its row from the shortest on.
pub type Cell = (usize, usize);

impl Heat {
    pub fn is_empty(&self) -> bool {
        self.counts.iter().flatten().all(|count| *count == 0)
    }

    pub fn total(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    pub fn size(&self) -> (usize, usize) {
        (self.counts.len(), self.bounds_ns.len().saturating_sub(1))
    }

    /// Axes for a plot between these places.
    pub fn axes(&self, range: Range, x: (f64, f64), y: (f64, f64)) -> Axes {
        let low = self.bounds_ns.first().copied().unwrap_or(1_000_000).max(1) as f64;
        let high = self.bounds_ns.last().copied().unwrap_or(1_000_000_000).max(2) as f64;
        Axes {
            x: Linear { values: (range.from.0 as f64, range.to.0 as f64), places: x },
            y: Log { values: (low, high.max(low * 1.01)), places: y },
        }
    }

    /// The cell at an instant and a duration, the nearest where there is none.
    pub fn cell(&self, at: Nanos, duration_ns: f64) -> Option<Cell> {
        let (columns, rows) = self.size();
        if columns == 0 || rows == 0 || self.step_ns <= 0 {
            return None;
        }
        let column = at.0.saturating_sub(self.t0.0).div_euclid(self.step_ns).max(0) as usize;
        let above = self.bounds_ns.iter().skip(1).take_while(|bound| **bound as f64 <= duration_ns).count();
        Some((column.min(columns - 1), above.min(rows - 1)))
    }

    /// How many there are in a cell, and how many failed.
    pub fn at(&self, (column, row): Cell) -> (u64, u64) {
        let of = |counts: &[Vec<u64>]| {
            counts.get(column).and_then(|counts| counts.get(row)).copied().unwrap_or_default()
        };
        (of(&self.counts), of(&self.errors))
    }

    /// What all cells between two, these included, cover.
    pub fn area(&self, one: Cell, other: Cell) -> Option<Area> {
        let (left, right) = (one.0.min(other.0), one.0.max(other.0));
        let (low, high) = (one.1.min(other.1), one.1.max(other.1));
        let (columns, rows) = self.size();
        if right >= columns || high >= rows {
            return None;
        }
        let at = |column: usize| self.t0.plus(self.step_ns.saturating_mul(column as i64));
        Some(Area {
            range: Range { from: at(left), to: at(right + 1) },
            min_ns: self.bounds_ns[low],
            max_ns: self.bounds_ns[high + 1],
        })
    }

    /// The cells as the `d` of one path for each shade, and of one for each tint that lies above.
    pub fn paths(&self, axes: Axes) -> ([String; SHADES], [String; TINTS]) {
        let mut shades: [String; SHADES] = Default::default();
        let mut tints: [String; TINTS] = Default::default();
        let most = self.counts.iter().flatten().copied().max().unwrap_or_default();
        let wide = (axes.x.place(self.step_ns as f64) - axes.x.place(0.0) - GAP).max(0.6);
        let (_, rows) = self.size();
        let edges: Vec<f64> = self.bounds_ns.iter().map(|bound| axes.y.place(*bound as f64)).collect();
        for (column, counts) in self.counts.iter().enumerate() {
            let left = axes.x.place((self.t0.0 + self.step_ns * column as i64) as f64);
            for (row, count) in counts.iter().enumerate().take(rows).filter(|(_, count)| **count > 0) {
                let (bottom, top) = (edges[row], edges[row + 1]);
                let high = (bottom - top - GAP).max(0.6);
                let cell = format!("M{left:.1} {top:.1}h{wide:.1}v{high:.1}h-{wide:.1}z");
                let (_, errors) = self.at((column, row));
                if errors > 0 {
                    tints[tint(*count, errors)].push_str(&cell);
                }
                shades[shade(*count, most)].push_str(&cell);
            }
        }
        (shades, tints)
    }
}

/// The step of a count on the ramp: few and many are told apart, though some cells have thousands.
fn shade(count: u64, most: u64) -> usize {
    let share = (count as f64 / most.max(1) as f64).powf(0.55);
    ((share * SHADES as f64).ceil() as usize).clamp(1, SHADES) - 1
}

fn tint(count: u64, errors: u64) -> usize {
    let share = errors as f64 / count.max(1) as f64;
    ((share * TINTS as f64).ceil() as usize).clamp(1, TINTS) - 1
}

/// `<from>~<to>~<min>~<max>`, instants in RFC 3339 and durations, as an address keeps a box.
pub fn written(area: &Area) -> String {
    let instant = daymark_view::instant::rfc3339;
    format!("{}~{}~{}ns~{}ns", instant(area.range.from), instant(area.range.to), area.min_ns, area.max_ns)
}

/// Reads a box; none where it makes no sense.
pub fn read(text: &str) -> Option<Area> {
    let parts: Vec<&str> = text.split('~').collect();
    let [from, to, min, max] = parts[..] else { return None };
    let instant = |text: &str| daymark_view::instant::parse(text, Nanos(0)).ok();
    let range = Range { from: instant(from)?, to: instant(to)? };
    let min_ns = if min.is_empty() { 0 } else { daymark_view::duration::parse(min).ok()? };
    let max_ns = if max.is_empty() { i64::MAX } else { daymark_view::duration::parse(max).ok()? };
    (range.from < range.to && min_ns < max_ns).then_some(Area { range, min_ns, max_ns })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heat() -> Heat {
        Heat {
            t0: Nanos(1_000),
            step_ns: 100,
            bounds_ns: vec![10, 100, 1_000],
            counts: vec![vec![1, 0], vec![0, 500]],
            errors: vec![vec![0, 0], vec![0, 500]],
        }
    }

    #[test]
    fn cells_are_found_by_instant_and_duration() {
        let heat = heat();
        assert_eq!(heat.cell(Nanos(1_150), 500.0), Some((1, 1)));
        assert_eq!(heat.cell(Nanos(0), 0.0), Some((0, 0)));
        assert_eq!(heat.cell(Nanos(9_999), 1e9), Some((1, 1)));
        assert_eq!(heat.at((1, 1)), (500, 500));
        assert_eq!(Heat::default().cell(Nanos(0), 1.0), None);
    }

    #[test]
    fn a_box_covers_whole_cells_and_is_read_as_written() {
        let area = heat().area((1, 1), (0, 1)).expect("a box");
        assert_eq!(
            (area.range.from, area.range.to, area.min_ns, area.max_ns),
            (Nanos(1_000), Nanos(1_200), 100, 1_000)
        );
        assert_eq!(read(&written(&area)), Some(area));
        for text in ["", "a~b~c~d", "2026-01-01T00:00:00Z~2026-01-01T00:00:00Z~1ms~2ms", "1~2~5ms~1ms"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn the_fullest_cell_is_darkest_and_failed_cells_are_tinted() {
        let heat = heat();
        let axes = heat.axes(Range { from: Nanos(1_000), to: Nanos(1_200) }, (0.0, 100.0), (50.0, 0.0));
        let (shades, tints) = heat.paths(axes);
        assert!(shades[0].starts_with("M0.0 25.0h49.4v24.4") && shades[6].starts_with("M50.0 0.0"));
        assert!(tints[4] == shades[6] && tints[0].is_empty());
    }
}
