//! Alerts in words and figures: values in the unit of their rule, what a rule watches, how often it would have
//! fired.

use daymark_view::alerts::preview::PreviewFiring;
use daymark_view::alerts::rule::Rule;
use daymark_view::alerts::signal::Signal;

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

/// The unit of what is compared with the threshold.
pub fn unit(rule: &Rule) -> &'static str {
    if rule.compare.is_some() { "" } else { rule.signal.unit() }
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
    use daymark_model::time::Nanos;
    use serde_json::json;

    use super::*;

    #[test]
    fn values_have_the_unit_of_their_rule() {
        let told = [(0.081, "ratio"), (2.31e9, "ns"), (412.0, "1/s"), (1.4, ""), (-0.0001, ""), (37.0, "")];
        let told = told.map(|(number, unit)| value(number, unit));
        assert_eq!(told, ["8.1\u{a0}%", "2.31\u{a0}s", "412/s", "1.4", "0", "37"]);
    }

    #[test]
    fn what_is_watched_is_named() {
        let rule = |signal| {
            let rule = json!({"name": "x", "signal": signal, "condition": {"op": ">", "threshold": 0.5}});
            Rule::read(&rule, "").unwrap()
        };
        let red = rule(json!({"kind": "red", "metric": "error_rate", "q": "service:payment"}));
        assert_eq!(watched(&red.signal), ("error_rate".into(), "service:payment".into()));
        assert_eq!(unit(&red), "ratio");
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
    }
}
