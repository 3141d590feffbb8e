//! The tree against plain recursion over random parents, and the shapes that break such code: rings, chains
//! and fans of a hundred thousand, shared ids, clocks that are off.

use daymark_model::id::SpanId;
use proptest::prelude::*;

use super::{GAP_NS, Kind, Node, Tree, called_halves, episodes, parents, skews};

fn id(number: u64) -> SpanId {
    SpanId(number.to_be_bytes())
}

fn node(number: u64, parent: Option<u64>, start: i64, duration: i64) -> Node {
    Node { id: id(number), parent: parent.map(id), kind: Kind::Internal, service: 0, start, duration }
}

/// Ids by row, with depths.
fn rows(nodes: &[Node]) -> Vec<(u64, u32)> {
    let tree = Tree::of(nodes);
    let number = |span: &u32| u64::from_be_bytes(nodes[*span as usize].id.0);
    tree.spans.iter().map(number).zip(tree.depths.iter().copied()).collect()
}

#[test]
fn rows_are_in_pre_order() {
    let nodes = [
        node(1, None, 0, 100),
        node(2, Some(1), 10, 20),
        node(3, Some(2), 12, 5),
        node(9, Some(77), 15, 5),
        node(4, Some(1), 40, 50),
        node(8, Some(77), 45, 5),
        node(7, Some(66), 46, 5),
    ];
    assert_eq!(rows(&nodes), [(1, 0), (2, 1), (3, 2), (4, 1), (9, 0), (8, 0), (7, 0)]);
    let tree = Tree::of(&nodes);
    assert_eq!(tree.ends, [4, 3, 3, 4, 5, 6, 7]);
    assert_eq!(tree.orphans, [false, false, false, false, true, true, true]);
    assert_eq!(tree.self_times(&nodes)[..4], [30, 15, 5, 50]);
}

#[test]
fn rings_are_cut_at_their_earliest_span() {
    let alone = [node(1, Some(1), 0, 10)];
    assert_eq!(rows(&alone), [(1, 0)]);
    let ring =
        [node(3, Some(2), 1, 1), node(1, Some(3), 5, 1), node(2, Some(1), 7, 1), node(4, Some(2), 9, 1)];
    assert_eq!(rows(&ring), [(3, 0), (1, 1), (2, 2), (4, 3)]);
    assert!(!Tree::of(&ring).orphans.contains(&true));
}

#[test]
fn long_chains_and_wide_fans_take_no_stack() {
    const MANY: u64 = 100_000;
    let chain: Vec<Node> = (1..=MANY).map(|at| node(at, (at > 1).then(|| at - 1), at as i64, 10)).collect();
    let tree = Tree::of(&chain);
    assert_eq!((tree.depths[MANY as usize - 1], tree.ends[0]), (MANY as u32 - 1, MANY as u32));
    assert_eq!(tree.critical(&chain, 0).len(), 10);
    let fan: Vec<Node> = (1..=MANY).map(|at| node(at, (at > 1).then_some(1), at as i64, 10)).collect();
    let tree = Tree::of(&fan);
    assert_eq!((tree.len(), tree.children().0.len()), (MANY as usize, MANY as usize - 1));
    assert_eq!(tree.self_times(&fan)[0], 1);
    let ring: Vec<Node> = (0..MANY).map(|at| node(at + 1, Some((at + 1) % MANY + 1), at as i64, 1)).collect();
    assert_eq!(Tree::of(&ring).len(), MANY as usize);
}

#[test]
fn halves_of_a_shared_id_are_caller_and_called() {
    let of = |number, parent, kind, service, start| Node { kind, service, ..node(number, parent, start, 10) };
    // Client 2 of service 0 and its server half of service 1, whose own call is 3; 4 is the client's own child.
    let nodes = [
        of(1, None, Kind::Server, 0, 0),
        of(2, Some(1), Kind::Client, 0, 1),
        of(2, Some(1), Kind::Server, 1, 2),
        of(3, Some(2), Kind::Client, 1, 3),
        of(4, Some(2), Kind::Internal, 0, 4),
    ];
    assert_eq!(parents(&nodes), [None, Some(0), Some(1), Some(2), Some(1)]);
    assert_eq!(called_halves(&nodes), [false, false, true, false, false]);
}

#[test]
fn the_critical_path_goes_back_from_the_end() {
    let nodes = [
        node(1, None, 0, 100),
        node(2, Some(1), 10, 30),
        node(3, Some(1), 20, 60),
        node(4, Some(3), 30, 90),
        node(5, Some(1), 100, 50),
    ];
    let tree = Tree::of(&nodes);
    let sections: Vec<_> =
        tree.critical(&nodes, 0).iter().map(|section| (section.row, section.from, section.to)).collect();
    // 4 outlives its parent, so its line ends there; 5 began when nobody waited any more.
    assert_eq!(sections, [(0, 0, 20), (2, 20, 30), (3, 30, 80), (0, 80, 100)]);
    assert!(tree.is_async(&nodes, 4) && !tree.is_async(&nodes, 3));
}

#[test]
fn a_pause_or_another_root_begins_an_episode() {
    let told = |nodes: &[Node], instances: &[u64]| episodes(nodes, &parents(nodes), instances);
    let later = GAP_NS + 100;
    let paused = [
        node(1, None, 0, 50),
        node(2, Some(1), 10, 10),
        node(3, None, later, 5),
        node(4, Some(1), later + 1, 1),
    ];
    assert_eq!(told(&paused, &[1, 2, 1, 2]), [0, 0, 1, 1]);
    let queued = [node(1, None, 0, 50), node(2, Some(1), later, 10), node(3, Some(2), 2 * later, 1)];
    assert_eq!(told(&queued, &[1, 2, 3]), [0, 0, 0]);
    let roots = [
        node(1, None, 0, 50),
        node(2, None, 5, 5),
        node(3, Some(2), 6, 1),
        node(4, Some(1), 7, 1),
        node(5, Some(9), 8, 1),
    ];
    assert_eq!(told(&roots, &[1, 2, 2, 1, 7]), [0, 1, 1, 0, 1]);
    assert_eq!(told(&roots, &[1, 1, 2, 1, 7]), [0, 0, 0, 0, 0]);
    // What came before the root belongs to it.
    let early = [node(1, Some(9), 0, 50), node(2, None, 5, 5)];
    assert_eq!(told(&early, &[1, 2]), [0, 0]);
}

#[test]
fn a_called_span_before_its_caller_tells_of_its_clock() {
    let server = |start| Node { kind: Kind::Server, service: 1, ..node(2, Some(1), start, 60) };
    for (start, expected) in [(-30, vec![(1, -50)]), (20, vec![]), (50, vec![(1, 30)])] {
        let mut nodes = [node(1, None, 0, 100), server(start)];
        nodes.sort_by_key(|node| node.start);
        assert_eq!(skews(&Tree::of(&nodes), &nodes), expected, "{start}");
    }
}

fn any_trace() -> impl Strategy<Value = Vec<Node>> {
    let span = (1_u64..12, prop::option::of(1_u64..14), 0_i64..50, 0_i64..40, 0_usize..6, 0_u32..3);
    prop::collection::vec(span, 1..25).prop_map(|spans| {
        let node = |(number, parent, start, duration, kind, service)| Node {
            kind: Kind::ALL[kind],
            service,
            ..node(number, parent, start, duration)
        };
        let mut nodes: Vec<Node> = spans.into_iter().map(node).collect();
        nodes.sort_by_key(|node| (node.start, node.id));
        nodes
    })
}

/// Pre-order by plain recursion.
fn walk(at: usize, depth: u32, parents: &[Option<usize>], found: &mut Vec<(u32, u32)>) {
    found.push((at as u32, depth));
    for child in (0..parents.len()).filter(|child| parents[*child] == Some(at)) {
        walk(child, depth + 1, parents, found);
    }
}

proptest! {
    #[test]
    fn trees_are_those_of_plain_recursion(nodes in any_trace()) {
        let tree = Tree::of(&nodes);
        let parents = parents(&nodes);
        let mut spans = tree.spans.clone();
        spans.sort_unstable();
        prop_assert_eq!(spans, (0..nodes.len() as u32).collect::<Vec<_>>());
        let mut row = 0;
        while row < tree.len() {
            let mut expected = Vec::new();
            walk(tree.spans[row] as usize, 0, &parents, &mut expected);
            let end = tree.ends[row] as usize;
            let found: Vec<(u32, u32)> = (row..end).map(|row| (tree.spans[row], tree.depths[row])).collect();
            prop_assert_eq!(&found, &expected);
            row = end;
        }
        // Own time: instants of a span in which no child runs.
        let own = tree.self_times(&nodes);
        for row in 0..tree.len() {
            let node = &nodes[tree.spans[row] as usize];
            let children: Vec<&Node> = (0..tree.len())
                .filter(|child| tree.parents[*child] == Some(row as u32))
                .map(|child| &nodes[tree.spans[child] as usize])
                .collect();
            let alone = (node.start..node.end())
                .filter(|at| !children.iter().any(|child| (child.start..child.end()).contains(at)))
                .count();
            prop_assert_eq!(own[row], alone as i64);
        }
    }

    #[test]
    fn the_critical_path_covers_its_top_once(nodes in any_trace()) {
        let tree = Tree::of(&nodes);
        let Some(top) = tree.main_row(&nodes) else { return Ok(()) };
        let sections = tree.critical(&nodes, top);
        let node = &nodes[tree.spans[top] as usize];
        let mut at = node.start;
        for section in &sections {
            prop_assert_eq!(section.from, at);
            prop_assert!(section.to > section.from);
            at = section.to;
        }
        if node.duration > 0 {
            prop_assert_eq!(at, node.end());
        }
    }
}
