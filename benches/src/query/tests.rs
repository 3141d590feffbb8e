//! Questions are asked about traces that were really sent.

use daymark_workload::{Profile, Signal};

use super::*;

#[test]
fn traces_to_ask_for_come_from_every_pass() {
    let profile = Profile { services: 4, pods: 1, ..Profile::tidy() };
    let mut load = Load::new(1, profile, 3_000, vec![Signal::Spans], 1_793_697_600_000_000_000);
    load.passes = 3;
    let all = known(&load, |trace| trace.spans >= 3);
    assert!(all.len() > 50 && all.len() <= 200, "{}", all.len());
    for (index, known) in all.iter().enumerate() {
        assert_eq!((known.id.len(), known.order.len()), (32, 16));
        assert!(known.truth.spans >= 3);
        let original = known.id == format!("{:032x}", u128::from_be_bytes(known.truth.id));
        assert_eq!(original, index % 3 == 0, "only the first pass has the ids of the recording");
    }
    assert!(known(&load, |_| false).is_empty());
}
