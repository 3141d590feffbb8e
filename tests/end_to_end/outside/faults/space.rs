//! A full disk refuses exports in words that senders understand, answers questions, and loses nothing; with
//! space it goes on by itself.

use std::process::Command;
use std::time::Duration;

use daymark_workload::Signal;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::AnyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value::StringValue;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use prost::Message;

use super::mounted::Mounted;
use crate::outside::{run, skip};
use crate::server::{Answer, Server};

const MEGABYTE: u64 = 1 << 20;
const DISK: u64 = 400;
/// Lines of a batch, a megabyte each.
const LINES: u64 = 4;

#[test]
fn a_full_disk_refuses_and_goes_on_when_there_is_space() {
    let disk = match Mounted::tmpfs(DISK) {
        Ok(disk) => disk,
        Err(needs) => return skip(&needs),
    };
    let mut server = Server::start_in(&disk.place.join("data"), &disk.beside("log"));
    assert_eq!(send(&server, 0).status, 200);
    // Room for what is begun, none for another file of the log or for a large segment.
    let foreign = disk.place.join("foreign");
    let (begun, room) = (64, 24);
    let length = format!("{}M", DISK - begun - room);
    run(Command::new("fallocate").args(["-l", &length]).arg(&foreign)).unwrap();

    let mut taken = 1;
    let refused = loop {
        let answer = send(&server, taken);
        if answer.status != 200 {
            break answer;
        }
        taken += 1;
        assert!(taken < 100, "{taken} batches of {LINES} MiB were taken");
    };
    assert_eq!(refused.status, 503, "{:?}", refused.body);
    let seconds: u64 = refused.retry_after.expect("when to come again").parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert!(String::from_utf8_lossy(&refused.body).contains("disk"), "{:?}", refused.body);
    let found = |server: &Server| server.number("SELECT count(*) FROM logs");
    assert_eq!(found(&server), taken * LINES);
    server.assert_balanced();

    // Segments that do not fit are told about, and trying takes no further space.
    for _ in 0..2 {
        let settled = server.try_settle();
        let is_told = (500..600).contains(&settled.status) && !settled.json()["detail"].is_null();
        assert!(settled.status == 200 || is_told, "{:?}", settled.body);
    }
    let unfinished = std::fs::read_dir(disk.place.join("data/tmp")).unwrap().count();
    assert_eq!(unfinished, 0, "segments that failed are still there");
    assert_eq!(found(&server), taken * LINES);
    server.assert_balanced();

    std::fs::remove_file(&foreign).unwrap();
    // A client that was refused comes again; ten seconds are enough for the server.
    let resumed = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        send(&server, taken).status == 200
    });
    assert!(resumed, "there is space, and exports are still refused");
    taken += 1;
    assert_eq!(found(&server), taken * LINES);
    server.assert_balanced();
    server.kill();
    server.restart();
    server.wait_until_ready();
    assert_eq!(found(&server), taken * LINES);
    server.settle();
    assert_eq!(found(&server), taken * LINES);
    server.assert_balanced();
}

/// Lines of a megabyte that do not compress.
fn send(server: &Server, number: u64) -> Answer {
    let mut state = number * 2 + 1;
    let mut line = || {
        let words = (0..MEGABYTE / 16).map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            format!("{:016x}", state ^ (state >> 31))
        });
        let body = Some(AnyValue { value: Some(StringValue(words.collect())) });
        LogRecord { time_unix_nano: 1_700_000_000_000_000_000 + number, body, ..LogRecord::default() }
    };
    let log_records = (0..LINES).map(|_| line()).collect();
    let scope_logs = vec![ScopeLogs { log_records, ..ScopeLogs::default() }];
    let resource_logs = vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }];
    let body = ExportLogsServiceRequest { resource_logs }.encode_to_vec();
    let url = format!("{}{}", server.otlp, Signal::Logs.http_path());
    server.post(&url, "application/x-protobuf", body)
}
