//! How far clocks seem off: a called span that begins before its caller, or ends after it, though it is
//! short enough to fit, was told by another clock.
//!
//! It is put into the middle of its caller; what that takes is the offset. Clocks that are off by less than
//! the time on the way cannot be seen.

use std::collections::{BTreeMap, HashSet};

use super::{Kind, Node, Tree};

/// The services whose clocks seem off, each with how far: behind is negative.
pub fn skews(tree: &Tree, nodes: &[Node]) -> Vec<(u32, i64)> {
    let node = |row: u32| &nodes[tree.spans[row as usize] as usize];
    let mut seen: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
    let mut off: HashSet<u32> = HashSet::new();
    for row in 0..tree.len() as u32 {
        let Some(parent) = tree.parents[row as usize].map(node) else { continue };
        let child = node(row);
        let is_call = child.kind == Kind::Server && child.service != parent.service;
        if !is_call || child.duration > parent.duration {
            continue;
        }
        let on_the_way = (parent.duration - child.duration) / 2;
        seen.entry(child.service).or_default().push(child.start - parent.start.saturating_add(on_the_way));
        if child.start < parent.start || child.end() > parent.end() {
            off.insert(child.service);
        }
    }
    let median = |(service, mut offsets): (u32, Vec<i64>)| {
        offsets.sort_unstable();
        Some((service, offsets.get(offsets.len() / 2).copied()?))
    };
    seen.into_iter().filter(|(service, _)| off.contains(service)).filter_map(median).collect()
}
