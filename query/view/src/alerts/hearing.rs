//! Who hears of an alert by the document of routes. The server decides so, and pages show what a draft would do
//! before it is saved.

use daymark_model::time::Nanos;

use super::Labels;
use super::matcher::Matcher;
use super::notify::Notify;
use super::rule::{Route, Rule};

/// Whose word decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The rule names its channels itself.
    Rule,
    /// The route at a place.
    Route(usize),
    Nobody,
}

/// Why nothing is told for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    Maintenance(usize),
    Inhibition(usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hearing {
    pub by: By,
    pub channels: Vec<String>,
    pub held: Option<Held>,
}

/// Whether an expression matches the whole of a text.
pub type IsMatch<'a> = &'a dyn Fn(&str, &str) -> bool;

/// Whether labels fit all of some matchers; none fit everything.
pub fn fit(matchers: &[Matcher], labels: &Labels, is_match: IsMatch<'_>) -> bool {
    matchers.iter().all(|matcher| matcher.fits(labels, is_match))
}

/// Who would hear of an alert; `firing` are the labels of the others that people hear of.
pub fn hearing(
    notify: &Notify,
    rule: &Rule,
    labels: &Labels,
    firing: &[&Labels],
    now: Nanos,
    is_match: IsMatch<'_>,
) -> Hearing {
    let (by, channels) = channels(notify, rule, labels, is_match);
    let window = maintenance(notify, labels, now, is_match).map(Held::Maintenance);
    let held = window.or_else(|| inhibition(notify, labels, firing, is_match).map(Held::Inhibition));
    Hearing { by, channels, held }
}

/// The channels that a rule names for labels, or else those of the first route that fits, as they are named: by
/// id or by name.
pub fn channels(notify: &Notify, rule: &Rule, labels: &Labels, is_match: IsMatch<'_>) -> (By, Vec<String>) {
    let fits = |route: &&Route| fit(&route.matchers, labels, is_match);
    let mut channels = rule.channels.clone();
    channels.extend(rule.routes.iter().filter(fits).flat_map(|route| route.channels.clone()));
    if !channels.is_empty() {
        return (By::Rule, channels);
    }
    match notify.routes.iter().enumerate().find(|(_, route)| fits(route)) {
        Some((at, route)) => (By::Route(at), route.channels.clone()),
        None => (By::Nobody, Vec::new()),
    }
}

/// The window of maintenance that labels lie in.
pub fn maintenance(notify: &Notify, labels: &Labels, at: Nanos, is_match: IsMatch<'_>) -> Option<usize> {
    let is_now = |from: Nanos, to: Nanos| from <= at && at < to;
    let mut windows = notify.maintenance.iter();
    windows.position(|one| is_now(one.from, one.to) && fit(&one.matchers, labels, is_match))
}

/// The inhibition by which others that fire hold labels back.
pub fn inhibition(
    notify: &Notify,
    labels: &Labels,
    firing: &[&Labels],
    is_match: IsMatch<'_>,
) -> Option<usize> {
    notify.inhibitions.iter().position(|one| {
        fit(&one.target, labels, is_match)
            // What fits both sides is not made silent by its like.
            && !fit(&one.source, labels, is_match)
            && firing.iter().any(|other| {
                fit(&one.source, other, is_match)
                    && one.equal.iter().all(|label| other.get(label) == labels.get(label))
            })
    })
}

/// The labels of an alert: those of its group, and those that its rule gives to all.
pub fn labels_of(rule: &Rule, group: &Labels) -> Labels {
    let mut labels = rule.labels.clone();
    labels.extend(group.clone());
    labels.insert("alertname".into(), rule.name.clone());
    labels.insert("severity".into(), rule.severity.name().into());
    labels
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Nanos = Nanos(1_774_933_512_000_000_000);

    fn labels(all: &[(&str, &str)]) -> Labels {
        all.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn notify() -> Notify {
        let document = json!({
            "routes": [
                {"matchers": [{"label": "severity", "op": "=", "value": "critical"}], "channels": ["pager"]},
                {"matchers": [{"label": "service", "op": "~", "value": "pay.*"}], "channels": ["pay"]},
                {"matchers": [{"label": "team", "op": "!=", "value": ""}], "channels": ["teams"]},
            ],
            "inhibitions": [{"source": [{"label": "alertname", "op": "=", "value": "absence"}],
                "target": [{"label": "alertname", "op": "=", "value": "error rate"}], "equal": ["service"]}],
            "maintenance": [{"name": "move", "matchers": [{"label": "service", "op": "=", "value": "db"}],
                "from": NOW.to_string(), "to": NOW.plus(Nanos::HOUR).to_string()}],
        });
        Notify::read(&document, NOW).unwrap()
    }

    fn rule(more: &serde_json::Value) -> Rule {
        let mut rule = json!({"name": "error rate", "condition": {"op": ">", "threshold": 1},
            "signal": {"kind": "red", "metric": "rate"}});
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Rule::read(&rule, "").unwrap()
    }

    /// The expressions of these tests all end in `.*`.
    fn begins(expression: &str, text: &str) -> bool {
        text.starts_with(expression.trim_end_matches(".*"))
    }

    fn heard(rule: &Rule, of: &[(&str, &str)], firing: &[&Labels]) -> Hearing {
        hearing(&notify(), rule, &labels(of), firing, NOW, &begins)
    }

    #[test]
    fn the_first_route_that_fits_decides() {
        let both = heard(&rule(&json!({})), &[("severity", "critical"), ("service", "payment")], &[]);
        assert_eq!((both.by, both.channels), (By::Route(0), vec!["pager".to_owned()]));
        let second = heard(&rule(&json!({})), &[("severity", "warning"), ("service", "payment")], &[]);
        assert_eq!(second.by, By::Route(1));
        let none = heard(&rule(&json!({})), &[("service", "cart")], &[]);
        assert_eq!((none.by, none.channels.len()), (By::Nobody, 0));
    }

    #[test]
    fn what_a_rule_names_comes_before_routes() {
        let own = rule(&json!({"channels": ["ops"], "routes": [
            {"matchers": [{"label": "service", "op": "=", "value": "cart"}], "channels": ["carts"]}]}));
        let cart = heard(&own, &[("service", "cart"), ("severity", "critical")], &[]);
        assert_eq!((cart.by, cart.channels), (By::Rule, vec!["ops".to_owned(), "carts".to_owned()]));
        assert_eq!(heard(&own, &[], &[]).channels, ["ops"]);
    }

    #[test]
    fn maintenance_and_others_hold_back() {
        let plain = rule(&json!({}));
        assert_eq!(heard(&plain, &[("service", "db")], &[]).held, Some(Held::Maintenance(0)));
        let absent = labels(&[("alertname", "absence"), ("service", "payment")]);
        let of = |service| [("alertname", "error rate"), ("service", service)];
        assert_eq!(heard(&plain, &of("payment"), &[&absent]).held, Some(Held::Inhibition(0)));
        assert_eq!(heard(&plain, &of("cart"), &[&absent]).held, None, "of another service");
        assert_eq!(heard(&plain, &of("payment"), &[]).held, None, "nothing fires");
        let itself = hearing(&notify(), &plain, &absent, &[&absent], NOW, &begins);
        assert_eq!(itself.held, None, "its like");
    }

    #[test]
    fn a_rule_labels_its_alerts() {
        let rule = rule(&json!({"severity": "critical", "labels": {"team": "pay"}}));
        let all = labels_of(&rule, &labels(&[("service", "cart")]));
        let expected =
            [("alertname", "error rate"), ("service", "cart"), ("severity", "critical"), ("team", "pay")];
        assert_eq!(all, labels(&expected));
    }
}
