//! OTLP over gRPC: the three export services, as unary calls whose messages stay undecoded.
//!
//! A call is read whole, within the limits, and taken out of its frame here, so that a compressed message
//! is inflated by the same bounded steps as over HTTP and reaches the log as it was sent.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use daymark_model::signal::Signal;
use daymark_model::wire::{Encoding, Format};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response};
use hyper::body::Incoming;
use tokio::net::TcpListener;
use tonic::body::Body;

use super::{Receivers, body, connections};
use crate::admit::arrival::{Admission, Arrival};
use crate::answer::{Kind, Refusal};
use crate::status::Accepted;
use frame::{HEAD_BYTES, answered, unframed};

/// A message in its frame.
mod frame;

const SOURCE: &str = "otlp_grpc";
const ACCEPT_ENCODING: &str = "grpc-accept-encoding";
const ENCODING: &str = "grpc-encoding";
const ENCODINGS: HeaderValue = HeaderValue::from_static("gzip,zstd,identity");

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
    match take(&mut arrival, &head.headers, &mut body).await {
        Ok(accepted) => answered(accepted.encode(arrival.signal(), Format::OtlpProtobuf)),
        Err(refusal) => {
            arrival.refused(&refusal);
            let mut response = refusal.to_grpc().into_http();
            if refusal.kind == Kind::Encoding {
                response.headers_mut().insert(ACCEPT_ENCODING, ENCODINGS);
            }
            response
        }
    }
}

async fn take(arrival: &mut Arrival, headers: &HeaderMap, body: &mut Incoming) -> Result<Accepted, Refusal> {
    let encoding = encoding_of(headers)?;
    let bytes_max = arrival.limits().request_wire_bytes + HEAD_BYTES;
    let call = body::read(arrival, body, bytes_max).await?.into_bytes();
    let (encoding, payload) = unframed(call, encoding, arrival.limits())?;
    let message = arrival.inflate(encoding, &payload).await?;
    arrival.submit(Format::OtlpProtobuf, encoding, payload, message).await
}

/// How the messages of a call are compressed that say that they are.
fn encoding_of(headers: &HeaderMap) -> Result<Encoding, Refusal> {
    match headers.get(ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(Encoding::Identity),
        Some(b"gzip") => Ok(Encoding::Gzip),
        Some(b"zstd") => Ok(Encoding::Zstd),
        Some(other) => {
            let named = other.escape_ascii();
            let detail = format!("{ENCODING} {named} is not supported; gzip, zstd and identity are");
            Err(Refusal::new(Kind::Encoding, detail))
        }
    }
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
