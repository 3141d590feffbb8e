//! A log on a faulty file system, and records to tell apart.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use daymark_model::id::Lsn;
use daymark_model::origin::{Origin, Tier};
use daymark_model::signal::Signal;
use daymark_model::time::{ManualClock, Nanos};
use daymark_model::wire::{Encoding, Format};
use daymark_vfs::fault::FaultFs;
use daymark_vfs::{Vfs, VfsFile};
use daymark_wal::{Ack, Damage, Error, NewRecord, Options, Record, Replay, Wal};

pub(crate) const DIR: &str = "/data/wal";

/// Files of a few records each.
pub(crate) fn options() -> Options {
    Options { file_bytes: 2048, group_bytes: 1024, node: [7; 16], ack: Ack::Fsync }
}

pub(crate) fn open(fs: &FaultFs, low: u64) -> Result<(Wal, Replay), Error> {
    open_with(fs, &options(), low)
}

pub(crate) fn open_with(fs: &FaultFs, options: &Options, low: u64) -> Result<(Wal, Replay), Error> {
    let clock = Arc::new(ManualClock::at(Nanos(0)));
    Wal::open(Path::new(DIR), Arc::new(fs.clone()), clock, options, Lsn(low))
}

/// A file system on which the log's parent folder is durable, as its owner makes it.
pub(crate) fn new_fs() -> FaultFs {
    let fs = FaultFs::new();
    fs.create_dir_all(Path::new("/data")).unwrap();
    fs.sync_dir(Path::new("/")).unwrap();
    fs
}

pub(crate) fn origin() -> Origin {
    let (source, tenant) = ("otlp".into(), "default".into());
    Origin { source, tier: Tier::Edge, tenant, received: Nanos(1_700_000_000_000_000_000) }
}

/// A record whose payload, hash and item count all tell its seed.
pub(crate) fn record(seed: u64, size: usize) -> NewRecord {
    // No byte is zero, so that a cut shows.
    let pattern = seed.to_le_bytes().map(|byte| byte ^ 0xa5);
    let payload: Vec<u8> = pattern.into_iter().cycle().take(size.max(8)).collect();
    let mut batch_hash = [0; 16];
    batch_hash[..8].copy_from_slice(&seed.to_le_bytes());
    NewRecord {
        origin: origin(),
        signal: Signal::Logs,
        format: Format::OtlpProtobuf,
        encoding: Encoding::Identity,
        raw_len: u32::try_from(payload.len()).unwrap(),
        payload: Bytes::from(payload),
        items: u32::try_from(seed % 1000).unwrap() + 1,
        batch_hash,
    }
}

/// The seed of a record, after checking that all of it is the one made from that seed.
pub(crate) fn seed_of(record: &Record) -> u64 {
    let seed = u64::from_le_bytes(record.batch_hash[..8].try_into().unwrap());
    let made = self::record(seed, usize::try_from(record.raw_len).unwrap());
    assert_eq!(record.body().unwrap(), made.payload);
    assert_eq!((&record.origin, record.items, record.signal), (&made.origin, made.items, made.signal));
    seed
}

/// Appends and waits.
pub(crate) fn put(wal: &Wal, seed: u64, size: usize) -> Result<Lsn, Error> {
    let (lsn, ticket) = wal.append(record(seed, size))?;
    ticket.wait().map(|()| lsn)
}

/// Appends one after the other; none may fail.
pub(crate) fn put_all(wal: &Wal, seeds: impl IntoIterator<Item = u64>, size: usize) {
    for seed in seeds {
        put(wal, seed, size).unwrap();
    }
}

/// What a replay gave.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Got {
    /// Number and seed.
    pub(crate) records: Vec<(u64, u64)>,
    pub(crate) damage: Vec<Damage>,
}

pub(crate) fn drain(replay: Replay) -> Got {
    let mut got = Got::default();
    for item in replay {
        match item {
            Ok(record) => got.records.push((record.lsn.0, seed_of(&record))),
            Err(damage) => got.damage.push(damage),
        }
    }
    assert!(got.records.is_sorted_by(|a, b| a.0 < b.0), "numbers only grow: {:?}", got.records);
    got
}

/// Opens, replays and closes.
pub(crate) fn reread(fs: &FaultFs, low: u64) -> Got {
    let (wal, replay) = open(fs, low).unwrap();
    let got = drain(replay);
    wal.close();
    got
}

/// Number and seed of records whose seed is their number.
pub(crate) fn same(lsns: impl IntoIterator<Item = u64>) -> Vec<(u64, u64)> {
    lsns.into_iter().map(|lsn| (lsn, lsn)).collect()
}

pub(crate) fn log_files(fs: &FaultFs) -> Vec<PathBuf> {
    let mut files = fs.read_dir(Path::new(DIR)).unwrap();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "wal"));
    files
}

/// Makes a file with these bytes, durable.
pub(crate) fn plant(fs: &FaultFs, name: &str, bytes: &[u8]) {
    let dir = Path::new(DIR);
    fs.create_dir_all(dir).unwrap();
    let file: Box<dyn VfsFile> = fs.create(&dir.join(name)).unwrap();
    file.write_all_at(bytes, 0).unwrap();
    file.sync().unwrap();
    fs.sync_dir(dir).unwrap();
}
