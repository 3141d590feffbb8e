//! More comes in than the store can follow: the intake waits, then is shed; memory and segments stay bounded,
//! and nothing that was acknowledged is lost.

use std::time::Duration;

use daymark_model::intake::{Intake, Refused};
use daymark_model::reason::Rejected;
use daymark_model::signal::Table;
use daymark_storage::Options;
use daymark_workload::{SECOND, Signal};

use crate::estate::{Estate, World, admitted, minute, stretch};

#[test]
fn buffers_stay_within_their_bound() {
    let options = Options {
        flush_bytes: 1 << 20,
        buffers_bytes: 2 << 20,
        wait: Duration::from_secs(60),
        ..World::default().options
    };
    let bound = options.buffers_bytes as u64;
    let estate = Estate::within(World { options, ..World::default() });
    let (requests, truth) = minute(90);
    let largest = std::sync::atomic::AtomicU64::new(0);
    estate.wait(async {
        let store = estate.store();
        // Four senders, each with one batch on its way.
        let sender = |of: usize| {
            let (requests, largest) = (&requests, &largest);
            async move {
                for request in requests.iter().skip(of).step_by(4) {
                    store.submit(admitted(request)).await.unwrap();
                    let buffered = store.status().buffered_bytes;
                    largest.fetch_max(buffered, std::sync::atomic::Ordering::Relaxed);
                }
            }
        };
        futures::future::join_all((0..4).map(sender)).await;
    });
    let largest = largest.into_inner();
    // What is let in while there is room may be as large as it likes.
    assert!(largest > bound / 4 && largest < 2 * bound, "{largest} of {bound}");
    assert_eq!(estate.rows()[&Table::Spans] as u64, truth.spans);
    estate.assert_balanced();
}

#[test]
fn unmerged_segments_slow_the_intake_and_at_last_shed_it() {
    let wait = Duration::from_millis(400);
    // So few that merges, which begin at eight, do not help.
    let options = Options { debt_segments: 2, wait, ..World::default().options };
    let estate = Estate::within(World { options, ..World::default() });
    let (requests, _) = stretch(91, estate.world.clock.now().0 - 120 * SECOND, 60);
    let mut spans = requests.iter().filter(|request| request.signal == Signal::Spans);
    let mut holds = Vec::new();
    for _ in 0..4 {
        let began = estate.world.clock.elapsed();
        estate.send(spans.next().unwrap()).unwrap();
        holds.push(estate.world.clock.elapsed() - began);
        estate.flush();
    }
    assert!(holds[3] >= wait / 2, "{holds:?}");
    assert_eq!(estate.store().status().debt.l0_most, 4);
    let refused = estate.send(spans.next().unwrap());
    assert!(matches!(refused, Err(Refused::Busy { reason: Rejected::Memory, .. })), "{refused:?}");
    estate.wait(estate.store().settle()).unwrap();
    assert_eq!(estate.store().status().debt.l0_most, 0);
    estate.send(spans.next().unwrap()).unwrap();
    estate.assert_balanced();
}
