//! What unpacks pages. To make it takes longer than to unpack a small page, so it is kept between reads.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::compression::{Codec, CodecOptionsBuilder, create_codec};
use parquet::errors::{ParquetError, Result};
use zstd::bulk::Decompressor;

use crate::read_cache::ReadCache;

/// What unpacks pages, made when it is first needed.
#[derive(Default)]
pub(crate) struct Codecs {
    zstd: Option<Decompressor<'static>>,
    lz4: Option<Box<dyn Codec>>,
}

impl Codecs {
    fn open(&mut self, compression: Compression, packed: Bytes, size: usize) -> Result<Bytes> {
        if compression == Compression::UNCOMPRESSED {
            return Ok(packed);
        }
        let mut bytes = Vec::with_capacity(size);
        match compression {
            // A page without values has nothing to unpack.
            _ if size == 0 => {}
            Compression::ZSTD(_) => {
                let zstd = match &mut self.zstd {
                    Some(zstd) => zstd,
                    none => none.insert(Decompressor::new()?),
                };
                zstd.decompress_to_buffer(&packed, &mut bytes)?;
            }
            Compression::LZ4_RAW => {
                if self.lz4.is_none() {
                    self.lz4 = create_codec(compression, &CodecOptionsBuilder::default().build())?;
                }
                if let Some(lz4) = &mut self.lz4 {
                    lz4.decompress(&packed, &mut bytes, Some(size))?;
                }
            }
            other => return Err(ParquetError::General(format!("a page compressed with {other}"))),
        }
        if bytes.len() != size {
            return Err(ParquetError::General("a page that unpacks to another length".to_owned()));
        }
        Ok(bytes.into())
    }
}

/// Codecs of one read, which go back where they came from.
pub(crate) struct Lent {
    codecs: Mutex<Codecs>,
    owner: Option<Arc<ReadCache>>,
}

impl Lent {
    pub(crate) fn by(owner: Option<Arc<ReadCache>>) -> Self {
        let codecs = owner.as_ref().map(|owner| owner.lend()).unwrap_or_default();
        Self { codecs: Mutex::new(codecs), owner }
    }

    pub(crate) fn open(&self, compression: Compression, packed: Bytes, size: usize) -> Result<Bytes> {
        self.codecs.lock().unwrap_or_else(PoisonError::into_inner).open(compression, packed, size)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(owner) = &self.owner {
            owner.take_back(std::mem::take(self.codecs.get_mut().unwrap_or_else(PoisonError::into_inner)));
        }
    }
}
