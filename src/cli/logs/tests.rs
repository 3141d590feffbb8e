//! Logs of a trace, each format.

use super::{of_trace, print};
use crate::cli::client::Client;
use crate::cli::client::tests::{args, canned, response};
use crate::cli::{AskArgs, Format};

const ROW: &str = r#"{"log_id":"1-a","time":"1763690712331000000","severity":"error","severity_number":17,"severity_text":null,"service":"payment","instance":null,"body":"slow \u001b[31mbank","trace_id":null,"span_id":null,"event_name":null,"attributes":{"k":1},"resource":{},"truncated":[]}"#;

#[tokio::test]
async fn formats() {
    let cases = [
        (Format::Table, "2025-11-21T02:05:12.331000000Z  error  payment  slow [31mbank\n".to_owned()),
        (
            Format::Csv,
            "time,severity,service,body,trace_id,span_id,event_name,attributes\r\n\
             1763690712331000000,error,payment,slow \u{1b}[31mbank,,,,\"{\"\"k\"\":1}\"\r\n"
                .into(),
        ),
    ];
    for (format, expected) in cases {
        let (url, served) = canned(response("200 OK", &format!("{{\"data\":[{ROW}],\"meta\":{{}}}}"))).await;
        let args = AskArgs { format: Some(format), ..args(url) };
        let mut out = Vec::new();
        let count = print(&Client::new(&args).unwrap(), of_trace("10"), &args, &mut out).await.unwrap();
        assert_eq!((count, String::from_utf8(out).unwrap()), (1, expected));
        let request = served.await.unwrap();
        assert!(request.starts_with("POST /api/v1/logs/search "));
    }
}
