//! What a page begins with, what was refused lately, and what failed in a browser.

use serde_json::json;

use crate::site::{NOW, Site};

#[tokio::test]
async fn a_page_begins_with_one_call() {
    let site = Site::start().await;
    let reply = site.get("/api/v1/bootstrap").await;
    let data = &reply.json()["data"];
    assert_eq!((&data["auth"], &data["user"]["role"]), (&json!("off"), &json!("admin")));
    assert_eq!(data["scopes"], json!({"env": ["prod"], "ns": [], "cluster": [], "team": []}));
    assert_eq!((&data["server_time"], &data["badges"]["dlq"]), (&json!(NOW.to_string()), &json!(null)));
    assert_eq!(data["limits"]["rows"], 100_000);
    let tag = reply.header("etag").to_owned();
    let again = site.send("GET", "/api/v1/bootstrap", &[("if-none-match", &tag)], b"").await;
    assert_eq!(again.status, 304);
}

#[tokio::test]
async fn the_last_rejected_are_shown() {
    let site = Site::start().await;
    let reply = site.get("/api/v1/ledger/samples?source=otlp_http&signal=spans&reason=trace_id").await.json();
    assert_eq!(
        reply["data"],
        json!([{"time": "5", "source": "otlp_http", "signal": "spans", "reason": "trace_id", "peer": null,
            "detail": "span 3 of the request: the trace id is zero", "bytes_shown": null}])
    );
    assert!(site.ask.last().contains("signal: Some(Spans)"), "{}", site.ask.last());
    let told = site.get("/api/v1/ledger/samples?reason=because").await.json();
    assert_eq!((&told["code"], told["hint"].is_string()), (&json!("bad_request"), true));
}

#[tokio::test]
async fn a_test_span_names_its_trace() {
    let site = Site::start().await;
    let reply = site.send("POST", "/api/v1/system/test-span", &[], b"").await.json();
    assert_eq!(reply["data"], json!({"trace_id": "8f".repeat(16)}));
    let states = site.get("/api/v1/system/queries").await.json();
    assert_eq!(
        (&states["data"][0]["state"], &states["data"][1]["state"]),
        (&json!("running"), &json!("failed"))
    );
}

#[tokio::test]
async fn errors_of_browsers_are_counted_and_bounded() {
    let site = Site::start().await;
    let error = json!({"build": "1", "url": "/traces", "message": "undefined", "stack": "at x"});
    for _told in 0..60 {
        assert_eq!(site.post("/api/v1/system/client-errors", &error).await.status, 204);
    }
    let refused = site.post("/api/v1/system/client-errors", &error).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "1"));
    let large = json!({"stack": "x".repeat(9_000)});
    assert_eq!(site.post("/api/v1/system/client-errors", &large).await.status, 413);
    let metrics = site.get("/metrics").await;
    assert!(metrics.text().contains("daymark_client_errors_total 61"), "{}", metrics.text());
}
