//! Values of every type as text and as number.

use super::*;

/// Guarantee: each type of value answers the text it was stored from.
#[test]
fn values_become_text() {
    let json = r#"{"a":"x","b":true,"c":12,"d":1.0,"e":{"$f":"NaN"},"f":{"$b":"AA=="},"g":[1,"y"],"h":null,"i":{"k":1}}"#;
    let attributes = parse(json);
    let expected = [
        ("a", Some("x")),
        ("b", Some("true")),
        ("c", Some("12")),
        ("d", Some("1.0")),
        ("e", Some("NaN")),
        ("f", Some("AA==")),
        ("g", Some(r#"[1,"y"]"#)),
        ("h", None),
        ("i", Some(r#"{"k":1}"#)),
        ("z", None),
    ];
    for (key, value) in expected {
        assert_eq!(text(&attributes, key).as_deref(), value, "{key}");
    }
}

/// Guarantee: a key with dots is found as it stands, or else as a path into objects.
#[test]
fn keys_with_dots_are_paths_too() {
    let object = parse(r#"{"a.b":1,"a":{"b":2,"c":{"d.e":{"f":3}}}}"#);
    assert_eq!(text(&object, "a.b").as_deref(), Some("1"));
    assert_eq!(text(&object, "a.c.d.e.f").as_deref(), Some("3"));
    assert_eq!(text(&object, "a.x"), None);
}

/// Guarantee: only what is written as a number is one.
#[test]
fn numbers_are_recognised() {
    assert_eq!(number("12"), Some(12.0));
    assert_eq!(number("-1.5e3"), Some(-1500.0));
    assert!(number("NaN").unwrap().is_nan());
    for text in ["", "inf", "nan", "0x10", "1 ", "one", "1_000"] {
        assert_eq!(number(text), None, "{text}");
    }
}

/// Guarantee: looking for a key before parsing leaves out none that is there.
#[test]
fn a_key_is_found_without_parsing_first() {
    let json = r#"{"user.id":"u","a":{"b.c":{"d":1}},"say \"so\"":true,"größe":4,"\u0001":5}"#;
    let keys = ["user.id", "a.b.c.d", "a", "say \"so\"", "größe", "\u{1}", "user", "b.c", "d", "id", ""];
    for key in keys {
        assert_eq!(text_in(json, key), text(&parse(json), key), "{key}");
    }
    assert_eq!(text_in(json, "user.id").as_deref(), Some("u"));
    assert_eq!(text_in(json, "a.b.c.d").as_deref(), Some("1"));
}
