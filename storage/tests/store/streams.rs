//! Rows of a stream are kept for their own time, and everything else as before.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use daymark_model::origin::DEFAULT_TENANT;
use daymark_model::signal::{Signal, Table};
use daymark_model::time::{Clock, ManualClock, SystemClock};
use daymark_segment::Meta;
use daymark_storage::streams::Stream;
use daymark_workload::SECOND;

use crate::estate::{Estate, World, minute, stretch};

const DAY: Duration = Duration::from_secs(86_400);

fn list(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn metas<T>(estate: &Estate, table: Table, of: impl Fn(&Meta) -> T) -> Vec<T> {
    let version = estate.store().version();
    let shelf = version.shelf(DEFAULT_TENANT).unwrap();
    shelf.segments(table).iter().map(|one| of(one.segment.meta())).collect()
}

fn in_stream(estate: &Estate, table: Table, name: &str) -> usize {
    estate.column(table, "stream").iter().filter(|stream| *stream == name).count()
}

#[test]
fn a_row_goes_to_the_first_stream_that_fits_and_stays_for_its_time() {
    let clock = Arc::new(ManualClock::at(SystemClock::new().now()));
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    let mut world = World { clock: shared, ..World::default() };
    let plain = Estate::new();
    let (requests, _) = minute(60);
    plain.send_all(&requests);
    let service = plain.column(Table::Spans, "service").remove(0);
    let severe = plain.column(Table::Logs, "severity_number");
    let severe = severe.iter().filter(|number| (13..=24).contains(&number.parse::<u8>().unwrap())).count();
    let of_service = plain.column(Table::Spans, "service").iter().filter(|one| **one == service).count();
    assert!(severe > 0 && of_service > 0);
    world.options.keep.streams = vec![
        Stream {
            name: "short".into(),
            signals: vec![Signal::Spans],
            services: vec![service],
            keep: Some(DAY),
            ..Stream::default()
        },
        Stream { name: "severe".into(), severities: list(&["warn", "error", "fatal"]), ..Stream::default() },
        Stream { name: "late".into(), statuses: list(&["unset", "ok", "error"]), ..Stream::default() },
    ];
    let mut estate = Estate::within(world);
    estate.send_all(&requests);
    let before = estate.rows();
    for step in 0..3 {
        assert_eq!(in_stream(&estate, Table::Spans, "short"), of_service);
        assert_eq!(in_stream(&estate, Table::Logs, "severe"), severe);
        assert_eq!(in_stream(&estate, Table::Spans, "default"), 0);
        assert_eq!(estate.rows(), before);
        estate.assert_balanced();
        match step {
            0 => estate.flush(),
            _ => estate.wait(estate.store().settle()).unwrap(),
        }
        estate.crash();
        estate.open();
    }
    let streams: BTreeSet<String> =
        metas(&estate, Table::Spans, |meta| meta.stream.clone()).into_iter().collect();
    assert_eq!(streams, BTreeSet::from(["late".to_owned(), "short".to_owned()]));
    clock.advance(2 * DAY);
    estate.wait(estate.store().expire()).unwrap();
    assert_eq!(estate.rows()[&Table::Spans], before[&Table::Spans] - of_service);
    clock.advance(3_650 * DAY);
    estate.wait(estate.store().expire()).unwrap();
    assert_eq!(estate.rows()[&Table::Logs], severe);
    assert_eq!(estate.rows()[&Table::Spans], before[&Table::Spans] - of_service);
    estate.assert_balanced();
}

/// A batch whose spans go to two streams is recognised span by span when it comes in other requests.
#[test]
fn a_repeated_span_is_stored_once_in_its_stream() {
    let mut world = World::default();
    world.options.keep.streams =
        vec![Stream { name: "failed".into(), statuses: list(&["error"]), ..Stream::default() }];
    let estate = Estate::within(world);
    let start = SystemClock::new().now().0 - 120 * SECOND;
    let [once, again] = [300, 70].map(|request_items| stretch(62, start, request_items).0);
    estate.send_all(&once);
    assert!(in_stream(&estate, Table::Spans, "failed") > 0);
    let before = estate.rows()[&Table::Spans];
    estate.send_all(&again);
    assert_eq!(estate.rows()[&Table::Spans], before);
    estate.assert_balanced();
}
