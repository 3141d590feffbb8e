//! What is known around an alert: what changed before, what fails most, where it may come from, and what
//! happened to it. Notifications carry addresses; only the ids in them are used, since links are ours to make.

use std::cmp::Reverse;
use std::collections::HashSet;

use daymark_model::time::Nanos;
use daymark_view::alerts::history::{HistoryRow, NotificationRow};
use daymark_view::alerts::state::State;
use daymark_view::events::{ChangeEvent, EventKind};
use serde_json::Value;

/// What a notification says of the cause.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Around {
    /// Those that fail most, with the share that fails where it is known.
    pub operations: Vec<(String, Option<f64>)>,
    pub trace: Option<String>,
    pub log: Option<String>,
    pub changes: Vec<ChangeEvent>,
    /// The service that the failing calls lead to.
    pub suspect: Option<String>,
}

impl Around {
    /// Out of the JSON of a notification.
    pub fn read(told: &Value) -> Self {
        let list = |key: &str| told[key].as_array().cloned().unwrap_or_default();
        let text = |pointer: &str| {
            told.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let operation = |one: &Value| Some((one["name"].as_str()?.to_owned(), one["error_rate"].as_f64()));
        Self {
            operations: list("operations").iter().filter_map(operation).collect(),
            trace: text("/trace/id"),
            log: text("/log/id"),
            changes: list("changes").into_iter().filter_map(|one| serde_json::from_value(one).ok()).collect(),
            suspect: text("/suspect/service"),
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The title and the lines of a message for Slack, as Slack shows them.
pub fn slack_lines(message: &Value) -> (String, Vec<String>) {
    let text = |key: &str| {
        let text = message[key].as_str().unwrap_or_default();
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    };
    let title = text("title");
    let lines = text("text").lines().filter(|line| **line != *title).map(str::to_owned).collect();
    (title, lines)
}

/// A change of a state, or an attempt to tell of one.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub row: &'a HistoryRow,
    pub told: Option<&'a NotificationRow>,
}

impl Entry<'_> {
    /// None for what waits for its first attempt.
    pub fn at(&self) -> Option<Nanos> {
        self.told.map_or(Some(self.row.time), |told| told.at)
    }
}

/// Changes and attempts in one list, the last first; what waits to be told stands above its change.
pub fn entries(rows: &[HistoryRow]) -> Vec<Entry<'_>> {
    let mut all: Vec<Entry<'_>> = Vec::with_capacity(rows.len() * 2);
    for row in rows {
        all.extend(row.notifications.iter().rev().map(|told| Entry { row, told: Some(told) }));
        all.push(Entry { row, told: None });
    }
    all.sort_by_key(|entry| Reverse(entry.at().unwrap_or(entry.row.time)));
    all
}

/// An alert that is over, and how long it went on where that is known.
#[derive(Clone, Copy, Debug)]
pub struct Resolved<'a> {
    pub row: &'a HistoryRow,
    pub lasted_ns: Option<i64>,
}

/// Each alert that ended since, once; `rows` are the last first, `is_open` says what has begun again.
pub fn resolved<'a>(
    rows: &'a [HistoryRow],
    since: Nanos,
    is_open: impl Fn(&str) -> bool,
) -> Vec<Resolved<'a>> {
    let mut all: Vec<Resolved<'a>> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let is_end = row.from_state.is_told() && row.to_state == State::Ok && row.time >= since;
        let is_known = all.iter().any(|one| one.row.fingerprint == row.fingerprint);
        if !is_end || is_known || is_open(&row.fingerprint) {
            continue;
        }
        let began =
            rows[at..].iter().find(|one| one.fingerprint == row.fingerprint && one.to_state.is_told());
        all.push(Resolved { row, lasted_ns: began.map(|began| row.time.0.saturating_sub(began.time.0)) });
    }
    all
}

/// What changed, newest first: of alerts only that they began, and of each only the last time.
pub fn begun(events: &[ChangeEvent]) -> Vec<ChangeEvent> {
    let mut seen = HashSet::new();
    let is_shown = |event: &&ChangeEvent| {
        let begins = event.to_state.as_deref() == Some(State::Firing.name());
        let mut is_new = || seen.insert(event.detail.get("fingerprint").map(Value::to_string));
        event.kind != EventKind::Alert || (begins && is_new())
    };
    events.iter().filter(is_shown).cloned().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(time: i64, fingerprint: &str, from: &str, to: &str, told: &Value) -> HistoryRow {
        serde_json::from_value(json!({
            "id": "1", "time": time.to_string(), "rule_id": "r", "rule": "slow", "fingerprint": fingerprint,
            "labels": {}, "from_state": from, "to_state": to, "value": 1.0, "threshold": 1.0, "count": 1,
            "took_ms": 1.0, "error": null, "muted": null, "notifications": told,
        }))
        .unwrap()
    }

    #[test]
    fn a_notification_names_causes_and_never_leads_away() {
        let told = json!({
            "operations": [{"name": "POST /pay", "error_rate": 0.2}, {"error_rate": 1}], "log": null,
            "trace": {"id": "ab", "url": "javascript:alert(1)"}, "changes": [{"kind": "nonsense"}],
            "suspect": {"service": "bank", "url": "https://evil.example"},
        });
        let around = Around::read(&told);
        assert_eq!(around.operations, [("POST /pay".to_owned(), Some(0.2))]);
        assert_eq!((around.trace.as_deref(), around.log.as_deref()), (Some("ab"), None));
        assert_eq!((around.suspect.as_deref(), around.changes.len()), (Some("bank"), 0));
        assert!(Around::read(&Value::Null).is_empty());
    }

    #[test]
    fn slack_shows_what_was_escaped() {
        let message = json!({"title": "a &lt;b&gt;", "text": "a &lt;b&gt;\n1 &gt; 0\n&amp;lt;"});
        assert_eq!(slack_lines(&message), ("a <b>".into(), vec!["1 > 0".into(), "&lt;".into()]));
    }

    #[test]
    fn of_each_alert_the_last_beginning_is_a_change() {
        let event = |at: i64, kind: EventKind, alert: &str, to: &str| ChangeEvent {
            time: Nanos(at),
            kind,
            service: None,
            instance: None,
            title: alert.into(),
            from_state: None,
            to_state: Some(to.into()),
            trace_id: None,
            detail: [("fingerprint".to_owned(), alert.into())].into_iter().collect(),
        };
        let events = [
            event(50, EventKind::Deploy, "1.4", "1.4"),
            event(40, EventKind::Alert, "a", "firing"),
            event(30, EventKind::Alert, "a", "ok"),
            event(25, EventKind::Deploy, "1.4", "1.4"),
            event(20, EventKind::Alert, "b", "firing"),
            event(10, EventKind::Alert, "a", "firing"),
        ];
        let told: Vec<i64> = begun(&events).iter().map(|event| event.time.0).collect();
        assert_eq!(told, [50, 40, 25, 20]);
    }

    #[test]
    fn attempts_stand_among_changes_by_their_time() {
        let attempt = |at: Option<i64>, attempt: u32| {
            json!({"channel": "ops", "at": at.map(|at| at.to_string()), "attempt": attempt, "ok": false,
                "status": 502, "took_ms": 1.0, "error": null, "state": "pending"})
        };
        let rows = [
            row(30, "a", "firing", "ok", &json!([attempt(None, 0)])),
            row(10, "a", "ok", "firing", &json!([attempt(Some(11), 1), attempt(Some(35), 2)])),
        ];
        let told: Vec<(Option<i64>, u32)> = entries(&rows)
            .iter()
            .map(|entry| (entry.at().map(|at| at.0), entry.told.map_or(99, |told| told.attempt)))
            .collect();
        assert_eq!(told, [(Some(35), 2), (None, 0), (Some(30), 99), (Some(11), 1), (Some(10), 99)]);
    }

    #[test]
    fn what_ended_is_told_once_with_how_long_it_went_on() {
        let none = || json!([]);
        let rows = [
            row(90, "a", "firing", "ok", &none()),
            row(80, "a", "pending", "firing", &none()),
            row(70, "b", "firing", "ok", &none()),
            row(60, "a", "firing", "ok", &none()),
            row(50, "c", "pending", "ok", &none()),
            row(40, "d", "no_data", "ok", &none()),
            row(5, "e", "firing", "ok", &none()),
        ];
        let told: Vec<(&str, Option<i64>)> = resolved(&rows, Nanos(10), |fingerprint| fingerprint == "b")
            .iter()
            .map(|one| (one.row.fingerprint.as_str(), one.lasted_ns))
            .collect();
        assert_eq!(told, [("a", Some(10)), ("d", None)]);
    }
}
