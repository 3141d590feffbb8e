//! Typed JSON keeps every type on its way to OTLP, and becomes plain JSON for the API.

use serde_json::{Value, json};

use super::{Attributes, any_value};

const STORED: &str = r#"{"b":{"$b":"AQI="},"big":9007199254740993,"f":1.0,"flag":true,"i":2,
    "list":[1,{"$f":"-Infinity"},{"$b":"AA=="}],"map":{"k":"v"},"nan":{"$f":"NaN"},"odd":{"$m":{"$f":"text"}},
    "t":"words","void":null}"#;

#[test]
fn plain_json_for_the_api() {
    let attributes = Attributes::parse(STORED).unwrap();
    let plain = serde_json::to_value(&attributes).unwrap();
    assert_eq!(
        plain,
        json!({
            "b": {"$bytes": "AQI="}, "big": "9007199254740993", "f": 1.0, "flag": true, "i": 2,
            "list": [1, "-Infinity", {"$bytes": "AA=="}], "map": {"k": "v"}, "nan": "NaN",
            "odd": {"$f": "text"}, "t": "words", "void": null,
        })
    );
}

#[test]
fn every_type_survives_to_otlp() {
    let cases = [
        (json!(1), json!({"intValue": "1"})),
        (json!(9_007_199_254_740_993_i64), json!({"intValue": "9007199254740993"})),
        (json!(1.0), json!({"doubleValue": 1.0})),
        (json!({"$f": "NaN"}), json!({"doubleValue": "NaN"})),
        (json!("x"), json!({"stringValue": "x"})),
        (json!(false), json!({"boolValue": false})),
        (json!({"$b": "AQI="}), json!({"bytesValue": "AQI="})),
        (json!(null), json!({})),
        (json!([1, "a"]), json!({"arrayValue": {"values": [{"intValue": "1"}, {"stringValue": "a"}]}})),
        (
            json!({"k": "v"}),
            json!({"kvlistValue": {"values": [{"key": "k", "value": {"stringValue": "v"}}]}}),
        ),
        (
            json!({"$m": {"$f": 1}}),
            json!({"kvlistValue": {"values": [{"key": "$f", "value": {"intValue": "1"}}]}}),
        ),
    ];
    for (typed, otlp) in cases {
        assert_eq!(any_value(&typed), otlp, "{typed}");
    }
    let empty = Attributes::default();
    assert_eq!(empty.otlp(), Value::Array(Vec::new()));
}
