//! A trace in each format, and what is asked for it.

use super::{TraceArgs, print};
use crate::cli::client::Client;
use crate::cli::client::tests::{args, canned, response};
use crate::cli::{AskArgs, Format};

const ID: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

const SPAN: &str = r#"{"span_id":"0101010101010101","parent_span_id":null,"service":"web","name":"GET /, please","kind":"server","start":"1763690712331000000","duration_ns":1920000000,"status":"ok","status_message":null,"resource":"r1","scope":{"name":null,"version":null},"attributes":{"k":1},"events":[],"links":[],"trace_state":null,"flags":1,"peer":null,"source":"otlp_grpc","tier":"internal","quality":[],"dropped":{"attributes":0,"events":0,"links":0}}"#;

const HEAD: &str = r#""trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","start":"1763690712331000000","duration_ns":1920000000,"span_count":1,"error_count":0,"log_count":0,"root":null,"services":["web"],"completeness":"missing_root","missing_parents":[],"aliases":[],"episode":{"n":1,"of":1},"tier":"internal","skew":[],"resources":{}"#;

async fn run(format: Format, answer: &str) -> (String, String) {
    let (url, served) = canned(response("200 OK", answer)).await;
    let ask = AskArgs { format: Some(format), from: Some("2025-11-21T02:00:00+01:00".into()), ..args(url) };
    let args = TraceArgs { id: ID.into(), logs: false, ask };
    let mut out = Vec::new();
    print(&Client::new(&args.ask).unwrap(), &args, &mut out).await.unwrap();
    (String::from_utf8(out).unwrap(), served.await.unwrap())
}

#[tokio::test]
async fn a_tree() {
    let (out, request) =
        run(Format::Table, &format!("{{\"data\":{{{HEAD},\"spans\":[{SPAN}]}},\"meta\":{{}}}}")).await;
    let expected = "\
trace 4bf92f3577b34da6a3ce929d0e0e4736  no root
2025-11-21T02:05:12.331000000Z  1.92s  1 span, 0 errors, 0 logs, 1 service  missing_root

web  GET /, please (server)      +0ns     1.92s
";
    assert_eq!(out, expected);
    let path = "/api/v1/traces/4bf92f3577b34da6a3ce929d0e0e4736?from=2025-11-21T02%3A00%3A00%2B01%3A00";
    assert!(request.starts_with(&format!("GET {path} HTTP/1.1\r\n")), "{request}");
}

#[tokio::test]
async fn ndjson_and_csv() {
    let lines = format!("{{\"schema\":{{{HEAD},\"spans\":[]}}}}\n{{\"row\":{SPAN}}}\n{{\"meta\":{{}}}}\n");
    let (out, request) = run(Format::Ndjson, &lines).await;
    assert_eq!(out.lines().count(), 1);
    assert!(out.contains("\"name\":\"GET /, please\""));
    assert!(request.contains("accept: application/x-ndjson\r\n"));
    let (out, _) = run(Format::Csv, &lines).await;
    let row = out.lines().nth(1).unwrap();
    let expected =
        "0101010101010101,,web,\"GET /, please\",server,1763690712331000000,1920000000,ok,,\"{\"\"k\"\":1}\"";
    assert_eq!(row, expected);
}

#[tokio::test]
async fn a_line_is_resolved_first() {
    let hit = r#"{"data":[{"kind":"span","id":"00f067aa0ba902b7","label":"x","score":0.9,"from":null,"to":null,"params":{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}}],"meta":{}}"#;
    let (url, served) = canned(response("200 OK", hit)).await;
    let client = Client::new(&args(url)).unwrap();
    let id = super::meant(&client, "failed span_id=00f067aa0ba902b7").await.unwrap();
    assert_eq!(id, "4bf92f3577b34da6a3ce929d0e0e4736");
    let request = served.await.unwrap();
    assert!(request.starts_with("GET /api/v1/resolve?s=failed%20span_id%3D00f067aa0ba902b7 "), "{request}");
}
