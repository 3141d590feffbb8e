//! A quantile is a sample that was seen.

use super::*;

#[test]
fn quantiles_are_samples_that_were_seen() {
    let mut samples = Samples::default();
    assert_eq!(samples.quantile_ms(0.5), None);
    for ms in (1..=100).rev() {
        samples.add(Duration::from_millis(ms));
    }
    let cases = [(0.0, 1.0), (0.5, 50.0), (0.95, 95.0), (0.99, 99.0), (0.991, 100.0), (1.0, 100.0)];
    for (share, expected) in cases {
        assert_eq!(samples.quantile_ms(share), Some(expected), "{share}");
    }
}
