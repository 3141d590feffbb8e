//! A trace in the formats that other tools open: Jaeger's and Zipkin's JSON, Chrome's trace events, CSV.

use std::collections::BTreeMap;

use daymark_view::attribute::Attributes;
use daymark_view::trace::{Span, Trace};
use serde_json::{Map, Value, json};

const CSV_COLUMNS: [&str; 10] = [
    "trace_id",
    "span_id",
    "parent_span_id",
    "service",
    "name",
    "kind",
    "start",
    "duration_ns",
    "status",
    "status_message",
];

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What Jaeger's UI saves and opens. Times are microseconds.
pub(crate) fn jaeger(trace: &Trace) -> Value {
    let mut processes = Map::new();
    let mut places: BTreeMap<(&str, &str), String> = BTreeMap::new();
    let mut spans = Vec::with_capacity(trace.spans.len());
    for span in &trace.spans {
        let next = format!("p{}", places.len() + 1);
        let process = places.entry((&span.resource, &span.service)).or_insert_with(|| {
            let tags = trace.resources.get(&span.resource).map(tags).unwrap_or_default();
            processes.insert(next.clone(), json!({"serviceName": span.service, "tags": tags}));
            next
        });
        let parent = span.parent_span_id.map(|parent| {
            json!({"refType": "CHILD_OF", "traceID": trace.trace_id.to_string(), "spanID": parent.to_string()})
        });
        let mut all = tags(&span.attributes);
        all.push(json!({"key": "span.kind", "type": "string", "value": span.kind}));
        if span.status == "error" {
            all.push(json!({"key": "error", "type": "bool", "value": true}));
        }
        let logs = span.events.iter().map(|event| {
            let mut fields = tags(&event.attributes);
            fields.push(json!({"key": "event", "type": "string", "value": event.name}));
            json!({"timestamp": event.time.0 / 1_000, "fields": fields})
        });
        spans.push(json!({
            "traceID": trace.trace_id.to_string(),
            "spanID": span.span_id.to_string(),
            "operationName": span.name,
            "references": parent.into_iter().collect::<Vec<_>>(),
            "startTime": span.start.0 / 1_000,
            "duration": span.duration_ns / 1_000,
            "tags": all,
            "logs": logs.collect::<Vec<_>>(),
            "processID": process,
            "flags": span.flags & 1,
            "warnings": null,
        }));
    }
    let id = trace.trace_id.to_string();
    json!({"data": [{"traceID": id, "spans": spans, "processes": processes, "warnings": null}]})
}

fn tags(attributes: &Attributes) -> Vec<Value> {
    let tag = |(key, value): (&String, &Value)| match value {
        Value::Bool(flag) => json!({"key": key, "type": "bool", "value": flag}),
        Value::Number(number) if number.is_f64() => json!({"key": key, "type": "float64", "value": number}),
        Value::Number(number) => json!({"key": key, "type": "int64", "value": number}),
        other => json!({"key": key, "type": "string", "value": text(other)}),
    };
    attributes.0.iter().map(tag).collect()
}

/// Zipkin's v2 spans. Times are microseconds.
pub(crate) fn zipkin(trace: &Trace) -> Value {
    let span = |span: &Span| {
        let mut tags: Map<String, Value> =
            span.attributes.0.iter().map(|(key, value)| (key.clone(), text(value).into())).collect();
        if span.status == "error" {
            tags.insert("error".into(), span.status_message.clone().unwrap_or_default().into());
        }
        let annotation = |event: &daymark_view::trace::Event| json!({"timestamp": event.time.0 / 1_000, "value": event.name});
        let mut written = json!({
            "traceId": trace.trace_id.to_string(),
            "id": span.span_id.to_string(),
            "name": span.name,
            "timestamp": span.start.0 / 1_000,
            // Zipkin knows no shorter ones.
            "duration": (span.duration_ns / 1_000).max(1),
            "localEndpoint": {"serviceName": span.service},
            "annotations": span.events.iter().map(annotation).collect::<Value>(),
            "tags": tags,
        });
        if let Some(parent) = span.parent_span_id {
            written["parentId"] = parent.to_string().into();
        }
        if !matches!(span.kind.as_str(), "unspecified" | "internal") {
            written["kind"] = span.kind.to_uppercase().into();
        }
        if let Some(peer) = &span.peer {
            written["remoteEndpoint"] = json!({"serviceName": peer});
        }
        written
    };
    trace.spans.iter().map(span).collect()
}

/// Trace events as Perfetto and Chrome open them: a process for each service. Times are microseconds from the
/// start of the trace.
pub(crate) fn perfetto(trace: &Trace) -> Value {
    let place =
        |service: &str| trace.services.iter().position(|known| known == service).map_or(0, |at| at + 1);
    let names = trace.services.iter().map(|service| {
        json!({"ph": "M", "name": "process_name", "pid": place(service), "args": {"name": service}})
    });
    // Slices of a track must lie inside each other: each span takes the first that is free.
    let mut tracks: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
    let spans = trace.spans.iter().map(|span| {
        let (process, end) = (place(&span.service), span.start.0.saturating_add(span.duration_ns));
        let busy = tracks.entry(process).or_default();
        let free = busy.iter().position(|until| *until <= span.start.0);
        let track = free.unwrap_or(busy.len());
        match busy.get_mut(track) {
            Some(until) => *until = end,
            None => busy.push(end),
        }
        json!({
            "ph": "X",
            "name": span.name,
            "cat": span.kind,
            "pid": process,
            "tid": track + 1,
            "ts": (span.start.0 - trace.start.0) as f64 / 1e3,
            "dur": span.duration_ns as f64 / 1e3,
            "args": {"span_id": span.span_id.to_string(), "status": span.status, "attributes": span.attributes},
        })
    });
    let events: Vec<Value> = names.chain(spans).collect();
    json!({"traceEvents": events, "displayTimeUnit": "ns", "otherData": {"trace_id": trace.trace_id.to_string()}})
}

/// A head, and a line for each span.
pub(crate) fn csv(trace: &Trace) -> String {
    let field = |text: &str| {
        let is_plain = !text.contains(['"', ',', '\r', '\n']);
        if is_plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
    };
    let line = |span: &Span| {
        let parent = span.parent_span_id.map(|parent| parent.to_string()).unwrap_or_default();
        let fields = [
            trace.trace_id.to_string(),
            span.span_id.to_string(),
            parent,
            span.service.clone(),
            span.name.clone(),
            span.kind.clone(),
            span.start.to_string(),
            span.duration_ns.to_string(),
            span.status.clone(),
            span.status_message.clone().unwrap_or_default(),
        ];
        fields.map(|text| field(&text)).join(",") + "\r\n"
    };
    let head = CSV_COLUMNS.join(",") + "\r\n";
    std::iter::once(head).chain(trace.spans.iter().map(line)).collect()
}
