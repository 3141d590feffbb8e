//! The rows that a request should become, worked out from the generated message types in the plainest way.
//!
//! It shares no code with the decoder. Where a row repeats a hash (resource, series, shape) the oracle says
//! nothing, and the comparison leaves the column out.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Exemplar, exemplar, number_data_point};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::{Value, json};

use crate::rows::{RECEIVED, double, hex};

const CLOCK_SKEW: u32 = 1;
const NEGATIVE_DURATION: u32 = 2;
const DUPLICATE_KEY: u32 = 32;
const FUTURE: i64 = RECEIVED + 600_000_000_000;

/// Rows by table name.
pub(crate) type Tables = BTreeMap<&'static str, Vec<Value>>;

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = char::from(DIGITS[(bits >> (18 - 6 * place)) as usize & 63]);
            text.push(if place <= chunk.len() { digit } else { '=' });
        }
    }
    text
}

fn number(value: f64) -> String {
    match value {
        value if value.is_nan() => "NaN".into(),
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        value => serde_json::to_string(&value).unwrap().replace("e+", "e"),
    }
}

fn typed_json(value: &AnyValue, bits: &mut u32) -> String {
    match &value.value {
        None | Some(Any::StringValueStrindex(_)) => "null".into(),
        Some(Any::StringValue(text)) => serde_json::to_string(text).unwrap(),
        Some(Any::BoolValue(value)) => value.to_string(),
        Some(Any::IntValue(value)) => value.to_string(),
        Some(Any::DoubleValue(value)) if value.is_finite() => number(*value),
        Some(Any::DoubleValue(value)) => format!("{{\"$f\":\"{}\"}}", number(*value)),
        Some(Any::BytesValue(bytes)) => format!("{{\"$b\":\"{}\"}}", base64(bytes)),
        Some(Any::ArrayValue(array)) => {
            let items: Vec<_> = array.values.iter().map(|item| typed_json(item, bits)).collect();
            format!("[{}]", items.join(","))
        }
        Some(Any::KvlistValue(list)) => {
            let object = object(&list.values, bits);
            let wrapped = list.values.iter().any(|entry| entry.key.starts_with('$'));
            if wrapped { format!("{{\"$m\":{object}}}") } else { object }
        }
    }
}

fn object(entries: &[KeyValue], bits: &mut u32) -> String {
    let mut members = BTreeMap::new();
    for entry in entries {
        if members.insert(&entry.key, &entry.value).is_some() {
            *bits |= DUPLICATE_KEY;
        }
    }
    let nothing = AnyValue { value: None };
    let members = members.iter().map(|(key, value)| {
        let value = typed_json(value.as_ref().unwrap_or(&nothing), bits);
        format!("{}:{value}", serde_json::to_string(key).unwrap())
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// Type code and text of an attribute value.
fn stored(value: Option<&AnyValue>, bits: &mut u32) -> (u8, String) {
    let Some(value) = value else { return (0, String::new()) };
    match &value.value {
        None | Some(Any::StringValueStrindex(_)) => (0, String::new()),
        Some(Any::StringValue(text)) => (1, text.clone()),
        Some(Any::BoolValue(value)) => (2, value.to_string()),
        Some(Any::IntValue(value)) => (3, value.to_string()),
        Some(Any::DoubleValue(value)) => (4, number(*value)),
        Some(Any::ArrayValue(_)) => (5, typed_json(value, bits)),
        Some(Any::KvlistValue(_)) => (6, typed_json(value, bits)),
        Some(Any::BytesValue(bytes)) => (7, base64(bytes)),
    }
}

fn attributes(entries: &[KeyValue], original_time: Option<u64>, bits: &mut u32) -> Value {
    let mut kept: Vec<(&str, Option<&AnyValue>)> = Vec::new();
    for entry in entries {
        if let Some(known) = kept.iter_mut().find(|(key, _)| *key == entry.key) {
            known.1 = entry.value.as_ref();
            *bits |= DUPLICATE_KEY;
        } else {
            kept.push((&entry.key, entry.value.as_ref()));
        }
    }
    let mut rows = Vec::new();
    for (key, value) in kept {
        let (kind, text) = stored(value, bits);
        rows.push(json!({"key": key, "type": kind, "value": text}));
    }
    if let Some(time) = original_time {
        rows.push(json!({"key": "daymark.original_time", "type": 1, "value": time.to_string()}));
    }
    Value::Array(rows)
}

fn optional(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { json!(text) }
}

fn last<'a>(entries: &'a [KeyValue], key: &str) -> Option<&'a AnyValue> {
    entries.iter().rev().find(|entry| entry.key == key).and_then(|entry| entry.value.as_ref())
}

fn last_text(entries: &[KeyValue], key: &str) -> Option<String> {
    Some(stored(last(entries, key), &mut 0).1).filter(|text| !text.is_empty())
}

fn service(resource: Option<&Resource>) -> String {
    let attributes = resource.map(|resource| resource.attributes.as_slice()).unwrap_or_default();
    last_text(attributes, "service.name").unwrap_or_else(|| "unknown_service".into())
}

/// The columns that a head gives to its rows.
fn head_columns(
    resource: Option<&Resource>,
    scope: Option<&InstrumentationScope>,
    urls: [&str; 2],
) -> (Value, u32) {
    let mut bits = 0;
    object(resource.map(|resource| resource.attributes.as_slice()).unwrap_or_default(), &mut bits);
    let attributes = scope.filter(|scope| !scope.attributes.is_empty());
    let columns = json!({
        "service": service(resource),
        "scope_name": optional(scope.map(|scope| scope.name.as_str()).unwrap_or_default()),
        "scope_version": optional(scope.map(|scope| scope.version.as_str()).unwrap_or_default()),
        "scope_attributes": attributes.map(|scope| object(&scope.attributes, &mut bits)),
        "schema_url": optional(if urls[0].is_empty() { urls[1] } else { urls[0] }),
        "source": "otlp_grpc", "tier": "internal", "stream": "default",
    });
    (columns, bits)
}

fn merged(left: Value, right: &Value) -> Value {
    let (Value::Object(mut left), Value::Object(right)) = (left, right) else { panic!("both are rows") };
    left.extend(right.clone());
    Value::Object(left)
}

fn valid(id: &[u8], length: usize) -> bool {
    id.len() == length && id.iter().any(|byte| *byte != 0)
}

fn id(id: &[u8], length: usize) -> Value {
    if valid(id, length) { hex(id) } else { Value::Null }
}

fn usable(time: u64) -> Option<i64> {
    i64::try_from(time).ok().filter(|time| *time != 0 && *time <= FUTURE)
}

pub(crate) fn traces(request: &ExportTraceServiceRequest) -> Tables {
    let mut rows = Vec::new();
    for resource in &request.resource_spans {
        for scope in &resource.scope_spans {
            let urls = [scope.schema_url.as_str(), &resource.schema_url];
            let (columns, bits) = head_columns(resource.resource.as_ref(), scope.scope.as_ref(), urls);
            rows.extend(scope.spans.iter().filter_map(|row| Some(merged(span(row, bits)?, &columns))));
        }
    }
    Tables::from([("spans", rows)])
}

fn span(span: &Span, mut bits: u32) -> Option<Value> {
    let parent_is_none =
        span.parent_span_id.iter().all(|byte| *byte == 0) && matches!(span.parent_span_id.len(), 0 | 8);
    if !valid(&span.trace_id, 16)
        || !valid(&span.span_id, 8)
        || !parent_is_none && span.parent_span_id.len() != 8
    {
        return None;
    }
    let (start, end) = (span.start_time_unix_nano, span.end_time_unix_nano);
    let replaced = usable(start).is_none().then_some(start);
    let beyond = i64::try_from(start).is_err() || i64::try_from(end).is_err();
    let duration = if start == 0 || beyond { 0 } else { end.saturating_sub(start) };
    bits |= if replaced.is_some() || beyond { CLOCK_SKEW } else { 0 };
    bits |= if !beyond && end < start { NEGATIVE_DURATION } else { 0 };
    let stored_start = usable(start).unwrap_or(RECEIVED);
    let attributes = attributes(&span.attributes, replaced, &mut bits);
    let mut events = Vec::new();
    for event in &span.events {
        let time = i64::try_from(event.time_unix_nano).unwrap_or_else(|_| {
            bits |= CLOCK_SKEW;
            stored_start
        });
        events.push(
            json!({"time": time, "name": event.name, "attributes": object(&event.attributes, &mut bits)}),
        );
    }
    let mut links = Vec::new();
    for link in span.links.iter().filter(|link| valid(&link.trace_id, 16) && valid(&link.span_id, 8)) {
        links.push(json!({
            "trace_id": hex(&link.trace_id), "span_id": hex(&link.span_id),
            "trace_state": optional(&link.trace_state), "attributes": object(&link.attributes, &mut bits),
        }));
    }
    let dropped_links = span.links.len() - links.len();
    let status = span.status.clone().unwrap_or_default();
    let word = |words: &[&str], number: i32| json!(words.get(number as usize).unwrap_or(&words[0]));
    Some(json!({
        "trace_id": hex(&span.trace_id),
        "span_id": hex(&span.span_id),
        "parent_span_id": id(&span.parent_span_id, 8),
        "trace_state": optional(&span.trace_state),
        "flags": span.flags,
        "name": span.name,
        "kind": word(&["unspecified", "internal", "server", "client", "producer", "consumer"], span.kind),
        "start": stored_start,
        "duration_ns": duration,
        "status": word(&["unset", "ok", "error"], status.code),
        "status_message": optional(&status.message),
        "events": events,
        "links": links,
        "dropped_attributes": span.dropped_attributes_count,
        "dropped_events": span.dropped_events_count,
        "dropped_links": span.dropped_links_count.saturating_add(dropped_links as u32),
        "peer": if matches!(span.kind, 3 | 4) { peer(&span.attributes) } else { None },
        "quality": bits,
        "adjusted_count": double(if span.trace_state == "ot=th:8" { 2.0 } else { 1.0 }),
        "attrs_rest": attributes,
    }))
}

fn peer(entries: &[KeyValue]) -> Option<String> {
    let text = |key| {
        last_text(entries, key).filter(|_| {
            !matches!(
                last(entries, key).and_then(|any| any.value.as_ref()),
                Some(Any::ArrayValue(_) | Any::KvlistValue(_))
            )
        })
    };
    let system = text("db.system.name").or(text("db.system"));
    let with_port =
        |host, port| Some(text(host)? + &text(port).map(|port| format!(":{port}")).unwrap_or_default());
    let database = text("db.namespace").or(text("db.name"));
    text("peer.service")
        .or(text("service.peer.name"))
        .or(database.map(|name| system.clone().map(|system| system + ":").unwrap_or_default() + &name))
        .or(text("messaging.destination.name"))
        .or(text("rpc.service"))
        .or(with_port("server.address", "server.port"))
        .or(with_port("network.peer.address", "network.peer.port"))
        .or(system)
}

pub(crate) fn logs(request: &ExportLogsServiceRequest) -> Tables {
    let mut rows = Vec::new();
    for resource in &request.resource_logs {
        for scope in &resource.scope_logs {
            let urls = [scope.schema_url.as_str(), &resource.schema_url];
            let (columns, bits) = head_columns(resource.resource.as_ref(), scope.scope.as_ref(), urls);
            rows.extend(scope.log_records.iter().map(|row| merged(log(row, bits), &columns)));
        }
    }
    Tables::from([("logs", rows)])
}

fn log(log: &LogRecord, mut bits: u32) -> Value {
    let told = if log.time_unix_nano == 0 { log.observed_time_unix_nano } else { log.time_unix_nano };
    let replaced = (told != 0 && usable(told).is_none()).then_some(told);
    let time = usable(told).unwrap_or(RECEIVED);
    let observed = i64::try_from(log.observed_time_unix_nano);
    bits |= if replaced.is_some() || observed.is_err() { CLOCK_SKEW } else { 0 };
    let attributes = attributes(&log.attributes, replaced, &mut bits);
    let (kind, body) = match log.body.as_ref().and_then(|body| body.value.as_ref()) {
        None | Some(Any::StringValueStrindex(_)) => ("none", Value::Null),
        Some(Any::StringValue(text)) => ("text", json!(text)),
        Some(Any::BytesValue(bytes)) => ("bytes", json!(base64(bytes))),
        Some(_) => ("json", json!(typed_json(log.body.as_ref().unwrap(), &mut bits))),
    };
    let broken = |id: &[u8], length| !id.is_empty() && !valid(id, length);
    let no_ids = broken(&log.trace_id, 16) || broken(&log.span_id, 8);
    let severity = match (log.severity_number, log.severity_text.as_str()) {
        (number @ 1..=24, _) => number,
        (_, "warn") => 13,
        (_, "Error3") => 19,
        (_, "FATAL ") => 21,
        _ => 0,
    };
    json!({
        "time": time,
        "observed_delta_ns": observed.ok().filter(|time| *time != 0).map(|observed| observed.saturating_sub(time)),
        "severity_number": severity,
        "severity_text": optional(&log.severity_text),
        "body": body,
        "body_kind": kind,
        "trace_id": if no_ids { Value::Null } else { id(&log.trace_id, 16) },
        "span_id": if no_ids { Value::Null } else { id(&log.span_id, 8) },
        "flags": log.flags,
        "event_name": optional(&log.event_name),
        "dropped_attributes": log.dropped_attributes_count,
        "quality": bits,
        "attrs_rest": attributes,
    })
}

/// Metric rows carry, in place of the series id, what the series should say: see `differential`.
pub(crate) fn metrics(request: &ExportMetricsServiceRequest) -> Tables {
    let mut tables = Tables::new();
    for resource in &request.resource_metrics {
        for scope in &resource.scope_metrics {
            for metric in &scope.metrics {
                let service = service(resource.resource.as_ref());
                let scope_name = scope.scope.as_ref().map(|scope| scope.name.as_str()).unwrap_or_default();
                let series = |kind: &str| {
                    json!({
                        "metric": metric.name, "kind": kind, "unit": optional(&metric.unit), "scope_name": optional(scope_name),
                    })
                };
                let add = Adder { tables: &mut tables, metric: &metric.name, service };
                if let Some(data) = &metric.data {
                    add.data(data, &series);
                }
            }
        }
    }
    tables
}

struct Adder<'a> {
    tables: &'a mut Tables,
    metric: &'a str,
    service: String,
}

impl Adder<'_> {
    fn data(mut self, data: &Data, series: &dyn Fn(&str) -> Value) {
        let no_value = |flags: u32| flags & 1 == 1;
        let optional_double = |value: Option<f64>, flags| value.filter(|_| !no_value(flags)).map(double);
        match data {
            Data::Gauge(_) | Data::Sum(_) => {
                let (points, kind) = match data {
                    Data::Sum(sum) => (&sum.data_points, "sum"),
                    Data::Gauge(gauge) => (&gauge.data_points, "gauge"),
                    _ => return,
                };
                for point in points {
                    let value = point.value.filter(|_| !no_value(point.flags));
                    let row = json!({
                        "value_f64": if let Some(number_data_point::Value::AsDouble(value)) = value { double(value) } else { Value::Null },
                        "value_i64": if let Some(number_data_point::Value::AsInt(value)) = value { json!(value) } else { Value::Null },
                    });
                    let head = (point.start_time_unix_nano, point.time_unix_nano, point.flags);
                    self.row("points", &row, head, series(kind), &point.attributes, &point.exemplars);
                }
            }
            Data::Histogram(histogram) => {
                for point in &histogram.data_points {
                    let row = json!({
                        "count": point.count, "sum": optional_double(point.sum, point.flags),
                        "min": optional_double(point.min, point.flags), "max": optional_double(point.max, point.flags),
                        "bounds": point.explicit_bounds.iter().copied().map(double).collect::<Value>(),
                        "counts": point.bucket_counts,
                    });
                    let head = (point.start_time_unix_nano, point.time_unix_nano, point.flags);
                    self.row(
                        "histograms",
                        &row,
                        head,
                        series("histogram"),
                        &point.attributes,
                        &point.exemplars,
                    );
                }
            }
            Data::ExponentialHistogram(histogram) => {
                for point in &histogram.data_points {
                    let (positive, negative) = (
                        point.positive.clone().unwrap_or_default(),
                        point.negative.clone().unwrap_or_default(),
                    );
                    let row = json!({
                        "count": point.count, "sum": optional_double(point.sum, point.flags),
                        "min": optional_double(point.min, point.flags), "max": optional_double(point.max, point.flags),
                        "scale": point.scale, "zero_count": point.zero_count, "zero_threshold": double(point.zero_threshold),
                        "positive_offset": positive.offset, "positive_counts": positive.bucket_counts,
                        "negative_offset": negative.offset, "negative_counts": negative.bucket_counts,
                    });
                    let head = (point.start_time_unix_nano, point.time_unix_nano, point.flags);
                    self.row(
                        "exp_histograms",
                        &row,
                        head,
                        series("exp_histogram"),
                        &point.attributes,
                        &point.exemplars,
                    );
                }
            }
            Data::Summary(summary) => {
                for point in &summary.data_points {
                    let quantiles = point.quantile_values.iter();
                    let quantiles = quantiles
                        .map(|at| json!({"quantile": double(at.quantile), "value": double(at.value)}));
                    let row = json!({
                        "count": point.count, "sum": double(point.sum), "quantiles": quantiles.collect::<Value>(),
                    });
                    let head = (point.start_time_unix_nano, point.time_unix_nano, point.flags);
                    self.row("summaries", &row, head, series("summary"), &point.attributes, &[]);
                }
            }
        }
    }

    fn row(
        &mut self,
        table: &'static str,
        values: &Value,
        (start, time, flags): (u64, u64, u32),
        series: Value,
        attributes: &[KeyValue],
        exemplars: &[Exemplar],
    ) {
        let time = usable(time).unwrap_or(RECEIVED);
        let attributes = object(attributes, &mut 0);
        let series = merged(series, &json!({ "attributes": attributes }));
        let head = json!({
            "series": series, "start": i64::try_from(start).ok().filter(|start| *start != 0),
            "time": time, "flags": flags, "source": "otlp_grpc", "stream": "default",
        });
        self.tables.entry(table).or_default().push(merged(head, values));
        for sent in exemplars {
            let value = match sent.value {
                Some(exemplar::Value::AsDouble(value)) => value,
                Some(exemplar::Value::AsInt(value)) => value as f64,
                None => continue,
            };
            let sent_time = i64::try_from(sent.time_unix_nano).ok().filter(|time| *time != 0);
            self.tables.entry("exemplars").or_default().push(json!({
                "metric": self.metric, "series": series, "time": sent_time.unwrap_or(time), "value": double(value),
                "trace_id": id(&sent.trace_id, 16), "span_id": id(&sent.span_id, 8), "service": self.service,
                "attributes": object(&sent.filtered_attributes, &mut 0), "stream": "default",
            }));
        }
    }
}
