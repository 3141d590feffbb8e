//! One export on its way: compressed as wanted, sent over HTTP or gRPC, and its answer understood. Only a
//! full success counts as an ack.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use bytes::{Buf, BufMut, Bytes};
use clap::ValueEnum;
use daymark_workload::{Request as Export, Signal};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{Request, StatusCode, header, uri::PathAndQuery};
use http_body_util::Full;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Code, Status, client::Grpc};

use crate::client::Client;

const PATIENCE: Duration = Duration::from_secs(60);
const RETRY: Duration = Duration::from_millis(200);
const ZSTD_LEVEL: i32 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    Http,
    Grpc,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Encoding {
    None,
    Gzip,
    Zstd,
}

/// A way to the server. Clones share it: a pool of connections over HTTP, one connection over gRPC.
#[derive(Clone, Debug)]
pub enum Sender {
    Http { client: Client, base: String, encoding: Encoding },
    Grpc { channel: Channel, encoding: Encoding },
}

/// An export ready to be sent.
#[derive(Clone, Debug)]
pub struct Packed {
    pub signal: Signal,
    pub items: usize,
    pub body: Bytes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Acked,
    /// Sent back for now; to be tried again after a while.
    Later(Duration),
}

impl Sender {
    pub async fn connect(
        protocol: Protocol,
        encoding: Encoding,
        http: SocketAddr,
        grpc: SocketAddr,
    ) -> anyhow::Result<Self> {
        Ok(match protocol {
            Protocol::Http => Self::Http { client: Client::new(), base: format!("http://{http}"), encoding },
            Protocol::Grpc => {
                let channel = Channel::from_shared(format!("http://{grpc}"))?.connect().await;
                Self::Grpc { channel: channel.with_context(|| format!("gRPC at {grpc}"))?, encoding }
            }
        })
    }

    /// Compresses what HTTP carries; gRPC compresses on its way.
    pub fn pack(&self, export: Export) -> anyhow::Result<Packed> {
        let body = match self {
            Self::Http { encoding, .. } => compressed(*encoding, export.body)?,
            Self::Grpc { .. } => export.body,
        };
        Ok(Packed { signal: export.signal, items: export.items, body: Bytes::from(body) })
    }

    pub async fn send(&self, packed: &Packed) -> anyhow::Result<Outcome> {
        match self {
            Self::Http { client, base, encoding } => http(client, base, *encoding, packed).await,
            Self::Grpc { channel, encoding } => grpc(channel.clone(), *encoding, packed).await,
        }
    }
}

async fn http(client: &Client, base: &str, encoding: Encoding, packed: &Packed) -> anyhow::Result<Outcome> {
    let mut request = Request::post(format!("{base}{}", packed.signal.http_path()))
        .header(header::CONTENT_TYPE, "application/x-protobuf");
    match encoding {
        Encoding::None => {}
        Encoding::Gzip => request = request.header(header::CONTENT_ENCODING, "gzip"),
        Encoding::Zstd => request = request.header(header::CONTENT_ENCODING, "zstd"),
    }
    let answer = client.ask(request.body(Full::new(packed.body.clone()))?, PATIENCE).await?;
    match answer.status {
        StatusCode::OK => accepted(answer.body),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            Ok(Outcome::Later(answer.retry_after().unwrap_or(RETRY)))
        }
        status => bail!("{} answered {status}: {}", packed.signal.http_path(), answer.text()),
    }
}

async fn grpc(channel: Channel, encoding: Encoding, packed: &Packed) -> anyhow::Result<Outcome> {
    let mut client = Grpc::new(channel);
    match encoding {
        Encoding::None => {}
        Encoding::Gzip => client = client.send_compressed(CompressionEncoding::Gzip),
        Encoding::Zstd => client = client.send_compressed(CompressionEncoding::Zstd),
    }
    client.ready().await.context("gRPC connection")?;
    let path = PathAndQuery::from_static(packed.signal.grpc_path());
    let answered = client.unary(tonic::Request::new(packed.body.clone()), path, AsIs);
    match tokio::time::timeout(PATIENCE, answered).await.context("gRPC: no answer")? {
        Ok(answer) => accepted(answer.into_inner()),
        Err(status) if matches!(status.code(), Code::Unavailable | Code::ResourceExhausted) => {
            Ok(Outcome::Later(RETRY))
        }
        Err(status) => bail!("{} answered {status}", packed.signal.grpc_path()),
    }
}

/// All three kinds of response share their form.
fn accepted(body: Bytes) -> anyhow::Result<Outcome> {
    let response = ExportTraceServiceResponse::decode(body).context("the response of an export")?;
    if let Some(partial) = response.partial_success {
        let rejected = partial.rejected_spans;
        ensure!(rejected == 0, "{rejected} items were rejected: {}", partial.error_message);
    }
    Ok(Outcome::Acked)
}

fn compressed(encoding: Encoding, body: Vec<u8>) -> anyhow::Result<Vec<u8>> {
    Ok(match encoding {
        Encoding::None => body,
        Encoding::Gzip => {
            let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::new(6));
            encoder.write_all(&body)?;
            encoder.finish()?
        }
        Encoding::Zstd => zstd::bulk::compress(&body, ZSTD_LEVEL)?,
    })
}

/// A gRPC codec for messages that are already encoded.
#[derive(Clone, Copy, Debug, Default)]
struct AsIs;

impl Codec for AsIs {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for AsIs {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put(item);
        Ok(())
    }
}

impl Decoder for AsIs {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}
