//! A trace as JSON, as lines, as OTLP; its logs; its deletion.

use daymark_view::trace::Trace;
use serde_json::{Value, json};

use crate::canned::trace;
use crate::site::Site;

const PATH: &str = "/api/v1/traces/8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f";

#[tokio::test]
async fn as_json() {
    let site = Site::start().await;
    let data = site.get(PATH).await.json()["data"].clone();
    assert_eq!(data["trace_id"], "8f".repeat(16));
    assert_eq!(
        (&data["start"], &data["duration_ns"]),
        (&json!("1763690712331000000"), &json!(1_920_000_000))
    );
    assert_eq!(data["root"], json!({"span_id": "01".repeat(8), "service": "web", "name": "POST /checkout"}));
    assert_eq!((&data["completeness"], &data["episode"]), (&json!("complete"), &json!({"n": 1, "of": 1})));
    assert_eq!(data["resources"]["r1"], json!({"service.name": "web"}));
    let span = &data["spans"][0];
    let expected = json!({"http.route": "/checkout", "raw": {"$bytes": "AQI="}, "retry": 2, "share": 1.0});
    assert_eq!(span["attributes"], expected);
    assert_eq!(span["scope"], json!({"name": "http", "version": null}));
    assert_eq!((&span["parent_span_id"], &span["peer"]), (&Value::Null, &Value::Null));
    assert_eq!(span["quality"], json!(["clock_skew"]));
    assert_eq!(span["dropped"], json!({"attributes": 1, "events": 0, "links": 0}));
    let read: Trace = serde_json::from_value(data).unwrap();
    assert_eq!(read.spans.len(), trace().spans.len());
}

#[tokio::test]
async fn every_spelling_of_the_id() {
    let site = Site::start().await;
    let hex = "8f".repeat(16);
    let spellings = [
        hex.to_uppercase(),
        "8f8f8f8f-8f8f-8f8f-8f8f-8f8f8f8f8f8f".into(),
        format!("00-{hex}-00f067aa0ba902b7-01"),
        format!("{hex}:00f067aa0ba902b7:0:1"),
        "Root%3D1-8f8f8f8f-8f8f8f8f8f8f8f8f8f8f8f8f".into(),
        "j4%2BPj4%2BPj4%2BPj4%2BPj4%2BPjw%3D%3D".into(),
    ];
    for spelling in spellings {
        assert_eq!(site.get(&format!("/api/v1/traces/{spelling}")).await.status, 200, "{spelling}");
    }
}

#[tokio::test]
async fn as_lines() {
    let site = Site::start().await;
    let reply = site.send("GET", PATH, &[("accept", "application/x-ndjson")], b"").await;
    let lines = reply.lines();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["schema"]["resources"]["r2"], json!({"service.name": "order"}));
    assert_eq!(lines[0]["schema"]["spans"], json!([]));
    assert_eq!(lines[1]["row"]["name"], "POST /checkout");
    assert_eq!(lines[2]["row"]["parent_span_id"], "01".repeat(8));
    assert_eq!(lines[3]["meta"]["query_id"], reply.header("x-query-id"));
    assert!(site.ask.last().contains(&format!("spans_max: {}", usize::MAX)), "lines are never cut");
}

#[tokio::test]
async fn as_otlp() {
    let site = Site::start().await;
    let reply = site.get(&format!("{PATH}?format=otlp")).await;
    let expected_span = json!({
        "traceId": "8f".repeat(16), "spanId": "01".repeat(8), "traceState": "a=b", "flags": 257,
        "name": "POST /checkout", "kind": 2,
        "startTimeUnixNano": "1763690712331000000", "endTimeUnixNano": "1763690714251000000",
        "attributes": [
            {"key": "http.route", "value": {"stringValue": "/checkout"}},
            {"key": "raw", "value": {"bytesValue": "AQI="}},
            {"key": "retry", "value": {"intValue": "2"}},
            {"key": "share", "value": {"doubleValue": 1.0}},
        ],
        "droppedAttributesCount": 1,
        "events": [{"timeUnixNano": "1763690712400000000", "name": "exception",
            "attributes": [{"key": "exception.type", "value": {"stringValue": "Timeout"}}]}],
        "droppedEventsCount": 0,
        "links": [{"traceId": "02".repeat(16), "spanId": "03".repeat(8), "attributes": []}],
        "droppedLinksCount": 0,
        "status": {"code": 2, "message": "refused"},
    });
    let body = reply.json();
    let groups = body["resourceSpans"].as_array().unwrap();
    assert_eq!(groups.len(), 2);
    let web = json!({"attributes": [{"key": "service.name", "value": {"stringValue": "web"}}]});
    assert_eq!(groups[0]["resource"], web);
    assert_eq!(groups[0]["scopeSpans"], json!([{"scope": {"name": "http"}, "spans": [expected_span]}]));
    assert_eq!(groups[1]["scopeSpans"][0]["spans"][0]["parentSpanId"], "01".repeat(8));
    assert_eq!(groups[1]["scopeSpans"][0]["spans"][0]["status"], json!({"code": 0}));
}

#[tokio::test]
async fn logs() {
    let site = Site::start().await;
    let path = format!("{PATH}/logs?limit=7&span_id=00f067aa0ba902b7&cursor=abc");
    let body = site.get(&path).await.json();
    assert_eq!(body["data"][0]["body"], "Timeout calling bank");
    assert_eq!(
        (&body["data"][0]["trace_id"], &body["data"][0]["span_id"]),
        (&json!("8f".repeat(16)), &Value::Null)
    );
    assert_eq!(body["meta"]["cursor"], "next");
    for part in ["limit: 7", "span_id: Some(00f067aa0ba902b7)", "cursor: Some(\"abc\")"] {
        assert!(site.ask.last().contains(part), "{part}");
    }
    let lines = site
        .send("GET", &format!("{PATH}/logs?limit=100000"), &[("accept", "application/x-ndjson")], b"")
        .await;
    let lines = lines.lines();
    let row: Vec<&String> = lines[1]["row"].as_object().unwrap().keys().collect();
    let mut fields: Vec<&str> =
        lines[0]["schema"].as_array().unwrap().iter().map(|f| f.as_str().unwrap()).collect();
    fields.sort_unstable();
    assert_eq!(row, fields);
}

#[tokio::test]
async fn deletion() {
    let site = Site::start().await;
    let reply = site.send("DELETE", PATH, &[], b"").await;
    assert_eq!(reply.status, 202);
    assert!(site.ask.last().starts_with("TraceDeletion"));
}

#[tokio::test]
async fn as_others_open_it() {
    let site = Site::start().await;
    let jaeger = site.get(&format!("{PATH}?format=jaeger")).await.json();
    let trace = &jaeger["data"][0];
    let (root, child) = (&trace["spans"][0], &trace["spans"][1]);
    assert_eq!((&root["operationName"], &root["duration"]), (&json!("POST /checkout"), &json!(1_920_000)));
    assert_eq!(trace["processes"][root["processID"].as_str().unwrap()]["serviceName"], "web");
    assert_eq!(child["references"][0]["spanID"], "01".repeat(8));
    assert!(root["tags"].as_array().unwrap().contains(&json!({"key": "retry", "type": "int64", "value": 2})));
    let zipkin = site.get(&format!("{PATH}?format=zipkin")).await.json();
    assert_eq!((&zipkin[0]["kind"], &zipkin[0]["tags"]["error"]), (&json!("SERVER"), &json!("refused")));
    assert_eq!((&zipkin[1]["parentId"], &zipkin[1]["kind"]), (&json!("01".repeat(8)), &Value::Null));
    let perfetto = site.get(&format!("{PATH}?format=perfetto")).await.json();
    let events = perfetto["traceEvents"].as_array().unwrap();
    assert_eq!(events.iter().filter(|event| event["ph"] == "X").count(), 2);
    let csv = site.get(&format!("{PATH}?format=csv")).await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        (csv.text().lines().count(), csv.text().lines().nth(1).unwrap().split(',').nth(3)),
        (3, Some("web"))
    );
    let bad = site.get(&format!("{PATH}?format=xml")).await.json();
    assert!(bad["hint"].as_str().unwrap().contains("perfetto"), "{bad}");
}
