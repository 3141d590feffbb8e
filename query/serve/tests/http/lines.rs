//! Lines over HTTP: streams of events, long answers page by page, files, and why there are none.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::site::{PATIENCE, Site};

const SEARCH: &str = "/api/v1/logs/search";

async fn search(site: &Site, accept: &str, body: &Value) -> crate::site::Reply {
    let headers = [("content-type", "application/json"), ("accept", accept)];
    site.send("POST", SEARCH, &headers, body.to_string().as_bytes()).await
}

#[tokio::test]
async fn a_long_answer_comes_page_after_page() {
    let site = Site::start().await;
    let reply = search(&site, "application/x-ndjson", &json!({"q": "bank"})).await;
    assert_eq!(reply.header("content-type"), "application/x-ndjson");
    let lines = reply.lines();
    let keys: Vec<&String> = lines.iter().flat_map(|line| line.as_object().unwrap().keys()).collect();
    assert_eq!(keys, ["schema", "row", "row", "meta"]);
    let shown: Vec<&String> = lines[1]["row"].as_object().unwrap().keys().collect();
    let named: Vec<&str> = lines[0]["schema"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(shown.len() == named.len() && shown.iter().all(|key| named.contains(&key.as_str())));
    assert_eq!((&lines[3]["meta"]["cursor"], &lines[3]["meta"]["truncated"]), (&Value::Null, &Value::Null));
    // The second page goes on from the first, and asks for what is left.
    assert!(site.ask.last().contains("limit: 4999") || site.ask.last().contains("limit: 5000"));
    assert!(site.ask.last().contains("cursor: Some(\"second\")"));

    // No more than asked for: the rest is told.
    let cut = search(&site, "application/x-ndjson", &json!({"limit": 1})).await.lines();
    assert_eq!(cut.len(), 3);
    let too_many = search(&site, "application/x-ndjson", &json!({"limit": 100_001})).await;
    assert_eq!(too_many.json()["code"], json!("bad_request"));
    let headers = [("content-type", "application/json"), ("accept", "application/x-ndjson")];
    let traces = site.send("POST", "/api/v1/traces/search", &headers, b"{}").await.lines();
    assert_eq!((traces.len(), &traces[0]["schema"][0]), (2, &json!("trace_id")));
}

#[tokio::test]
async fn lines_can_be_had_as_a_file() {
    let site = Site::start().await;
    let reply = search(&site, "text/csv", &json!({"q": "bank", "limit": 9})).await;
    assert_eq!((reply.status.as_u16(), reply.text()), (200, "time,body\r\n"));
    assert!(site.ask.last().ends_with("Csv)") && site.ask.last().contains("limit: 9"));
    let paged = search(&site, "text/csv", &json!({"cursor": "x"})).await;
    assert_eq!((paged.status.as_u16(), &paged.json()["code"]), (400, &json!("bad_request")));
}

/// What a stream of events sends until it has sent so many.
async fn events(site: &Site, query: &str, headers: &str, count: usize) -> String {
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    let head = format!("GET /api/v1/logs/tail{query} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut text = String::new();
    while text.matches("\ndata: ").count() < count {
        let mut some = [0; 4_096];
        let read = timeout(PATIENCE, stream.read(&mut some)).await.expect("in time").unwrap();
        assert!(read > 0, "ended after {text}");
        text.push_str(std::str::from_utf8(&some[..read]).unwrap());
    }
    text
}

#[tokio::test]
async fn lines_are_followed_as_events() {
    let site = Site::start().await;
    let text = events(&site, "?q=bank&max_per_s=7", "", 2).await;
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.contains("content-type: text/event-stream"));
    assert!(text.contains("event: log\nid: 7.1\ndata: {\"log_id\":"), "{text}");
    assert!(text.contains("event: status\nid: 7\ndata: {\"matched_per_s\":0.0,"), "{text}");
    assert!(site.ask.last().contains("max_per_s: 7, after: None"));
    // The question ended with its reader.
    let mut running = site.ask.running.subscribe();
    timeout(PATIENCE, running.wait_for(|now| *now == 0)).await.expect("in time").unwrap();

    let text = events(&site, "", "last-event-id: 5.2\r\n", 3).await;
    assert!(site.ask.last().contains("max_per_s: 400, after: Some(LineAt { lsn: Lsn(5), line: Some(2) })"));
    assert!(text.contains("event: error\ndata: {\"type\":\"about:blank\","), "{text}");
}

#[tokio::test]
async fn a_stream_ends_with_the_server() {
    let site = Site::start().await;
    let mut open = TcpStream::connect(site.address).await.unwrap();
    open.write_all(b"GET /api/v1/logs/tail HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut running = site.ask.running.subscribe();
    timeout(PATIENCE, running.wait_for(|now| *now == 1)).await.expect("in time").unwrap();
    site.stop.send(()).unwrap();
    let mut text = Vec::new();
    timeout(PATIENCE, open.read_to_end(&mut text)).await.expect("in time").unwrap();
    assert!(text.ends_with(b"\r\n0\r\n\r\n"), "{}", String::from_utf8_lossy(&text));
    timeout(PATIENCE, site.served).await.expect("in time").unwrap().unwrap();
}

#[tokio::test]
async fn fields_patterns_and_reasons_are_asked_for() {
    let site = Site::start().await;
    let fields = site.get("/api/v1/logs/fields?q=bank&search=user&limit=5").await.json();
    assert_eq!(
        (&fields["data"][0]["key"], &fields["data"][0]["level"]),
        (&json!("body.user.id"), &json!("body"))
    );
    assert_eq!(fields["data"][0]["type"], json!("int"));
    assert!(site.ask.last().contains("search: \"user\", limit: 5, cursor: None"));
    assert_eq!(site.get("/api/v1/logs/patterns?sort=change").await.status, 200);
    assert!(site.ask.last().contains("sort: Change, limit: 50"));
    let why = json!({"signal": "logs", "q": "bank level:error", "from": "-1d"});
    assert_eq!(site.post("/api/v1/why-empty", &why).await.json()["data"]["total"], json!(0));
    assert!(site.ask.last().contains("[5, 16]"), "{}", site.ask.last());
    for (path, code) in [
        ("/api/v1/logs/fields?limit=1001", "bad_request"),
        ("/api/v1/logs/fields?nothing=1", "bad_request"),
        ("/api/v1/logs/patterns?sort=best", "bad_request"),
        ("/api/v1/logs/patterns?q=a%20%3A%3A(", "bad_query"),
        ("/api/v1/logs/tail?max_per_s=0", "bad_request"),
        ("/api/v1/logs/tail?from=-1h", "bad_request"),
    ] {
        assert_eq!(site.get(path).await.json()["code"], json!(code), "{path}");
    }
    let bad = site.post("/api/v1/why-empty", &json!({"signal": "metrics"})).await;
    assert_eq!(bad.json()["code"], json!("bad_request"));
    let headers = [("last-event-id", "x")];
    let bad = site.send("GET", "/api/v1/logs/tail", &headers, b"").await;
    assert_eq!(bad.json()["code"], json!("bad_cursor"));
}
