//! OTLP/JSON: the same rows as protobuf, strict where JSON is strict, lenient where OTLP is.

use daymark_decode::OtlpDecode;
use daymark_model::intake::Decode;
use daymark_model::reason::Rejected;
use daymark_model::signal::{Signal, Table};
use daymark_model::wire::Format;
use serde_json::{Value, json};

use crate::fixtures;
use crate::rows::{decode, of_table};

/// A request with one span that has these further fields.
fn one_span(fields: &str) -> String {
    format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"traceId":"5B8EFFF798038103D269B633813FC60C",
        "spanId":"eee19b7ec3c1b174","startTimeUnixNano":"1699999999000000000",
        "endTimeUnixNano":1699999999000000001{fields}}}]}}]}}]}}"#
    )
}

fn span(fields: &str) -> Value {
    let decoded = decode(Signal::Spans, Format::OtlpJson, one_span(fields).as_bytes());
    of_table(&decoded, Table::Spans).remove(0)
}

/// Why the only span of a body is left out.
fn rejection(body: &str) -> String {
    let decoded = decode(Signal::Spans, Format::OtlpJson, body.as_bytes());
    assert_eq!((decoded.tally.accepted, decoded.tally.rejected[Rejected::Decode as usize]), (0, 1), "{body}");
    decoded.first_rejection.unwrap().detail
}

fn refusal(body: &str) -> String {
    OtlpDecode.count(Signal::Spans, Format::OtlpJson, body.as_bytes()).unwrap_err().detail
}

fn attribute(value: &str) -> Value {
    span(&format!(r#","attributes":[{{"key":"k","value":{value}}}]"#))["attrs_rest"][0].clone()
}

#[test]
fn ids_are_hex_in_any_case_and_long_integers_strings_or_numbers() {
    let span = span(r#","flags":257,"kind":3,"droppedEventsCount":"4""#);
    assert_eq!(span["trace_id"], "5b8efff798038103d269b633813fc60c");
    assert_eq!(span["span_id"], "eee19b7ec3c1b174");
    assert_eq!((&span["start"], &span["duration_ns"]), (&json!(1_699_999_999_000_000_000_i64), &json!(1)));
    assert_eq!(
        (&span["flags"], &span["kind"], &span["dropped_events"]),
        (&json!(257), &json!("client"), &json!(4))
    );
}

#[test]
fn values_of_all_types_are_read() {
    let cases = [
        (r#"{"stringValue":"a\u00e9\ud83d\ude00\n"}"#, 1, "aé😀\n"),
        (r#"{"boolValue":false}"#, 2, "false"),
        (r#"{"intValue":"-9223372036854775808"}"#, 3, "-9223372036854775808"),
        (r#"{"intValue":12}"#, 3, "12"),
        (r#"{"intValue":1e3}"#, 3, "1000"),
        (r#"{"doubleValue":2}"#, 4, "2.0"),
        (r#"{"doubleValue":"NaN"}"#, 4, "NaN"),
        (r#"{"doubleValue":"-Infinity"}"#, 4, "-Infinity"),
        (r#"{"arrayValue":{"values":[{"intValue":1},null,{"stringValue":"x"}]}}"#, 5, r#"[1,null,"x"]"#),
        (
            r#"{"kvlistValue":{"values":[{"key":"b","value":{"doubleValue":1}},{"key":"a"}]}}"#,
            6,
            r#"{"a":null,"b":1.0}"#,
        ),
        (r#"{"bytesValue":"+/8="}"#, 7, "+/8="),
        (r#"{"bytesValue":"-_8"}"#, 7, "+/8="),
        (r#"{}"#, 0, ""),
        ("null", 0, ""),
        (r#"{"stringValue":null}"#, 0, ""),
    ];
    for (value, kind, text) in cases {
        assert_eq!(attribute(value), json!({"key": "k", "type": kind, "value": text}), "{value}");
    }
}

#[test]
fn keys_that_otlp_does_not_have_are_passed_over() {
    let span =
        span(r#","trace_state":"a=b","parent_span_id":17,"what":[{"ever":[1,2,{}]},[]],"traceState":null"#);
    assert_eq!(span["trace_state"], Value::Null);
    assert_eq!(span["parent_span_id"], Value::Null);
}

#[test]
fn a_known_field_of_the_wrong_type_is_named() {
    let cases = [
        (r#","kind":"SPAN_KIND_SERVER""#, "kind must be the number of an enum value"),
        (r#","name":7"#, "name must be a string"),
        (r#","flags":-1"#, "flags must be a whole number in range"),
        (r#","flags":1.5"#, "flags must be a whole number in range"),
        (r#","attributes":{}"#, "attributes must be an array"),
        (
            r#","attributes":[{},{"value":{"boolValue":1}}]"#,
            "attributes[1].value.boolValue must be true or false",
        ),
        (
            r#","attributes":[{"value":{"bytesValue":"*"}}]"#,
            "attributes[0].value.bytesValue must be a string in base64",
        ),
        (r#","status":[]"#, "status must be an object"),
        (r#","parentSpanId":5"#, "parentSpanId must be a string of hex digits"),
        (
            r#","attributes":[{"value":{"doubleValue":"inf"}}]"#,
            "attributes[0].value.doubleValue must be a number",
        ),
    ];
    for (fields, told) in cases {
        assert_eq!(rejection(&one_span(fields)), format!("span 0 of the request: {told}"));
    }
    for (fields, told) in [
        (r#","schemaUrl":1"#, "resourceSpans[0].schemaUrl must be a string"),
        (
            r#","resource":{"attributes":[{"key":7}]}"#,
            "resourceSpans[0].resource.attributes[0].key must be a string",
        ),
    ] {
        let body = format!(r#"{{"resourceSpans":[{{"scopeSpans":[]{fields}}}]}}"#);
        assert_eq!(refusal(&body), format!("the body is not OTLP/JSON: {told}"));
    }
    assert_eq!(refusal("[]"), "the body is not OTLP/JSON: the body must be an object");
    assert_eq!(refusal("{\"a\":1,}"), "the body is not JSON: a key was expected at byte 7");
}

#[test]
fn a_wrong_id_costs_its_span_alone() {
    for id in ["00", "5B8EFFF798038103D269B633813FC6", "xyz", "", "00000000000000000000000000000000"] {
        let good = r#"{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174"}"#;
        let bad = format!(r#"{{"traceId":"{id}","spanId":"EEE19B7EC3C1B174"}}"#);
        let body = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{bad},{good}]}}]}}]}}"#);
        let decoded = decode(Signal::Spans, Format::OtlpJson, body.as_bytes());
        assert_eq!((decoded.tally.accepted, decoded.tally.rejected_total()), (1, 1), "{id}");
        assert_eq!(
            decoded.first_rejection.unwrap().detail,
            "span 0 of the request: its trace id is not 16 bytes, or zero"
        );
    }
}

#[test]
fn broken_text_is_repaired() {
    let lone_surrogate = attribute(r#"{"stringValue":"a\ud800b"}"#);
    assert_eq!(lone_surrogate["value"], "a\u{fffd}b");
    let mut body = one_span(r#","name":"a?b""#).into_bytes();
    let place = body.iter().position(|byte| *byte == b'?').unwrap();
    body[place] = 0xff;
    let decoded = decode(Signal::Spans, Format::OtlpJson, &body);
    let row = &of_table(&decoded, Table::Spans)[0];
    assert_eq!((&row["name"], &row["quality"]), (&json!("a\u{fffd}b"), &json!(4)));
}

/// The cases of a suite for JSON parsers, each as a value that OTLP does not know and as a whole body.
#[test]
fn what_is_not_json_is_refused_and_all_that_is_json_is_read() {
    let mut seen = 0;
    for (name, text) in fixtures::files("json-test-suite", "json") {
        let whole = one_span(r#","unknown":"#);
        let (before, after) = whole.split_at(whole.find(r#""unknown":"#).unwrap() + r#""unknown":"#.len());
        let wrapped = [before.as_bytes(), &text, after.as_bytes()].concat();
        let as_field = OtlpDecode.count(Signal::Spans, Format::OtlpJson, &wrapped);
        let as_body = OtlpDecode.count(Signal::Spans, Format::OtlpJson, &text);
        match name.as_bytes() {
            [b'y', ..] => assert_eq!(as_field, Ok(1), "{name}"),
            [b'n', ..] => {
                assert!(as_body.is_err(), "{name}");
                assert!(as_field.is_err(), "{name}");
            }
            _ => {}
        }
        seen += 1;
    }
    assert!(seen == 0 || seen > 300);
}

#[test]
fn naughty_strings_come_out_as_they_went_in() {
    for (_, text) in fixtures::files("naughty-strings", "json") {
        let strings: Vec<String> = serde_json::from_slice(&text).unwrap();
        assert!(strings.len() > 400);
        for string in strings {
            let quoted = serde_json::to_string(&string).unwrap();
            let fields = format!(
                r#","name":{quoted},"attributes":[{{"key":{quoted},"value":{{"stringValue":{quoted}}}}},
                {{"key":"nested","value":{{"kvlistValue":{{"values":[{{"key":{quoted},"value":{{"stringValue":{quoted}}}}}]}}}}}}]"#
            );
            let span = span(&fields);
            assert_eq!(span["name"], string);
            assert_eq!(
                (&span["attrs_rest"][0]["key"], &span["attrs_rest"][0]["value"]),
                (&json!(string), &json!(string))
            );
            let nested: Value =
                serde_json::from_str(span["attrs_rest"][1]["value"].as_str().unwrap()).unwrap();
            let nested = nested.get("$m").unwrap_or(&nested);
            assert_eq!(nested[&string], string);
        }
    }
}

/// A broken clock costs its record the time it told, and its neighbours nothing.
#[test]
fn a_negative_time_is_replaced_and_marked() {
    let body = one_span(r#","kind":2"#).replace("\"1699999999000000000\"", "\"-6795364578871345152\"");
    let decoded = decode(Signal::Spans, Format::OtlpJson, body.as_bytes());
    assert_eq!((decoded.tally.accepted, decoded.tally.rejected_total()), (1, 0));
    let span = of_table(&decoded, Table::Spans).remove(0);
    assert_eq!(span["quality"].as_u64().map(|bits| bits & 1), Some(1), "{span}");
    let told = rejection(&one_span(r#","droppedEventsCount":-1"#));
    assert!(told.contains("droppedEventsCount must be a whole number in range"), "{told}");
}

#[test]
fn a_line_without_ids_takes_those_it_tells_of() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";
    let text = |text: &str| json!({"body": {"stringValue": text}});
    let attributes = |pairs: &[(&str, &str)]| {
        let all: Vec<_> =
            pairs.iter().map(|(key, value)| json!({"key": key, "value": {"stringValue": value}})).collect();
        json!({"body": {"stringValue": "paid"}, "attributes": all})
    };
    let body = json!({"kvlistValue": {"values": [{"key": "traceId", "value": {"stringValue": TRACE}}]}});
    let line = format!("trace_id={TRACE} span_id={SPAN} paid");
    let other = "0af7651916cd43dd8448eb211c80319c";
    let records = [
        (text(&line), json!(TRACE), json!(SPAN)),
        (json!({"body": body}), json!(TRACE), json!(null)),
        (attributes(&[("traceId", TRACE), ("spanId", SPAN)]), json!(TRACE), json!(SPAN)),
        (
            attributes(&[("dd.trace_id", "11803532876627986230")]),
            json!("0000000000000000a3ce929d0e0e4736"),
            json!(null),
        ),
        (attributes(&[("trace_id", "none")]), json!(null), json!(null)),
        // What was sent as its id counts more than what the text says.
        (json!({"body": {"stringValue": line}, "traceId": other}), json!(other), json!(null)),
    ];
    let sent: Vec<_> = records.iter().map(|(record, ..)| record.clone()).collect();
    let request = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": sent}]}]}).to_string();
    let rows = of_table(&decode(Signal::Logs, Format::OtlpJson, request.as_bytes()), Table::Logs);
    for (row, (record, trace, span)) in rows.iter().zip(&records) {
        assert_eq!((&row["trace_id"], &row["span_id"]), (trace, span), "{record}");
    }
    assert_eq!(rows.len(), records.len());
}

/// Items of every signal, of which the second cannot be read, and one that is no object.
#[test]
fn an_item_of_the_wrong_type_is_left_out_alone() {
    let point = r#"{"timeUnixNano":"1699999999000000000","asDouble":1}"#;
    let bad_point = r#"{"timeUnixNano":"yesterday"}"#;
    let points = |kind: &str, good: &str, bad: &str| {
        format!(
            r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"name":"m","{kind}":{{"dataPoints":[{good},{bad},5,{good}]}}}}]}}]}}]}}"#
        )
    };
    let line = r#"{"body":{"stringValue":"fine"}}"#;
    let lines = format!(
        r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{line},{{"severityNumber":"SEVERITY_NUMBER_INFO","body":[[{{}}]]}},5,{line}]}}]}}]}}"#
    );
    let span = r#"{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174"}"#;
    let spans = format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{span}, {{"events":[{{}},{{"name":1}}],"x":{{"]":"}}"}}}} ,5,{span}]}}]}}]}}"#
    );
    let kinds = ["gauge", "sum", "histogram", "exponentialHistogram", "summary"];
    let of_points = kinds.map(|kind| {
        let told = "data point 1 of the request: timeUnixNano must be a whole number in range";
        (Signal::Metrics, points(kind, point, bad_point), told)
    });
    let severity = "log record 1 of the request: severityNumber must be the number of an enum value";
    let of_others = [
        (Signal::Spans, spans, "span 1 of the request: events[1].name must be a string"),
        (Signal::Logs, lines, severity),
    ];
    for (signal, body, told) in of_points.into_iter().chain(of_others) {
        assert_eq!(OtlpDecode.count(signal, Format::OtlpJson, body.as_bytes()).unwrap(), 4, "{body}");
        let decoded = decode(signal, Format::OtlpJson, body.as_bytes());
        assert_eq!(
            (decoded.tally.accepted, decoded.tally.rejected[Rejected::Decode as usize]),
            (2, 2),
            "{body}"
        );
        assert_eq!(decoded.first_rejection.unwrap().detail, told);
        let cut = body.strip_suffix("}").unwrap();
        assert!(OtlpDecode.count(signal, Format::OtlpJson, cut.as_bytes()).is_err(), "{cut}");
    }
}
