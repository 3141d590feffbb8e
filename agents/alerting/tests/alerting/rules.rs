//! Files of rules: what is wrong is told with its place and with what was probably meant, and costs no other.

use daymark_alerting::files::{read_folder, read_rules};
use daymark_alerting::{defaults, fingerprint};
use daymark_model::time::Nanos;
use daymark_view::alerts::rule::{Origin, Rule};

/// What is said of a file, a line a complaint.
fn complaints(text: &str) -> Vec<String> {
    let found = read_rules("rules.yaml", text, Origin::File, Nanos(0));
    found.complaints.iter().map(ToString::to_string).collect()
}

/// A good rule with one more line.
fn with(line: &str) -> String {
    format!(
        "rules:\n  - name: errors\n    signal: {{kind: red, metric: error_rate}}\n    \
         condition: {{op: \">\", threshold: 0.05}}\n    {line}\n"
    )
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (line, expected) in [
        ("wndow: 5m", "rules.yaml:5:5: there is no key \"wndow\" here (did you mean \"window\"?)"),
        ("window: soon", "rules.yaml:5:5: \"soon\" is not a duration (units: ns us ms s m h d)"),
        ("severity: critcal", "rules.yaml:5:5: \"critcal\" is not known here (did you mean \"critical\"?)"),
        ("window: 15s", "rules.yaml:5:5: window, every and delay of figures over spans are multiples of 10s"),
        ("recover: 0.5", "rules.yaml:5:5: 0.5 is not on the good side of 0.05"),
        ("min_count: -1", "rules.yaml:5:5: -1 is not a whole number that is not negative"),
        ("labels: {severity: high}", "rules.yaml:5:14: \"severity\" is set by Daymark"),
        ("no_data: {then: alarm}", "\"alarm\" is not known here (one of alert, ok, keep)"),
        ("compare: {offset: 1h}", "\"1h\" is not an earlier moment in whole 10 seconds (such as -1h or -1d)"),
        ("every: 1s\n    window: 6d", "multiples of 10s"),
    ] {
        let told = complaints(&with(line));
        assert!(told.iter().any(|told| told.contains(expected)), "{line}: {told:#?}");
    }
}

#[test]
fn rules_that_could_never_work_are_refused() {
    let rule = |signal: &str, condition: &str| {
        complaints(&format!("rules:\n  - name: a\n    signal: {signal}\n    condition: {condition}\n"))
    };
    for (signal, condition, expected) in [
        (
            "{kind: red, metric: error_rate}",
            "{op: \">\", threshold: 5}",
            "nothing is ever > 5 (it is a share between 0 and 1: 5 % is 0.05)",
        ),
        ("{kind: red, metric: rate}", "{op: \"<\", threshold: 0}", "nothing is ever < 0"),
        ("{kind: red, metric: error_rte}", "{op: \">\", threshold: 0.5}", "did you mean \"error_rate\"?"),
        ("{kind: rad}", "{op: \">\", threshold: 1}", "did you mean \"red\"?"),
        ("{kind: red, metric: rate, q: \"service:(\"}", "{op: \">\", threshold: 1}", "of the search"),
        (
            "{kind: edge, metric: rate, by: [operator]}",
            "{op: \">\", threshold: 1}",
            "calls are not told apart by \"operator\"",
        ),
        ("{kind: state, table: \"logs; drop\"}", "{op: \">\", threshold: 1}", "is not the name of a table"),
        (
            "{kind: burn_rate, slo: {target: 99.9}}",
            "{op: \">=\", threshold: 1}",
            "99.9 is not a share of good requests",
        ),
        ("{kind: red, metric: rate}", "{op: \"=>\", threshold: 1}", "\"=>\" is not known here"),
        ("{kind: red, metric: rate}", "{op: \">\"}", "\"threshold\" is not given"),
    ] {
        let told = rule(signal, condition);
        assert!(told.iter().any(|told| told.contains(expected)), "{signal} {condition}: {told:#?}");
    }
    let costly = complaints(&with("every: 10s\n    window: 7d"));
    assert!(costly.iter().any(|told| told.contains("costs too much")), "{costly:#?}");
}

#[test]
fn broken_yaml_is_told_with_its_place() {
    for (text, expected) in [
        ("rules:\n  - name: a\n   signal: x\n", "rules.yaml:3:"),
        ("rules:\n  - name: a\n    name: b\n", "rules.yaml:3:5: \"name\" is there twice"),
        ("rules: &a [*a]\n", "anchors and tags are not read"),
        ("rules: !!python/object []\n", "anchors and tags are not read"),
        ("rules: 5\n", "\"rules\" is not a list"),
        ("- 1\n", "is not an object"),
        ("ruels: []\n", "did you mean \"rules\"?"),
        ("a: 1\n---\nb: 2\n", "there is a second document"),
    ] {
        let told = complaints(text);
        assert!(told.iter().any(|told| told.contains(expected)), "{text}: {told:#?}");
    }
    let deep = format!("rules: {}{}", "[".repeat(5_000), "]".repeat(5_000));
    assert!(!complaints(&deep).is_empty());
    assert!(complaints("").is_empty());
}

#[test]
fn a_wrong_rule_costs_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let good = with("for: 1m");
    std::fs::write(dir.path().join("a.yaml"), good.replace("errors", "good")).unwrap();
    std::fs::write(dir.path().join("b.yml"), format!("{good}  - name: bad\n")).unwrap();
    std::fs::write(dir.path().join("c.txt"), "not a rule").unwrap();
    let found = read_folder(dir.path(), Nanos(0)).unwrap();
    let names: Vec<&str> = found.rules.iter().map(|rule| rule.rule.name.as_str()).collect();
    assert_eq!(names, ["good", "errors"]);
    assert!(found.complaints.iter().all(|complaint| complaint.file == "b.yml"), "{:#?}", found.complaints);
    assert_eq!((found.rules[1].line, found.rules[1].origin), (Some(2), Origin::File));
}

#[test]
fn rules_are_written_as_they_are_read() {
    for rule in defaults::rules() {
        let written = rule.rule.to_value();
        assert_eq!(Rule::read(&written, "").unwrap(), rule.rule, "{written}");
    }
    assert_eq!(defaults::rules().len(), 5);
}

#[test]
fn fingerprints_stay() {
    let group = [("service".to_owned(), "web".to_owned())].into();
    assert_eq!(fingerprint::fingerprint("a", &group), fingerprint::fingerprint("a", &group));
    assert_ne!(fingerprint::fingerprint("a", &group), fingerprint::fingerprint("b", &group));
}
