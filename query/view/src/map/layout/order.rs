//! Who stands above whom in a column, so that few lines cross: each column by the middle of its neighbours,
//! to and fro, the best of all rounds.

use std::collections::{BTreeMap, HashMap};

use super::Spot;
use super::place::CARDS_MAX;

/// Columns that a line may pass with a bend in each on a large map; longer lines go straight there.
const BENDS_MAX: usize = 2;
/// Rounds, fewer when there is much to move.
const ROUNDS: usize = 24;
const LARGE: usize = 3_000;

/// Nodes and bends of lines in their columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Grid {
    /// Numbers from that of the nodes on are bends.
    pub(super) columns: Vec<Vec<usize>>,
    pub(super) column_of: Vec<usize>,
    /// The band of each: one group under the other.
    pub(super) bands: Vec<usize>,
    /// Neighbours in the column before and behind.
    pub(super) before: Vec<Vec<usize>>,
    pub(super) behind: Vec<Vec<usize>>,
    /// The bends of a line, from left to right.
    pub(super) bends: HashMap<(usize, usize), Vec<usize>>,
}

pub(super) fn ordered(
    spots: &[&Spot],
    calls: &[(usize, usize)],
    ranks: &[usize],
    is_connected: &[bool],
) -> Grid {
    let mut grid = Grid { column_of: ranks.to_vec(), ..Grid::default() };
    let connected = || (0..spots.len()).filter(|node| is_connected[*node]);
    let columns = connected().map(|node| ranks[node] + 1).max().unwrap_or_default();
    grid.columns = vec![Vec::new(); columns];
    for node in connected() {
        grid.columns[ranks[node]].push(node);
    }
    grid.before = vec![Vec::new(); spots.len()];
    grid.behind = vec![Vec::new(); spots.len()];
    let mut owners: Vec<usize> = (0..spots.len()).collect();
    let bends_max = if spots.len() <= CARDS_MAX { usize::MAX } else { BENDS_MAX };
    for (client, server) in calls {
        let (left, right) =
            if ranks[*client] <= ranks[*server] { (*client, *server) } else { (*server, *client) };
        let (from, to) = (ranks[left], ranks[right]);
        if from == to || to - from - 1 > bends_max || grid.bends.contains_key(&(left, right)) {
            continue;
        }
        let (mut last, mut bends) = (left, Vec::new());
        for column in from + 1..to {
            let bend = grid.column_of.len();
            grid.column_of.push(column);
            grid.columns[column].push(bend);
            grid.before.push(Vec::new());
            grid.behind.push(Vec::new());
            owners.push(left);
            grid.join(last, bend);
            bends.push(bend);
            last = bend;
        }
        grid.join(last, right);
        grid.bends.insert((left, right), bends);
    }
    grid.bands = vec![0; grid.column_of.len()];
    grid.sweep();
    grid.band(spots, &owners, is_connected);
    if grid.bands.iter().any(|band| *band > 0) {
        grid.sweep();
    }
    grid
}

impl Grid {
    fn join(&mut self, left: usize, right: usize) {
        self.behind[left].push(right);
        self.before[right].push(left);
    }

    /// The place of each in its column.
    fn places(&self) -> Vec<usize> {
        let mut places = vec![0; self.column_of.len()];
        for column in &self.columns {
            column.iter().enumerate().for_each(|(place, node)| places[*node] = place);
        }
        places
    }

    fn sweep(&mut self) {
        let rounds = if self.column_of.len() > LARGE { ROUNDS / 4 } else { ROUNDS };
        let mut places = self.places();
        let mut best = (usize::MAX, self.columns.clone());
        for round in 0..=rounds {
            let is_forward = round % 2 == 0;
            let count = self.columns.len();
            for step in 0..count {
                let at = if is_forward { step } else { count - 1 - step };
                let beside = if is_forward { &self.before } else { &self.behind };
                let middle = |node: &usize| {
                    let beside = &beside[*node];
                    let sum: usize = beside.iter().map(|other| places[*other]).sum();
                    if beside.is_empty() { places[*node] as f64 } else { sum as f64 / beside.len() as f64 }
                };
                let mut keyed: Vec<(usize, f64, usize)> =
                    self.columns[at].iter().map(|node| (self.bands[*node], middle(node), *node)).collect();
                keyed.sort_by(|one, other| one.0.cmp(&other.0).then_with(|| one.1.total_cmp(&other.1)));
                self.columns[at] = keyed.into_iter().map(|(.., node)| node).collect();
                self.columns[at].iter().enumerate().for_each(|(place, node)| places[*node] = place);
            }
            let crossings = self.crossings(&places);
            if crossings < best.0 {
                best = (crossings, self.columns.clone());
            }
        }
        self.columns = best.1;
    }

    /// How many pairs of lines between neighbouring columns cross.
    fn crossings(&self, places: &[usize]) -> usize {
        let mut crossings = 0;
        for column in self.columns.iter().skip(1) {
            let mut ends: Vec<(usize, usize)> = Vec::new();
            for right in column {
                ends.extend(self.before[*right].iter().map(|left| (places[*left], places[*right])));
            }
            ends.sort_unstable();
            crossings += inversions(ends.into_iter().map(|(_, right)| right).collect());
        }
        crossings
    }

    /// Gives each group a band of its own, in the order in which their nodes stand now.
    fn band(&mut self, spots: &[&Spot], owners: &[usize], is_connected: &[bool]) {
        let places = self.places();
        let mut middles: BTreeMap<Option<&str>, (f64, usize)> = BTreeMap::new();
        for (node, spot) in spots.iter().enumerate().filter(|(node, _)| is_connected[*node]) {
            let height = self.columns[self.column_of[node]].len();
            let (sum, count) = middles.entry(spot.group.as_deref()).or_default();
            *sum += (places[node] as f64 + 0.5) / height as f64;
            *count += 1;
        }
        let mut groups: Vec<(f64, Option<&str>)> =
            middles.iter().map(|(group, (sum, count))| (sum / *count as f64, *group)).collect();
        groups.sort_by(|one, other| one.0.total_cmp(&other.0).then_with(|| one.1.cmp(&other.1)));
        let bands: HashMap<Option<&str>, usize> =
            groups.iter().enumerate().map(|(band, (_, group))| (*group, band)).collect();
        for (node, owner) in owners.iter().enumerate() {
            self.bands[node] = bands.get(&spots[*owner].group.as_deref()).copied().unwrap_or_default();
        }
    }
}

/// Pairs that stand the wrong way round, by merging.
fn inversions(mut values: Vec<usize>) -> usize {
    let mut spare = values.clone();
    let (mut width, mut count) = (1, 0);
    while width < values.len() {
        for start in (0..values.len()).step_by(2 * width) {
            let middle = (start + width).min(values.len());
            let end = (start + 2 * width).min(values.len());
            let (mut left, mut right) = (start, middle);
            for slot in &mut spare[start..end] {
                if left < middle && (right == end || values[left] <= values[right]) {
                    *slot = values[left];
                    left += 1;
                } else {
                    count += middle - left;
                    *slot = values[right];
                    right += 1;
                }
            }
        }
        std::mem::swap(&mut values, &mut spare);
        width *= 2;
    }
    count
}
