//! One flipped byte anywhere in a folder is found, and no read answers other rows because of it.

use std::fs;
use std::path::Path;

use daymark_model::signal::Table;
use daymark_segment::{Level, RowRanges, Segment, verify};

use crate::folder::{everything, plain, read_all, written};
use crate::merging::{merged, whole};
use crate::rows::Draw;

/// Flips one bit of every `step`th byte of every file in turn and calls `each` in that state.
fn with_each_flip(dir: &Path, step: usize, mut each: impl FnMut(&str, usize)) {
    let files: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    for file in files {
        let whole = fs::read(&file).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        for at in (0..whole.len()).step_by(step) {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(&file, &bytes).unwrap();
            each(&name, at);
        }
        fs::write(&file, &whole).unwrap();
    }
}

fn assert_every_flip_is_found(dir: &Path, step: usize) {
    assert_eq!(verify(dir), []);
    with_each_flip(dir, step, |file, at| {
        let findings = verify(dir);
        assert!(findings.iter().any(|finding| finding.file == file), "{file} at {at}: {findings:?}");
    });
}

#[test]
fn every_flipped_byte_is_found() {
    for (table, step) in [(Table::Spans, 61), (Table::Logs, 67), (Table::Points, 41)] {
        let (dir, segment) = written(table, &[Draw::new(table, 5).batch(40)]);
        assert_every_flip_is_found(dir.path(), step);
        let (merged, ..) = merged(table, Level::L1, &[whole(segment)]);
        assert_every_flip_is_found(merged.path(), 3 * step);
    }
}

#[test]
fn a_read_of_damaged_bytes_fails_or_is_right() {
    let table = Table::Spans;
    let (dir, segment) = written(table, &[Draw::new(table, 6).batch(60)]);
    let all = everything(table);
    let expected = read_all(&segment, &all);
    let (mut failed, mut right) = (0, 0);
    with_each_flip(dir.path(), 37, |file, at| {
        let answer = Segment::open(dir.path()).and_then(|segment| {
            segment.read(&all, &RowRanges::all(segment.meta().rows), 100)?.collect::<Result<Vec<_>, _>>()
        });
        match answer {
            Ok(batches) => {
                assert_eq!(plain(&batches), expected, "{file} at {at}");
                right += 1;
            }
            Err(error) => {
                assert!(error.is_corrupt(), "{file} at {at}: {error}");
                assert!(file == "data.parquet" || file == "meta.json", "{file} at {at}: {error}");
                failed += 1;
            }
        }
    });
    assert!(failed > 0 && right > 0);
}

#[test]
fn a_damaged_index_costs_speed_and_not_rows() {
    let table = Table::Logs;
    let (dir, segment) = written(table, &[Draw::new(table, 6).batch(60)]);
    let expected = read_all(&segment, &everything(table));
    for file in ["trace.idx", "trace.bf", "values.idx", "resources.parquet", "pages.crc"] {
        let path = dir.path().join(file);
        let whole = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let segment = Segment::open(dir.path()).unwrap();
        assert_eq!(segment.damage().len(), 1, "{file}");
        assert_eq!(segment.damage()[0].file, file);
        assert_eq!(read_all(&segment, &everything(table)), expected);
        fs::write(&path, whole).unwrap();
    }
}

#[test]
fn a_foreign_file_is_a_finding() {
    let (dir, _segment) = written(Table::Logs, &[Draw::new(Table::Logs, 6).batch(5)]);
    fs::write(dir.path().join("notes.txt"), "?").unwrap();
    assert_eq!(verify(dir.path()).len(), 1);
}
