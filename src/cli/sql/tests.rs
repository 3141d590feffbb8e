//! One query, each format.

use super::ask;
use crate::cli::client::Client;
use crate::cli::client::tests::{args, canned, response};
use crate::cli::{AskArgs, Format};

async fn run(format: Format, answer: &str) -> (anyhow::Result<()>, String, String) {
    let (url, served) = canned(response("200 OK", answer)).await;
    let args = AskArgs { format: Some(format), limit: Some(5), from: Some("-15m".into()), ..args(url) };
    let mut out = Vec::new();
    let done = ask(&Client::new(&args).unwrap(), &args, "SELECT 1", &mut out).await;
    (done, String::from_utf8(out).unwrap(), served.await.unwrap())
}

const TABLE: &str = r#"{"data":{"columns":[{"name":"n","type":"i64"}],"rows":[[1],[20]]},"meta":{}}"#;

#[tokio::test]
async fn a_table() {
    let (done, out, request) = run(Format::Table, TABLE).await;
    done.unwrap();
    assert_eq!(out, " n\n──\n 1\n20\n");
    assert!(request.starts_with("POST /api/v1/sql HTTP/1.1\r\n"));
    assert!(
        request.ends_with(r#"{"query":"SELECT 1","format":"json","limit":5,"from":"-15m"}"#),
        "{request}"
    );
}

#[tokio::test]
async fn json_is_the_answer_itself() {
    let (done, out, _) = run(Format::Json, TABLE).await;
    done.unwrap();
    assert_eq!(out.trim_end(), TABLE);
}

#[tokio::test]
async fn ndjson_is_an_object_a_row() {
    let lines = "{\"schema\":[{\"name\":\"n\",\"type\":\"i64\"},{\"name\":\"s\",\"type\":\"text\"}]}\n{\"row\":[1,\"a\"]}\n{\"meta\":{}}\n";
    let (done, out, _) = run(Format::Ndjson, lines).await;
    done.unwrap();
    assert_eq!(out, "{\"n\":1,\"s\":\"a\"}\n");
}

#[tokio::test]
async fn ndjson_that_breaks_off_fails() {
    let (done, _, _) = run(Format::Ndjson, "{\"schema\":[]}\n{\"row\":[1]}\n").await;
    assert!(done.unwrap_err().to_string().contains("broke off"));
}

#[tokio::test]
async fn csv_is_passed_on() {
    let (done, out, _) = run(Format::Csv, "n\r\n1\r\n").await;
    done.unwrap();
    assert_eq!(out.replace('\r', ""), "n\n1\n");
}
