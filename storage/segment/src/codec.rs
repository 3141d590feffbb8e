//! The bytes of index files: little-endian numbers behind a magic, ended by a crc32c of all before it.

use std::path::Path;

use crate::error::{Error, Result};

const CRC_BYTES: usize = 4;

#[derive(Debug)]
pub(crate) struct Encoder(Vec<u8>);

impl Encoder {
    pub(crate) fn new(magic: [u8; 4]) -> Self {
        Self(magic.to_vec())
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn i64(&mut self, value: i64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    /// The number of entries that follow.
    pub(crate) fn count(&mut self, count: usize) {
        self.u32(u32::try_from(count).expect("a segment numbers its rows in 32 bits, and entries with them"));
    }

    /// Bytes behind their length.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        let crc = crc32c::crc32c(&self.0);
        self.u32(crc);
        self.0
    }
}

/// All but the checksum, which fits.
pub(crate) fn checked<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a [u8]> {
    let (body, crc) =
        bytes.split_last_chunk::<CRC_BYTES>().ok_or_else(|| Error::corrupt(path, "too short"))?;
    if crc32c::crc32c(body) != u32::from_le_bytes(*crc) {
        return Err(Error::corrupt(path, "its checksum does not fit"));
    }
    Ok(body)
}

/// Reads back what [`Encoder`] wrote. Every read fails on a short file instead of panicking.
#[derive(Debug)]
pub(crate) struct Decoder<'a> {
    path: &'a Path,
    left: &'a [u8],
}

impl<'a> Decoder<'a> {
    /// Checks the magic and the checksum.
    pub(crate) fn new(path: &'a Path, magic: [u8; 4], bytes: &'a [u8]) -> Result<Self> {
        Self::of_checked(path, magic, checked(path, bytes)?)
    }

    /// Over what [`checked`] answered.
    pub(crate) fn of_checked(path: &'a Path, magic: [u8; 4], body: &'a [u8]) -> Result<Self> {
        let left = body.strip_prefix(&magic).ok_or_else(|| Error::corrupt(path, "another kind of file"))?;
        Ok(Self { path, left })
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (head, left) =
            self.left.split_first_chunk().ok_or_else(|| Error::corrupt(self.path, "too short"))?;
        self.left = left;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(crate) fn i64(&mut self) -> Result<i64> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    /// A number of entries of at least `bytes` each; more than the file can hold is damage.
    pub(crate) fn count(&mut self, bytes: usize) -> Result<usize> {
        let count = self.u32()? as usize;
        if count > self.left.len() / bytes.max(1) {
            return Err(Error::corrupt(self.path, "counts more than it holds"));
        }
        Ok(count)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8]> {
        self.array_of(1)
    }

    /// The bytes of counted entries of `bytes` each.
    pub(crate) fn array_of(&mut self, bytes: usize) -> Result<&'a [u8]> {
        let len = self.count(bytes)? * bytes;
        let (head, left) = self.left.split_at(len);
        self.left = left;
        Ok(head)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Error::corrupt(self.path, "text that is not UTF-8"))
    }

    /// That nothing is left.
    pub(crate) fn end(self) -> Result<()> {
        if self.left.is_empty() { Ok(()) } else { Err(Error::corrupt(self.path, "bytes after its end")) }
    }
}
