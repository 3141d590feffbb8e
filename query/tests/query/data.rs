//! A small shop: traces over three services, logs with and without a trace, metrics of each kind.

use serde_json::{Value, json};

/// 2026-01-31T12:00:00Z in ns.
pub(crate) const NOON: i64 = 1_769_860_800_000_000_000;
pub(crate) const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
/// A trace whose id has 64 bits.
pub(crate) const SHORT_TRACE: &str = "0000000000000000a1b2c3d4e5f60718";

fn attributes(pairs: &Value) -> Value {
    let value = |value: &Value| match value {
        Value::String(text) => json!({"stringValue": text}),
        Value::Bool(flag) => json!({"boolValue": flag}),
        Value::Number(number) if number.is_f64() => json!({"doubleValue": number}),
        Value::Number(number) => json!({"intValue": number.to_string()}),
        other => json!({"stringValue": other.to_string()}),
    };
    pairs.as_object().unwrap().iter().map(|(key, v)| json!({"key": key, "value": value(v)})).collect()
}

fn resource(service: &str, env: &str, instance: &str) -> Value {
    json!({"attributes": attributes(&json!({
        "service.name": service,
        "service.namespace": "shop",
        "service.version": "1.2.0",
        "service.instance.id": instance,
        "deployment.environment.name": env,
        "telemetry.sdk.language": "java",
        "host.cpus": 8,
    }))})
}

/// One span in OTLP/JSON.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) trace: String,
    pub(crate) id: u64,
    pub(crate) parent: Option<u64>,
    pub(crate) name: &'static str,
    pub(crate) kind: u8,
    pub(crate) start: i64,
    pub(crate) duration: i64,
    pub(crate) is_error: bool,
    pub(crate) attributes: Value,
    pub(crate) events: Value,
}

impl Span {
    pub(crate) fn new(
        trace: &str,
        id: u64,
        parent: Option<u64>,
        name: &'static str,
        kind: u8,
        at_ms: i64,
    ) -> Self {
        let (start, duration) = (NOON + at_ms * 1_000_000, 5_000_000);
        let (attributes, events) = (json!({}), json!([]));
        Self {
            trace: trace.into(),
            id,
            parent,
            name,
            kind,
            start,
            duration,
            is_error: false,
            attributes,
            events,
        }
    }

    fn json(&self) -> Value {
        let status = if self.is_error { json!({"code": 2, "message": "it broke"}) } else { json!({}) };
        json!({
            "traceId": self.trace,
            "spanId": format!("{:016x}", self.id),
            "parentSpanId": self.parent.map(|id| format!("{id:016x}")),
            "name": self.name,
            "kind": self.kind,
            "startTimeUnixNano": self.start.to_string(),
            "endTimeUnixNano": (self.start + self.duration).to_string(),
            "attributes": attributes(&self.attributes),
            "events": self.events,
            "status": status,
        })
    }
}

/// An export of spans of one service.
pub(crate) fn spans(service: &str, env: &str, spans: &[Span]) -> Value {
    let spans: Value = spans.iter().map(Span::json).collect();
    json!({"resourceSpans": [{
        "resource": resource(service, env, &format!("{service}-1")),
        "scopeSpans": [{"scope": {"name": "io.shop", "version": "3.1", "attributes": attributes(&json!({"team": "blue"}))}, "spans": spans}],
    }]})
}

/// An export of logs of one service: (ms after noon, severity number, body, trace, attributes).
pub(crate) fn logs(service: &str, lines: &[(i64, u8, &str, Option<&str>, Value)]) -> Value {
    let records: Value = lines
        .iter()
        .map(|(at, severity, body, trace, pairs)| {
            json!({
                "timeUnixNano": (NOON + at * 1_000_000).to_string(),
                "observedTimeUnixNano": (NOON + at * 1_000_000 + 1_000).to_string(),
                "severityNumber": severity,
                "body": {"stringValue": body},
                "traceId": trace,
                "spanId": trace.map(|_| "00000000000000b1"),
                "attributes": attributes(pairs),
            })
        })
        .collect();
    json!({"resourceLogs": [{"resource": resource(service, "prod", &format!("{service}-1")), "scopeLogs": [{"logRecords": records}]}]})
}

/// The exports of the shop, as (signal, body).
pub(crate) fn shop() -> Vec<(&'static str, Value)> {
    let exception = json!([{"timeUnixNano": (NOON + 25_000_000).to_string(), "name": "exception",
        "attributes": attributes(&json!({"exception.type": "Timeout", "exception.message": "bank did not answer"}))}]);
    let with = |span: Span, pairs: Value| Span { attributes: pairs, ..span };
    let web = [
        with(
            Span { duration: 90_000_000, ..Span::new(TRACE, 0xa1, None, "POST /checkout", 2, 0) },
            json!({"http.route": "/checkout", "http.response.status_code": 500, "user.id": "u7", "sampled": true}),
        ),
        with(
            Span::new(SHORT_TRACE, 0xc1, None, "GET /", 2, 1_000),
            json!({"http.route": "/", "user.id": "u8", "ratio": 0.5}),
        ),
    ];
    let payment = [
        with(
            Span {
                duration: 60_000_000,
                is_error: true,
                events: exception,
                ..Span::new(TRACE, 0xb1, Some(0xa1), "charge", 2, 20)
            },
            json!({"peer.service": "bank", "amount": 1250, "service.version": "own"}),
        ),
        Span {
            is_error: true,
            ..Span::new("ffffffffffffffffffffffffffffffff", 0xd1, Some(0xdd), "refund", 3, 3_000)
        },
    ];
    let cart = [Span::new(TRACE, 0xe1, Some(0xa1), "load cart", 2, 5)];
    let logs = logs(
        "payment",
        &[
            (21, 9, "charging order 1001 for user u7", Some(TRACE), json!({"order": 1001})),
            (
                24,
                17,
                "bank did not answer: TIMEOUT after 5000 ms",
                Some(TRACE),
                json!({"attempt": 1, "http.route": "/charge"}),
            ),
            (2_000, 13, "pool is nearly full, größer nötig", None, json!({})),
            (2_000, 5, "", None, json!({})),
        ],
    );
    let point = |at: i64, value: Value| {
        json!({"timeUnixNano": (NOON + at * 1_000_000).to_string(),
        "startTimeUnixNano": NOON.to_string(), "attributes": attributes(&json!({"queue": "mail"})),
        "asInt": value.as_i64().map(|value| value.to_string()), "asDouble": value.as_f64().filter(|_| value.is_f64())})
    };
    let metrics = json!({"resourceMetrics": [{"resource": resource("cart", "prod", "cart-1"), "scopeMetrics": [{"scope": {"name": "io.meter"}, "metrics": [
        {"name": "queue.size", "unit": "1", "gauge": {"dataPoints": [point(0, json!(4)), point(1_000, json!(2.5))]}},
        {"name": "mails", "unit": "{mail}", "sum": {"aggregationTemporality": 2, "isMonotonic": true, "dataPoints": [point(0, json!(10))]}},
        {"name": "latency", "unit": "s", "histogram": {"aggregationTemporality": 1, "dataPoints": [{
            "timeUnixNano": NOON.to_string(), "startTimeUnixNano": NOON.to_string(), "count": "3", "sum": 1.5,
            "explicitBounds": [0.1, 1.0], "bucketCounts": ["1", "1", "1"], "attributes": []}]}},
    ]}]}]});
    vec![
        ("spans", spans("web", "prod", &web)),
        ("spans", spans("payment", "prod", &payment)),
        ("spans", spans("cart", "test", &cart)),
        ("logs", logs),
        ("metrics", metrics),
    ]
}
