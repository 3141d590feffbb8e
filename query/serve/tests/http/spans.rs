//! Sets of spans and traces side by side over HTTP.

use serde_json::json;

use crate::site::Site;

#[tokio::test]
async fn sets_are_asked_for() {
    let site = Site::start().await;
    let get = async |path: &str| {
        assert_eq!(site.get(&format!("/api/v1/traces{path}")).await.status, 200, "{path}");
        site.ask.last()
    };
    let asked =
        get("/facets?q=status:error&key=http.route&key=service&limit=3&box=~~5ms~&scope=env:prod").await;
    for part in ["Attribute", "http.route", "Field(Service)", "limit: 3", "min_ns: 5000000", "key: Env"] {
        assert!(asked.contains(part), "{part} in {asked}");
    }
    assert!(get("/facets").await.contains("Field(Kind)"));
    assert!(get("/fields?search=http&limit=5").await.contains("search: \"http\", limit: 5"));
    assert!(get("/heatmap?cells_x=400&cells_y=7").await.contains("cells_x: 400, cells_y: 7"));
    assert!(get("/origins?from=-1d").await.starts_with("OriginsAsk"));
    assert!(get("/8f8f/similar?limit=3").await.contains("range: None, limit: 3"));
    let body = json!({"selection": {"q": "service:web", "box": {"min_ns": 9}}, "scope": ["env:prod"]});
    assert_eq!(site.post("/api/v1/traces/explain", &body).await.status, 200);
    assert!(site.ask.last().contains("baseline: None") && site.ask.last().contains("min_ns: 9"));
    let body = json!({"a": {"trace_id": "8F8F"}, "b": {"q": "service:web", "from": "-7d"}, "metric": "self"});
    assert_eq!(site.post("/api/v1/traces/diff", &body).await.status, 200);
    assert!(site.ask.last().contains("a: Trace(") && site.ask.last().contains("metric: Own"));
}

#[tokio::test]
async fn what_cannot_be_read_is_told() {
    let site = Site::start().await;
    for path in [
        "/facets?limit=1001",
        "/facets?box=1",
        "/facets?box=~~x~",
        "/fields?from=-1h&limit=0",
        "/heatmap?cells_x=401",
        "/heatmap?cells_y=0",
        "/origins?q=x",
        "/8f8f/similar?limit=201",
    ] {
        let reply = site.get(&format!("/api/v1/traces{path}")).await;
        assert_eq!(reply.json()["code"], json!("bad_request"), "{path}");
    }
    let sides = [
        (json!({"a": {}, "b": {"q": ""}}), "bad_request", "/a"),
        (json!({"a": {"q": ""}, "b": {"q": "", "trace_id": "1"}}), "bad_request", "/b"),
        (json!({"a": {"trace_id": "zz"}, "b": {"q": ""}}), "bad_id", "/a"),
    ];
    for (body, code, pointer) in sides {
        let problem = site.post("/api/v1/traces/diff", &body).await.json();
        assert_eq!((&problem["code"], &problem["pointer"]), (&json!(code), &json!(pointer)), "{body}");
    }
    let bad = json!({"selection": {"q": "duration>x"}});
    let problem = site.post("/api/v1/traces/explain", &bad).await.json();
    assert_eq!((&problem["code"], &problem["pointer"]), (&json!("bad_query"), &json!("/selection")));
}
