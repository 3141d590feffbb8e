//! What arrives is what was made, in every encoding and protocol; what is sent back for now is sent again;
//! what is refused is an error, even within a success.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use daymark_benches::load::{Drive, Load};
use daymark_benches::sender::{Encoding, Outcome, Protocol, Sender};
use daymark_model::time::{Clock, SystemClock};
use daymark_workload::{Profile, Request, Signal};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;

use crate::canned::{Canned, Fake};

const AT: i64 = 1_793_697_600_000_000_000;

fn export() -> Request {
    Request { signal: Signal::Logs, body: b"a request of some length ".repeat(40), items: 7 }
}

async fn sender(fake: &Fake, protocol: Protocol, encoding: Encoding) -> Sender {
    Sender::connect(protocol, encoding, fake.address, fake.address).await.expect("the fake listens")
}

fn unpacked(encoding: Option<&str>, body: &[u8]) -> Vec<u8> {
    let mut raw = Vec::new();
    match encoding {
        None => raw.extend(body),
        Some("gzip") => drop(flate2::read::GzDecoder::new(body).read_to_end(&mut raw).expect("whole gzip")),
        Some("zstd") => raw = zstd::bulk::decompress(body, 1 << 20).expect("whole zstd"),
        Some(other) => panic!("encoding {other}"),
    }
    raw
}

#[tokio::test]
async fn http_carries_every_encoding() {
    for (encoding, name) in
        [(Encoding::None, None), (Encoding::Gzip, Some("gzip")), (Encoding::Zstd, Some("zstd"))]
    {
        let fake = Fake::start(vec![Canned::ok(Vec::new())]).await;
        let sender = sender(&fake, Protocol::Http, encoding).await;
        let packed = sender.pack(export()).unwrap();
        assert_eq!(sender.send(&packed).await.unwrap(), Outcome::Acked);
        let asked = fake.asked();
        assert_eq!((asked[0].path.as_str(), asked[0].encoding.as_deref()), ("/v1/logs", name));
        assert_eq!(unpacked(name, &asked[0].body), export().body);
    }
}

#[tokio::test]
async fn grpc_carries_every_encoding() {
    for (encoding, name) in
        [(Encoding::None, None), (Encoding::Gzip, Some("gzip")), (Encoding::Zstd, Some("zstd"))]
    {
        let fake = Fake::start(vec![Canned::grpc("0", &[])]).await;
        let sender = sender(&fake, Protocol::Grpc, encoding).await;
        let packed = sender.pack(export()).unwrap();
        assert_eq!(sender.send(&packed).await.unwrap(), Outcome::Acked);
        let asked = fake.asked();
        assert!(asked[0].path.ends_with("/opentelemetry.proto.collector.logs.v1.LogsService/Export"));
        assert_eq!(asked[0].encoding.as_deref(), name);
        let (frame, message) = asked[0].body.split_at(5);
        assert_eq!(frame[0], u8::from(name.is_some()));
        if encoding != Encoding::Zstd {
            assert_eq!(unpacked(name, message), export().body);
        }
    }
}

#[tokio::test]
async fn only_a_full_success_is_an_ack() {
    let partial = ExportTracePartialSuccess { rejected_spans: 3, error_message: "no trace id".to_owned() };
    let partial = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    let warning = ExportTracePartialSuccess { rejected_spans: 0, error_message: "slow down".to_owned() };
    let warning = ExportTraceServiceResponse { partial_success: Some(warning) }.encode_to_vec();
    let wait = Canned { headers: vec![("retry-after", "2")], ..Canned::json(503, &serde_json::json!({})) };
    let cases = [
        (Protocol::Http, Canned::ok(warning.clone()), Ok(Outcome::Acked)),
        (Protocol::Http, Canned::ok(partial.clone()), Err("3 items were rejected: no trace id")),
        (Protocol::Http, wait, Ok(Outcome::Later(Duration::from_secs(2)))),
        (Protocol::Http, Canned::json(415, &serde_json::json!("type")), Err("415")),
        (Protocol::Grpc, Canned::grpc("0", &warning), Ok(Outcome::Acked)),
        (Protocol::Grpc, Canned::grpc("0", &partial), Err("3 items were rejected: no trace id")),
        (Protocol::Grpc, Canned::grpc("14", &[]), Ok(Outcome::Later(Duration::from_millis(200)))),
        (Protocol::Grpc, Canned::grpc("12", &[]), Err("LogsService")),
    ];
    for (protocol, answer, expected) in cases {
        let fake = Fake::start(vec![answer.clone()]).await;
        let sender = sender(&fake, protocol, Encoding::None).await;
        let outcome = sender.send(&sender.pack(export()).unwrap()).await;
        match (outcome, expected) {
            (Ok(outcome), Ok(expected)) => assert_eq!(outcome, expected, "{answer:?}"),
            (Err(error), Err(expected)) => assert!(format!("{error:#}").contains(expected), "{error:#}"),
            (outcome, expected) => panic!("{outcome:?} instead of {expected:?} for {answer:?}"),
        }
    }
}

/// A load arrives whole: every pass once, nothing lost to a retry, nothing sent twice after an ack.
#[tokio::test(flavor = "multi_thread")]
async fn a_load_arrives_whole_in_spite_of_retries() {
    let profile = Profile { services: 4, pods: 2, request_items: 200, ..Profile::tidy() };
    let mut load = Load::new(1, profile, 1_500, vec![Signal::Spans], AT);
    load.passes = 2;
    let later = Canned { headers: vec![("retry-after", "0")], ..Canned::json(503, &serde_json::json!({})) };
    let fake = Fake::start(vec![later.clone(), later, Canned::ok(Vec::new())]).await;
    let sender = sender(&fake, Protocol::Http, Encoding::None).await;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let sent = load.run(&sender, Drive { senders: 3, rate: None, until_lost: false }, &clock).await.unwrap();

    let truth = load.truth();
    assert_eq!((sent.items, sent.retries), (truth.spans, 2));
    assert_eq!((sent.acks.len() as u64, sent.raw_bytes), (sent.requests, sent.wire_bytes));
    let asked = fake.asked();
    assert_eq!(asked.len() as u64, sent.requests + 2);
    let mut bodies: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    for one in asked {
        *bodies.entry(one.body).or_default() += 1;
    }
    assert_eq!(bodies.len() as u64, sent.requests);
    let spans = bodies.keys().map(|body| {
        let groups = ExportTraceServiceRequest::decode(body.as_slice()).unwrap().resource_spans;
        groups.iter().flat_map(|group| &group.scope_spans).map(|scope| scope.spans.len()).sum::<usize>()
    });
    assert_eq!(spans.sum::<usize>() as u64, truth.spans);
}

/// A server that refuses ends the load with the reason instead of a figure.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_load_is_an_error() {
    let profile = Profile { services: 4, pods: 2, ..Profile::tidy() };
    let load = Load::new(1, profile, 500, vec![Signal::Spans], AT);
    let fake = Fake::start(vec![Canned::json(401, &serde_json::json!("who are you"))]).await;
    let sender = sender(&fake, Protocol::Http, Encoding::None).await;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let drive = Drive { senders: 2, rate: None, until_lost: false };
    let error = load.run(&sender, drive, &clock).await.unwrap_err();
    assert!(format!("{error:#}").contains("who are you"), "{error:#}");
    let sent = load.run(&sender, Drive { until_lost: true, ..drive }, &clock).await.unwrap();
    assert_eq!((sent.items, sent.requests), (0, 0), "who expects a loss learns what was acked before it");
}
