//! Lines between the nodes of a map: their shape, how wide they are, where their text stands, which of them are
//! affected, and where the arrow keys lead along them.

use std::collections::HashMap;

use daymark_view::map::{MapEdge, MapNode, ServiceMap};
use daymark_view::services::ServiceState;

/// As the state of a service is judged: so many failures are critical.
const MANY: f64 = 0.05;
/// From here on the share of failures is printed.
pub const TOLD: f64 = 0.01;

/// Long names of systems, and what people call them.
const BRIEF: [(&str, &str); 4] =
    [("postgresql:", "pg:"), ("mongodb:", "mongo:"), ("elasticsearch:", "es:"), ("clickhouse:", "ch:")];

/// A name for where there is little room: what tells it from others stands behind the system.
pub fn brief(name: &str) -> String {
    let known = BRIEF.iter().find_map(|(long, brief)| Some((brief, name.strip_prefix(long)?)));
    known.map_or_else(|| name.to_owned(), |(brief, rest)| format!("{brief}{rest}"))
}

/// A curve through the points that leaves and enters every node level, and its head.
pub fn path(points: &[[i64; 2]]) -> String {
    let mut path = String::with_capacity(points.len() * 28);
    for (at, pair) in points.windows(2).enumerate() {
        let ([x, y], [to_x, to_y]) = (pair[0], pair[1]);
        if at == 0 {
            path.push_str(&format!("M{x} {y}"));
        }
        if y == to_y {
            path.push_str(&format!("L{to_x} {to_y}"));
        } else {
            let middle = (x + to_x) / 2;
            path.push_str(&format!("C{middle} {y} {middle} {to_y} {to_x} {to_y}"));
        }
    }
    if let [.., [before, _], [x, y]] = points {
        let back = if before <= x { x - 5 } else { x + 5 };
        path.push_str(&format!("M{back} {}L{x} {y}L{back} {}", y - 3, y + 3));
    }
    path
}

/// From one to three pixels, by the logarithm of the rate.
pub fn width(rate: f64, most: f64) -> f64 {
    // Rates by the minute, so that less than one a second still differ.
    let level = |rate: f64| (rate.max(0.0) * 60.0).ln_1p();
    if most > 0.0 { 1.0 + 2.0 * (level(rate) / level(most)).clamp(0.0, 1.0) } else { 1.0 }
}

/// Where the text of a line stands: in the middle of its first turn, off the card it leaves.
pub fn label_place(points: &[[i64; 2]]) -> [f64; 2] {
    let turn = points.windows(2).find(|pair| pair[0][1] != pair[1][1]).or(points.windows(2).next());
    turn.map_or([0.0, 0.0], |pair| {
        [(pair[0][0] + pair[1][0]) as f64 / 2.0, (pair[0][1] + pair[1][1]) as f64 / 2.0]
    })
}

/// Whether a line is part of a trouble: its calls fail, or the called one does badly.
pub fn trouble(edge: &MapEdge, server: Option<&MapNode>) -> Option<ServiceState> {
    let is_open = edge.breaker.as_ref().is_some_and(|breaker| breaker.open > 0);
    if is_open || edge.error_rate.is_some_and(|share| share >= MANY) {
        return Some(ServiceState::Critical);
    }
    let state = server.map(|server| server.state);
    matches!(state, Some(ServiceState::Warning | ServiceState::Critical)).then_some(ServiceState::Warning)
}

/// Ids in the order of the tab key: column by column, from top to bottom.
pub fn walk(map: &ServiceMap) -> Vec<String> {
    let mut nodes: Vec<&MapNode> =
        map.nodes.iter().filter(|node| !map.unconnected.contains(&node.id)).collect();
    nodes.sort_by(|one, other| (one.x, one.y, &one.id).cmp(&(other.x, other.y, &other.id)));
    nodes.into_iter().map(|node| node.id.clone()).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To one that it calls.
    Along,
    /// To one that calls it.
    Against,
    Up,
    Down,
}

/// Where a step from a node leads: along calls to the most used one, or to the next in the column.
pub fn step<'a>(map: &'a ServiceMap, from: &str, step: Step) -> Option<&'a str> {
    let here = map.nodes.iter().find(|node| node.id == from)?;
    let busiest = |ends: fn(&MapEdge) -> (&str, &str)| {
        let edges = map.edges.iter().filter(|edge| ends(edge).0 == from && ends(edge).1 != from);
        let best = edges.max_by(|one, other| {
            one.rate.total_cmp(&other.rate).then_with(|| ends(other).1.cmp(ends(one).1))
        });
        let id = best.map(|edge| ends(edge).1)?;
        map.nodes.iter().find(|node| node.id == id).map(|node| node.id.as_str())
    };
    let column = || map.nodes.iter().filter(|node| node.x == here.x && !map.unconnected.contains(&node.id));
    match step {
        Step::Along => busiest(|edge| (&edge.client, &edge.server)),
        Step::Against => busiest(|edge| (&edge.server, &edge.client)),
        Step::Up => {
            column().filter(|node| node.y < here.y).max_by_key(|node| node.y).map(|node| node.id.as_str())
        }
        Step::Down => {
            column().filter(|node| node.y > here.y).min_by_key(|node| node.y).map(|node| node.id.as_str())
        }
    }
}

/// The corners of what is drawn: left, top, right, bottom. Who has no call stands elsewhere.
pub fn bounds(map: &ServiceMap) -> [f64; 4] {
    let drawn = map.nodes.iter().filter(|node| !map.unconnected.contains(&node.id));
    let corners = drawn.fold(None, |known: Option<[i64; 4]>, node| {
        let [left, top, right, bottom] = known.unwrap_or([node.x, node.y, node.x, node.y]);
        Some([left.min(node.x), top.min(node.y), right.max(node.x + node.w), bottom.max(node.y + node.h)])
    });
    corners.unwrap_or([0, 0, 1, 1]).map(|corner| corner as f64)
}

/// One of seven steps of the ramp, by the logarithm of a duration among all of the map.
pub fn heat(ns: u64, (least, most): (u64, u64)) -> u8 {
    let level = |ns: u64| (ns.max(1) as f64).ln();
    let width = level(most) - level(least);
    if width <= 0.0 {
        1
    } else {
        1 + ((level(ns) - level(least)) / width * 6.0).round().clamp(0.0, 6.0) as u8
    }
}

/// All calls, those in trouble last: what is drawn later lies above, so that no line crosses their figures.
pub fn drawn(map: &ServiceMap) -> impl Iterator<Item = &MapEdge> {
    let servers: HashMap<&str, &MapNode> = map.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let mut edges: Vec<&MapEdge> = map.edges.iter().collect();
    edges.sort_by_key(|edge| trouble(edge, servers.get(edge.server.as_str()).copied()).is_some());
    edges.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str, x: i64, y: i64) -> MapNode {
        MapNode { id: id.into(), x, y, w: 130, h: 46, ..MapNode::default() }
    }

    fn edge(client: &str, server: &str, rate: f64) -> MapEdge {
        MapEdge { client: client.into(), server: server.into(), rate, ..MapEdge::default() }
    }

    fn map() -> ServiceMap {
        ServiceMap {
            nodes: vec![
                node("cart", 200, 80),
                node("web", 0, 40),
                node("order", 200, 0),
                node("batch", 0, 900),
            ],
            edges: vec![edge("web", "cart", 2.0), edge("web", "order", 9.0), edge("web", "web", 99.0)],
            unconnected: vec!["batch".into()],
            ..ServiceMap::default()
        }
    }

    #[test]
    fn lines_pass_level_and_turn_in_the_gaps() {
        assert_eq!(path(&[[0, 10], [40, 10]]), "M0 10L40 10M35 7L40 10L35 13");
        assert_eq!(path(&[[0, 0], [40, 20]]), "M0 0C20 0 20 20 40 20M35 17L40 20L35 23");
        assert_eq!(path(&[[40, 0], [0, 0]]), "M40 0L0 0M5 -3L0 0L5 3", "back to the left");
        assert_eq!(label_place(&[[0, 0], [10, 0], [50, 20]]), [30.0, 10.0]);
        assert_eq!((path(&[]).as_str(), label_place(&[])), ("", [0.0, 0.0]));
    }

    #[test]
    fn names_of_systems_are_short() {
        assert_eq!([brief("postgresql:payments"), brief("redis:0")], ["pg:payments", "redis:0"]);
    }

    #[test]
    fn busy_lines_are_wider() {
        assert_eq!((width(0.0, 100.0), width(100.0, 100.0), width(5.0, 0.0)), (1.0, 3.0, 1.0));
        assert!(width(1.0, 100.0) > width(0.1, 100.0));
    }

    #[test]
    fn only_lines_in_trouble_are_told() {
        let mut call = edge("web", "cart", 1.0);
        assert_eq!(trouble(&call, None), None);
        let slow = MapNode { state: ServiceState::Warning, ..MapNode::default() };
        assert_eq!(trouble(&call, Some(&slow)), Some(ServiceState::Warning));
        call.error_rate = Some(0.2);
        assert_eq!(trouble(&call, None), Some(ServiceState::Critical));
    }

    #[test]
    fn calls_in_trouble_are_drawn_last() {
        let mut map = map();
        map.edges[0].error_rate = Some(0.2);
        let last = drawn(&map).last().unwrap();
        assert_eq!((&last.client, &last.server), (&map.edges[0].client, &map.edges[0].server));
        assert_eq!(drawn(&map).count(), map.edges.len());
    }

    #[test]
    fn keys_walk_columns_and_calls() {
        let map = map();
        assert_eq!(walk(&map), ["web", "order", "cart"]);
        assert_eq!(step(&map, "web", Step::Along), Some("order"), "the busiest");
        assert_eq!(step(&map, "cart", Step::Against), Some("web"));
        assert_eq!(step(&map, "order", Step::Down), Some("cart"));
        assert_eq!(step(&map, "web", Step::Down), None, "not into the lane");
        assert_eq!(step(&map, "gone", Step::Up), None);
    }

    #[test]
    fn the_lane_is_not_part_of_the_picture() {
        assert_eq!(bounds(&map()), [0.0, 0.0, 330.0, 126.0]);
        assert_eq!(bounds(&ServiceMap::default()), [0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn durations_are_spread_over_the_ramp() {
        assert_eq!(
            (heat(1_000, (1_000, 1_000_000)), heat(1_000_000, (1_000, 1_000_000)), heat(5, (5, 5))),
            (1, 7, 1)
        );
        assert_eq!(heat(31_623, (1_000, 1_000_000)), 4);
    }
}
