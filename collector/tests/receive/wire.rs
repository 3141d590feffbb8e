//! Requests as clients write them, and answers as they read them.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::Write;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use daymark_model::signal::Signal;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, Method, Request, StatusCode, Version};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics, ScopeMetrics};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use serde_json::Value;

pub(crate) const PROTOBUF: &str = "application/x-protobuf";
pub(crate) const JSON: &str = "application/json";

pub(crate) const TRACES: &str = "/v1/traces";
pub(crate) const EXPORT_TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

pub(crate) fn path(signal: Signal) -> &'static str {
    match signal {
        Signal::Spans => TRACES,
        Signal::Logs => "/v1/logs",
        Signal::Metrics => "/v1/metrics",
    }
}

pub(crate) fn spans(names: &[&str]) -> ExportTraceServiceRequest {
    let spans = names.iter().map(|&name| Span { name: name.into(), ..Span::default() }).collect();
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }],
    }
}

/// One export of two items.
pub(crate) fn body(signal: Signal, content_type: &str) -> Bytes {
    match signal {
        Signal::Spans => written(&spans(&["first", "second"]), content_type),
        Signal::Logs => {
            let log_records = vec![LogRecord::default(), LogRecord::default()];
            let scope_logs = vec![ScopeLogs { log_records, ..ScopeLogs::default() }];
            let resource_logs = vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }];
            written(&ExportLogsServiceRequest { resource_logs }, content_type)
        }
        Signal::Metrics => {
            let metrics = vec![Metric::default(), Metric::default()];
            let scope_metrics = vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }];
            let resource_metrics = vec![ResourceMetrics { scope_metrics, ..ResourceMetrics::default() }];
            written(&ExportMetricsServiceRequest { resource_metrics }, content_type)
        }
    }
}

fn written(request: &(impl Message + serde::Serialize), content_type: &str) -> Bytes {
    match content_type {
        JSON => serde_json::to_vec(request).unwrap().into(),
        _ => request.encode_to_vec().into(),
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap().into()
}

pub(crate) fn zstd(bytes: &[u8]) -> Bytes {
    zstd::encode_all(bytes, 3).unwrap().into()
}

/// A compressed run of this many MiB of zeros.
pub(crate) fn bomb(encoding: &str, mebibytes: usize) -> Bytes {
    let zeros = vec![0; 1 << 20];
    match encoding {
        "gzip" => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            (0..mebibytes).for_each(|_| encoder.write_all(&zeros).unwrap());
            encoder.finish().unwrap().into()
        }
        "zstd" => {
            let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
            (0..mebibytes).for_each(|_| encoder.write_all(&zeros).unwrap());
            encoder.finish().unwrap().into()
        }
        other => panic!("{other} is no compression"),
    }
}

/// A message framed for gRPC.
pub(crate) fn frame(is_compressed: bool, announced: usize, message: &[u8]) -> Bytes {
    let mut frame = BytesMut::new();
    frame.extend_from_slice(&[u8::from(is_compressed)]);
    frame.extend_from_slice(&u32::try_from(announced).unwrap().to_be_bytes());
    frame.extend_from_slice(message);
    frame.freeze()
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) trailers: HeaderMap,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The gRPC status, wherever it stands.
    pub(crate) fn grpc(&self) -> tonic::Status {
        tonic::Status::from_header_map(&self.trailers)
            .or_else(|| tonic::Status::from_header_map(&self.headers))
            .unwrap()
    }
}

/// The parts of `google.rpc.Status` that the tests look at.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Status {
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
    #[prost(string, tag = "2")]
    pub(crate) message: String,
    #[prost(message, repeated, tag = "3")]
    pub(crate) details: Vec<Detail>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Detail {
    #[prost(string, tag = "1")]
    pub(crate) type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) value: Vec<u8>,
}

impl Status {
    /// The last parts of the types of the details.
    pub(crate) fn detail_types(&self) -> Vec<&str> {
        self.details.iter().map(|detail| detail.type_url.rsplit('.').next().unwrap()).collect()
    }
}

/// A request that is not sent yet.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    at: SocketAddr,
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    is_http2: bool,
}

pub(crate) fn post(at: SocketAddr, path: &str) -> Call {
    Call { at, method: Method::POST, path: path.into(), headers: Vec::new(), is_http2: false }
}

/// A unary call as gRPC clients make it.
pub(crate) fn call(at: SocketAddr, path: &str) -> Call {
    post(at, path).http2().header("content-type", "application/grpc").header("te", "trailers")
}

impl Call {
    pub(crate) fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn http2(mut self) -> Self {
        self.is_http2 = true;
        self
    }

    pub(crate) async fn send(self, body: impl Into<Bytes>) -> Answer {
        self.stream(Full::new(body.into())).await
    }

    pub(crate) async fn stream<B>(self, body: B) -> Answer
    where
        B: Body<Data = Bytes, Error = Infallible> + Send + Unpin + 'static,
    {
        let mut client = Client::builder(TokioExecutor::new());
        let client = client.http2_only(self.is_http2).build_http();
        let mut request = Request::builder()
            .method(self.method)
            .uri(format!("http://{}{}", self.at, self.path))
            .version(if self.is_http2 { Version::HTTP_2 } else { Version::HTTP_11 });
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let response = client.request(request.body(body).unwrap()).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap();
        let trailers = body.trailers().cloned().unwrap_or_default();
        Answer { status: head.status, headers: head.headers, body: body.to_bytes(), trailers }
    }
}

/// A body of unannounced length.
#[derive(Debug)]
pub(crate) struct Pieces {
    left: VecDeque<Bytes>,
    /// After the last piece neither ends nor goes on.
    hangs: bool,
}

impl Pieces {
    pub(crate) fn ending(pieces: impl IntoIterator<Item = Bytes>) -> Self {
        Self { left: pieces.into_iter().collect(), hangs: false }
    }

    pub(crate) fn hanging(pieces: impl IntoIterator<Item = Bytes>) -> Self {
        Self { left: pieces.into_iter().collect(), hangs: true }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.left.pop_front() {
            Some(piece) => Poll::Ready(Some(Ok(Frame::data(piece)))),
            None if self.hangs => Poll::Pending,
            None => Poll::Ready(None),
        }
    }
}
