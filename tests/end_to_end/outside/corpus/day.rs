//! The recorded day as OTLP requests of any size, and what a store must answer about it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use daymark_workload::Signal;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value::StringValue;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;

use super::csv::Csv;

/// An export request.
pub(super) struct Export {
    pub(super) signal: Signal,
    pub(super) body: Vec<u8>,
    pub(super) items: u64,
}

/// Rows with the pod that wrote them, in the order of the recording.
pub(super) struct Day {
    spans: Vec<(String, Span)>,
    logs: Vec<(String, LogRecord)>,
}

impl Day {
    pub(super) fn read(folder: &Path) -> Self {
        Self {
            spans: spans(&Csv::read(&folder.join("traces.csv.gz"))),
            logs: logs(&Csv::read(&folder.join("logs.csv.gz"))),
        }
    }

    /// All spans, so many a request.
    pub(super) fn spans(&self, size: usize) -> Vec<Export> {
        self.spans.chunks(size).map(spans_export).collect()
    }

    /// All lines, so many a request.
    pub(super) fn logs(&self, size: usize) -> Vec<Export> {
        self.logs.chunks(size).map(logs_export).collect()
    }

    pub(super) fn span_rows(&self) -> u64 {
        self.spans.len() as u64
    }

    pub(super) fn log_rows(&self) -> u64 {
        self.logs.len() as u64
    }

    /// Different spans by service.
    pub(super) fn spans_by_service(&self) -> BTreeMap<String, u64> {
        let different: BTreeSet<_> =
            self.spans.iter().map(|(pod, span)| (pod, &span.trace_id, &span.span_id)).collect();
        let mut counts = BTreeMap::new();
        for (pod, ..) in different {
            *counts.entry(service(pod)).or_default() += 1;
        }
        counts
    }

    /// How often one service called another, and users called one.
    pub(super) fn calls(&self) -> BTreeMap<(String, String), u64> {
        let different: BTreeMap<_, _> =
            self.spans.iter().map(|(pod, span)| ((&span.trace_id, &span.span_id), (pod, span))).collect();
        let mut calls = BTreeMap::new();
        for (pod, span) in different.values() {
            let caller = match different.get(&(&span.trace_id, &span.parent_span_id)) {
                Some((caller, _)) => service(caller),
                None if span.parent_span_id.is_empty() => "user".to_owned(),
                None => continue,
            };
            let called = service(pod);
            if caller != called {
                *calls.entry((caller, called)).or_default() += 1;
            }
        }
        calls
    }

    /// The ids of the different spans of a trace, and its lines.
    pub(super) fn trace(&self, id: &[u8]) -> (BTreeSet<String>, usize) {
        let spans = self.spans.iter().filter(|(_, span)| span.trace_id == id);
        let lines = self.logs.iter().filter(|(_, log)| log.trace_id == id).count();
        (spans.map(|(_, span)| hex(&span.span_id)).collect(), lines)
    }

    /// Some of the traces, spread over the day.
    pub(super) fn some_traces(&self, count: usize) -> Vec<Vec<u8>> {
        let ids: BTreeSet<_> = self.spans.iter().map(|(_, span)| &span.trace_id).collect();
        ids.iter().step_by(ids.len() / count).map(|id| id.to_vec()).collect()
    }
}

fn spans(csv: &Csv) -> Vec<(String, Span)> {
    let [trace, span, parent, pod, name, start, end] =
        ["TraceID", "SpanID", "ParentID", "PodName", "OperationName", "StartTimeUnixNano", "EndTimeUnixNano"]
            .map(|name| csv.column(name));
    let one = |row: &Vec<String>| {
        let is_root = row[parent] == "root";
        let span = Span {
            trace_id: bytes(&row[trace]),
            span_id: bytes(&row[span]),
            parent_span_id: if is_root { Vec::new() } else { bytes(&row[parent]) },
            name: row[name].clone(),
            kind: if is_root { 2 } else { 1 },
            start_time_unix_nano: row[start].parse().unwrap(),
            end_time_unix_nano: row[end].parse().unwrap(),
            ..Span::default()
        };
        (row[pod].clone(), span)
    };
    csv.rows.iter().map(one).collect()
}

fn logs(csv: &Csv) -> Vec<(String, LogRecord)> {
    let [time, node, pod, container, trace, span, log] =
        ["TimeUnixNano", "Node", "PodName", "Container", "TraceID", "SpanID", "Log"]
            .map(|name| csv.column(name));
    let one = |row: &Vec<String>| {
        let wrapped: serde_json::Value = serde_json::from_str(&row[log]).unwrap();
        let body = wrapped["log"].as_str().unwrap().trim_end_matches('\n');
        let (severity_number, severity_text) = severity(body);
        let record = LogRecord {
            // Some are negative; on the wire they are as impossible as they were recorded.
            time_unix_nano: row[time].parse::<i64>().unwrap().cast_unsigned(),
            severity_number,
            severity_text: severity_text.to_owned(),
            body: Some(text(body)),
            trace_id: bytes(&row[trace]),
            span_id: bytes(&row[span]),
            attributes: vec![attribute("container", &row[container]), attribute("node", &row[node])],
            ..LogRecord::default()
        };
        (row[pod].clone(), record)
    };
    csv.rows.iter().map(one).collect()
}

/// The first level word of a line.
fn severity(body: &str) -> (i32, &'static str) {
    let levels = [("INFO", 9), ("WARN", 13), ("ERROR", 17)];
    let words = body.split(|character: char| !character.is_alphanumeric() && character != '_');
    words
        .filter_map(|word| levels.iter().find(|(level, _)| *level == word))
        .map(|(level, number)| (*number, *level))
        .next()
        .unwrap_or_default()
}

fn spans_export(rows: &[(String, Span)]) -> Export {
    let resource_spans = by_pod(rows).into_iter().map(|(pod, spans)| ResourceSpans {
        resource: Some(resource(pod)),
        scope_spans: vec![ScopeSpans { spans, ..ScopeSpans::default() }],
        ..ResourceSpans::default()
    });
    let request = ExportTraceServiceRequest { resource_spans: resource_spans.collect() };
    Export { signal: Signal::Spans, body: request.encode_to_vec(), items: rows.len() as u64 }
}

fn logs_export(rows: &[(String, LogRecord)]) -> Export {
    let resource_logs = by_pod(rows).into_iter().map(|(pod, log_records)| ResourceLogs {
        resource: Some(resource(pod)),
        scope_logs: vec![ScopeLogs { log_records, ..ScopeLogs::default() }],
        ..ResourceLogs::default()
    });
    let request = ExportLogsServiceRequest { resource_logs: resource_logs.collect() };
    Export { signal: Signal::Logs, body: request.encode_to_vec(), items: rows.len() as u64 }
}

fn by_pod<T: Clone>(rows: &[(String, T)]) -> BTreeMap<&str, Vec<T>> {
    let mut pods: BTreeMap<&str, Vec<T>> = BTreeMap::new();
    for (pod, row) in rows {
        pods.entry(pod).or_default().push(row.clone());
    }
    pods
}

fn resource(pod: &str) -> Resource {
    let attributes = vec![attribute("service.name", &service(pod)), attribute("service.instance.id", pod)];
    Resource { attributes, ..Resource::default() }
}

/// A pod's name without the two parts that its deployment added.
pub(super) fn service(pod: &str) -> String {
    pod.rsplitn(3, '-').nth(2).unwrap_or(pod).to_owned()
}

fn attribute(key: &str, value: &str) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(text(value)), ..KeyValue::default() }
}

fn text(value: &str) -> AnyValue {
    AnyValue { value: Some(StringValue(value.to_owned())) }
}

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
