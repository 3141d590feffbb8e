//! Sizes, bombs, room and time: nobody gets more of them than the limits say, and nobody else suffers.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use daymark_model::limits::{KIB, MIB};
use daymark_model::reason::Rejected;
use daymark_model::signal::Signal;
use http::StatusCode;
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::{JoinSet, yield_now};
use tonic::Code;

use crate::wire::{
    EXPORT_TRACES, PROTOBUF, Pieces, Status, TRACES, body, bomb, call, frame, gzip, post, spans, zstd,
};
use crate::world::World;

/// Sends bytes on a connection of their own and reads until the server closes it.
async fn raw(at: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

fn reasons(world: &World) -> Vec<Rejected> {
    world.intake.seen().attempts.iter().map(|told| told.reason).collect()
}

/// An announced size is judged before anything is read, also when the client waits for permission to send.
#[tokio::test]
async fn announced_sizes_are_refused_unread() {
    let world = World::start().await;
    for expect in ["", "expect: 100-continue\r\n"] {
        let head = format!(
            "POST {TRACES} HTTP/1.1\r\nhost: x\r\ncontent-type: {PROTOBUF}\r\n{expect}content-length: {}\r\n\r\n",
            1_u64 << 40
        );
        let answer = raw(world.http, head.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(!answer.contains("retry-after"), "{answer}");
    }
    assert_eq!(reasons(&world), [Rejected::TooLargeRequest; 2]);
}

/// What is somewhat too large is read to its end before the answer, so that the answer is not lost with a
/// connection that closes on unread bytes; the connection goes on.
#[tokio::test]
async fn somewhat_too_large_requests_leave_the_connection_whole() {
    let world = World::limited(|limits| limits.request_wire_bytes = 256 * KIB).await;
    let head = |bytes: usize, end: &str| {
        format!(
            "POST {TRACES} HTTP/1.1\r\nhost: x\r\ncontent-type: {PROTOBUF}\r\n{end}content-length: {bytes}\r\n\r\n"
        )
    };
    let mut both = head(256 * KIB + 1, "").into_bytes();
    both.extend(vec![0; 256 * KIB + 1]);
    both.extend(head(0, "connection: close\r\n").into_bytes());
    let answers = raw(world.http, &both).await;
    assert!(answers.starts_with("HTTP/1.1 413 "), "{answers}");
    assert!(answers.contains("HTTP/1.1 200 "), "{answers}");
}

/// The limit on the wire holds for announced and unannounced sizes, over both protocols, and the refusal
/// reaches the sender.
#[tokio::test]
async fn large_requests_are_refused() {
    let world = World::limited(|limits| limits.request_wire_bytes = 256 * KIB).await;
    let fits = Bytes::from(spans(&["x".repeat(200 * KIB).as_str()]).encode_to_vec());
    let large = Bytes::from(spans(&["x".repeat(400 * KIB).as_str()]).encode_to_vec());
    for http2 in [false, true] {
        for (message, status) in [(&fits, StatusCode::OK), (&large, StatusCode::PAYLOAD_TOO_LARGE)] {
            let call = || {
                let call = post(world.http, TRACES).header("content-type", PROTOBUF);
                if http2 { call.http2() } else { call }
            };
            assert_eq!(call().send(message.clone()).await.status, status, "http2={http2}");
            let pieces = message.chunks(16 * KIB).map(Bytes::copy_from_slice);
            let answer = call().stream(Pieces::ending(pieces)).await;
            assert_eq!(answer.status, status, "http2={http2}, unannounced");
        }
    }
    let answer = call(world.grpc, EXPORT_TRACES).send(frame(false, fits.len(), &fits)).await;
    assert_eq!(answer.grpc().code(), Code::Ok);
    let status = call(world.grpc, EXPORT_TRACES).send(frame(false, large.len(), &large)).await.grpc();
    assert_eq!((status.code(), status.details()), (Code::ResourceExhausted, &[][..]));
    assert_eq!(reasons(&world), [Rejected::TooLargeRequest; 5]);
    assert_eq!(world.intake.seen().batches.len(), 5);
}

/// Bombs are refused for good long before they are decompressed whole.
#[tokio::test]
async fn bombs_are_refused() {
    let world = World::start().await;
    for (encoding, mebibytes, reason) in [
        // gzip shrinks by a thousand at most, so a large bomb of it meets the limit before the ratio.
        ("gzip", 1_024, Rejected::TooLargeRequest),
        ("gzip", 32, Rejected::RatioGuard),
        ("zstd", 1_024, Rejected::RatioGuard),
        ("zstd", 32, Rejected::RatioGuard),
    ] {
        let case = format!("{mebibytes} MiB of {encoding}");
        let bomb = bomb(encoding, mebibytes);
        let told = reasons(&world).len();
        let call_http = post(world.http, TRACES).header("content-type", PROTOBUF);
        let answer = call_http.header("content-encoding", encoding).send(bomb.clone()).await;
        assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::PAYLOAD_TOO_LARGE, None));
        let framed = frame(true, bomb.len(), &bomb);
        let status =
            call(world.grpc, EXPORT_TRACES).header("grpc-encoding", encoding).send(framed).await.grpc();
        assert_eq!((status.code(), status.details()), (Code::ResourceExhausted, &[][..]), "{case}");
        assert_eq!(reasons(&world)[told..], [reason; 2], "{case}");
    }
}

/// A body may grow by the allowed ratio up to the raw limit, and by any ratio while it is small.
#[tokio::test]
async fn repetitive_bodies_are_accepted_within_ratio_and_limit() {
    let world = World::limited(|limits| limits.request_raw_bytes = 16 * MIB).await;
    let noise = |mebibytes: usize| {
        // Blocks of one KiB, alike but for a counter, grow by a few dozen times.
        let line = |number: usize| format!("{:0>1024}", number.wrapping_mul(0x9E37_79B9_7F4A_7C15) as u64);
        let text: String = (0..mebibytes * KIB).map(line).collect();
        spans(&[text.as_str()]).encode_to_vec()
    };
    let repetitive = |bytes: usize| spans(&["x".repeat(bytes).as_str()]).encode_to_vec();
    for (case, raw, is_repetitive, expected) in [
        ("within the ratio", noise(12), false, None),
        ("small", repetitive(7 * MIB), true, None),
        ("over the ratio", repetitive(12 * MIB), true, Some(Rejected::RatioGuard)),
        ("over the limit", noise(17), false, Some(Rejected::TooLargeRequest)),
    ] {
        for (encoding, packed) in [("gzip", gzip(&raw)), ("zstd", zstd(&raw))] {
            let ratio = raw.len() / packed.len();
            let case = format!("{case} {encoding}, {ratio} times");
            assert_eq!(ratio > 250, is_repetitive, "{case}: the case is what it says");
            let told = reasons(&world).len();
            let call_http = post(world.http, TRACES).header("content-type", PROTOBUF);
            let answer = call_http.header("content-encoding", encoding).send(packed.clone()).await;
            let framed = frame(true, packed.len(), &packed);
            let call_grpc = call(world.grpc, EXPORT_TRACES).header("grpc-encoding", encoding);
            let code = call_grpc.send(framed).await.grpc().code();
            let told = &reasons(&world)[told..];
            if let Some(reason) = expected {
                assert_eq!(
                    (answer.status, code),
                    (StatusCode::PAYLOAD_TOO_LARGE, Code::ResourceExhausted),
                    "{case}"
                );
                assert_eq!(told, [reason; 2], "{case}");
            } else {
                assert_eq!((answer.status, code, told), (StatusCode::OK, Code::Ok, &[][..]), "{case}");
            }
        }
    }
}

/// Announcing a large message costs nobody anything: room is taken for what has arrived.
#[tokio::test]
async fn announcements_take_no_room() {
    let world = World::limited(|limits| limits.in_flight_bytes = 8 * MIB).await;
    let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    let request = |body: Pieces| {
        http::Request::post(format!("http://{}{EXPORT_TRACES}", world.grpc))
            .header("content-type", "application/grpc")
            .body(body)
            .unwrap()
    };
    let message = body(Signal::Spans, PROTOBUF);
    let whole = || Pieces::ending([frame(false, message.len(), &message)]);
    client.request(request(whole())).await.unwrap();
    let mut stuck = JoinSet::new();
    for _ in 0..250 {
        stuck.spawn(client.request(request(Pieces::hanging([frame(false, 64 * MIB, b"")]))));
        yield_now().await;
    }
    // Frames of one connection are read in order: the server has seen all of the above.
    let answer = client.request(request(whole())).await.unwrap();
    let trailers = answer.into_body().collect().await.unwrap().trailers().cloned().unwrap();
    assert_eq!(trailers.get("grpc-status").unwrap(), "0");
    assert!(stuck.try_join_next().is_none(), "the others are still being listened to");
    drop(client);
    stuck.shutdown().await;
    let seen = world.intake.until(|seen| seen.attempts.len() == 250).await;
    assert!(seen.attempts.iter().all(|told| told.reason == Rejected::Decode));
}

/// A request without room waits, and is served when room comes free.
#[tokio::test]
async fn requests_wait_for_room() {
    let world = World::limited(|limits| {
        limits.in_flight_bytes = 450 * KIB;
        limits.wait = Duration::from_secs(60);
    })
    .await;
    world.intake.close_gate();
    let large = Bytes::from(spans(&["x".repeat(200 * KIB).as_str()]).encode_to_vec());
    let send = || post(world.http, TRACES).header("content-type", PROTOBUF).send(large.clone());
    let first = tokio::spawn(send());
    world.intake.until(|seen| seen.batches.len() == 1).await;
    let second = tokio::spawn(send());
    let third = tokio::spawn(call(world.grpc, EXPORT_TRACES).send(frame(false, large.len(), &large)));
    world.intake.open_gate();
    assert_eq!(first.await.unwrap().status, StatusCode::OK);
    assert_eq!(second.await.unwrap().status, StatusCode::OK);
    assert_eq!(third.await.unwrap().grpc().code(), Code::Ok);
}

/// When no room comes free in time the request is shed with a hint, sooner when its client has less time.
#[tokio::test]
async fn requests_without_room_are_shed() {
    let world = World::limited(|limits| {
        limits.in_flight_bytes = 1_200 * KIB;
        limits.wait = Duration::from_millis(50);
    })
    .await;
    world.intake.close_gate();
    let large = Bytes::from(spans(&["x".repeat(700 * KIB).as_str()]).encode_to_vec());
    let send = || post(world.http, TRACES).header("content-type", PROTOBUF).send(large.clone());
    let first = tokio::spawn(send());
    world.intake.until(|seen| seen.batches.len() == 1).await;

    let answer = send().await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let seconds: u32 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=5).contains(&seconds), "{seconds}");
    assert_eq!(Status::decode(answer.body).unwrap().detail_types(), ["RetryInfo"]);

    let status = call(world.grpc, EXPORT_TRACES).send(frame(false, large.len(), &large)).await.grpc();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(Status::decode(status.details()).unwrap().detail_types(), ["RetryInfo"]);

    assert_eq!(reasons(&world), [Rejected::Memory; 2]);
    world.intake.open_gate();
    assert_eq!(first.await.unwrap().status, StatusCode::OK);
    assert_eq!(send().await.status, StatusCode::OK, "all room has been given back");
}

/// What could not be taken even by an idle server is refused for good.
#[tokio::test]
async fn requests_that_can_never_fit_are_too_large() {
    let world = World::limited(|limits| limits.in_flight_bytes = 300 * KIB).await;
    let large = Bytes::from(spans(&["x".repeat(400 * KIB).as_str()]).encode_to_vec());
    let answer = post(world.http, TRACES).header("content-type", PROTOBUF).send(large.clone()).await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::PAYLOAD_TOO_LARGE, None));
    let packed = gzip(&large);
    let call_http = post(world.http, TRACES).header("content-type", PROTOBUF);
    let answer = call_http.header("content-encoding", "gzip").send(packed).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let status = call(world.grpc, EXPORT_TRACES).send(frame(false, large.len(), &large)).await.grpc();
    assert_eq!((status.code(), status.details()), (Code::ResourceExhausted, &[][..]));
    assert_eq!(reasons(&world), [Rejected::TooLargeRequest; 3]);
}

/// A client with a deadline is told well before it, however long others may wait.
#[tokio::test]
async fn deadlines_shorten_the_wait() {
    let world = World::limited(|limits| {
        limits.in_flight_bytes = 1_200 * KIB;
        limits.wait = Duration::from_secs(3_600);
    })
    .await;
    world.intake.close_gate();
    let large = Bytes::from(spans(&["x".repeat(700 * KIB).as_str()]).encode_to_vec());
    let first = tokio::spawn(post(world.http, TRACES).header("content-type", PROTOBUF).send(large.clone()));
    world.intake.until(|seen| seen.batches.len() == 1).await;
    let framed = frame(false, large.len(), &large);
    let answer = call(world.grpc, EXPORT_TRACES).header("grpc-timeout", "100m").send(framed).await;
    assert_eq!(answer.grpc().code(), Code::Unavailable);
    world.intake.open_gate();
    assert_eq!(first.await.unwrap().status, StatusCode::OK);
}

/// A body that stops coming is given up, and its sender is told.
#[tokio::test]
async fn slow_bodies_are_given_up() {
    let world = World::limited(|limits| limits.body_idle = Duration::from_millis(500)).await;
    let head = format!(
        "POST {TRACES} HTTP/1.1\r\nhost: x\r\ncontent-type: {PROTOBUF}\r\ncontent-length: 100\r\n\r\nten bytes."
    );
    let answer = raw(world.http, head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let answer =
        call(world.grpc, EXPORT_TRACES).stream(Pieces::hanging([frame(false, 100, b"ten bytes.")])).await;
    assert_eq!(answer.grpc().code(), Code::DeadlineExceeded);
    let attempts = world.intake.seen().attempts;
    assert_eq!(attempts.iter().map(|told| told.bytes).collect::<Vec<_>>(), [10, 15]);
    assert!(attempts.iter().all(|told| told.reason == Rejected::Decode));
}

/// A client that goes away in the middle of its request leaves a line in the ledger.
#[tokio::test]
async fn disconnects_are_told() {
    let world = World::start().await;
    let mut stream = TcpStream::connect(world.http).await.unwrap();
    let head = format!(
        "POST {TRACES} HTTP/1.1\r\nhost: x\r\ncontent-type: {PROTOBUF}\r\ncontent-length: 100\r\n\r\nten bytes."
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    drop(stream);
    let seen = world.intake.until(|seen| !seen.attempts.is_empty()).await;
    assert_eq!((seen.attempts[0].reason, seen.attempts.len()), (Rejected::Decode, 1));
    assert!(seen.batches.is_empty());
}

/// A batch that was handed over goes its way, and keeps its room, also when its client does not wait for
/// the answer.
#[tokio::test]
async fn lost_answers_are_not_refusals() {
    let world = World::limited(|limits| {
        limits.in_flight_bytes = 300 * KIB;
        limits.wait = Duration::from_millis(50);
    })
    .await;
    world.intake.close_gate();
    let large = Bytes::from(spans(&["x".repeat(200 * KIB).as_str()]).encode_to_vec());
    let send = || post(world.http, TRACES).header("content-type", PROTOBUF).send(large.clone());
    let sending = tokio::spawn(send());
    world.intake.until(|seen| seen.batches.len() == 1).await;
    sending.abort();
    sending.await.unwrap_err();
    assert_eq!(send().await.status, StatusCode::SERVICE_UNAVAILABLE, "the batch still holds its room");
    world.intake.open_gate();
    world.intake.until(|seen| seen.answered == 1).await;
    // Its room is given back a moment later.
    while send().await.status != StatusCode::OK {}
    let seen = world.intake.seen();
    assert_eq!((seen.batches.len(), seen.answered), (2, 2));
    assert!(seen.attempts.iter().all(|told| told.reason == Rejected::Memory));
}
