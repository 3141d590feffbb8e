//! A store on a damaged directory starts, answers the rest, says what is missing, and counts it exactly.

use std::fs;
use std::path::PathBuf;

use daymark_model::origin::DEFAULT_TENANT;
use daymark_model::reason::Lost;
use daymark_model::signal::{Signal, Table};
use daymark_storage::Repairs;
use daymark_storage::ledger::Entry;

use crate::catalog::lived_in;
use crate::estate::Estate;

/// Folders of a table's segments, the largest first.
fn folders(estate: &Estate, table: Table) -> Vec<PathBuf> {
    let version = estate.store().version();
    let mut found: Vec<_> = version.shelf(DEFAULT_TENANT).unwrap().segments(table).to_vec();
    found.sort_by_key(|one| std::cmp::Reverse(one.segment.meta().rows));
    found.iter().map(|one| one.segment.dir().to_owned()).collect()
}

fn lost(estate: &Estate, signal: Signal, reason: Lost) -> u64 {
    let balances = estate.store().balances();
    let of_signal = balances.iter().filter(|one| one.account.signal == signal);
    of_signal.filter_map(|one| one.entries.get(&Entry::Lost(reason))).map(|count| count.items).sum()
}

fn flip_middle(path: &std::path::Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

#[test]
fn broken_and_missing_segments_are_counted_once_and_told_for_ever() {
    let mut estate = lived_in();
    estate.open();
    let whole = estate.answers();
    let spans = folders(&estate, Table::Spans).remove(0);
    let logs = folders(&estate, Table::Logs).remove(0);
    let rows = |dir: &PathBuf| -> u64 {
        let version = estate.store().version();
        let shelf = version.shelf(DEFAULT_TENANT).unwrap();
        let mut all = [Table::Spans, Table::Logs].into_iter().flat_map(|table| shelf.segments(table));
        let one = all.find(|one| one.segment.dir() == dir).unwrap();
        one.sources.iter().map(|(_, rows)| rows).sum()
    };
    let (span_rows, log_rows) = (rows(&spans), rows(&logs));
    assert!(span_rows > 0 && log_rows > 0);
    estate.close();
    flip_middle(&spans.join("meta.json"));
    fs::remove_dir_all(&logs).unwrap();
    let report = estate.verify(Repairs::default());
    assert_eq!(report.findings.len(), 2, "{report:#?}");
    for _ in 0..3 {
        estate.open();
        let answers = estate.answers();
        assert!(answers.is_partial && answers.are_part_of(&whole));
        assert_eq!(whole.counted - answers.counted, span_rows + log_rows);
        assert_eq!(lost(&estate, Signal::Spans, Lost::SegmentCorrupt), span_rows);
        assert_eq!(lost(&estate, Signal::Logs, Lost::SegmentMissing), log_rows);
        estate.assert_balanced();
        estate.close();
        // What is lost is accounted for: nothing is wrong any more, and nothing was thrown away.
        let report = estate.verify(Repairs::default());
        assert!(report.is_clean() && report.notes.len() == 2, "{report:#?}");
        let kept = estate.path().join("quarantine").join(spans.file_name().unwrap());
        assert!(kept.join("data.parquet").exists());
    }
}

/// Two folders that change places are each whole, and neither is what the catalog means.
#[test]
fn swapped_segments_are_found() {
    let mut estate = lived_in();
    estate.open();
    let dirs = folders(&estate, Table::Points);
    estate.close();
    let aside = estate.path().join("aside");
    for (from, to) in [(&dirs[0], &aside), (&dirs[1], &dirs[0]), (&aside, &dirs[1])] {
        fs::rename(from, to).unwrap();
    }
    assert_eq!(estate.verify(Repairs::default()).findings.len(), 2);
    estate.open();
    assert!(estate.answers().is_partial);
    estate.assert_balanced();
}

/// A log record that cannot be read is counted once, however often the store starts.
#[test]
fn a_damaged_record_is_counted_once() {
    let mut estate = lived_in();
    estate.open();
    let whole = estate.answers();
    estate.close();
    let log = fs::read_dir(estate.path().join("wal")).unwrap().map(|entry| entry.unwrap().path());
    let log = log.filter(|path| path.extension().is_some_and(|end| end == "wal")).min().unwrap();
    let mut bytes = fs::read(&log).unwrap();
    let last = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    let records: Vec<_> = (0..last).filter(|at| bytes[*at..].starts_with(b"DMWR")).collect();
    // The last but two is not yet in a segment, and groups behind it prove that it was synced.
    let at = records[records.len() - 3];
    let items = u32::from_le_bytes(bytes[at + 20..at + 24].try_into().unwrap());
    bytes[at + 100] ^= 1;
    fs::write(&log, bytes).unwrap();
    assert_eq!(estate.verify(Repairs::default()).findings.len(), 1);
    for flushes in [false, false, true, false] {
        estate.open();
        let answers = estate.answers();
        assert!(answers.are_part_of(&whole));
        assert_eq!(whole.counted - answers.counted, u64::from(items));
        assert_eq!(lost(&estate, Signal::Spans, Lost::WalCorrupt), u64::from(items));
        estate.assert_balanced();
        if flushes {
            estate.flush();
        }
        estate.close();
    }
}

/// A damaged page costs its rows until the folder is brought back, not those of other segments, and no merge
/// carries the loss on.
#[test]
fn a_damaged_page_costs_no_other_segment() {
    let mut estate = lived_in();
    estate.open();
    let whole = estate.answers();
    let dir = folders(&estate, Table::Spans).remove(0);
    estate.close();
    let data = dir.join("data.parquet");
    let sound = fs::read(&data).unwrap();
    // Pages begin at byte 4; of what follows them there is a copy in pages.crc.
    let mut bytes = sound.clone();
    bytes[64] ^= 1;
    fs::write(&data, bytes).unwrap();
    let report = estate.verify(Repairs { catalog: false, indexes: true });
    assert_eq!(report.findings.len(), 1, "{report:#?}");
    estate.open();
    estate.wait(estate.store().settle()).unwrap();
    let answers = estate.answers();
    assert!(answers.is_partial && answers.are_part_of(&whole));
    estate.assert_balanced();
    estate.close();
    fs::write(&data, sound).unwrap();
    estate.open();
    let answers = estate.answers();
    assert!(!answers.is_partial && answers.rows == whole.rows);
}

#[test]
fn damaged_indexes_are_made_anew() {
    let mut estate = lived_in();
    estate.open();
    let whole = estate.answers();
    let dirs: Vec<_> = Table::ALL.into_iter().flat_map(|table| folders(&estate, table)).collect();
    estate.close();
    let mut damaged = 0;
    for dir in &dirs {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if daymark_segment::is_derived(path.file_name().unwrap().to_str().unwrap()) {
                if damaged % 3 == 0 {
                    fs::remove_file(&path).unwrap()
                } else {
                    flip_middle(&path)
                }
                damaged += 1;
            }
        }
    }
    assert_eq!(estate.verify(Repairs::default()).findings.len(), damaged);
    let report = estate.verify(Repairs { catalog: false, indexes: true });
    assert!(report.is_clean() && report.repaired.len() == damaged, "{report:#?}");
    estate.open();
    let answers = estate.answers();
    assert!(!answers.is_partial && answers.rows == whole.rows);
}
