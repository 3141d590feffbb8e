//! One alert: its value against the threshold, how it came so far, whom it was told, and where to look next.

use std::collections::BTreeMap;

use daymark_view::alerts::state::StateRow;
use daymark_viz::alert;
use leptos::prelude::*;
use serde_json::{Value, json};

use super::backtest::Backtest;
use super::history::Changes;
use super::{Alerts, change, mark_of, state_word};
use crate::net::{Question, part};
use crate::parts::mark::Mark;
use crate::parts::menu::Menu;
use crate::shell::Shell;
use crate::words::{Word, say, t};

#[component]
pub(super) fn Incident(alerts: Alerts, fingerprint: String) -> impl IntoView {
    let own = fingerprint.clone();
    // Not again for every new value: what is drawn below would begin anew.
    let row =
        Memo::new(move |_| alerts.states.map(|rows| rows.iter().find(|row| row.fingerprint == own).cloned()));
    let rule = Memo::new(move |_| {
        let id = row.with(|row| row.as_ref().map(|row| row.rule_id.clone()))?;
        alerts.rules.map(|rules| rules.iter().find(|rule| rule["id"] == id.as_str()).cloned())
    });
    let of_group = Memo::new(move |_| row.with(|row| row.as_ref().map(|row| row.labels.clone())));
    view! {
        {move || row.get().map(|row| head(&row))}
        <Backtest rule=rule group=of_group />
        <div class="section-head"><h2>{t(Word::AlertsChanges)}</h2></div>
        <Changes fingerprint=fingerprint />
    }
}

fn head(row: &StateRow) -> impl IntoView + use<> {
    let shell = Shell::here();
    let id = row.fingerprint.clone();
    let acknowledge = move || {
        let question = Question::post(format!("alerts/states/{}/ack", part(&id)), &json!({"note": ""}));
        change(shell, question, Word::AlertsAcknowledged, || ());
    };
    let by_key = acknowledge.clone();
    shell.keys.on("a", Word::AlertsAcknowledge, move || by_key());
    let labels: BTreeMap<String, String> = row.labels.clone().into_iter().collect();
    let silence = move |hours: i64| {
        let matchers: Vec<Value> = labels
            .iter()
            .filter(|(key, _)| *key != "severity")
            .map(|(label, value)| json!({"label": label, "op": "=", "value": value}))
            .collect();
        let ends_at = shell.now().plus(hours * 3_600_000_000_000).0.to_string();
        let body = json!({"matchers": matchers, "ends_at": ends_at, "comment": t(Word::NavAlerts)});
        change(shell, Question::post("alerts/silences", &body), Word::AlertsSilenced, || ());
    };
    let (hour, day) = (silence.clone(), silence);
    let value = row.value.map_or_else(|| "–".into(), |value| alert::value(value, &row.unit));
    let bound = format!("{} {}", row.op.sign(), alert::value(row.threshold, &row.unit));
    let since = say(Word::AlertsSince, &[("time", &shell.civil(row.since).date_hms_ms())]);
    let edit =
        shell.address.now().with("tab", "rules").with("rule", &row.rule_id).without("alert").to_string();
    let acknowledged =
        row.acknowledged_by.clone().map(|who| say(Word::AlertsAcknowledgedBy, &[("who", &who)]));
    let link = |to: &Option<String>, word| {
        to.clone()
            .map(|to| view! { <a class="link" href=to.trim_start_matches('/').to_owned()>{t(word)}</a> })
    };
    let links = &row.links;
    let runbook = row
        .annotations
        .get("runbook")
        .filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    let runbook = runbook.cloned().map(|url| view! { <a class="link" href=url target="_blank" rel="noreferrer noopener">{t(Word::AlertsRunbook)}</a> });
    let summary = row.annotations.get("summary").cloned();
    view! {
        <div class="alert-head">
            <Mark state=mark_of(row.state, row.severity) title=state_word(row.state) />
            <h2 class="cut">{row.rule.clone()}</h2>
            <span class="faint">{since}</span>
            <span class="actions">
                <button type="button" class="button" disabled=row.acknowledged_by.is_some() on:click=move |_| acknowledge()>{t(Word::AlertsAcknowledge)}</button>
                <Menu label=t(Word::AlertsSilence) title=t(Word::AlertsSilence)>
                    {let hour = hour.clone(); view! { <button type="button" role="menuitem" on:click=move |_| hour(1)>{t(Word::AlertsSilenceHour)}</button> }}
                    {let day = day.clone(); view! { <button type="button" role="menuitem" on:click=move |_| day(24)>{t(Word::AlertsSilenceDay)}</button> }}
                </Menu>
                <a class="button" href=edit>{t(Word::AlertsEditRule)}</a>
            </span>
        </div>
        <div class="alert-facts">
            <span><b class="alert-value" data-severity=row.severity.name()>{value}</b>" "<span class="faint">{bound}</span></span>
            {row.labels.iter().map(|(key, value)| view! { <span class="chip"><span class="faint">{key.clone()}</span>{value.clone()}</span> }).collect_view()}
            <span class="actions">
                {link(&links.traces, Word::AlertsTraces)}
                {link(&links.logs, Word::AlertsLogs)}
                {link(&links.service, Word::AlertsService)}
                {runbook}
            </span>
        </div>
        {summary.map(|text| view! { <p class="alert-told">{text}</p> })}
        {row.error.clone().map(|text| view! { <p class="alert-told alerts-bad">{text}</p> })}
        {acknowledged.map(|text| view! { <p class="alert-told faint">{text}</p> })}
    }
}
