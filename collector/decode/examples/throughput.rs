//! How long decoding takes: 2,048 spans with 12 attributes each from 20 services, counted and decoded over
//! and over, and as many log lines cut into shapes. Prints µs for each. Run with `--release`.
#![expect(clippy::print_stdout, reason = "the figure is what this program is for")]

use std::hint::black_box;

use daymark_decode::OtlpDecode;
use daymark_model::intake::Decode;
use daymark_model::origin::{Origin, Tier};
use daymark_model::shape::{shape, template_id};
use daymark_model::signal::Signal;
use daymark_model::time::{Clock, Nanos, SystemClock};
use daymark_model::wire::Format;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;

const SERVICES: u64 = 20;
const SPANS: u64 = 2_048;
const ROUNDS: u32 = 300;
const START: u64 = 1_700_000_000_000_000_000;

fn main() {
    let body = request().encode_to_vec();
    let origin = Origin {
        source: "otlp_grpc".into(),
        tier: Tier::Internal,
        tenant: "default".into(),
        received: Nanos(START as i64),
    };
    println!("{} bytes a span", body.len() as u64 / SPANS);
    measure("count", || {
        black_box(OtlpDecode.count(Signal::Spans, Format::OtlpProtobuf, &body).expect("the body is valid"));
    });
    measure("decode", || {
        let decoded = OtlpDecode.decode(Signal::Spans, Format::OtlpProtobuf, &origin, &body);
        black_box(decoded.expect("the body is valid"));
    });
    let lines: Vec<_> = (0..SPANS).map(line).collect();
    let mut out = String::new();
    measure("shape", || {
        for line in &lines {
            shape(line, &mut out);
            black_box(template_id(&out));
        }
    });
}

fn line(index: u64) -> String {
    let (order, took) = (random(index), index % 900);
    format!(
        "Order {order} of user \"Jane Doe\" accepted by inventory-service at 10.0.0.{took}:8080 in {took}.5ms"
    )
}

fn measure(what: &str, mut run: impl FnMut()) {
    let clock = SystemClock::new();
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = clock.elapsed();
        run();
        best = best.min((clock.elapsed() - start).as_secs_f64());
    }
    println!("{what}: {:.3} µs at best", best * 1e6 / SPANS as f64);
}

fn request() -> ExportTraceServiceRequest {
    let resource_spans = (0..SERVICES).map(|service| ResourceSpans {
        resource: Some(Resource { attributes: resource(service), ..Default::default() }),
        scope_spans: vec![ScopeSpans {
            scope: Some(InstrumentationScope {
                name: "io.opentelemetry.tomcat-10.0".into(),
                version: "2.20.1".into(),
                ..Default::default()
            }),
            spans: (0..SPANS).filter(|index| index % SERVICES == service).map(span).collect(),
            ..Default::default()
        }],
        ..Default::default()
    });
    ExportTraceServiceRequest { resource_spans: resource_spans.collect() }
}

fn resource(service: u64) -> Vec<KeyValue> {
    let mut attributes = vec![text("service.name", format!("service-{service}"))];
    attributes
        .extend((0..12).map(|index| text(&format!("telemetry.key.{index}"), format!("value-{service}"))));
    attributes
}

/// A number without pattern, the same in every run.
fn random(seed: u64) -> u64 {
    let mixed = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 8
}

fn span(index: u64) -> Span {
    let user = random(index) % 100_000;
    let route = ["/cart/{id}", "/orders/{id}", "/checkout", "/products/{id}/reviews"][index as usize % 4];
    Span {
        trace_id: [random(index / 9).to_le_bytes(), random(index / 9 + 7).to_le_bytes()].concat(),
        span_id: random(index).to_le_bytes().to_vec(),
        parent_span_id: random(index / 2).to_le_bytes().to_vec(),
        name: format!("GET {route}"),
        kind: 2 + (index % 2) as i32,
        start_time_unix_nano: START - random(index) % 1_000_000_000,
        end_time_unix_nano: START + random(index) % 1_000_000_000,
        flags: 257,
        attributes: vec![
            text("http.request.method", "GET".into()),
            text("http.route", route.into()),
            int("http.response.status_code", 200),
            text("url.full", format!("https://shop.example/{route}?id={}&user={user}", random(index))),
            text("server.address", "shop.example".into()),
            int("server.port", 443),
            text("network.peer.address", format!("10.0.{}.{}", index % 7, index % 251)),
            int("network.peer.port", 32_768 + (random(index) % 28_000) as i64),
            text(
                "user_agent.original",
                "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0".into(),
            ),
            text("enduser.id", format!("user-{user}")),
            int("thread.id", (index % 64) as i64),
            text("thread.name", format!("http-nio-8080-exec-{}", index % 64)),
        ],
        ..Default::default()
    }
}

fn text(key: &str, value: String) -> KeyValue {
    attribute(key, Value::StringValue(value))
}

fn int(key: &str, value: i64) -> KeyValue {
    attribute(key, Value::IntValue(value))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }), ..Default::default() }
}
