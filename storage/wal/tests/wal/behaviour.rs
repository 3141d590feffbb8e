//! The log when nothing fails: numbers, groups, files, ack levels, compression.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use daymark_model::id::Lsn;
use daymark_model::limits::{WAL_SPARE_FILES, WAL_SYNC_BEHIND};
use daymark_model::time::{ManualClock, Nanos, SystemClock};
use daymark_model::wire::Encoding;
use daymark_vfs::fault::{Op, Unsynced};
use daymark_vfs::{RealFs, Vfs};
use daymark_wal::{Ack, Error, NewRecord, Options, State, Wal, verify};

use crate::world::{
    DIR, drain, log_files, new_fs, open, open_with, options, put, put_all, record, reread, same,
};

/// Scenario: records are written one by one over many files, with restarts. Guarantee: all come back once, in
/// order, numbered without a gap.
#[test]
fn records_come_back_in_order() {
    let fs = new_fs();
    for run in 0..4 {
        let (wal, replay) = open(&fs, 1).unwrap();
        let got = drain(replay);
        assert_eq!((got.records, got.damage), (same(1..=run * 20), vec![]));
        for lsn in run * 20 + 1..=run * 20 + 20 {
            assert_eq!(put(&wal, lsn, 300).unwrap(), Lsn(lsn));
        }
        wal.close();
    }
    let report = verify(Path::new(DIR), &(Arc::new(fs) as Arc<dyn Vfs>)).unwrap();
    assert_eq!(report.damage, []);
    assert_eq!(report.torn_tail, None);
    assert_eq!(report.files.iter().map(|file| file.records).sum::<u64>(), 80);
}

/// Scenario: a sync is held up while records come in. Guarantee: they form one group with one sync, in the
/// order of their numbers, and nobody is answered before it.
#[test]
fn what_waits_during_a_sync_is_one_group() {
    let fs = new_fs();
    let (wal, _) = open(&fs, 1).unwrap();
    let before = fs.count(Op::Sync);
    fs.hold(Op::Sync);
    let (_, first) = wal.append(record(1, 8)).unwrap();
    fs.wait_for(Op::Sync, before + 1);
    let tickets: Vec<_> = (2..=6).map(|lsn| wal.append(record(lsn, 8)).unwrap()).collect();
    assert_eq!(wal.stats().queue_records, 5);
    assert_eq!(wal.stats().durable, Lsn(0));
    fs.let_go(Op::Sync);
    first.wait().unwrap();
    for (lsn, (given, ticket)) in (2..).zip(tickets) {
        assert_eq!(given, Lsn(lsn));
        ticket.wait().unwrap();
    }
    assert_eq!(fs.count(Op::Sync), before + 2);
    assert_eq!((wal.stats().durable, wal.stats().queue_bytes), (Lsn(6), 0));
    assert_eq!(reread(&fs.crash(Unsynced::Lost), 1).records, same(1..=6));
}

/// Scenario: eight threads append at once. Guarantee: every ticket resolves, every number is given once, and
/// every record is found under its number after a power cut.
#[test]
fn appenders_do_not_mix_up() {
    let fs = new_fs();
    let (wal, _) = open(&fs, 1).unwrap();
    let mut acked: Vec<(u64, u64)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                let wal = &wal;
                scope.spawn(move || {
                    (0..50)
                        .map(|at| thread * 1000 + at)
                        .map(|seed| (put(wal, seed, 100).unwrap().0, seed))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    acked.sort_unstable();
    assert!(acked.iter().map(|(lsn, _)| *lsn).eq(1..=400));
    assert_eq!(reread(&fs.crash(Unsynced::Lost), 1).records, acked);
}

/// Scenario: the log is opened with records to replay. Guarantee: new ones are acknowledged before the first
/// is replayed, and the replay gives the old ones only.
#[test]
fn appends_before_the_replay() {
    let fs = new_fs();
    let (wal, _) = open(&fs, 1).unwrap();
    put_all(&wal, 1..=9, 300);
    drop(wal);
    let (wal, replay) = open(&fs, 4).unwrap();
    put_all(&wal, 10..=30, 300);
    assert_eq!(drain(replay).records, same(4..=9));
    assert_eq!(reread(&fs.crash(Unsynced::Lost), 1).records.last(), Some(&(30, 30)));
}

/// Scenario: records are released as they are flushed. Guarantee: files are used again, their number stays
/// small, their remains are not replayed, and what was not released is.
#[test]
fn released_files_are_used_again() {
    let fs = new_fs();
    let (wal, _) = open(&fs, 1).unwrap();
    for lsn in 1..=200 {
        put(&wal, lsn, 300).unwrap();
        wal.release(Lsn(lsn.saturating_sub(5))).unwrap();
    }
    let stats = wal.stats();
    assert!(stats.files <= 3 && stats.spare_files <= WAL_SPARE_FILES, "{stats:?}");
    assert!(fs.count(Op::Create) < 8, "{} files made for 40", fs.count(Op::Create));
    assert_eq!(stats.bytes, 2048 * stats.files as u64);
    let (wal, replay) = open(&fs.crash(Unsynced::Lost), 196).unwrap();
    assert!(replay.first() <= Some(Lsn(196)));
    let got = drain(replay);
    assert_eq!((got.records, got.damage), (same(196..=200), vec![]));
    assert_eq!(put(&wal, 201, 8).unwrap(), Lsn(201));
}

/// Scenario: the length of files changes with a restart. Guarantee: spare files of the old length go.
#[test]
fn spares_of_another_length_go() {
    let fs = new_fs();
    let (wal, _) = open(&fs, 1).unwrap();
    put_all(&wal, 1..=20, 300);
    wal.release(Lsn(20)).unwrap();
    assert!(wal.stats().spare_files > 0);
    drop(wal);
    let longer = Options { file_bytes: 4096, ..options() };
    let (wal, replay) = open_with(&fs, &longer, 20).unwrap();
    assert_eq!((drain(replay).records, wal.stats().spare_files), (same([20]), 0));
    assert_eq!(fs.read_dir(Path::new(DIR)).unwrap().len(), 1);
}

/// Scenario: the log ends below the low mark, as after the loss of its last file. Guarantee: no number below
/// the mark is given again.
#[test]
fn numbers_start_at_the_low_mark() {
    let fs = new_fs();
    let (wal, _) = open(&fs, 1).unwrap();
    put_all(&wal, 1..=3, 300);
    drop(wal);
    let (wal, replay) = open(&fs, 100).unwrap();
    assert_eq!(drain(replay).records, vec![]);
    assert_eq!(put(&wal, 100, 8).unwrap(), Lsn(100));
    drop(wal);
    let got = reread(&fs.crash(Unsynced::Lost), 100);
    assert_eq!((got.records, got.damage), (same([100]), vec![]));
}

/// Scenario: everything was released and the log comes back empty. Guarantee: numbers go on.
#[test]
fn numbers_go_on_after_a_release_of_everything() {
    let fs = new_fs();
    let (wal, _) = open(&fs, 1).unwrap();
    put(&wal, 1, 8).unwrap();
    drop(wal);
    for path in log_files(&fs) {
        fs.remove_file(&path).unwrap();
    }
    let (wal, replay) = open(&fs, 100).unwrap();
    assert_eq!((replay.first(), drain(replay).records), (None, vec![]));
    assert_eq!(put(&wal, 100, 8).unwrap(), Lsn(100));
    drop(wal);
    assert_eq!(reread(&fs, 100).records, same([100]));
}

/// Scenario: a record larger than a file and than a group. Guarantee: it gets a file of its size.
#[test]
fn a_giant_fits() {
    let fs = new_fs();
    let (wal, _) = open(&fs, 1).unwrap();
    let seeds: Vec<u8> = (0..40_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    put(&wal, 1, 8).unwrap();
    let giant = NewRecord { payload: Bytes::from(seeds.clone()), raw_len: 40_000, ..record(2, 8) };
    wal.append(giant).unwrap().1.wait().unwrap();
    put(&wal, 3, 8).unwrap();
    let (_, replay) = open(&fs.crash(Unsynced::Lost), 2).unwrap();
    let bodies: Vec<_> = replay.map(|record| record.unwrap().body().unwrap()).collect();
    assert_eq!(bodies, [Bytes::from(seeds), record(3, 8).payload]);
}

/// Scenario: bodies in every encoding, small and large. Guarantee: the decompressed body comes back, and only
/// large identity bodies are kept in another encoding.
#[test]
fn bodies_come_back_whole() {
    let body = record(5, 20_000).payload;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&body).unwrap();
    let gzip = Bytes::from(gzip.finish().unwrap());
    let zstd = Bytes::from(zstd::bulk::compress(&body, 1).unwrap());
    let cases = [
        (Encoding::Identity, body.slice(..4096), Encoding::Identity),
        (Encoding::Identity, body.clone(), Encoding::Lz4),
        (Encoding::Gzip, gzip.clone(), Encoding::Gzip),
        (Encoding::Zstd, zstd.clone(), Encoding::Zstd),
        (Encoding::Identity, Bytes::new(), Encoding::Identity),
    ];
    let fs = new_fs();
    let (wal, _) = open(&fs, 1).unwrap();
    for (encoding, payload, _) in &cases {
        let raw_len = if *encoding == Encoding::Identity { payload.len() } else { body.len() };
        let raw_len = u32::try_from(raw_len).unwrap();
        let new = NewRecord { encoding: *encoding, payload: payload.clone(), raw_len, ..record(5, 8) };
        wal.append(new).unwrap().1.wait().unwrap();
    }
    drop(wal);
    let (_, replay) = open(&fs, 1).unwrap();
    for ((encoding, payload, kept_as), record) in cases.iter().zip(replay.map(Result::unwrap)) {
        let expected = if *encoding == Encoding::Identity { payload } else { &body };
        assert_eq!((record.encoding, record.body().unwrap()), (*kept_as, expected.clone()));
        assert!(record.payload.len() <= 4096);
    }
}

/// Scenario: a payload that decompresses to more or less than was said. Guarantee: an error, not a longer body.
#[test]
fn a_body_of_another_length_is_refused() {
    let body = record(5, 20_000).payload;
    let packed = Bytes::from(zstd::bulk::compress(&body, 1).unwrap());
    let fs = new_fs();
    let (wal, _) = open(&fs, 1).unwrap();
    for raw_len in [19_999, 20_001] {
        let payload = packed.clone();
        let new = NewRecord { encoding: Encoding::Zstd, payload, raw_len, ..record(5, 8) };
        wal.append(new).unwrap().1.wait().unwrap();
    }
    let (_, replay) = open(&fs.crash(Unsynced::Lost), 1).unwrap();
    for record in replay {
        assert!(matches!(record.unwrap().body(), Err(Error::Payload { .. })));
    }
}

/// Scenario: ack level `os`. Guarantee: acknowledged before any sync, kept when the process is killed, synced
/// once its time is up and by a clean close.
#[test]
fn level_os_syncs_behind() {
    let os = Options { ack: Ack::Os, ..options() };
    let fs = new_fs();
    let clock = Arc::new(ManualClock::at(Nanos(0)));
    let start = |fs: &daymark_vfs::fault::FaultFs| {
        let (fs, clock) = (Arc::new(fs.clone()), Arc::clone(&clock));
        Wal::open(Path::new(DIR), fs, clock, &os, Lsn(1)).unwrap()
    };
    let (wal, _) = start(&fs);
    put(&wal, 1, 8).unwrap();
    assert_eq!((fs.count(Op::Sync), wal.stats().durable), (0, Lsn(0)));
    assert_eq!(reread(&fs.crash(Unsynced::Kept), 1).records, same([1]));

    let fs = new_fs();
    let (wal, _) = start(&fs);
    put(&wal, 1, 8).unwrap();
    let before = fs.count(Op::SyncDir);
    clock.advance(WAL_SYNC_BEHIND);
    fs.wait_for(Op::SyncDir, before + 1);
    put(&wal, 2, 8).unwrap();
    assert_eq!(wal.stats().durable, Lsn(1));
    wal.close();
    assert_eq!(wal.stats().durable, Lsn(2));
    assert_eq!(reread(&fs.crash(Unsynced::Lost), 1).records, same([1, 2]));
}

/// Scenario: the log is closed while records wait. Guarantee: they are written, later ones are refused.
#[test]
fn close_drains() {
    let fs = new_fs();
    let (wal, _) = open(&fs, 1).unwrap();
    let tickets: Vec<_> = (1..=50).map(|lsn| wal.append(record(lsn, 100)).unwrap().1).collect();
    wal.close();
    tickets.into_iter().for_each(|ticket| ticket.wait().unwrap());
    assert!(matches!(wal.append(record(51, 8)), Err(Error::Closed)));
    assert_eq!(wal.state(), State::Closed);
    wal.close();
    assert_eq!(reread(&fs.crash(Unsynced::Lost), 1).records, same(1..=50));
}

/// Scenario: a ticket is dropped before its sync. Guarantee: nobody else is held up.
#[test]
fn a_lost_ticket_harms_nobody() {
    let fs = new_fs();
    let (wal, _) = open(&fs, 1).unwrap();
    drop(wal.append(record(1, 8)).unwrap());
    put(&wal, 2, 8).unwrap();
    assert_eq!(reread(&fs.crash(Unsynced::Lost), 1).records, same([1, 2]));
}

/// Scenario: the log on the machine's own file system, with restarts and releases. Guarantee: as in memory.
#[test]
fn works_on_a_real_disk() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("wal");
    let fs: Arc<dyn Vfs> = Arc::new(RealFs);
    let mut low = 1;
    for run in 0..3 {
        let clock = Arc::new(SystemClock::new());
        let (wal, replay) = Wal::open(&dir, Arc::clone(&fs), clock, &options(), Lsn(low)).unwrap();
        let got = drain(replay);
        assert_eq!((got.records, got.damage), (same(low..=run * 12), vec![]));
        put_all(&wal, run * 12 + 1..=run * 12 + 12, 300);
        low += 9;
        wal.release(Lsn(low)).unwrap();
        assert!(wal.stats().sync_p50 > Duration::ZERO);
    }
    let report = verify(&dir, &fs).unwrap();
    assert_eq!((report.damage, report.torn_tail), (vec![], None));
}

/// Scenario: syncs were counted. Guarantee: as many as there were, and percentiles in order.
#[test]
fn stats_tell_of_syncs() {
    let fs = new_fs();
    let (wal, _) = open_with(&fs, &options(), 1).unwrap();
    put_all(&wal, 1..=10, 8);
    let stats = wal.stats();
    assert_eq!((stats.syncs, stats.next, stats.durable), (10, Lsn(11), Lsn(10)));
    assert!(stats.sync_p50 <= stats.sync_p99 && stats.sync_total == Duration::ZERO);
}
