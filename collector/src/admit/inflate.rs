//! Decompression that stops at the limits.
//!
//! Bytes are decompressed in steps, so that the caller can take room for the next step, let other requests
//! run in between, and stop when the client is gone. A body that grows past the raw limit, or by more than
//! the allowed ratio, is given up at the step in which that shows; what its header claims is only a hint.

use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::buf::Reader;
use bytes::{Buf, Bytes};
use daymark_model::limits::{IntakeLimits, KIB};
use daymark_model::wire::Encoding;
use flate2::bufread::MultiGzDecoder;
use zstd::stream::read::Decoder as ZstdDecoder;

/// What one step adds at most.
pub(crate) const STEP_BYTES: usize = 256 * KIB;
/// The claimed size is believed up to this ratio when memory is reserved.
const BELIEVED_RATIO: usize = 16;
/// Windows of zstd up to 64 MiB.
const ZSTD_WINDOW_LOG_MAX: u32 = 26;

/// A body that is being decompressed.
pub(crate) struct Inflate {
    source: Source,
    wire_bytes: usize,
    raw: Vec<u8>,
}

enum Source {
    Gzip(Box<MultiGzDecoder<Reader<Bytes>>>),
    Zstd(ZstdDecoder<'static, Reader<Bytes>>),
}

/// Why a body cannot be decompressed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Bad {
    TooLarge,
    Bomb,
    Damaged(String),
}

impl Inflate {
    /// `None` when the bytes are not compressed in a way that travels.
    pub(crate) fn new(encoding: Encoding, wire: &Bytes, limits: &IntakeLimits) -> Result<Option<Self>, Bad> {
        let (source, claimed) = match encoding {
            Encoding::Gzip => {
                let decoder = MultiGzDecoder::new(wire.clone().reader());
                (Source::Gzip(Box::new(decoder)), claimed_by_gzip(wire))
            }
            Encoding::Zstd => (Source::Zstd(zstd_decoder(wire)?), claimed_by_zstd(wire)),
            Encoding::Identity | Encoding::Lz4 => return Ok(None),
        };
        let believed = wire.len().saturating_mul(BELIEVED_RATIO).min(limits.request_raw_bytes);
        let raw = Vec::with_capacity(claimed.min(believed));
        Ok(Some(Self { source, wire_bytes: wire.len(), raw }))
    }

    /// The memory that the next step may need in all.
    pub(crate) fn needs_bytes(&self) -> usize {
        self.raw.capacity().max(self.raw.len() + STEP_BYTES)
    }

    /// Decompresses one step further; false when that was the last one.
    pub(crate) fn step(&mut self, limits: &IntakeLimits) -> Result<bool, Bad> {
        let Self { source, raw, .. } = self;
        // A panic inside a decoder is the sender's doing and costs only this request.
        let read = catch_unwind(AssertUnwindSafe(|| match source {
            Source::Gzip(gzip) => gzip.take(STEP_BYTES as u64).read_to_end(raw),
            Source::Zstd(zstd) => zstd.take(STEP_BYTES as u64).read_to_end(raw),
        }));
        let read =
            read.map_err(|_| Bad::Damaged("the compressed body cannot be read".into()))?.map_err(damaged)?;
        let raw_bytes = self.raw.len();
        if raw_bytes > limits.ratio_from_bytes && raw_bytes > self.wire_bytes.saturating_mul(limits.ratio_max)
        {
            return Err(Bad::Bomb);
        }
        if raw_bytes > limits.request_raw_bytes {
            return Err(Bad::TooLarge);
        }
        Ok(read == STEP_BYTES)
    }

    pub(crate) fn into_raw(self) -> Bytes {
        self.raw.into()
    }
}

fn zstd_decoder(wire: &Bytes) -> Result<ZstdDecoder<'static, Reader<Bytes>>, Bad> {
    let mut decoder = ZstdDecoder::with_buffer(wire.clone().reader()).map_err(damaged)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(damaged)?;
    Ok(decoder)
}

#[expect(clippy::needless_pass_by_value, reason = "stands in map_err")]
fn damaged(error: io::Error) -> Bad {
    Bad::Damaged(format!("the compressed body is damaged: {error}"))
}

/// The last four bytes of a gzip member: its raw length modulo 4 GiB.
fn claimed_by_gzip(wire: &[u8]) -> usize {
    wire.last_chunk().map_or(0, |tail| u32::from_le_bytes(*tail) as usize)
}

fn claimed_by_zstd(wire: &[u8]) -> usize {
    let claimed = zstd::zstd_safe::get_frame_content_size(wire).ok().flatten().unwrap_or_default();
    usize::try_from(claimed).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
