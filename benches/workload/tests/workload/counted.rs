//! A second, independent way to the truth: decode every body with the schema's own types and count.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use daymark_workload::{EdgeTruth, Request, ServiceTruth, Signal, Truth};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric::Data};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind};
use prost::Message;

#[derive(Default)]
pub(crate) struct Counted {
    /// Service and span, in order of delivery, repeats included.
    pub(crate) spans: Vec<(String, Span)>,
    pub(crate) lines: Vec<(String, LogRecord)>,
    pub(crate) metrics: Vec<(String, Metric)>,
}

impl Counted {
    pub(crate) fn of(requests: &[Request]) -> Self {
        let mut all = Self::default();
        for request in requests {
            let before = all.items();
            match request.signal {
                Signal::Spans => all.spans(&request.body),
                Signal::Logs => all.lines(&request.body),
                Signal::Metrics => all.metrics(&request.body),
            }
            assert_eq!(all.items() - before, request.items, "a request states its items");
        }
        all
    }

    pub(crate) fn items(&self) -> usize {
        self.spans.len() + self.lines.len() + self.metrics.len()
    }

    fn spans(&mut self, body: &[u8]) {
        for group in ExportTraceServiceRequest::decode(body).expect("a body is valid").resource_spans {
            let service = service(group.resource.as_ref());
            for span in group.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                self.spans.push((service.clone(), span));
            }
        }
    }

    fn lines(&mut self, body: &[u8]) {
        for group in ExportLogsServiceRequest::decode(body).expect("a body is valid").resource_logs {
            let service = service(group.resource.as_ref());
            for line in group.scope_logs.into_iter().flat_map(|scope| scope.log_records) {
                self.lines.push((service.clone(), line));
            }
        }
    }

    fn metrics(&mut self, body: &[u8]) {
        for group in ExportMetricsServiceRequest::decode(body).expect("a body is valid").resource_metrics {
            let service = service(group.resource.as_ref());
            for metric in group.scope_metrics.into_iter().flat_map(|scope| scope.metrics) {
                self.metrics.push((service.clone(), metric));
            }
        }
    }

    /// Each span once.
    pub(crate) fn distinct(&self) -> Vec<&(String, Span)> {
        let mut seen = BTreeSet::new();
        self.spans.iter().filter(|(_, span)| seen.insert(&span.span_id)).collect()
    }

    pub(crate) fn truth(&self) -> Truth {
        let mut truth = Truth::default();
        let spans = self.distinct();
        truth.traces = spans.iter().map(|(_, span)| &span.trace_id).collect::<BTreeSet<_>>().len() as u64;
        truth.spans = spans.len() as u64;
        truth.duplicates = (self.spans.len() - spans.len()) as u64;
        for (service, span) in &spans {
            let counts = truth.services.entry(service.clone()).or_default();
            counts.spans += 1;
            counts.errors += failed(span);
            truth.errors += failed(span);
        }
        for (service, line) in &self.lines {
            truth.logs += 1;
            truth.logs_traced += u64::from(line.trace_id.len() == 16);
            truth.services.entry(service.clone()).or_insert_with(ServiceTruth::default).logs += 1;
        }
        for (_, metric) in &self.metrics {
            let (kind, points, exemplars) = points(metric);
            *truth.points.entry(kind).or_default() += points as u64;
            truth.exemplars += exemplars as u64;
        }
        truth.edges = edges(&spans);
        truth
    }
}

fn edges(spans: &[&(String, Span)]) -> BTreeMap<(String, String), EdgeTruth> {
    let by_id: HashMap<&[u8], &(String, Span)> =
        spans.iter().map(|all| (all.1.span_id.as_slice(), *all)).collect();
    let mut answered = BTreeSet::new();
    let mut edges: BTreeMap<_, EdgeTruth> = BTreeMap::new();
    let mut call = |client: &str, server: &str, span: &Span| {
        let edge = edges.entry((client.to_owned(), server.to_owned())).or_default();
        edge.calls += 1;
        edge.errors += failed(span);
    };
    for (service, span) in spans {
        match by_id.get(span.parent_span_id.as_slice()) {
            Some((client, parent)) if client != service => {
                answered.insert(parent.span_id.clone());
                call(client, service, span);
            }
            _ => {}
        }
    }
    for (service, span) in spans {
        let calls = matches!(span.kind(), SpanKind::Client | SpanKind::Producer);
        if calls && !answered.contains(&span.span_id) {
            call(service, &peer(span), span);
        }
    }
    edges
}

/// The first of the names by which a silent peer is known.
fn peer(span: &Span) -> String {
    let text = |key| text(&span.attributes, key);
    if let (Some(system), Some(name)) = (text("db.system.name"), text("db.namespace")) {
        return format!("{system}:{name}");
    }
    text("messaging.destination.name")
        .or_else(|| Some(format!("{}:{}", text("server.address")?, int(&span.attributes, "server.port")?)))
        .expect("a call names its peer")
}

pub(crate) fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    match value(attributes, key)? {
        Value::StringValue(text) => Some(text.clone()),
        _ => None,
    }
}

fn int(attributes: &[KeyValue], key: &str) -> Option<i64> {
    match value(attributes, key)? {
        Value::IntValue(int) => Some(*int),
        _ => None,
    }
}

fn value<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    attributes.iter().find(|attribute| attribute.key == key)?.value.as_ref()?.value.as_ref()
}

pub(crate) fn body(line: &LogRecord) -> &str {
    match line.body.as_ref().and_then(|body| body.value.as_ref()) {
        Some(Value::StringValue(text)) => text,
        other => panic!("a body is text, not {other:?}"),
    }
}

pub(crate) fn failed(span: &Span) -> u64 {
    u64::from(span.status.as_ref().is_some_and(|status| status.code == 2))
}

fn service(resource: Option<&Resource>) -> String {
    let attributes = &resource.expect("every group has a resource").attributes;
    text(attributes, "service.name").expect("every resource names its service")
}

fn points(metric: &Metric) -> (&'static str, usize, usize) {
    match metric.data.as_ref().expect("a metric has data") {
        Data::Gauge(data) => ("gauge", data.data_points.len(), 0),
        Data::Sum(data) => ("sum", data.data_points.len(), 0),
        Data::Histogram(data) => (
            "histogram",
            data.data_points.len(),
            data.data_points.iter().map(|point| point.exemplars.len()).sum(),
        ),
        Data::ExponentialHistogram(data) => ("exp_histogram", data.data_points.len(), 0),
        Data::Summary(data) => ("summary", data.data_points.len(), 0),
    }
}
