//! A window of many rows becomes several segments, which together are the window; what comes late for it waits
//! until merging pays.

use std::sync::Arc;
use std::time::Duration;

use daymark_model::origin::DEFAULT_TENANT;
use daymark_model::signal::Table;
use daymark_model::time::{Clock, ManualClock, Nanos, SystemClock};
use daymark_segment::{Level, Meta};
use daymark_storage::Repairs;
use daymark_workload::{Request, SECOND, Signal};

use crate::estate::{Estate, World, stretch};

/// One stretch has some 1,000 spans.
const SEGMENT_ROWS: usize = 1_500;

fn estate() -> (Arc<ManualClock>, Estate) {
    let clock = Arc::new(ManualClock::at(SystemClock::new().now()));
    let mut world = World { clock: Arc::<ManualClock>::clone(&clock), ..World::default() };
    world.options.segment_rows = SEGMENT_ROWS;
    (clock, Estate::within(world))
}

/// Spans of some minutes of a window of two hours that is over.
fn spans(request_items: usize, minutes: &[i64]) -> Vec<Request> {
    let start = Nanos(SystemClock::new().now().0 - 6 * Nanos::HOUR).floor(2 * Nanos::HOUR).0;
    let at = |minute: &i64| stretch(40 + *minute as u64, start + minute * 60 * SECOND, request_items).0;
    minutes.iter().flat_map(at).filter(|request| request.signal == Signal::Spans).collect()
}

fn metas(estate: &Estate) -> Vec<Meta> {
    let version = estate.store().version();
    let shelf = version.shelf(DEFAULT_TENANT).unwrap();
    let mut metas: Vec<_> =
        shelf.segments(Table::Spans).iter().map(|one| one.segment.meta().clone()).collect();
    metas.sort_by_key(|meta| meta.time_min);
    metas
}

fn assert_cut(estate: &Estate) {
    let metas = metas(estate);
    assert!(metas.len() > 2, "{}", metas.len());
    for meta in &metas {
        assert_eq!(meta.level, Level::L2);
        assert!((meta.rows as usize) < 2 * SEGMENT_ROWS);
        let window = meta.window.unwrap();
        assert!(window.from <= meta.time_min && meta.time_max < window.to);
    }
    assert!(metas.is_sorted_by(|one, next| one.window.unwrap().to <= next.window.unwrap().from));
}

#[test]
fn a_window_of_many_rows_is_cut_and_collapses_repeats() {
    let minutes = [0, 3, 11, 12, 25, 119];
    let (_, mut estate) = estate();
    estate.send_all(&spans(300, &minutes));
    estate.wait(estate.store().settle()).unwrap();
    let before = estate.column(Table::Spans, "span_id");
    assert_cut(&estate);
    estate.send_all(&spans(70, &minutes));
    estate.wait(estate.store().settle()).unwrap();
    assert_eq!(estate.column(Table::Spans, "span_id"), before);
    assert_cut(&estate);
    estate.assert_balanced();
    estate.crash();
    let mut forgetful = estate.twin();
    for copy in ["catalog.db", "catalog.bak"].map(|name| forgetful.path().join(name)) {
        std::fs::remove_file(&copy).or_else(|error| if copy.exists() { Err(error) } else { Ok(()) }).unwrap();
    }
    let report = forgetful.verify(Repairs { catalog: true, indexes: false });
    assert!(report.is_clean(), "{report:#?}");
    estate.open();
    assert_cut(&estate);
    forgetful.open();
    for estate in [&estate, &forgetful] {
        assert_eq!(estate.column(Table::Spans, "span_id"), before);
        estate.assert_balanced();
    }
}

#[test]
fn a_window_is_closed_part_by_part_and_late_rows_wait() {
    let (clock, estate) = estate();
    let merge_after = |time: Duration| {
        clock.advance(time);
        estate.wait(estate.store().merge()).unwrap();
    };
    estate.send_all(&spans(300, &[0, 3, 11, 12, 25, 119]));
    estate.flush();
    merge_after(Duration::from_secs(3 * 60));
    assert!(metas(&estate).iter().all(|meta| meta.level == Level::L1));
    merge_after(Duration::from_secs(21 * 60));
    assert_cut(&estate);
    let settled = metas(&estate);
    let mut late = spans(5, &[40]);
    late.truncate(1);
    estate.send_all(&late);
    estate.flush();
    merge_after(Duration::from_secs(3 * 60));
    merge_after(Duration::from_secs(21 * 60));
    let levels = |level| metas(&estate).iter().filter(|meta| meta.level == level).count();
    assert_eq!(
        (levels(Level::L1), levels(Level::L2)),
        (1, settled.len()),
        "five rows are no reason to merge"
    );
    let before = estate.column(Table::Spans, "span_id");
    merge_after(Duration::from_secs(24 * 3_600));
    assert_eq!(levels(Level::L1), 0);
    assert_eq!(estate.column(Table::Spans, "span_id"), before);
    estate.assert_balanced();
}
