//! OTLP over gRPC: the three export services, as unary calls whose messages stay undecoded.
//!
//! The request is read whole, within the limits, before tonic sees it: tonic reserves the length a message
//! announces, so nothing may be announced to it that has not arrived. tonic then takes the frame apart,
//! decompresses it and frames the answer; what it refuses itself is mended to the codes of our table.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use daymark_model::limits::IntakeLimits;
use daymark_model::signal::Signal;
use daymark_model::wire::{Encoding, Format};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::codec::CompressionEncoding;
use tonic::server::Grpc;
use tonic::{Code, Status};
use tower::service_fn;

use super::{Receivers, body, connections};
use crate::admit::arrival::{Admission, Arrival};
use crate::admit::inflate::Bad;
use crate::answer::{Kind, Refusal};
use codec::BytesCodec;

/// Messages as bytes.
mod codec;

const SOURCE: &str = "otlp_grpc";
/// Flag and length in front of a message.
const FRAME_HEAD_BYTES: usize = 5;
/// Compressed exports are usually smaller by less than this.
const USUAL_RATIO: usize = 8;

/// Serves OTLP/gRPC until `stop` completes and the requests in flight are answered.
pub async fn serve(listener: TcpListener, receivers: Receivers, stop: impl Future<Output = ()> + Send) {
    let admission = Arc::clone(&receivers.admission);
    connections::serve(listener, &receivers, stop, move |peer, request| {
        respond(Arc::clone(&admission), peer, request)
    })
    .await;
}

async fn respond(admission: Arc<Admission>, peer: SocketAddr, request: Request<Incoming>) -> Response<Body> {
    if !is_grpc(request.headers()) {
        let detail = "this port speaks OTLP/gRPC; OTLP/HTTP has a port of its own";
        return Refusal::new(Kind::ContentType, detail).to_http(Format::OtlpJson).map(Body::new);
    }
    let Some(signal) = signal_of(request.uri().path()) else {
        return Refusal::new(Kind::NoSuchPath, "no such service").to_grpc().into_http();
    };
    let patience = patience(request.headers(), admission.limits.wait);
    let arrival = Arrival::new(&admission, SOURCE, signal, peer, patience);
    export(arrival, request).await
}

async fn export(mut arrival: Arrival, request: Request<Incoming>) -> Response<Body> {
    let (head, mut body) = request.into_parts();
    let bytes_max = arrival.limits().request_wire_bytes + FRAME_HEAD_BYTES;
    match body::read(&mut arrival, &mut body, bytes_max).await {
        // On the heap from here on, so that a request that is still being read stays small.
        Ok(received) => Box::pin(hand_over(arrival, head, received.into_bytes())).await,
        Err(refusal) => refuse(arrival, &refusal),
    }
}

/// Has tonic unpack the message of a frame for the arrival.
async fn hand_over(mut arrival: Arrival, head: Parts, frame: Bytes) -> Response<Body> {
    let limits = arrival.limits().clone();
    let wire_bytes = frame.len();
    let is_compressed = head.headers.get("grpc-encoding").is_some_and(|named| named != "identity");
    let raw_max =
        if is_compressed { inflated_bytes_max(&limits, wire_bytes) } else { limits.request_raw_bytes };
    let expected = if is_compressed { raw_max.min(wire_bytes * USUAL_RATIO) } else { 0 };
    if let Err(refusal) = arrival.hold(2 * wire_bytes + expected).await {
        return refuse(arrival, &refusal);
    }
    let waiting = Arc::new(Mutex::new(Some(arrival)));
    let handed_to = Arc::clone(&waiting);
    let service = service_fn(move |request: tonic::Request<Bytes>| {
        let arrival = take(&handed_to);
        async move {
            let arrival = arrival.ok_or_else(|| Status::internal("a second message"))?;
            submit(arrival, request.into_inner()).await.map(tonic::Response::new)
        }
    });
    let response = Grpc::new(BytesCodec)
        .accept_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Zstd)
        .max_decoding_message_size(raw_max)
        .unary(service, Request::from_parts(head, Full::new(frame)))
        .await;
    match take(&waiting) {
        Some(arrival) => mend(arrival, response, raw_max < limits.request_raw_bytes),
        None => response,
    }
}

async fn submit(mut arrival: Arrival, message: Bytes) -> Result<Bytes, Status> {
    let signal = arrival.signal();
    let outcome = match arrival.hold(message.len()).await {
        Ok(()) => {
            arrival.release(message.len());
            arrival.submit(Format::OtlpProtobuf, Encoding::Identity, message.clone(), message).await
        }
        Err(refusal) => Err(refusal),
    };
    match outcome {
        Ok(accepted) => Ok(accepted.encode(signal, Format::OtlpProtobuf)),
        Err(refusal) => {
            arrival.refused(&refusal);
            Err(refusal.to_grpc())
        }
    }
}

/// Turns what tonic said about a message it could not hand over into what our table says.
fn mend(arrival: Arrival, response: Response<Body>, is_ratio_bound: bool) -> Response<Body> {
    let status = response.extensions().get::<Status>();
    let (code, detail) = status.map_or((Code::Unknown, ""), |status| (status.code(), status.message()));
    let refusal = match code {
        Code::ResourceExhausted if is_ratio_bound => arrival.refusal_of(Bad::Bomb),
        Code::ResourceExhausted | Code::OutOfRange => arrival.refusal_of(Bad::TooLarge),
        Code::Unimplemented => {
            // This answer also lists the encodings that are supported.
            arrival.refused(&Refusal::new(Kind::Encoding, detail));
            return response;
        }
        _ => Refusal::unreadable(detail),
    };
    refuse(arrival, &refusal)
}

fn refuse(arrival: Arrival, refusal: &Refusal) -> Response<Body> {
    arrival.refused(refusal);
    refusal.to_grpc().into_http()
}

fn take(slot: &Mutex<Option<Arrival>>) -> Option<Arrival> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// The largest message that a compressed one of this size may become without being a bomb.
fn inflated_bytes_max(limits: &IntakeLimits, wire_bytes: usize) -> usize {
    let by_ratio = wire_bytes.saturating_mul(limits.ratio_max).max(limits.ratio_from_bytes);
    by_ratio.min(limits.request_raw_bytes)
}

fn is_grpc(headers: &HeaderMap) -> bool {
    let named = headers.get(CONTENT_TYPE).and_then(|named| named.to_str().ok()).unwrap_or_default();
    let essence = named.split(';').next().unwrap_or_default().trim();
    ["application/grpc", "application/grpc+proto"].iter().any(|known| essence.eq_ignore_ascii_case(known))
}

fn signal_of(path: &str) -> Option<Signal> {
    match path {
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => Some(Signal::Spans),
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export" => Some(Signal::Logs),
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" => Some(Signal::Metrics),
        _ => None,
    }
}

/// How long a request waits for room: at most half of the time its sender gives it.
fn patience(headers: &HeaderMap, wait: Duration) -> Duration {
    let deadline = headers.get("grpc-timeout").and_then(|value| timeout_of(value.to_str().ok()?));
    deadline.map_or(wait, |deadline| wait.min(deadline / 2))
}

/// A number of at most eight digits and a unit.
fn timeout_of(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if number.len() > 8 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = number.parse::<u64>().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3_600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
