//! The layout of version 1, built here field by field from docs/formats/wal.md. These tests must never
//! change for that version: they stand for the files that are out there.

use std::path::Path;

use daymark_model::id::Lsn;
use daymark_model::signal::Signal;
use daymark_model::wire::{Encoding, Format};
use daymark_wal::What;

use crate::world::{DIR, drain, new_fs, open, origin, plant, put, record, reread, same};

/// One field after the other, as in the byte tables.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn u8(self, value: u8) -> Self {
        self.raw(&[value])
    }

    fn u16(self, value: u16) -> Self {
        self.raw(&value.to_le_bytes())
    }

    fn u32(self, value: u32) -> Self {
        self.raw(&value.to_le_bytes())
    }

    fn u64(self, value: u64) -> Self {
        self.raw(&value.to_le_bytes())
    }
}

fn file_header(number: u64, first: u64, chain: u32) -> Vec<u8> {
    let header = Bytes::default().raw(b"DMWL").u16(1).raw(&[7; 16]).u64(number).u64(first).u32(chain);
    let crc = crc32c::crc32c(&header.0);
    header.u32(crc).0
}

struct Fields<'a> {
    encoding: u8,
    flags: u8,
    items: u32,
    lsn: u64,
    raw_len: u32,
    hash: [u8; 16],
    payload: &'a [u8],
}

/// A record of logs in OTLP protobuf, its source `otlp`, its tier `edge`, its tenant `default`.
fn record_bytes(fields: &Fields<'_>) -> Vec<u8> {
    let meta = Bytes::default();
    let meta = meta.u8(1).u16(4).raw(b"otlp").u8(2).u16(4).raw(b"edge").u8(3).u16(7).raw(b"default").0;
    let checked = Bytes::default()
        .u8(2)
        .u8(1)
        .u8(fields.encoding)
        .u8(fields.flags)
        .u32(0)
        .u32(fields.items)
        .u64(fields.lsn)
        .u64(1_700_000_000_000_000_000)
        .u32(fields.raw_len)
        .u16(u16::try_from(meta.len()).unwrap())
        .raw(&fields.hash)
        .raw(&meta)
        .raw(fields.payload)
        .0;
    let len = u32::try_from(checked.len()).unwrap();
    Bytes::default().raw(b"DMWR").u32(len).u32(crc32c::crc32c(&checked)).raw(&checked).0
}

fn fields_of(lsn: u64, flags: u8, payload: &[u8]) -> Fields<'_> {
    let made = record(lsn, payload.len());
    let (items, raw_len, hash) = (made.items, made.raw_len, made.batch_hash);
    Fields { encoding: 0, flags, items, lsn, raw_len, hash, payload }
}

/// Scenario: the log writes two groups of one record. Guarantee: the bytes of version 1, then zeros.
#[test]
fn writes_version_1() {
    let fs = new_fs();
    let (wal, _) = open(&fs, 1).unwrap();
    put(&wal, 1, 24).unwrap();
    put(&wal, 2, 40).unwrap();
    wal.close();

    let mut expected = file_header(1, 1, 0);
    expected.extend(record_bytes(&fields_of(1, 3, &record(1, 24).payload)));
    expected.extend(record_bytes(&fields_of(2, 1, &record(2, 40).payload)));
    expected.resize(2048, 0);
    assert_eq!(daymark_vfs::Vfs::read(&fs, &Path::new(DIR).join("000000000001.wal")).unwrap(), expected);
}

/// Scenario: two files of version 1, the second linked to the first. Guarantee: every field is read back,
/// and new numbers follow.
#[test]
fn reads_version_1() {
    let fs = new_fs();
    let body = record(1, 64).payload;
    let packed = zstd::bulk::compress(&body, 3).unwrap();
    let first = record_bytes(&fields_of(1, 3, &body));
    let second = record_bytes(&Fields { encoding: 2, raw_len: 64, ..fields_of(2, 1, &packed) });
    let chain = u32::from_le_bytes(first[8..12].try_into().unwrap());
    plant(&fs, "000000000004.wal", &[file_header(4, 1, 0), first].concat());
    plant(&fs, "000000000005.wal", &[file_header(5, 2, chain), second].concat());

    let (wal, replay) = open(&fs, 1).unwrap();
    assert_eq!(replay.first(), Some(Lsn(1)));
    let records: Vec<_> = replay.map(Result::unwrap).collect();
    assert_eq!(records.len(), 2);
    for (record, lsn) in records.iter().zip(1..) {
        assert_eq!(
            (record.lsn, record.signal, record.format),
            (Lsn(lsn), Signal::Logs, Format::OtlpProtobuf)
        );
        assert_eq!((&record.origin, record.body().unwrap()), (&origin(), body.clone()));
        assert_eq!(record.items, u32::try_from(lsn).unwrap() + 1);
    }
    assert_eq!(
        records.iter().map(|record| record.encoding).collect::<Vec<_>>(),
        [Encoding::Identity, Encoding::Zstd]
    );
    assert_eq!(put(&wal, 3, 8).unwrap(), Lsn(3));
}

/// Scenario: a file of a later version. Guarantee: the log is refused, not misread.
#[test]
fn refuses_other_versions_and_other_servers() {
    let mut later = file_header(1, 1, 0);
    later[4] = 2;
    let crc = crc32c::crc32c(&later[..42]);
    later[42..].copy_from_slice(&crc.to_le_bytes());
    let mut foreign = file_header(1, 1, 0);
    foreign[6] = 8;
    let crc = crc32c::crc32c(&foreign[..42]);
    foreign[42..].copy_from_slice(&crc.to_le_bytes());
    for (bytes, message) in [(later, "format version 2"), (foreign, "belongs to another server")] {
        let fs = new_fs();
        plant(&fs, "000000000001.wal", &bytes);
        let error = open(&fs, 1).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

/// Scenario: a recycled file whose new name is durable and whose new header is not. Guarantee: its old
/// records are no part of the log.
#[test]
fn ignores_a_file_that_was_never_begun() {
    let fs = new_fs();
    let first = record_bytes(&fields_of(1, 3, &record(1, 24).payload));
    let stale = record_bytes(&fields_of(9, 3, &record(9, 24).payload));
    plant(&fs, "000000000004.wal", &[file_header(4, 1, 0), first].concat());
    plant(&fs, "000000000005.wal", &[file_header(2, 9, 0), stale].concat());
    let (wal, replay) = open(&fs, 1).unwrap();
    let got = drain(replay);
    assert_eq!((got.records, got.damage), (same([1]), vec![]));
    assert_eq!(put(&wal, 2, 8).unwrap(), Lsn(2));
}

/// Scenario: an intact record of a signal, format, encoding or tier that this version does not know. Guarantee:
/// it is told of with its items, and its neighbours come back.
#[test]
fn tells_of_unknown_codes() {
    let known = record_bytes(&fields_of(2, 1, &record(2, 24).payload));
    // Signal, format, encoding, and the tier's name in the meta.
    for (at, value) in [(12, 9), (13, 9), (14, 9), (62 + 7 + 3, b'x')] {
        let mut unknown = known.clone();
        unknown[at] = value;
        let crc = crc32c::crc32c(&unknown[12..]);
        unknown[8..12].copy_from_slice(&crc.to_le_bytes());
        let [first, last] = [1, 3].map(|lsn| record_bytes(&fields_of(lsn, 1, &record(lsn, 24).payload)));
        let fs = new_fs();
        plant(&fs, "000000000001.wal", &[file_header(1, 1, 0), first, unknown, last].concat());
        let got = reread(&fs, 1);
        assert_eq!(got.records, same([1, 3]));
        let [damage] = &got.damage[..] else { panic!("{:?}", got.damage) };
        assert_eq!((damage.what, damage.first, damage.items), (What::Content, Lsn(2), Some(3)));
    }
}
