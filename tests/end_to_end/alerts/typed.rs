//! Rules in files, as they change, and `daymark alerts`.

use std::process::{Command, Output};

use daymark_model::time::{Clock, SystemClock};
use serde_json::{Value, json};

use super::{fail, post, tell, until};
use crate::alerts::sink::{Mood, Sink};
use crate::server::{BINARY, Server};

fn daymark(server: &Server, args: &[&str]) -> Output {
    Command::new(BINARY).arg("alerts").args(args).env("DAYMARK_URL", &server.api).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

const RULE: &str = "rules:
  - name: lines
    signal: {kind: sql, query: \"SELECT 'web' AS service, 1.0 AS value\"}
    every: 1s
    window: 10s
";

#[test]
fn files_of_rules_are_read_again_and_mistakes_cost_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("shop.yaml");
    std::fs::write(&file, RULE).unwrap();
    let settings =
        format!("[alerts]\nrules_dir = {:?}\ndefault_rules = false\nallow = [\"127.0.0.1\"]\n", dir.path());
    let server = Server::start_with(&settings);
    let rules = || server.get("/api/v1/alerts/rules").json()["data"].clone();
    let rule = rules()[0].clone();
    assert_eq!(
        (&rule["origin"], &rule["file"], &rule["line"]),
        (&json!("file"), &json!("shop.yaml"), &json!(2))
    );
    let id = rule["id"].as_str().unwrap();
    let changed = server.put(
        &format!("/api/v1/alerts/rules/{}", id.replace(':', "%3A")),
        &json!({"version": 1, "name": "x"}),
    );
    assert!([400, 409].contains(&changed.status));
    assert_eq!(server.delete(&format!("/api/v1/alerts/rules/{}", id.replace(':', "%3A"))).status, 409);
    let firing = || server.get("/api/v1/alerts/states?state=firing").json()["data"][0].clone();
    let before = until("the alert", || Some(firing()).filter(|row| !row.is_null()));

    let standing =
        |fingerprint: &str| server.get(&format!("/api/v1/alerts/states/{fingerprint}/notification"));
    let told = standing(before["fingerprint"].as_str().unwrap()).json()["data"].clone();
    assert_eq!(told["json"]["labels"]["service"], "web", "{told:#}");
    assert_eq!(told["slack"]["title"], "[firing] lines (service=web)", "{told:#}");
    assert_eq!(standing("nobody").status, 404);

    // A mistake is told and leaves in force what was said before.
    std::fs::write(&file, RULE.replace("every: 1s", "evry: 1s")).unwrap();
    let told = until("the complaint", || {
        let status = server.get("/api/v1/alerts/status").json();
        Some(status["data"]["bad_files"][0].clone()).filter(|bad| !bad.is_null())
    });
    assert_eq!(
        (&told["line"], &told["column"], &told["hint"]),
        (&json!(4), &json!(5), &json!("did you mean \"every\"?"))
    );
    assert_eq!(firing()["since"], before["since"]);
    let checked = daymark(&server, &["check", file.to_str().unwrap()]);
    assert_eq!(checked.status.code(), Some(1));
    assert!(said(&checked).contains("shop.yaml:4:5: there is no key \"evry\" here"), "{}", said(&checked));

    // A rule that is gone ends what it began.
    std::fs::write(&file, "rules: []\n").unwrap();
    until("the end", || firing().is_null().then_some(()));
    assert_eq!(rules(), json!([]));
    server.assert_balanced();
}

#[test]
fn the_command_line_lists_tries_and_looks_back() {
    let server = Server::start_with(super::SETTINGS);
    let sink = Sink::start(Mood::Fine);
    tell(&server, &sink.url);
    let listed = daymark(&server, &["list", "--format", "table"]);
    assert!(listed.status.success() && said(&listed).is_empty(), "{}", said(&listed));
    let tested = daymark(&server, &["test", "hook"]);
    assert!(said(&tested).starts_with("delivered in"), "{}", said(&tested));
    assert_eq!(sink.find("firing").unwrap().body["rule"]["name"], "a test");
    let nobody = daymark(&server, &["test", "nobody"]);
    assert_eq!(nobody.status.code(), Some(3));

    fail(&server, "payment");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("rules.yaml");
    let rule = "rules:\n  - name: errors\n    signal: {kind: red, metric: error_rate}\n    window: 10s\n    every: 10s\n    \
                delay: 0s\n    condition: {op: \">\", threshold: 0.5}\n";
    std::fs::write(&file, rule).unwrap();
    let soon = SystemClock::new().now().plus(30_000_000_000).to_string();
    let path = file.to_str().unwrap();
    let back = daymark(&server, &["backtest", path, "--from", "-10m", "--to", &soon, "--format", "table"]);
    assert!(said(&back).starts_with("errors: fires 1 times"), "{}", said(&back));
    assert!(said(&back).contains("service=payment"), "{}", said(&back));
    // The same through the API, with what it would have been told as.
    let rule = json!({"name": "errors", "signal": {"kind": "red", "metric": "error_rate"}, "window": "10s",
        "every": "10s", "delay": "0s", "condition": {"op": ">", "threshold": 0.5}});
    let preview: Value = post(&server, "/alerts/preview", &json!({"rule": rule, "from": "-10m", "to": soon}));
    assert_eq!(preview["firings"][0]["peak"], 1.0, "{preview:#}");
    assert_eq!(preview["notification"]["json"]["labels"]["service"], "payment", "{preview:#}");
}
