//! Metrics over HTTP: what the engine is asked, what an answer looks like, and what is refused.

use serde_json::json;

use crate::site::Site;

#[tokio::test]
async fn figures_are_asked_for() {
    let site = Site::start().await;
    let body = json!({"queries": [
        {"metric": "mails", "agg": "rate", "by": ["service", "queue"], "q": "env:prod", "topk": 5},
        {"id": "slow", "metric": "latency", "agg": "p95"},
    ], "from": "-15m", "scope": ["ns:shop"], "max_points": 60});
    let reply = site.post("/api/v1/metrics/query", &body).await.json();
    assert_eq!(
        reply["data"],
        json!([{"id": "a", "labels": {"queue": null, "service": "cart"}, "unit": "s", "t0": "60000000000",
            "step_ns": 1_000_000_000, "values": [0.5, null], "min": [], "max": []}])
    );
    let asked = site.ask.last();
    for part in
        ["id: \"a\"", "agg: Rate", "topk: Some(5)", "id: \"slow\"", "key: Namespace", "max_points: 60"]
    {
        assert!(asked.contains(part), "{part} in {asked}");
    }
}

#[tokio::test]
async fn what_there_is_is_asked_for() {
    let site = Site::start().await;
    let reply = site.get("/api/v1/metrics/catalog?search=mail&limit=7").await.json();
    assert_eq!(reply["data"][0]["metric"], "mails");
    assert!(site.ask.last().contains("search: \"mail\", limit: 7"), "{}", site.ask.last());
    let reply = site.get("/api/v1/metrics/labels?metric=mails&key=queue").await.json();
    assert_eq!(reply["data"], json!([{"key": "queue", "values": 2, "series": 3}]));
    assert!(site.ask.last().contains("key: Some(\"queue\")"), "{}", site.ask.last());
    let path = "/api/v1/metrics/exemplars?metric=latency&q=service:cart&scope=env:prod";
    assert_eq!(site.get(path).await.status, 200);
    assert!(site.ask.last().contains("Field(Service)"), "{}", site.ask.last());
}

#[tokio::test]
async fn what_is_no_question_is_told() {
    let site = Site::start().await;
    let query = |query| json!({"queries": [query]});
    let cases = [
        (json!({}), "bad_request", "/queries"),
        (query(json!({"metric": "m", "agg": "rate", "q": "a word"})), "bad_query", "/queries/0/q"),
        (query(json!({"metric": "m", "agg": "rate", "topk": 0})), "bad_request", "/queries/0/topk"),
        (
            json!({"queries": [{"metric": "m", "agg": "avg"}, {"id": "a", "metric": "n", "agg": "avg"}]}),
            "bad_request",
            "/queries/1/id",
        ),
        (json!({"max_points": 0, "queries": [{"metric": "m", "agg": "avg"}]}), "bad_request", "/max_points"),
    ];
    for (body, code, pointer) in cases {
        let told = site.post("/api/v1/metrics/query", &body).await.json();
        assert_eq!((&told["code"], &told["pointer"]), (&json!(code), &json!(pointer)), "{body}");
    }
    for body in
        [query(json!({"metric": "m", "agg": "mean"})), query(json!({"metric": "m", "agg": "avg", "x": 1}))]
    {
        assert_eq!(site.post("/api/v1/metrics/query", &body).await.json()["code"], "bad_request", "{body}");
    }
    for path in ["/api/v1/metrics/labels", "/api/v1/metrics/exemplars?q=x:y", "/api/v1/metrics/catalog?q=x"] {
        assert_eq!(site.get(path).await.json()["code"], "bad_request", "{path}");
    }
}
