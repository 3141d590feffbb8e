//! Queries that must be refused or stopped, and must never end the process.

use daymark_model::limits::{MIB, QueryLimits};
use daymark_view::error::Code;

use crate::place::Place;

/// Scenario: texts that make parsers and planners recurse, at sizes from harmless to absurd.
/// Guarantee: each is answered or refused; the process lives.
#[tokio::test(flavor = "multi_thread")]
async fn long_and_deep_queries_never_abort() {
    let place = Place::shop().await;
    for size in [100, 390, 2_000, 20_000, 100_000] {
        let texts = [
            format!("SELECT {}", vec!["1"; size].join("+")),
            format!("SELECT {}", vec!["true"; size].join(" AND ")),
            format!("SELECT 1 FROM spans WHERE {}", vec!["name = 'x'"; size].join(" OR ")),
            format!("SELECT {}", vec!["'a'"; size].join(" || ")),
            vec!["SELECT 1"; size].join(" UNION ALL "),
            format!("SELECT {}1{}", "(".repeat(size), ")".repeat(size)),
            format!("SELECT {}1", "- ".repeat(size)),
            format!("SELECT {}true", "NOT ".repeat(size)),
            format!("SELECT 1{}", "::bigint".repeat(size)),
            format!("SELECT {}1{}", "abs(".repeat(size), ")".repeat(size)),
            format!("SELECT {}1{}", "CASE WHEN true THEN ".repeat(size), " END".repeat(size)),
            format!("{}SELECT 1{}", "SELECT * FROM (".repeat(size), ") t".repeat(size)),
            format!("SELECT * FROM spans WHERE service IN ({})", vec!["'a'"; size].join(",")),
            format!("SELECT {}1{}", "[".repeat(size), "]".repeat(size)),
            format!("SELECT count(*) FROM spans {}", "JOIN spans USING (span_id) ".repeat(size)),
            format!(
                "WITH {} SELECT 1",
                (0..size).map(|n| format!("a{n} AS (SELECT 1)")).collect::<Vec<_>>().join(",")
            ),
        ];
        for (number, text) in texts.iter().enumerate() {
            let answer = place.sql(text).await;
            if size >= 20_000 {
                assert_eq!(answer.unwrap_err().code(), Code::BadQuery, "text {number} at {size}");
            } else if let Err(error) = answer {
                assert!(
                    matches!(error.code(), Code::BadQuery | Code::LimitExceeded),
                    "text {number} at {size}: {error}"
                );
            }
        }
    }
    assert_eq!(place.rows("SELECT 1").await.len(), 1);
}

/// Guarantee: functions that grow are stopped before they allocate, also when constants are folded.
#[tokio::test(flavor = "multi_thread")]
async fn growing_functions_are_capped() {
    let place = Place::shop().await;
    for sql in [
        "SELECT array_length(array_repeat(1, 1500000000))",
        "SELECT length(repeat('x', 2000000000))",
        "SELECT length(lpad('x', 2000000000, 'y'))",
        "SELECT length(rpad('x', 2000000000, 'y'))",
        "SELECT array_length(range(0, 1000000000))",
        "SELECT array_length(generate_series(0, 1000000000))",
        "SELECT array_length(array_repeat(array_repeat(1, 90000), 90000))",
        "SELECT length(replace(repeat('a', 1000000), 'a', repeat('b', 1000000)))",
        "SELECT length(concat(repeat('a', 1000000), repeat('a', 1000000)))",
        "SELECT length(repeat('a', 1000000) || repeat('a', 1000000))",
        "SELECT count(repeat('a', 900000 + n % 2)) FROM generate_series(1, 100000) t(n)",
        "SELECT length(repeat(name, 100000000)) FROM spans",
    ] {
        let error = place.sql(sql).await.expect_err(sql);
        assert_eq!(error.code(), Code::LimitExceeded, "{sql}: {error}");
    }
    // Planning folds constants: it must not make them either.
    assert_eq!(place.rows("EXPLAIN SELECT array_length(array_repeat(1, 1500000000))").await.len(), 2);
    assert_eq!(
        place.rows("SELECT length(repeat('ab', 3)), lpad('x', 3, 'y'), concat('a', 'b') || 'c'").await.len(),
        1
    );
}

/// Guarantee: nothing but the tenant's own tables can be named.
#[tokio::test(flavor = "multi_thread")]
async fn only_own_tables_exist() {
    let place = Place::shop().await;
    for sql in [
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM 'data.parquet'",
        "SELECT * FROM \"/etc/passwd\"",
        "SELECT * FROM 's3://bucket/x.parquet'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_parquet('x.parquet')",
        "SELECT * FROM parquet_metadata('x')",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM information_schema.df_settings",
        "SELECT * FROM other.public.spans",
        "SELECT * FROM _daymark.spans",
        "SELECT * FROM pg_catalog.pg_tables",
        "SELECT input_file_name() FROM spans",
        "SELECT version()",
        "SELECT no_such_function(1)",
        "SELECT encode('x', 'base64')",
        "SELECT * FROM red_minutes",
    ] {
        let error = place.sql(sql).await.expect_err(sql);
        assert_eq!(error.code(), Code::BadQuery, "{sql}: {error}");
    }
}

/// Guarantee: a query that needs more memory than it may have is stopped alone.
#[tokio::test(flavor = "multi_thread")]
async fn memory_is_limited() {
    let limits = QueryLimits { memory_bytes: 4 * MIB, ..QueryLimits::default() };
    let place = Place::with(limits).await;
    let greedy = "SELECT array_agg(n) FROM generate_series(1, 10000000) t(n)";
    assert_eq!(place.sql(greedy).await.unwrap_err().code(), Code::LimitExceeded);
    assert_eq!(place.rows("SELECT 1").await.len(), 1);
}

/// Guarantee: all queries together stay within their memory, and what one gives back others get.
#[tokio::test(flavor = "multi_thread")]
async fn memory_of_all_queries_is_limited() {
    let place = Place::with(QueryLimits { pool_bytes: 4 * MIB, ..QueryLimits::default() }).await;
    let greedy = "SELECT array_agg(n) FROM generate_series(1, 10000000) t(n)";
    for _ in 0..3 {
        assert_eq!(place.sql(greedy).await.unwrap_err().code(), Code::LimitExceeded);
    }
    assert_eq!(place.rows("SELECT count(DISTINCT n) FROM generate_series(1, 1000) t(n)").await.len(), 1);
}

/// Guarantee: a query that would read more than it may is stopped and says so.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_is_limited() {
    let place = Place::with(QueryLimits { scanned_bytes: 100, ..QueryLimits::default() }).await;
    for (signal, body) in crate::data::shop() {
        place.send(signal, &body).await;
    }
    let error = place.sql("SELECT * FROM spans").await.unwrap_err();
    assert_eq!(error.code(), Code::LimitExceeded, "{error}");
    assert!(error.to_string().contains("more than 100 bytes"), "{error}");
    assert_eq!(place.rows("SELECT 1").await.len(), 1);
}
