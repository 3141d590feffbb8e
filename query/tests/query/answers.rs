//! Order, limits, parameters and formats of answers.

use daymark_model::limits::QueryLimits;
use daymark_view::ask::Ask;
use daymark_view::error::Code;
use daymark_view::services::{ServicesAsk, Sort};
use daymark_view::sql::{SqlAsk, SqlChunk, SqlFormat, SqlParams};
use serde_json::{Value, json};

use crate::data::{Span, spans};
use crate::place::{Place, query_id};

/// Runs for hours.
const ENDLESS: &str = "SELECT count(a.value + b.value) \
    FROM generate_series(1, 1000000) a CROSS JOIN generate_series(1, 1000000) b";

/// Several batches of spans whose times are shuffled over batches.
async fn many(place: &Place) {
    for batch in 0..10_i64 {
        let rows: Vec<Span> = (0..100_i64)
            .map(|row| {
                let at = (row * 37 + batch * 13) % 1_000;
                Span::new(&format!("{:032x}", 1 + batch * 100 + row), 1, None, "work", 2, at)
            })
            .collect();
        place.send("spans", &spans("busy", "prod", &rows)).await;
        if batch % 3 == 0 {
            place.store.flush().await.unwrap();
        }
    }
}

/// Guarantee: the newest and oldest rows are those a full sort gives, with filters and without.
#[tokio::test(flavor = "multi_thread")]
async fn newest_first_equals_a_full_sort() {
    let place = Place::empty().await;
    many(&place).await;
    let all = place.rows("SELECT start, trace_id FROM spans").await;
    let key = |row: &Vec<Value>| {
        (row[0].as_str().unwrap().parse::<i64>().unwrap(), row[1].as_str().unwrap().to_owned())
    };
    let mut sorted: Vec<_> = all.iter().map(key).collect();
    sorted.sort();
    for limit in [1, 7, 50, 2_000] {
        let sql = |direction: &str| {
            format!(
                "SELECT start, trace_id FROM spans ORDER BY start {direction}, trace_id {direction} LIMIT {limit}"
            )
        };
        let oldest: Vec<_> = place.rows(&sql("ASC")).await.iter().map(key).collect();
        assert_eq!(oldest, sorted.iter().take(limit).cloned().collect::<Vec<_>>());
        let newest: Vec<_> = place.rows(&sql("DESC")).await.iter().map(key).collect();
        assert_eq!(newest, sorted.iter().rev().take(limit).cloned().collect::<Vec<_>>());
    }
}

/// Guarantee: a sort by time with a limit leaves most parts unread once it has its rows.
#[tokio::test(flavor = "multi_thread")]
async fn newest_first_stops_early() {
    let place = Place::empty().await;
    for batch in 0..20_i64 {
        let rows: Vec<Span> = (0..600_i64)
            .map(|row| {
                Span::new(
                    &format!("{:032x}", 1 + batch * 600 + row),
                    1,
                    None,
                    "work",
                    2,
                    batch * 10_000 + row,
                )
            })
            .collect();
        place.send("spans", &spans("busy", "prod", &rows)).await;
    }
    let answer = place.sql("SELECT * FROM spans ORDER BY start DESC LIMIT 5").await.unwrap();
    assert_eq!(answer.data.rows.len(), 5);
    assert!(answer.meta.scanned.rows < 6_000, "{:?}", answer.meta.scanned);
}

/// Guarantee: what is counted without a filter needs no rows.
#[tokio::test(flavor = "multi_thread")]
async fn counting_all_reads_nothing() {
    let place = Place::shop().await;
    place.store.flush().await.unwrap();
    let answer = place.sql("SELECT count(*) FROM spans").await.unwrap();
    assert_eq!(answer.data.rows, [[json!(5)]]);
    assert_eq!(answer.meta.scanned.rows, 0);
}

/// Guarantee: a limit cuts the answer and says so; a limit that just fits says nothing.
#[tokio::test(flavor = "multi_thread")]
async fn limits_are_told() {
    let place = Place::shop().await;
    let ask = |limit| SqlAsk { limit, ..Place::ask("SELECT name FROM spans") };
    let cut = place.table(ask(3)).await.unwrap();
    assert_eq!(cut.data.rows.len(), 3);
    assert_eq!(cut.meta.truncated.unwrap().shown, 3);
    let whole = place.table(ask(5)).await.unwrap();
    assert_eq!((whole.data.rows.len(), whole.meta.truncated), (5, None));
}

/// Guarantee: named and positional parameters bind everywhere, ids in any spelling.
#[tokio::test(flavor = "multi_thread")]
async fn parameters_bind() {
    let place = Place::shop().await;
    let named = |query: &str, params: Value| SqlAsk {
        params: SqlParams::Named(params.as_object().unwrap().clone()),
        ..Place::ask(query)
    };
    let count = |rows: Vec<Vec<Value>>| rows[0][0].clone();
    for (query, params, expected) in [
        ("SELECT count(*) FROM spans WHERE service = $service", json!({"service": "web"}), 2),
        (
            "SELECT count(*) FROM spans WHERE trace_id = $id",
            json!({"id": "0AF76519-16cd-43dd-8448-eb211c80319c"}),
            3,
        ),
        ("SELECT count(*) FROM spans WHERE trace_id IN ($id)", json!({"id": "a1b2c3d4e5f60718"}), 1),
        ("SELECT count(*) FROM spans WHERE duration_ns > $least", json!({"least": 50_000_000}), 2),
    ] {
        let answer =
            place.table(named(query, params)).await.unwrap_or_else(|error| panic!("{query}: {error}"));
        assert_eq!(count(answer.data.rows), json!(expected), "{query}");
    }
    let positional = SqlAsk {
        params: SqlParams::Positional(vec![json!("web"), json!("GET /")]),
        ..Place::ask("SELECT count(*) FROM spans WHERE service = $1 AND name = $2")
    };
    assert_eq!(count(place.table(positional).await.unwrap().data.rows), json!(1));
    let missing = place.sql("SELECT count(*) FROM spans WHERE service = $nobody").await.unwrap_err();
    assert_eq!(missing.code(), Code::BadQuery);
}

/// Guarantee: `now()` is the instant of the question, as a value and within a filter.
#[tokio::test(flavor = "multi_thread")]
async fn now_is_when_the_question_came() {
    let place = Place::shop().await;
    let cell = |rows: Vec<Vec<Value>>| rows[0][0].clone();
    for (query, expected) in [
        ("SELECT now() = now() AND current_date <= now()", json!(true)),
        ("SELECT count(*) > 0 FROM spans WHERE start > now() - INTERVAL '100 years'", json!(true)),
        ("SELECT count(*) FROM spans WHERE start > now() + INTERVAL '1 day'", json!(0)),
        ("SELECT count(*) > 0 FROM edges WHERE bucket > now() - INTERVAL '100 years'", json!(true)),
    ] {
        let rows = place.sql(query).await.unwrap_or_else(|error| panic!("{query}: {error}")).data.rows;
        assert_eq!(cell(rows), expected, "{query}");
    }
}

/// Guarantee: every streamed format holds all rows and ends with how it went.
#[tokio::test(flavor = "multi_thread")]
async fn streamed_formats() {
    let place = Place::shop().await;
    let sql = "SELECT trace_id, start, service, attributes, status_message FROM spans ORDER BY start";
    let (lines, end) = place.stream(sql, SqlFormat::Ndjson).await;
    let lines: Vec<Value> =
        String::from_utf8(lines).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 6);
    assert_eq!(lines[0]["schema"][0], json!({"name": "trace_id", "type": "id16"}));
    assert_eq!(lines[1]["row"][3]["http.route"], json!("/checkout"));
    assert!(matches!(end, SqlChunk::End(meta) if meta.truncated.is_none()));

    let (csv, _) = place.stream(sql, SqlFormat::Csv).await;
    let csv = String::from_utf8(csv).unwrap();
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(lines[0], "trace_id,start,service,attributes,status_message");
    assert!(
        lines[1].starts_with("0af7651916cd43dd8448eb211c80319c,2026-01-31T12:00:00.000000000Z,web,\"{\"\""),
        "{}",
        lines[1]
    );
    assert_eq!(lines.len(), 7);

    let (arrow, _) = place.stream(sql, SqlFormat::Arrow).await;
    let reader = arrow::ipc::reader::StreamReader::try_new(arrow.as_slice(), None).unwrap();
    assert_eq!(reader.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), 5);

    let (parquet, _) = place.stream(sql, SqlFormat::Parquet).await;
    let reader =
        parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(bytes::Bytes::from(parquet), 100)
            .unwrap();
    assert_eq!(reader.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), 5);
}

/// Guarantee: values that JSON or its readers lack are written as strings.
#[tokio::test(flavor = "multi_thread")]
async fn values_that_json_lacks() {
    let place = Place::empty().await;
    let rows = place
        .rows("SELECT 9007199254740991, 9007199254740992, CAST('NaN' AS DOUBLE), CAST('-inf' AS DOUBLE), 1.5, NULL, true, [1, NULL]")
        .await;
    let expected = json!([
        9_007_199_254_740_991_i64,
        "9007199254740992",
        "NaN",
        "-Infinity",
        1.5,
        null,
        true,
        [1, null]
    ]);
    assert_eq!(Value::Array(rows[0].clone()), expected);
}

/// Guarantee: a store without rows answers every question with nothing, not with an error.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_store_answers() {
    let place = Place::empty().await;
    for table in daymark_model::tables::ALL.into_iter().filter(|table| table.rows.is_some()) {
        assert_eq!(place.rows(&format!("SELECT * FROM {}", table.name)).await.len(), 0, "{}", table.name);
        assert_eq!(place.rows(&format!("SELECT count(*) FROM {}", table.name)).await, [[json!(0)]]);
    }
    assert!(place.rows("SELECT * FROM services").await.is_empty());
    assert!(place.rows("SELECT * FROM ledger").await.is_empty());
    assert!(
        place
            .rows("SELECT service, attr('x') FROM spans WHERE attr('x') = 'y' ORDER BY start DESC LIMIT 5")
            .await
            .is_empty()
    );
}

/// Guarantee: services are listed with their figures; those that sent only logs or metrics without.
#[tokio::test(flavor = "multi_thread")]
async fn services_are_listed() {
    let place = Place::shop().await;
    let ask = ServicesAsk {
        query_id: query_id(),
        range: Place::ask("").range,
        scope: Vec::new(),
        q: String::new(),
        state: Vec::new(),
        team: Vec::new(),
        language: Vec::new(),
        sort: Sort::default(),
        group: None,
        compare: None,
        limit: 100,
        cursor: None,
    };
    let rows = place.answerer.services(ask.clone()).await.unwrap().data;
    let seen: Vec<(&str, u64, u64)> =
        rows.iter().map(|row| (row.service.as_str(), row.count, row.errors)).collect();
    assert_eq!(seen, [("payment", 1, 1), ("cart", 1, 0), ("web", 2, 0)]);
    assert_eq!(rows[0].language.as_deref(), Some("java"));
    assert_eq!(rows[0].versions[0].version, "1.2.0");
    assert_eq!(rows[0].spark.rate.len(), 40);
    let scoped =
        ServicesAsk { scope: vec![daymark_view::services::Scope::parse("env:test").unwrap()], ..ask.clone() };
    assert_eq!(place.answerer.services(scoped).await.unwrap().data.len(), 1);
    let page = place.answerer.services(ServicesAsk { limit: 1, ..ask }).await.unwrap();
    assert_eq!((page.data.len(), page.meta.cursor.as_deref()), (1, Some("1")));
}

/// Guarantee: a running query is listed, and cancelling it ends it with an error.
#[tokio::test(flavor = "multi_thread")]
async fn a_running_query_can_be_cancelled() {
    let place = std::sync::Arc::new(Place::empty().await);
    let asker = std::sync::Arc::clone(&place);
    let slow = ENDLESS;
    let asked = tokio::spawn(async move { asker.sql(slow).await });
    while place.answerer.queries().is_empty() {
        assert!(!asked.is_finished(), "it ended by itself");
        tokio::task::yield_now().await;
    }
    assert_eq!(place.answerer.queries()[0].text.as_deref(), Some(slow));
    assert!(place.answerer.cancel(&query_id()));
    assert!(asked.await.unwrap().unwrap_err().to_string().contains("cancelled"));
    assert!(place.answerer.queries().is_empty());
    assert!(!place.answerer.cancel(&query_id()));
}

/// Guarantee: a statement that makes rows for minutes out of what it has read already ends when its time is up,
/// and holds no thread from then on: as many as there are threads leave the others theirs.
#[tokio::test(flavor = "multi_thread")]
async fn joins_of_many_rows_end_with_their_time() {
    let wall = std::time::Duration::from_secs(2);
    let place = Place::with(QueryLimits { wall, ..QueryLimits::default() }).await;
    let numbers = "generate_series(1, 2000000)";
    for _ in 0..4 {
        let sql =
            format!("SELECT sum(a.value % 7 + b.value % 5) FROM {numbers} a(value), {numbers} b(value)");
        assert_eq!(place.sql(&sql).await.unwrap_err().code(), Code::Timeout);
    }
    assert_eq!(place.rows("SELECT 2").await.len(), 1);
}

/// Guarantee: the wall limit ends a query that would run for ever.
#[tokio::test(flavor = "multi_thread")]
async fn the_wall_limit_holds() {
    let limits = QueryLimits { wall: std::time::Duration::from_millis(200), ..QueryLimits::default() };
    let place = Place::with(limits).await;
    let error = place.sql(ENDLESS).await.unwrap_err();
    assert_eq!(error.code(), Code::Timeout);
}
