//! The spans of a trace as a tree: rows in pre-order, so that a subtree is a run of rows and every question
//! about it is one pass over arrays.
//!
//! Every span has exactly one row, whatever the parents say: what names a parent that is not there stands at
//! the top, and so does the earliest span of a ring. No function recurses or looks at a row twice for each of
//! its descendants, because a trace may be one chain, or one parent, of a hundred thousand spans.

use std::collections::HashMap;

use daymark_model::id::SpanId;

/// On which spans the end of the trace waited.
mod critical;
/// One id used for several traces.
mod episodes;
/// How far clocks seem off.
mod skew;

pub use critical::Section;
pub use daymark_model::span_kind::SpanKind as Kind;
pub use episodes::{GAP_NS, episodes};
pub use skew::skews;

/// A span as far as its place in the tree needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    pub id: SpanId,
    pub parent: Option<SpanId>,
    pub kind: Kind,
    /// Equal for spans of one service.
    pub service: u32,
    pub start: i64,
    pub duration: i64,
}

impl Node {
    pub fn end(&self) -> i64 {
        self.start.saturating_add(self.duration)
    }
}

/// Rows in pre-order. All arrays are by row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// The place of each row's span among those the tree was made of.
    pub spans: Vec<u32>,
    pub parents: Vec<Option<u32>>,
    /// One past the last row of each subtree.
    pub ends: Vec<u32>,
    pub depths: Vec<u32>,
    /// Whether the span names a parent that is not there.
    pub orphans: Vec<bool>,
}

/// The ids of some spans.
#[derive(Debug)]
struct Ids<'a> {
    nodes: &'a [Node],
    /// By id, those of one in the order of their start.
    places: Vec<(SpanId, usize)>,
}

impl<'a> Ids<'a> {
    fn of(nodes: &'a [Node]) -> Self {
        let mut places: Vec<(SpanId, usize)> =
            nodes.iter().enumerate().map(|(at, node)| (node.id, at)).collect();
        places.sort_unstable();
        Self { nodes, places }
    }

    fn of_id(&self, id: SpanId) -> impl Iterator<Item = usize> + Clone {
        let first = self.places.partition_point(|(known, _)| *known < id);
        let of_it = self.places.iter().skip(first).take_while(move |(known, _)| *known == id);
        of_it.map(|(_, at)| *at)
    }

    /// The calling half of a span that shares its id with whoever called it.
    fn caller(&self, at: usize) -> Option<usize> {
        let node = &self.nodes[at];
        let is_caller = |twin: &usize| self.nodes[*twin].kind.is_exit();
        if node.kind.is_entry() { self.of_id(node.id).find(is_caller) } else { None }
    }

    fn parent(&self, at: usize) -> Option<usize> {
        if let Some(caller) = self.caller(at) {
            return Some(caller);
        }
        let node = &self.nodes[at];
        let candidates = self.of_id(node.parent?);
        // Of two halves a child is under that of its own service.
        let of_same = candidates.clone().filter(|other| self.nodes[*other].service == node.service);
        let inner = of_same.clone().find(|other| self.caller(*other).is_some());
        let first = inner.or_else(|| of_same.clone().next()).or_else(|| candidates.clone().next());
        first.filter(|parent| *parent != at)
    }

    fn parents(&self) -> Vec<Option<usize>> {
        let nodes = self.nodes;
        let mut parents: Vec<Option<usize>> = (0..nodes.len()).map(|at| self.parent(at)).collect();
        // The walk that first came by each span.
        let mut walks = vec![usize::MAX; nodes.len()];
        for walk in 0..nodes.len() {
            let mut at = walk;
            while walks[at] == usize::MAX {
                walks[at] = walk;
                match parents[at] {
                    Some(parent) => at = parent,
                    None => break,
                }
            }
            if walks[at] == walk && parents[at].is_some() {
                cut(&mut parents, nodes, at);
            }
        }
        parents
    }

    fn is_orphan(&self, at: usize) -> bool {
        let named = self.nodes[at].parent;
        named.is_some_and(|parent| self.of_id(parent).next().is_none()) && self.caller(at).is_none()
    }
}

/// For each span the place of its parent. Rings are cut at their earliest span.
pub fn parents(nodes: &[Node]) -> Vec<Option<usize>> {
    Ids::of(nodes).parents()
}

/// Cuts the ring that a span is on.
fn cut(parents: &mut [Option<usize>], nodes: &[Node], on_ring: usize) {
    let mut earliest = on_ring;
    let mut next = parents[on_ring];
    while let Some(at) = next.filter(|at| *at != on_ring) {
        if (nodes[at].start, at) < (nodes[earliest].start, earliest) {
            earliest = at;
        }
        next = parents[at];
    }
    parents[earliest] = None;
}

/// Whether a span is the called half of a shared id.
pub fn called_halves(nodes: &[Node]) -> Vec<bool> {
    let ids = Ids::of(nodes);
    (0..nodes.len()).map(|at| ids.caller(at).is_some()).collect()
}

impl Tree {
    /// The spans come in the order of their start, which is also that of children.
    pub fn of(nodes: &[Node]) -> Self {
        let ids = Ids::of(nodes);
        let parents = ids.parents();
        let orphans: Vec<bool> = (0..nodes.len()).map(|at| ids.is_orphan(at)).collect();
        let (first, next) = siblings(&parents);
        let mut tree = Self::default();
        let mut rows = vec![0_u32; nodes.len()];
        for top in tops(nodes, &parents, &orphans) {
            let mut at = Some(top);
            while let Some(span) = at {
                let parent = parents[span].map(|parent| rows[parent]);
                rows[span] = tree.spans.len() as u32;
                tree.spans.push(span as u32);
                tree.depths.push(parent.map_or(0, |parent| tree.depths[parent as usize] + 1));
                tree.parents.push(parent);
                tree.orphans.push(orphans[span]);
                at = first[span].or_else(|| {
                    let mut up = span;
                    while up != top && next[up].is_none() {
                        up = parents[up]?;
                    }
                    if up == top { None } else { next[up] }
                });
            }
        }
        tree.ends = ends(&tree.parents);
        tree
    }

    pub fn len(&self) -> usize {
        self.spans.len()
    }

    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The direct children of each row, all in one list: those of a row lie between two of the bounds.
    pub fn children(&self) -> (Vec<u32>, Vec<usize>) {
        let mut bounds = vec![0_usize; self.len() + 1];
        for parent in self.parents.iter().flatten() {
            bounds[*parent as usize + 1] += 1;
        }
        for at in 1..bounds.len() {
            bounds[at] += bounds[at - 1];
        }
        let mut filled = bounds.clone();
        let mut all = vec![0_u32; bounds.last().copied().unwrap_or_default()];
        for (row, parent) in self.parents.iter().enumerate() {
            if let Some(parent) = parent {
                let place = &mut filled[*parent as usize];
                all[*place] = row as u32;
                *place += 1;
            }
        }
        (all, bounds)
    }

    /// For each row its time without that of its children, which may overlap.
    pub fn self_times(&self, nodes: &[Node]) -> Vec<i64> {
        let node = |row: usize| &nodes[self.spans[row] as usize];
        let mut own: Vec<i64> = (0..self.len()).map(|row| node(row).duration).collect();
        let mut until = vec![i64::MIN; self.len()];
        for row in 0..self.len() {
            let Some(parent) = self.parents[row].map(|parent| parent as usize) else { continue };
            let (child, outer) = (node(row), node(parent));
            let from = child.start.max(outer.start).max(until[parent]);
            let to = child.end().min(outer.end());
            if from < to {
                own[parent] = own[parent].saturating_sub(to - from);
            }
            until[parent] = until[parent].max(to);
        }
        own
    }
}

/// For each span its first child, and the next one with the same parent.
fn siblings(parents: &[Option<usize>]) -> (Vec<Option<usize>>, Vec<Option<usize>>) {
    let (mut first, mut next) = (vec![None; parents.len()], vec![None; parents.len()]);
    for at in (0..parents.len()).rev() {
        if let Some(parent) = parents[at] {
            next[at] = first[parent];
            first[parent] = Some(at);
        }
    }
    (first, next)
}

/// The spans without a parent in the tree; those that miss the same one stand together.
fn tops(nodes: &[Node], parents: &[Option<usize>], orphans: &[bool]) -> Vec<usize> {
    let mut groups: HashMap<SpanId, usize> = HashMap::new();
    let mut tops: Vec<(usize, usize)> = Vec::new();
    for at in (0..nodes.len()).filter(|at| parents[*at].is_none()) {
        let group = match nodes[at].parent {
            Some(parent) if orphans[at] => *groups.entry(parent).or_insert(at),
            _ => at,
        };
        tops.push((group, at));
    }
    tops.sort_unstable();
    tops.into_iter().map(|(_, at)| at).collect()
}

/// One past the last row of each subtree.
fn ends(parents: &[Option<u32>]) -> Vec<u32> {
    let mut ends: Vec<u32> = (1..=parents.len() as u32).collect();
    for row in (0..parents.len()).rev() {
        if let Some(parent) = parents[row] {
            let parent = parent as usize;
            ends[parent] = ends[parent].max(ends[row]);
        }
    }
    ends
}

#[cfg(test)]
mod tests;
