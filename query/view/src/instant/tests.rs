//! Every way to write an instant, and the way back.

use daymark_model::time::Nanos;

use super::{parse, rfc3339, rfc3339_s};

const NOW: Nanos = Nanos(1_700_000_000_000_000_000);

#[test]
fn accepted() {
    let cases = [
        ("now", NOW.0),
        ("-15m", NOW.0 - 15 * Nanos::MINUTE),
        (" -1h ", NOW.0 - Nanos::HOUR),
        ("-7d", NOW.0 - 7 * Nanos::DAY),
        ("+500ms", NOW.0 + 500 * Nanos::MILLISECOND),
        ("0", 0),
        ("1763690712331000000", 1_763_690_712_331_000_000),
        ("-1763690712331000000", -1_763_690_712_331_000_000),
        ("1970-01-01", 0),
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-02t00:00:00.5z", Nanos::DAY + 500_000_000),
        ("2000-02-29T12:34:56.123456789Z", 951_827_696_123_456_789),
        ("2023-11-14T22:13:20Z", NOW.0),
        ("2023-11-15T07:13:20+09:00", NOW.0),
        ("2023-11-14 17:13:20-05:00", NOW.0),
        ("1969-12-31T23:59:59.999999999Z", -1),
    ];
    for (text, expected) in cases {
        assert_eq!(parse(text, NOW), Ok(Nanos(expected)), "{text}");
    }
}

#[test]
fn refused() {
    let cases = [
        "",
        "soon",
        "15m",
        "-",
        "-5x",
        "2023-13-01",
        "2023-02-29",
        "2023-1-1",
        "2023-01-01T24:00:00Z",
        "2023-01-01T00:00:00",
        "2023-01-01T00:00:00+9",
        "2023-01-01T00:00:00.Zx",
        "2023-01-01T00:00:00.1234567890Z",
        "2300-01-01T00:00:00Z",
        "99999999999999999999",
        "2023-é1-01",
        "éé-15m",
        "2023-01-01T+1:00:00Z",
        // Seconds, milliseconds and microseconds of today would be of 1970.
        "1795378440",
        "1795378440000",
        "1795378440000000",
    ];
    for text in cases {
        assert!(parse(text, NOW).is_err(), "{text}");
    }
}

#[test]
fn a_relative_instant_is_held_at_the_end_of_time() {
    assert_eq!(parse("+106751d", Nanos(i64::MAX)), Ok(Nanos(i64::MAX)));
}

#[test]
fn every_instant_survives_rfc_3339() {
    let far = [i64::MIN, i64::MAX, 0, -1, NOW.0, 951_782_400_000_000_000];
    let years = (-300..=300).map(|step| step * 30_666_666_612_345_678);
    for instant in far.into_iter().chain(years).map(Nanos) {
        assert_eq!(parse(&rfc3339(instant), NOW), Ok(instant), "{}", rfc3339(instant));
    }
    assert_eq!(rfc3339(NOW), "2023-11-14T22:13:20.000000000Z");
}

/// Guarantee: people are told whole seconds.
#[test]
fn instants_are_told_to_the_second() {
    assert_eq!(rfc3339_s(Nanos(1_769_860_800_999_999_999)), "2026-01-31T12:00:00Z");
    assert_eq!(rfc3339_s(Nanos(1_769_860_800_000_000_000)), "2026-01-31T12:00:00Z");
}
