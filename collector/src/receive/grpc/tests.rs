//! Reading the heads of calls.

use super::*;

const WAIT: Duration = Duration::from_secs(2);

#[test]
fn the_wait_is_at_most_half_of_the_deadline() {
    for (timeout, expected) in [
        (None, WAIT),
        (Some("1H"), WAIT),
        (Some("10M"), WAIT),
        (Some("10S"), WAIT),
        (Some("3S"), Duration::from_millis(1_500)),
        (Some("100m"), Duration::from_millis(50)),
        (Some("100u"), Duration::from_micros(50)),
        (Some("100n"), Duration::from_nanos(50)),
        (Some("99999999H"), WAIT),
        (Some("0S"), Duration::ZERO),
        // What is not a timeout is none.
        (Some(""), WAIT),
        (Some("S"), WAIT),
        (Some("1"), WAIT),
        (Some("-1S"), WAIT),
        (Some("1.5S"), WAIT),
        (Some("100000000S"), WAIT),
        (Some("1µ"), WAIT),
    ] {
        let mut headers = HeaderMap::new();
        if let Some(timeout) = timeout {
            headers.insert("grpc-timeout", HeaderValue::from_bytes(timeout.as_bytes()).unwrap());
        }
        assert_eq!(patience(&headers, WAIT), expected, "{timeout:?}");
    }
}
