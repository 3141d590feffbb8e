//! All rules, and the one that is chosen with how it would have behaved.

use daymark_view::alerts::rule::Rule;
use daymark_view::alerts::state::StateRow;
use daymark_viz::alert;
use leptos::prelude::*;
use serde_json::{Value, json};

use super::Alerts;
use super::editor::Editor;
use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::parts::states::{Loaded, Nothing};
use crate::shell::Shell;
use crate::words::{Word, say, t};

#[component]
pub(super) fn Rules(alerts: Alerts) -> impl IntoView {
    let shell = Shell::here();
    let chosen = shell.address.param("rule");
    let draft = shell.address.param("draft");
    let rule = Memo::new(move |_| {
        let id = chosen.get()?;
        if id == "new" {
            return Some(drafted(draft.get().as_deref()));
        }
        alerts.rules.map(|rules| rules.iter().find(|rule| rule["id"] == id.as_str()).cloned())
    });
    view! {
        <div class="alerts-split">
            <div class="alerts-list">
                <div class="scroll">
                    <Loaded load=alerts.rules rows=6 show=move |answer| {
                        answer.data.iter().map(|rule| line(shell, alerts, rule)).collect_view()
                    } />
                </div>
            </div>
            <div class="alerts-detail scroll">
                {move || match rule.get() {
                    Some(rule) => view! { <Editor alerts=alerts rule=rule /> }.into_any(),
                    None => view! { <Nothing text=t(Word::AlertsChoose) /> }.into_any(),
                }}
            </div>
        </div>
    }
}

/// A rule to begin with, about what was looked at when the address brings its signal along.
fn drafted(signal: Option<&str>) -> Value {
    let signal = signal.and_then(|text| serde_json::from_str::<Value>(text).ok()).filter(Value::is_object);
    let signal =
        signal.unwrap_or_else(|| json!({"kind": "red", "metric": "error_rate", "q": "", "by": ["service"]}));
    let threshold = match signal["metric"].as_str() {
        Some("error_rate") => 0.05,
        Some(metric) if metric.contains("p9") || metric.contains("p5") || metric.contains("mean") => 1e9,
        _ => 0.0,
    };
    json!({
        "name": "", "severity": "warning", "signal": signal, "window": "5m", "for": "1m", "every": "1m",
        "min_count": if threshold > 0.0 { 20 } else { 0 },
        "condition": {"op": ">", "threshold": threshold},
    })
}

fn line(shell: Shell, alerts: Alerts, rule: &Value) -> impl IntoView + use<> {
    let id = rule["id"].as_str().unwrap_or_default().to_owned();
    let to = shell.address.get().with("rule", &id).without("draft").to_string();
    let own = id.clone();
    let is_chosen = move || (shell.address.get().get("rule") == Some(own.as_str())).then_some("true");
    let read = Rule::read(rule, "").ok();
    let about = read.as_ref().map_or_else(String::new, |rule| {
        let (what, about) = alert::watched(&rule.signal);
        let bound = alert::value(rule.condition.threshold, alert::unit(rule));
        let about = if about.is_empty() { String::new() } else { format!(" {about}") };
        format!("{what}{about} {} {bound}", rule.condition.op.sign())
    });
    let is_off = rule["enabled"] == false;
    let origin = match rule["origin"].as_str() {
        Some("default") => Some(t(Word::AlertsRuleDefault).to_owned()),
        Some("file") => {
            let file = rule["file"].as_str().unwrap_or_default();
            Some(say(Word::AlertsRuleFile, &[("file", file), ("line", &rule["line"].to_string())]))
        }
        _ => None,
    };
    let is_locked = rule["origin"] == "file";
    let state = move || {
        let is_own = |row: &&StateRow| row.rule_id == id;
        let worst = alerts
            .states
            .map(|rows| rows.iter().find(is_own).map(|row| super::mark_of(row.state, row.severity)));
        match is_off {
            true => State::Unknown,
            false => worst.unwrap_or(State::Ok),
        }
    };
    view! {
        <a class="alert-line" data-two="" href=to aria-current=is_chosen>
            {move || view! { <Mark state=state() /> }}
            <span class="grow cut"><b>{rule["name"].as_str().unwrap_or_default().to_owned()}</b><br /><span class="faint mono small">{about}</span></span>
            <span class="faint small">{if is_off { Some(t(Word::AlertsRuleOff).to_owned()) } else { origin }}</span>
            {is_locked.then(|| view! { <Icon name="lock" size=12 /> })}
        </a>
    }
}
