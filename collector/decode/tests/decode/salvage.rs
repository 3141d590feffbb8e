//! Each rule by which a record is mended or rejected, while the rest of its batch goes through.

use daymark_decode::OtlpDecode;
use daymark_model::intake::Decode;
use daymark_model::limits::{ATTRIBUTE_KEY_BYTES, ATTRIBUTES, CUT_MARKER, EVENTS, LINKS, VALUE_BYTES};
use daymark_model::quality;
use daymark_model::reason::{Modified, Rejected};
use daymark_model::shape::{shape, template_id};
use daymark_model::signal::{Signal, Table};
use daymark_model::wire::Format;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use serde_json::{Value, json};

use crate::rows::{RECEIVED, decode, of_table, origin};

const MINUTE: u64 = 60_000_000_000;

fn text(value: &str) -> AnyValue {
    AnyValue { value: Some(Any::StringValue(value.into())) }
}

fn attribute(key: &str, value: AnyValue) -> KeyValue {
    KeyValue { key: key.into(), value: Some(value), ..Default::default() }
}

fn span() -> Span {
    let start = RECEIVED as u64 - MINUTE;
    Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        start_time_unix_nano: start,
        end_time_unix_nano: start + 5,
        ..Default::default()
    }
}

fn traces(spans: Vec<Span>) -> Vec<u8> {
    let scope_spans = vec![ScopeSpans { spans, ..Default::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..Default::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

fn span_row(span: Span) -> Value {
    of_table(&decode(Signal::Spans, Format::OtlpProtobuf, &traces(vec![span])), Table::Spans).remove(0)
}

fn logs(log_records: Vec<LogRecord>) -> Vec<u8> {
    let scope_logs = vec![ScopeLogs { log_records, ..Default::default() }];
    let resource_logs = vec![ResourceLogs { scope_logs, ..Default::default() }];
    ExportLogsServiceRequest { resource_logs }.encode_to_vec()
}

fn log_row(log: LogRecord) -> Value {
    of_table(&decode(Signal::Logs, Format::OtlpProtobuf, &logs(vec![log])), Table::Logs).remove(0)
}

fn body_row(body: AnyValue) -> Value {
    log_row(LogRecord { body: Some(body), ..Default::default() })
}

#[test]
fn a_span_with_a_wrong_id_is_rejected_alone() {
    let cases = [
        (Span { trace_id: vec![1; 8], ..span() }, Rejected::TraceId, "its trace id is not 16 bytes, or zero"),
        (
            Span { trace_id: vec![0; 16], ..span() },
            Rejected::TraceId,
            "its trace id is not 16 bytes, or zero",
        ),
        (Span { trace_id: vec![], ..span() }, Rejected::TraceId, "its trace id is not 16 bytes, or zero"),
        (Span { span_id: vec![2; 16], ..span() }, Rejected::SpanId, "its span id is not 8 bytes, or zero"),
        (Span { span_id: vec![0; 8], ..span() }, Rejected::SpanId, "its span id is not 8 bytes, or zero"),
        (
            Span { parent_span_id: vec![3; 7], ..span() },
            Rejected::SpanId,
            "its parent span id is not 8 bytes",
        ),
    ];
    for (bad, reason, why) in cases {
        let decoded = decode(Signal::Spans, Format::OtlpProtobuf, &traces(vec![span(), bad, span()]));
        assert_eq!((decoded.tally.accepted, decoded.tally.rejected[reason as usize]), (2, 1));
        assert_eq!(decoded.first_rejection.unwrap().detail, format!("span 1 of the request: {why}"));
    }
    assert_eq!(span_row(Span { parent_span_id: vec![0; 8], ..span() })["parent_span_id"], Value::Null);
}

#[test]
fn a_record_that_cannot_be_read_is_rejected_alone() {
    // The text value of the attribute gets a length that leads out of it.
    let mut body = traces(vec![
        span(),
        Span { attributes: vec![attribute("key", text("value"))], ..span() },
        Span { attributes: vec![attribute("other", text("fine"))], ..span() },
    ]);
    let place = body.windows(5).position(|window| window == b"value").unwrap();
    body[place - 1] = 100;
    let decoded = decode(Signal::Spans, Format::OtlpProtobuf, &body);
    assert_eq!((decoded.tally.accepted, decoded.tally.rejected[Rejected::Decode as usize]), (2, 1));
    let rows = of_table(&decoded, Table::Spans);
    assert_eq!(rows[0]["attrs_rest"], json!([]));
    assert_eq!(rows[1]["attrs_rest"], json!([{"key": "other", "type": 1, "value": "fine"}]));
}

/// A container that cannot be read is noticed only while its row is being written.
#[test]
fn a_row_that_fails_half_way_leaves_nothing_behind() {
    let inner = AnyValue { value: Some(Any::ArrayValue(ArrayValue { values: vec![text("inner")] })) };
    let event = |value: AnyValue| Event {
        name: "e".into(),
        attributes: vec![attribute("a", value)],
        ..Default::default()
    };
    let link = |value| Link {
        trace_id: vec![1; 16],
        span_id: vec![1; 8],
        attributes: vec![attribute("a", value)],
        ..Default::default()
    };
    let whole = Span {
        attributes: vec![attribute("x", text("1")), attribute("y", inner.clone())],
        events: vec![event(text("e1")), event(inner.clone())],
        links: vec![link(text("l1")), link(inner)],
        ..span()
    };
    let good =
        of_table(&decode(Signal::Spans, Format::OtlpProtobuf, &traces(vec![whole.clone()])), Table::Spans);
    let mut bad = whole.encode_to_vec();
    let places: Vec<_> = (0..=bad.len() - 5).filter(|place| &bad[*place..place + 5] == b"inner").collect();
    assert_eq!(places.len(), 3);
    for place in places {
        bad[place - 1] = 99;
        let span = |bytes: &[u8]| {
            [&[0x12, 0x80 | bytes.len() as u8 & 0x7f, (bytes.len() >> 7) as u8], bytes].concat()
        };
        let spans = [span(&whole.encode_to_vec()), span(&bad), span(&whole.encode_to_vec())].concat();
        let level = |number: u8, inner: &[u8]| {
            [&[number << 3 | 2, 0x80 | inner.len() as u8 & 0x7f, (inner.len() >> 7) as u8], inner].concat()
        };
        let decoded = decode(Signal::Spans, Format::OtlpProtobuf, &level(1, &level(2, &spans)));
        assert_eq!(decoded.tally.rejected[Rejected::Decode as usize], 1);
        assert_eq!(of_table(&decoded, Table::Spans), [good[0].clone(), good[0].clone()]);
        bad[place - 1] = 5;
    }
}

#[test]
fn bodies_broken_down_to_the_fields_of_records_are_refused_whole() {
    let body = traces(vec![span()]);
    for cut in 1..body.len() {
        assert!(OtlpDecode.count(Signal::Spans, Format::OtlpProtobuf, &body[..cut]).is_err(), "{cut}");
    }
    let mut wrong_type = body.clone();
    let start_tag = wrong_type.iter().position(|byte| *byte == 7 << 3 | 1).unwrap();
    wrong_type[start_tag] = 6 << 3 | 1;
    let refusal = OtlpDecode.count(Signal::Spans, Format::OtlpProtobuf, &wrong_type).unwrap_err();
    assert_eq!(refusal.detail, "the body is not OTLP protobuf: a field has the wrong wire type");
}

#[test]
fn an_empty_request_has_no_rows() {
    for signal in Signal::ALL {
        let decoded = decode(signal, Format::OtlpProtobuf, b"");
        assert!(decoded.rows.is_empty() && decoded.resources.is_empty());
        assert!(decode(signal, Format::OtlpJson, b"{}").rows.is_empty());
    }
}

#[test]
fn broken_utf8_is_repaired_and_counted_once_a_record() {
    let mut body = traces(vec![
        Span { name: "a~b".into(), attributes: vec![attribute("k~", text("v~"))], ..span() },
        span(),
        Span { name: "a~b".into(), ..span() },
    ]);
    body.iter_mut().filter(|byte| **byte == b'~').for_each(|byte| *byte = 0xc3);
    let decoded = decode(Signal::Spans, Format::OtlpProtobuf, &body);
    let rows = of_table(&decoded, Table::Spans);
    assert_eq!(rows[0]["name"], "a\u{fffd}b");
    assert_eq!(rows[0]["attrs_rest"], json!([{"key": "k\u{fffd}", "type": 1, "value": "v\u{fffd}"}]));
    let bits: Vec<_> = rows.iter().map(|row| row["quality"].clone()).collect();
    assert_eq!(bits, [json!(quality::UTF8_REPAIRED), json!(0), json!(quality::UTF8_REPAIRED)]);
    assert_eq!(decoded.tally.modified[Modified::Utf8Repaired as usize], 2);
}

#[test]
fn attributes_over_the_limits_are_dropped_and_counted() {
    let many = (0..ATTRIBUTES + 3).map(|index| attribute(&format!("k{index}"), text("v"))).collect();
    let row = span_row(Span { attributes: many, dropped_attributes_count: 4, ..span() });
    assert_eq!(row["attrs_rest"].as_array().unwrap().len(), ATTRIBUTES);
    assert_eq!((&row["dropped_attributes"], &row["quality"]), (&json!(7), &json!(quality::ATTR_DROPPED)));

    let long_keys = [ATTRIBUTE_KEY_BYTES, ATTRIBUTE_KEY_BYTES + 1]
        .map(|length| attribute(&"k".repeat(length), text("v")));
    let row = span_row(Span { attributes: long_keys.into(), ..span() });
    assert_eq!(row["attrs_rest"].as_array().unwrap().len(), 1);
    assert_eq!((&row["dropped_attributes"], &row["quality"]), (&json!(1), &json!(quality::ATTR_DROPPED)));
}

#[test]
fn too_long_values_are_cut_at_a_character_and_marked() {
    let fits = "é".repeat(VALUE_BYTES / 2);
    let row = span_row(Span { attributes: vec![attribute("k", text(&fits))], ..span() });
    assert_eq!((&row["attrs_rest"][0]["value"], &row["quality"]), (&json!(fits), &json!(0)));

    let too_long = fits + "é";
    let long_list = AnyValue { value: Some(Any::ArrayValue(ArrayValue { values: vec![text(&too_long)] })) };
    let long_bytes = AnyValue { value: Some(Any::BytesValue(vec![0; VALUE_BYTES])) };
    for value in [text(&too_long), long_list, long_bytes] {
        let row = span_row(Span { attributes: vec![attribute("k", value)], ..span() });
        let cut = row["attrs_rest"][0]["value"].as_str().unwrap();
        assert!(cut.len() <= VALUE_BYTES && cut.len() >= VALUE_BYTES - 4 && cut.ends_with(CUT_MARKER));
        assert_eq!(row["attrs_rest"][0]["type"], 1);
        assert_eq!(row["quality"], json!(quality::VALUE_TRUNCATED));
    }
    let event = Event { attributes: vec![attribute("k", text(&too_long))], ..Default::default() };
    let row = span_row(Span { events: vec![event], ..span() });
    let inner: Value = serde_json::from_str(row["events"][0]["attributes"].as_str().unwrap()).unwrap();
    assert!(inner["k"].as_str().unwrap().ends_with(CUT_MARKER));
    assert_eq!(row["quality"], json!(quality::VALUE_TRUNCATED));
}

#[test]
fn events_and_links_over_the_limits_are_dropped_and_counted() {
    let events = vec![Event::default(); EVENTS + 2];
    let good = Link { trace_id: vec![1; 16], span_id: vec![1; 8], ..Default::default() };
    let mut links = vec![good; LINKS + 1];
    links[0].span_id.clear();
    let row = span_row(Span { events, links, dropped_events_count: 1, dropped_links_count: 1, ..span() });
    assert_eq!((row["events"].as_array().unwrap().len(), &row["dropped_events"]), (EVENTS, &json!(3)));
    assert_eq!((row["links"].as_array().unwrap().len(), &row["dropped_links"]), (LINKS - 1, &json!(3)));
}

#[test]
fn of_equal_keys_the_last_value_stays() {
    let map = AnyValue {
        value: Some(Any::KvlistValue(KeyValueList {
            values: vec![attribute("m", text("1")), attribute("m", text("2"))],
        })),
    };
    let attributes = vec![attribute("a", text("1")), attribute("b", map), attribute("a", text("2"))];
    let row = span_row(Span { attributes, ..span() });
    let expected =
        json!([{"key": "a", "type": 1, "value": "2"}, {"key": "b", "type": 6, "value": r#"{"m":"2"}"#}]);
    assert_eq!((&row["attrs_rest"], &row["quality"]), (&expected, &json!(quality::ATTR_DUPLICATE_KEY)));
}

#[test]
fn times_that_cannot_be_stored_are_replaced_and_kept() {
    let (received, skew) = (RECEIVED as u64, quality::CLOCK_SKEW);
    let ahead = 10 * MINUTE;
    let cases = [
        // start, end, stored start, duration, bits, original
        (received + ahead, received + ahead + 7, received + ahead, 7, 0, None),
        (received + ahead + 1, received + ahead + 8, received, 7, skew, Some(received + ahead + 1)),
        (1, 11, 1, 10, 0, None),
        (0, received, received, 0, skew, Some(0)),
        (0, 0, received, 0, skew, Some(0)),
        (u64::MAX, u64::MAX, received, 0, skew, Some(u64::MAX)),
        (received - 5, received - 6, received - 5, 0, quality::NEGATIVE_DURATION, None),
        (received - 5, u64::MAX, received - 5, 0, skew, None),
    ];
    for (start, end, stored, duration, bits, original) in cases {
        let row = span_row(Span { start_time_unix_nano: start, end_time_unix_nano: end, ..span() });
        let kept = original
            .map(|time: u64| json!({"key": "daymark.original_time", "type": 1, "value": time.to_string()}));
        assert_eq!(row["attrs_rest"], Value::Array(kept.into_iter().collect()));
        assert_eq!(
            (&row["start"], &row["duration_ns"], &row["quality"]),
            (&json!(stored), &json!(duration), &json!(bits))
        );
    }
}

#[test]
fn a_log_has_the_time_of_the_event_else_of_its_observation_else_of_receipt() {
    let (received, skew) = (RECEIVED as u64, quality::CLOCK_SKEW);
    let cases = [
        // time, observed, stored time, delta, bits
        (received - 9, received - 4, received - 9, json!(5), 0),
        (0, received - 4, received - 4, json!(0), 0),
        (received - 9, 0, received - 9, Value::Null, 0),
        (0, 0, received, Value::Null, 0),
        (received + 11 * MINUTE, received - 4, received, json!(-4), skew),
        (0, u64::MAX, received, Value::Null, skew),
    ];
    for (time_unix_nano, observed_time_unix_nano, time, delta, bits) in cases {
        let row = log_row(LogRecord { time_unix_nano, observed_time_unix_nano, ..Default::default() });
        assert_eq!(
            (&row["time"], &row["observed_delta_ns"], &row["quality"]),
            (&json!(time), &delta, &json!(bits))
        );
        assert_eq!(row["attrs_rest"].as_array().unwrap().len(), usize::from(bits == skew));
    }
}

#[test]
fn a_log_with_an_invalid_id_is_kept_without_ids() {
    let cases = [
        (vec![1; 16], vec![2; 8], true, true),
        (vec![], vec![], false, false),
        (vec![1; 16], vec![], true, false),
        (vec![1; 8], vec![2; 8], false, false),
        (vec![0; 16], vec![2; 8], false, false),
        (vec![1; 16], vec![2; 7], false, false),
    ];
    for (trace_id, span_id, has_trace, has_span) in cases {
        let row = log_row(LogRecord { trace_id, span_id, ..Default::default() });
        assert_eq!((!row["trace_id"].is_null(), !row["span_id"].is_null()), (has_trace, has_span));
    }
}

#[test]
fn bodies_of_every_kind_are_kept() {
    let map =
        Any::KvlistValue(KeyValueList { values: vec![attribute("b", text("x")), attribute("a", text("y"))] });
    let of = |value| AnyValue { value: Some(value) };
    let cases = [
        (text("order 17 failed"), json!("order 17 failed"), "text", true),
        (text(""), json!(""), "text", true),
        (of(map), json!(r#"{"a":"y","b":"x"}"#), "json", true),
        (of(Any::IntValue(7)), json!("7"), "json", true),
        (of(Any::DoubleValue(f64::NAN)), json!(r#"{"$f":"NaN"}"#), "json", true),
        (of(Any::BytesValue(vec![0, 1])), json!("AAE="), "bytes", false),
        (AnyValue { value: None }, Value::Null, "none", false),
    ];
    for (body, stored, kind, has_template) in cases {
        let row = body_row(body);
        assert_eq!((&row["body"], &row["body_kind"]), (&stored, &json!(kind)));
        assert_eq!(row["template_id"].is_null(), !has_template);
    }
    let mut expected = String::new();
    shape("order 17 failed", &mut expected);
    assert_eq!(body_row(text("order 18 failed"))["template_id"], json!(template_id(&expected)));

    let row = body_row(text(&"x".repeat(VALUE_BYTES + 1)));
    assert!(row["body"].as_str().unwrap().ends_with(CUT_MARKER));
    assert_eq!(row["quality"], json!(quality::VALUE_TRUNCATED));
}

#[test]
fn severities_are_derived_from_words_when_the_number_is_missing() {
    let cases =
        [(9, "ERROR", 9), (0, "ERROR", 17), (0, "warning", 13), (25, "fatal", 21), (-1, "", 0), (0, "hm", 0)];
    for (severity_number, severity_text, stored) in cases {
        let row =
            log_row(LogRecord { severity_number, severity_text: severity_text.into(), ..Default::default() });
        assert_eq!(row["severity_number"], json!(stored));
        assert_eq!(row["severity_text"].as_str().unwrap_or_default(), severity_text);
    }
}

#[test]
fn the_resource_gives_its_names_by_preference() {
    let resources = |attributes: &[(&str, &str)]| {
        let attributes = attributes.iter().map(|(key, value)| attribute(key, text(value))).collect();
        let resource = Some(Resource { attributes, ..Default::default() });
        let resource_spans = vec![ResourceSpans { resource, ..Default::default() }; 2];
        let body = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
        decode(Signal::Spans, Format::OtlpProtobuf, &body).resources
    };
    let [resource] = resources(&[
        ("service.name", "cart"),
        ("service.namespace", "shop"),
        ("service.version", "1.2"),
        ("k8s.pod.name", "pod"),
        ("host.name", "host"),
        ("deployment.environment", "old"),
        ("deployment.environment.name", "prod"),
    ])
    .try_into()
    .unwrap();
    assert_eq!(resource.service, "cart");
    assert_eq!(resource.namespace.as_deref(), Some("shop"));
    assert_eq!(resource.version.as_deref(), Some("1.2"));
    assert_eq!(resource.instance.as_deref(), Some("host"));
    assert_eq!(resource.env.as_deref(), Some("prod"));
    assert!(
        resource
            .attributes
            .starts_with(r#"{"deployment.environment":"old","deployment.environment.name":"prod","#)
    );

    let turned = &resources(&[("b", "2"), ("a", "1")])[0];
    assert_eq!(turned.id, resources(&[("a", "1"), ("b", "2")])[0].id);
    assert_eq!(turned.service, "unknown_service");
    let own_id = resources(&[("k8s.pod.name", "pod"), ("service.instance.id", "id")]);
    assert_eq!(own_id[0].instance.as_deref(), Some("id"));
}

#[test]
fn the_schema_of_the_scope_wins_over_that_of_the_resource() {
    for (scope_url, resource_url, stored) in
        [("s", "r", json!("s")), ("", "r", json!("r")), ("", "", Value::Null)]
    {
        let scope_spans =
            ScopeSpans { spans: vec![span()], schema_url: scope_url.into(), ..Default::default() };
        let resource_spans = ResourceSpans {
            scope_spans: vec![scope_spans],
            schema_url: resource_url.into(),
            ..Default::default()
        };
        let body = ExportTraceServiceRequest { resource_spans: vec![resource_spans] }.encode_to_vec();
        let row = of_table(&decode(Signal::Spans, Format::OtlpProtobuf, &body), Table::Spans).remove(0);
        assert_eq!(row["schema_url"], stored);
    }
}

/// A scope's attributes stand in every row, so a small body could ask for a huge table.
#[test]
fn texts_repeated_by_every_row_are_bounded() {
    let attributes = vec![attribute("big", text(&"x".repeat(VALUE_BYTES)))];
    let scope = Some(InstrumentationScope { attributes, ..Default::default() });
    let scope_spans = vec![ScopeSpans { scope, spans: vec![span(); 300], ..Default::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..Default::default() }];
    let body = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
    let items = OtlpDecode.count(Signal::Spans, Format::OtlpProtobuf, &body).unwrap();
    let decoded = OtlpDecode.decode(Signal::Spans, Format::OtlpProtobuf, &origin(), &body).unwrap();
    let rejected = decoded.tally.rejected[Rejected::TooLargeRecord as usize];
    assert_eq!(decoded.tally.accepted + rejected, u64::from(items));
    assert!(rejected > 50 && decoded.tally.accepted > 200);
}

fn gauge(points: Vec<NumberDataPoint>) -> Metric {
    Metric { name: "g".into(), data: Some(Data::Gauge(Gauge { data_points: points })), ..Default::default() }
}

fn metrics(metrics: Vec<Metric>) -> Vec<u8> {
    let scope_metrics = vec![ScopeMetrics { metrics, ..Default::default() }];
    let resource_metrics = vec![ResourceMetrics { scope_metrics, ..Default::default() }];
    ExportMetricsServiceRequest { resource_metrics }.encode_to_vec()
}

#[test]
fn points_of_equal_attributes_share_a_series() {
    let point = |order: [&str; 2]| NumberDataPoint {
        attributes: order.map(|key| attribute(key, text(key))).into(),
        time_unix_nano: 5,
        ..Default::default()
    };
    let body = metrics(vec![
        gauge(vec![point(["a", "b"]), point(["b", "a"]), point(["b", "c"])]),
        Metric { unit: "s".into(), ..gauge(vec![point(["a", "b"])]) },
    ]);
    let decoded = decode(Signal::Metrics, Format::OtlpProtobuf, &body);
    assert_eq!(decoded.series.len(), 3);
    let ids: Vec<_> =
        of_table(&decoded, Table::Points).iter().map(|row| row["series_id"].as_u64().unwrap()).collect();
    let series: Vec<_> = decoded.series.iter().map(|series| series.id).collect();
    assert_eq!(ids, [series[0], series[0], series[1], series[2]]);
    assert_eq!(decoded.series[0].attributes, r#"{"a":"a","b":"b"}"#);
    assert_eq!((decoded.series[0].kind, decoded.series[0].temporality), ("gauge", "unspecified"));
}

#[test]
fn a_point_without_a_recorded_value_has_none() {
    let value = Some(number_data_point::Value::AsDouble(1.0));
    let point = |flags| NumberDataPoint { flags, value, time_unix_nano: 5, ..Default::default() };
    let decoded =
        decode(Signal::Metrics, Format::OtlpProtobuf, &metrics(vec![gauge(vec![point(0), point(1)])]));
    let rows = of_table(&decoded, Table::Points);
    assert_eq!((&rows[0]["value_f64"], &rows[1]["value_f64"]), (&json!("1.0"), &Value::Null));
}

#[test]
fn a_point_that_cannot_be_timed_is_stored_at_its_receipt() {
    let point = NumberDataPoint { time_unix_nano: u64::MAX, ..Default::default() };
    let decoded = decode(Signal::Metrics, Format::OtlpProtobuf, &metrics(vec![gauge(vec![point])]));
    assert_eq!(of_table(&decoded, Table::Points)[0]["time"], json!(RECEIVED));
    assert_eq!(decoded.tally.modified[Modified::ClockSkew as usize], 1);
}
