//! Coordinates: columns side by side, bands of groups one under the other, each node as near to the middle of
//! its neighbours as the order allows.

use std::collections::{BTreeMap, HashMap};

use super::order::Grid;
use super::{Frame, Spot};

/// Maps of more nodes get smaller ones.
pub(super) const CARDS_MAX: usize = 60;
const CARD: [i64; 2] = [130, 46];
/// Also of what is called from outside, whatever the size of the map: a name is all there is to tell.
const PILL: [i64; 2] = [112, 26];
/// Between columns, where lines turn.
const ACROSS: i64 = 72;
/// Between cards, between a pill and whatever is beside it, and around a line that passes.
const BELOW_CARD: f64 = 26.0;
const BELOW_PILL: f64 = 15.0;
const BESIDE_LINE: f64 = 11.0;
/// Around the nodes of a group.
const PADDING: i64 = 16;
const MARGIN: i64 = 24;
const ROUNDS: usize = 12;
/// Nodes without a call in a row, at least.
const LANE_MIN: i64 = 4;
/// Between the ends of lines on one side of a node, at most.
const PORT: f64 = 7.0;

#[derive(Debug)]
pub(super) struct Placed {
    pub(super) frames: Vec<Frame>,
    pub(super) groups: BTreeMap<String, Frame>,
    pub(super) width: i64,
    pub(super) height: i64,
    /// The middles of nodes and bends.
    middles: Vec<f64>,
    columns: Vec<Column>,
    /// How far from the middle of a node the line to another leaves or enters it.
    ports: HashMap<(usize, usize), i64>,
}

/// Left and width.
#[derive(Clone, Copy, Debug)]
struct Column {
    x: i64,
    w: i64,
}

fn size_of(spots: &[&Spot], node: usize) -> [i64; 2] {
    if spots[node].is_outside || spots.len() > CARDS_MAX { PILL } else { CARD }
}

pub(super) fn placed(spots: &[&Spot], grid: &Grid, is_connected: &[bool]) -> Placed {
    let columns = columns(spots, grid);
    let middles = middles(spots, grid);
    let frame = |node: usize| {
        let [w, h] = size_of(spots, node);
        [columns[grid.column_of[node]].x, middles[node].round() as i64 - h / 2, w, h]
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
    let below =
        (0..spots.len()).filter(|node| is_connected[*node]).map(|node| frames[node][1] + frames[node][3]);
    let below = below.max().map_or(MARGIN, |bottom| bottom + PADDING + BELOW_CARD as i64);
    let a_row = (columns.len() as i64).max(LANE_MIN);
    for (place, node) in (0..spots.len()).filter(|node| !is_connected[*node]).enumerate() {
        let (across, down) = (place as i64 % a_row, place as i64 / a_row);
        let [w, h] = size_of(spots, node);
        let x = MARGIN + PADDING + across * (CARD[0] + ACROSS);
        frames[node] = [x, below + down * (CARD[1] + BELOW_CARD as i64), w, h];
    }
    let width = frames.iter().map(|[x, _, w, _]| x + w).max().unwrap_or_default() + PADDING + MARGIN;
    let height = frames.iter().map(|[_, y, _, h]| y + h).max().unwrap_or_default() + PADDING + MARGIN;
    let ports = ports(spots, grid, &middles);
    Placed { frames, groups, width, height, middles, columns, ports }
}

/// Columns side by side, each as wide as its widest node.
fn columns(spots: &[&Spot], grid: &Grid) -> Vec<Column> {
    let mut x = MARGIN + PADDING;
    let column = |nodes: &Vec<usize>| {
        let widths = nodes.iter().filter(|node| **node < spots.len()).map(|node| size_of(spots, *node)[0]);
        let column = Column { x, w: widths.max().unwrap_or(CARD[0]) };
        x += column.w + ACROSS;
        column
    };
    grid.columns.iter().map(column).collect()
}

/// The middle of each node and bend from top to bottom.
fn middles(spots: &[&Spot], grid: &Grid) -> Vec<f64> {
    let bands = grid.bands.iter().max().map_or(1, |last| last + 1);
    // Those of a column that are in one band stand together.
    let mut runs: Vec<Vec<Run>> = vec![vec![Run::default(); bands]; grid.columns.len()];
    for (column, nodes) in grid.columns.iter().enumerate() {
        for node in nodes {
            let high = (*node < spots.len()).then(|| size_of(spots, *node)[1] as f64);
            runs[column][grid.bands[*node]].push(*node, high);
        }
    }
    let (mut tops, mut top) = (Vec::with_capacity(bands), (MARGIN + PADDING) as f64);
    for band in 0..bands {
        let high = runs.iter().map(|column| column[band].extent()).fold(0.0, f64::max);
        tops.push((top, top + high));
        top += high + 2.0 * PADDING as f64 + BELOW_CARD;
    }
    let mut middles = vec![0.0; grid.column_of.len()];
    for column in &runs {
        for (band, run) in column.iter().enumerate() {
            let spare = (tops[band].1 - tops[band].0 - run.extent()) / 2.0;
            for (node, step) in run.nodes.iter().zip(&run.steps) {
                middles[*node] = tops[band].0 + spare + run.first_half() + step;
            }
        }
    }
    for round in 0..ROUNDS {
        let is_forward = round % 2 == 0;
        for step in 0..runs.len() {
            let column = if is_forward { step } else { runs.len() - 1 - step };
            for (band, run) in runs[column].iter().enumerate() {
                let wanted: Vec<f64> = run.nodes.iter().map(|node| wanted(grid, *node, &middles)).collect();
                let (top, bottom) = (tops[band].0 + run.first_half(), tops[band].1 - run.last_half());
                for (node, middle) in run.nodes.iter().zip(spread(&wanted, &run.steps, top, bottom)) {
                    middles[*node] = middle;
                }
            }
        }
    }
    middles
}

/// Nodes and bends one under the other.
#[derive(Clone, Debug, Default)]
struct Run {
    nodes: Vec<usize>,
    /// From the middle of the first to the middle of each, at least.
    steps: Vec<f64>,
    /// None of bends, which are as high as a line is.
    heights: Vec<Option<f64>>,
}

impl Run {
    fn push(&mut self, node: usize, height: Option<f64>) {
        let step = match (self.steps.last(), self.heights.last()) {
            (Some(step), Some(above)) => step + apart(*above, height),
            _ => 0.0,
        };
        self.nodes.push(node);
        self.steps.push(step);
        self.heights.push(height);
    }

    fn first_half(&self) -> f64 {
        self.heights.first().copied().flatten().unwrap_or_default() / 2.0
    }

    fn last_half(&self) -> f64 {
        self.heights.last().copied().flatten().unwrap_or_default() / 2.0
    }

    fn extent(&self) -> f64 {
        self.steps.last().copied().unwrap_or_default() + self.first_half() + self.last_half()
    }
}

/// From the middle of one to the middle of the next below it.
fn apart(above: Option<f64>, below: Option<f64>) -> f64 {
    let halves = (above.unwrap_or_default() + below.unwrap_or_default()) / 2.0;
    let gap = match (above, below) {
        (Some(above), Some(below)) if above.min(below) > PILL[1] as f64 => BELOW_CARD,
        (Some(_), Some(_)) => BELOW_PILL,
        _ => BESIDE_LINE,
    };
    halves + gap
}

/// Lines that leave or enter one side of a node do so one under the other, in the order of where they go.
fn ports(spots: &[&Spot], grid: &Grid, middles: &[f64]) -> HashMap<(usize, usize), i64> {
    let mut sides: BTreeMap<(usize, bool), Vec<(f64, usize)>> = BTreeMap::new();
    for ((left, right), bends) in &grid.bends {
        let leaves_for = bends.first().unwrap_or(right);
        let comes_from = bends.last().unwrap_or(left);
        sides.entry((*left, true)).or_default().push((middles[*leaves_for], *right));
        sides.entry((*right, false)).or_default().push((middles[*comes_from], *left));
    }
    let mut ports = HashMap::new();
    for ((node, _), mut ends) in sides {
        ends.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        let count = ends.len() as f64;
        // Off the rounded corners.
        let room = (size_of(spots, node)[1] as f64 - 14.0).max(0.0);
        let step = PORT.min(room / (count - 1.0).max(1.0));
        for (place, (_, other)) in ends.into_iter().enumerate() {
            ports.insert((node, other), ((place as f64 - (count - 1.0) / 2.0) * step).round() as i64);
        }
    }
    ports
}

/// The middle of its neighbours.
fn wanted(grid: &Grid, node: usize, middles: &[f64]) -> f64 {
    let beside = grid.before[node].iter().chain(&grid.behind[node]);
    let (sum, count) = beside.fold((0.0, 0), |(sum, count), other| (sum + middles[*other], count + 1));
    if count == 0 { middles[node] } else { sum / f64::from(count) }
}

/// Places as near as can be to those that are wanted, in this order and at least as far apart as `steps` are,
/// between two bounds that leave room for all.
fn spread(wanted: &[f64], steps: &[f64], first: f64, last: f64) -> Vec<f64> {
    // Runs that want to overlap share the mean of what they want.
    let mut runs: Vec<(f64, usize)> = Vec::with_capacity(wanted.len());
    for (wanted, step) in wanted.iter().zip(steps) {
        let mut run = (wanted - step, 1);
        while let Some(above) = runs.pop_if(|above| above.0 > run.0) {
            let count = above.1 + run.1;
            run = ((above.0 * above.1 as f64 + run.0 * run.1 as f64) / count as f64, count);
        }
        runs.push(run);
    }
    let room = last - steps.last().copied().unwrap_or_default();
    let starts = runs.into_iter().flat_map(|(start, count)| std::iter::repeat_n(start, count));
    starts.zip(steps).map(|(start, step)| start.min(room).max(first) + step).collect()
}

impl Placed {
    /// Where the line of a call bends, from the caller to the called one: it passes columns on its way level.
    pub(super) fn line(&self, grid: &Grid, (client, server): (usize, usize)) -> Vec<[i64; 2]> {
        let [x, y, w, h] = self.frames[client];
        if client == server {
            let above = y - BELOW_PILL as i64;
            return vec![[x + w, y + h / 2], [x + w / 2, above], [x, y + h / 2]];
        }
        let is_forward = x <= self.frames[server][0];
        let (left, right) = if is_forward { (client, server) } else { (server, client) };
        let (start, end) = (self.frames[left], self.frames[right]);
        let port = |node: usize, other: usize| {
            let [_, y, _, h] = self.frames[node];
            y + h / 2 + self.ports.get(&(node, other)).copied().unwrap_or_default()
        };
        let mut line = vec![[start[0] + start[2], port(left, right)]];
        match grid.bends.get(&(left, right)) {
            Some(bends) => line.extend(bends.iter().flat_map(|bend| {
                let Column { x, w } = self.columns[grid.column_of[*bend]];
                let level = self.middles[*bend].round() as i64;
                [[x, level], [x + w, level]]
            })),
            None => {
                line.push([start[0] + start[2] + ACROSS / 2, port(left, right)]);
                line.push([end[0] - ACROSS / 2, port(right, left)]);
            }
        }
        line.push([end[0], port(right, left)]);
        if !is_forward {
            line.reverse();
        }
        line
    }
}
