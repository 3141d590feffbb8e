//! Texts with places to fill in, whoever wrote them.

use daymark_alerting::template::{Facts, fill, shown};
use daymark_view::alerts::Labels;

fn filled(template: &str, label: &str) -> String {
    let labels: Labels = [("service".to_owned(), label.to_owned())].into();
    let facts = Facts {
        labels: &labels,
        value: "6 %".into(),
        threshold: "5 %".into(),
        rule: "errors",
        severity: "critical",
        status: "firing",
        url: "/alerts",
    };
    fill(template, &facts)
}

#[test]
fn places_are_filled() {
    assert_eq!(filled("{{value}} of {{ labels.service }} > {{threshold}}", "web"), "6 % of web > 5 %");
    assert_eq!(filled("{{ $labels.service }}: {{ $value }}", "web"), "web: 6 %");
    assert_eq!(
        filled("{{labels.absent}}|{{severity}}|{{status}}|{{rule}}|{{url}}", ""),
        "|critical|firing|errors|/alerts"
    );
}

#[test]
fn hostile_texts_are_harmless() {
    // What nobody knows stays as it is; what is filled in is never read again.
    for text in
        ["{{7*7}}", "{{ range 1 999999999 }}x{{ end }}", "{% include '/etc/passwd' %}", "{{", "{{}", "}}{{"]
    {
        assert_eq!(filled(text, "x"), text);
    }
    assert_eq!(filled("{{labels.service}}", "{{labels.service}}{{value}}"), "{{labels.service}}{{value}}");
    let long = filled(&"{{labels.service}}".repeat(10_000), &"ü".repeat(1_000));
    assert!(long.len() < 64 << 10, "{} bytes", long.len());
    assert!(filled(&"{{".repeat(100_000), "").len() < 64 << 10);
}

#[test]
fn values_have_their_units() {
    assert_eq!(shown(Some(0.0812), "ratio"), "8.12 %");
    assert_eq!(shown(Some(1_500_000_000.0), "ns"), "1.5s");
    assert_eq!(shown(Some(3.0), "1/s"), "3 1/s");
    assert_eq!(shown(None, "ns"), "no data");
}
