//! A trace as OTLP/JSON, so that it can be sent to any OTLP receiver as it came: ids in hex, other bytes in
//! base64, enumerations as integers, 64-bit integers as strings.

use std::collections::HashMap;

use daymark_view::attribute::Attributes;
use daymark_view::trace::{Event, Link, Scope, Span, Trace};
use serde_json::{Value, json};

/// `{"resourceSpans": […]}`: spans grouped by resource, then scope, each in the order of first start.
pub(crate) fn resource_spans(trace: &Trace) -> Value {
    let mut resources: Vec<(&str, Vec<ScopeSpans<'_>>)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for span in &trace.spans {
        let place = *places.entry(span.resource.as_str()).or_insert_with(|| {
            resources.push((&span.resource, Vec::new()));
            resources.len() - 1
        });
        let scopes = &mut resources[place].1;
        let known = scopes.iter_mut().find(|group| *group.scope == span.scope);
        let written = span_json(trace, span);
        match known {
            Some(group) => group.spans.push(written),
            None => scopes.push(ScopeSpans { scope: &span.scope, spans: vec![written] }),
        }
    }
    let none = Attributes::default();
    let written = resources.into_iter().map(|(name, scopes)| {
        let attributes = trace.resources.get(name).unwrap_or(&none).otlp();
        let scopes: Value = scopes.into_iter().map(ScopeSpans::json).collect();
        json!({"resource": {"attributes": attributes}, "scopeSpans": scopes})
    });
    json!({"resourceSpans": written.collect::<Value>()})
}

struct ScopeSpans<'a> {
    scope: &'a Scope,
    spans: Vec<Value>,
}

impl ScopeSpans<'_> {
    fn json(self) -> Value {
        let Scope { name, version, attributes, schema_url } = self.scope;
        let mut scope = json!({});
        set(&mut scope, "name", name.as_deref());
        set(&mut scope, "version", version.as_deref());
        if !attributes.is_empty() {
            scope["attributes"] = attributes.otlp();
        }
        let mut group = json!({"scope": scope, "spans": self.spans});
        set(&mut group, "schemaUrl", schema_url.as_deref());
        group
    }
}

fn span_json(trace: &Trace, span: &Span) -> Value {
    let mut status = json!({"code": status_code(&span.status)});
    set(&mut status, "message", span.status_message.as_deref());
    let mut written = json!({
        "traceId": trace.trace_id.to_string(),
        "spanId": span.span_id.to_string(),
        "name": span.name,
        "kind": kind_code(&span.kind),
        "startTimeUnixNano": span.start.to_string(),
        "endTimeUnixNano": span.start.plus(span.duration_ns).to_string(),
        "attributes": span.attributes.otlp(),
        "droppedAttributesCount": span.dropped.attributes,
        "events": span.events.iter().map(event_json).collect::<Value>(),
        "droppedEventsCount": span.dropped.events,
        "links": span.links.iter().map(link_json).collect::<Value>(),
        "droppedLinksCount": span.dropped.links,
        "status": status,
        "flags": span.flags,
    });
    set(&mut written, "traceState", span.trace_state.as_deref());
    if let Some(parent) = span.parent_span_id {
        written["parentSpanId"] = parent.to_string().into();
    }
    written
}

fn event_json(event: &Event) -> Value {
    json!({
        "timeUnixNano": event.time.to_string(),
        "name": event.name,
        "attributes": event.attributes.otlp(),
    })
}

fn link_json(link: &Link) -> Value {
    let mut written = json!({
        "traceId": link.trace_id.to_string(),
        "spanId": link.span_id.to_string(),
        "attributes": link.attributes.otlp(),
    });
    set(&mut written, "traceState", link.trace_state.as_deref());
    written
}

fn set(object: &mut Value, key: &str, text: Option<&str>) {
    if let Some(text) = text {
        object[key] = text.into();
    }
}

fn kind_code(kind: &str) -> u8 {
    match kind {
        "internal" => 1,
        "server" => 2,
        "client" => 3,
        "producer" => 4,
        "consumer" => 5,
        _ => 0,
    }
}

fn status_code(status: &str) -> u8 {
    match status {
        "ok" => 1,
        "error" => 2,
        _ => 0,
    }
}
