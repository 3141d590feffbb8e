//! Every failure is a problem with the right status, code and hint.

use serde_json::json;

use crate::canned::Canned;
use crate::site::{Reply, Site};

fn check(reply: &Reply, status: u16, code: &str, told: &str) {
    let body = reply.json();
    assert_eq!(reply.status.as_u16(), status, "{body}");
    assert_eq!(reply.header("content-type"), "application/problem+json");
    assert_eq!(body["code"], code);
    assert_eq!(body["status"], status);
    assert_eq!(body["query_id"], reply.header("x-query-id"));
    let text =
        format!("{} / {}", body["detail"].as_str().unwrap(), body["hint"].as_str().unwrap_or_default());
    assert!(text.contains(told), "{told}: {text}");
}

#[tokio::test]
async fn paths_parameters_and_ids() {
    let site = Site::start().await;
    let id = "8f".repeat(16);
    let cases = [
        ("GET", "/nowhere".to_owned(), 404, "not_found", "no such path"),
        ("GET", "/api/v1/nowhere".into(), 404, "not_found", "no such path"),
        ("GET", "/api/v1/sql".into(), 405, "method_not_allowed", "this method"),
        ("PUT", "/healthz".into(), 405, "method_not_allowed", "this method"),
        ("OPTIONS", "/api/v1/sql".into(), 405, "method_not_allowed", "this method"),
        ("GET", "/api/v1/traces/checkout".into(), 400, "bad_id", "'h' is not a hex digit"),
        ("GET", "/api/v1/traces/%ff".into(), 400, "bad_request", "path cannot be read"),
        ("GET", "/api/v1/traces/1234abcd".into(), 404, "not_found", "no span"),
        ("DELETE", "/api/v1/traces/1234abcd".into(), 404, "not_found", "no span"),
        ("GET", format!("/api/v1/traces/{id}?fmt=otlp"), 400, "bad_request", "\"fmt\""),
        ("GET", format!("/api/v1/traces/{id}?epsode=1"), 400, "bad_request", "did you mean \"episode\"?"),
        ("GET", format!("/api/v1/traces/{id}?format=xml"), 400, "bad_request", "one of json, otlp"),
        ("GET", format!("/api/v1/traces/{id}?episode=x"), 400, "bad_request", "not a number"),
        ("GET", format!("/api/v1/traces/{id}?from=soon"), 400, "bad_range", "-15m"),
        ("GET", format!("/api/v1/traces/{id}?from=now&to=-1h"), 400, "bad_range", "after"),
        ("GET", format!("/api/v1/traces/{id}/logs?limit=0"), 400, "bad_request", "between 1 and 5000"),
        ("GET", format!("/api/v1/traces/{id}/logs?limit=5001"), 400, "bad_request", "between 1 and 5000"),
        ("GET", format!("/api/v1/traces/{id}/logs?limit=1&limit=2"), 400, "bad_request", "comes twice"),
        ("GET", format!("/api/v1/traces/{id}/logs?span_id=zz"), 400, "bad_id", "hex digit"),
        ("GET", "/api/v1/services?limit=2001".into(), 400, "bad_request", "2000"),
        ("GET", "/api/v1/services?state=bad".into(), 400, "bad_request", "one of ok, warning"),
        ("GET", "/api/v1/services?sort=speed".into(), 400, "bad_request", "error_rate"),
        ("GET", "/api/v1/services?scope=zone:a".into(), 400, "bad_request", "env:"),
        ("GET", "/api/v1/services?compare=-1y".into(), 400, "bad_range", "prev"),
        ("GET", "/api/v1/ledger?signal=span".into(), 400, "bad_request", "one of spans, logs, metrics"),
        ("GET", "/api/v1/system/status?x=1".into(), 400, "bad_request", "takes no parameter"),
        ("GET", "/api/v1/system/segments?level=300".into(), 400, "bad_request", "not a number"),
        ("GET", "/api/v1/queries/1".into(), 400, "bad_id", "ULID"),
        ("GET", "/api/v1/queries/01K00000000000000000000009".into(), 404, "not_found", "running"),
        ("DELETE", "/api/v1/queries/01K00000000000000000000009".into(), 404, "not_found", "running"),
    ];
    for (method, path, status, code, told) in cases {
        let reply = site.send(method, &path, &[], b"").await;
        assert!(reply.body.is_some(), "{method} {path}");
        check(&reply, status, code, told);
    }
    let reply = site.get("/api/v1/sql").await;
    assert_eq!(reply.header("allow"), "POST");
}

#[tokio::test]
async fn bodies() {
    let site = Site::start().await;
    let large = format!("{{\"query\":\"{}\"}}", "x".repeat(1 << 20));
    let long = json!({"query": "x".repeat(65 * 1024)}).to_string();
    let cases: [(&str, &str, u16, &str, &str); 12] = [
        ("text/plain", "{}", 415, "unsupported_type", "Content-Type: application/json"),
        ("application/x-www-form-urlencoded", "a=b", 415, "unsupported_type", "application/json"),
        ("application/json", "{", 400, "bad_request", "EOF"),
        ("application/json", "[]", 400, "bad_request", "not a JSON object"),
        ("application/json", "{}", 400, "bad_request", "query"),
        ("application/json", "{\"query\":1}", 400, "bad_request", "string"),
        ("application/json", "{\"query\":\"x\",\"limt\":1}", 400, "bad_request", "did you mean \"limit\"?"),
        ("application/json", "{\"query\":\"x\",\"format\":\"xml\"}", 400, "bad_request", "parquet"),
        (
            "application/json",
            "{\"query\":\"x\",\"limit\":100001}",
            400,
            "bad_request",
            "between 1 and 100000",
        ),
        ("application/json", "{\"query\":\"x\",\"from\":\"x\"}", 400, "bad_range", "-15m"),
        ("application/json", &large, 413, "too_large", "1048576"),
        ("application/json", &long, 422, "limit_exceeded", "65536"),
    ];
    for (kind, body, status, code, told) in cases {
        let reply = site.send("POST", "/api/v1/sql", &[("content-type", kind)], body.as_bytes()).await;
        check(&reply, status, code, told);
    }
    let reply = site.post("/api/v1/sql", &json!({"query": "x", "a/b": 1})).await;
    assert_eq!(reply.json()["pointer"], "/a~1b");
}

#[tokio::test]
async fn failures_of_the_engine() {
    let site = Site::start().await;
    let cases = [
        ("bad", 400, "bad_query", "no table"),
        ("fails at once", 422, "limit_exceeded", "100 GB"),
        ("busy", 503, "unavailable", "starting"),
        ("panic", 500, "internal", "log has this query id"),
    ];
    for (query, status, code, told) in cases {
        let reply = site.post("/api/v1/sql", &json!({"query": query, "format": "ndjson"})).await;
        check(&reply, status, code, told);
        assert_eq!(reply.header("retry-after"), if status == 503 { "1" } else { "" });
    }
    let reply = site.post("/api/v1/sql", &json!({"query": "bad"})).await;
    assert_eq!(reply.json()["span"], json!([14, 18]));
    assert_eq!(site.get("/healthz").await.status, 200, "a panic costs one answer, not the server");

    let reply = site.get("/api/v1/traces/1234abcd").await;
    assert_eq!((&reply.json()["reason"], &reply.json()["kept_since"]), (&json!("never_seen"), &json!("7")));
}

#[tokio::test]
async fn types_nobody_can_have() {
    let site = Site::start().await;
    let reply = site
        .send("GET", &format!("/api/v1/traces/{}", "8f".repeat(16)), &[("accept", "text/html")], b"")
        .await;
    check(&reply, 406, "not_acceptable", "application/x-ndjson");
}

#[tokio::test]
async fn pages_of_other_sites_change_nothing() {
    let site = Site::start().await;
    let json = ("content-type", "application/json");
    let reply = site
        .send("POST", "/api/v1/sql", &[json, ("origin", "https://evil.example")], b"{\"query\":\"SELECT 1\"}")
        .await;
    check(&reply, 403, "forbidden", "origin");
    let path = format!("/api/v1/traces/{}", "8f".repeat(16));
    let reply = site.send("DELETE", &path, &[("sec-fetch-site", "cross-site")], b"").await;
    check(&reply, 403, "forbidden", "origin");
    let reply = site.send("GET", "/api/v1/services", &[("host", "rebound.example")], b"").await;
    check(&reply, 403, "forbidden", "not a name of this server");
    assert!(site.ask.asked.lock().unwrap().is_empty(), "the engine was not asked");
}

#[tokio::test]
async fn not_ready() {
    let site = Site::start_with(Canned { not_ready: true, ..Canned::default() }, |_| ()).await;
    let reply = site.get("/readyz").await;
    assert_eq!(reply.status, 503);
    let expected = json!({"read": false, "write": false, "reason": "the log is being replayed"});
    assert_eq!(reply.json(), expected);
    // What is not replayed yet is missing from answers, and they say so.
    for reply in [site.post("/api/v1/sql", &json!({"query": "x"})).await, site.get("/api/v1/services").await]
    {
        assert_eq!(reply.json()["meta"]["partial"][0]["what"], "log", "{}", reply.json());
    }
    let whole = Site::start().await.get("/api/v1/services").await;
    assert_eq!(whole.json()["meta"]["partial"], json!([]));
    assert_eq!(site.get("/healthz").await.status, 200);
}
