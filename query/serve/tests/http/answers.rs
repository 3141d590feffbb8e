//! What every good answer has: the envelope, an id, security headers, a tag where promised, compression.

use std::sync::Arc;

use daymark_serve::Options;
use serde_json::json;

use crate::canned::Canned;
use crate::site::Site;

#[tokio::test]
async fn the_envelope() {
    let site = Site::start().await;
    let chosen = "01k0000000000000000000abcd";
    let reply = site.send("GET", "/api/v1/services", &[("x-query-id", chosen)], b"").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "application/json");
    let body = reply.json();
    assert_eq!(body["data"][0]["service"], "payment");
    let expected = json!({
        "query_id": "01K0000000000000000000ABCD", "took_ms": 0.0,
        "scanned": {"segments": 0, "bytes": 0, "rows": 0, "of_segments": 0, "of_bytes": 0},
        "watermark": null, "cursor": null, "truncated": null, "partial": [], "sampled": null,
    });
    assert_eq!(body["meta"], expected);
    assert_eq!(reply.header("x-query-id"), "01K0000000000000000000ABCD");
}

#[tokio::test]
async fn query_ids() {
    let site = Site::start().await;
    let (one, other) = (site.get("/healthz").await, site.get("/healthz").await);
    assert_eq!(one.header("x-query-id").len(), 26);
    assert_ne!(one.header("x-query-id"), other.header("x-query-id"));
    for wrong in ["1", "81K00000000000000000000000", "01K0000000000000000000000U"] {
        let reply = site.send("GET", "/healthz", &[("x-query-id", wrong)], b"").await;
        assert_eq!((reply.status.as_u16(), &reply.json()["code"]), (400, &json!("bad_request")), "{wrong}");
    }
}

#[tokio::test]
async fn security_headers_are_on_every_answer() {
    let site = Site::start().await;
    for path in ["/", "/healthz", "/nowhere", "/api/v1/services"] {
        let reply = site.get(path).await;
        assert!(reply.header("content-security-policy").starts_with("default-src 'none'; "), "{path}");
        assert!(reply.header("content-security-policy").ends_with("frame-ancestors 'none'"), "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("referrer-policy"), "no-referrer");
        assert!(!reply.header("permissions-policy").is_empty());
        assert!(!reply.header("cache-control").is_empty());
        assert_eq!(reply.header("access-control-allow-origin"), "", "no other site may read answers");
    }
}

#[tokio::test]
async fn tags() {
    let site = Site::start().await;
    for path in ["/api/v1/services", "/api/v1/sql/schema"] {
        let first = site.get(path).await;
        let tag = first.header("etag");
        assert!(tag.starts_with("W/\""), "{path}: {tag}");
        let again = site.send("GET", path, &[("if-none-match", tag)], b"").await;
        assert_eq!((again.status.as_u16(), again.header("etag")), (304, tag));
        assert!(again.text().is_empty());
        let other = site.send("GET", path, &[("if-none-match", "W/\"0\"")], b"").await;
        assert_eq!(other.status, 200);
    }
}

#[tokio::test]
async fn compression() {
    let site = Site::start().await;
    let body = json!({"query": "many", "limit": 2000}).to_string();
    let mut sizes = Vec::new();
    for encoding in ["identity", "gzip", "zstd"] {
        let headers = [("content-type", "application/json"), ("accept-encoding", encoding)];
        let reply = site.send("POST", "/api/v1/sql", &headers, body.as_bytes()).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-encoding"), if encoding == "identity" { "" } else { encoding });
        sizes.push(reply.body.unwrap().len());
    }
    assert!(sizes[1] * 10 < sizes[0] && sizes[2] * 10 < sizes[0], "{sizes:?}");
}

#[tokio::test]
async fn long_files_are_whole_when_compressed() {
    let site = Site::start().await;
    let body = json!({"query": "long"}).to_string();
    for format in ["text/csv", "application/x-ndjson"] {
        for encoding in ["identity", "gzip", "zstd"] {
            let headers =
                [("content-type", "application/json"), ("accept", format), ("accept-encoding", encoding)];
            let reply = site.send("POST", "/api/v1/sql", &headers, body.as_bytes()).await;
            assert!(reply.body.is_some(), "{format} as {encoding} broke off");
        }
    }
}

#[tokio::test]
async fn probes_and_the_front_page() {
    let figures = |options: &mut Options| options.figures = vec![Arc::new(Canned::default())];
    let site = Site::start_with(Canned::default(), figures).await;
    assert_eq!(site.get("/healthz").await.text(), "ok\n");
    assert_eq!(site.get("/readyz").await.json(), json!({"read": true, "write": true, "reason": null}));
    let metrics = site.get("/metrics").await;
    assert_eq!(metrics.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(metrics.text().lines().last(), Some("daymark_ledger_imbalance_items 0"));
    assert!(site.get("/").await.text().contains("/api/v1/traces/{id}"));
    assert_eq!(site.send("HEAD", "/healthz", &[], b"").await.status, 200);
}

#[tokio::test]
async fn every_call_of_the_front_page_exists() {
    let site = Site::start().await;
    let page = site.get("/").await.text().to_owned();
    let calls = page.lines().filter_map(|line| line.split_once(' '));
    let mut count = 0;
    for (method, rest) in calls.filter(|(method, _)| ["GET", "POST", "DELETE"].contains(method)) {
        let path = rest.split_whitespace().next().unwrap().replace("{id}", "0");
        let reply = site.send(method, &path, &[], b"").await;
        assert!(reply.status != 405 && !reply.text().contains("there is no such path"), "{method} {path}");
        count += 1;
    }
    assert!(count > 30, "{page}");
}

#[tokio::test]
async fn under_a_prefix() {
    for prefix in ["/daymark", "daymark", "/daymark/"] {
        check_prefix(Site::start_with(Default::default(), |options| options.base_path = prefix.into()).await)
            .await;
    }
}

async fn check_prefix(site: Site) {
    for path in
        ["/daymark", "/daymark/", "/daymark/healthz", "/daymark/api/v1/services", "/healthz", "/readyz"]
    {
        assert_eq!(site.get(path).await.status, 200, "{path}");
    }
    for path in ["/api/v1/services", "/daymark/nowhere", "/daymarked"] {
        let reply = site.get(path).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["code"]), (404, &json!("not_found")), "{path}");
    }
}

/// The header chooses whose data answers; nobody gets to know what other tenants there are.
#[tokio::test]
async fn a_tenant_is_asked_about_by_name() {
    let own = Arc::new(Canned::default());
    let answering: Arc<dyn daymark_view::ask::Ask> = Arc::<Canned>::clone(&own);
    let site = Site::start_with(Canned::default(), |options: &mut Options| {
        options.tenants = vec![("_daymark".into(), answering)];
    })
    .await;
    for (named, expected) in [("_daymark", (1, 0)), ("default", (1, 1))] {
        let reply = site.send("GET", "/api/v1/services", &[("x-scope-orgid", named)], b"").await;
        assert_eq!(reply.status, 200, "{named}");
        assert_eq!(
            (own.asked.lock().unwrap().len(), site.ask.asked.lock().unwrap().len()),
            expected,
            "{named}"
        );
    }
    let reply = site.send("GET", "/api/v1/services", &[("x-scope-orgid", "other")], b"").await;
    assert_eq!((reply.status.as_u16(), &reply.json()["code"]), (403, &json!("forbidden")));
}
