//! Rows that come long after those they are stored with are found as all others.

use serde_json::Value;

use crate::data::{Span, spans};
use crate::place::Place;

const TRACES: i64 = 220;
const SPANS: i64 = 100;
/// A trace begins so often, in ms.
const PACE: i64 = 50;
const STEPS: [&str; 4] = ["read", "check", "write", "tell"];

/// One of a hundred is taken from a queue minutes after.
fn at(trace: i64, number: i64) -> i64 {
    let late = if number == SPANS - 1 { 60_000 + trace * 7_919 % 600_000 } else { 0 };
    trace * PACE + number / 10 + late
}

fn span(trace: i64, number: i64) -> Span {
    let id = format!("{:032x}", 1 + trace);
    // A late span has the name of others every other time.
    let is_own = number == SPANS - 1 && trace % 2 == 0;
    let name = if is_own { "take" } else { STEPS[(number % 4) as usize] };
    let parent = (number > 0).then_some(1);
    Span {
        is_error: (trace + number) % 50 == 0,
        ..Span::new(&id, 1 + number as u64, parent, name, 2, at(trace, number))
    }
}

/// The newest or oldest spans, as instants: those of a condition, of what was sent.
fn expected(is_wanted: impl Fn(&Span) -> bool, limit: usize, newest: bool) -> Vec<i64> {
    let all = (0..TRACES).flat_map(|trace| (0..SPANS).map(move |number| span(trace, number)));
    let mut starts: Vec<i64> = all.filter(is_wanted).map(|span| span.start).collect();
    starts.sort_unstable();
    if newest {
        starts.reverse();
    }
    starts.truncate(limit);
    starts
}

/// Guarantee: the newest and the oldest rows are those of a plain sort, also where the blocks that hold them are
/// not those of their instants.
#[tokio::test(flavor = "multi_thread")]
async fn the_newest_rows_are_right_where_some_come_late() {
    let place = Place::empty().await;
    for trace in 0..TRACES {
        let service = if trace % 3 == 0 { "shop" } else { "bank" };
        let rows: Vec<Span> = (0..SPANS).map(|number| span(trace, number)).collect();
        place.send("spans", &spans(service, "prod", &rows)).await;
    }
    place.store.settle().await.unwrap();
    let is_of = |span: &Span, shop: bool| {
        let trace = i64::from_str_radix(&span.trace, 16).unwrap() - 1;
        (trace % 3 == 0) == shop
    };
    type IsWanted<'a> = Box<dyn Fn(&Span) -> bool + 'a>;
    let conditions: Vec<(&str, IsWanted<'_>)> = vec![
        ("true", Box::new(|_: &Span| true)),
        ("name = 'take'", Box::new(|span: &Span| span.name == "take")),
        (
            "service = 'shop' AND name = 'tell'",
            Box::new(|span: &Span| is_of(span, true) && span.name == "tell"),
        ),
        (
            "service = 'bank' AND status = 'error'",
            Box::new(|span: &Span| is_of(span, false) && span.is_error),
        ),
        ("name = 'absent'", Box::new(|_: &Span| false)),
    ];
    for (condition, is_wanted) in &conditions {
        for (limit, order) in [(1, "DESC"), (7, "DESC"), (150, "DESC"), (7, "ASC")] {
            let query = format!(
                "SELECT CAST(start AS BIGINT) AS at FROM spans WHERE {condition} ORDER BY start {order} LIMIT {limit}"
            );
            let rows = place.rows(&query).await;
            let starts: Vec<i64> = rows.iter().map(|row| number(&row[0])).collect();
            assert_eq!(starts, expected(is_wanted, limit, order == "DESC"), "{query}");
        }
    }
    // What is late is counted where it is.
    let counted = place.rows("SELECT count(*) FROM spans WHERE start >= '2026-01-31T12:01:00Z'").await;
    assert_eq!(number(&counted[0][0]), TRACES);
}

fn number(value: &Value) -> i64 {
    value.as_i64().or_else(|| value.as_str()?.parse().ok()).unwrap()
}
