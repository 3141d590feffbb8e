//! Pictures are the same whatever the order, nothing lies on something else, and calls go from left to right.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Frame, Picture, Spot, arranged};

fn spots(groups: &[Option<u8>]) -> Vec<Spot> {
    let spot = |(number, group): (usize, &Option<u8>)| Spot {
        id: format!("service-{number:03}"),
        group: group.map(|group| format!("group-{group}")),
        is_outside: number % 7 == 6,
    };
    groups.iter().enumerate().map(spot).collect()
}

fn overlap(one: Frame, other: Frame) -> bool {
    let apart = |at: usize| one[at] + one[at + 2] <= other[at] || other[at] + other[at + 2] <= one[at];
    !apart(0) && !apart(1)
}

fn assert_sound(spots: &[Spot], picture: &Picture) {
    for (at, one) in picture.nodes.iter().enumerate() {
        assert!(one[0] >= 0 && one[1] >= 0, "{one:?}");
        assert!(one[0] + one[2] <= picture.width && one[1] + one[3] <= picture.height, "{one:?}");
        for (more, other) in picture.nodes.iter().enumerate().skip(at + 1) {
            assert!(!overlap(*one, *other), "{} and {}: {one:?} {other:?}", spots[at].id, spots[more].id);
        }
    }
    let groups: Vec<_> = picture.groups.iter().collect();
    for (at, (id, one)) in groups.iter().enumerate() {
        for (other_id, other) in &groups[at + 1..] {
            assert!(!overlap(**one, **other), "{id} and {other_id}: {one:?} {other:?}");
        }
        for (node, frame) in picture.nodes.iter().enumerate() {
            let is_member = spots[node].group.as_ref() == Some(*id);
            if !picture.unconnected.contains(&node) {
                assert_eq!(overlap(**one, *frame), is_member, "{id} and {}", spots[node].id);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pictures_are_sound_and_stay(
        groups in prop::collection::vec(prop::option::of(0..4_u8), 1..40),
        edges in prop::collection::vec((0..40_usize, 0..40_usize), 0..80),
        turn in 0..40_usize,
    ) {
        let spots = spots(&groups);
        let count = spots.len();
        let edges: BTreeSet<_> = edges.into_iter().map(|(one, other)| (one % count, other % count)).collect();
        let edges: Vec<_> = edges.into_iter().collect();
        let picture = arranged(&spots, &edges);
        assert_sound(&spots, &picture);

        // In another order all stands where it stood.
        let turned = |at: usize| (at + turn) % count;
        let mut other_spots = spots.clone();
        for (at, spot) in spots.iter().enumerate() {
            other_spots[turned(at)] = spot.clone();
        }
        let other_edges: Vec<_> =
            edges.iter().rev().map(|(one, other)| (turned(*one), turned(*other))).collect();
        let other = arranged(&other_spots, &other_edges);
        prop_assert_eq!(other.hash, picture.hash);
        for at in 0..count {
            prop_assert_eq!(other.nodes[turned(at)], picture.nodes[at]);
        }
        for (line, other) in picture.lines.iter().zip(other.lines.iter().rev()) {
            prop_assert_eq!(line, other);
        }
    }
}

#[test]
fn calls_go_from_left_to_right_and_outsiders_stand_last() {
    let named = |id: &str, is_outside| Spot { id: id.into(), group: None, is_outside };
    let spots = [
        named("user", false),
        named("web", false),
        named("cart", false),
        named("postgresql:shop", true),
        named("alone", false),
    ];
    let picture = arranged(&spots, &[(0, 1), (1, 2), (2, 1), (1, 3), (2, 2)]);
    let left = |at: usize| picture.nodes[at][0];
    assert!(left(0) < left(1) && left(1) < left(2) && left(2) < left(3), "{:?}", picture.nodes);
    assert_eq!(picture.unconnected, [4]);
    assert!(picture.nodes[4][1] > picture.nodes[2][1]);
    let first = &picture.lines[0];
    assert_eq!(first[0][0], picture.nodes[0][0] + picture.nodes[0][2], "from the edge of the caller");
    assert_eq!(first[first.len() - 1][0], picture.nodes[1][0], "to the edge of the called one");
    assert_eq!(arranged(&[], &[]).unconnected, [0_usize; 0]);
}

#[test]
fn a_map_of_two_thousand_is_sound() {
    let groups: Vec<Option<u8>> = (0..2_000).map(|number| Some((number % 20) as u8)).collect();
    let spots = spots(&groups);
    let edges: Vec<(usize, usize)> =
        (0..6_000_usize).map(|edge| (edge % 2_000, (edge * 7_919 + edge / 2_000 * 31) % 2_000)).collect();
    let picture = arranged(&spots, &edges);
    assert_eq!(picture.lines.len(), edges.len());
    assert!(picture.nodes.iter().all(|[_, _, w, h]| *w > 0 && *h > 0));
}
