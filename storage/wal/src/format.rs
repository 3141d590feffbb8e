//! The layout of files and records, version 1, byte for byte as docs/formats/wal.md tells it. All numbers
//! are little endian. Nothing here reads or writes a file.

use bytes::Buf;
use daymark_model::id::Lsn;

pub(crate) const VERSION: u16 = 1;
pub(crate) const FILE_HEADER_BYTES: usize = 46;
pub(crate) const RECORD_HEADER_BYTES: usize = 62;
/// Zeros after the last record: what tells its end from the remains of a recycled file.
pub(crate) const END_BYTES: usize = 4;
pub(crate) const RECORD_MAGIC: [u8; 4] = *b"DMWR";
const FILE_MAGIC: [u8; 4] = *b"DMWL";
/// Magic, length and checksum: what the checksum does not cover.
const UNCHECKED_BYTES: usize = 12;
/// Flag of the first record of a group. It proves that all records before it were synced.
pub(crate) const STARTS_GROUP: u8 = 1;
/// Flag of the first record after the log was opened. The last group before it may never have been synced.
pub(crate) const STARTS_RUN: u8 = 2;

/// The head of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileHeader {
    pub(crate) node: [u8; 16],
    pub(crate) number: u64,
    /// The lowest number the file may hold. What earlier files have from here on is void.
    pub(crate) first: Lsn,
    /// The checksum of the last record before this file.
    pub(crate) chain: u32,
}

/// What the first bytes of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileHead {
    Sound(FileHeader),
    Version(u16),
    /// All zero: the file was made and never begun.
    Blank,
    Damaged,
}

impl FileHeader {
    pub(crate) fn to_bytes(self) -> [u8; FILE_HEADER_BYTES] {
        let mut bytes = [0; FILE_HEADER_BYTES];
        bytes[..4].copy_from_slice(&FILE_MAGIC);
        bytes[4..6].copy_from_slice(&VERSION.to_le_bytes());
        bytes[6..22].copy_from_slice(&self.node);
        bytes[22..30].copy_from_slice(&self.number.to_le_bytes());
        bytes[30..38].copy_from_slice(&self.first.0.to_le_bytes());
        bytes[38..42].copy_from_slice(&self.chain.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..42]);
        bytes[42..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }
}

impl FileHead {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let Some(bytes) = bytes.first_chunk::<FILE_HEADER_BYTES>() else {
            return if bytes.iter().all(|byte| *byte == 0) { Self::Blank } else { Self::Damaged };
        };
        if *bytes == [0; FILE_HEADER_BYTES] {
            return Self::Blank;
        }
        let (mut fields, mut crc) = bytes.split_at(FILE_HEADER_BYTES - 4);
        if crc.get_u32_le() != crc32c::crc32c(fields) || !fields.starts_with(&FILE_MAGIC) {
            return Self::Damaged;
        }
        fields.advance(FILE_MAGIC.len());
        let version = fields.get_u16_le();
        if version != VERSION {
            return Self::Version(version);
        }
        let mut node = [0; 16];
        fields.copy_to_slice(&mut node);
        let (number, first, chain) = (fields.get_u64_le(), Lsn(fields.get_u64_le()), fields.get_u32_le());
        Self::Sound(FileHeader { node, number, first, chain })
    }
}

/// The head of a record, its codes as they stand in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordHeader {
    pub(crate) signal: u8,
    pub(crate) format: u8,
    pub(crate) encoding: u8,
    pub(crate) flags: u8,
    pub(crate) items: u32,
    pub(crate) lsn: Lsn,
    pub(crate) received: i64,
    pub(crate) raw_len: u32,
    pub(crate) batch_hash: [u8; 16],
}

/// A head as found in a file, with what stands before the checked bytes. Nothing of it is proved yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FoundHeader {
    pub(crate) header: RecordHeader,
    pub(crate) has_magic: bool,
    pub(crate) len: u32,
    pub(crate) crc: u32,
    pub(crate) meta_len: u16,
}

/// The largest meta and payload that one record holds.
pub(crate) fn fits(meta: usize, payload: usize) -> bool {
    let checked = RECORD_HEADER_BYTES - UNCHECKED_BYTES + meta + payload;
    u16::try_from(meta).is_ok() && u32::try_from(checked).is_ok()
}

impl RecordHeader {
    /// Appends the record to `out` and returns its checksum. `meta` and `payload` must fit.
    pub(crate) fn write(&self, meta: &[u8], payload: &[u8], out: &mut Vec<u8>) -> u32 {
        let start = out.len();
        let len = RECORD_HEADER_BYTES - UNCHECKED_BYTES + meta.len() + payload.len();
        let len = u32::try_from(len).expect("append refuses what does not fit");
        let meta_len = u16::try_from(meta.len()).expect("append refuses what does not fit");
        out.extend_from_slice(&RECORD_MAGIC);
        out.extend_from_slice(&len.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&[self.signal, self.format, self.encoding, self.flags]);
        // The tenant's number; its name stands in the meta.
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&self.items.to_le_bytes());
        out.extend_from_slice(&self.lsn.0.to_le_bytes());
        out.extend_from_slice(&self.received.to_le_bytes());
        out.extend_from_slice(&self.raw_len.to_le_bytes());
        out.extend_from_slice(&meta_len.to_le_bytes());
        out.extend_from_slice(&self.batch_hash);
        out.extend_from_slice(meta);
        out.extend_from_slice(payload);
        let crc = crc32c::crc32c(&out[start + UNCHECKED_BYTES..]);
        out[start + 8..start + UNCHECKED_BYTES].copy_from_slice(&crc.to_le_bytes());
        crc
    }
}

impl FoundHeader {
    /// Reads the bytes as the head of a record, whatever they are; `None` when they are too few.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut bytes = bytes.get(..RECORD_HEADER_BYTES)?;
        let has_magic = bytes.starts_with(&RECORD_MAGIC);
        bytes.advance(RECORD_MAGIC.len());
        let (len, crc) = (bytes.get_u32_le(), bytes.get_u32_le());
        let [signal, format, encoding, flags] =
            [bytes.get_u8(), bytes.get_u8(), bytes.get_u8(), bytes.get_u8()];
        bytes.advance(4);
        let (items, lsn, received) = (bytes.get_u32_le(), Lsn(bytes.get_u64_le()), bytes.get_i64_le());
        let (raw_len, meta_len) = (bytes.get_u32_le(), bytes.get_u16_le());
        let mut batch_hash = [0; 16];
        bytes.copy_to_slice(&mut batch_hash);
        let header =
            RecordHeader { signal, format, encoding, flags, items, lsn, received, raw_len, batch_hash };
        Some(Self { header, has_magic, len, crc, meta_len })
    }

    /// Bytes of the whole record.
    pub(crate) fn size(&self) -> usize {
        UNCHECKED_BYTES.saturating_add(usize::try_from(self.len).unwrap_or(usize::MAX))
    }

    /// Whether `bytes`, which begin with this head, hold the record whole and unchanged.
    pub(crate) fn is_sound(&self, bytes: &[u8]) -> bool {
        let head = RECORD_HEADER_BYTES + usize::from(self.meta_len);
        self.has_magic
            && self.size() >= head
            && bytes
                .get(UNCHECKED_BYTES..self.size())
                .is_some_and(|checked| crc32c::crc32c(checked) == self.crc)
    }

    /// The item count of a record that fails its checksum: what stands there, or what stood there if one
    /// flipped bit of the count itself is the damage.
    pub(crate) fn items_of_damaged(&self, bytes: &[u8]) -> u32 {
        const ITEMS_AT: usize = 20;
        let whole = bytes.get(..self.size()).filter(|whole| whole.len() >= RECORD_HEADER_BYTES);
        let Some(mut record) = whole.map(<[u8]>::to_vec) else { return self.header.items };
        let repaired = (0..u32::BITS).map(|bit| self.header.items ^ (1 << bit)).find(|items| {
            record[ITEMS_AT..ITEMS_AT + 4].copy_from_slice(&items.to_le_bytes());
            self.is_sound(&record)
        });
        repaired.unwrap_or(self.header.items)
    }
}
