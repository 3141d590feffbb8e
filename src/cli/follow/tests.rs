//! What is printed of a stream, and where it is gone on from.

use daymark_view::error::{AskError, Code};

use super::{escaped, print};
use crate::cli::Format;
use crate::cli::client::Client;
use crate::cli::client::tests::{args, canned, response};
use crate::cli::events::Events;

const ROW: &str = r#"{"log_id":"1-a","time":"1763690712331000000","severity":"error","severity_number":17,"severity_text":null,"service":"payment","instance":null,"body":"slow","trace_id":null,"span_id":null,"event_name":null,"attributes":{},"resource":{},"truncated":[]}"#;
const LINE: &str = "2025-11-21T02:05:12.331000000Z  error  payment  slow\n";

async fn printed(stream: &str) -> (anyhow::Result<Option<String>>, String, String) {
    let (url, served) = canned(response("200 OK", stream)).await;
    let body = Client::new(&args(url)).unwrap().follow("/logs/tail?q=a", Some("7.1")).await.unwrap();
    let mut out = Vec::new();
    let last = print(Events::new(body), Format::Table, &mut out).await;
    (last, String::from_utf8(out).unwrap(), served.await.unwrap().to_lowercase())
}

#[tokio::test]
async fn lines_are_printed_as_they_come() {
    let stream = format!(
        ": the stream lives\n\nevent: log\nid: 8.0\ndata: {ROW}\n\nevent: later\ndata: 1\n\n\
         event: log\nid: 8.4\ndata: {ROW}\n\nevent: status\nid: 9\ndata: {{\"dropped\":3}}\n\nevent: log\nid: 10"
    );
    let (last, out, request) = printed(&stream).await;
    assert_eq!((last.unwrap().as_deref(), out), (Some("9"), LINE.repeat(2)));
    assert!(
        request.starts_with("get /api/v1/logs/tail?q=a ") && request.contains("\r\nlast-event-id: 7.1\r\n")
    );
}

#[tokio::test]
async fn a_refusal_in_the_stream_is_told() {
    let problem = AskError::new(Code::LimitExceeded, "too much");
    let stream = format!("event: error\ndata: {}\n\n", serde_json::to_string(problem.problem()).unwrap());
    let refused: AskError = printed(&stream).await.0.unwrap_err().downcast().unwrap();
    assert_eq!(refused.code(), Code::LimitExceeded);
}

#[test]
fn queries_are_escaped() {
    assert_eq!(escaped("level>=warn \"é\"&x"), "level%3E%3Dwarn%20%22%C3%A9%22%26x");
}
