//! Searches that are meant to hurt: a clear refusal, soon, and nobody else's question suffers.

use daymark_model::time::Nanos;
use daymark_view::ask::Ask;
use daymark_view::error::{AskError, Code};
use daymark_view::logs::{Direction, LogsAsk};
use daymark_view::range::Range;
use daymark_view::search::{Domain, parse};
use serde_json::json;

use crate::data::{NOON, logs};
use crate::place::{Place, query_id};

async fn search(place: &Place, q: &str) -> Result<usize, AskError> {
    let ask = LogsAsk {
        query_id: query_id(),
        query: parse(Domain::Logs, q)?,
        trace_id: None,
        range: Range { from: Nanos(NOON), to: Nanos(NOON + Nanos::HOUR) },
        scope: Vec::new(),
        direction: Direction::Backward,
        limit: 10,
        cursor: None,
        count: false,
    };
    Ok(place.answerer.logs(ask).await?.data.len())
}

/// Guarantee: what is too deep, too long or too much is refused in words that say what the limit is; what is
/// just within the limits is answered.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_searches_are_refused() {
    let place = Place::empty().await;
    let long = "a".repeat(30_000);
    let lines = [(1, 9, "bank failed", None, json!({"user": "u1"})), (2, 9, long.as_str(), None, json!({}))];
    place.send("logs", &logs("cart", &lines)).await;
    let terms = |count: usize, term: &str, join: &str| vec![term; count].join(join);
    let refused = [
        ("(".repeat(100_000), "bytes"),
        (format!("{}bank{}", "(".repeat(40), ")".repeat(40)), "brackets inside each other"),
        ("-".repeat(4_000) + "bank", "brackets inside each other"),
        (terms(100_000, "bank", " "), "bytes"),
        (terms(300, "bank", " OR "), "terms"),
        (format!("user~\"{}\"", "(a{1000}){1000}"), "too big"),
        (format!("user~\"{}\"", "(".repeat(5_000)), "no regular expression"),
        ("user~\"(?<=x)y\"".into(), "look-around"),
    ];
    for (q, reason) in refused {
        let error = search(&place, &q).await.unwrap_err();
        let shown: String = q.chars().take(40).collect();
        assert_eq!(error.code(), Code::BadQuery, "{shown}: {error}");
        let detail = error.problem().detail.clone();
        assert!(detail.contains(reason) && detail.len() < 20_000, "{shown}: {detail}");
    }
    // Much work, and still within limits.
    let answered = [
        (format!("{}bank{}", "(".repeat(30), ")".repeat(30)), 1),
        (terms(250, "bank", " OR "), 1),
        (terms(250, "user:u1", " OR "), 1),
        (terms(120, "-nobody", " "), 2),
        ("user~\"(a*)*(a*)*(a*)*$\"".into(), 1),
        (format!("\"{}\"", "a".repeat(15_000)), 0),
    ];
    for (q, expected) in answered {
        let shown: String = q.chars().take(40).collect();
        let found = search(&place, &q).await.unwrap_or_else(|error| panic!("{shown}: {error}"));
        assert_eq!(found, expected, "{shown}");
    }
}
