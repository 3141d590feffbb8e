//! Following lines as they come in: which, how fast, what is told of those that are left out, and going on
//! after a break.

use std::time::Duration;

use daymark_model::id::LineAt;
use daymark_view::ask::Ask;
use daymark_view::error::Code;
use daymark_view::search::{Domain, parse};
use daymark_view::tail::{News, TailAsk, TailEvent, TailStatus, TailStream};
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::data::logs;
use crate::place::{Place, query_id};

/// Far longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(20);

fn ask(q: &str) -> TailAsk {
    let query = parse(Domain::Logs, q).unwrap();
    TailAsk { query_id: query_id(), query, scope: Vec::new(), max_per_s: 1_000, after: None }
}

struct Tail(TailStream);

impl Tail {
    async fn of(place: &Place, ask: TailAsk) -> Self {
        let mut tail = Self(place.answerer.log_tail(ask).await.unwrap());
        // The first status comes at once: from then on nothing is missed.
        assert!(matches!(tail.event().await.news, News::Status(_)));
        tail
    }

    async fn event(&mut self) -> TailEvent {
        timeout(PATIENCE, self.0.next()).await.expect("in time").unwrap().unwrap()
    }

    /// The next lines and where the last one stands.
    async fn lines(&mut self, count: usize) -> (Vec<String>, LineAt) {
        let mut lines = Vec::new();
        loop {
            let TailEvent { at, news } = self.event().await;
            if let News::Log(row) = news {
                lines.push(row.body.unwrap_or_default());
                if lines.len() == count {
                    return (lines, at);
                }
            }
        }
    }

    /// The next status that tells of something.
    async fn status(&mut self, is_wanted: impl Fn(&TailStatus) -> bool) -> TailStatus {
        loop {
            if let News::Status(status) = self.event().await.news
                && is_wanted(&status)
            {
                return status;
            }
        }
    }
}

impl Place {
    async fn say(&self, service: &str, bodies: &[&str]) {
        let lines: Vec<(i64, u8, &str, Option<&str>, Value)> = bodies
            .iter()
            .map(|body| {
                (1, if body.contains("failed") { 17 } else { 9 }, *body, None, json!({"order": body.len()}))
            })
            .collect();
        self.send("logs", &logs(service, &lines)).await;
    }
}

/// Guarantee: lines that match are shown once they are acknowledged, whatever the terms; what was there
/// before is not.
#[tokio::test(flavor = "multi_thread")]
async fn lines_that_match_are_shown() {
    let place = Place::empty().await;
    place.say("cart", &["failed before"]).await;
    let mut words = Tail::of(&place, ask("failed -bank")).await;
    let mut fields = Tail::of(&place, ask("service:CART level>=error order=10")).await;
    let mut all = Tail::of(&place, ask("")).await;
    place.say("cart", &["card failed", "fine", "failed: 12", "bank failed"]).await;
    place.say("payment", &["failed too"]).await;
    assert_eq!(words.lines(3).await.0, ["card failed", "failed: 12", "failed too"]);
    assert_eq!(fields.lines(1).await.0, ["failed: 12"]);
    assert_eq!(all.lines(5).await.0.len(), 5);
    let status = words.status(|status| status.matched_per_s > 0.0).await;
    assert_eq!((status.dropped, status.gap, status.matched_per_s), (0, false, status.shown_per_s));
}

/// Guarantee: no more lines are shown than asked for, evenly chosen; the others are counted.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_is_counted() {
    let place = Place::empty().await;
    let mut tail = Tail::of(&place, TailAsk { max_per_s: 4, ..ask("") }).await;
    let bodies: Vec<String> = (0..100).map(|number| format!("line {number}")).collect();
    let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
    place.say("cart", &bodies).await;
    assert_eq!(tail.lines(4).await.0, ["line 0", "line 25", "line 50", "line 75"]);
    assert_eq!(tail.status(|status| status.dropped > 0).await.dropped, 96);
}

/// Scenario: a reader breaks off in the middle of a batch and comes back.
/// Guarantee: it goes on with the next line; after too long a time it is told that lines are missing.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_goes_on_where_it_was() {
    let place = Place::empty().await;
    let mut tail = Tail::of(&place, ask("line")).await;
    place.say("cart", &["line 1", "no", "line 2", "line 3"]).await;
    let (_, at) = tail.lines(2).await;
    drop(tail);
    place.say("cart", &["line 4"]).await;
    place.store.flush().await.unwrap();
    let mut again = Tail(place.answerer.log_tail(TailAsk { after: Some(at), ..ask("line") }).await.unwrap());
    let (lines, last) = again.lines(2).await;
    assert_eq!(lines, ["line 3", "line 4"]);
    drop(again);

    // More than is remembered.
    for number in 0..20 {
        let long = format!("{number} {}", "x".repeat(900_000));
        place.say("cart", &[&long]).await;
    }
    let mut late = Tail(place.answerer.log_tail(TailAsk { after: Some(last), ..ask("line") }).await.unwrap());
    assert!(late.status(|_| true).await.gap);
    place.say("cart", &["line 5"]).await;
    assert_eq!(late.lines(1).await.0, ["line 5"]);
}

/// Scenario: a reader takes nothing while lines come in.
/// Guarantee: nobody waits for it; later it is told how many lines went by.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_holds_nobody_up() {
    let place = Place::empty().await;
    let mut tail = Tail::of(&place, TailAsk { max_per_s: 5_000, ..ask("") }).await;
    for number in 0..10 {
        let long = format!("{number} {}", "x".repeat(2_000));
        place.say("cart", &vec![long.as_str(); 1_000]).await;
    }
    let mut shown = 0;
    let all = async {
        loop {
            match tail.event().await.news {
                News::Log(_) => shown += 1,
                News::Status(status) if shown + status.dropped == 10_000 => break status.dropped,
                News::Status(_) => {}
            }
        }
    };
    assert!(timeout(PATIENCE, all).await.expect("in time") > 0);
}

/// Guarantee: a tail is listed while it is read, can be stopped, and goes with its reader.
#[tokio::test(flavor = "multi_thread")]
async fn a_tail_is_listed_and_can_be_stopped() {
    let place = Place::empty().await;
    let mut tail = Tail::of(&place, ask("a b")).await;
    let listed = place.answerer.queries();
    assert_eq!((listed[0].kind.as_str(), listed[0].text.as_deref()), ("log_tail", Some("a b")));
    assert!(place.answerer.cancel(&query_id()));
    while timeout(PATIENCE, tail.0.next()).await.expect("in time").is_some() {}
    drop(tail);
    assert!(place.answerer.queries().is_empty());
    let mut tails = Vec::new();
    let refused = loop {
        match place.answerer.log_tail(ask("")).await {
            Ok(tail) => tails.push(tail),
            Err(error) => break error,
        }
    };
    assert_eq!((refused.code(), tails.len()), (Code::Unavailable, 64));
}

/// Guarantee: lines of an erased trace are not remembered.
#[tokio::test(flavor = "multi_thread")]
async fn erased_lines_are_forgotten() {
    let place = Place::empty().await;
    let mut tail = Tail::of(&place, ask("")).await;
    place.say("cart", &["first"]).await;
    let (_, at) = tail.lines(1).await;
    let trace = crate::data::TRACE;
    place.send("logs", &logs("cart", &[(1, 9, "secret", Some(trace), json!({}))])).await;
    place.store.erase_trace("default", crate::place::trace_id(trace)).await.unwrap();
    let mut again = Tail(place.answerer.log_tail(TailAsk { after: Some(at), ..ask("") }).await.unwrap());
    assert!(again.status(|_| true).await.gap);
    place.say("cart", &["second"]).await;
    assert_eq!(again.lines(1).await.0, ["second"]);
}
