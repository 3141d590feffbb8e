//! What benchmarks, tests and the demo rely on: the load is repeatable, has the promised shape, and its truth
//! is what anybody counts who decodes the bytes.

/// The bytes decoded again and counted from scratch.
mod counted;
/// What breaks, and that it shows.
mod faults;
/// Repeats under new ids.
mod passes;
/// Sizes, shares and trees.
mod shape;
/// Same seed, same bytes; same bytes, same counts.
mod truth;

use daymark_workload::{Feed, Profile, Request, SECOND, Shop};

/// Tuesday, 3 November 2026, 09:20 UTC: the start of a round of faults.
const START: i64 = 1_793_697_600 * SECOND;

/// Everything a shop sends that is open for a time and then closes.
fn sent(seed: u64, profile: Profile, seconds: i64, rate: f64) -> (Feed, Vec<Request>) {
    let mut feed = Feed::new(Shop::new(seed, profile), START, rate).with_roster();
    let mut requests = Vec::new();
    for second in 1..=seconds {
        requests.extend(feed.advance(START + second * SECOND));
    }
    requests.extend(feed.finish());
    (feed, requests)
}
