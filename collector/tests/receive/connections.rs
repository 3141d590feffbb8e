//! Refused connections, idle and slow ones, stopping.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use daymark_model::reason::Rejected;
use daymark_model::signal::Signal;
use http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::Code;

use crate::wire::{EXPORT_TRACES, PROTOBUF, TRACES, body, call, frame, post};
use crate::world::World;

/// A connection that has been answered once, so that it is known to be counted.
async fn connected(at: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 404");
    stream
}

/// Reads until the server closes the connection, in whatever way.
async fn closed(stream: &mut TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest).await {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    rest
}

/// Connections beyond the caps are closed at once; when one leaves, another may come.
#[tokio::test]
async fn connections_are_capped() {
    for per_peer in [true, false] {
        let world = World::limited(|limits| {
            *(if per_peer { &mut limits.connections_per_peer } else { &mut limits.connections }) = 2;
        })
        .await;
        let first = connected(world.http).await;
        let _second = connected(world.http).await;
        let mut third = TcpStream::connect(world.grpc).await.unwrap();
        assert_eq!(closed(&mut third).await, b"", "both listeners share the caps");
        drop(first);
        let message = body(Signal::Spans, PROTOBUF);
        loop {
            // The server learns of the good-bye in its own time.
            let mut stream = TcpStream::connect(world.http).await.unwrap();
            let head = format!(
                "POST {TRACES} HTTP/1.1\r\nhost: x\r\ncontent-type: {PROTOBUF}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                message.len()
            );
            let sent = stream.write_all(head.as_bytes()).await.and(stream.write_all(&message).await);
            if sent.is_ok() && closed(&mut stream).await.starts_with(b"HTTP/1.1 200 ") {
                break;
            }
        }
    }
}

/// A connection whose request does not get started in time is closed, without an answer.
#[tokio::test]
async fn slow_heads_are_closed() {
    let world = World::limited(|limits| limits.header_read = Duration::from_millis(50)).await;
    for at in [world.http, world.grpc] {
        for start in [&b""[..], b"P", b"POST /v1/traces HTTP/1.1\r\nhost:", b"PRI * HTTP/2.0\r\n"] {
            let mut stream = TcpStream::connect(at).await.unwrap();
            stream.write_all(start).await.unwrap();
            assert_eq!(closed(&mut stream).await, b"", "{start:?}");
        }
    }
    assert!(world.intake.seen().attempts.is_empty());
}

/// An idle connection is closed after the idle time, over HTTP/2 with a good-bye.
#[tokio::test]
async fn idle_connections_are_closed() {
    let world = World::limited(|limits| {
        limits.header_read = Duration::from_secs(1);
        limits.keep_alive_idle = Duration::from_millis(100);
    })
    .await;
    let mut http1 = connected(world.http).await;
    closed(&mut http1).await;

    let mut http2 = TcpStream::connect(world.grpc).await.unwrap();
    http2.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let good_bye = closed(&mut http2).await;
    // A GOAWAY frame: type 7 on stream 0 with the code 0.
    assert!(good_bye.windows(6).any(|bytes| bytes == [7, 0, 0, 0, 0, 0]), "{good_bye:?}");
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// `POST http://x/v1/traces` in HPACK without a table.
const HEAD: &[u8] = b"\x83\x86\x04\x0a/v1/traces\x01\x01x\x0f\x10\x16application/x-protobuf";

fn http2_frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&len[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The abuses HTTP/2 is known for end at most the connection they come on.
#[tokio::test]
async fn http2_floods_hurt_nobody_else() {
    let world = World::start().await;
    let streams = || (0..5_000).map(|number| 2 * number + 1);
    let rapid_reset = streams().flat_map(|stream| {
        [http2_frame(1, 0x4, stream, HEAD), http2_frame(3, 0, stream, &[0, 0, 0, 8])].concat()
    });
    let continuations = (0..5_000).flat_map(|_| http2_frame(9, 0, 1, b"\x40\x01a\x01b"));
    let too_many_streams = streams().flat_map(|stream| http2_frame(1, 0x4, stream, HEAD));
    let floods: [(&str, Vec<u8>, bool); 6] = [
        ("rapid reset", rapid_reset.collect(), false),
        ("headers without end", http2_frame(1, 0, 1, HEAD).into_iter().chain(continuations).collect(), true),
        ("more streams than allowed", too_many_streams.collect(), false),
        ("pings", http2_frame(6, 0, 0, &[0; 8]).repeat(20_000), false),
        ("settings", http2_frame(4, 0, 0, &[]).repeat(20_000), false),
        ("data for no stream", http2_frame(0, 0, 1, b"x"), true),
    ];
    for (name, flood, is_fatal) in floods {
        let mut stream = TcpStream::connect(world.http).await.unwrap();
        let (mut answers, mut requests) = stream.split();
        let sending = async {
            requests.write_all(PREFACE).await.unwrap();
            // The server may have had enough.
            requests.write_all(&flood).await.ok();
            requests.shutdown().await.ok();
        };
        let mut answer = Vec::new();
        let (_, ended) = tokio::join!(sending, answers.read_to_end(&mut answer));
        // GOAWAY or a reset: either way it is over for this client, whose end of sending ends the others.
        let is_refused = ended.is_err() || answer.windows(6).any(|bytes| bytes == [7, 0, 0, 0, 0, 0]);
        assert!(is_refused || !is_fatal, "{name}");
        let call = post(world.http, TRACES).http2().header("content-type", PROTOBUF);
        assert_eq!(call.send(body(Signal::Spans, PROTOBUF)).await.status, StatusCode::OK, "after {name}");
    }
    let seen = world.intake.seen();
    assert!(seen.attempts.iter().all(|told| told.reason == Rejected::Decode));
}

/// What is in flight when the stop signal comes is answered; nobody new is let in; both listeners return.
#[tokio::test]
async fn stopping_finishes_what_is_in_flight() {
    let world = World::start().await;
    world.intake.close_gate();
    let message = body(Signal::Spans, PROTOBUF);
    let http1 = tokio::spawn(post(world.http, TRACES).header("content-type", PROTOBUF).send(message.clone()));
    let http2 =
        tokio::spawn(post(world.http, TRACES).header("content-type", PROTOBUF).http2().send(message.clone()));
    let grpc = tokio::spawn(call(world.grpc, EXPORT_TRACES).send(frame(false, message.len(), &message)));
    let mut idle = connected(world.http).await;
    world.intake.until(|seen| seen.batches.len() == 3).await;
    world.begin_stop();
    closed(&mut idle).await;
    let refused = TcpStream::connect(world.http).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    world.intake.open_gate();
    assert_eq!(http1.await.unwrap().status, StatusCode::OK);
    assert_eq!(http2.await.unwrap().status, StatusCode::OK);
    assert_eq!(grpc.await.unwrap().grpc().code(), Code::Ok);
    world.stop().await;
}

/// A client that neither finishes its request nor leaves does not hold up the stop: its body runs out of
/// time as always.
#[tokio::test]
async fn stopping_does_not_wait_for_the_slow() {
    let world = World::limited(|limits| limits.body_idle = Duration::from_millis(300)).await;
    let mut stream = TcpStream::connect(world.http).await.unwrap();
    let head = format!(
        "POST {TRACES} HTTP/1.1\r\nhost: x\r\ncontent-type: {PROTOBUF}\r\nexpect: 100-continue\r\n\
         content-length: 100\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut go_on = [0; 12];
    stream.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100");
    let intake = Arc::clone(&world.intake);
    world.stop().await;
    let told: Vec<_> = intake.seen().attempts.iter().map(|told| told.reason).collect();
    assert_eq!(told, [Rejected::Decode]);
    let answer = String::from_utf8(closed(&mut stream).await).unwrap();
    assert!(answer.contains("HTTP/1.1 408 "), "{answer}");
}
