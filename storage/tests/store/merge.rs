//! Merged segments hold the same rows, each once; what was erased is gone from the files.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use daymark_model::origin::DEFAULT_TENANT;
use daymark_model::reason::Deduplicated;
use daymark_model::signal::{Signal, Table};
use daymark_model::time::{Clock, ManualClock, SystemClock};
use daymark_segment::Level;
use daymark_storage::Repairs;
use daymark_storage::ledger::Entry;
use daymark_workload::SECOND;

use crate::erase::{rows_of, some_trace};
use crate::estate::{Estate, World, minute, stretch};

fn levels(estate: &Estate, table: Table) -> Vec<Level> {
    let version = estate.store().version();
    let shelf = version.shelf(DEFAULT_TENANT).unwrap();
    shelf.segments(table).iter().map(|one| one.segment.meta().level).collect()
}

#[test]
fn settling_leaves_one_sorted_generation() {
    let (requests, truth) = minute(30);
    let mut estate = Estate::new();
    for part in requests.chunks(requests.len() / 3 + 1) {
        estate.send_all(part);
        estate.flush();
    }
    let before = estate.column(Table::Spans, "span_id");
    assert!(levels(&estate, Table::Spans).len() > 1);
    estate.wait(estate.store().settle()).unwrap();
    for _ in 0..2 {
        assert!(levels(&estate, Table::Spans).iter().all(|level| *level == Level::L2));
        // Two where the stretch crosses the border of a window.
        assert!(levels(&estate, Table::Spans).len() <= 2);
        assert_eq!(estate.column(Table::Spans, "span_id"), before);
        assert_eq!(estate.rows()[&Table::Logs] as u64, truth.logs);
        estate.assert_balanced();
        estate.crash();
        estate.open();
    }
}

/// The same items in requests of another size: not the same batches, but the same spans.
#[test]
fn resent_spans_collapse_and_are_counted() {
    let start = SystemClock::new().now().0 - 120 * SECOND;
    let (requests, truth) = stretch(31, start, 300);
    let (mut again, _) = stretch(31, start, 70);
    // A request that is small enough comes out the same; that would be the same batch.
    again.retain(|request| !requests.contains(request));
    let resent = |signal| -> u64 {
        again.iter().filter(|request| request.signal == signal).map(|request| request.items as u64).sum()
    };
    let (spans, logs) = (resent(daymark_workload::Signal::Spans), resent(daymark_workload::Signal::Logs));
    assert!(spans > truth.spans / 2);
    let estate = Estate::new();
    estate.send_all(&requests);
    estate.flush();
    estate.send_all(&again);
    assert_eq!(estate.rows()[&Table::Spans] as u64, truth.spans + spans);
    estate.wait(estate.store().settle()).unwrap();
    assert_eq!(estate.rows()[&Table::Spans] as u64, truth.spans);
    assert_eq!(estate.rows()[&Table::Logs] as u64, truth.logs + logs, "equal lines can be two lines");
    estate.assert_balanced();
    let balances = estate.store().balances();
    let of_spans = balances.iter().find(|one| one.account.signal == Signal::Spans).unwrap();
    assert_eq!(of_spans.entries[&Entry::Deduplicated(Deduplicated::Record)].items, spans);
}

#[test]
fn erased_rows_leave_the_files() {
    let (requests, _) = minute(32);
    let estate = Estate::new();
    estate.send_all(&requests);
    estate.flush();
    let id = some_trace(&estate);
    estate.wait(estate.store().erase_trace(DEFAULT_TENANT, id)).unwrap();
    estate.wait(estate.store().settle()).unwrap();
    assert_eq!(rows_of(&estate, id), 0);
    let version = estate.store().version();
    for shelved in version.shelf(DEFAULT_TENANT).unwrap().segments(Table::Spans) {
        assert!(shelved.hidden.is_none());
    }
    estate.assert_balanced();
}

/// Spans whose other half never came are counted for good, in segments that nobody adds to any more.
#[test]
fn a_closed_window_waits_for_nothing() {
    for settle in [false, true] {
        let clock = Arc::new(ManualClock::at(SystemClock::new().now()));
        let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let estate = Estate::within(World { clock: shared, ..World::default() });
        let (mut requests, _) = minute(33);
        // A part of each trace is missing.
        requests.retain(|request| request.signal == daymark_workload::Signal::Spans);
        requests.truncate(requests.len() / 2);
        estate.send_all(&requests);
        estate.flush();
        if settle {
            estate.wait(estate.store().settle()).unwrap();
        }
        let before = estate.column(Table::Spans, "span_id");
        assert!(waiting(&estate) > 0);
        clock.advance(Duration::from_secs(2 * 3_600 + 21 * 60));
        estate.wait(estate.store().merge()).unwrap();
        assert_eq!(waiting(&estate), 0);
        assert!(levels(&estate, Table::Spans).iter().all(|level| *level == Level::L2));
        assert_eq!(estate.column(Table::Spans, "span_id"), before);
        let ids = ids(&estate);
        clock.advance(Duration::from_secs(24 * 3_600));
        estate.wait(estate.store().merge()).unwrap();
        assert_eq!(self::ids(&estate), ids, "what is settled is left alone");
    }
}

/// Spans that count as nothing yet.
fn waiting(estate: &Estate) -> usize {
    let version = estate.store().version();
    let segments = version.shelf(DEFAULT_TENANT).unwrap().segments(Table::Spans);
    segments.iter().map(|one| one.segment.open_spans().unwrap().len()).sum()
}

fn ids(estate: &Estate) -> BTreeSet<Arc<str>> {
    let version = estate.store().version();
    let shelf = version.shelf(DEFAULT_TENANT).unwrap();
    shelf.segments(Table::Spans).iter().map(|one| Arc::clone(&one.id)).collect()
}

#[test]
fn erased_rows_leave_settled_files_within_a_day() {
    let clock = Arc::new(ManualClock::at(SystemClock::new().now()));
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    let mut estate = Estate::within(World { clock: shared, ..World::default() });
    estate.send_all(&minute(35).0);
    estate.wait(estate.store().settle()).unwrap();
    let id = some_trace(&estate);
    let before = in_files(&estate);
    let erased = estate.wait(estate.store().erase_trace(DEFAULT_TENANT, id)).unwrap();
    estate.wait(estate.store().merge()).unwrap();
    assert_eq!(in_files(&estate), before, "one erased trace is no reason to merge all day");
    estate.crash();
    estate.open();
    clock.advance(Duration::from_secs(24 * 3_600));
    estate.wait(estate.store().merge()).unwrap();
    assert_eq!(in_files(&estate), before - erased);
    estate.assert_balanced();
}

/// Spans and logs that files hold, found or not.
fn in_files(estate: &Estate) -> u64 {
    let version = estate.store().version();
    let shelf = version.shelf(DEFAULT_TENANT).unwrap();
    let segments = [Table::Spans, Table::Logs].into_iter().flat_map(|table| shelf.segments(table));
    segments.map(|one| u64::from(one.segment.meta().rows)).sum()
}

/// Folders that were replaced by what was itself replaced are not taken for lost ones.
#[test]
fn a_restart_after_two_merges_brings_nothing_back() {
    let (mut requests, _) = stretch(34, SystemClock::new().now().0 - 120 * SECOND, 40);
    requests.retain(|request| request.signal == daymark_workload::Signal::Spans);
    let mut estate = Estate::new();
    for part in requests.chunks(requests.len() / 8) {
        estate.send_all(part);
        estate.flush();
    }
    let before = estate.column(Table::Spans, "span_id");
    while !levels(&estate, Table::Spans).contains(&Level::L1) {
        estate.wait(async { tokio::time::sleep(Duration::from_millis(20)).await });
    }
    let version = estate.store().version();
    let between: Vec<_> = version.shelf(DEFAULT_TENANT).unwrap().segments(Table::Spans).to_vec();
    estate.wait(estate.store().settle()).unwrap();
    estate.crash();
    // The same folders without those between, and without a catalog that names what was dropped.
    let mut forgetful = estate.twin();
    for one in &between {
        let place = one.segment.dir().strip_prefix(estate.path()).unwrap();
        std::fs::remove_dir_all(forgetful.path().join(place)).unwrap();
    }
    for copy in ["catalog.db", "catalog.bak"].map(|name| forgetful.path().join(name)) {
        std::fs::remove_file(&copy).or_else(|error| if copy.exists() { Err(error) } else { Ok(()) }).unwrap();
    }
    let report = forgetful.verify(Repairs { catalog: true, indexes: false });
    assert!(report.is_clean(), "{report:#?}");
    for estate in [&mut estate, &mut forgetful] {
        estate.open();
        assert_eq!(estate.column(Table::Spans, "span_id"), before);
        estate.assert_balanced();
    }
}
