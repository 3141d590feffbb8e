//! OTLP requests of our own spans, events and figures.

use std::collections::BTreeMap;

use daymark_model::figure::{Figure, Kind};
use daymark_model::time::Nanos;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
};
pub(super) use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

/// Who we are.
pub(super) fn resource() -> Resource {
    let process = i64::from(std::process::id());
    let attributes = vec![
        text("service.name", "daymark"),
        text("service.version", env!("CARGO_PKG_VERSION")),
        text("service.instance.id", &format!("{:016x}", rand::random::<u64>())),
        KeyValue {
            key: "process.pid".into(),
            value: Some(AnyValue { value: Some(Value::IntValue(process)) }),
            ..KeyValue::default()
        },
    ];
    Resource { attributes, ..Resource::default() }
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(Value::StringValue(value.into())) };
    KeyValue { key: key.into(), value: Some(value), ..KeyValue::default() }
}

fn scope() -> Option<InstrumentationScope> {
    Some(InstrumentationScope { name: "daymark".into(), ..InstrumentationScope::default() })
}

pub(super) fn traces(resource: &Resource, spans: Vec<Span>) -> ExportTraceServiceRequest {
    let scope_spans = vec![ScopeSpans { scope: scope(), spans, ..ScopeSpans::default() }];
    let of_us = ResourceSpans { resource: Some(resource.clone()), scope_spans, ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![of_us] }
}

pub(super) fn logs(resource: &Resource, log_records: Vec<LogRecord>) -> ExportLogsServiceRequest {
    let scope_logs = vec![ScopeLogs { scope: scope(), log_records, ..ScopeLogs::default() }];
    let of_us = ResourceLogs { resource: Some(resource.clone()), scope_logs, ..ResourceLogs::default() };
    ExportLogsServiceRequest { resource_logs: vec![of_us] }
}

/// Figures of one name are points of one metric.
pub(super) fn metrics(resource: &Resource, figures: Vec<Figure>, now: Nanos) -> ExportMetricsServiceRequest {
    let mut metrics: BTreeMap<&str, Metric> = BTreeMap::new();
    for figure in figures {
        let metric = metrics.entry(figure.name).or_insert_with(|| empty(&figure));
        let points = match &mut metric.data {
            Some(Data::Gauge(gauge)) => &mut gauge.data_points,
            Some(Data::Sum(sum)) => &mut sum.data_points,
            _ => continue,
        };
        points.push(NumberDataPoint {
            attributes: figure.labels.iter().map(|(key, value)| text(key, value)).collect(),
            time_unix_nano: u64::try_from(now.0).unwrap_or_default(),
            value: Some(Number::AsDouble(figure.value)),
            ..NumberDataPoint::default()
        });
    }
    let metrics = metrics.into_values().collect();
    let scope_metrics = vec![ScopeMetrics { scope: scope(), metrics, ..ScopeMetrics::default() }];
    let of_us =
        ResourceMetrics { resource: Some(resource.clone()), scope_metrics, ..ResourceMetrics::default() };
    ExportMetricsServiceRequest { resource_metrics: vec![of_us] }
}

fn empty(figure: &Figure) -> Metric {
    let data = match figure.kind {
        Kind::Gauge => Data::Gauge(Gauge::default()),
        Kind::Counter => Data::Sum(Sum {
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
            is_monotonic: true,
            ..Sum::default()
        }),
    };
    Metric {
        name: figure.name.into(),
        description: figure.help.into(),
        data: Some(data),
        ..Metric::default()
    }
}
