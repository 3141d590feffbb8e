//! Saved views, preferences and shared addresses over HTTP.

use serde_json::{Value, json};

use crate::site::{Reply, Site};

async fn put(site: &Site, path: &str, body: &Value) -> Reply {
    let headers = [("content-type", "application/json")];
    site.send("PUT", path, &headers, body.to_string().as_bytes()).await
}

#[tokio::test]
async fn views_are_made_replaced_and_deleted() {
    let site = Site::start().await;
    let view = json!({"name": "slow", "kind": "traces", "url": "/traces?q=duration>1s", "shared": true});
    let made = site.post("/api/v1/saved-views", &view).await;
    assert_eq!(made.status, 201);
    assert_eq!(
        made.json()["data"],
        json!({"id": "01K0", "version": 3, "created_at": "1", "updated_at": "2",
            "name": "slow", "kind": "traces", "url": "/traces?q=duration>1s", "shared": true})
    );
    let mut next = view.clone();
    next["version"] = json!(3);
    assert_eq!(put(&site, "/api/v1/saved-views/01K0", &next).await.status, 200);
    assert!(site.ask.last().contains("id: \"01K0\", version: 3"), "{}", site.ask.last());
    next["version"] = json!(2);
    let stale = put(&site, "/api/v1/saved-views/01K0", &next).await;
    assert_eq!((stale.status.as_u16(), &stale.json()["code"]), (409, &json!("conflict")));
    assert_eq!(stale.json()["current"]["version"], 3);
    assert_eq!(put(&site, "/api/v1/saved-views/01K0", &view).await.json()["pointer"], "/version");
    assert_eq!(site.send("DELETE", "/api/v1/saved-views/01K0", &[], b"").await.status, 204);
    assert_eq!(site.get("/api/v1/saved-views?kind=traces").await.json()["data"][0]["id"], "01K0");
    assert!(site.ask.last().contains("kind: Some(\"traces\")"));
    assert_eq!(site.get("/api/v1/saved-views/01K0").await.status, 200);
}

#[tokio::test]
async fn only_paths_of_ours_are_kept() {
    let site = Site::start().await;
    for url in ["https://evil.example/", "//evil.example", "/\\evil.example", "logs", "/a\nb", ""] {
        let told = site.post("/api/v1/share", &json!({"url": url})).await.json();
        assert_eq!((&told["code"], &told["pointer"]), (&json!("bad_request"), &json!("/url")), "{url}");
        let view = json!({"name": "x", "kind": "logs", "url": url});
        assert_eq!(site.post("/api/v1/saved-views", &view).await.status, 400);
    }
    let view = json!({"name": " ", "kind": "logs", "url": "/logs"});
    assert_eq!(site.post("/api/v1/saved-views", &view).await.json()["pointer"], "/name");
    let shared = site.post("/api/v1/share", &json!({"url": "/logs?q=a"})).await.json();
    assert_eq!(shared["data"], json!({"id": "01K0"}));
    assert_eq!(site.get("/api/v1/share/01K0").await.json()["data"], json!({"url": "/logs"}));
}

#[tokio::test]
async fn preferences_are_free() {
    let site = Site::start().await;
    assert_eq!(site.get("/api/v1/prefs").await.json()["data"], json!({"version": 0}));
    let saved = put(&site, "/api/v1/prefs", &json!({"version": 4, "theme": "dark", "pins": [1]})).await;
    assert_eq!(saved.json()["data"], json!({"version": 5, "theme": "dark", "pins": [1]}));
    assert_eq!(put(&site, "/api/v1/prefs", &json!({"theme": "dark"})).await.json()["pointer"], "/version");
    let large = json!({"version": 1, "text": "x".repeat(65 << 10)});
    assert_eq!(put(&site, "/api/v1/prefs", &large).await.status, 413);
}
