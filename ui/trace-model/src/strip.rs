//! The whole trace on a strip: lanes of the flame graph, squeezed into its height, runs of equal pixels as one
//! shape, however many spans there are.

use daymark_view::skeleton::flag;

use crate::bars::{FAILED, FILLED, INK, OTHER, Shapes};
use crate::flame::Flame;
use crate::trace::Trace;

/// Rows of the strip, at most.
pub const ROWS_MAX: usize = 16;

/// What stands above what in one pixel.
const EMPTY: u8 = u8::MAX;

pub fn strip(
    trace: &Trace,
    flame: &Flame,
    (wide, high): (f64, f64),
    left: f64,
    colour: &dyn Fn(u32) -> u8,
) -> Shapes {
    let mut shapes = Shapes::default();
    let bins = (wide as usize).clamp(1, 4_000);
    let lanes = flame.lanes.len().max(1);
    let rows = lanes.min(ROWS_MAX);
    let row = (high / rows as f64).min(6.0);
    let duration = trace.duration.max(1) as f64;
    let bin = |instant: i64| ((instant.max(0) as f64 / duration * bins as f64) as usize).min(bins - 1);
    for number in 0..rows {
        let mut cells = vec![(EMPTY, 0_u8); bins];
        let mut critical = vec![false; bins];
        for lane in flame.lanes.iter().take((number + 1) * lanes / rows).skip(number * lanes / rows) {
            // Cells that an earlier span of the lane filled are not filled twice.
            let mut filled = 0;
            for at in lane {
                let start = flame.start[*at as usize];
                let (first, last) = (bin(start), bin(start.saturating_add(trace.dur[*at as usize])));
                let is_failed = trace.has(*at, flag::ERROR);
                let own = if is_failed { FAILED } else { colour(*at) };
                let strength = if trace.is_parent(*at) { 1 } else { 2 };
                let first = if is_failed { first } else { first.max(filled) };
                for cell in cells.iter_mut().take(last + 1).skip(first) {
                    if cell.0 != FAILED {
                        *cell = (own, strength);
                    }
                }
                filled = filled.max(last);
                for [_, from, to] in trace.sections_of(*at) {
                    let (first, last) = (bin(*from), bin(*to));
                    critical.iter_mut().take(last.max(first + 1)).skip(first).for_each(|cell| *cell = true);
                }
            }
        }
        let y = number as f64 * row;
        let scale = wide / bins as f64;
        runs(&cells, |first, last, (own, strength)| {
            if own != EMPTY {
                let opacity = if own == OTHER || strength > 1 { 0.95 } else { 0.4 };
                shapes.push(
                    [left + first as f64 * scale, y, (last - first) as f64 * scale, (row - 1.5).max(1.0)],
                    own,
                    opacity,
                    FILLED,
                );
            }
        });
        runs(&critical, |first, last, is_critical| {
            if is_critical {
                shapes.push(
                    [
                        left + first as f64 * scale,
                        y + (row - 1.5).max(1.0),
                        (last - first) as f64 * scale,
                        1.0,
                    ],
                    INK,
                    1.0,
                    FILLED,
                );
            }
        });
    }
    shapes
}

fn runs<T: Copy + PartialEq>(cells: &[T], mut each: impl FnMut(usize, usize, T)) {
    let mut first = 0;
    while first < cells.len() {
        let value = cells[first];
        let last = first + cells[first..].iter().take_while(|cell| **cell == value).count();
        each(first, last, value);
        first = last;
    }
}
