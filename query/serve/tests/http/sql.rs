//! SQL over HTTP: what the engine is asked, tables, streams that end well and streams that do not.

use serde_json::json;

use crate::site::{NOW, Site};

#[tokio::test]
async fn a_table() {
    let site = Site::start().await;
    let body = json!({"query": "SELECT 1", "params": {"n": 1}, "limit": 2, "from": "-15m", "to": "now"});
    let reply = site.post("/api/v1/sql", &body).await;
    assert_eq!(reply.json()["data"], json!({"columns": [{"name": "n", "type": "i64"}], "rows": [[1], [1]]}));
    let asked = site.ask.last();
    let from = format!("from: {}", NOW.0 - 900_000_000_000).replace("from: ", "from: Nanos(");
    for part in ["query: \"SELECT 1\"", "Named({\"n\": Number(1)})", "format: Json", "limit: 2", &from] {
        assert!(asked.contains(part), "{part} in {asked}");
    }
}

#[tokio::test]
async fn limits_and_formats_when_none_is_named() {
    let site = Site::start().await;
    let cases = [
        (json!({"query": "x"}), "*/*", "format: Json, limit: 10000"),
        (json!({"query": "stream"}), "application/x-ndjson", "format: Ndjson, limit: 5000000"),
        (json!({"query": "stream"}), "text/csv", "format: Csv, limit: 5000000"),
        (json!({"query": "stream"}), "application/vnd.apache.arrow.stream", "format: Arrow"),
        (json!({"query": "stream", "format": "parquet"}), "*/*", "format: Parquet"),
        (json!({"query": "x", "format": "json"}), "text/csv", "format: Json"),
        (json!({"query": "x", "params": [1, "a"]}), "*/*", "Positional([Number(1), String(\"a\")])"),
    ];
    for (body, accept, expected) in cases {
        let headers = [("content-type", "application/json"), ("accept", accept)];
        let reply = site.send("POST", "/api/v1/sql", &headers, body.to_string().as_bytes()).await;
        assert_eq!(reply.status, 200, "{body}");
        assert!(site.ask.last().contains(expected), "{expected} in {}", site.ask.last());
    }
}

#[tokio::test]
async fn lines_end_with_meta_or_an_error() {
    let site = Site::start().await;
    let reply = site.post("/api/v1/sql", &json!({"query": "stream", "format": "ndjson"})).await;
    assert_eq!(reply.header("content-type"), "application/x-ndjson");
    let lines = reply.lines();
    assert_eq!(lines[0], json!({"schema": [{"name": "n", "type": "i64"}]}));
    assert_eq!(lines[1], json!({"row": [1]}));
    assert_eq!(lines[2]["meta"]["query_id"], reply.header("x-query-id"));
    assert_eq!((lines.len(), &lines[2]["meta"]["took_ms"]), (3, &json!(0.0)));

    for (query, code) in [("fails late", "limit_exceeded"), ("breaks off", "internal")] {
        let reply = site.post("/api/v1/sql", &json!({"query": query, "format": "ndjson"})).await;
        assert_eq!(reply.status, 200);
        let last: serde_json::Value = serde_json::from_str(reply.text().lines().last().unwrap()).unwrap();
        assert_eq!(last["error"]["code"], code);
        assert_eq!(last["error"]["query_id"], reply.header("x-query-id"));
    }
}

#[tokio::test]
async fn a_statement_is_explained() {
    let site = Site::start().await;
    let body = json!({"query": "SELECT $n", "params": {"n": 1}, "from": "-5m"});
    let reply = site.post("/api/v1/sql/explain", &body).await.json();
    assert_eq!(reply["data"], json!({"plan": [], "segments": 3, "bytes": 0, "tables": []}));
    assert!(site.ask.last().contains("query: \"SELECT $n\""), "{}", site.ask.last());
    let told = site.post("/api/v1/sql/explain", &json!({"query": "SELECT 1", "limit": 1})).await.json();
    assert_eq!(told["code"], "bad_request");
}

#[tokio::test]
async fn a_file_that_cannot_be_finished_breaks_off() {
    let site = Site::start().await;
    for format in ["csv", "arrow", "parquet"] {
        let whole = site.post("/api/v1/sql", &json!({"query": "stream", "format": format})).await;
        assert!(whole.text().ends_with("{\"row\":[1]}\n"), "{format}: no line of ours in a file");
        for query in ["fails late", "breaks off", "cut"] {
            let body = json!({"query": query, "format": format}).to_string();
            let headers = [("content-type", "application/json")];
            let reply = site.try_send("POST", "/api/v1/sql", &headers, body.as_bytes()).await;
            assert!(reply.is_none_or(|reply| reply.body.is_none()), "{format} {query}");
        }
        let asked_for =
            site.post("/api/v1/sql", &json!({"query": "cut", "format": format, "limit": 1})).await;
        assert_eq!(asked_for.text(), "first\n", "a limit that was asked for is no failure");
    }
}
