//! Texts with places to fill in: `{{value}}`, `{{labels.service}}`, or as Prometheus writes them,
//! `{{ $value }}`, `{{ $labels.service }}`. Nothing else is understood, nothing is run, and what is filled in
//! is never read again.

use daymark_view::alerts::Labels;

/// A filled text is no longer than this.
const LONGEST: usize = 16 << 10;

/// What can be filled in.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    pub labels: &'a Labels,
    pub value: String,
    pub threshold: String,
    pub rule: &'a str,
    pub severity: &'a str,
    pub status: &'a str,
    pub url: &'a str,
}

/// Fills a text; places that nobody knows stay as they are.
pub fn fill(template: &str, facts: &Facts<'_>) -> String {
    let mut filled = String::new();
    let mut rest = template;
    // Without an end further on there is nothing more to fill in.
    while let Some((before, after)) = rest.split_once("{{")
        && let Some((name, behind)) = after.split_once("}}")
    {
        filled.push_str(before);
        match find(name.trim(), facts) {
            Some(text) => filled.push_str(&text),
            None => {
                filled.push_str("{{");
                filled.push_str(name);
                filled.push_str("}}");
            }
        }
        rest = behind;
        if filled.len() > LONGEST {
            break;
        }
    }
    filled.push_str(rest);
    cut(filled)
}

fn find(name: &str, facts: &Facts<'_>) -> Option<String> {
    let name = name.strip_prefix('$').unwrap_or(name);
    let name = name.strip_suffix("| humanize").map_or(name, str::trim_end);
    if let Some(label) = name.strip_prefix("labels.") {
        return Some(facts.labels.get(label).cloned().unwrap_or_default());
    }
    Some(match name {
        "value" => facts.value.clone(),
        "threshold" => facts.threshold.clone(),
        "rule" | "alertname" => facts.rule.to_owned(),
        "severity" => facts.severity.to_owned(),
        "status" => facts.status.to_owned(),
        "url" => facts.url.to_owned(),
        _ => return None,
    })
}

fn cut(text: String) -> String {
    if text.len() <= LONGEST {
        return text;
    }
    let mut end = LONGEST;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", text.split_at(end).0)
}

/// A value with its unit, for people.
pub fn shown(value: Option<f64>, unit: &str) -> String {
    let Some(value) = value else { return "no data".to_owned() };
    match unit {
        "ratio" => format!("{:.2} %", value * 100.0),
        "ns" => daymark_view::duration::brief(value as i64),
        "" => round(value),
        unit => format!("{} {unit}", round(value)),
    }
}

fn round(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
