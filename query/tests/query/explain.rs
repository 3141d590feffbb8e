//! How statements would be answered: what each index leaves, without reading a row.

use daymark_model::time::Nanos;
use daymark_view::ask::Ask;
use daymark_view::error::Code;
use daymark_view::explain::{Explained, PlanStep};
use serde_json::json;

use crate::data::{NOON, Span, TRACE, spans};
use crate::place::Place;

/// Three segments of half an hour each, of two services, and one buffer.
async fn hours() -> Place {
    let place = Place::empty().await;
    for at in 0..4_i64 {
        for (service, id) in [("cart", 1), ("web", 1_000)] {
            let of = |number: i64| Span {
                attributes: json!({"customer": format!("c{at}-{number}")}),
                ..Span::new(TRACE, (id + at * 100 + number) as u64, None, "work", 2, at * 1_800_000 + number)
            };
            place.send("spans", &spans(service, "prod", &(0..50).map(of).collect::<Vec<_>>())).await;
        }
        if at < 3 {
            place.store.flush().await.unwrap();
        }
    }
    place
}

async fn explain(place: &Place, sql: &str) -> Explained {
    place.answerer.sql_explain(Place::ask(sql)).await.unwrap_or_else(|error| panic!("{sql}: {error}")).data
}

fn names(step: &PlanStep) -> Vec<&str> {
    std::iter::once(step.name.as_str()).chain(step.children.iter().flat_map(names)).collect()
}

#[tokio::test]
async fn each_index_tells_what_it_leaves() {
    let place = hours().await;
    let after = Nanos(NOON + 1_700 * Nanos::SECOND).0;
    let sql = format!(
        "SELECT name FROM spans WHERE service = 'web' AND attr('customer') = 'c2-7' AND start >= \
         arrow_cast({after}, 'Timestamp(Nanosecond, Some(\"UTC\"))')"
    );
    let told = explain(&place, &sql).await;
    let [table] = told.tables.as_slice() else { panic!("one scan: {told:?}") };
    assert_eq!(
        (table.table.as_str(), table.of_segments, table.of_parts, table.of_rows),
        ("spans", 3, 4, 400)
    );
    let left: Vec<(&str, u64)> = table.pruned.iter().map(|one| (one.by.as_str(), one.parts)).collect();
    // The first half hour is too early; what was never merged has no index of attributes.
    assert_eq!(left, [("time", 3), ("service", 3), ("attributes", 3)]);
    assert!(table.rows <= 300 && table.rows == table.pruned[2].rows, "{table:?}");
    assert_eq!((told.segments, told.bytes), (2, table.bytes));
    assert!(table.conditions.iter().any(|one| one.contains("web")), "{:?}", table.conditions);
    assert!(names(&told.plan[0]).contains(&"ScanExec"), "{:?}", told.plan);
    // What is told is what is done.
    let done = place.sql(&sql).await.unwrap();
    assert_eq!((done.data.rows.len(), done.meta.scanned.segments), (1, told.segments));
    let text = place.rows(&format!("EXPLAIN {sql}")).await;
    assert!(
        text.iter().flatten().any(|cell| cell.as_str().is_some_and(|cell| cell.contains("left=[time 3/")))
    );

    place.store.settle().await.unwrap();
    let told = explain(&place, "SELECT name FROM spans WHERE attr('customer') = 'nobody'").await;
    let of_none = told.tables[0].pruned.iter().find(|one| one.by == "attributes").unwrap();
    assert_eq!((of_none.parts, of_none.rows, told.segments), (0, 0, 0));
}

/// In a segment that was merged, one that was not, and a buffer; some fail, and few take long.
#[tokio::test]
async fn slow_spans_are_found_without_reading_the_others() {
    let place = Place::empty().await;
    for (batch, service) in ["cart", "web", "cart"].into_iter().enumerate() {
        let span = |number: i64| {
            let id = (batch as i64 * 3_000 + number + 1) as u64;
            let name = if number % 3 == 0 { "GET /" } else { "work" };
            let of_few = if number % 500 == 7 { Nanos::SECOND } else { 0 };
            Span {
                duration: number * 7_919 % 3_000 + of_few,
                is_error: number % 5 == 2,
                ..Span::new(&format!("{id:032x}"), id, None, name, 2, number)
            }
        };
        place.send("spans", &spans(service, "prod", &(0..3_000).map(span).collect::<Vec<_>>())).await;
        match batch {
            0 => place.store.settle().await.unwrap(),
            1 => place.store.flush().await.unwrap(),
            _ => {}
        }
    }
    let count =
        async |condition: &str| place.rows(&format!("SELECT count(*) FROM spans WHERE {condition}")).await;
    for least in [-1, 0, 1, 1_500, 2_940, 2_960, 2_999, Nanos::SECOND, Nanos::SECOND + 2_000, i64::MAX] {
        for more in [
            "true",
            "service = 'cart'",
            "name = 'GET /'",
            "status = 'error'",
            "status = 'error' AND name = 'work'",
        ] {
            for sign in [">", ">="] {
                let told = count(&format!("duration_ns {sign} {least} AND {more}")).await;
                // Of an expression no index knows anything.
                let read = count(&format!("duration_ns + 0 {sign} {least} AND {more}")).await;
                assert_eq!(told, read, "duration_ns {sign} {least} AND {more}");
            }
        }
    }
    let sql = "SELECT name FROM spans WHERE service = 'web' AND duration_ns > 1000000000";
    let told = explain(&place, sql).await;
    let slow = told.tables[0].pruned.iter().find(|one| one.by == "duration").unwrap();
    // The six of the segment, and the buffer, of which nothing is indexed.
    assert_eq!((slow.parts, slow.rows), (2, 3_006), "{slow:?}");
}

#[tokio::test]
async fn a_statement_that_fails_is_told_so() {
    let place = Place::shop().await;
    for sql in ["SELECT nothing FROM spans", "DELETE FROM spans", "EXPLAIN SELECT 1", "SELECT $n"] {
        let error = place.answerer.sql_explain(Place::ask(sql)).await.expect_err(sql);
        assert_eq!(error.code(), Code::BadQuery, "{sql}: {error}");
    }
    let two = explain(&place, "SELECT count(*) FROM spans s JOIN logs l ON s.trace_id = l.trace_id").await;
    assert_eq!(two.tables.len(), 2);
    assert_eq!(explain(&place, "SELECT service FROM services").await.bytes, 0);
}
