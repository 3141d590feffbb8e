//! A wrong answer is named, a right one in any spelling is not.

use serde_json::json;

use super::*;

fn table(rows: &serde_json::Value) -> Table {
    serde_json::from_value(json!({ "columns": [], "rows": rows })).unwrap()
}

#[test]
fn a_right_answer_has_no_difference_in_any_order_and_spelling() {
    let expected = BTreeMap::from([("a > b".to_owned(), vec![3, 0]), ("a > c".to_owned(), vec![9, 1])]);
    let check = Check { name: "edges", sql: "", keys: 2, expected };
    assert_eq!(check.difference(&table(&json!([["a", "c", "9", 1], ["a", "b", 3, 0.0]]))), None);
}

#[test]
fn a_wrong_answer_is_told_by_key() {
    let expected = BTreeMap::from([("a".to_owned(), vec![3]), ("b".to_owned(), vec![4])]);
    let check = Check { name: "services", sql: "", keys: 1, expected };
    let cases = [
        (json!([["a", 3]]), "b wanted 4 got nothing"),
        (json!([["a", 3], ["b", 5]]), "b wanted 4 got 5"),
        (json!([["a", 3], ["b", 4], [null, 1]]), "null wanted nothing got 1"),
        (json!([["a", true]]), "count true"),
    ];
    for (rows, expected) in cases {
        assert_eq!(check.difference(&table(&rows)).as_deref(), Some(expected));
    }
}

#[test]
fn only_sent_signals_are_asked_for() {
    let truth = Truth { spans: 5, logs: 7, ..Truth::default() };
    let names = |signals: &[Signal]| checks(&truth, signals).len();
    assert_eq!(
        (names(&[Signal::Spans]), names(&[Signal::Logs]), names(&Signal::ALL), names(&[])),
        (4, 2, 11, 0)
    );
    let logs = checks(&truth, &[Signal::Logs]);
    assert_eq!(logs[0].difference(&table(&json!([[7, 0]]))), None);
    assert!(logs[0].difference(&table(&json!([]))).is_some());
}
