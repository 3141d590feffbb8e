//! Whatever an attribute is, its JSON reads back as just that attribute, alone and among others.

use daymark_model::attribute::ValueType;
use proptest::prelude::*;
use serde::de::IgnoredAny;

use super::{Member, exact_member, members};
use crate::attributes::Attribute;

fn member(key: &str, kind: u8, value: &str) -> Member {
    Member { key: key.into(), kind, value: value.into() }
}

#[test]
fn plain_values_stand_as_plain_json() {
    let cases = [
        (ValueType::Empty, "", "null"),
        (ValueType::Text, "a\"\\\n", "\"a\\\"\\\\\\n\""),
        (ValueType::Bool, "true", "true"),
        (ValueType::Int, "-5", "-5"),
        (ValueType::Double, "1e300", "1e300"),
        (ValueType::Double, "NaN", "{\"$f\":\"NaN\"}"),
        (ValueType::Array, "[1,\"]\"]", "[1,\"]\"]"),
        (ValueType::Map, "{\"a\":{\"b\":\"}\"}}", "{\"a\":{\"b\":\"}\"}}"),
        (ValueType::Map, "{\"$m\":{\"$b\":\"x\"}}", "{\"$m\":{\"$b\":\"x\"}}"),
        (ValueType::Bytes, "AAE=", "{\"$b\":\"AAE=\"}"),
    ];
    for (kind, value, expected) in cases {
        let text = exact_member(Attribute { key: "k", kind: kind.code(), value });
        assert_eq!(text, format!("\"k\":{expected}"), "{kind:?} {value:?}");
    }
}

/// Texts that are, or nearly are, the JSON of something else.
fn value() -> impl Strategy<Value = String> {
    let hostile = [
        "",
        "3",
        "3.0",
        "-0.0",
        "+1",
        "007",
        "NaN",
        "true",
        "null",
        "\"",
        "[",
        "]",
        "{",
        "}",
        "a,b",
        "a}b",
        "[1",
        "[1]]",
        "[\"\\\"]\"]",
        "{\"$b\":\"x\"}",
        "{\"$f\":\"NaN\"}",
        "{\"$v\":[1,\"x\"]}",
        "{\"$m\":{}}",
        "\"},{\"",
        "\\",
        "1,\"b\":2",
        "1 ",
        "é,ü",
    ];
    prop_oneof![prop::sample::select(hostile.to_vec()).prop_map(String::from), any::<String>()]
}

proptest! {
    #[test]
    fn any_attributes_read_back(list in prop::collection::vec((value(), 0_u8..10, value()), 0..5)) {
        let texts: Vec<_> =
            list.iter().map(|(key, kind, value)| exact_member(Attribute { key, kind: *kind, value })).collect();
        let expected: Vec<_> = list.iter().map(|(key, kind, value)| member(key, *kind, value)).collect();
        let object = format!("{{{}}}", texts.join(","));
        prop_assert!(serde_json::from_str::<IgnoredAny>(&object).is_ok(), "{}", object);
        prop_assert_eq!(members(&object), Some(expected));
    }

    #[test]
    fn no_text_panics(text in "[{}\\[\\]\",:$bfv\\\\0-9é]{0,40}") {
        members(&text);
        members(&format!("{{\"k\":{text}"));
    }
}
