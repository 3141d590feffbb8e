//! A search in each format, over pages, and what is asked for it.

use super::{Mode, Sort, TracesArgs, print};
use crate::cli::client::Client;
use crate::cli::client::tests::{args, canned, response};
use crate::cli::{AskArgs, Format};

const ROW: &str = r#"{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","root_service":"web","root_name":"GET /, \u001b[31mplease","start":"1763690712331000000","duration_ns":1920000000,"span_count":182,"error_count":3,"services":[],"log_count":0,"completeness":"complete","top":null,"matched":{"count":1,"span_ids":[]},"tier":"internal","later":1}"#;

async fn run(format: Format, limit: usize) -> (String, String) {
    let answer = format!("{{\"data\":[{ROW}],\"meta\":{{\"cursor\":\"more\"}}}}");
    let (url, served) = canned(response("200 OK", &answer)).await;
    let ask = AskArgs { format: Some(format), from: Some("-2h".into()), limit: Some(limit), ..args(url) };
    let query = Some("service:web status:error".into());
    let args = TracesArgs { query, sort: Sort::MostErrors, mode: Mode::Traces, ask };
    let mut out = Vec::new();
    let count = print(&Client::new(&args.ask).unwrap(), &args, &mut out).await.unwrap();
    assert_eq!(count, 1);
    (String::from_utf8(out).unwrap(), served.await.unwrap())
}

#[tokio::test]
async fn formats() {
    let (table, request) = run(Format::Table, 1).await;
    let expected = "4bf92f3577b34da6a3ce929d0e0e4736  2025-11-21T02:05:12.331000000Z    1.92s   182 spans    3 errors  \
                    web  GET /, [31mplease  complete\n";
    assert_eq!(table, expected);
    assert!(request.starts_with("POST /api/v1/traces/search "), "{request}");
    for part in
        ["\"q\":\"service:web status:error\"", "\"from\":\"-2h\"", "\"sort\":\"most_errors\"", "\"limit\":1"]
    {
        assert!(request.contains(part), "{part} in {request}");
    }
    let (csv, _) = run(Format::Csv, 1).await;
    let row = "4bf92f3577b34da6a3ce929d0e0e4736,1763690712331000000,1920000000,182,3,web,\"GET /, \u{1b}[31mplease\",complete";
    assert_eq!(csv.lines().nth(1), Some(row));
    // What the server adds is passed on.
    let (ndjson, _) = run(Format::Ndjson, 1).await;
    assert!(ndjson.contains("\"later\":1"), "{ndjson}");
}
