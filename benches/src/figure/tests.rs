//! Figures must be readable by programs as lines and by people as a table.

use super::*;

#[test]
fn a_report_is_lines_of_json_and_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("results.jsonl");
    let mut report = Report::new("ingest", &file, 7);
    report.add("spans per CPU second", 123_456.7, "1/s", "3 passes").unwrap();
    report.missing("bytes per span", &anyhow::anyhow!("a | b").context("settle")).unwrap();

    let lines = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["value"], 123_456.7);
    assert_eq!((&lines[1]["value"], &lines[1]["note"]), (&serde_json::Value::Null, &"settle: a | b".into()));
    let table = report.table();
    assert!(table.contains("| spans per CPU second | 123 457 | 1/s | 3 passes |"), "{table}");
    assert!(table.contains("| bytes per span | - |  | settle: a \\| b |"), "{table}");
}

#[test]
fn values_are_shown_for_reading() {
    let cases = [
        (0.0, "0.00"),
        (4.256, "4.26"),
        (42.35, "42.4"),
        (512.4, "512"),
        (1_000.0, "1 000"),
        (1_234_567.0, "1 234 567"),
        (999_999.0, "999 999"),
        (-2_500.0, "-2 500"),
    ];
    for (value, expected) in cases {
        assert_eq!(shown(value), expected);
    }
}
