//! OTLP over gRPC: what is accepted, what is refused, and how that is said.

use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use daymark_model::intake::Refused;
use daymark_model::limits::EXPORT_ANSWER_BYTES;
use daymark_model::origin::Tier;
use daymark_model::reason::Rejected;
use daymark_model::signal::Signal;
use daymark_model::wire::{Encoding, Format};
use http::StatusCode;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Code, Request};

use crate::wire::{EXPORT_TRACES, PROTOBUF, Status, TRACES, body, call, frame, gzip, post, spans};
use crate::world::{PANIC, World, receipt};

/// A client's codec for encoded messages.
#[derive(Debug)]
struct Encoded;

impl Codec for Encoded {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Encoded {
    type Item = Bytes;
    type Error = tonic::Status;

    fn encode(&mut self, message: Bytes, out: &mut EncodeBuf<'_>) -> Result<(), tonic::Status> {
        out.put(message);
        Ok(())
    }
}

impl Decoder for Encoded {
    type Item = Bytes;
    type Error = tonic::Status;

    fn decode(&mut self, message: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, tonic::Status> {
        Ok(Some(message.copy_to_bytes(message.remaining())))
    }
}

fn method(signal: Signal) -> &'static str {
    match signal {
        Signal::Spans => EXPORT_TRACES,
        Signal::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        Signal::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    }
}

/// An export by tonic's own client.
async fn export(
    world: &World,
    path: &'static str,
    compression: Option<CompressionEncoding>,
    message: impl Into<Bytes>,
) -> Result<Bytes, tonic::Status> {
    let channel = Channel::from_shared(format!("http://{}", world.grpc)).unwrap().connect().await.unwrap();
    let mut client = tonic::client::Grpc::new(channel);
    if let Some(compression) = compression {
        client = client.send_compressed(compression);
    }
    client.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static(path);
    client.unary(Request::new(message.into()), path, Encoded).await.map(tonic::Response::into_inner)
}

/// Every signal in every encoding becomes a batch with the message as sent and as it was before compression.
#[tokio::test]
async fn exports_become_batches() {
    let world = World::start().await;
    let mut sent = 0;
    for signal in Signal::ALL {
        for compression in [None, Some(CompressionEncoding::Gzip), Some(CompressionEncoding::Zstd)] {
            let case = format!("{signal} {compression:?}");
            let raw = body(signal, PROTOBUF);
            let answer = export(&world, method(signal), compression, raw.clone()).await.unwrap();
            assert_eq!(answer, "", "{case}: partial_success is unset");
            let batch = world.intake.seen().batches.swap_remove(sent);
            sent += 1;
            assert_eq!((batch.signal, batch.items), (signal, 2), "{case}");
            let encoding = match compression {
                None => Encoding::Identity,
                Some(CompressionEncoding::Gzip) => Encoding::Gzip,
                Some(_) => Encoding::Zstd,
            };
            assert_eq!((batch.format, batch.encoding), (Format::OtlpProtobuf, encoding), "{case}");
            assert_eq!(batch.body, raw, "{case}");
            assert_eq!(batch.payload == raw, compression.is_none(), "{case}");
            assert_eq!((batch.origin.source.as_str(), batch.origin.tier), ("otlp_grpc", Tier::Internal));
            assert_eq!(batch.origin.tenant, "default");
        }
    }
    assert!(world.intake.seen().attempts.is_empty());
}

/// An export without items is a success and no batch.
#[tokio::test]
async fn empty_exports_succeed() {
    let world = World::start().await;
    assert_eq!(export(&world, EXPORT_TRACES, None, "").await.unwrap(), "");
    let seen = world.intake.seen();
    assert!(seen.batches.is_empty() && seen.attempts.is_empty(), "{seen:?}");
}

/// Rejected items are told with OK; however long the message, the answer stays small.
#[tokio::test]
async fn partial_success_is_told() {
    let world = World::start().await;
    let long = "ö".repeat(EXPORT_ANSWER_BYTES);
    for message in ["span 2 has no trace id", &long] {
        world.intake.answer_with(Ok(receipt(1, Some(message))));
        let answer = export(&world, EXPORT_TRACES, None, body(Signal::Spans, PROTOBUF)).await.unwrap();
        assert!(answer.len() <= EXPORT_ANSWER_BYTES);
        let partial = ExportTraceServiceResponse::decode(answer).unwrap().partial_success.unwrap();
        assert_eq!(partial.rejected_spans, 1);
        assert!(message.starts_with(&partial.error_message) && !partial.error_message.is_empty());
    }
}

/// A message that cannot be read is the sender's fault: INVALID_ARGUMENT with `BadRequest`.
#[tokio::test]
async fn unreadable_messages_are_refused() {
    let world = World::start().await;
    let torn = gzip(&body(Signal::Spans, PROTOBUF)).slice(..20);
    let panicking = spans(&[PANIC]).encode_to_vec();
    let cases = [
        ("not protobuf", "", frame(false, 3, b"\xff\xff\xff")),
        ("a decoder that panics", "", frame(false, panicking.len(), &panicking)),
        ("not gzip", "gzip", frame(true, 8, b"not gzip")),
        ("torn gzip", "gzip", frame(true, torn.len(), &torn)),
        ("not zstd", "zstd", frame(true, 8, b"not zstd")),
        ("compressed without an encoding", "", frame(true, 8, b"whatever")),
        ("an unknown flag", "", Bytes::from_static(&[7, 0, 0, 0, 0])),
        ("shorter than announced", "", frame(false, 60 << 20, b"short")),
        ("no message", "", Bytes::new()),
        ("half a frame head", "", Bytes::from_static(&[0, 0, 0])),
        ("a second message", "", Bytes::from_static(&[0; 10])),
    ];
    for (number, (case, encoding, bytes)) in cases.into_iter().enumerate() {
        let sent = bytes.len() as u64;
        let call = call(world.grpc, EXPORT_TRACES);
        let call = if encoding.is_empty() { call } else { call.header("grpc-encoding", encoding) };
        let answer = call.send(bytes).await;
        let status = answer.grpc();
        assert_eq!((answer.status, status.code()), (StatusCode::OK, Code::InvalidArgument), "{case}");
        let details = Status::decode(status.details()).unwrap();
        assert_eq!((details.code, details.detail_types()), (3, vec!["BadRequest"]), "{case}");
        let attempts = world.intake.seen().attempts;
        let told = attempts.last().unwrap();
        assert_eq!(attempts.len(), number + 1, "{case}: told once");
        assert_eq!((told.reason, told.items, told.bytes), (Rejected::Decode, 1, sent), "{case}");
    }
    assert!(world.intake.seen().batches.is_empty());
}

/// A length beyond the limit is refused for good: resending cannot help, so there is no hint.
#[tokio::test]
async fn lying_lengths_are_refused() {
    let world = World::start().await;
    for announced in [(64 << 20) + 1, u32::MAX as usize] {
        let answer = call(world.grpc, EXPORT_TRACES).send(frame(false, announced, b"short")).await;
        let status = answer.grpc();
        assert_eq!((status.code(), status.details()), (Code::ResourceExhausted, &[][..]), "{announced}");
    }
    let reasons: Vec<_> = world.intake.seen().attempts.iter().map(|told| told.reason).collect();
    assert_eq!(reasons, [Rejected::TooLargeRequest; 2]);
}

/// What is no export call at all.
#[tokio::test]
async fn wrong_calls_are_refused() {
    let world = World::start().await;
    let message = body(Signal::Spans, PROTOBUF);
    let framed = frame(false, message.len(), &message);
    let status = call(world.grpc, "/grpc.health.v1.Health/Check").send(framed.clone()).await.grpc();
    assert_eq!(status.code(), Code::Unimplemented);
    assert!(world.intake.seen().attempts.is_empty());

    let answer = call(world.grpc, EXPORT_TRACES).header("grpc-encoding", "snappy").send(framed.clone()).await;
    assert_eq!(answer.grpc().code(), Code::Unimplemented);
    assert_eq!(answer.header("grpc-accept-encoding"), Some("gzip,zstd,identity"));
    assert_eq!(world.intake.seen().attempts.len(), 1);

    for http2 in [false, true] {
        let call = post(world.grpc, TRACES).header("content-type", PROTOBUF);
        let answer = if http2 { call.http2() } else { call }.send(message.clone()).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert!(answer.json()["message"].as_str().unwrap().contains("OTLP/HTTP"));
    }
    assert!(world.intake.seen().batches.is_empty());
}

/// What the intake refuses is said with the code and the hint of its reason, and not told to it again.
#[tokio::test]
async fn refusals_of_the_intake_carry_their_hint() {
    let world = World::start().await;
    for (reason, code) in [
        (Rejected::Memory, Code::Unavailable),
        (Rejected::Disk, Code::Unavailable),
        (Rejected::Shutdown, Code::Unavailable),
        (Rejected::RateLimit, Code::ResourceExhausted),
    ] {
        let retry_after = Duration::from_millis(2_500);
        world.intake.answer_with(Err(Refused::Busy { reason, retry_after }));
        let status = export(&world, EXPORT_TRACES, None, body(Signal::Spans, PROTOBUF)).await.unwrap_err();
        assert_eq!(status.code(), code, "{reason:?}");
        let details = Status::decode(status.details()).unwrap();
        assert_eq!(details.detail_types(), ["RetryInfo"], "{reason:?}");
        // retry_delay { seconds: 2, nanos: 500_000_000 }
        assert_eq!(details.details[0].value, b"\x0a\x08\x08\x02\x10\x80\xca\xb5\xee\x01", "{reason:?}");
    }
    world.intake.answer_with(Err(Refused::Unreadable { detail: "no rows".into() }));
    let status = export(&world, EXPORT_TRACES, None, body(Signal::Spans, PROTOBUF)).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::InvalidArgument, "no rows"));
    assert!(world.intake.seen().attempts.is_empty());
}

/// Messages of refusals travel in headers, so they stay short there.
#[tokio::test]
async fn long_messages_fit_into_headers() {
    let world = World::start().await;
    world.intake.answer_with(Err(Refused::Unreadable { detail: "\u{1}ö".repeat(100_000) }));
    let status = export(&world, EXPORT_TRACES, None, body(Signal::Spans, PROTOBUF)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(!status.message().is_empty() && status.message().len() <= 1_024);
}
