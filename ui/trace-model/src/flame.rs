//! Lanes for a flame graph: spans by their start, each in the lowest lane below its parent that is free.

use crate::trace::{NONE, Trace};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flame {
    /// By place.
    pub lane: Vec<u32>,
    /// Starts as laid out: a span that begins before its parent is moved to it.
    pub start: Vec<i64>,
    /// Of each lane its spans by start.
    pub lanes: Vec<Vec<u32>>,
}

impl Flame {
    pub fn of(trace: &Trace) -> Self {
        let count = trace.len();
        let mut start = trace.start.clone();
        for at in 0..count {
            let parent = trace.parent[at];
            if parent != NONE {
                start[at] = start[at].max(start[parent as usize]);
            }
        }
        let mut order: Vec<u32> = (0..count as u32).collect();
        order.sort_by_key(|at| (start[*at as usize], *at));
        let mut free = Free::new();
        let mut lane = vec![0_u32; count];
        let mut lanes: Vec<Vec<u32>> = Vec::new();
        for at in order {
            let place = at as usize;
            let parent = trace.parent[place];
            let above = if parent == NONE { 0 } else { lane[parent as usize] as usize + 1 };
            let own = free.take(above, start[place], start[place].saturating_add(trace.dur[place].max(1)));
            if lanes.len() <= own {
                lanes.resize(own + 1, Vec::new());
            }
            lanes[own].push(at);
            lane[place] = own as u32;
        }
        Self { lane, start, lanes }
    }

    /// The span of a lane at an instant, or the one that ends least long before it.
    pub fn at(&self, trace: &Trace, lane: usize, instant: i64, slack: i64) -> Option<u32> {
        let spans = self.lanes.get(lane)?;
        let next = spans.partition_point(|at| self.start[*at as usize] <= instant.saturating_add(slack));
        let at = *spans.get(next.checked_sub(1)?)?;
        (self.start[at as usize].saturating_add(trace.dur[at as usize]).saturating_add(slack) >= instant)
            .then_some(at)
    }
}

/// For each lane when it is free again, as a tree of least values.
struct Free {
    tree: Vec<i64>,
    size: usize,
}

impl Free {
    fn new() -> Self {
        Self { tree: vec![i64::MIN; 2], size: 1 }
    }

    /// The first lane from `low` on that is free at `start`; it is taken until `end`.
    fn take(&mut self, low: usize, start: i64, end: i64) -> usize {
        while low >= self.size {
            self.grow();
        }
        let lane = loop {
            match self.first(low, start) {
                Some(lane) => break lane,
                None => self.grow(),
            }
        };
        let mut at = lane + self.size;
        self.tree[at] = end;
        while at > 1 {
            at /= 2;
            self.tree[at] = self.tree[2 * at].min(self.tree[2 * at + 1]);
        }
        lane
    }

    fn first(&self, low: usize, start: i64) -> Option<usize> {
        let mut at = low + self.size;
        // Up to the first subtree right of `low` that has a free lane, then down to its first one.
        loop {
            if self.tree[at] <= start {
                break;
            }
            while at % 2 == 1 {
                at /= 2;
                if at <= 1 {
                    return None;
                }
            }
            if at == 0 {
                return None;
            }
            at += 1;
        }
        while at < self.size {
            at *= 2;
            if self.tree[at] > start {
                at += 1;
            }
        }
        Some(at - self.size)
    }

    fn grow(&mut self) {
        let size = self.size * 2;
        let mut tree = vec![i64::MIN; size * 2];
        tree[size..size + self.size].copy_from_slice(&self.tree[self.size..]);
        for at in (1..size).rev() {
            tree[at] = tree[2 * at].min(tree[2 * at + 1]);
        }
        (self.tree, self.size) = (tree, size);
    }
}
