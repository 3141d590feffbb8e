//! Searches over HTTP: what the engine is asked, and what is said of questions that cannot be read.

use serde_json::json;

use crate::site::Site;

#[tokio::test]
async fn traces_are_asked_for() {
    let site = Site::start().await;
    let body = json!({"q": "service:pay status:error", "from": "-15m", "scope": ["env:prod"], "sort": "slowest",
        "box": {"min_ns": 5}, "limit": 7, "count": true});
    assert_eq!(site.post("/api/v1/traces/search", &body).await.json()["data"], json!([]));
    let asked = site.ask.last();
    for part in ["Field(Status)", "key: Env", "sort: Slowest", "min_ns: 5", "limit: 7", "count: true"] {
        assert!(asked.contains(part), "{part} in {asked}");
    }
    site.post("/api/v1/traces/search", &json!({"mode": "spans"})).await;
    assert!(site.ask.last().contains("mode: Spans, limit: 100"), "{}", site.ask.last());
}

#[tokio::test]
async fn lines_are_asked_for() {
    let site = Site::start().await;
    let all = "from: Nanos(-9223372036854775808)";
    let reply = site.post("/api/v1/logs/search", &json!({"q": "level>=warn"})).await;
    assert_eq!(reply.json()["data"].as_array().map(Vec::len), Some(1));
    assert!(site.ask.last().contains("direction: Backward, limit: 200") && !site.ask.last().contains(all));
    // Of a trace over all time.
    site.post("/api/v1/logs/search", &json!({"trace_id": "A1", "direction": "forward"})).await;
    assert!(site.ask.last().contains(all) && site.ask.last().contains("Forward"), "{}", site.ask.last());
    let id = "1763690712331000000-9f3a00112233aabb";
    assert_eq!(site.get(&format!("/api/v1/logs/{id}")).await.status, 200);
    assert_eq!(site.get(&format!("/api/v1/logs/context?log_id={id}&after=3")).await.status, 200);
    assert!(site.ask.last().contains("before: 50, after: 3"));
    assert_eq!(site.get("/api/v1/logs/histogram?q=a%20b&buckets=10").await.status, 200);
    assert!(site.ask.last().contains("buckets: 10"));
}

#[tokio::test]
async fn what_cannot_be_read_is_told() {
    let site = Site::start().await;
    let bad = site.post("/api/v1/traces/search", &json!({"q": "duration>5x"})).await;
    assert_eq!((bad.status.as_u16(), &bad.json()["code"]), (400, &json!("bad_query")));
    assert_eq!(bad.json()["span"], json!([9, 11]));
    assert_eq!(bad.json()["hint"], json!("units: ns us ms s m h d"));
    let cases = [
        ("/api/v1/traces/search", json!({"limit": 1001}), "bad_request"),
        ("/api/v1/traces/search", json!({"query": ""}), "bad_request"),
        ("/api/v1/traces/search", json!({"sort": "best"}), "bad_request"),
        ("/api/v1/traces/search", json!({"scope": ["x:y"]}), "bad_request"),
        ("/api/v1/logs/search", json!({"trace_id": "zz"}), "bad_id"),
        ("/api/v1/logs/search", json!({"q": "{ a } > { b }"}), "bad_query"),
    ];
    for (path, body, code) in cases {
        assert_eq!(site.post(path, &body).await.json()["code"], json!(code), "{path} {body}");
    }
    for (path, code) in [
        ("/api/v1/logs/12", "bad_id"),
        ("/api/v1/logs/context", "bad_id"),
        ("/api/v1/logs/histogram?by=service", "bad_request"),
        ("/api/v1/logs/histogram?buckets=401", "bad_request"),
    ] {
        assert_eq!(site.get(path).await.json()["code"], json!(code), "{path}");
    }
}
