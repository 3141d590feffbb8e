//! Counting connections.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::*;

fn peer(last: u8) -> IpAddr {
    Ipv4Addr::new(10, 0, 0, last).into()
}

#[test]
fn caps_hold_for_all_and_for_each_peer() {
    let doors = Arc::new(Doors::new(3, 2));
    let first = doors.enter(peer(1)).unwrap();
    let _second = doors.enter(peer(1)).unwrap();
    assert!(doors.enter(peer(1)).is_none(), "one peer");
    let third = doors.enter(peer(2)).unwrap();
    assert!(doors.enter(peer(3)).is_none(), "all peers");
    drop(third);
    assert!(doors.enter(peer(1)).is_none(), "still one peer");
    drop(first);
    assert!(doors.enter(peer(1)).is_some());
}

#[test]
fn peers_that_left_are_forgotten() {
    let doors = Arc::new(Doors::new(1, 1));
    for last in 0..=255 {
        assert!(doors.enter(peer(last)).is_some());
    }
    assert!(doors.taken().by_peer.is_empty());
}

#[test]
fn one_address_in_two_spellings_is_one_peer() {
    let doors = Arc::new(Doors::new(9, 1));
    let mapped: Ipv6Addr = Ipv4Addr::new(10, 0, 0, 1).to_ipv6_mapped();
    let _seat = doors.enter(peer(1)).unwrap();
    assert!(doors.enter(mapped.into()).is_none());
}
