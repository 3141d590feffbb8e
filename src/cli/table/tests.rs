//! Tables line up whatever is in them, and nothing in them drives a terminal.

use serde_json::{Value, json};

use super::render;

fn table(columns: &[&str], rows: Value) -> String {
    let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
    let rows: Vec<Vec<Value>> = serde_json::from_value(rows).unwrap();
    render(&columns, &rows)
}

#[test]
fn aligned() {
    let text = table(&["service", "count", "note"], json!([["payment", 412, null], ["주문", 7, "a\nb"]]));
    let expected = "service  count  note\n───────  ─────  ────\npayment    412\n주문         7  a b\n";
    assert_eq!(text, expected);
}

#[test]
fn nothing_drives_the_terminal() {
    let text = table(&["\u{1b}[31mred"], json!([["\u{1b}]0;title\u{7}x\r\u{202e}y\u{9b}2J"]]));
    assert!(text.chars().all(|sign| sign == '\n' || !sign.is_control()), "{text:?}");
    assert!(!text.contains('\u{202e}'));
}

#[test]
fn long_cells_are_cut() {
    let text = table(&["body"], json!([["x".repeat(500)], ["가".repeat(100)]]));
    for line in text.lines() {
        assert!(crate::cli::clean::width(line) <= 80);
    }
    assert_eq!(text.matches('…').count(), 2);
}
