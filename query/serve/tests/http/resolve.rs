//! Pasted texts over HTTP.

use serde_json::json;

use crate::site::Site;

#[tokio::test]
async fn texts_are_read_before_they_are_looked_up() {
    let site = Site::start().await;
    let reply = site
        .get("/api/v1/resolve?s=traceparent%3A%2000-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        .await;
    assert_eq!((reply.status.as_u16(), &reply.json()["data"]), (200, &json!([])));
    for part in ["Traceparent", "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "name: None"] {
        assert!(site.ask.last().contains(part), "{part} in {}", site.ask.last());
    }
    site.get("/api/v1/resolve?s=payment").await;
    assert!(site.ask.last().contains("name: Some(\"payment\")"));
    let long = format!("/api/v1/resolve?s={}", "a".repeat(8_193));
    for path in ["/api/v1/resolve", "/api/v1/resolve?s=%20", long.as_str(), "/api/v1/resolve?q=x"] {
        assert_eq!(site.get(path).await.json()["code"], json!("bad_request"));
    }
}
