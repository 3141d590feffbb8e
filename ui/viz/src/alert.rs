//! Alerts in words and figures: values in the unit of their rule, what a rule watches, how often it would have
//! fired.

use std::collections::BTreeMap;

use daymark_model::time::Nanos;
use daymark_view::alerts::preview::{PreviewFiring, STEPS_MAX};
use daymark_view::alerts::rule::Rule;
use daymark_view::alerts::signal::Signal;
use daymark_view::alerts::state::StateRow;

use crate::figure;

/// Firings shorter than this hardly deserve to wake anybody.
pub const SHORT_NS: i64 = 180 * 1_000_000_000;

/// A value as people read it.
pub fn value(value: f64, unit: &str) -> String {
    match unit {
        "ns" if value >= 0.0 => figure::duration(value as u64).to_string(),
        "ns" => format!("−{}", figure::duration(-value as u64)),
        "ratio" => figure::percent(value).to_string(),
        "1/s" => figure::rate(value).to_string(),
        _ => plain(value),
    }
}

/// A value that somebody chose, without zeros that say nothing: `5 %`, `1.5 s`.
pub fn chosen(number: f64, unit: &str) -> String {
    let text = value(number, unit);
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.' && letter != '−');
    let (digits, behind) = text.split_at(end.unwrap_or(text.len()));
    if !digits.contains('.') {
        return text;
    }
    format!("{}{behind}", digits.trim_end_matches('0').trim_end_matches('.'))
}

/// At most three digits behind the point, and none that say nothing.
fn plain(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text.strip_prefix('-') {
        Some("0") => "0".into(),
        Some(digits) => format!("−{digits}"),
        None => text.into(),
    }
}

/// What a rule watches, by its names: the metric and whom it is about.
pub fn watched(signal: &Signal) -> (String, String) {
    let json = serde_json::to_value(signal).unwrap_or_default();
    let text = |key: &str| json.get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let first = |keys: &[&str]| keys.iter().map(|key| text(key)).find(|text| !text.is_empty());
    let what = first(&["metric", "table"]).unwrap_or_else(|| signal.kind().to_owned());
    let between = [text("client"), text("server")];
    let about = match between.iter().all(String::is_empty) {
        true => first(&["q", "query", "where"]).unwrap_or_default(),
        false => between.map(|end| if end.is_empty() { "*".into() } else { end }).join(" → "),
    };
    (what, about)
}

/// A text of a rule with what was found put into it, as it is told: `{{value}}` and its like.
pub fn filled(template: &str, row: &StateRow) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, behind)) = after.split_once("}}") else { break };
        out.push_str(before);
        match known(name.trim().trim_start_matches(['$', '.']), row) {
            Some(text) => out.push_str(&text),
            None => out.push_str(&format!("{{{{{name}}}}}")),
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

fn known(name: &str, row: &StateRow) -> Option<String> {
    Some(match name {
        "value" => row.value.map_or_else(|| "–".into(), |number| value(number, &row.unit)),
        "threshold" => value(row.threshold, &row.unit),
        "rule" => row.rule.clone(),
        "severity" => row.severity.name().into(),
        "status" => row.state.name().into(),
        label => row.labels.get(label.strip_prefix("labels.")?).cloned().unwrap_or_default(),
    })
}

/// How many alerts people hear of for each service.
pub fn firing_by_service(rows: &[StateRow]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for row in rows.iter().filter(|row| row.state.is_told() && !row.silenced && !row.inhibited) {
        if let Some(service) = row.labels.get("service") {
            *counts.entry(service.clone()).or_default() += 1;
        }
    }
    counts
}

/// At which of some values, one every `every_ns` with the last at `last`, something began; none where it was
/// before them all.
pub fn began_at(began: Nanos, last: Nanos, every_ns: i64, count: usize) -> Option<f64> {
    let back = last.0.saturating_sub(began.0) as f64 / every_ns.max(1) as f64;
    let at = count.saturating_sub(1) as f64 - back;
    (at >= 0.0 && back >= 0.0).then_some(at)
}

/// How far back a rule can be tried at once: not over more evaluations than one question may ask for.
pub fn reach(rule: &Rule, width_ns: i64) -> i64 {
    // The ends may take one more each.
    let most = rule.every_ns.saturating_mul(STEPS_MAX as i64 - 2);
    if rule.signal.is_summed() { width_ns.min(most) } else { width_ns }
}

/// From when to when anything fired: where groups fired at the same time, that is one.
pub fn stretches(firings: &[PreviewFiring], until: Nanos) -> Vec<(Nanos, Nanos)> {
    let mut all: Vec<(Nanos, Nanos)> =
        firings.iter().map(|one| (one.from, one.to.unwrap_or(until))).collect();
    all.sort_unstable();
    let mut merged: Vec<(Nanos, Nanos)> = Vec::with_capacity(all.len());
    for (from, to) in all {
        match merged.last_mut().filter(|last| from <= last.1) {
            Some(last) => last.1 = last.1.max(to),
            None => merged.push((from, to)),
        }
    }
    merged
}

/// Which labels over a picture have room: each needs so much from where it begins.
pub fn with_room(places: &[f64], wide: f64) -> Vec<bool> {
    let mut free = f64::MIN;
    let fits = |place: &f64| {
        let fits = *place >= free;
        if fits {
            free = *place + wide;
        }
        fits
    };
    places.iter().map(fits).collect()
}

/// How a rule would have behaved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Behaviour {
    pub count: usize,
    pub total_ns: i64,
    pub median_ns: i64,
    /// Firings that were soon over.
    pub short: usize,
}

/// `until` is the end of those that go on.
pub fn behaviour(firings: &[PreviewFiring], until: i64) -> Behaviour {
    let mut lengths: Vec<i64> = firings
        .iter()
        .map(|firing| firing.to.map_or(until, |to| to.0).saturating_sub(firing.from.0).max(0))
        .collect();
    lengths.sort_unstable();
    Behaviour {
        count: lengths.len(),
        total_ns: lengths.iter().sum(),
        median_ns: lengths.get(lengths.len() / 2).copied().unwrap_or_default(),
        short: lengths.iter().filter(|length| **length < SHORT_NS).count(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_have_the_unit_of_their_rule() {
        let told = [(0.081, "ratio"), (2.31e9, "ns"), (412.0, "1/s"), (1.4, ""), (-0.0001, ""), (37.0, "")];
        let told = told.map(|(number, unit)| value(number, unit));
        assert_eq!(told, ["8.10\u{a0}%", "2.31\u{a0}s", "412/s", "1.4", "0", "37"]);
    }

    #[test]
    fn what_was_chosen_has_no_idle_zeros() {
        let told = [(0.05, "ratio"), (1.5e9, "ns"), (3.0, "1/s"), (100.0, ""), (1.5e8, "ns"), (10.0, "1/s")];
        let told = told.map(|(number, unit)| chosen(number, unit));
        assert_eq!(told, ["5\u{a0}%", "1.5\u{a0}s", "3/s", "100", "150\u{a0}ms", "10/s"]);
    }

    #[test]
    fn what_is_watched_is_named() {
        let rule = |signal| {
            let rule = json!({"name": "x", "signal": signal, "condition": {"op": ">", "threshold": 0.5}});
            Rule::read(&rule, "").unwrap()
        };
        let red = rule(json!({"kind": "red", "metric": "error_rate", "q": "service:payment"}));
        assert_eq!(watched(&red.signal), ("error_rate".into(), "service:payment".into()));
        assert_eq!(red.unit(), "ratio");
        assert_eq!(reach(&red, 60 * red.every_ns), 60 * red.every_ns);
        assert_eq!(reach(&red, i64::MAX), 19_998 * red.every_ns);
        let edge = rule(json!({"kind": "edge", "metric": "error_rate", "server": "bank"}));
        assert_eq!(watched(&edge.signal), ("error_rate".into(), "* → bank".into()));
    }

    #[test]
    fn the_past_is_summed_up() {
        let minute = 60_000_000_000;
        let firing = |from: i64, to: Option<i64>| PreviewFiring {
            labels: Default::default(),
            from: Nanos(from * minute),
            to: to.map(|to| Nanos(to * minute)),
            peak: None,
        };
        let told = behaviour(&[firing(0, Some(9)), firing(20, Some(22)), firing(50, None)], 63 * minute);
        let expected = Behaviour { count: 3, total_ns: 24 * minute, median_ns: 9 * minute, short: 1 };
        assert_eq!(told, expected);
        assert_eq!(behaviour(&[], 0), Behaviour::default());
        let together =
            stretches(&[firing(50, None), firing(0, Some(9)), firing(5, Some(20))], Nanos(63 * minute));
        let at = |from: i64, to: i64| (Nanos(from * minute), Nanos(to * minute));
        assert_eq!(together, [at(0, 20), at(50, 63)]);
    }

    #[test]
    fn texts_tell_what_was_found() {
        let row = json!({
            "rule_id": "r", "rule": "slow", "severity": "warning", "state": "firing", "annotations": {},
            "labels": {"service": "pay"}, "fingerprint": "f", "value": 2e9, "threshold": 1e9, "op": ">",
            "unit": "ns", "since": "0", "valid_from": "0", "valid_to": null, "acknowledged_by": null,
            "note": null, "silenced": false, "silence": null, "inhibited": false, "spark": [], "error": null,
            "links": {"alert": "", "service": null, "traces": null, "logs": null},
        });
        let row: StateRow = serde_json::from_value(row).unwrap();
        let told = filled("{{labels.service}} takes {{ value }}, {{ $labels.zone }}{{else}} {{", &row);
        assert_eq!(firing_by_service(std::slice::from_ref(&row)), BTreeMap::from([("pay".to_owned(), 1)]));
        assert_eq!(firing_by_service(&[StateRow { silenced: true, ..row.clone() }]), BTreeMap::new());
        assert_eq!(told, "pay takes 2.00\u{a0}s, {{else}} {{");
    }

    #[test]
    fn a_beginning_lies_among_the_values_or_before_them() {
        assert_eq!(began_at(Nanos(40), Nanos(100), 10, 20), Some(13.0));
        assert_eq!(began_at(Nanos(0), Nanos(1_000), 10, 20), None);
        assert_eq!(began_at(Nanos(120), Nanos(100), 10, 20), None);
    }

    #[test]
    fn labels_do_not_cover_each_other() {
        assert_eq!(with_room(&[0.0, 10.0, 45.0, 80.0, 90.0], 40.0), [true, false, true, false, true]);
    }
}
