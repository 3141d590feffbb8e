//! Coordinates: columns side by side, bands of groups one under the other, each node as near to the middle of
//! its neighbours as the order allows.

use std::collections::BTreeMap;

use super::order::Grid;
use super::{Frame, Spot};

/// Maps of more nodes get smaller ones.
const CARDS_MAX: usize = 60;
const CARD: [i64; 2] = [160, 56];
const PILL: [i64; 2] = [120, 40];
const GAP: [i64; 2] = [96, 24];
/// Around the nodes of a group.
const PADDING: i64 = 16;
const MARGIN: i64 = 24;
const ROUNDS: usize = 12;
/// Nodes without a call in a row, at least.
const LANE_MIN: i64 = 4;

#[derive(Debug)]
pub(super) struct Placed {
    pub(super) frames: Vec<Frame>,
    pub(super) groups: BTreeMap<String, Frame>,
    pub(super) width: i64,
    pub(super) height: i64,
    /// The middles of nodes and bends.
    middles: Vec<f64>,
    size: [i64; 2],
}

pub(super) fn placed(spots: &[&Spot], grid: &Grid, is_connected: &[bool]) -> Placed {
    let size = if spots.len() <= CARDS_MAX { CARD } else { PILL };
    let row = (size[1] + GAP[1]) as f64;
    let middles = middles(grid, row);
    let frame = |node: usize| {
        let top = middles[node].round() as i64 - size[1] / 2;
        [left(grid.column_of[node], size), top, size[0], size[1]]
    };
    let mut frames: Vec<Frame> =
        (0..spots.len()).map(|node| if is_connected[node] { frame(node) } else { [0; 4] }).collect();
    let mut groups: BTreeMap<String, Frame> = BTreeMap::new();
    for (node, spot) in spots.iter().enumerate().filter(|(node, _)| is_connected[*node]) {
        let Some(group) = &spot.group else { continue };
        let [x, y, w, h] = frames[node];
        let around = [x - PADDING, y - PADDING, w + 2 * PADDING, h + 2 * PADDING];
        let known = groups.entry(group.clone()).or_insert(around);
        let (right, bottom) =
            ((known[0] + known[2]).max(x + w + PADDING), (known[1] + known[3]).max(y + h + PADDING));
        (known[0], known[1]) = (known[0].min(around[0]), known[1].min(around[1]));
        (known[2], known[3]) = (right - known[0], bottom - known[1]);
    }
    let columns = grid.columns.len() as i64;
    let below = (0..spots.len()).filter(|node| is_connected[*node]).map(|node| frames[node][1] + size[1]);
    let below = below.max().map_or(MARGIN, |bottom| bottom + PADDING + GAP[1]);
    let a_row = columns.max(LANE_MIN);
    for (place, node) in (0..spots.len()).filter(|node| !is_connected[*node]).enumerate() {
        let (across, down) = (place as i64 % a_row, place as i64 / a_row);
        frames[node] = [left(across as usize, size), below + down * (size[1] + GAP[1]), size[0], size[1]];
    }
    let width = frames.iter().map(|[x, _, w, _]| x + w).max().unwrap_or_default() + PADDING + MARGIN;
    let height = frames.iter().map(|[_, y, _, h]| y + h).max().unwrap_or_default() + PADDING + MARGIN;
    Placed { frames, groups, width, height, middles, size }
}

fn left(column: usize, size: [i64; 2]) -> i64 {
    MARGIN + PADDING + column as i64 * (size[0] + GAP[0])
}

/// The middle of each node and bend from top to bottom.
fn middles(grid: &Grid, row: f64) -> Vec<f64> {
    let bands = grid.bands.iter().max().map_or(1, |last| last + 1);
    // Those of a column that are in one band stand together.
    let mut runs: Vec<Vec<Vec<usize>>> = vec![vec![Vec::new(); bands]; grid.columns.len()];
    for (column, nodes) in grid.columns.iter().enumerate() {
        for node in nodes {
            runs[column][grid.bands[*node]].push(*node);
        }
    }
    let height = |band: usize| runs.iter().map(|column| column[band].len()).max().unwrap_or_default();
    let (mut tops, mut top) = (Vec::with_capacity(bands), (MARGIN + PADDING) as f64);
    for band in 0..bands {
        let high = height(band) as f64 * row + 2.0 * PADDING as f64;
        tops.push((top, top + high - 2.0 * PADDING as f64));
        top += high;
    }
    let mut middles = vec![0.0; grid.column_of.len()];
    for column in &runs {
        for (band, nodes) in column.iter().enumerate() {
            for (place, node) in nodes.iter().enumerate() {
                middles[*node] = tops[band].0 + (place as f64 + 0.5) * row;
            }
        }
    }
    for round in 0..ROUNDS {
        let is_forward = round % 2 == 0;
        for step in 0..runs.len() {
            let column = if is_forward { step } else { runs.len() - 1 - step };
            for (band, nodes) in runs[column].iter().enumerate() {
                let wanted: Vec<f64> = nodes.iter().map(|node| wanted(grid, *node, &middles)).collect();
                let (top, bottom) = tops[band];
                for (node, middle) in
                    nodes.iter().zip(spread(&wanted, row, top + row / 2.0, bottom - row / 2.0))
                {
                    middles[*node] = middle;
                }
            }
        }
    }
    middles
}

/// The middle of its neighbours.
fn wanted(grid: &Grid, node: usize, middles: &[f64]) -> f64 {
    let beside = grid.before[node].iter().chain(&grid.behind[node]);
    let (sum, count) = beside.fold((0.0, 0), |(sum, count), other| (sum + middles[*other], count + 1));
    if count == 0 { middles[node] } else { sum / f64::from(count) }
}

/// Places as near as can be to those that are wanted, in this order and `row` apart, between two bounds that
/// leave room for all.
fn spread(wanted: &[f64], row: f64, first: f64, last: f64) -> Vec<f64> {
    // Runs that want to overlap share the mean of what they want.
    let mut runs: Vec<(f64, usize)> = Vec::with_capacity(wanted.len());
    for (place, wanted) in wanted.iter().enumerate() {
        let mut run = (wanted - place as f64 * row, 1);
        while let Some(above) = runs.pop_if(|above| above.0 > run.0) {
            let count = above.1 + run.1;
            run = ((above.0 * above.1 as f64 + run.0 * run.1 as f64) / count as f64, count);
        }
        runs.push(run);
    }
    let room = last - wanted.len().saturating_sub(1) as f64 * row;
    let starts = runs.into_iter().flat_map(|(start, count)| std::iter::repeat_n(start, count));
    let held = starts.map(|start| start.min(room).max(first));
    held.enumerate().map(|(place, start)| start + place as f64 * row).collect()
}

impl Placed {
    /// Where the line of a call bends, from the caller to the called one.
    pub(super) fn line(&self, grid: &Grid, (client, server): (usize, usize)) -> Vec<[i64; 2]> {
        let [width, height] = self.size;
        let middle = |frame: Frame| frame[1] + height / 2;
        let (from, to) = (self.frames[client], self.frames[server]);
        if client == server {
            return vec![
                [from[0] + width, middle(from)],
                [from[0] + width / 2, from[1] - GAP[1] / 2],
                [from[0], middle(from)],
            ];
        }
        let is_forward = from[0] <= to[0];
        let (left, right) = if is_forward { (client, server) } else { (server, client) };
        let (start, end) = (self.frames[left], self.frames[right]);
        let mut line = vec![[start[0] + width, middle(start)]];
        match grid.bends.get(&(left, right)) {
            Some(bends) => line.extend(bends.iter().map(|bend| {
                let column = self::left(grid.column_of[*bend], self.size);
                [column + width / 2, self.middles[*bend].round() as i64]
            })),
            None => {
                line.push([start[0] + width + GAP[0] / 2, middle(start)]);
                line.push([end[0] - GAP[0] / 2, middle(end)]);
            }
        }
        line.push([end[0], middle(end)]);
        if !is_forward {
            line.reverse();
        }
        line
    }
}
