//! Alerts of a real process: from spans to a webhook, over kills, with a receiver that fails, hangs and is slow.

use std::thread;
use std::time::Duration;

use daymark_model::time::{Clock, Nanos, SystemClock};
use serde_json::{Value, json};

use crate::kill::rounds;
use crate::server::Server;

/// What is refused, whoever wrote it.
mod refused;
/// A receiver of notifications.
pub(crate) mod sink;
/// Rules in files, and the command line.
mod typed;

use sink::{Mood, Sink};

/// `make soak` sets more.
const ROUNDS_VARIABLE: &str = "DAYMARK_ALERT_KILLS";
const ROUNDS: usize = 20;

/// Settings that let notifications go to this machine.
pub(crate) const SETTINGS: &str = "[alerts]\nallow = [\"127.0.0.1\"]\ndefault_rules = false\n";

pub(crate) fn post(server: &Server, path: &str, body: &Value) -> Value {
    let url = format!("{}/api/v1{path}", server.api);
    let answer = server.post(&url, "application/json", body.to_string().into_bytes());
    let told = answer.json();
    assert!((200..300).contains(&answer.status), "{path}: {told:#}");
    told["data"].clone()
}

/// A webhook to which everything goes at once.
pub(crate) fn tell(server: &Server, url: &str) {
    post(
        server,
        "/alerts/channels",
        &json!({"kind": "webhook", "name": "hook", "url": url, "secret": "s3cret"}),
    );
    let notify = json!({"version": 0, "wait": "0s", "interval": "0s",
        "routes": [{"matchers": [], "channels": ["hook"]}]});
    let answer = server.put("/api/v1/rules/notify", &notify);
    assert_eq!(answer.status, 200, "{:?}", answer.body);
}

/// Any failed request of a service, every second.
fn rule() -> Value {
    json!({"name": "failing", "signal": {"kind": "sql", "query":
        "SELECT service, CAST(count(*) AS DOUBLE) AS value FROM spans \
         WHERE status = 'error' AND start >= :from AND start < :to GROUP BY service"},
        "window": "5s", "every": "1s", "delay": "0s", "severity": "critical",
        "annotations": {"summary": "{{value}} failed of {{labels.service}}"}})
}

/// Waits for what must come.
pub(crate) fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    for _ in 0..1_200 {
        if let Some(found) = found() {
            return found;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("{what} did not come within a minute");
}

/// Some failed requests of a service, now.
pub(crate) fn fail(server: &Server, service: &str) {
    let now = SystemClock::new().now().0;
    let span = |at: i64| {
        json!({"traceId": format!("{:032x}", now + at), "spanId": format!("{:016x}", now + at), "name": "pay",
            "kind": 2, "startTimeUnixNano": (now + at).to_string(), "endTimeUnixNano": (now + at + 1_000).to_string(),
            "status": {"code": 2}})
    };
    let name = json!({"key": "service.name", "value": {"stringValue": service}});
    let body = json!({"resourceSpans": [{"resource": {"attributes": [name]},
        "scopeSpans": [{"spans": (0..30).map(span).collect::<Vec<_>>()}]}]});
    let url = format!("{}/v1/traces", server.otlp);
    assert_eq!(server.post(&url, "application/json", body.to_string().into_bytes()).status, 200);
}

#[test]
fn a_failing_service_is_told_and_told_when_it_is_over() {
    let server = Server::start_with(SETTINGS);
    let sink = Sink::start(Mood::Fine);
    tell(&server, &sink.url);
    post(&server, "/alerts/rules", &rule());
    fail(&server, "payment");

    let told = until("the alert", || sink.find("firing"));
    assert_eq!(told.body["labels"]["service"], "payment", "{:#}", told.body);
    assert_eq!(told.body["rule"]["name"], "failing");
    assert_eq!(told.body["annotations"]["summary"], "30 failed of payment");
    assert_eq!(told.authorization.as_deref(), Some("Bearer s3cret"));
    let fingerprint = told.body["fingerprint"].as_str().unwrap();
    assert!(told.key.starts_with(&format!("{fingerprint}-")), "{}", told.key);
    assert!(told.body["trace"]["url"].as_str().unwrap().contains("/traces/"), "{:#}", told.body);

    let over = until("its end", || sink.find("resolved"));
    assert_eq!(over.body["fingerprint"], fingerprint);
    assert!(over.body["ends_at"].is_string(), "{:#}", over.body);

    let events = until("the delivery", || {
        let rows = server.sql("SELECT to_state, delivery, attempts FROM alert_events ORDER BY at");
        let is_done = rows.len() == 2 && rows.iter().all(|row| row[1] == "delivered");
        is_done.then_some(rows)
    });
    assert_eq!(
        events,
        [[json!("firing"), json!("delivered"), json!(1)], [json!("ok"), json!("delivered"), json!(1)]]
    );
    assert_eq!(server.number("SELECT count(*) FROM alerts WHERE valid_to IS NULL"), 0);
    assert_eq!(server.number("SELECT count(*) FROM alerts WHERE state = 'firing'"), 1);
    let history = server.get("/api/v1/alerts/history").json();
    assert_eq!(history["data"][1]["notifications"][0]["status"], 200, "{history:#}");
    let changes = server.get("/api/v1/events?kind=alert&service=payment&from=-1h").json();
    let titles: Vec<&Value> =
        changes["data"].as_array().unwrap().iter().map(|change| &change["title"]).collect();
    assert_eq!(titles, ["alert failing ends", "alert failing fires"], "{changes:#}");
    assert_eq!(changes["data"][0]["detail"]["fingerprint"], fingerprint);
    assert_eq!(server.get("/api/v1/events?kind=alert&service=other").json()["data"], json!([]));
    let status = server.get("/api/v1/alerts/status").json();
    let counted = |item: &str| status["data"]["evaluations"][item].as_u64().unwrap();
    assert_eq!(counted("due"), counted("done") + counted("failed") + counted("missed"), "{status:#}");
    // What is secret never comes out.
    for path in ["/alerts/channels", "/rules/notify", "/alerts/history", "/alerts/status"] {
        let shown = String::from_utf8(server.get(&format!("/api/v1{path}")).body.to_vec()).unwrap();
        assert!(!shown.contains("s3cret") && !shown.contains("/hook"), "{path}: {shown}");
    }
}

#[test]
fn nothing_is_lost_and_little_repeated_however_often_it_is_killed() {
    let mut server = Server::start_with(SETTINGS);
    let sink = Sink::start(Mood::Bad);
    tell(&server, &sink.url);
    post(&server, "/alerts/rules", &rule());
    let tomorrow = SystemClock::new().now().plus(Nanos::DAY).to_string();
    let silence = json!({"matchers": [{"label": "service", "value": "quiet"}], "ends_at": tomorrow,
        "comment": "known"});
    post(&server, "/alerts/silences", &silence);
    let rounds = rounds(ROUNDS_VARIABLE, ROUNDS);
    for round in 0..rounds {
        let service = format!("service-{round}");
        fail(&server, &service);
        fail(&server, "quiet");
        // The moment differs from round to round: while it is evaluated, written, sent, or waited for.
        thread::sleep(Duration::from_millis(200 + (round as u64 * 137) % 1_900));
        server.kill();
        server.restart();
        server.wait_until_ready();
    }
    sink.calm();
    server.kill();
    server.restart();
    server.wait_until_ready();
    for round in 0..rounds {
        let service = format!("service-{round}");
        for status in ["firing", "resolved"] {
            until(&format!("{service} {status}"), || {
                sink.of(&service).iter().any(|one| one.body["status"] == status).then_some(())
            });
        }
        let told = sink.of(&service);
        for status in ["firing", "resolved"] {
            let of_status: Vec<_> = told.iter().filter(|one| one.body["status"] == status).collect();
            let keys: std::collections::BTreeSet<_> = of_status.iter().map(|one| &one.key).collect();
            assert_eq!(keys.len(), 1, "{service} flapped: {keys:?}");
            assert!(of_status.len() <= 2, "{service} was told {} times of {status}", of_status.len());
        }
    }
    assert!(sink.of("quiet").is_empty(), "what is silenced was told");
    assert_eq!(server.get("/api/v1/alerts/silences").json()["data"][0]["comment"], "known");
    server.stop();
}
