//! Every operation fails once, in every way, and crashes follow. Whatever was acknowledged must come back.

use std::collections::BTreeMap;

use daymark_model::id::Lsn;
use daymark_vfs::fault::{Fault, FaultFs, Op, Unsynced};
use daymark_wal::{Error, State};

use crate::world::{drain, log_files, new_fs, open, put, put_all, record, reread, same};

const CRASHES: [Unsynced; 5] = [
    Unsynced::Lost,
    Unsynced::Kept,
    Unsynced::Torn { seed: 1 },
    Unsynced::Torn { seed: 2 },
    Unsynced::Cut { bytes: 100 },
];

/// Two runs of a log over several files, with releases. Errors are part of life; returns what was
/// acknowledged and not released, and the low mark.
fn live(fs: &FaultFs) -> (BTreeMap<u64, u64>, u64) {
    let mut acked = BTreeMap::new();
    let mut low = 1;
    for run in 0..2 {
        let Ok((wal, replay)) = open(fs, low) else { continue };
        let got = drain(replay);
        // A file that cannot be read now is told of.
        let is_whole = |lsn, seed| lsn < low || got.records.contains(&(lsn, seed));
        assert!(!got.damage.is_empty() || acked.iter().all(|(lsn, seed)| is_whole(*lsn, *seed)));
        for seed in run * 100 + 1..=run * 100 + 14 {
            if let Ok(lsn) = put(&wal, seed, 300) {
                assert!(acked.insert(lsn.0, seed).is_none(), "number {lsn} was given twice");
            }
            if seed % 7 == 0 {
                low += 6;
                // What a failed release leaves is taken by the next.
                drop(wal.release(Lsn(low)));
            }
        }
    }
    acked.retain(|lsn, _| *lsn >= low);
    (acked, low)
}

fn check_after_crashes(fs: &FaultFs, acked: &BTreeMap<u64, u64>, low: u64, case: &str) {
    for crash in CRASHES {
        let survived = fs.crash(crash);
        let got = reread(&survived, low);
        let found: BTreeMap<u64, u64> = got.records.iter().copied().collect();
        for (lsn, seed) in acked {
            assert_eq!(found.get(lsn), Some(seed), "record {lsn} after {crash:?}; {case}");
        }
        assert!(
            got.damage.iter().all(|damage| !damage.was_synced),
            "{:?} after {crash:?}; {case}",
            got.damage
        );
        // What one start shows, the next must show too, also after a power cut.
        let again = reread(&survived.crash(Unsynced::Lost), low);
        assert_eq!(again.records, got.records, "second start after {crash:?}; {case}");
    }
}

/// Scenario: for each kind of operation, each of its occurrences and each fault: that one fails. Guarantee:
/// no panic, nothing acknowledged is lost by any crash, and one failure never ends the writing.
#[test]
fn any_single_failure_loses_nothing() {
    let quiet = new_fs();
    live(&quiet);
    let mut cases = 0;
    for op in Op::ALL {
        for nth in 1..=quiet.count(op) {
            for fault in [Fault::Io, Fault::Full, Fault::Interrupted, Fault::Short] {
                let fs = new_fs();
                fs.fail(op, nth, fault);
                let (acked, low) = live(&fs);
                check_after_crashes(&fs, &acked, low, &format!("{op:?} {nth} {fault:?}"));
                cases += 1;
            }
        }
    }
    assert!(cases > 300, "only {cases} cases");
}

/// Scenario: from some operation on all of its kind fail. Guarantee: as above, and writing ends cleanly.
#[test]
fn a_broken_disk_loses_nothing() {
    let quiet = new_fs();
    live(&quiet);
    for op in Op::ALL {
        for nth in 1..=quiet.count(op) {
            for fault in [Fault::Io, Fault::Full, Fault::ReadOnly, Fault::Short] {
                let fs = new_fs();
                fs.fail_from(op, nth, fault);
                let (acked, low) = live(&fs);
                check_after_crashes(&fs, &acked, low, &format!("{op:?} from {nth} {fault:?}"));
            }
        }
    }
}

/// Scenario: one sync fails, later ones succeed. Guarantee: the group is written to a new file and
/// acknowledged there; the failed file is never written or synced again.
#[test]
fn a_failed_sync_gives_up_the_file() {
    let fs = new_fs();
    let (wal, _) = open(&fs, 1).unwrap();
    put(&wal, 1, 8).unwrap();
    let old = log_files(&fs).remove(0);
    fs.fail(Op::Sync, 1, Fault::Io);
    put(&wal, 2, 8).unwrap();
    put(&wal, 3, 8).unwrap();
    let log = fs.log();
    let failed = log.iter().position(|event| event.fault.is_some()).unwrap();
    assert!(log[failed + 1..].iter().all(|event| event.path != old));
    assert_eq!((wal.stats().poisoned_files, wal.state()), (1, State::Writable));
    for crash in CRASHES {
        let got = reread(&fs.crash(crash), 1);
        assert_eq!((got.records, got.damage), (same(1..=3), vec![]), "{crash:?}");
    }
}

/// Scenario: the sync of the second try fails too. Guarantee: the waiters are told to come again, the log is
/// read-only and says so, later records are refused, earlier ones are safe, and a restart writes again.
#[test]
fn two_failed_syncs_end_the_writing() {
    let fs = new_fs();
    let (wal, _) = open(&fs, 1).unwrap();
    put(&wal, 1, 8).unwrap();
    fs.fail(Op::Sync, 1, Fault::Io);
    fs.fail(Op::Sync, 2, Fault::Io);
    assert!(matches!(put(&wal, 2, 8), Err(Error::Failed(_))));
    assert!(matches!(wal.state(), State::ReadOnly { .. }));
    assert!(matches!(wal.append(record(3, 8)), Err(Error::ReadOnly { .. })));
    assert_eq!(wal.stats().durable, Lsn(1));
    let after = fs.crash(Unsynced::Lost);
    let (wal, replay) = open(&after, 1).unwrap();
    assert_eq!(drain(replay).records, same([1]));
    put(&wal, 2, 8).unwrap();
}

/// Scenario: records wait while the log turns read-only. Guarantee: all are answered, none is acknowledged.
#[test]
fn the_queue_is_answered_when_writing_ends() {
    let fs = new_fs();
    let (wal, _) = open(&fs, 1).unwrap();
    let before = fs.count(Op::Sync);
    fs.fail_from(Op::Sync, 1, Fault::Io);
    fs.hold(Op::Sync);
    let (_, first) = wal.append(record(1, 8)).unwrap();
    fs.wait_for(Op::Sync, before + 1);
    let waiting: Vec<_> = (2..=9).map(|seed| wal.append(record(seed, 8)).unwrap().1).collect();
    fs.let_go(Op::Sync);
    assert!(matches!(first.wait(), Err(Error::Failed(_))));
    for ticket in waiting {
        assert!(matches!(ticket.wait(), Err(Error::ReadOnly { .. })));
    }
    assert_eq!(wal.stats().queue_bytes, 0);
}

/// Scenario: the disk is full for a while, when files are made and when they are written. Guarantee: refused
/// as full, no file is left behind for each try, and it works again once there is space.
#[test]
fn a_full_disk_is_not_the_end() {
    for op in [Op::Create, Op::Allocate, Op::Write] {
        for fault in [Fault::Full, Fault::Short] {
            let fs = new_fs();
            let (wal, _) = open(&fs, 1).unwrap();
            put_all(&wal, 1..=3, 300);
            fs.fail_from(op, 1, fault);
            // The file that is open has room for two more.
            let outcomes: Vec<_> = (4..=12).map(|seed| put(&wal, seed, 300)).collect();
            assert!(
                outcomes.iter().skip(2).all(|outcome| matches!(outcome, Err(Error::Full))),
                "{outcomes:?}"
            );
            assert_eq!((wal.state(), log_files(&fs).len()), (State::Writable, 1));
            fs.heal();
            let lsn = put(&wal, 99, 300).unwrap();
            assert_eq!(lsn, Lsn(13));
            let acked = outcomes.iter().filter(|outcome| outcome.is_ok()).count() as u64;
            let expected: Vec<_> = same(1..=3 + acked).into_iter().chain([(13, 99)]).collect();
            let got = reread(&fs.crash(Unsynced::Lost), 1);
            assert_eq!((got.records, got.damage), (expected, vec![]), "{op:?} {fault:?}");
        }
    }
}

/// Scenario: syncs failed, in a file with earlier groups or in a new one that cannot be removed; the process
/// was killed, and the next one reads what the failed syncs left in the cache. Guarantee: what it shows is
/// durable by then.
#[test]
fn a_restart_trusts_no_cached_group() {
    for earlier in 0..=1 {
        let fs = new_fs();
        let (wal, _) = open(&fs, 1).unwrap();
        put_all(&wal, 1..=earlier, 8);
        fs.fail_from(Op::Sync, 1, Fault::Io);
        fs.fail_from(Op::Remove, 1, Fault::Io);
        put(&wal, earlier + 1, 8).unwrap_err();
        let killed = fs.crash(Unsynced::Kept);
        let shown = reread(&killed, 1);
        assert_eq!((&shown.records, &shown.damage), (&same(1..=earlier + 1), &vec![]));
        assert_eq!(reread(&killed.crash(Unsynced::Lost), 1), shown);
    }
}

/// Scenario: the process was killed after it made a file and before it synced the folder. Guarantee: what the
/// next one shows is durable by then.
#[test]
fn a_restart_trusts_no_unsynced_name() {
    let fs = new_fs();
    let (wal, _) = open(&fs, 1).unwrap();
    let before = fs.count(Op::SyncDir);
    fs.hold(Op::SyncDir);
    let (_, ticket) = wal.append(record(1, 8)).unwrap();
    fs.wait_for(Op::SyncDir, before + 1);
    let killed = fs.crash(Unsynced::Kept);
    ticket.wait().unwrap_err();
    let shown = reread(&killed, 1);
    assert_eq!(shown.records, same([1]));
    assert_eq!(reread(&killed.crash(Unsynced::Lost), 1), shown);
}

/// Scenario: the disk cannot be written when the log is opened. Guarantee: the records can be read, new ones
/// are refused.
#[test]
fn opens_read_only_on_a_broken_disk() {
    let fs = new_fs();
    let (wal, _) = open(&fs, 1).unwrap();
    put(&wal, 1, 8).unwrap();
    drop(wal);
    for op in [Op::Sync, Op::Write] {
        let fs = fs.crash(Unsynced::Kept);
        fs.fail_from(op, 1, Fault::ReadOnly);
        let (wal, replay) = open(&fs, 1).unwrap();
        assert_eq!(drain(replay).records, same([1]));
        assert!(matches!(wal.append(record(2, 8)), Err(Error::ReadOnly { .. })));
    }
}
