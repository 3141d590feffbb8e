//! OTLP over HTTP: what is accepted, what is refused, and how that is said.

use std::time::Duration;

use daymark_model::intake::Refused;
use daymark_model::limits::{EXPORT_ANSWER_BYTES, IntakeLimits};
use daymark_model::origin::Tier;
use daymark_model::reason::Rejected;
use daymark_model::signal::Signal;
use daymark_model::wire::{Encoding, Format};
use http::{Method, StatusCode};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceResponse;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use serde_json::json;

use crate::wire::{JSON, PROTOBUF, Status, TRACES, body, gzip, path, post, spans, zstd};
use crate::world::{PANIC, World, receipt};

/// Every signal, in both formats and all encodings, over both versions of HTTP, becomes a batch that keeps
/// the bytes as received.
#[tokio::test]
async fn exports_become_batches() {
    let world = World::start().await;
    let mut sent = 0;
    for signal in Signal::ALL {
        for (content_type, format) in [(PROTOBUF, Format::OtlpProtobuf), (JSON, Format::OtlpJson)] {
            let raw = body(signal, content_type);
            for (named, encoding, payload) in [
                (None, Encoding::Identity, raw.clone()),
                (Some("none"), Encoding::Identity, raw.clone()),
                (Some("identity"), Encoding::Identity, raw.clone()),
                (Some("gzip"), Encoding::Gzip, gzip(&raw)),
                (Some("zstd"), Encoding::Zstd, zstd(&raw)),
            ] {
                for is_http2 in [false, true] {
                    let case = format!("{signal} {content_type} {named:?} http2={is_http2}");
                    let mut call = post(world.http, path(signal)).header("content-type", content_type);
                    if let Some(named) = named {
                        call = call.header("content-encoding", named);
                    }
                    if is_http2 {
                        call = call.http2();
                    }
                    let answer = call.send(payload.clone()).await;
                    assert_eq!(answer.status, StatusCode::OK, "{case}");
                    assert_eq!(answer.header("content-type"), Some(content_type), "{case}");
                    let full: &[u8] = if content_type == JSON { b"{}" } else { b"" };
                    assert_eq!(answer.body, full, "{case}: partial_success is unset");
                    let seen = world.intake.seen();
                    let batch = &seen.batches[sent];
                    sent += 1;
                    assert_eq!(seen.batches.len(), sent, "{case}");
                    assert_eq!(
                        (batch.signal, batch.format, batch.encoding),
                        (signal, format, encoding),
                        "{case}"
                    );
                    assert_eq!((&batch.payload, &batch.body, batch.items), (&payload, &raw, 2), "{case}");
                    let origin = &batch.origin;
                    assert_eq!(
                        (origin.source.as_str(), origin.tier),
                        ("otlp_http", Tier::Internal),
                        "{case}"
                    );
                    assert_eq!(origin.tenant, "default", "{case}");
                    assert!(origin.received.0 > 0, "{case}");
                }
            }
        }
    }
    assert!(world.intake.seen().attempts.is_empty());
}

/// Parameters and case of the content type do not matter.
#[tokio::test]
async fn content_types_are_read_leniently() {
    let world = World::start().await;
    for (named, like) in [
        ("application/json; charset=utf-8", JSON),
        ("Application/JSON", JSON),
        ("application/x-protobuf;proto=any", PROTOBUF),
    ] {
        let answer =
            post(world.http, TRACES).header("content-type", named).send(body(Signal::Spans, like)).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, Some(like)), "{named}");
    }
}

/// An export without items is a success and no batch.
#[tokio::test]
async fn empty_exports_succeed() {
    let world = World::start().await;
    for (content_type, empty) in [(PROTOBUF, ""), (JSON, "{}")] {
        let answer = post(world.http, TRACES).header("content-type", content_type).send(empty).await;
        assert_eq!(answer.status, StatusCode::OK, "{content_type}");
        assert_eq!(answer.body, if content_type == JSON { "{}" } else { "" });
    }
    let seen = world.intake.seen();
    assert!(seen.batches.is_empty() && seen.attempts.is_empty(), "{seen:?}");
}

/// Rejected items, and mere warnings, are told in the encoding of the request.
#[tokio::test]
async fn partial_success_is_told() {
    let world = World::start().await;
    let send = async |signal, content_type| {
        let call = post(world.http, path(signal)).header("content-type", content_type);
        let answer = call.send(body(signal, content_type)).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, Some(content_type)));
        answer
    };
    world.intake.answer_with(Ok(receipt(1, Some("span 2 has no trace id"))));
    let answer = ExportTraceServiceResponse::decode(send(Signal::Spans, PROTOBUF).await.body).unwrap();
    let partial = answer.partial_success.unwrap();
    assert_eq!((partial.rejected_spans, partial.error_message.as_str()), (1, "span 2 has no trace id"));
    let answer = ExportLogsServiceResponse::decode(send(Signal::Logs, PROTOBUF).await.body).unwrap();
    assert_eq!(answer.partial_success.unwrap().rejected_log_records, 1);
    for (signal, key) in [
        (Signal::Spans, "rejectedSpans"),
        (Signal::Logs, "rejectedLogRecords"),
        (Signal::Metrics, "rejectedDataPoints"),
    ] {
        let partial = json!({ "partialSuccess": { key: "1", "errorMessage": "span 2 has no trace id" } });
        assert_eq!(send(signal, JSON).await.json(), partial);
    }
    world.intake.answer_with(Ok(receipt(0, Some("use a newer exporter"))));
    let partial =
        json!({ "partialSuccess": { "rejectedSpans": "0", "errorMessage": "use a newer exporter" } });
    assert_eq!(send(Signal::Spans, JSON).await.json(), partial);
}

/// However long the message, the answer stays small; its count stays exact.
#[tokio::test]
async fn long_messages_are_trimmed() {
    let world = World::start().await;
    let message = "\u{1}ö".repeat(EXPORT_ANSWER_BYTES);
    world.intake.answer_with(Ok(receipt(1_000_000, Some(&message))));
    for content_type in [PROTOBUF, JSON] {
        let call = post(world.http, TRACES).header("content-type", content_type);
        let answer = call.send(body(Signal::Spans, content_type)).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.body.len() <= EXPORT_ANSWER_BYTES, "{content_type}: {}", answer.body.len());
        let rejected = match content_type {
            JSON => answer.json()["partialSuccess"]["rejectedSpans"].as_str().unwrap().parse().unwrap(),
            _ => {
                let answer = ExportTraceServiceResponse::decode(answer.body).unwrap();
                answer.partial_success.unwrap().rejected_spans
            }
        };
        assert_eq!(rejected, 1_000_000);
    }
}

/// What is not an export is refused by its head, in JSON when its format is unknown.
#[tokio::test]
async fn wrong_requests_are_refused() {
    let world = World::start().await;
    let cases = [
        (Method::POST, "/v1/traces/", PROTOBUF, "", StatusCode::NOT_FOUND, None),
        (Method::POST, "/v1development/profiles", PROTOBUF, "", StatusCode::NOT_FOUND, None),
        (Method::GET, TRACES, PROTOBUF, "", StatusCode::METHOD_NOT_ALLOWED, None),
        (Method::PUT, TRACES, JSON, "", StatusCode::METHOD_NOT_ALLOWED, None),
        (Method::OPTIONS, TRACES, JSON, "", StatusCode::METHOD_NOT_ALLOWED, None),
        (Method::POST, TRACES, "", "", StatusCode::UNSUPPORTED_MEDIA_TYPE, Some(Rejected::Decode)),
        (Method::POST, TRACES, "text/plain", "", StatusCode::UNSUPPORTED_MEDIA_TYPE, Some(Rejected::Decode)),
        (Method::POST, TRACES, PROTOBUF, "br", StatusCode::UNSUPPORTED_MEDIA_TYPE, Some(Rejected::Decode)),
        (
            Method::POST,
            TRACES,
            JSON,
            "gzip, gzip",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Some(Rejected::Decode),
        ),
    ];
    for (method, path, content_type, encoding, status, reason) in cases {
        let case = format!("{method} {path} {content_type} {encoding}");
        let told = world.intake.seen().attempts.len();
        let mut call = post(world.http, path).method(method);
        if !content_type.is_empty() {
            call = call.header("content-type", content_type);
        }
        if !encoding.is_empty() {
            call = call.header("content-encoding", encoding);
        }
        let answer = call.send(body(Signal::Spans, PROTOBUF)).await;
        assert_eq!(answer.status, status, "{case}");
        assert_eq!(answer.header("retry-after"), None, "{case}");
        let message = match answer.header("content-type").unwrap() {
            PROTOBUF => Status::decode(answer.body.clone()).unwrap().message,
            JSON => answer.json()["message"].as_str().unwrap().to_owned(),
            other => panic!("{case}: {other}"),
        };
        assert!(!message.is_empty(), "{case}");
        assert_eq!(answer.header("allow").is_some(), status == StatusCode::METHOD_NOT_ALLOWED, "{case}");
        let reasons: Vec<_> = world.intake.seen().attempts[told..].iter().map(|told| told.reason).collect();
        assert_eq!(reasons, reason.into_iter().collect::<Vec<_>>(), "{case}");
    }
    assert!(world.intake.seen().batches.is_empty());
}

/// A body that cannot be read is the sender's fault: 400 with `BadRequest`, told to the ledger as one item.
#[tokio::test]
async fn unreadable_bodies_are_refused() {
    let world = World::start().await;
    let good = body(Signal::Spans, PROTOBUF);
    let torn = gzip(&good).slice(..20);
    let panicking = spans(&[PANIC]).encode_to_vec();
    let cases: [(&str, &str, &[u8]); 8] = [
        (PROTOBUF, "", b"\xff\xff\xff"),
        (JSON, "", b"[1, 2"),
        (JSON, "", b""),
        (PROTOBUF, "gzip", b"not gzip"),
        (PROTOBUF, "gzip", &torn),
        (PROTOBUF, "zstd", b"not zstd"),
        (PROTOBUF, "gzip", &gzip(&gzip(&good))),
        (PROTOBUF, "", &panicking),
    ];
    for (number, (content_type, encoding, bytes)) in cases.into_iter().enumerate() {
        let case = format!("case {number}");
        let call = post(world.http, TRACES).header("content-type", content_type);
        let call = if encoding.is_empty() { call } else { call.header("content-encoding", encoding) };
        let answer = call.send(bytes.to_vec()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{case}");
        assert_eq!(answer.header("content-type"), Some(content_type), "{case}");
        if content_type == JSON {
            let status = answer.json();
            assert_eq!(status["code"], json!(3), "{case}");
            assert_eq!(status["details"][0]["@type"], json!("type.googleapis.com/google.rpc.BadRequest"));
            assert!(status["details"][0]["fieldViolations"][0]["description"].is_string(), "{case}");
        } else {
            let status = Status::decode(answer.body).unwrap();
            assert_eq!((status.code, status.detail_types()), (3, vec!["BadRequest"]), "{case}");
        }
        let attempts = world.intake.seen().attempts;
        let told = attempts.last().unwrap();
        assert_eq!(attempts.len(), number + 1, "{case}: told once");
        assert_eq!(
            (told.reason, told.items, told.bytes),
            (Rejected::Decode, 1, bytes.len() as u64),
            "{case}"
        );
        assert!(told.detail.contains("127.0.0.1:"), "{case}: {}", told.detail);
    }
    assert!(world.intake.seen().batches.is_empty());
}

/// What the intake refuses is said with the status and the hint of its reason, and not told to it again.
#[tokio::test]
async fn refusals_of_the_intake_carry_their_hint() {
    let world = World::start().await;
    for (reason, seconds, status, hint) in [
        (Rejected::Memory, 2.5, StatusCode::SERVICE_UNAVAILABLE, "3"),
        (Rejected::Disk, 30.0, StatusCode::SERVICE_UNAVAILABLE, "30"),
        (Rejected::Shutdown, 1.0, StatusCode::SERVICE_UNAVAILABLE, "1"),
        (Rejected::RateLimit, 7.0, StatusCode::TOO_MANY_REQUESTS, "7"),
    ] {
        let retry_after = Duration::from_secs_f64(seconds);
        world.intake.answer_with(Err(Refused::Busy { reason, retry_after }));
        let call = post(world.http, TRACES).header("content-type", PROTOBUF);
        let answer = call.send(body(Signal::Spans, PROTOBUF)).await;
        assert_eq!((answer.status, answer.header("retry-after")), (status, Some(hint)), "{reason:?}");
        assert_eq!(Status::decode(answer.body).unwrap().detail_types(), ["RetryInfo"], "{reason:?}");
        let call = post(world.http, TRACES).header("content-type", JSON);
        let answer = call.send(body(Signal::Spans, JSON)).await;
        let delay = answer.json()["details"][0]["retryDelay"].as_str().unwrap().to_owned();
        assert_eq!(delay, format!("{seconds:.9}s"), "{reason:?}");
    }
    world.intake.answer_with(Err(Refused::Unreadable { detail: "no rows".into() }));
    let call = post(world.http, TRACES).header("content-type", JSON);
    let answer = call.send(body(Signal::Spans, JSON)).await;
    assert_eq!((answer.status, &answer.json()["message"]), (StatusCode::BAD_REQUEST, &json!("no rows")));
    assert!(world.intake.seen().attempts.is_empty());
}

/// Browsers may send from the named origins, and only when there are any.
#[tokio::test]
async fn cors_is_for_named_origins() {
    let world = World::with(IntakeLimits::default(), &["https://shop.example"]).await;
    let preflight = |origin: &str| {
        post(world.http, TRACES)
            .method(Method::OPTIONS)
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,x-any")
            .send("")
    };
    let answer = preflight("https://shop.example").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://shop.example"));
    assert_eq!(answer.header("access-control-allow-methods"), Some("POST"));
    assert_eq!(answer.header("access-control-allow-headers"), Some("content-type,x-any"));
    assert_eq!(preflight("https://evil.example").await.header("access-control-allow-origin"), None);
    let call = post(world.http, TRACES).header("content-type", JSON).header("origin", "https://shop.example");
    let answer = call.send(body(Signal::Spans, JSON)).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://shop.example"));
}
