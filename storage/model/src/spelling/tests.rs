//! Every spelling finds the same id; nonsense is refused with a reason.

use super::{span_id, trace_id};

const LONG: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SHORT: &str = "0000000000000000a3ce929d0e0e4736";

#[test]
fn every_spelling_of_a_trace_id() {
    let cases = [
        (LONG, LONG),
        ("4BF92F3577B34DA6A3CE929D0E0E4736", LONG),
        ("  4bf92f3577b34da6a3ce929d0e0e4736\n", LONG),
        ("4bf92f35-77b3-4da6-a3ce-929d0e0e4736", LONG),
        ("4BF92F35-77B3-4DA6-A3CE-929D0E0E4736", LONG),
        ("4-bf92f3577b34da6a3ce929d0e0e473-6", LONG),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", LONG),
        ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later", LONG),
        ("4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", LONG),
        ("4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1", LONG),
        ("4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-d-05e3ac9a4f6e3b90", LONG),
        ("4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7:0:1", LONG),
        ("4bf92f3577b34da6a3ce929d0e0e4736%3A00f067aa0ba902b7%3a0%3A1", LONG),
        ("1-4bf92f35-77b34da6a3ce929d0e0e4736", LONG),
        ("Root=1-4bf92f35-77b34da6a3ce929d0e0e4736", LONG),
        ("Self=1-67891234-12456789abcdef012345678;Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Sampled=1", LONG),
        ("S/kvNXezTaajzpKdDg5HNg==", LONG),
        ("S_kvNXezTaajzpKdDg5HNg==", LONG),
        (SHORT, SHORT),
        ("a3ce929d0e0e4736", SHORT),
        ("11803532876627986230", "000000000000000 0a3ce929d0e0e4736"),
        ("a3ce929d0e0e4736-00f067aa0ba902b7", SHORT),
        ("a3ce929d0e0e4736-00f067aa0ba902b7-0", SHORT),
        ("a3ce929d0e0e4736:00f067aa0ba902b7:0:1", SHORT),
        ("bf92f3577b34da6a3ce929d0e0e4736:1:0:1", "0bf92f3577b34da6a3ce929d0e0e4736"),
        ("f", "0000000000000000000000000000000f"),
        ("10", "0000000000000000000000000000000a"),
        ("18446744073709551615", "0000000000000000ffffffffffffffff"),
        ("1234567890123456", "00000000000000001234567890123456"),
        ("12345678901234567890123456789012", "12345678901234567890123456789012"),
    ];
    for (text, expected) in cases {
        let id = trace_id(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(id.to_string(), expected.replace(' ', ""), "{text}");
    }
}

#[test]
fn nonsense_is_refused_with_its_reason() {
    let cases = [
        ("", "0 hex digits"),
        ("-", "0 hex digits"),
        ("checkout", "'h' is not a hex digit"),
        ("a3ce929d0e0e4736a", "17 hex digits instead of 32 or up to 16"),
        ("18446744073709551616", "does not fit 64 bits"),
        ("00000000000000000000000000000000", "all zeros"),
        ("0", "all zeros"),
        ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", "all zeros"),
        ("4bf92f35:77", "four parts"),
        ("::::", "four parts"),
        (":1:0:1", "0 hex digits"),
        ("Root=2-4bf92f35-77b34da6a3ce929d0e0e4736", "X-Ray"),
        ("2-4bf92f35-77b34da6a3ce929d0e0e4736", "X-Ray"),
        ("4bf92f3577b34da6a3ce929d0e0e473ü", "'\\u{fc}' is not a hex digit"),
        ("S/kvNXezTaajzpKdDg5HNh==", "is not a hex digit"),
        ("4bf92f3577b34da6a3ce929d0e0e473g", "'g' is not a hex digit"),
    ];
    for (text, reason) in cases {
        let error = trace_id(text).expect_err(text);
        assert!(error.detail.contains(reason), "{text}: {error}");
    }
}

#[test]
fn a_long_text_is_shown_cut() {
    let error = trace_id(&"é".repeat(10_000)).unwrap_err();
    assert!(error.detail.len() < 300);
}

#[test]
fn span_ids() {
    let cases = [
        ("00f067aa0ba902b7", "00f067aa0ba902b7"),
        ("F067AA0BA902B7", "00f067aa0ba902b7"),
        ("10", "000000000000000a"),
    ];
    for (text, expected) in cases {
        assert_eq!(span_id(text).unwrap().to_string(), expected);
    }
    for text in ["", "0", "0000000000000000", "00f067aa0ba902b7a", "xyz"] {
        assert!(span_id(text).is_err(), "{text}");
    }
}
