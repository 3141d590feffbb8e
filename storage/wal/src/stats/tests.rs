//! The histogram of sync times.

use std::time::Duration;

use daymark_model::id::Lsn;

use super::Counters;

/// Scenario: times of very different size. Guarantee: percentiles are never below the truth and at most a
/// quarter above it, at any scale; the total is exact.
#[test]
fn percentiles_are_close_above() {
    for scale in [20_u64, 1_000, 50_000, 3_000_000] {
        let counters = Counters::new(Lsn(0));
        (1..=100).for_each(|at| counters.count_sync(Duration::from_micros(scale * at)));
        let (count, total, p50, p99) = counters.syncs();
        assert_eq!((count, total), (100, Duration::from_micros(scale * 5050)));
        for (found, rank) in [(p50, 50), (p99, 99)] {
            let truth = Duration::from_micros(scale * rank);
            assert!(found >= truth && found <= truth * 5 / 4, "{found:?} for {truth:?}");
        }
    }
    assert_eq!(Counters::new(Lsn(0)).syncs(), (0, Duration::ZERO, Duration::ZERO, Duration::ZERO));
}
