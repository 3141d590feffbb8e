//! A tenant has only so many metric series at a time.

use daymark_model::reason::Rejected;
use daymark_model::signal::Table;

use crate::estate::{Estate, World, minute};

const TABLES: [Table; 4] = [Table::Points, Table::Histograms, Table::ExpHistograms, Table::Summaries];

fn series(estate: &Estate) -> Vec<String> {
    let mut all: Vec<String> = TABLES.iter().flat_map(|table| estate.column(*table, "series_id")).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn points_of_one_series_too_many_are_refused_and_counted() {
    let (requests, _) = minute(60);
    let plain = Estate::new();
    plain.send_all(&requests);
    let all = series(&plain).len();
    let most = all / 2;
    let mut world = World::default();
    world.options.series = most;
    let mut estate = Estate::within(world);
    let receipts: Vec<_> = requests.iter().map(|request| estate.send(request).unwrap()).collect();
    let rejected: u64 = receipts.iter().map(|receipt| receipt.rejected).sum();
    let points =
        |estate: &Estate| TABLES.iter().map(|table| estate.column(*table, "time").len()).sum::<usize>();
    assert!(rejected > 0 && series(&estate).len() == most, "{} of {all}", series(&estate).len());
    assert_eq!(points(&estate) as u64 + rejected, points(&plain) as u64);
    let told = receipts.iter().find_map(|receipt| receipt.message.clone()).unwrap();
    assert!(told.contains(&format!("{most} are active")), "{told}");
    estate.assert_balanced();
    let samples = estate.store().rejected_samples("default");
    assert!(samples.iter().all(|sample| sample.reason == Rejected::Cardinality && !sample.detail.is_empty()));
    assert!((1..=10).contains(&samples.len()));
    assert_eq!(estate.store().active_series(), [("default".to_owned(), most)]);

    // What was acknowledged stays, and the bound holds for what comes then.
    estate.flush();
    estate.close();
    estate.open();
    assert_eq!(points(&estate) as u64 + rejected, points(&plain) as u64);
    estate.assert_balanced();
}
