//! Services and the calls between them, laid out from left to right: who calls stands left of whom it calls.
//! Calls over several ranks run between the cards, and those that lead back are drawn as such.

use std::collections::HashMap;

use daymark_view::skeleton::flag;

use crate::trace::{NONE, Trace};

/// A card, and what lies between two.
pub const WIDE: f64 = 168.0;
pub const HIGH: f64 = 46.0;
const ACROSS: f64 = 76.0;
const BELOW: f64 = 26.0;
/// What a passing line takes of a column.
const LANE: f64 = 14.0;
const EDGE: f64 = 24.0;
const SWEEPS: usize = 8;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    pub name: String,
    /// What it is when it sent no spans: database, queue, external.
    pub kind: Option<String>,
    pub spans: u64,
    pub errors: u64,
    /// Time of its own, and that on the critical path.
    pub own: i64,
    pub crit: i64,
    /// The span of it with the most time of its own, or a call of it.
    pub longest: u32,
    pub x: f64,
    pub y: f64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Call {
    pub client: usize,
    pub server: usize,
    pub count: u64,
    pub errors: u64,
    pub total: i64,
    pub is_critical: bool,
    /// The longest of them.
    pub longest: u32,
    /// From the right edge of the one to the left edge of the other, past the cards between.
    pub points: Vec<[f64; 2]>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    pub nodes: Vec<Node>,
    pub calls: Vec<Call>,
    pub wide: f64,
    pub high: f64,
}

impl Graph {
    pub fn of(trace: &Trace) -> Self {
        let mut graph = counted(trace);
        graph.lay_out();
        graph
    }

    fn lay_out(&mut self) {
        let ranks = ranks(self.nodes.len(), &self.calls);
        // Each rank holds nodes and the lanes of calls that pass it.
        let mut columns: Vec<Vec<Slot>> =
            vec![Vec::new(); ranks.iter().copied().max().map_or(0, |most| most + 1)];
        for (node, rank) in ranks.iter().enumerate() {
            columns[*rank].push(Slot::Node(node));
        }
        for (number, call) in self.calls.iter().enumerate() {
            for column in columns.iter_mut().take(ranks[call.server]).skip(ranks[call.client] + 1) {
                column.push(Slot::Lane(number));
            }
        }
        for sweep in 0..SWEEPS {
            self.order(&mut columns, &ranks, sweep % 2 == 0);
        }
        self.place(&columns, &ranks);
    }

    /// Orders each rank by the middle of what it is connected with in the rank before, or after.
    fn order(&self, columns: &mut [Vec<Slot>], ranks: &[usize], is_forth: bool) {
        let count = columns.len();
        for step in 1..count {
            let (here, there) = if is_forth { (step, step - 1) } else { (count - 1 - step, count - step) };
            let at: HashMap<Slot, usize> =
                columns[there].iter().enumerate().map(|(at, slot)| (*slot, at)).collect();
            // Where the other end of a call is in the rank beside.
            let beside = |number: usize, call: &Call| {
                let end = if is_forth { call.client } else { call.server };
                at.get(&Slot::Lane(number))
                    .or_else(|| at.get(&Slot::Node(end)).filter(|_| ranks[end] == there))
            };
            let mut keyed: Vec<(f64, usize, Slot)> = Vec::new();
            for (now, slot) in columns[here].iter().enumerate() {
                let near: Vec<f64> = self
                    .calls
                    .iter()
                    .enumerate()
                    .filter(|(number, call)| match slot {
                        Slot::Node(node) => *node == if is_forth { call.server } else { call.client },
                        Slot::Lane(lane) => lane == number,
                    })
                    .filter_map(|(number, call)| beside(number, call).map(|at| *at as f64))
                    .collect();
                let middle = near.iter().sum::<f64>() / near.len().max(1) as f64;
                keyed.push((if near.is_empty() { now as f64 } else { middle }, now, *slot));
            }
            keyed.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
            columns[here] = keyed.into_iter().map(|(_, _, slot)| slot).collect();
        }
    }

    fn place(&mut self, columns: &[Vec<Slot>], ranks: &[usize]) {
        let high = |column: &Vec<Slot>| column.iter().map(Slot::high).sum::<f64>();
        self.high = columns.iter().map(high).fold(0.0, f64::max) + 2.0 * EDGE;
        self.wide = columns.len() as f64 * (WIDE + ACROSS) - ACROSS + 2.0 * EDGE;
        let mut lanes: HashMap<(usize, usize), f64> = HashMap::new();
        for (rank, column) in columns.iter().enumerate() {
            let mut y = (self.high - high(column)) / 2.0;
            for slot in column {
                match slot {
                    Slot::Node(node) => {
                        self.nodes[*node].x = EDGE + rank as f64 * (WIDE + ACROSS);
                        self.nodes[*node].y = y + BELOW / 2.0;
                    }
                    Slot::Lane(call) => drop(lanes.insert((*call, rank), y + LANE / 2.0)),
                }
                y += slot.high();
            }
        }
        for (number, call) in self.calls.iter_mut().enumerate() {
            let (client, server) = (&self.nodes[call.client], &self.nodes[call.server]);
            let (from, to) = (ranks[call.client], ranks[call.server]);
            let left = |rank: usize| EDGE + rank as f64 * (WIDE + ACROSS);
            call.points = vec![[client.x + WIDE, client.y + HIGH / 2.0]];
            for rank in from + 1..to {
                let y = lanes.get(&(number, rank)).copied().unwrap_or(server.y);
                call.points.extend([[left(rank), y], [left(rank) + WIDE, y]]);
            }
            if to <= from {
                // Below everything and back.
                let below = client.y.max(server.y) + HIGH + BELOW / 2.0;
                call.points.extend([[client.x + WIDE + 20.0, below], [server.x - 20.0, below]]);
            }
            call.points.push([server.x, server.y + HIGH / 2.0]);
        }
    }
}

/// What takes room in a rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Slot {
    Node(usize),
    /// A call that passes.
    Lane(usize),
}

impl Slot {
    fn high(&self) -> f64 {
        match self {
            Self::Node(_) => HIGH + BELOW,
            Self::Lane(_) => LANE,
        }
    }
}

/// The longest way from one that nobody calls; calls that lead back to one that is under way do not count.
fn ranks(count: usize, calls: &[Call]) -> Vec<usize> {
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut is_called = vec![false; count];
    for call in calls {
        next[call.client].push(call.server);
        is_called[call.server] = true;
    }
    let mut done: Vec<usize> = Vec::new();
    // 0 not met, 1 under way, 2 done.
    let mut state = vec![0_u8; count];
    let mut forth: Vec<(usize, usize)> = Vec::new();
    let starts = (0..count).filter(|node| !is_called[*node]).chain(0..count).collect::<Vec<_>>();
    for start in starts {
        if state[start] != 0 {
            continue;
        }
        let mut path = vec![(start, 0)];
        state[start] = 1;
        while let Some((node, at)) = path.last_mut() {
            let from = *node;
            match next[from].get(*at) {
                Some(to) => {
                    *at += 1;
                    if state[*to] != 1 {
                        forth.push((from, *to));
                    }
                    if state[*to] == 0 {
                        state[*to] = 1;
                        path.push((*to, 0));
                    }
                }
                None => {
                    state[from] = 2;
                    done.push(from);
                    path.pop();
                }
            }
        }
    }
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); count];
    forth.into_iter().for_each(|(from, to)| after[from].push(to));
    let mut ranks = vec![0; count];
    for node in done.into_iter().rev() {
        for to in &after[node] {
            ranks[*to] = ranks[*to].max(ranks[node] + 1);
        }
    }
    ranks
}

/// Services with their spans, those they called without any, and the calls.
fn counted(trace: &Trace) -> Graph {
    let mut nodes: Vec<Node> =
        trace.services.iter().map(|name| Node { name: name.clone(), ..Node::default() }).collect();
    let mut peers: HashMap<u32, usize> = HashMap::new();
    let mut known: HashMap<(usize, usize), Call> = HashMap::new();
    for at in 0..trace.len() as u32 {
        let (place, own) = (at as usize, trace.svc[at as usize] as usize);
        let is_failed = u64::from(trace.has(at, flag::ERROR));
        if let Some(node) = nodes.get_mut(own) {
            // A call of somebody else shows that one's colour.
            let is_call = trace.peer(at).is_some() && !trace.is_parent(at);
            if node.spans == 0 || !is_call && trace.own[place] > trace.own[node.longest as usize] {
                node.longest = at;
            }
            node.spans += 1;
            node.errors += is_failed;
            node.own = node.own.saturating_add(trace.own[place]);
            node.crit = node.crit.saturating_add(trace.crit[place]);
        }
        let parent = trace.parent[place];
        let mut ends = Vec::new();
        if parent != NONE && trace.svc[parent as usize] != trace.svc[place] {
            ends.push((trace.svc[parent as usize] as usize, own));
        }
        // One that was called and answered with a span is that service.
        if let Some((name, kind)) = trace.peer(at).filter(|_| !trace.is_parent(at)) {
            let peer = *peers.entry(trace.peer[place]).or_insert_with(|| {
                let node =
                    Node { name: name.clone(), kind: Some(kind.clone()), longest: at, ..Node::default() };
                nodes.push(node);
                nodes.len() - 1
            });
            nodes[peer].errors += is_failed;
            ends.push((own, peer));
        }
        for (client, server) in ends {
            let call = known.entry((client, server)).or_insert_with(|| Call {
                client,
                server,
                longest: at,
                ..Call::default()
            });
            call.count += 1;
            call.errors += is_failed;
            call.total = call.total.saturating_add(trace.dur[place]);
            call.is_critical |= trace.crit[place] > 0;
            if trace.dur[place] > trace.dur[call.longest as usize] {
                call.longest = at;
            }
        }
    }
    let mut calls: Vec<Call> = known.into_values().collect();
    calls.sort_by_key(|call| (call.client, call.server));
    Graph { nodes, calls, wide: 0.0, high: 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(client: usize, server: usize) -> Call {
        Call { client, server, count: 1, ..Call::default() }
    }

    fn graph(count: usize, calls: &[(usize, usize)]) -> Graph {
        let nodes = (0..count).map(|at| Node { name: at.to_string(), ..Node::default() }).collect();
        let calls = calls.iter().map(|(client, server)| call(*client, *server)).collect();
        let mut graph = Graph { nodes, calls, wide: 0.0, high: 0.0 };
        graph.lay_out();
        graph
    }

    #[test]
    fn who_calls_stands_left_of_whom_it_calls() {
        let graph = graph(5, &[(0, 1), (1, 2), (0, 2), (2, 3), (0, 4)]);
        for call in &graph.calls {
            assert!(graph.nodes[call.client].x < graph.nodes[call.server].x, "{call:?}");
        }
    }

    #[test]
    fn calls_in_a_circle_are_laid_out_too() {
        let graph = graph(3, &[(0, 1), (1, 2), (2, 0)]);
        assert!(graph.nodes.iter().all(|node| node.x > 0.0 && node.x < graph.wide));
        assert!(graph.nodes[0].x < graph.nodes[1].x && graph.nodes[1].x < graph.nodes[2].x);
    }

    #[test]
    fn no_card_lies_on_another_and_no_line_crosses_one() {
        let graph = graph(7, &[(0, 1), (0, 2), (1, 3), (2, 3), (0, 3), (3, 4), (0, 5), (5, 6), (0, 6)]);
        for (at, one) in graph.nodes.iter().enumerate() {
            for other in &graph.nodes[at + 1..] {
                assert!(one.x != other.x || (one.y - other.y).abs() >= HIGH, "{one:?} {other:?}");
            }
            for call in &graph.calls {
                let inner = call.points.get(1..call.points.len() - 1).unwrap_or_default();
                let crosses =
                    |point: &[f64; 2]| point[0] == one.x && point[1] > one.y && point[1] < one.y + HIGH;
                assert!(!inner.iter().any(crosses), "{call:?} {one:?}");
            }
        }
    }
}
