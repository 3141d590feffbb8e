//! A good figure needs a right answer: everything else that a server may say is an error that names itself.

use daymark_benches::api::Api;
use serde_json::json;

use crate::canned::{Canned, Fake};

async fn api(status: u16, body: serde_json::Value) -> (Fake, Api) {
    let fake = Fake::start(vec![Canned::json(status, &body)]).await;
    let api = Api::new(fake.address);
    (fake, api)
}

#[tokio::test]
async fn sql_answers_are_read_whole() {
    let answer = json!({
        "data": { "columns": [{ "name": "n", "type": "i64" }], "rows": [["9007199254740993"]] },
        "meta": { "took_ms": 3, "truncated": null }
    });
    let (fake, api) = api(200, answer).await;
    let table = api.sql("SELECT 'x'").await.unwrap();
    assert_eq!((table.columns[0].name.as_str(), table.number().unwrap()), ("n", 9_007_199_254_740_993));
    let asked = fake.asked();
    assert_eq!(asked[0].path, "/api/v1/sql");
    let body: serde_json::Value = serde_json::from_slice(&asked[0].body).unwrap();
    assert_eq!(body, json!({ "query": "SELECT 'x'", "limit": 100_000 }));
}

#[tokio::test]
async fn what_is_no_whole_answer_is_an_error_with_its_reason() {
    let cut =
        json!({ "data": { "columns": [], "rows": [] }, "meta": { "truncated": { "reason": "limit" } } });
    let problem =
        json!({ "title": "Bad query", "status": 400, "code": "bad_query", "detail": "no table red" });
    for (status, body, expected) in
        [(200, cut, "cut"), (400, problem, "no table red"), (200, json!({ "rows": [] }), "unexpected answer")]
    {
        let (_fake, api) = api(status, body).await;
        let error = format!("{:#}", api.sql("SELECT 1").await.unwrap_err());
        assert!(error.contains(expected) && error.contains("SELECT 1"), "{error}");
    }
}

#[tokio::test]
async fn an_unknown_trace_is_told_from_a_call_that_is_not_served() {
    let trace = json!({ "data": { "spans": [{}, {}], "span_count": 2 }, "meta": {} });
    let unknown =
        json!({ "title": "No such trace", "status": 404, "code": "not_found", "reason": "never_seen" });
    let (fake, known) = api(200, trace).await;
    assert_eq!(known.trace("ab").await.unwrap(), Some(2));
    assert_eq!(fake.asked()[0].path, "/api/v1/traces/ab");
    assert_eq!(api(404, unknown).await.1.trace("ab").await.unwrap(), None);
    let error = format!("{:#}", api(404, json!("no such page")).await.1.trace("ab").await.unwrap_err());
    assert!(error.contains("/api/v1/traces/ab") && error.contains("404"), "{error}");
}

#[tokio::test]
async fn settling_and_readiness_are_as_the_server_says() {
    assert!(api(200, json!({})).await.1.ready().await.unwrap());
    assert!(!api(503, json!({ "read": false })).await.1.ready().await.unwrap());
    api(200, json!({ "data": { "took_ms": 5 }, "meta": {} })).await.1.settle().await.unwrap();
    let error = format!("{:#}", api(405, json!({})).await.1.settle().await.unwrap_err());
    assert!(error.contains("/api/v1/system/settle") && error.contains("405"), "{error}");
    let lines = json!({ "data": [{}, {}, {}], "meta": {} });
    assert_eq!(api(200, lines).await.1.trace_logs("ab").await.unwrap(), 3);
}
