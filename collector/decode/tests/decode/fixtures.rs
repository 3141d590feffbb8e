//! Bodies that others recorded. They lie outside the project, where `DAYMARK_FIXTURES` points to.

use std::collections::HashSet;
use std::path::Path;

use daymark_model::shape::shape;
use daymark_model::signal::{Signal, Table};
use daymark_model::wire::Format;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde_json::Value;

use crate::rows::{decode, of_table};

/// The files of a folder with their names, in order; nothing where the fixtures are absent.
#[expect(clippy::print_stderr, reason = "who runs the tests should see what was left out")]
pub(crate) fn files(folder: &str, extension: &str) -> Vec<(String, Vec<u8>)> {
    let Some(root) = std::env::var_os("DAYMARK_FIXTURES") else {
        eprintln!("skipped: DAYMARK_FIXTURES is not set");
        return Vec::new();
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(Path::new(&root).join(folder)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|found| found == extension) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            files.push((name, std::fs::read(path).unwrap()));
        }
    }
    files.sort();
    files
}

fn signal_of(name: &str) -> Signal {
    match name {
        name if name.starts_with("trace") => Signal::Spans,
        name if name.starts_with("metrics") => Signal::Metrics,
        _ => Signal::Logs,
    }
}

/// All rows, whatever their table.
fn rows(signal: Signal, format: Format, body: &[u8]) -> Vec<Value> {
    let decoded = decode(signal, format, body);
    assert_eq!(decoded.tally.rejected_total(), 0, "{:?}", decoded.first_rejection);
    Table::ALL.into_iter().flat_map(|table| of_table(&decoded, table)).collect()
}

#[test]
fn the_official_examples_are_read() {
    for (name, body) in files("otlp-examples", "json") {
        let rows = rows(signal_of(&name), Format::OtlpJson, &body);
        let expected = match name.as_str() {
            "metrics.json" => 4,
            _ => 1,
        };
        assert_eq!(rows.len(), expected, "{name}");
        assert!(
            rows.iter().all(|row| row.get("service").is_none_or(|service| service == "my.service")),
            "{name}"
        );
    }
}

/// The JSON is what the generated types write; the recorded JSON beside these files is of another dialect,
/// with base64 ids and names for enum values, which OTLP forbids.
#[test]
fn protobuf_and_json_give_the_same_rows() {
    for (name, body) in files("otlp-payloads", "pb") {
        let signal = signal_of(&name);
        let from_protobuf = rows(signal, Format::OtlpProtobuf, &body);
        assert!(!from_protobuf.is_empty());
        assert_eq!(rows(signal, Format::OtlpJson, &as_json(signal, &body)), from_protobuf, "{name}");
    }
}

#[test]
fn spans_with_enum_values_by_name_are_left_out() {
    for (name, body) in files("otlp-payloads", "jsonl").into_iter().filter(|(name, _)| name == "traces.jsonl")
    {
        let line = body.split(|byte| *byte == b'\n').next().unwrap();
        let decoded = decode(Signal::Spans, Format::OtlpJson, line);
        assert_eq!((decoded.tally.accepted, decoded.tally.rejected_total()), (0, 1), "{name}");
        let told = decoded.first_rejection.unwrap().detail;
        assert_eq!(told, "span 0 of the request: kind must be the number of an enum value");
    }
}

/// Few shapes stand for many real lines: so few that an index of shapes costs nothing.
#[test]
fn real_lines_have_few_shapes() {
    for (name, text) in files("loghub", "log") {
        let text = String::from_utf8(text).unwrap();
        let mut shapes = HashSet::new();
        let mut one = String::new();
        for line in text.lines() {
            shape(line, &mut one);
            shapes.insert(one.clone());
        }
        let most = if name.starts_with("Apache") { 30 } else { 60 };
        assert!(shapes.len() <= most, "{name}: {} shapes, {shapes:#?}", shapes.len());
    }
}

/// A protobuf body rewritten by the generated types.
pub(crate) fn as_json(signal: Signal, body: &[u8]) -> Vec<u8> {
    match signal {
        Signal::Spans => serde_json::to_vec(&ExportTraceServiceRequest::decode(body).unwrap()),
        Signal::Logs => serde_json::to_vec(&ExportLogsServiceRequest::decode(body).unwrap()),
        Signal::Metrics => serde_json::to_vec(&ExportMetricsServiceRequest::decode(body).unwrap()),
    }
    .unwrap()
}
