//! What a notification says, in the words of whoever takes it.

use daymark_model::time::Nanos;
use daymark_view::alerts::Labels;
use daymark_view::alerts::kept::KeptDelivery;
use daymark_view::alerts::preview::PreviewNotification;
use daymark_view::alerts::rule::Severity;
use daymark_view::alerts::state::State;
use daymark_view::instant::{rfc3339, rfc3339_s};
use serde_json::{Value, json};

use crate::context::Context;
use crate::template::{Facts, fill, shown};

/// An alert as it is told.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) delivery: KeptDelivery,
    pub(crate) context: Context,
    /// Where it is shown.
    pub(crate) url: String,
}

impl Message {
    pub(crate) fn is_over(&self) -> bool {
        !self.delivery.state.is_told()
    }

    fn status(&self) -> &'static str {
        if self.is_over() { "resolved" } else { "firing" }
    }

    fn value(&self) -> String {
        shown(self.delivery.value, &self.delivery.unit)
    }

    fn threshold(&self) -> String {
        shown(Some(self.delivery.threshold), &self.delivery.unit)
    }

    fn filled(&self, template: &str) -> String {
        let facts = Facts {
            labels: &self.delivery.labels,
            value: self.value(),
            threshold: self.threshold(),
            rule: &self.delivery.rule,
            severity: self.delivery.severity.name(),
            status: self.status(),
            url: &self.url,
        };
        fill(template, &facts)
    }

    fn annotations(&self) -> Labels {
        let filled = |(key, text): (&String, &String)| (key.clone(), self.filled(text));
        self.delivery.annotations.iter().map(filled).collect()
    }

    /// One line: what is wrong with whom.
    pub(crate) fn title(&self) -> String {
        let what = match (self.is_over(), self.delivery.state) {
            (true, _) => "resolved",
            (false, State::NoData) => "no data",
            (false, _) => "firing",
        };
        let of =
            self.delivery.labels.iter().filter(|(key, _)| !["alertname", "severity"].contains(&key.as_str()));
        let of: Vec<String> = of.map(|(key, value)| format!("{key}={value}")).collect();
        let of = if of.is_empty() { String::new() } else { format!(" ({})", of.join(", ")) };
        one_line(&format!("[{what}] {}{of}", self.delivery.rule))
    }

    /// Some lines for people, or what a channel wants in their place.
    pub(crate) fn text(&self, template: Option<&str>) -> String {
        if let Some(template) = template {
            return self.filled(template);
        }
        let KeptDelivery { op, starts_at, .. } = &self.delivery;
        let mut lines = vec![self.title()];
        lines.extend(self.annotations().into_iter().map(|(key, text)| format!("{key}: {text}")));
        lines.push(format!(
            "value {} {} {}, since {}",
            self.value(),
            op.sign(),
            self.threshold(),
            rfc3339_s(*starts_at)
        ));
        lines.extend(self.context.lines());
        lines.push(self.url.clone());
        lines.join("\n")
    }

    /// The body of a webhook.
    pub(crate) fn json(&self) -> Value {
        let KeptDelivery { rule_id, rule, severity, labels, fingerprint, .. } = &self.delivery;
        let mut body = json!({
            "version": 1,
            "status": self.status(),
            "state": self.delivery.state,
            "rule": {"id": rule_id, "name": rule, "severity": severity, "op": self.delivery.op,
                "unit": self.delivery.unit},
            "labels": labels,
            "annotations": self.annotations(),
            "fingerprint": fingerprint,
            "value": self.delivery.value,
            "threshold": self.delivery.threshold,
            "starts_at": rfc3339(self.delivery.starts_at),
            "ends_at": self.delivery.ends_at.map(rfc3339),
            "url": self.url,
            "spark": self.delivery.spark,
        });
        if let (Value::Object(body), Value::Object(context)) = (&mut body, self.context.to_value()) {
            body.extend(context);
        }
        body
    }

    /// For pages, in the words of those who take it most.
    pub(crate) fn shown(&self) -> PreviewNotification {
        PreviewNotification { slack: self.slack(None), json: self.json() }
    }

    /// As Alertmanager takes it.
    pub(crate) fn alertmanager(&self) -> Value {
        let ends_at = self.delivery.ends_at.map(rfc3339);
        let mut alert = json!({
            "labels": self.delivery.labels,
            "annotations": self.annotations(),
            "startsAt": rfc3339(self.delivery.starts_at),
            "generatorURL": self.url,
        });
        if let (Value::Object(alert), Some(ends_at)) = (&mut alert, ends_at) {
            alert.insert("endsAt".into(), ends_at.into());
        }
        alert
    }

    /// As a part of a message for Slack and its like.
    pub(crate) fn slack(&self, template: Option<&str>) -> Value {
        let color = match (self.is_over(), self.delivery.severity) {
            (true, _) => "#2e7d32",
            (false, Severity::Critical) => "#c62828",
            (false, Severity::Warning) => "#f9a825",
            (false, Severity::Info) => "#1565c0",
        };
        json!({"color": color, "fallback": self.title(), "title": escaped(&self.title()),
            "title_link": self.url, "text": escaped(&self.text(template)),
            "ts": self.delivery.starts_at.0 / Nanos::SECOND})
    }

    /// As an event of PagerDuty.
    pub(crate) fn pagerduty(&self, key: &str) -> Value {
        let severity = match self.delivery.severity {
            Severity::Critical => "critical",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        let source = self.delivery.labels.get("service").map_or("daymark", String::as_str);
        json!({
            "routing_key": key,
            "event_action": if self.is_over() { "resolve" } else { "trigger" },
            "dedup_key": self.delivery.fingerprint,
            "client": "Daymark",
            "client_url": self.url,
            "payload": {"summary": cut(&self.title(), 1_000), "source": source, "severity": severity,
                "timestamp": rfc3339(self.delivery.starts_at), "custom_details": self.json()},
        })
    }
}

/// What Slack would read as a mention or a link.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
