//! Where the nodes of a map stand: columns from callers to called ones, few crossings, groups in boxes of
//! their own, what is called from outside at the right edge, what has no call below.
//!
//! The same nodes, edges and groups give the same picture, whatever their order: then nothing moves between
//! two looks, and two people see the same.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Who stands above whom.
mod order;
/// Coordinates.
mod place;
/// Which column each one is in.
mod ranks;

/// A node before it has a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// No two have the same.
    pub id: String,
    pub group: Option<String>,
    /// Databases and the like, which are called and call nobody: they stand in the last column.
    pub is_outside: bool,
}

/// Left, top, width, height.
pub type Frame = [i64; 4];

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// In the order of the nodes.
    pub nodes: Vec<Frame>,
    /// In the order of the edges: where the line of each bends, ends included.
    pub lines: Vec<Vec<[i64; 2]>>,
    pub groups: BTreeMap<String, Frame>,
    /// Nodes without an edge, by number.
    pub unconnected: Vec<usize>,
    pub width: i64,
    pub height: i64,
    /// The same for the same nodes, groups and edges.
    pub hash: u64,
}

/// Arranges nodes by their edges: numbers of the calling and the called node.
pub fn arranged(spots: &[Spot], edges: &[(usize, usize)]) -> Picture {
    let mut by_id: Vec<usize> = (0..spots.len()).collect();
    by_id.sort_by(|one, other| spots[*one].id.cmp(&spots[*other].id));
    let mut numbers = vec![0; spots.len()];
    by_id.iter().enumerate().for_each(|(number, at)| numbers[*at] = number);
    let sorted: Vec<&Spot> = by_id.iter().map(|at| &spots[*at]).collect();
    let mut calls: Vec<(usize, usize)> =
        edges.iter().map(|(client, server)| (numbers[*client], numbers[*server])).collect();
    calls.sort_unstable();
    calls.dedup();
    let hash = hash_of(&sorted, &calls);
    calls.retain(|(client, server)| client != server);
    let mut is_connected = vec![false; spots.len()];
    for (client, server) in &calls {
        (is_connected[*client], is_connected[*server]) = (true, true);
    }
    let ranks = ranks::ranks(&sorted, &calls, &is_connected);
    let grid = order::ordered(&sorted, &calls, &ranks, &is_connected);
    let placed = place::placed(&sorted, &grid, &is_connected);
    Picture {
        nodes: numbers.iter().map(|number| placed.frames[*number]).collect(),
        lines: edges
            .iter()
            .map(|(client, server)| placed.line(&grid, (numbers[*client], numbers[*server])))
            .collect(),
        unconnected: (0..spots.len()).filter(|at| !is_connected[numbers[*at]]).collect(),
        groups: placed.groups,
        width: placed.width,
        height: placed.height,
        hash,
    }
}

fn hash_of(spots: &[&Spot], calls: &[(usize, usize)]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for spot in spots {
        (&spot.id, &spot.group, spot.is_outside).hash(&mut hasher);
    }
    calls.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
