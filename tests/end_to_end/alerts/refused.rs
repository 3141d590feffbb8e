//! Rules that cannot work are refused with their place, and notifications go nowhere they may not.

use serde_json::{Value, json};

use super::post;
use super::sink::{Mood, Sink};
use crate::server::Server;

fn refusal(server: &Server, path: &str, body: &Value) -> Value {
    let url = format!("{}/api/v1{path}", server.api);
    let answer = server.post(&url, "application/json", body.to_string().into_bytes());
    let told = answer.json();
    assert!((400..500).contains(&answer.status), "{body}: {told:#}");
    told
}

#[test]
fn rules_that_cannot_work_are_refused_with_their_place() {
    let server = Server::start_with(super::SETTINGS);
    let rule =
        |signal: Value, condition: Value| json!({"name": "a", "signal": signal, "condition": condition});
    let above = |threshold: f64| json!({"op": ">", "threshold": threshold});
    let red = json!({"kind": "red", "metric": "error_rate"});
    for (body, pointer, hint) in [
        (rule(red.clone(), above(5.0)), "/condition/threshold", "a share between 0 and 1"),
        (rule(json!({"kind": "red", "metric": "error"}), above(0.1)), "/signal/metric", "did you mean"),
        (rule(json!({"kind": "red", "metric": "rate", "q": "a:("}), above(0.1)), "/signal/q", ""),
        (
            rule(json!({"kind": "sql", "query": "SELECT 1 AS value; DROP TABLE spans"}), above(0.1)),
            "/signal",
            "",
        ),
        (
            rule(json!({"kind": "sql", "query": "SELECT 1 AS number"}), above(0.1)),
            "/signal",
            "SELECT count(*)",
        ),
        (rule(json!({"kind": "sql", "query": "SELECT value FROM nowhere"}), above(0.1)), "/signal", ""),
        (
            rule(json!({"kind": "state", "table": "spans", "where": "1=1) UNION SELECT (1"}), above(0.1)),
            "/signal",
            "",
        ),
        (rule(json!({"kind": "logs", "q": "{ a:b } > { c:d }"}), above(0.1)), "", ""),
        (json!({"nme": "a"}), "/nme", "did you mean \"name\"?"),
    ] {
        let told = refusal(&server, "/alerts/rules", &body);
        assert!(told["pointer"].as_str().unwrap_or_default().starts_with(pointer), "{body}: {told:#}");
        assert!(told["hint"].as_str().unwrap_or_default().contains(hint), "{body}: {told:#}");
    }
    assert_eq!(server.get("/api/v1/alerts/rules").json()["data"], json!([]));
    for (path, body) in [
        ("/alerts/silences", json!({"matchers": [], "ends_at": "now", "comment": "x"})),
        (
            "/alerts/silences",
            json!({"matchers": [{"label": "service", "op": "~", "value": ".*"}], "comment": "x"}),
        ),
        (
            "/alerts/silences",
            json!({"matchers": [{"label": "service", "op": "~", "value": "cat["}], "ends_at": "+1h", "comment": "x"}),
        ),
        (
            "/alerts/silences",
            json!({"matchers": [{"label": "service", "op": "=", "value": "cat"}], "starts_at": "-2h",
                "ends_at": "-1h", "comment": "x"}),
        ),
        ("/alerts/channels", json!({"kind": "webhook", "name": "x", "url": "file:///etc/passwd"})),
        ("/alerts/channels", json!({"kind": "email", "name": "x", "to": ["a@b\r\nBcc: c@d"]})),
        ("/alerts/preview", json!({"rule": rule(red, above(0.1)), "from": "-400d"})),
    ] {
        refusal(&server, path, &body);
    }
}

#[test]
fn a_changed_document_is_shown_with_its_version() {
    let server = Server::start_with(super::SETTINGS);
    let document = json!({"version": 0, "wait": "5s", "routes": []});
    assert_eq!(server.put("/api/v1/rules/notify", &document).status, 200);
    let told = server.put("/api/v1/rules/notify", &document);
    let current = &told.json()["current"];
    assert_eq!(
        (told.status, &current["version"], &current["wait"]),
        (409, &json!(1), &json!("5s")),
        "{current:#}"
    );
    let wrong = json!({"version": 1, "routes": [{"matchers": [{"label": "a", "op": "~", "value": "("}], "channels": ["x"]}]});
    let told = server.put("/api/v1/rules/notify", &wrong).json();
    assert_eq!(told["pointer"], "/routes/0/matchers/0/value", "{told:#}");
    let told = server.put("/api/v1/rules/notify", &json!({"version": 1, "wait": "10"})).json();
    assert_eq!(told["pointer"], "/wait", "{told:#}");
}

#[test]
fn notifications_go_nowhere_they_may_not() {
    let server = Server::start();
    let sink = Sink::start(Mood::Fine);
    let port = sink.url.rsplit(':').next().unwrap();
    for (at, host) in [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "127。0。0。1",
    ]
    .into_iter()
    .enumerate()
    {
        let url = format!("http://{host}:{port}");
        let channel = json!({"kind": "webhook", "name": format!("c{at}"), "url": url});
        let id = post(&server, "/alerts/channels", &channel)["id"].as_str().unwrap().to_owned();
        let tested = post(&server, &format!("/alerts/channels/{id}/test"), &json!({}));
        assert_eq!(tested["ok"], false, "{url}: {tested:#}");
        assert!(tested["error"].as_str().unwrap().contains("open internet"), "{url}: {tested:#}");
    }
    assert!(sink.find("firing").is_none(), "something came through");
}

#[test]
fn a_redirect_is_judged_like_the_first_address() {
    let server = Server::start_with(super::SETTINGS);
    let sink = Sink::start(Mood::Away);
    let channel = json!({"kind": "webhook", "name": "away", "url": sink.url, "secret": "s3cret"});
    let id = post(&server, "/alerts/channels", &channel)["id"].as_str().unwrap().to_owned();
    let tested = post(&server, &format!("/alerts/channels/{id}/test"), &json!({}));
    assert!(tested["error"].as_str().unwrap().contains("169.254.169.254"), "{tested:#}");
}

/// Whoever read what the server prints may have gone.
#[test]
fn nobody_at_the_other_end_of_the_output_is_no_end() {
    let mut server = Server::start();
    let id = post(&server, "/alerts/channels", &json!({"kind": "stdout", "name": "console"}))["id"].clone();
    let path = format!("/alerts/channels/{}/test", id.as_str().unwrap());
    assert_eq!(post(&server, &path, &json!({}))["ok"], true);
    server.output = None;
    for _ in 0..2 {
        let tested = post(&server, &path, &json!({}));
        assert_eq!(tested["ok"], false, "{tested:#}");
        assert_eq!(tested["error"], "standard output: Broken pipe (os error 32)");
    }
}
