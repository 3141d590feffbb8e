//! Cut, flipped and missing bytes: all is found, exactly the hit records are lost, all others come back.

use std::path::Path;
use std::sync::Arc;

use daymark_model::id::Lsn;
use daymark_vfs::Vfs;
use daymark_vfs::fault::{FaultFs, Unsynced};
use daymark_wal::{What, verify};

use crate::world::{DIR, drain, log_files, new_fs, open, plant, put, put_all, record, reread, same};

const HEADER: usize = 46;

/// Bytes of a record of the world with a payload of this size.
fn size_of(payload: usize) -> usize {
    let meta = 3 * 3 + "otlp".len() + "edge".len() + "default".len();
    62 + meta + payload
}

/// A durable log of records whose seed is their number; with payloads of 300 bytes five fit into a file.
fn written(lsns: u64, payload: usize) -> FaultFs {
    written_from(1, lsns, payload)
}

fn written_from(first: u64, lsns: u64, payload: usize) -> FaultFs {
    let fs = new_fs();
    let (wal, _) = open(&fs, first).unwrap();
    put_all(&wal, first..first + lsns, payload);
    wal.close();
    fs.crash(Unsynced::Lost)
}

fn copy(fs: &FaultFs) -> FaultFs {
    fs.crash(Unsynced::Kept)
}

/// Scenario: the last record is cut off at every byte, with nothing, zeros or remains of older records behind
/// the cut. Guarantee: the records before it come back, nothing else, and the log goes on.
#[test]
fn every_cut_of_the_last_record_is_a_torn_tail() {
    let whole = written_from(101, 3, 100);
    let path = log_files(&whole).remove(0);
    let start = HEADER + 2 * size_of(100);
    let end = start + size_of(100);
    let remains = written(40, 34).read(&path).unwrap();
    for fill in ["nothing", "zeros", "remains"] {
        for cut in start..end {
            let mut bytes = whole.read(&path).unwrap();
            match fill {
                "nothing" => bytes.truncate(cut),
                "zeros" => bytes[cut..].fill(0),
                _ => bytes[cut..].copy_from_slice(&remains[cut..]),
            }
            let fs = new_fs();
            plant(&fs, "000000000001.wal", &bytes);
            let (wal, replay) = open(&fs, 101).unwrap();
            let is_clean = cut == start && fill != "remains";
            assert_eq!(replay.has_torn_tail(), !is_clean, "{fill} at {cut}");
            let got = drain(replay);
            assert_eq!((got.records, got.damage), (same([101, 102]), vec![]), "{fill} at {cut}");
            assert_eq!(put(&wal, 103, 8).unwrap(), Lsn(103));
            let got = reread(&fs.crash(Unsynced::Lost), 101);
            assert_eq!((got.records, got.damage), (same(101..=103), vec![]), "{fill} at {cut}, again");
        }
    }
}

/// Scenario: one bit of every byte of a log of three files flips. Guarantee: it is found; a hit record is lost
/// with its exact item count and no other; a hit header loses nothing; the log goes on.
#[test]
fn every_flip_is_found_and_costs_one_record() {
    let lsns: u64 = 13;
    let whole = written(lsns, 300);
    let files = log_files(&whole);
    assert_eq!(files.len(), 3);
    for (at, path) in files.iter().enumerate() {
        let first = 5 * at as u64 + 1;
        let in_file = (lsns + 1 - first).min(5);
        let used = HEADER + usize::try_from(in_file).unwrap() * size_of(300);
        for offset in 0..used {
            let fs = copy(&whole);
            fs.rot(path, |bytes| bytes[offset] ^= 1 << (offset % 8)).unwrap();
            let (wal, replay) = open(&fs, 1).unwrap();
            let is_torn = replay.has_torn_tail();
            let got = drain(replay);
            let place = format!("{} at {offset}", path.display());
            let hit = offset.checked_sub(HEADER).map(|past| first + (past / size_of(300)) as u64);
            let expected = (1..=lsns).filter(|lsn| Some(*lsn) != hit);
            assert_eq!(got.records, same(expected), "{place}");
            assert_eq!(is_torn, hit == Some(lsns), "{place}");
            let found: Vec<_> = got
                .damage
                .iter()
                .map(|damage| (damage.what, damage.first.0, damage.records, damage.items))
                .collect();
            let expected = match hit {
                None => vec![(What::Head, first, 0, Some(0))],
                Some(lsn) if lsn == lsns => vec![],
                Some(lsn) => vec![(What::Records, lsn, 1, Some(u64::from(record(lsn, 8).items)))],
            };
            assert_eq!(found, expected, "{place}");
            assert_eq!(wal.stats().corrupt_records, u64::from(hit.is_some_and(|lsn| lsn != lsns)));
            let next = if is_torn { lsns } else { lsns + 1 };
            assert_eq!(put(&wal, next, 8).unwrap(), Lsn(next), "{place}");
        }
    }
}

/// Scenario: the same flips, checked offline. Guarantee: file and offset are named, and nothing is changed.
#[test]
fn verify_names_the_place() {
    let whole = written(13, 300);
    for path in log_files(&whole).iter().take(2) {
        for record in 0..5 {
            let fs = copy(&whole);
            let offset = HEADER + record * size_of(300);
            fs.rot(path, |bytes| bytes[offset + 150] ^= 4).unwrap();
            let before = fs.read(path).unwrap();
            let report = verify(Path::new(DIR), &(Arc::new(fs.clone()) as Arc<dyn Vfs>)).unwrap();
            assert_eq!(report.damage.len(), 1);
            assert_eq!(report.damage[0].file, *path);
            assert_eq!(
                (report.damage[0].offset, report.damage[0].bytes),
                (offset as u64, size_of(300) as u64)
            );
            assert_eq!(report.files.iter().map(|file| file.records).sum::<u64>(), 12);
            assert_eq!(fs.read(path).unwrap(), before);
        }
    }
}

/// Scenario: several records in a row are hit. Guarantee: one piece of damage tells of all, with their items
/// as long as their heads can be read.
#[test]
fn neighbours_are_lost_together() {
    let whole = written(5, 300);
    let path = log_files(&whole).remove(0);
    for (in_record, items_known) in [(200, true), (0, false)] {
        let fs = copy(&whole);
        fs.rot(&path, |bytes| {
            for record in 1..4 {
                let at = HEADER + record * size_of(300) + in_record;
                // With magic, length and number gone nothing of the head can be trusted.
                bytes[at..at + 40].fill(0xa5);
            }
        })
        .unwrap();
        let got = reread(&fs, 1);
        assert_eq!(got.records, same([1, 5]));
        let [damage] = &got.damage[..] else { panic!("{:?}", got.damage) };
        assert_eq!((damage.first, damage.records, damage.was_synced), (Lsn(2), 3, true));
        let items = (2..=4).map(|lsn| u64::from(record(lsn, 8).items)).sum();
        assert_eq!(damage.items, items_known.then_some(items));
    }
}

/// Scenario: a file in the middle is gone, or cannot be read. Guarantee: its records are counted as lost, the
/// others come back.
#[test]
fn a_missing_file_is_noticed() {
    let whole = written(13, 300);
    let fs = copy(&whole);
    let middle = log_files(&fs).remove(1);
    fs.remove_file(&middle).unwrap();
    let got = reread(&fs, 1);
    assert_eq!(got.records, same((1..=5).chain(11..=13)));
    let [damage] = &got.damage[..] else { panic!("{:?}", got.damage) };
    assert_eq!((damage.what, &damage.file), (What::File, &middle));
    assert_eq!((damage.first, damage.records, damage.items), (Lsn(6), 5, None));
}

/// Scenario: a file is swapped for one of the same numbers but other records. Guarantee: the broken chain is
/// reported.
#[test]
fn a_swapped_file_is_noticed() {
    let whole = written(13, 300);
    let other = new_fs();
    let (wal, _) = open(&other, 1).unwrap();
    put_all(&wal, 501..=505, 300);
    wal.close();
    let path = log_files(&whole).remove(0);
    let foreign = other.read(&path).unwrap();
    let fs = copy(&whole);
    fs.rot(&path, |bytes| bytes.clone_from(&foreign)).unwrap();
    let got = reread(&fs, 1);
    assert_eq!(got.records.len(), 13);
    assert_eq!(got.damage.iter().map(|damage| damage.what).collect::<Vec<_>>(), [What::Chain]);
}

/// Scenario: damage lies below the low mark, across it, or above. Guarantee: only what is above is reported.
#[test]
fn damage_below_the_low_mark_is_past() {
    let whole = written(5, 300);
    let path = log_files(&whole).remove(0);
    let fs = copy(&whole);
    fs.rot(&path, |bytes| bytes[HEADER + size_of(300) + 100..HEADER + 2 * size_of(300) + 100].fill(0))
        .unwrap();
    for (low, expected) in [(2, Some((2, 2))), (3, Some((3, 1))), (4, None)] {
        let got = reread(&copy(&fs), low);
        let found = got.damage.first().map(|damage| (damage.first.0, damage.records));
        assert_eq!(found, expected, "low {low}");
    }
}

/// Scenario: a body carries the bytes of a record with a far higher number, and its own record is damaged.
/// Guarantee: only that record is lost; the one inside it does not push the log ahead.
#[test]
fn a_record_inside_a_payload_does_not_pass() {
    let donor = {
        let fs = new_fs();
        let (wal, _) = open(&fs, 1_000_000).unwrap();
        put(&wal, 77, 8).unwrap();
        wal.close();
        fs.read(&log_files(&fs).remove(0)).unwrap()[HEADER..HEADER + size_of(8)].to_vec()
    };
    let fs = new_fs();
    let (wal, _) = open(&fs, 1).unwrap();
    put(&wal, 1, 8).unwrap();
    let mut evil = record(2, 8);
    evil.raw_len = u32::try_from(donor.len()).unwrap();
    evil.payload = donor.into();
    wal.append(evil).unwrap().1.wait().unwrap();
    put(&wal, 3, 8).unwrap();
    wal.close();
    let path = log_files(&fs).remove(0);
    for in_head in 0..8 {
        let fs = copy(&fs);
        fs.rot(&path, |bytes| bytes[HEADER + size_of(8) + in_head] ^= 0x40).unwrap();
        let got = reread(&fs, 1);
        assert_eq!(got.records, same([1, 3]));
        assert_eq!(got.damage.iter().map(|damage| damage.records).sum::<u64>(), 1);
    }
}
