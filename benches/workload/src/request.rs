//! One export as a client sends it: items of one signal, grouped by resource and scope, encoded.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics, ScopeMetrics};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;

use crate::fleet::Fleet;
use crate::outbox::Parcel;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    Spans,
    Logs,
    Metrics,
}

impl Signal {
    pub const ALL: [Self; 3] = [Self::Spans, Self::Logs, Self::Metrics];

    pub fn name(self) -> &'static str {
        match self {
            Self::Spans => "spans",
            Self::Logs => "logs",
            Self::Metrics => "metrics",
        }
    }

    /// Where OTLP over HTTP takes it.
    pub fn http_path(self) -> &'static str {
        match self {
            Self::Spans => "/v1/traces",
            Self::Logs => "/v1/logs",
            Self::Metrics => "/v1/metrics",
        }
    }

    /// Where OTLP over gRPC takes it.
    pub fn grpc_path(self) -> &'static str {
        match self {
            Self::Spans => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            Self::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
            Self::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub signal: Signal,
    /// The protobuf bytes of the export request.
    pub body: Vec<u8>,
    /// Spans, log records or metric data points.
    pub items: usize,
}

impl Request {
    pub fn spans(fleet: &Fleet, parcels: Vec<Parcel<Span>>) -> Self {
        let items = parcels.len();
        let resource_spans = grouped(fleet, parcels, |resource, scopes| ResourceSpans {
            resource: Some(resource),
            scope_spans: scopes
                .into_iter()
                .map(|(scope, spans)| ScopeSpans { scope: Some(scope), spans, ..ScopeSpans::default() })
                .collect(),
            schema_url: SCHEMA_URL.to_owned(),
        });
        let body = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
        Self { signal: Signal::Spans, body, items }
    }

    pub fn logs(fleet: &Fleet, parcels: Vec<Parcel<LogRecord>>) -> Self {
        let items = parcels.len();
        let resource_logs = grouped(fleet, parcels, |resource, scopes| ResourceLogs {
            resource: Some(resource),
            scope_logs: scopes
                .into_iter()
                .map(|(scope, log_records)| ScopeLogs {
                    scope: Some(scope),
                    log_records,
                    ..ScopeLogs::default()
                })
                .collect(),
            schema_url: SCHEMA_URL.to_owned(),
        });
        let body = ExportLogsServiceRequest { resource_logs }.encode_to_vec();
        Self { signal: Signal::Logs, body, items }
    }

    /// `points` are the data points of all the metrics together.
    pub fn metrics(fleet: &Fleet, parcels: Vec<Parcel<Metric>>, points: usize) -> Self {
        let resource_metrics = grouped(fleet, parcels, |resource, scopes| ResourceMetrics {
            resource: Some(resource),
            scope_metrics: scopes
                .into_iter()
                .map(|(scope, metrics)| ScopeMetrics {
                    scope: Some(scope),
                    metrics,
                    ..ScopeMetrics::default()
                })
                .collect(),
            schema_url: SCHEMA_URL.to_owned(),
        });
        let body = ExportMetricsServiceRequest { resource_metrics }.encode_to_vec();
        Self { signal: Signal::Metrics, body, items: points }
    }
}

const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.44.0";

type Scopes<T> = Vec<(InstrumentationScope, Vec<T>)>;

/// Items by pod and within it by scope, each in the order in which they came.
fn grouped<T, R>(fleet: &Fleet, parcels: Vec<Parcel<T>>, group: impl Fn(Resource, Scopes<T>) -> R) -> Vec<R> {
    let mut pods: BTreeMap<usize, BTreeMap<&'static str, Vec<T>>> = BTreeMap::new();
    for parcel in parcels {
        pods.entry(parcel.pod).or_default().entry(parcel.scope).or_default().push(parcel.item);
    }
    let grouped = pods.into_iter().map(|(pod, scopes)| {
        let scopes = scopes.into_iter().map(|(name, items)| (scope(name), items)).collect();
        group(fleet.pods[pod].resource.clone(), scopes)
    });
    grouped.collect()
}

fn scope(name: &str) -> InstrumentationScope {
    let version = if name.contains("telemetry") { "2.21.0" } else { "" };
    InstrumentationScope {
        name: name.to_owned(),
        version: version.to_owned(),
        ..InstrumentationScope::default()
    }
}
