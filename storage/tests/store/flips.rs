//! One byte is changed anywhere in a data directory: `verify` finds it, or it is one of the bytes that say
//! nothing, and then all answers stay the same. A store that is opened on it answers what is so, or says that
//! something is missing, or refuses; it never answers what is not so.
//!
//! Bytes that say nothing, and that no checksum covers:
//! - in `wal/*.wal`, what lies more than four bytes behind the last record: room for later records;
//! - all of `wal/*.free`: files that wait to be used again;
//! - in `catalog.db` and `catalog.bak`, counters of the header that only tell SQLite's caches apart, and room
//!   in pages between the cells.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use daymark_model::origin::DEFAULT_TENANT;
use daymark_segment::Level;
use daymark_storage::{Error, Repairs};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::catalog::dealt;
use crate::erase::some_trace;
use crate::estate::{Answers, Estate, sip};

const FLIPS: usize = 200;
/// Of those that `verify` finds, every so many is tried on a store.
const TRIED: usize = 6;

/// Spans, logs and points in segments of every level, an erased trace, and batches that are only in the log.
fn all_levels() -> Estate {
    let requests = sip(40, 20);
    let mut estate = Estate::new();
    let parts = dealt(&requests, 16);
    parts[10..].iter().for_each(|part| estate.send_all(part));
    estate.wait(estate.store().settle()).unwrap();
    let id = some_trace(&estate);
    estate.wait(estate.store().erase_trace(DEFAULT_TENANT, id)).unwrap();
    for part in &parts[..8] {
        estate.send_all(part);
        estate.flush();
    }
    // The store merges eight segments of a table by itself.
    let mut looks = 0;
    while estate.levels().values().any(|levels| !levels.contains(&Level::L1)) {
        looks += 1;
        assert!(looks < 1_200, "{:?}", estate.levels());
        estate.wait(async { tokio::time::sleep(std::time::Duration::from_millis(100)).await });
    }
    estate.send_all(&parts[8]);
    estate.flush();
    estate.send_all(&parts[9]);
    estate.close();
    // A start sweeps the folders that merges replaced; nobody would miss a byte of theirs.
    estate.open();
    estate.close();
    estate
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn flip(path: &Path, at: u64, mask: u8) {
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ mask], at).unwrap();
}

/// Where the bytes of a log file end that say something: each file is filled from the front.
fn end_of_log(path: &Path) -> u64 {
    let bytes = std::fs::read(path).unwrap();
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u64 + 1)
}

/// What a store makes of the folder, with the file in a changed state.
fn open_with(estate: &Estate, file: &Path, at: u64, mask: u8) -> Result<Answers, Error> {
    let mut twin = estate.twin();
    let path = twin.path().join(file);
    // The twin has this file for itself.
    let bytes = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, bytes).unwrap();
    flip(&path, at, mask);
    twin.try_open()?;
    twin.assert_balanced();
    let answers = twin.answers();
    twin.close();
    Ok(answers)
}

#[test]
fn two_hundred_changed_bytes() {
    let seed = std::env::var("DAYMARK_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| rand::rng().next_u64());
    println!("DAYMARK_SEED={seed}");
    let mut draw = ChaCha8Rng::seed_from_u64(seed);
    let estate = all_levels();
    let mut whole = estate.twin();
    whole.open();
    let expected = whole.answers();
    whole.close();
    let clean = estate.verify(Repairs::default());
    assert!(clean.is_clean(), "{clean:#?}");
    let mut all = Vec::new();
    files(estate.path(), &mut all);
    all.retain(|path| path.metadata().unwrap().len() > 0);
    let mut told: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for number in 0..FLIPS {
        let path = &all[draw.random_range(0..all.len())];
        let len = path.metadata().unwrap().len();
        let is_log = path.extension().is_some_and(|extension| extension == "wal");
        // Most of a log file is room; half of its flips go where something stands.
        let used = if is_log { end_of_log(path) } else { len };
        let at = if draw.random_bool(0.5) { draw.random_range(0..used) } else { draw.random_range(0..len) };
        let mask = draw.random_range(1..=255);
        let file = path.strip_prefix(estate.path()).unwrap();
        let context = format!("DAYMARK_SEED={seed}: flip {number}, {} at {at} by {mask:#x}", file.display());

        flip(path, at, mask);
        let report = estate.verify(Repairs::default());
        flip(path, at, mask);
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_found = !report.is_clean();
        let kind = if is_log { "log" } else { name };
        told.entry(kind).or_default()[usize::from(is_found)] += 1;
        if is_found {
            let place = file.to_str().unwrap();
            let names_it = |found: &daymark_storage::Finding| {
                place.starts_with(&found.place) || found.place.starts_with("wal") && is_log
            };
            assert!(report.findings.iter().any(names_it), "{context}: {report:#?}");
            if number % TRIED == 0 {
                match open_with(&estate, file, at, mask) {
                    Ok(answers) if is_log => {
                        let missing = expected.counted - answers.counted;
                        // The last group of a log may have been cut short by a crash, and then nobody was told.
                        let is_told = missing == answers.lost || answers.lost == 0;
                        assert!(answers.are_part_of(&expected) && is_told, "{context}: {missing} missing");
                    }
                    Ok(answers) => assert!(answers.agree_with(&expected), "{context}"),
                    Err(error) => assert!(name == "catalog.db", "{context}: {error}"),
                }
            }
            continue;
        }
        assert!(
            (is_log && at >= used + 4) || name.starts_with("catalog.") || name.ends_with(".free"),
            "{context}: not found"
        );
        if name == "catalog.db" || number % TRIED == 0 {
            let answers = open_with(&estate, file, at, mask).unwrap();
            assert!(answers.rows == expected.rows && !answers.is_partial, "{context}");
        }
    }
    println!("not found and found: {told:?}");
}
