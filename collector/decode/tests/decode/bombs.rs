//! Nesting without end: attribute values of every depth, as arrays, lists of pairs and both, in protobuf and
//! JSON. No stack may overflow; what is too deep becomes text, what is deeper a marker.

use daymark_decode::OtlpDecode;
use daymark_model::intake::Decode;
use daymark_model::limits::{DEPTH_MARKER, VALUE_DEPTH, VALUE_DEPTH_TEXT};
use daymark_model::quality;
use daymark_model::signal::{Signal, Table};
use daymark_model::wire::Format;
use serde_json::{Value, json};

use crate::rows::{decode, of_table};

#[derive(Clone, Copy, Debug)]
enum Container {
    Array,
    Map,
    Mixed,
}

impl Container {
    fn is_map(self, level: usize) -> bool {
        match self {
            Self::Array => false,
            Self::Map => true,
            Self::Mixed => level.is_multiple_of(2),
        }
    }
}

/// Puts a length-delimited field around `inner`.
fn field(number: u8, inner: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut length = inner.len();
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend_from_slice(inner);
    out
}

/// An `AnyValue` of so many containers around the text `x`.
fn protobuf_value(container: Container, depth: usize) -> Vec<u8> {
    (0..depth).rev().fold(field(1, b"x"), |inner, level| {
        if container.is_map(level) {
            field(6, &field(1, &[field(1, b"k"), field(2, &inner)].concat()))
        } else {
            field(5, &field(1, &inner))
        }
    })
}

fn protobuf_log(value: &[u8]) -> Vec<u8> {
    let attribute = field(6, &[field(1, b"deep"), field(2, value)].concat());
    field(1, &field(2, &field(2, &[field(5, value), attribute].concat())))
}

fn json_log(container: Container, depth: usize) -> Vec<u8> {
    let (mut open, mut close) = (String::new(), Vec::new());
    for level in 0..depth {
        let (start, end) = if container.is_map(level) {
            (r#"{"kvlistValue":{"values":[{"key":"k","value":"#, "}]}}")
        } else {
            (r#"{"arrayValue":{"values":["#, "]}}")
        };
        open.push_str(start);
        close.push(end);
    }
    close.reverse();
    let value = format!(r#"{open}{{"stringValue":"x"}}{}"#, close.concat());
    let record = format!(r#"{{"body":{value},"attributes":[{{"key":"deep","value":{value}}}]}}"#);
    format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{record}]}}]}}]}}"#).into_bytes()
}

/// How many containers stand in each other before a text comes, and that text.
fn unwrap_structure(text: &str) -> (usize, String) {
    let mut value: Value = serde_json::from_str(text).unwrap();
    let mut depth = 0;
    loop {
        value = match value {
            Value::Array(mut items) => items.remove(0),
            Value::Object(mut members) => members.remove("k").unwrap(),
            Value::String(text) => return (depth, text),
            other => panic!("{other}"),
        };
        depth += 1;
    }
}

fn check(format: Format, body: &[u8], depth: usize) {
    let decoded = decode(Signal::Logs, format, body);
    let row = &of_table(&decoded, Table::Logs)[0];
    let attribute = row["attrs_rest"][0]["value"].as_str().unwrap();
    assert_eq!(row["body"], attribute);
    let (structured, inner) = unwrap_structure(attribute);
    assert_eq!(structured, depth.min(VALUE_DEPTH));
    assert_eq!(row["quality"], json!(if depth > VALUE_DEPTH { quality::DEPTH_CUT } else { 0 }));
    if depth > VALUE_DEPTH {
        let (in_text, innermost) = unwrap_structure(&inner);
        assert_eq!(in_text, depth.min(VALUE_DEPTH_TEXT) - VALUE_DEPTH);
        assert_eq!(innermost, if depth > VALUE_DEPTH_TEXT { DEPTH_MARKER } else { "x" });
    } else {
        assert_eq!(inner, "x");
    }
}

#[test]
fn values_of_every_depth_are_kept_as_far_as_the_limits_go() {
    for container in [Container::Array, Container::Map, Container::Mixed] {
        for depth in (1..=70).chain([99, 100, 101, 128, 1_000, 10_000]) {
            check(Format::OtlpProtobuf, &protobuf_log(&protobuf_value(container, depth)), depth);
            check(Format::OtlpJson, &json_log(container, depth), depth);
        }
    }
}

#[test]
fn unknown_json_of_any_depth_is_passed_over() {
    for depth in [1, 128, 10_000, 1_000_000] {
        let closed = format!(r#"{{"what":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        assert_eq!(OtlpDecode.count(Signal::Spans, Format::OtlpJson, closed.as_bytes()), Ok(0));
        let open = format!(r#"{{"what":{}"#, r#"{"a":"#.repeat(depth));
        assert!(OtlpDecode.count(Signal::Spans, Format::OtlpJson, open.as_bytes()).is_err());
    }
}

#[test]
fn unknown_groups_are_passed_over_and_endless_ones_refused() {
    let group = |depth: usize| [vec![0x7b; depth], vec![0x7c; depth]].concat();
    for (body, accepted) in
        [(group(1), true), (group(100), true), (group(101), false), (vec![0x7b; 100_000], false)]
    {
        assert_eq!(OtlpDecode.count(Signal::Spans, Format::OtlpProtobuf, &body).is_ok(), accepted);
    }
}
