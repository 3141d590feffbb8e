//! What is made up for after a pause.

use daymark_view::alerts::rule::Rule;
use serde_json::{Value, json};

use super::*;

const NOW: Nanos = Nanos(1_774_933_500_000_000_000);

fn known(id: &str, signal: &Value) -> KnownRule {
    let rule = json!({"name": id, "every": "1m", "signal": signal, "condition": {"op": ">", "threshold": 0}});
    KnownRule {
        id: id.into(),
        version: 1,
        origin: Origin::Api,
        file: None,
        line: None,
        created_at: NOW,
        updated_at: NOW,
        rule: Rule::read(&rule, "").unwrap(),
    }
}

/// Guarantee: after a pause a rule is judged for every minute of it, but for rules that only tell how things
/// are now: one answer would stand for all of these minutes, and pass for a state that went on.
#[test]
fn what_only_tells_about_now_is_judged_once_after_a_pause() {
    let rules = [
        (
            "past",
            json!({"kind": "sql", "query": "SELECT count(*) AS value FROM spans WHERE start >= :from"}),
            9,
        ),
        ("now", json!({"kind": "sql", "query": "SELECT count(*) AS value FROM ledger"}), 1),
        ("state", json!({"kind": "state", "table": "alerts", "where": ""}), 1),
        ("sums", json!({"kind": "red", "metric": "errors"}), 9),
    ];
    let mut board = Board::default();
    for (id, signal, _) in &rules {
        board.set_rule(known(id, signal));
        board.last.insert((*id).into(), NOW);
    }
    let due = board.due(NOW.plus(9 * Nanos::MINUTE));
    for (id, _, expected) in &rules {
        let (_, at) = due.iter().find(|(rule, _)| rule.id == *id).unwrap();
        assert_eq!(at.len(), *expected, "{id}");
        assert_eq!(at.last(), Some(&NOW.plus(9 * Nanos::MINUTE)), "{id}");
    }
    let evaluations = &board.watch.evaluations;
    assert_eq!((evaluations.due, evaluations.missed), (16, 16), "the others are missed");
}
