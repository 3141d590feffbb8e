//! A rule while it is being written: what it begins with, numbers as people write them, at which field a fault
//! belongs.

use daymark_view::alerts::fields::Fault;
use daymark_view::alerts::signal::Signal;
use daymark_view::duration;
use serde_json::{Map, Value, json};

/// What the server adds to a rule.
const ADDED: [&str; 9] =
    ["id", "version", "origin", "file", "line", "created_at", "updated_at", "updated_by", "error"];

/// Rules to begin with, by name.
pub fn template(name: &str) -> Option<Value> {
    let (signal, condition, more) = match name {
        "errors" => (
            json!({"kind": "red", "metric": "error_rate", "q": "", "by": ["service"]}),
            json!({"op": ">", "threshold": 0.05}),
            json!({"min_count": 20, "severity": "critical", "annotations": {"summary": "{{value}} of the requests of {{labels.service}} fail (threshold {{threshold}})"}}),
        ),
        "slow" => (
            json!({"kind": "red", "metric": "p95", "q": "", "by": ["service"]}),
            json!({"op": ">", "threshold": 1_000_000_000}),
            json!({"min_count": 20, "annotations": {"summary": "{{labels.service}} takes {{value}} (threshold {{threshold}})"}}),
        ),
        "slower" => (
            json!({"kind": "red", "metric": "p95", "q": "", "by": ["service"]}),
            json!({"op": ">", "threshold": 2}),
            json!({"min_count": 20, "compare": {"offset": "-1d", "as": "ratio", "least": 200_000_000}, "annotations": {"summary": "{{labels.service}} takes {{value}} times as long as the day before"}}),
        ),
        "silent" => (
            json!({"kind": "red", "metric": "rate", "q": "", "by": ["service"]}),
            json!({"op": "<", "threshold": 0.1}),
            json!({"for": "5m", "no_data": {"after": "10m", "then": "alert"}, "severity": "critical", "annotations": {"summary": "{{labels.service}} gets no requests any more"}}),
        ),
        "calls" => (
            json!({"kind": "edge", "metric": "error_rate", "by": ["client", "server"]}),
            json!({"op": ">", "threshold": 0.1}),
            json!({"min_count": 20, "annotations": {"summary": "{{value}} of the calls from {{labels.client}} to {{labels.server}} fail"}}),
        ),
        "lines" => (
            json!({"kind": "logs", "metric": "count", "q": "level>=error", "by": ["service"]}),
            json!({"op": ">", "threshold": 100}),
            json!({"annotations": {"summary": "{{labels.service}} writes {{value}} lines of errors"}}),
        ),
        "budget" => (
            json!({"kind": "burn_rate", "slo": {"target": 0.999, "period": "30d"}, "q": "", "by": ["service"]}),
            json!({"op": ">=", "threshold": 1}),
            json!({"severity": "critical", "annotations": {"summary": "{{labels.service}} spends its budget too fast"}}),
        ),
        "sql" => (
            json!({"kind": "sql", "query": "SELECT service, count(*) AS value FROM logs WHERE severity = 'error' AND time >= :from AND time < :to GROUP BY service"}),
            json!({"op": ">", "threshold": 0}),
            json!({}),
        ),
        _ => return None,
    };
    let mut rule = json!({"name": "", "severity": "warning", "signal": signal, "condition": condition, "window": "5m", "for": "1m", "every": "1m"});
    if let (Value::Object(rule), Value::Object(more)) = (&mut rule, more) {
        rule.extend(more);
    }
    Some(rule)
}

/// Names of the templates in the order in which they are offered.
pub const TEMPLATES: [&str; 8] = ["errors", "slow", "slower", "silent", "calls", "lines", "budget", "sql"];

/// The rule of an address: a template by its name, a whole rule, or a signal with what suits it.
pub fn begun(draft: &str) -> Option<Value> {
    if let Some(rule) = template(draft) {
        return Some(rule);
    }
    let given = serde_json::from_str::<Value>(draft).ok().filter(Value::is_object)?;
    if given.get("signal").is_some() {
        return Some(bare(&given));
    }
    let (op, threshold) = usual(&given);
    let rule = json!({"name": "", "severity": "warning", "signal": given, "window": "5m", "for": "1m", "every": "1m", "condition": {"op": op, "threshold": threshold}});
    Some(rule)
}

/// Requests that a search finds: the share of them that fails, or how many fail where it finds no others.
pub fn of_requests(q: &str) -> Value {
    let metric = if q.contains("status:error") { "errors" } else { "error_rate" };
    of_service_metric(metric, q)
}

/// A metric of the requests that a search finds.
pub fn of_service_metric(metric: &str, q: &str) -> Value {
    json!({"kind": "red", "metric": metric, "q": q, "by": ["service"]})
}

/// Lines that a search finds.
pub fn of_lines(q: &str) -> Value {
    json!({"kind": "logs", "metric": "count", "q": q, "by": ["service"]})
}

/// What a value of a signal is compared with, to begin with.
pub fn usual(signal: &Value) -> (&'static str, Value) {
    match signal["kind"].as_str() {
        Some("burn_rate") => (">=", json!(1)),
        Some("sql" | "state") => (">", json!(0)),
        Some("logs") => (">", json!(100)),
        _ => match unit(signal) {
            "ratio" => (">", json!(0.05)),
            "ns" => (">", json!(1_000_000_000)),
            "1/s" => (">", json!(100)),
            _ => (">", json!(10)),
        },
    }
}

/// The unit of a signal, also of one in which something else is wrong.
pub fn unit(signal: &Value) -> &'static str {
    let plain = json!({"kind": signal["kind"], "metric": signal["metric"]});
    Signal::read(&plain, "").map_or("", |signal| signal.unit())
}

/// A rule without what the server adds.
pub fn bare(rule: &Value) -> Value {
    let Value::Object(map) = rule else { return json!({}) };
    let kept = map.iter().filter(|(key, value)| !ADDED.contains(&key.as_str()) && !value.is_null());
    Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>())
}

/// Where the value stands that a fault is about: what is missing stands below the object that lacks it.
pub fn place(fault: &Fault) -> String {
    let missing = fault.detail.strip_prefix('"').and_then(|rest| rest.strip_suffix("\" is not given"));
    missing.map_or_else(|| fault.pointer.clone(), |key| format!("{}/{key}", fault.pointer))
}

/// Whether what is wrong is the value at a pointer, or something in it.
pub fn is_at(fault: &Fault, pointer: &str) -> bool {
    let place = place(fault);
    place.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Labels as people write them: `team=pay, tier=1`. What is none stays as text, so that it is told to be none.
pub fn labels(text: &str) -> Value {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let pairs = parts
        .map(|part| part.split_once('=').map(|(key, value)| (key.trim().to_owned(), json!(value.trim()))));
    match pairs.collect::<Option<Map<_, _>>>() {
        Some(map) if map.is_empty() => Value::Null,
        Some(map) => Value::Object(map),
        None => json!(text),
    }
}

/// How `labels` are written.
pub fn labelled(labels: &Value) -> String {
    let Value::Object(map) = labels else { return String::new() };
    let pair = |(key, value): (&String, &Value)| format!("{key}={}", value.as_str().unwrap_or_default());
    map.iter().map(pair).collect::<Vec<_>>().join(", ")
}

/// A number as people write it: `0.05`, `5%`, `1.5s`.
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Some(digits) = text.strip_suffix('%') {
        return digits.trim().parse::<f64>().ok().map(|percent| round(percent / 100.0));
    }
    let plain = text.parse::<f64>().ok().filter(|number| number.is_finite());
    plain.or_else(|| duration::parse(&text.replace(' ', "")).ok().map(|ns| ns as f64))
}

/// What dividing by a hundred adds at the end is not what was written.
fn round(number: f64) -> f64 {
    format!("{number:.12}").parse().unwrap_or(number)
}

/// A number as [`number`] reads it, in the unit of its rule.
pub fn written(number: f64, unit: &str) -> String {
    const UNITS: [(&str, f64); 4] = [("h", 3.6e12), ("s", 1e9), ("ms", 1e6), ("us", 1e3)];
    match unit {
        "ratio" => format!("{}%", short(number * 100.0)),
        "ns" if number > 0.0 => {
            let fits = |(_, scale): &&(&str, f64)| number >= *scale && is_short(number / scale);
            match UNITS.iter().find(fits) {
                Some((name, scale)) => format!("{}{name}", short(number / scale)),
                None => format!("{}ns", short(number)),
            }
        }
        _ => short(number),
    }
}

fn is_short(number: f64) -> bool {
    (number * 1_000.0).fract() == 0.0
}

fn short(number: f64) -> String {
    let text = format!("{number:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use daymark_view::alerts::rule::Rule;

    use super::*;

    #[test]
    fn labels_are_written_as_pairs() {
        let rule = |text: &str| json!({"name": "x", "signal": template("errors").unwrap()["signal"], "condition": {"op": ">", "threshold": 1}, "labels": labels(text)});
        for (text, labels, again) in [
            ("team=pay, tier = 1", json!({"team": "pay", "tier": "1"}), "team=pay, tier=1"),
            ("url=https://a/?b=c,", json!({"url": "https://a/?b=c"}), "url=https://a/?b=c"),
            (" ", Value::Null, ""),
        ] {
            assert_eq!(super::labels(text), labels);
            assert_eq!(labelled(&labels), again);
        }
        let faults = Rule::read(&rule("team"), "").unwrap_err();
        assert!(faults.iter().any(|fault| is_at(fault, "/labels")), "{faults:?}");
    }

    #[test]
    fn every_template_is_a_rule_but_for_its_name() {
        for name in TEMPLATES {
            let mut rule = begun(name).unwrap();
            let faults = Rule::read(&rule, "").unwrap_err();
            assert!(faults.iter().all(|fault| place(fault) == "/name"), "{name}: {faults:?}");
            rule["name"] = json!(name);
            assert_eq!(Rule::read(&rule, "").err(), None, "{name}");
        }
    }

    #[test]
    fn a_signal_begins_a_rule() {
        let rule = begun(r#"{"kind": "red", "metric": "p99", "q": "service:pay"}"#).unwrap();
        assert_eq!(rule["condition"], json!({"op": ">", "threshold": 1_000_000_000}));
        assert_eq!(begun(&json!({"signal": {}, "id": "x", "name": "a"}).to_string()).unwrap()["name"], "a");
        assert_eq!((begun("[]"), begun("nonsense")), (None, None));
    }

    #[test]
    fn whatever_is_looked_at_begins_a_rule() {
        let signals = [
            of_requests("service:pay dur>1s"),
            of_requests("service:pay status:error"),
            of_service_metric("p95", "service=pay"),
            of_lines("level>=warn \"out of memory\""),
        ];
        for signal in signals {
            let mut rule = begun(&signal.to_string()).unwrap();
            rule["name"] = json!("a");
            assert_eq!(Rule::read(&rule, "").err(), None, "{signal}");
        }
        assert_eq!(of_requests("status:error")["metric"], "errors");
    }

    #[test]
    fn faults_stand_at_their_field() {
        let rule = json!({"signal": {"kind": "red", "q": "dur>banana"}, "condition": {"op": ">"}});
        let faults = Rule::read(&rule, "").unwrap_err();
        for pointer in ["/name", "/signal/metric", "/signal/q", "/condition/threshold"] {
            assert!(faults.iter().any(|fault| is_at(fault, pointer)), "{pointer}: {faults:?}");
        }
        assert!(!faults.iter().any(|fault| is_at(fault, "/sign")));
    }

    #[test]
    fn numbers_are_written_as_people_write_them() {
        for (text, value, unit, again) in [
            ("5%", 0.05, "ratio", "5%"),
            ("0.05", 0.05, "ratio", "5%"),
            ("7.1 %", 0.071, "ratio", "7.1%"),
            ("1.5s", 1.5e9, "ns", "1.5s"),
            ("150ms", 1.5e8, "ns", "150ms"),
            ("250 us", 2.5e5, "ns", "250us"),
            ("17", 17.0, "ns", "17ns"),
            ("3", 3.0, "", "3"),
            ("-0.5", -0.5, "", "-0.5"),
        ] {
            assert_eq!(number(text), Some(value), "{text}");
            assert_eq!(written(value, unit), again, "{text}");
        }
        assert_eq!((number("banana"), number(""), number("NaN")), (None, None, None));
    }
}
