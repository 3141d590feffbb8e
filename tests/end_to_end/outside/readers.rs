//! DuckDB and pyarrow, which know nothing of Daymark, read the same out of its files as it answers itself.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{python, skip, sources};
use crate::server::{Server, shop};

/// Questions that mean the same to Daymark and, with the table replaced by its files, to DuckDB.
const SPANS: [&str; 5] = [
    "SELECT count(*), count(DISTINCT trace_id), count(DISTINCT span_id), sum(duration_ns) FROM spans",
    "SELECT service, count(*), count(DISTINCT name), max(duration_ns) FROM spans GROUP BY service ORDER BY service",
    "SELECT kind, status, count(*) FROM spans GROUP BY kind, status ORDER BY kind, status",
    "SELECT count(*) FROM spans WHERE parent_span_id IS NULL",
    "SELECT c.service, count(*) FROM spans c JOIN spans p ON c.trace_id = p.trace_id AND c.parent_span_id = p.span_id
     WHERE c.service <> p.service GROUP BY c.service ORDER BY c.service",
];
const LOGS: [&str; 3] = [
    "SELECT count(*), count(trace_id), count(DISTINCT trace_id), count(DISTINCT body) FROM logs",
    "SELECT severity_number, count(*), sum(length(body)) FROM logs GROUP BY severity_number ORDER BY severity_number",
    "SELECT service, count(*) FROM logs GROUP BY service ORDER BY service",
];
const POINTS: [&str; 1] =
    ["SELECT metric, count(*), sum(value_i64), count(value_f64) FROM points GROUP BY metric ORDER BY metric"];
const HISTOGRAMS: [&str; 1] =
    ["SELECT metric, count(*), sum(\"count\"), max(\"max\") FROM histograms GROUP BY metric ORDER BY metric"];

/// Where the rows of the tenant `default` lie; our own telemetry lies beside them.
const TENANT: &str = "f78761cf8c3621e8";

#[test]
fn other_readers_find_what_daymark_answers() {
    let python = match python(&sources("readers"), "readers") {
        Ok(python) => python,
        Err(needs) => return skip(&needs),
    };
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start_in(&dir.path().join("daymark-data"), &dir.path().join("log"));
    let (requests, _, _) = shop(11, 120, 10.0);
    let (first, second) = requests.split_at(requests.len() / 2);
    for half in [first, second] {
        for request in half {
            assert_eq!(server.send(request).status, 200);
        }
        server.settle();
    }
    // What was merged away lies beside its successor for a minute, or until the next start.
    server.stop();
    server.restart();
    server.wait_until_ready();

    let readers = Readers { python: &python, folder: dir.path() };
    for (table, sql_table, questions) in [
        ("spans", "spans", &SPANS[..]),
        ("logs", "logs", &LOGS),
        ("points", "metric_points", &POINTS),
        ("histograms", "metric_histograms", &HISTOGRAMS),
    ] {
        let files = files_of(table);
        for question in questions {
            let question = format!("{question} ").replace('\n', " ");
            let ask = |of: &str| question.replace(&format!(" {table} "), &format!(" {of} "));
            let (ours, theirs) = (server.sql(&ask(sql_table)), readers.duckdb(&ask(&files)));
            assert!(!ours.is_empty(), "{question}");
            assert_eq!(json!(ours), theirs, "{question}");
        }
    }
    check_instants(&server, &readers);
    check_resources(&server, &readers);
    check_documented_example(&server, &readers);
    check_pyarrow(&server, &readers);
}

/// What DuckDB reads instead of a table; what describes the points is stored once a series.
fn files_of(table: &str) -> String {
    let files = format!("read_parquet('{}', union_by_name = true)", pattern(table, "data"));
    if matches!(table, "spans" | "logs") {
        return files;
    }
    let series = pattern(table, "series");
    let series = format!("(SELECT DISTINCT series_id, metric FROM read_parquet('{series}')) series");
    format!("{files} JOIN {series} USING (series_id)")
}

fn pattern(table: &str, file: &str) -> String {
    format!("daymark-data/segments/{TENANT}/{table}/**/{file}.parquet")
}

struct Readers<'a> {
    python: &'a Path,
    /// Where `daymark-data` is.
    folder: &'a Path,
}

impl Readers<'_> {
    fn read(&self, args: &[&str], input: &str) -> Value {
        let mut command = Command::new(self.python);
        command.arg(sources("readers/read.py")).args(args).current_dir(self.folder);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        process.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success(), "{args:?} {input}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn duckdb(&self, sql: &str) -> Value {
        self.read(&["duckdb"], sql)[0].take()
    }
}

fn check_instants(server: &Server, readers: &Readers<'_>) {
    for (table, column) in [("spans", "start"), ("logs", "time")] {
        let ours = server.sql(&format!("SELECT min({column}), max({column}) FROM {table}"));
        let files = pattern(table, "data");
        let theirs = readers.duckdb(&format!(
            "SELECT epoch_ns(min(\"{column}\"))::VARCHAR, epoch_ns(max(\"{column}\"))::VARCHAR FROM read_parquet('{files}')"
        ));
        assert_eq!(json!(ours), theirs, "{table}");
    }
}

/// What is stored once for each sender joins to its rows.
fn check_resources(server: &Server, readers: &Readers<'_>) {
    let by_version = "SELECT service, version, instance, count(*) FROM spans GROUP BY ALL ORDER BY ALL";
    let ours = server.sql(
        "SELECT service, version, instance, count(*) FROM spans GROUP BY service, version, instance
         ORDER BY service, version, instance",
    );
    let joined = format!(
        "WITH spans AS (SELECT s.service, r.version, r.instance FROM read_parquet('{}', union_by_name = true) s
         JOIN (SELECT DISTINCT resource_id, version, instance FROM read_parquet('{}')) r USING (resource_id)) {by_version}",
        pattern("spans", "data"),
        pattern("spans", "resources"),
    );
    assert_eq!(json!(ours), readers.duckdb(&joined.replace('\n', " ")));
}

/// The example of docs/operating.md, as it stands there.
fn check_documented_example(server: &Server, readers: &Readers<'_>) {
    let page = std::fs::read_to_string(sources("../docs/operating.md")).unwrap();
    let (_, example) = page.split_once("```sql\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    assert!(example.contains("read_parquet"), "{example}");
    let mut theirs: Vec<Value> = serde_json::from_value(readers.duckdb(example.trim())).unwrap();
    theirs.sort_by_key(|row| row[0].as_str().unwrap().to_owned());
    let ours = server.sql("SELECT service, count(*) FROM spans GROUP BY service ORDER BY service");
    assert_eq!(json!(ours), json!(theirs));
}

fn check_pyarrow(server: &Server, readers: &Readers<'_>) {
    let told = readers.read(&["pyarrow", &pattern("spans", "data")], "");
    let ours = &server.sql(
        "SELECT count(*), count(DISTINCT trace_id), count(DISTINCT span_id), min(duration_ns), max(duration_ns) FROM spans",
    )[0];
    let columns = &told["columns"];
    let theirs = json!([
        told["rows"],
        columns["trace_id"]["distinct"],
        columns["span_id"]["distinct"],
        columns["duration_ns"]["min"],
        columns["duration_ns"]["max"],
    ]);
    assert_eq!(json!(ours), theirs);
    let by_service = server.sql("SELECT service, count(*) FROM spans GROUP BY service ORDER BY service");
    assert_eq!(told["by_service"], json!(by_service));
    for (table, sql_table) in
        [("logs", "logs"), ("points", "metric_points"), ("histograms", "metric_histograms")]
    {
        let told = readers.read(&["pyarrow", &pattern(table, "data")], "");
        assert_eq!(told["rows"], server.number(&format!("SELECT count(*) FROM {sql_table}")), "{table}");
        let ours = server.sql(&format!("SELECT min(time), max(time) FROM {sql_table}"));
        let time = &told["columns"]["time"];
        assert_eq!(json!(ours[0]), json!([time["min"].to_string(), time["max"].to_string()]), "{table}");
    }
}
