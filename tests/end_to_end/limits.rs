//! What the settings file allows is what the process does.

use std::process::Command;

use crate::server::{BINARY, Server, shop};

const SETTINGS: &str = r#"
[limits]
request_sent = "256KiB"
query_memory = "4MiB"
query_rows = 50

[ui]
hosts = ["daymark.example"]
"#;

#[test]
fn limits_of_the_settings_file_hold() {
    let (requests, truth, _) = shop(11, 5, 10.0);
    let server = Server::start_with(SETTINGS);
    let traces = format!("{}/v1/traces", server.otlp);
    assert_eq!(server.post(&traces, "application/x-protobuf", vec![0; (256 << 10) + 1]).status, 413);
    for request in &requests {
        assert_eq!(server.send(request).status, 200, "{} bytes", request.body.len());
    }

    let greedy = server.sql_answer("SELECT array_agg(n) FROM generate_series(1, 10000000) t(n)");
    assert_eq!(greedy.json()["code"], "limit_exceeded", "{}", greedy.json());
    assert_eq!(server.number("SELECT count(*) FROM spans"), truth.spans);
    assert_eq!(server.sql("SELECT name FROM spans").len(), 50);

    assert_eq!(server.get_as("daymark.example", "/readyz").status, 200);
    assert_eq!(server.get_as("elsewhere.example", "/readyz").status, 403);

    let refused = "SELECT sum(items) FROM ledger WHERE item = 'rejected' AND reason = 'too_large_request'";
    assert_eq!(server.number(refused), 1);
    server.assert_balanced();
}

#[test]
fn the_check_prints_the_limits_that_hold() {
    let server = Server::start_with(SETTINGS);
    let check = |rows: &str| {
        let mut command = Command::new(BINARY);
        command.args(["config", "check", "--config", server.config()]);
        command.env("DAYMARK_LIMITS_QUERY_ROWS", rows).output().unwrap()
    };
    let good = String::from_utf8(check("7").stdout).unwrap();
    for line in
        ["request_sent = \"256KiB\"", "query_rows = 7", "query_rows_streamed = 5000000", "wait = \"2s\""]
    {
        assert!(good.lines().any(|told| told == line), "{line} is not in {good}");
    }
    let bad = check("0");
    assert_eq!(bad.status.code(), Some(1));
    let told = String::from_utf8(bad.stderr).unwrap();
    assert!(told.contains("limits.query_rows = \"0\" is no number"), "{told}");
}
