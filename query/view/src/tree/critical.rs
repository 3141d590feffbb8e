//! The critical path: going back from the end of a span, the child that ended last, then the one that ended
//! last before that one began, and so on down. What no such child covers is the span's own.

use super::{Kind, Node, Tree};

/// A stretch of time in which the end of the trace waited for a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    pub row: u32,
    pub from: i64,
    pub to: i64,
}

impl Tree {
    /// Whether nobody waited for a row: a message that is taken, or work that began after its caller's end.
    pub fn is_async(&self, nodes: &[Node], row: usize) -> bool {
        let node = |row: u32| &nodes[self.spans[row as usize] as usize];
        let Some(parent) = self.parents[row].map(node) else { return false };
        let child = node(row as u32);
        let is_taken = child.kind == Kind::Consumer && parent.kind == Kind::Producer;
        is_taken || (child.start >= parent.end() && parent.duration > 0)
    }

    /// The sections below a row, in the order of time. They share no instant.
    pub fn critical(&self, nodes: &[Node], top: usize) -> Vec<Section> {
        let node = |row: usize| &nodes[self.spans[row] as usize];
        let (children, bounds) = self.children();
        let mut sections = Vec::new();
        let mut waiting = vec![(top, node(top).start, node(top).end())];
        while let Some((row, from, until)) = waiting.pop() {
            let mut awaited: Vec<(i64, i64, usize)> = children[bounds[row]..bounds[row + 1]]
                .iter()
                .map(|child| *child as usize)
                .filter(|child| !self.is_async(nodes, *child))
                .map(|child| (node(child).end().min(until), node(child).start.max(from), child))
                .filter(|(end, start, _)| start < end)
                .collect();
            awaited.sort_unstable();
            let mut at = until;
            let mut own = |from: i64, to: i64| {
                if from < to {
                    sections.push(Section { row: row as u32, from, to });
                }
            };
            for (end, start, child) in awaited.into_iter().rev().filter(|(end, ..)| *end > from) {
                if end <= at {
                    own(end, at);
                    waiting.push((child, start, end));
                    at = start;
                }
            }
            own(from, at);
        }
        sections.sort_unstable_by_key(|section| section.from);
        sections
    }

    /// The row whose sections tell of the whole trace: the first root, else the longest of the top rows.
    pub fn main_row(&self, nodes: &[Node]) -> Option<usize> {
        let node = |row: usize| &nodes[self.spans[row] as usize];
        let tops = (0..self.len()).filter(|row| self.parents[*row].is_none());
        let root = tops.clone().find(|row| node(*row).parent.is_none());
        root.or_else(|| tops.max_by_key(|row| (node(*row).duration, std::cmp::Reverse(*row))))
    }
}
