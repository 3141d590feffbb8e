//! Typed JSON: each value in one spelling, readable by any parser.

use daymark_model::attribute::ValueType;
use serde_json::Value;

use super::*;

fn written(write: impl FnOnce(&mut String)) -> String {
    let mut out = String::new();
    write(&mut out);
    out
}

#[test]
fn texts_are_escaped_as_json_wants_and_read_back() {
    let every_character: String = ('\0'..='\u{7f}').chain(['é', '\u{2028}', '\u{fffd}', '😀']).collect();
    for plain in ["", "a", "\"", "\\", "a\"b\\c\nd", &every_character] {
        let json = written(|out| text(out, plain));
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), plain);
        assert_eq!(json, serde_json::to_string(plain).unwrap());
    }
}

#[test]
fn doubles_always_have_a_point_or_an_exponent() {
    let cases = [
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (0.1, "0.1"),
        (1e16, "1e16"),
        (1.5e300, "1.5e300"),
        (5e-324, "5e-324"),
        (f64::NAN, r#"{"$f":"NaN"}"#),
        (f64::INFINITY, r#"{"$f":"Infinity"}"#),
        (f64::NEG_INFINITY, r#"{"$f":"-Infinity"}"#),
    ];
    for (value, expected) in cases {
        assert_eq!(written(|out| double(out, value)), expected);
    }
}

#[test]
fn stored_values_become_the_json_they_stand_for() {
    let cases = [
        (ValueType::Empty, "", "null"),
        (ValueType::Text, "a\"b", r#""a\"b""#),
        (ValueType::Bool, "true", "true"),
        (ValueType::Int, "-7", "-7"),
        (ValueType::Double, "1.5", "1.5"),
        (ValueType::Double, "NaN", r#"{"$f":"NaN"}"#),
        (ValueType::Double, "-Infinity", r#"{"$f":"-Infinity"}"#),
        (ValueType::Array, "[1,2.0]", "[1,2.0]"),
        (ValueType::Map, r#"{"a":1}"#, r#"{"a":1}"#),
        (ValueType::Bytes, "AAE=", r#"{"$b":"AAE="}"#),
    ];
    for (kind, value, expected) in cases {
        assert_eq!(written(|out| stored(out, kind, value)), expected);
    }
}

#[test]
fn attributes_are_sorted_by_key() {
    let mut entries = [
        ("b", ValueType::Int, "1"),
        ("$a", ValueType::Text, "x"),
        ("", ValueType::Bool, "false"),
        ("a\n", ValueType::Empty, ""),
    ];
    let json = written(|out| attributes(out, &mut entries));
    assert_eq!(json, r#"{"":false,"$a":"x","a\n":null,"b":1}"#);
    assert!(serde_json::from_str::<Value>(&json).unwrap().is_object());
    assert_eq!(written(|out| attributes(out, &mut [])), "{}");
}
