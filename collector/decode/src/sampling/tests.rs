//! The weight of sampled spans.

use super::adjusted_count;

#[test]
fn the_threshold_tells_how_many_spans_one_stands_for() {
    let cases = [
        ("ot=th:0", 1.0),
        ("ot=th:8", 2.0),
        ("ot=th:c", 4.0),
        ("ot=th:C", 4.0),
        ("ot=rv:12345678901234;th:c", 4.0),
        ("rojo=00f067aa0ba902b7, ot=th:e", 8.0),
        ("ot=th:fd70a3d70a3d71", 100.000_000_000_001_4),
        ("ot=th:ffffffffffffff", 72_057_594_037_927_936.0),
    ];
    for (state, expected) in cases {
        assert!((adjusted_count(state) / expected - 1.0).abs() < 1e-12, "{state}: {}", adjusted_count(state));
    }
}

#[test]
fn what_cannot_be_understood_counts_as_one() {
    for state in
        ["", "ot=", "ot=th:", "ot=th:xyz", "ot=th:123456789012345", "ot=th:+8", "th:8", "other=th:8", ",;=,"]
    {
        assert_eq!(adjusted_count(state).to_bits(), 1.0_f64.to_bits(), "{state}");
    }
}
