//! Every way to write a duration, and how they are shown.

use super::{brief, parse};

#[test]
fn accepted() {
    let cases = [
        ("0", 0),
        ("250", 250),
        ("1ns", 1),
        ("500us", 500_000),
        ("500ms", 500_000_000),
        ("1.5s", 1_500_000_000),
        ("5m", 300_000_000_000),
        ("2h", 7_200_000_000_000),
        ("7d", 604_800_000_000_000),
    ];
    for (text, expected) in cases {
        assert_eq!(parse(text), Ok(expected), "{text}");
    }
}

#[test]
fn refused() {
    for text in ["", "s", "5x", "-5s", "1.s", ".5s", "1.2.3s", "5 s", "106752d", "99999999999999999999"] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn shown() {
    let cases = [
        (0, "0ns"),
        (999, "999ns"),
        (1_000, "1us"),
        (1_234, "1.23us"),
        (88_000_000, "88ms"),
        (88_400_000, "88.4ms"),
        (1_920_000_000, "1.92s"),
        (59_999_999_999, "59.9s"),
        (125_000_000_000, "2m05s"),
        (7_380_000_000_000, "2h03m"),
        (-1_200_000, "-1.2ms"),
    ];
    for (nanos, expected) in cases {
        assert_eq!(brief(nanos), expected);
    }
}
