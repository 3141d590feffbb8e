//! OTLP over HTTP: `/v1/traces`, `/v1/logs`, `/v1/metrics`, in protobuf or JSON by content type.
//!
//! A request is judged by its head before its body is read. Every answer, a refusal too, is in the encoding
//! of the request.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use daymark_model::signal::Signal;
use daymark_model::wire::{Encoding, Format};
use http::header::{ALLOW, CONTENT_ENCODING, CONTENT_TYPE, EXPECT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::net::TcpListener;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use super::{Receivers, body, connections};
use crate::admit::arrival::{Admission, Arrival};
use crate::answer::{Kind, Refusal, content_type};
use crate::status::Accepted;

const SOURCE: &str = "otlp_http";

/// Serves OTLP/HTTP until `stop` completes and the requests in flight are answered.
pub async fn serve(listener: TcpListener, receivers: Receivers, stop: impl Future<Output = ()> + Send) {
    let admission = Arc::clone(&receivers.admission);
    let cors = cors(&receivers.cors_origins);
    connections::serve(listener, &receivers, stop, move |peer, request| {
        respond(Arc::clone(&admission), cors.clone(), peer, request)
    })
    .await;
}

/// The rules for browsers; none when no origin is named.
fn cors(origins: &Arc<[String]>) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let origins = Arc::clone(origins);
    let allowed = move |origin: &HeaderValue, _: &http::request::Parts| {
        origins.iter().any(|allowed| allowed == "*" || allowed.as_bytes() == origin.as_bytes())
    };
    let layer = CorsLayer::new()
        .allow_methods([Method::POST])
        .allow_headers(AllowHeaders::mirror_request())
        .allow_origin(AllowOrigin::predicate(allowed));
    Some(layer)
}

async fn respond(
    admission: Arc<Admission>,
    cors: Option<CorsLayer>,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let Some(cors) = cors else { return answer(&admission, peer, request).await };
    let inner = service_fn(move |request| {
        let admission = Arc::clone(&admission);
        async move { Ok::<_, Infallible>(answer(&admission, peer, request).await) }
    });
    let Ok(response) = cors.layer(inner).oneshot(request).await;
    response
}

async fn answer(
    admission: &Arc<Admission>,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let format = format_of(request.headers());
    // Who names no known content type is most likely a person.
    let answer_format = format.unwrap_or(Format::OtlpJson);
    let Some(signal) = signal_of(request.uri().path()) else {
        let detail = "no such path; exports go to /v1/traces, /v1/logs and /v1/metrics";
        return Refusal::new(Kind::NoSuchPath, detail).to_http(answer_format);
    };
    if request.method() != Method::POST {
        let refusal = Refusal::new(Kind::Method, "exports are sent with POST");
        let mut response = refusal.to_http(answer_format);
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return response;
    }
    let mut arrival = Arrival::new(admission, SOURCE, signal, peer, admission.limits.wait);
    let (head, mut body) = request.into_parts();
    let outcome = match format {
        Some(format) => export(&mut arrival, format, &head.headers, &mut body).await,
        None => Err(unknown(Kind::ContentType, &CONTENT_TYPE, &head.headers)),
    };
    match outcome {
        Ok(accepted) => {
            let mut response = Response::new(Full::new(accepted.encode(signal, answer_format)));
            response.headers_mut().insert(CONTENT_TYPE, content_type(answer_format));
            response
        }
        Err(refusal) => {
            arrival.refused(&refusal);
            if head.version < Version::HTTP_2 && !head.headers.contains_key(EXPECT) {
                // What is refused for its size is larger than the limit.
                let bytes_max = admission.limits.request_wire_bytes.saturating_mul(2);
                body::discard(&mut body, bytes_max, admission.limits.wait).await;
            }
            refusal.to_http(answer_format)
        }
    }
}

async fn export(
    arrival: &mut Arrival,
    format: Format,
    headers: &HeaderMap,
    body: &mut Incoming,
) -> Result<Accepted, Refusal> {
    let Some(encoding) = encoding_of(headers) else {
        return Err(unknown(Kind::Encoding, &CONTENT_ENCODING, headers));
    };
    let limits = arrival.limits();
    let bytes_max = match encoding {
        Encoding::Identity => limits.request_wire_bytes.min(limits.request_raw_bytes),
        _ => limits.request_wire_bytes,
    };
    let payload = body::read(arrival, body, bytes_max).await?.into_bytes();
    let body = arrival.inflate(encoding, &payload).await?;
    arrival.submit(format, encoding, payload, body).await
}

fn signal_of(path: &str) -> Option<Signal> {
    match path {
        "/v1/traces" => Some(Signal::Spans),
        "/v1/logs" => Some(Signal::Logs),
        "/v1/metrics" => Some(Signal::Metrics),
        _ => None,
    }
}

fn format_of(headers: &HeaderMap) -> Option<Format> {
    let named = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = named.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/x-protobuf") {
        Some(Format::OtlpProtobuf)
    } else if essence.eq_ignore_ascii_case("application/json") {
        Some(Format::OtlpJson)
    } else {
        None
    }
}

fn encoding_of(headers: &HeaderMap) -> Option<Encoding> {
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    let Some(named) = encodings.next() else { return Some(Encoding::Identity) };
    if encodings.next().is_some() {
        return None;
    }
    match named.to_str().ok()?.trim().to_ascii_lowercase().as_str() {
        "" | "identity" | "none" => Some(Encoding::Identity),
        "gzip" => Some(Encoding::Gzip),
        "zstd" => Some(Encoding::Zstd),
        _ => None,
    }
}

fn unknown(kind: Kind, header: &HeaderName, headers: &HeaderMap) -> Refusal {
    let named = headers.get(header).map_or_else(String::new, |value| format!("{value:?}"));
    let known = match kind {
        Kind::Encoding => "gzip, zstd and identity",
        _ => "application/x-protobuf and application/json",
    };
    Refusal::new(kind, format!("{header} {named} is not supported; {known} are"))
}
