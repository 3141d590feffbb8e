//! Searching log lines: terms, pages, the lines around one, counts over time.

use std::collections::BTreeSet;

use daymark_model::time::Nanos;
use daymark_view::ask::Ask;
use daymark_view::error::Code;
use daymark_view::logs::{ContextAsk, Direction, HistogramAsk, LineAsk, LogId, LogsAsk};
use daymark_view::range::Range;
use daymark_view::search::{Domain, Query, parse};
use daymark_view::sql::{SqlAnswer, SqlChunk, SqlFormat};
use daymark_view::trace_logs::LogRow;
use futures::StreamExt;
use serde_json::json;

use crate::data::{NOON, TRACE, logs};
use crate::place::{Place, query_id, trace_id};

const HOUR: Range = Range { from: Nanos(NOON), to: Nanos(NOON + Nanos::HOUR) };

fn query(q: &str) -> Query {
    parse(Domain::Logs, q).unwrap_or_else(|error| panic!("{q}: {error}"))
}

fn ask(q: &str) -> LogsAsk {
    LogsAsk {
        query_id: query_id(),
        query: query(q),
        trace_id: None,
        range: HOUR,
        scope: Vec::new(),
        direction: Direction::Backward,
        limit: 100,
        cursor: None,
        count: true,
    }
}

impl Place {
    async fn lines(&self, ask: LogsAsk) -> Vec<String> {
        let answer = self.answerer.logs(ask).await.unwrap();
        answer.data.into_iter().map(|row| row.body.unwrap_or_default()).collect()
    }

    async fn all_lines(&self, q: &str) -> Vec<LogRow> {
        self.answerer.logs(ask(q)).await.unwrap().data
    }
}

/// Guarantee: each kind of term finds what it says, newest first, in buffers and in segments alike.
#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_term_finds_what_it_says() {
    let place = Place::empty().await;
    let lines = [
        (1, 9, "order 1001 of u7", Some(TRACE), json!({"order": 1001})),
        (2, 13, "pool is nearly full", None, json!({})),
        (3, 17, "no route to bank", Some(TRACE), json!({"attempt": 2})),
        (4, 17, r#"{"msg":"failed","user":{"id":42}}"#, None, json!({})),
        (5, 0, "route changed to bank", None, json!({})),
    ];
    place.send("logs", &logs("payment", &lines)).await;
    let cases: [(&str, &[i64]); 14] = [
        ("", &[5, 4, 3, 2, 1]),
        ("level>=warn", &[4, 3, 2]),
        ("level:error", &[4, 3]),
        ("level<warn", &[1]),
        ("bank", &[5, 3]),
        ("\"no route\"", &[3]),
        ("bank -changed", &[3]),
        ("order=1001", &[1]),
        ("attempt>1", &[3]),
        ("body.user.id=42", &[4]),
        ("body.msg:FAILED", &[4]),
        ("service:payment trace:0af7651916cd43dd8448eb211c80319c", &[3, 1]),
        ("u7 OR pool", &[2, 1]),
        ("service:cart", &[]),
    ];
    for _ in 0..2 {
        for (q, expected) in cases {
            let answer = place.answerer.logs(ask(q)).await.unwrap();
            let found: Vec<i64> = answer.data.iter().map(|row| (row.time.0 - NOON) / 1_000_000).collect();
            assert_eq!(found, expected, "{q}");
            assert_eq!(answer.meta.total, Some(expected.len() as u64), "{q}");
        }
        place.store.settle().await.unwrap();
    }
    let forward = place.lines(LogsAsk { direction: Direction::Forward, limit: 1, ..ask("bank") }).await;
    assert_eq!(forward, ["no route to bank"]);
    let of_trace = LogsAsk { trace_id: Some(trace_id(TRACE)), range: Range::ALL, ..ask("") };
    assert_eq!(place.lines(of_trace).await, ["no route to bank", "order 1001 of u7"]);
}

/// Scenario: many lines of the same instants, read in small pages while more come in.
/// Guarantee: nothing comes twice, nothing that was there is left out.
#[tokio::test(flavor = "multi_thread")]
async fn pages_stay_whole_while_lines_come_in() {
    let place = Place::empty().await;
    let bodies: Vec<String> = (0..60).map(|number| format!("line {number}")).collect();
    let lines: Vec<_> = bodies
        .iter()
        .enumerate()
        .map(|(at, body)| (at as i64 / 20, 9, body.as_str(), None, json!({})))
        .collect();
    place.send("logs", &logs("cart", &lines)).await;
    place.store.flush().await.unwrap();
    for direction in [Direction::Backward, Direction::Forward] {
        let (mut cursor, mut seen) = (None, Vec::new());
        loop {
            let page = LogsAsk { direction, limit: 7, cursor, count: false, ..ask("line") };
            let answer = place.answerer.logs(page).await.unwrap();
            seen.extend(answer.data.into_iter().map(|row| row.body.unwrap()));
            place.send("logs", &logs("cart", &[(1, 9, "line anew", None, json!({}))])).await;
            cursor = answer.meta.cursor;
            if cursor.is_none() {
                break;
            }
        }
        seen.retain(|body| body != "line anew");
        let unique: BTreeSet<&String> = seen.iter().collect();
        assert_eq!((unique.len(), seen.len()), (60, 60), "{direction:?}");
    }
}

/// Guarantee: an attribute is looked up in its index whatever the case, one of several values or a number
/// too; the answer tells which index said where to read.
#[tokio::test(flavor = "multi_thread")]
async fn attributes_are_looked_up_in_any_case() {
    let place = Place::empty().await;
    // Values that belong to lines and not to their services: some capital, some not.
    let user = |number: i64| format!("{}{number}", if number % 2 == 0 { "U" } else { "u" });
    let bodies: Vec<String> = (0..6_000).map(|number| format!("order {number}x{number} taken")).collect();
    let lines: Vec<_> = (0..6_000)
        .map(|number| {
            let pairs =
                json!({"user.id": user(number), "order": number, "big": format!("Ä{}", number % 3_000)});
            (number, 9, bodies[number as usize].as_str(), None, pairs)
        })
        .collect();
    place.send("logs", &logs("cart", &lines)).await;
    place.store.settle().await.unwrap();
    let cases = [
        ("user.id=U42", 1, "attributes"),
        ("user.id=u42", 0, "attributes"),
        ("user.id:u42", 1, "attributes"),
        ("user.id:U43", 1, "attributes"),
        ("user.id:(u4 OR U5 OR nobody)", 2, "attributes"),
        ("user.id:nobody", 0, "attributes"),
        ("big:ä2999", 2, "attributes"),
        ("order=77", 1, "attributes"),
        ("77x77", 1, "tokens"),
        ("trace:0af7651916cd43dd8448eb211c80319c", 0, "traces"),
        ("taken", 6_000, "scan"),
    ];
    for (q, expected, index) in cases {
        let answer = place.answerer.logs(LogsAsk { count: false, limit: 5_000, ..ask(q) }).await.unwrap();
        let all = place.answerer.logs(LogsAsk { limit: 1, ..ask(q) }).await.unwrap().meta.total;
        assert_eq!(all, Some(expected), "{q}");
        let read_by = answer.meta.read_by.map(|by| by.0).unwrap_or_default();
        assert!(read_by.iter().any(|name| name == index), "{q}: {read_by:?}");
        if expected < 10 {
            assert!(answer.meta.scanned.rows <= 3 * 1_024, "{q}: {}", answer.meta.scanned.rows);
        }
    }
}

/// Scenario: the range is the last hour, and time passes between the pages.
/// Guarantee: all pages are of the range that the first one had.
#[tokio::test(flavor = "multi_thread")]
async fn pages_keep_the_range_of_the_first() {
    let place = Place::empty().await;
    let lines: Vec<_> = (0..9).map(|at| (at, 9, "line", None, json!({}))).collect();
    place.send("logs", &logs("cart", &lines)).await;
    for direction in [Direction::Backward, Direction::Forward] {
        let (mut cursor, mut range, mut seen) = (None, HOUR, 0);
        loop {
            let page = LogsAsk { direction, limit: 2, cursor, range, count: false, ..ask("line") };
            let answer = place.answerer.logs(page).await.unwrap();
            seen += answer.data.len();
            cursor = answer.meta.cursor;
            range = Range { from: range.from.plus(Nanos::SECOND), to: range.to.plus(Nanos::SECOND) };
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, 9, "{direction:?}");
    }
}

/// Guarantee: a file has the lines that a search finds, in their order, and no more than asked for.
#[tokio::test(flavor = "multi_thread")]
async fn lines_become_a_file() {
    let place = Place::empty().await;
    let lines: Vec<_> = (0..5).map(|at| (at, 9, ["a, b", "c"][at as usize % 2], None, json!({}))).collect();
    place.send("logs", &logs("cart", &lines)).await;
    let file = async |ask: LogsAsk, format| {
        let SqlAnswer::Stream(mut pieces) = place.answerer.log_export(ask, format).await.unwrap() else {
            panic!("no stream")
        };
        let (mut bytes, mut meta) = (Vec::new(), None);
        while let Some(piece) = pieces.next().await {
            match piece.unwrap() {
                SqlChunk::Bytes(more) => bytes.extend_from_slice(&more),
                SqlChunk::End(end) => meta = Some(end),
            }
        }
        (bytes, meta.unwrap())
    };
    let (bytes, meta) = file(ask("level:info"), SqlFormat::Csv).await;
    let text = String::from_utf8(bytes).unwrap();
    let bodies: Vec<bool> = text.lines().skip(1).map(|line| line.contains("\"a, b\"")).collect();
    assert_eq!(bodies, [true, false, true, false, true], "{text}");
    assert!(text.starts_with("time,severity,") && meta.truncated.is_none());
    let (bytes, meta) = file(LogsAsk { limit: 2, ..ask("c") }, SqlFormat::Parquet).await;
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1") && meta.truncated.is_none());
    let (_, meta) = file(LogsAsk { limit: 1, ..ask("c") }, SqlFormat::Parquet).await;
    assert_eq!(meta.truncated.map(|cut| cut.shown), Some(1));
}

/// Guarantee: a line's id finds it again, with what its instance said before and after.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_is_found_with_those_around_it() {
    let place = Place::empty().await;
    let lines: Vec<_> = (0..9).map(|at| (at, 9, ["a", "b", "c"][at as usize % 3], None, json!({}))).collect();
    place.send("logs", &logs("cart", &lines)).await;
    place.send("logs", &logs("payment", &[(4, 9, "of somebody else", None, json!({}))])).await;
    let all = place.all_lines("service:cart").await;
    let log_id = LogId::parse(&all[4].log_id).unwrap();
    let line = place.answerer.log(LineAsk { query_id: query_id(), log_id: log_id.clone() }).await.unwrap();
    assert_eq!(line.data, all[4]);
    let around = ContextAsk { query_id: query_id(), log_id, before: 2, after: 3 };
    let around = place.answerer.log_context(around).await.unwrap().data;
    let times: Vec<i64> = around.iter().map(|row| (row.time.0 - NOON) / 1_000_000).collect();
    assert_eq!(times, [2, 3, 4, 5, 6, 7]);
    assert!(around.iter().all(|row| row.service == "cart"));
    let nobody = LogId::parse("5-0011223344556677").unwrap();
    let missing = place.answerer.log(LineAsk { query_id: query_id(), log_id: nobody }).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
}

/// Guarantee: the counts of a histogram are those of its lines, by severity, the worst first.
#[tokio::test(flavor = "multi_thread")]
async fn a_histogram_counts_lines_by_severity() {
    let place = Place::empty().await;
    let minute = 60_000;
    let lines = [
        (0, 9, "x", None, json!({})),
        (minute - 1, 17, "x", None, json!({})),
        (minute, 9, "x", None, json!({})),
        (59 * minute, 9, "y", None, json!({})),
    ];
    place.send("logs", &logs("cart", &lines)).await;
    let ask =
        HistogramAsk { query_id: query_id(), query: query("x"), range: HOUR, scope: Vec::new(), buckets: 60 };
    let histogram = place.answerer.log_histogram(ask).await.unwrap().data;
    assert_eq!((histogram.t0, histogram.step_ns, histogram.series.len()), (Nanos(NOON), Nanos::MINUTE, 2));
    let of = |at: usize| {
        let series = &histogram.series[at];
        (series.key.as_str(), &series.counts[..2], series.counts.iter().sum::<u64>(), series.counts.len())
    };
    assert_eq!(of(0), ("error", &[1, 0][..], 1, 60));
    assert_eq!(of(1), ("info", &[1, 1][..], 2, 60));
}
