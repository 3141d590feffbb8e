//! What is appended and what comes back. A payload is kept as received; only larger bodies that came
//! uncompressed are kept as lz4.

use std::io::Read;

use bytes::Bytes;
use daymark_model::id::Lsn;
use daymark_model::limits::{IntakeLimits, WAL_COMPRESS_FROM_BYTES};
use daymark_model::origin::Origin;
use daymark_model::signal::Signal;
use daymark_model::time::Nanos;
use daymark_model::wire::{Encoding, Format};

use crate::compress::Compressor;
use crate::error::Error;
use crate::format::{FoundHeader, RECORD_HEADER_BYTES, RecordHeader, fits};

/// A batch to be kept.
#[derive(Clone, Debug)]
pub struct NewRecord {
    pub origin: Origin,
    pub signal: Signal,
    pub format: Format,
    pub encoding: Encoding,
    /// The body as received.
    pub payload: Bytes,
    /// Bytes of the body decompressed.
    pub raw_len: u32,
    pub items: u32,
    /// xxh3-128 of the decompressed body.
    pub batch_hash: [u8; 16],
}

/// A record ready to be written, but for its number and its place in a group.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) header: RecordHeader,
    pub(crate) meta: Vec<u8>,
    pub(crate) payload: Bytes,
}

impl NewRecord {
    /// Compresses and measures; all the work that needs no order.
    pub(crate) fn prepare(self, compressor: &Compressor) -> Result<Prepared, Error> {
        let meta = self.origin.to_bytes();
        let (encoding, payload) = compressed(self.encoding, self.payload, compressor);
        if !fits(meta.len(), payload.len()) {
            return Err(Error::TooLarge { bytes: meta.len().saturating_add(payload.len()) });
        }
        let header = RecordHeader {
            signal: self.signal.code(),
            format: self.format.code(),
            encoding: encoding.code(),
            flags: 0,
            items: self.items,
            lsn: Lsn(0),
            received: self.origin.received.0,
            raw_len: self.raw_len,
            batch_hash: self.batch_hash,
        };
        Ok(Prepared { header, meta, payload })
    }
}

fn compressed(encoding: Encoding, payload: Bytes, compressor: &Compressor) -> (Encoding, Bytes) {
    if encoding != Encoding::Identity || payload.len() <= WAL_COMPRESS_FROM_BYTES {
        return (encoding, payload);
    }
    match compressor.lz4(&payload) {
        Some(smaller) => (Encoding::Lz4, smaller),
        None => (encoding, payload),
    }
}

impl Prepared {
    /// Bytes of the record in the file.
    pub(crate) fn size(&self) -> usize {
        RECORD_HEADER_BYTES + self.meta.len() + self.payload.len()
    }
}

/// A record of the log, read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub lsn: Lsn,
    pub origin: Origin,
    pub signal: Signal,
    pub format: Format,
    /// How `payload` is compressed.
    pub encoding: Encoding,
    pub payload: Bytes,
    pub raw_len: u32,
    pub items: u32,
    pub batch_hash: [u8; 16],
}

impl Record {
    /// The record of bytes whose checksum held; `None` when a code or the origin is not of this version.
    pub(crate) fn read(found: &FoundHeader, bytes: &Bytes) -> Option<Self> {
        let header = found.header;
        let payload_at = RECORD_HEADER_BYTES + usize::from(found.meta_len);
        let meta = bytes.get(RECORD_HEADER_BYTES..payload_at)?;
        Some(Self {
            lsn: header.lsn,
            origin: Origin::from_bytes(meta, Nanos(header.received)).ok()?,
            signal: Signal::from_code(header.signal)?,
            format: Format::from_code(header.format)?,
            encoding: Encoding::from_code(header.encoding)?,
            payload: bytes.slice(payload_at..),
            raw_len: header.raw_len,
            items: header.items,
            batch_hash: header.batch_hash,
        })
    }

    /// The decompressed body. Never more than the `raw_len` bytes that were admitted.
    pub fn body(&self) -> Result<Bytes, Error> {
        let mismatch = || Error::Payload { lsn: self.lsn.0, raw_len: self.raw_len };
        let len = usize::try_from(self.raw_len).map_err(|_| mismatch())?;
        let body = match self.encoding {
            Encoding::Identity => Ok(self.payload.clone()),
            Encoding::Lz4 => lz4_flex::block::decompress(&self.payload, len)
                .map(Bytes::from)
                .map_err(|_| std::io::ErrorKind::InvalidData.into()),
            Encoding::Gzip => read_capped(flate2::bufread::MultiGzDecoder::new(&*self.payload), len),
            Encoding::Zstd => zstd::stream::read::Decoder::with_buffer(&*self.payload)
                .and_then(|stream| read_capped(stream, len)),
        };
        body.ok().filter(|body| body.len() == len).ok_or_else(mismatch)
    }
}

/// Reads one byte more than the cap at most, so that a longer stream is recognised.
fn read_capped(stream: impl Read, cap: usize) -> std::io::Result<Bytes> {
    let mut body = Vec::with_capacity(cap.min(IntakeLimits::default().request_raw_bytes) + 1);
    stream.take(cap as u64 + 1).read_to_end(&mut body)?;
    Ok(body.into())
}
