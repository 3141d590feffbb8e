//! What is old goes, whole segments at a time, is counted, and stays away; a clock that jumps deletes nothing.

use std::sync::Arc;
use std::time::Duration;

use daymark_model::origin::DEFAULT_TENANT;
use daymark_model::reason::Expired;
use daymark_model::signal::{Signal, Table};
use daymark_model::time::{Clock, ManualClock, Nanos, SystemClock};
use daymark_segment::{Projection, RowRanges};
use daymark_storage::ledger::Entry;

use crate::estate::{Estate, World, minute, stretch};

const DAY: Duration = Duration::from_secs(86_400);
const HOUR: i64 = Nanos::HOUR;

/// A store whose time a test decides, with a flushed minute of everything in it.
fn aging(seed: u64) -> (Estate, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(SystemClock::new().now()));
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    let estate = Estate::within(World { clock: shared, ..World::default() });
    estate.send_all(&minute(seed).0);
    estate.flush();
    (estate, clock)
}

fn expire(estate: &Estate) {
    estate.wait(estate.store().expire()).unwrap();
}

pub(crate) fn expired(estate: &Estate, signal: Signal, reason: Expired) -> u64 {
    let balances = estate.store().balances();
    let of_signal = balances.iter().filter(|one| one.account.signal == signal);
    of_signal.filter_map(|one| one.entries.get(&Entry::Expired(reason))).map(|count| count.items).sum()
}

#[test]
fn each_signal_goes_at_its_age() {
    let (estate, clock) = aging(40);
    let before = estate.rows();
    let (spans, logs) = (before[&Table::Spans] as u64, before[&Table::Logs] as u64);
    clock.advance(14 * DAY - Duration::from_secs(3_600));
    expire(&estate);
    assert_eq!(estate.rows(), before);
    clock.advance(Duration::from_secs(7_200));
    expire(&estate);
    let rows = estate.rows();
    assert!(!rows.contains_key(&Table::Spans) && !rows.contains_key(&Table::Logs));
    assert_eq!(rows[&Table::Points], before[&Table::Points]);
    assert_eq!(expired(&estate, Signal::Spans, Expired::Age), spans);
    assert_eq!(expired(&estate, Signal::Logs, Expired::Age), logs);
    estate.assert_balanced();
    clock.advance(16 * DAY);
    expire(&estate);
    assert!(estate.rows().is_empty());
    estate.assert_balanced();
}

#[test]
fn what_arrived_late_is_kept_for_the_full_age() {
    let clock = Arc::new(ManualClock::at(SystemClock::new().now()));
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    let estate = Estate::within(World { clock: shared, ..World::default() });
    let (requests, truth) = stretch(41, clock.now().0 - 20 * 24 * HOUR, 300);
    estate.send_all(&requests);
    estate.flush();
    expire(&estate);
    assert_eq!(estate.rows()[&Table::Spans] as u64, truth.spans, "older than the age, but new here");
    clock.advance(13 * DAY);
    expire(&estate);
    assert_eq!(estate.rows()[&Table::Spans] as u64, truth.spans);
    clock.advance(2 * DAY);
    expire(&estate);
    assert!(!estate.rows().contains_key(&Table::Spans));
    estate.assert_balanced();
}

#[test]
fn a_reader_keeps_its_snapshot_and_the_folders_go_after_it() {
    let (estate, clock) = aging(42);
    let version = estate.store().version();
    let held = version.shelf(DEFAULT_TENANT).unwrap().segments(Table::Spans)[0].clone();
    let (dir, rows) = (held.segment.dir().to_owned(), RowRanges::all(held.segment.meta().rows));
    clock.advance(15 * DAY);
    expire(&estate);
    clock.advance(Duration::from_secs(61));
    expire(&estate);
    assert!(dir.exists());
    let read = held.segment.read(&Projection::all(Table::Spans), &rows, 1_000).unwrap();
    assert_eq!(read.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), rows.count());
    drop((held, version));
    expire(&estate);
    assert!(!dir.exists());
}

/// The process ends while the folders still lie there: before, within and after the merge of what expired.
#[test]
fn what_expired_does_not_come_back() {
    for settle in [false, true] {
        let (mut estate, clock) = aging(43);
        if settle {
            // The inputs of the merge wait for their grace beside what is made of them.
            estate.wait(estate.store().settle()).unwrap();
        }
        clock.advance(31 * DAY);
        expire(&estate);
        for _ in 0..2 {
            assert!(estate.rows().is_empty());
            estate.assert_balanced();
            estate.crash();
            estate.open();
        }
    }
}

#[test]
fn a_clock_that_jumps_deletes_nothing_until_it_proved_steady() {
    let (mut estate, clock) = aging(44);
    let before = estate.rows();
    clock.jump(3_650 * 24 * HOUR);
    for _ in 0..19 {
        expire(&estate);
        assert_eq!(estate.rows(), before);
        clock.advance(Duration::from_secs(60));
    }
    clock.jump(-3_650 * 24 * HOUR);
    clock.advance(DAY);
    expire(&estate);
    assert_eq!(estate.rows(), before);
    // A process that starts under a wrong clock knows no better time than that of its newest data.
    estate.close();
    clock.jump(3_650 * 24 * HOUR);
    estate.open();
    expire(&estate);
    assert_eq!(estate.rows(), before);
    clock.jump(-3_650 * 24 * HOUR);
    clock.advance(Duration::from_secs(1_200));
    expire(&estate);
    assert_eq!(estate.rows(), before);
    estate.assert_balanced();
}
