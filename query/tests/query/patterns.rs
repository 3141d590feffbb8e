//! Patterns of lines, against a plain count over what was sent.

use daymark_model::shape::{shape, template_id};
use daymark_model::time::Nanos;
use daymark_view::ask::Ask;
use daymark_view::logs::{LineAsk, LogId};
use daymark_view::meta::Answer;
use daymark_view::patterns::{PatternRow, PatternSort, PatternsAsk, TREND};
use daymark_view::range::Range;
use daymark_view::search::{Domain, parse};
use serde_json::{Value, json};

use crate::data::{NOON, logs};
use crate::place::{Place, query_id};

const MINUTE_MS: i64 = 60_000;
/// The second half hour, so that the first one is the window before.
const HALF: Range = Range { from: Nanos(NOON + 30 * Nanos::MINUTE), to: Nanos(NOON + Nanos::HOUR) };

fn ask(q: &str) -> PatternsAsk {
    PatternsAsk {
        query_id: query_id(),
        query: parse(Domain::Logs, q).unwrap(),
        range: HALF,
        scope: Vec::new(),
        sort: PatternSort::Count,
        limit: 50,
    }
}

fn body(number: i64) -> String {
    match number % 6 {
        0 | 1 => format!("order {number} stored in {} ms", number * 3),
        2 => format!("user u{number} logged in"),
        3 if number < 1_800 => format!("cache warmed with {number} entries"),
        3 => format!("bank refused card {number}"),
        4 => format!(r#"{{"msg":"paid {number}","n":{number}}}"#),
        _ => "heartbeat".into(),
    }
}

/// A line each second of an hour.
async fn hour() -> (Place, Vec<(i64, u8, String)>) {
    let place = Place::empty().await;
    let severity = |number: i64| if number % 6 == 3 && number >= 1_800 { 17 } else { 9 };
    let all: Vec<(i64, u8, String)> =
        (0..3_600).map(|number| (number * 1_000, severity(number), body(number))).collect();
    let lines: Vec<(i64, u8, &str, Option<&str>, Value)> =
        all.iter().map(|(at, severity, body)| (*at, *severity, body.as_str(), None, json!({}))).collect();
    place.send("logs", &logs("cart", &lines)).await;
    (place, all)
}

/// Guarantee: counts, shares, trends and the counts before are those of the lines, in buffers and segments;
/// each pattern comes with one of its lines.
#[tokio::test(flavor = "multi_thread")]
async fn patterns_are_counted() {
    let (place, all) = hour().await;
    for _ in 0..2 {
        let Answer { data, meta } = place.answerer.log_patterns(ask("")).await.unwrap();
        assert_eq!((meta.total, &meta.truncated), (Some(1_800), &None));
        let mut text = String::new();
        let mut shape_of = |body: &str| {
            shape(body, &mut text);
            text.clone()
        };
        for row in &data {
            let own: Vec<&(i64, u8, String)> =
                all.iter().filter(|(.., body)| shape_of(body) == row.pattern).collect();
            let inside: Vec<_> = own.iter().filter(|(at, ..)| *at >= 30 * MINUTE_MS).collect();
            assert_eq!(row.template_id, template_id(&row.pattern).to_string());
            assert_eq!(row.count, inside.len() as u64, "{row:?}");
            assert_eq!(row.before, (own.len() - inside.len()) as u64, "{row:?}");
            assert!((row.share - inside.len() as f64 / 1_800.0).abs() < 1e-9);
            let mut trend = vec![0; TREND];
            for (at, ..) in inside {
                trend[((at - 30 * MINUTE_MS) * TREND as i64 / (30 * MINUTE_MS)) as usize] += 1;
            }
            assert_eq!(row.trend, trend);
            let log_id = LogId::parse(row.sample_log_id.as_deref().unwrap()).unwrap();
            let line = place.answerer.log(LineAsk { query_id: query_id(), log_id }).await.unwrap().data;
            assert_eq!(shape_of(&line.body.unwrap()), row.pattern);
            let again = place.answerer.log_patterns(ask(&format!("template_id={}", row.template_id))).await;
            let counts: Vec<u64> = again.unwrap().data.iter().map(|again| again.count).collect();
            assert_eq!(counts, [row.count]);
        }
        assert_eq!(data.iter().map(|row| row.count).sum::<u64>(), 1_800);
        assert_eq!(data.len(), 6, "{data:?}");
        assert_eq!((data[0].count, data[0].severity.as_str()), (600, "info"));
        place.store.settle().await.unwrap();
    }
}

/// Guarantee: what is new and what is gone comes first when asked for, and a search narrows the lines.
#[tokio::test(flavor = "multi_thread")]
async fn changes_come_first_when_asked_for() {
    let (place, _) = hour().await;
    let changed = PatternsAsk { sort: PatternSort::Change, limit: 2, ..ask("") };
    let Answer { data, meta } = place.answerer.log_patterns(changed).await.unwrap();
    let told: Vec<_> =
        data.iter().map(|row| (row.pattern.as_str(), row.count, row.before, row.severity.as_str())).collect();
    assert_eq!(
        told,
        [("bank refused card <*>", 300, 0, "error"), ("cache warmed with <*> entries", 0, 300, "info")]
    );
    assert_eq!(meta.truncated.and_then(|cut| cut.total), Some(6));
    let PatternRow { pattern, share, .. } =
        place.answerer.log_patterns(ask("level:error")).await.unwrap().data.remove(0);
    assert_eq!((pattern.as_str(), share), ("bank refused card <*>", 1.0));
}
