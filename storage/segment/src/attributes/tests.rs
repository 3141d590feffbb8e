//! Attributes as JSON text: sorted, typed, escaped.

use daymark_model::attribute::ValueType;
use proptest::prelude::*;

use super::{Attribute, write_json};

fn json(attributes: &[(&str, ValueType, &str)]) -> String {
    let mut list: Vec<_> =
        attributes.iter().map(|&(key, kind, value)| Attribute { key, kind: kind.code(), value }).collect();
    let mut out = String::new();
    write_json(&mut list, &mut out);
    out
}

#[test]
fn every_type_keeps_its_type() {
    let cases = [
        (ValueType::Empty, "", "null"),
        (ValueType::Text, "a\"\\\n\u{1}ü", "\"a\\\"\\\\\\n\\u0001ü\""),
        (ValueType::Bool, "true", "true"),
        (ValueType::Int, "-9223372036854775808", "-9223372036854775808"),
        (ValueType::Double, "3", "3.0"),
        (ValueType::Double, "1e300", "1e300"),
        (ValueType::Double, "NaN", "{\"$f\":\"NaN\"}"),
        (ValueType::Double, "-Infinity", "{\"$f\":\"-Infinity\"}"),
        (ValueType::Array, "[1,\"x\"]", "[1,\"x\"]"),
        (ValueType::Map, "{\"a\":1}", "{\"a\":1}"),
        (ValueType::Bytes, "AAE=", "{\"$b\":\"AAE=\"}"),
    ];
    for (kind, value, expected) in cases {
        assert_eq!(json(&[("k", kind, value)]), format!("{{\"k\":{expected}}}"), "{kind:?} {value:?}");
    }
}

#[test]
fn keys_are_sorted() {
    assert_eq!(json(&[("b", ValueType::Int, "1"), ("a", ValueType::Int, "2")]), "{\"a\":2,\"b\":1}");
    assert_eq!(json(&[]), "{}");
}

proptest! {
    #[test]
    fn any_text_reads_back(key in any::<String>(), value in any::<String>()) {
        let text = json(&[(&key, ValueType::Text, &value)]);
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(read, serde_json::json!({ key: value }));
    }
}
