//! Acknowledged means visible, also after a crash, a flush and a restart.

use std::sync::Arc;
use std::time::Duration;

use daymark_decode::OtlpDecode;
use daymark_model::signal::Table;
use daymark_model::time::SystemClock;
use daymark_storage::{Options, Store};
use daymark_vfs::RealFs;

use crate::estate::{Estate, minute};

fn assert_has(estate: &Estate, truth: &daymark_workload::Truth) {
    let rows = estate.rows();
    assert_eq!(rows[&Table::Spans] as u64, truth.spans);
    assert_eq!(rows[&Table::Logs] as u64, truth.logs);
    let points = [Table::Points, Table::Histograms, Table::ExpHistograms, Table::Summaries];
    let points: usize = points.into_iter().filter_map(|table| rows.get(&table)).sum();
    assert_eq!(points as u64, truth.points());
    estate.assert_balanced();
}

#[test]
fn what_is_acknowledged_is_visible() {
    let (requests, truth) = minute(1);
    let estate = Estate::new();
    estate.send_all(&requests);
    assert_has(&estate, &truth);
}

#[test]
fn a_crash_loses_nothing() {
    let (requests, truth) = minute(2);
    let mut estate = Estate::new();
    estate.send_all(&requests);
    let before = estate.column(Table::Spans, "span_id");
    estate.crash();
    estate.open();
    assert_has(&estate, &truth);
    assert_eq!(estate.column(Table::Spans, "span_id"), before);
}

#[test]
fn a_flush_moves_rows_and_a_restart_finds_them() {
    let (requests, truth) = minute(3);
    let mut estate = Estate::new();
    estate.send_all(&requests);
    let before = estate.column(Table::Logs, "body");
    estate.flush();
    assert_eq!(estate.store().status().buffered_bytes, 0);
    assert!(estate.store().status().segments >= 3);
    assert_has(&estate, &truth);
    estate.close();
    estate.open();
    assert_has(&estate, &truth);
    assert_eq!(estate.column(Table::Logs, "body"), before);
}

/// Who closes a store, as an operator who restarts the process does, may open it again at once.
#[test]
fn a_closed_store_leaves_its_folder_to_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for round in 0..20 {
        let options = Options { flush_after: Duration::ZERO, ..Options::at(dir.path()) };
        let opened =
            Store::open(options, Arc::new(RealFs), Arc::new(OtlpDecode), Arc::new(SystemClock::new()));
        let store = runtime.block_on(opened).unwrap_or_else(|error| panic!("round {round}: {error}"));
        runtime.block_on(store.close()).unwrap();
        // The last thing SQLite does with it.
        assert!(!dir.path().join("catalog.db-wal").exists(), "round {round}");
    }
}

/// Part of the rows are in segments and part only in the log: each comes back from where it is, once.
#[test]
fn a_crash_between_flushes_neither_loses_nor_doubles() {
    let (requests, truth) = minute(4);
    let mut estate = Estate::new();
    for (number, part) in requests.chunks(requests.len() / 4).enumerate() {
        estate.send_all(part);
        if number % 2 == 0 {
            estate.flush();
        }
        estate.crash();
        estate.open();
        estate.assert_balanced();
    }
    assert_has(&estate, &truth);
}

/// Each run begins a file of the log, and none of them lives long enough to flush for its age.
#[test]
fn the_logs_of_many_short_runs_do_not_pile_up() {
    let (requests, truth) = minute(8);
    let mut estate = Estate::small();
    let parts: Vec<_> = requests.chunks(requests.len().div_ceil(8)).collect();
    for part in parts {
        estate.send_all(part);
        estate.crash();
        estate.open();
    }
    let is_short = (0..1_500).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        estate.store().status().wal.files <= 2
    });
    assert!(is_short, "{:?}", estate.store().status().wal);
    assert_has(&estate, &truth);
}

/// A flush was killed after its folder was in place and before the catalog knew: the log still has the rows.
#[test]
fn a_segment_that_no_flush_finished_is_swept() {
    let (requests, truth) = minute(5);
    let (mut estate, twin) = (Estate::new(), Estate::new());
    estate.send_all(&requests);
    twin.send_all(&requests);
    twin.flush();
    estate.crash();
    let stray = twin.copy_a_segment_to(&estate);
    estate.open();
    assert_has(&estate, &truth);
    assert!(!stray.exists());
}

/// The spans are in their place when it turns out that the logs cannot be: both go again, and both come later.
#[test]
fn a_flush_that_fails_leaves_nothing_behind() {
    let (requests, truth) = minute(7);
    let (estate, twin) = (Estate::new(), Estate::new());
    estate.send_all(&requests);
    twin.send_all(&requests);
    twin.flush();
    let place = twin.copy_a_segment_to(&estate);
    std::fs::remove_dir_all(&place).unwrap();
    let obstacle = place.ancestors().nth(4).unwrap().join(Table::Logs.name());
    std::fs::write(&obstacle, "not a folder").unwrap();
    for _ in 0..2 {
        assert!(estate.wait(estate.store().flush()).is_err());
        assert_eq!(estate.segment_folders(), 0);
        assert_has(&estate, &truth);
    }
    std::fs::remove_file(obstacle).unwrap();
    estate.flush();
    assert_eq!(estate.segment_folders() as u64, estate.store().status().segments);
    assert_has(&estate, &truth);
}

/// The catalog lost its last transactions, and the log has been recycled since: the folder is all there is.
#[test]
fn a_segment_that_the_catalog_forgot_is_taken_back() {
    let (requests, truth) = minute(6);
    let mut estate = Estate::new();
    estate.close();
    let catalog = std::fs::read(estate.path().join("catalog.db")).unwrap();
    estate.open();
    estate.send_all(&requests);
    estate.flush();
    estate.close();
    std::fs::write(estate.path().join("catalog.db"), catalog).unwrap();
    std::fs::remove_dir_all(estate.path().join("wal")).unwrap();
    for _ in 0..2 {
        estate.open();
        let rows = estate.rows();
        assert_eq!(rows[&Table::Spans] as u64, truth.spans);
        assert_eq!(rows[&Table::Logs] as u64, truth.logs);
        estate.crash();
    }
}
