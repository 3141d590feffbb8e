//! Our own telemetry: what the process says about its work arrives as OTLP like anybody else's.

use std::sync::Arc;

use daymark_collector::receive::own;
use daymark_model::figure::{Figure, Figures};
use daymark_model::origin::OWN_TENANT;
use daymark_model::signal::Signal;
use daymark_model::time::SystemClock;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message;
use tracing_subscriber::layer::SubscriberExt;

use crate::world::{World, receipt};

#[derive(Debug)]
struct Hives;

impl Figures for Hives {
    fn figures(&self) -> Vec<Figure> {
        vec![
            Figure::gauge("hives", "Where bees live.", 2.0).with("garden", "a"),
            Figure::counter("bees_total", "Bees born.", 7.0),
            Figure::gauge("hives", "Where bees live.", 3.0).with("garden", "b"),
        ]
    }
}

/// Lets `work` speak, then stores what it said; what arrived, by signal.
async fn told(work: impl FnOnce()) -> (Vec<Vec<u8>>, Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let world = World::start().await;
    world.intake.answer_with(Ok(receipt(0, None)));
    let (layer, outbox) = own::telemetry(Arc::new(SystemClock::new()));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
    let intake = Arc::<crate::world::Recorder>::clone(&world.intake);
    own::run(outbox, vec![Arc::new(Hives)], intake, Arc::new(SystemClock::new()), async {}).await;
    let of = |signal: Signal| {
        let batches = world.intake.seen().batches.into_iter().filter(move |batch| batch.signal == signal);
        let bodies = batches.map(|batch| {
            assert_eq!((batch.origin.tenant.as_str(), batch.origin.source.as_str()), (OWN_TENANT, "daymark"));
            batch.body.to_vec()
        });
        bodies.collect()
    };
    (of(Signal::Spans), of(Signal::Logs), of(Signal::Metrics))
}

#[tokio::test]
async fn spans_keep_their_family_their_caller_and_their_failure() {
    let (traces, logs, _) = told(|| {
        let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let outer = tracing::info_span!(
            "request",
            otel.name = "GET /bees",
            otel.server = true,
            otel.parent = caller,
            http.response.status_code = tracing::field::Empty,
            error = tracing::field::Empty,
        );
        let _outer = outer.enter();
        let inner = tracing::info_span!("count", hives = 2_u64);
        inner.in_scope(|| tracing::warn!(missing = true, "a bee is missing"));
        drop(inner);
        outer.record("http.response.status_code", 500_u16);
        outer.record("error", "no bees");
    })
    .await;
    let traces = ExportTraceServiceRequest::decode(traces[0].as_slice()).unwrap();
    let of_us = &traces.resource_spans[0];
    let name = &of_us.resource.as_ref().unwrap().attributes[0];
    assert_eq!((name.key.as_str(), text(name.value.as_ref())), ("service.name", "daymark"));
    let [inner, outer] = of_us.scope_spans[0].spans.as_slice() else { panic!("two spans") };
    assert_eq!((outer.name.as_str(), outer.kind()), ("GET /bees", SpanKind::Server));
    assert_eq!(outer.trace_id, 0x0af7651916cd43dd8448eb211c80319c_u128.to_be_bytes());
    assert_eq!(outer.parent_span_id, 0xb7ad6b7169203331_u64.to_be_bytes());
    assert_eq!(outer.status.as_ref().unwrap().message, "no bees");
    assert!(outer.end_time_unix_nano >= outer.start_time_unix_nano);
    let status = outer.attributes.iter().find(|field| field.key == "http.response.status_code").unwrap();
    assert_eq!(status.value.as_ref().unwrap().value, Some(Value::IntValue(500)));
    assert_eq!((inner.name.as_str(), inner.kind()), ("count", SpanKind::Internal));
    assert_eq!((&inner.trace_id, &inner.parent_span_id), (&outer.trace_id, &outer.span_id));

    let logs = ExportLogsServiceRequest::decode(logs[0].as_slice()).unwrap();
    let [record] = logs.resource_logs[0].scope_logs[0].log_records.as_slice() else { panic!("one record") };
    assert_eq!(text(record.body.as_ref()), "a bee is missing");
    assert_eq!(record.severity_text, "WARN");
    assert_eq!((&record.trace_id, &record.span_id), (&inner.trace_id, &inner.span_id));
}

#[tokio::test]
async fn figures_of_one_name_are_points_of_one_metric() {
    let (traces, logs, metrics) = told(|| ()).await;
    assert!(traces.is_empty() && logs.is_empty(), "nothing said is nothing stored");
    let metrics = ExportMetricsServiceRequest::decode(metrics[0].as_slice()).unwrap();
    let metrics = &metrics.resource_metrics[0].scope_metrics[0].metrics;
    let points = |name: &str| {
        let metric = metrics.iter().find(|metric| metric.name == name).unwrap();
        match metric.data.as_ref().unwrap() {
            Data::Gauge(gauge) => (false, gauge.data_points.len()),
            Data::Sum(sum) => (sum.is_monotonic, sum.data_points.len()),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(points("hives"), (false, 2));
    assert_eq!(points("bees_total"), (true, 1));
}

/// What storing our own telemetry has to say would come back with every round.
#[tokio::test]
async fn what_storing_it_says_is_not_told_again() {
    let (_, logs, _) = told(|| tracing::warn!(target: "daymark_own_telemetry", "not stored")).await;
    assert!(logs.is_empty());
}

/// A caller that is no `traceparent` is not followed.
#[tokio::test]
async fn a_false_caller_is_not_followed() {
    for caller in ["", "00-0-0-0", "00-00000000000000000000000000000000-b7ad6b7169203331-01", "x-é-é"] {
        let (traces, ..) = told(|| drop(tracing::info_span!("request", otel.parent = caller))).await;
        let traces = ExportTraceServiceRequest::decode(traces[0].as_slice()).unwrap();
        let span = &traces.resource_spans[0].scope_spans[0].spans[0];
        assert!(span.parent_span_id.is_empty() && span.trace_id.len() == 16, "{caller:?}");
    }
}

fn text(value: Option<&opentelemetry_proto::tonic::common::v1::AnyValue>) -> &str {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text,
        other => panic!("{other:?}"),
    }
}
