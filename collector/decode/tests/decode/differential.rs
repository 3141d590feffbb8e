//! The decoder and the generated message types must agree: on every valid request, and on every damaged one
//! that the generated types still read. On all other bytes the decoder must only stay calm.

use std::cell::Cell;
use std::collections::HashMap;

use daymark_decode::OtlpDecode;
use daymark_model::intake::{Decode, Decoded};
use daymark_model::signal::{Signal, Table};
use daymark_model::wire::Format;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use prost::Message;
use serde_json::{Value, json};

use crate::fixtures::as_json;
use crate::oracle::{self, Tables};
use crate::requests;
use crate::rows::{decode, of_table, origin};

/// The same cases in every run.
fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// The rows of all tables, without the hashes, of which the oracle knows nothing.
fn tables(decoded: &Decoded) -> Tables {
    let series = decoded.series.iter().map(|series| {
        let told = json!({
            "metric": series.metric, "kind": series.kind, "unit": series.unit, "scope_name": series.scope_name,
            "attributes": series.attributes,
        });
        (series.id, told)
    });
    let series: HashMap<u64, Value> = series.collect();
    let mut tables = Tables::new();
    for (table, _) in &decoded.rows {
        let mut rows = of_table(decoded, *table);
        for row in rows.iter_mut().filter_map(Value::as_object_mut) {
            if let Some(id) = row.remove("series_id") {
                row.insert("series".into(), series[&id.as_u64().unwrap()].clone());
            }
            if let Some(id) = row.remove("resource_id") {
                assert!(decoded.resources.iter().any(|resource| json!(resource.id) == id));
            }
            row.remove("template_id");
        }
        tables.insert(table.name(), rows);
    }
    tables
}

fn check_spans(body: &[u8]) -> Result<(), TestCaseError> {
    let request = ExportTraceServiceRequest::decode(body);
    request.map_or(Ok(()), |request| check(Signal::Spans, body, oracle::traces(&request)))
}

fn check_logs(body: &[u8]) -> Result<(), TestCaseError> {
    let request = ExportLogsServiceRequest::decode(body);
    request.map_or(Ok(()), |request| check(Signal::Logs, body, oracle::logs(&request)))
}

fn check_metrics(body: &[u8]) -> Result<(), TestCaseError> {
    let request = ExportMetricsServiceRequest::decode(body);
    request.map_or(Ok(()), |request| check(Signal::Metrics, body, oracle::metrics(&request)))
}

fn check(signal: Signal, body: &[u8], mut expected: Tables) -> Result<(), TestCaseError> {
    let decoded = decode(signal, Format::OtlpProtobuf, body);
    expected.retain(|_, rows| !rows.is_empty());
    prop_assert_eq!(tables(&decoded), expected);
    Ok(())
}

/// Whatever the bytes are: no panic, and what is counted is accounted for.
fn check_calm(signal: Signal, format: Format, body: &[u8]) {
    match OtlpDecode.count(signal, format, body) {
        Ok(_) => drop(decode(signal, format, body)),
        Err(unreadable) => {
            assert!(!unreadable.detail.is_empty());
            drop(OtlpDecode.decode(signal, format, &origin(), body));
        }
    }
}

#[test]
fn valid_spans_become_the_rows_they_should() {
    let run = |request: ExportTraceServiceRequest| check_spans(&request.encode_to_vec());
    runner(400).run(&requests::traces(), run).unwrap();
}

#[test]
fn valid_logs_become_the_rows_they_should() {
    let run = |request: ExportLogsServiceRequest| check_logs(&request.encode_to_vec());
    runner(400).run(&requests::logs(), run).unwrap();
}

#[test]
fn valid_metrics_become_the_rows_they_should() {
    let run = |request: ExportMetricsServiceRequest| check_metrics(&request.encode_to_vec());
    runner(300).run(&requests::metrics(), run).unwrap();
}

/// Bytes changed, taken out or put in.
fn damage() -> impl Strategy<Value = Vec<(Index, u8, u8)>> {
    proptest::collection::vec((any::<Index>(), 0..4_u8, any::<u8>()), 1..4)
}

fn damaged(mut body: Vec<u8>, damage: &[(Index, u8, u8)]) -> Vec<u8> {
    for (index, how, byte) in damage {
        if body.is_empty() {
            break;
        }
        let place = index.index(body.len());
        match how {
            0 => body[place] = *byte,
            1 => body[place] ^= 1 << (byte & 7),
            2 => drop(body.remove(place)),
            _ => body.insert(place, *byte),
        }
    }
    body
}

#[test]
fn damaged_spans_are_read_as_the_generated_types_read_them() {
    let run = |(request, damage): (ExportTraceServiceRequest, Vec<_>)| {
        let body = damaged(request.encode_to_vec(), &damage);
        check_calm(Signal::Spans, Format::OtlpProtobuf, &body);
        check_spans(&body)
    };
    runner(1_000).run(&(requests::traces(), damage()), run).unwrap();
}

#[test]
fn damaged_logs_are_read_as_the_generated_types_read_them() {
    let run = |(request, damage): (ExportLogsServiceRequest, Vec<_>)| {
        let body = damaged(request.encode_to_vec(), &damage);
        check_calm(Signal::Logs, Format::OtlpProtobuf, &body);
        check_logs(&body)
    };
    runner(1_000).run(&(requests::logs(), damage()), run).unwrap();
}

#[test]
fn damaged_metrics_are_read_as_the_generated_types_read_them() {
    let run = |(request, damage): (ExportMetricsServiceRequest, Vec<_>)| {
        let body = damaged(request.encode_to_vec(), &damage);
        check_calm(Signal::Metrics, Format::OtlpProtobuf, &body);
        check_metrics(&body)
    };
    runner(500).run(&(requests::metrics(), damage()), run).unwrap();
}

/// The generated types write NaN and infinities as `null`, so requests with one are left out here.
fn check_json(signal: Signal, body: &[u8], compared: &Cell<u32>) -> Result<(), TestCaseError> {
    let expected = tables(&decode(signal, Format::OtlpProtobuf, body));
    let told = format!("{expected:?}");
    if !["NaN", "inf", "Infinity"].iter().any(|word| told.contains(word)) {
        let found = tables(&decode(signal, Format::OtlpJson, &as_json(signal, body)));
        prop_assert_eq!(found, expected);
        compared.set(compared.get() + 1);
    }
    Ok(())
}

#[test]
fn json_gives_the_rows_of_protobuf() {
    let compared = Cell::new(0);
    let check = |signal, body: Vec<u8>| check_json(signal, &body, &compared);
    runner(200).run(&requests::traces(), |request| check(Signal::Spans, request.encode_to_vec())).unwrap();
    runner(200).run(&requests::logs(), |request| check(Signal::Logs, request.encode_to_vec())).unwrap();
    runner(200).run(&requests::metrics(), |request| check(Signal::Metrics, request.encode_to_vec())).unwrap();
    assert!(compared.get() > 300);
}

#[test]
fn arbitrary_bytes_do_no_harm() {
    let run = |body: Vec<u8>| {
        for signal in Signal::ALL {
            check_calm(signal, Format::OtlpProtobuf, &body);
            check_calm(signal, Format::OtlpJson, &body);
        }
        Ok(())
    };
    runner(2_000).run(&proptest::collection::vec(any::<u8>(), 0..64), run).unwrap();
}

#[test]
fn the_same_body_gives_the_same_rows() {
    let run = |request: ExportMetricsServiceRequest| {
        let body = request.encode_to_vec();
        let (first, second) = (
            decode(Signal::Metrics, Format::OtlpProtobuf, &body),
            decode(Signal::Metrics, Format::OtlpProtobuf, &body),
        );
        prop_assert_eq!(&first.series, &second.series);
        prop_assert_eq!(&first.resources, &second.resources);
        for table in Table::ALL {
            prop_assert_eq!(of_table(&first, table), of_table(&second, table));
        }
        Ok(())
    };
    runner(50).run(&requests::metrics(), run).unwrap();
}
