//! Parameters reach the engine checked and resolved.

use serde_json::json;

use crate::site::{NOW, Site};

#[tokio::test]
async fn parameters_become_questions() {
    let site = Site::start().await;
    let hour = 3_600_000_000_000;
    let ago = |step: i64| format!("Nanos({})", NOW.0 - step);
    let cases = [
        ("/api/v1/services".to_owned(), format!("from: {}", ago(hour))),
        ("/api/v1/services?from=-15m".into(), format!("from: {}", ago(hour / 4))),
        ("/api/v1/services?to=-1h".into(), format!("from: {}, to: {}", ago(2 * hour), ago(hour))),
        ("/api/v1/services?from=2025-11-21T02:00:00Z".into(), "from: Nanos(1763690400000000000)".into()),
        ("/api/v1/services?compare=prev".into(), format!("compare: Some(Range {{ from: {}", ago(2 * hour))),
        ("/api/v1/services?compare=-1d".into(), format!("compare: Some(Range {{ from: {}", ago(25 * hour))),
        (
            "/api/v1/services?compare=-3h~-2h".into(),
            format!("compare: Some(Range {{ from: {}", ago(3 * hour)),
        ),
        ("/api/v1/services?scope=env:prod&scope=ns:shop".into(), "value: \"shop\"".into()),
        ("/api/v1/services?state=ok&state=critical&team=a&language=go".into(), "[Ok, Critical]".into()),
        ("/api/v1/services?sort=-p95&q=pay%20me&limit=3".into(), "q: \"pay me\"".into()),
        ("/api/v1/services?sort=-p95".into(), "Sort { by: P95, descending: true }".into()),
        ("/api/v1/ledger".into(), "signal: None, source: None, range: None".into()),
        ("/api/v1/ledger?signal=logs&source=otlp_grpc&from=-1h".into(), "Some(Logs)".into()),
        ("/api/v1/system/segments?level=2&limit=5".into(), "level: Some(2), range: None, limit: 5".into()),
        (
            "/api/v1/traces/8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f?episode=2".into(),
            "episode: Some(2), spans_max: 250000".into(),
        ),
        ("/api/v1/traces/8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f?from=-1h".into(), "hint: Some(Range".into()),
    ];
    for (path, expected) in cases {
        assert_eq!(site.get(&path).await.status, 200, "{path}");
        assert!(site.ask.last().contains(&expected), "{expected} in {}", site.ask.last());
    }
}

#[tokio::test]
async fn changes() {
    let site = Site::start().await;
    let recount = site.send("POST", "/api/v1/ledger/recount", &[], b"").await;
    assert_eq!(recount.json()["data"]["recounted_at"], "1");
    let settle = site.send("POST", "/api/v1/system/settle", &[], b"").await;
    assert_eq!(settle.json()["data"], json!({"took_ms": 3, "segments": 1, "bytes": 9}));
    let json_type = [("content-type", "application/json")];
    let backup = site.send("POST", "/api/v1/system/backup", &json_type, br#"{"dir":"/mnt/monday"}"#).await;
    assert_eq!(backup.json()["data"], json!({"took_ms": 4, "segments": 2, "bytes": 7, "lsn": 5}));
    let relative = site.send("POST", "/api/v1/system/backup", &json_type, br#"{"dir":"monday"}"#).await;
    assert_eq!(relative.status, 400);
    assert_eq!(relative.json()["pointer"], "/dir");
    let path = "/api/v1/queries/01k00000000000000000000001";
    assert_eq!(site.get(path).await.json()["data"]["state"], "running");
    assert_eq!(site.get("/api/v1/system/queries").await.json()["data"][0]["started_at"], "5");
    assert_eq!(site.send("DELETE", path, &[], b"").await.status, 204);
    assert_eq!(site.ask.last(), "QueryId(\"01K00000000000000000000001\")");
    assert_eq!(site.get("/api/v1/system/status").await.json()["data"]["ack"], "fsync");
}
