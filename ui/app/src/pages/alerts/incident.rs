//! One alert: its value against the threshold, what is known of the cause, how it came so far, and whom it was
//! told.

use daymark_model::time::Nanos;
use daymark_view::alerts::history::HistoryRow;
use daymark_view::alerts::preview::PreviewNotification;
use daymark_view::alerts::state::{State, StateRow};
use daymark_viz::alert;
use leptos::prelude::*;
use serde_json::{Value, json};

use super::around::Causes;
use super::backtest::{self, Backtest};
use super::history::Changes;
use super::notification::Notification;
use super::{Alerts, change, mark_of, own, state_word};
use crate::load::{load, load_when};
use crate::net::{Question, part};
use crate::parts::mark::{self, Mark};
use crate::parts::menu::Menu;
use crate::parts::states::Nothing;
use crate::shell::Shell;
use crate::window;
use crate::words::{Word, say, t};

/// How long a silence lasts that is chosen in one click.
const HOURS: [(i64, Word); 3] =
    [(1, Word::AlertsSilenceHour), (4, Word::AlertsSilenceFour), (24, Word::AlertsSilenceDay)];

#[component]
pub(super) fn Incident(alerts: Alerts, fingerprint: String) -> impl IntoView {
    let row = alerts.row(fingerprint.clone());
    let known_by = fingerprint.clone();
    // What is over is known by its last change.
    let changes = load_when::<Vec<HistoryRow>>(alerts.again(), move || {
        let question = Question::get("alerts/history").with("fingerprint", &known_by);
        Some(question.with("from", "-90d").with("limit", 1))
    });
    let last = Memo::new(move |_| changes.map(|rows| rows.first().cloned()));
    let rule = Memo::new(move |_| {
        let known = row.with(|row| row.as_ref().map(|row| row.rule_id.clone()));
        alerts.rule(&known.or_else(|| last.with(|last| last.as_ref().map(|last| last.rule_id.clone())))?)
    });
    let of_group = Memo::new(move |_| {
        let known = row.with(|row| row.as_ref().map(|row| row.labels.clone()));
        known.or_else(|| last.with(|last| last.as_ref().map(|last| last.labels.clone())))
    });
    let is_open = Memo::new(move |_| row.with(Option::is_some));
    let asked = fingerprint.clone();
    let told = load::<PreviewNotification>(move || {
        let question = Question::get(format!("alerts/states/{}/notification", part(&asked)));
        is_open.get().then_some(question)
    });
    let told = Memo::new(move |_| told.answer().map(|answer| answer.data.clone()));
    let since = Memo::new(move |_| row.with(|row| row.as_ref().map(|row| row.since)));
    let service = Memo::new(move |_| of_group.with(|labels| labels.as_ref()?.get("service").cloned()));
    // Young ones are seen from near.
    let is_young = since.with_untracked(|since| {
        since.is_some_and(|since| window::now().0.saturating_sub(since.0) < 45 * Nanos::MINUTE)
    });
    let preview = backtest::asked(move || rule.get(), if is_young { "1h" } else { "1d" });
    let print = StoredValue::new(fingerprint);
    let head = move || match is_open.get() {
        true => view! { <Head row=row print=print.get_value() /> }.into_any(),
        false => match last.get() {
            Some(last) => view! { <Ended last=last /> }.into_any(),
            None if changes.has_answer() && alerts.states.has_answer() => {
                view! { <Nothing text=t(Word::AlertsNoSuchAlert) /> }.into_any()
            }
            None => ().into_any(),
        },
    };
    view! {
        {head}
        <Causes told=told since=since service=service />
        <Backtest asked=preview group=of_group />
        <div class="alerts-below">
            <section>
                <div class="section-head"><h2>{t(Word::AlertsChanges)}</h2></div>
                <Changes alerts=alerts of="fingerprint" id=print.get_value() />
            </section>
            <Notification told=told severity=Signal::derive(move || row.with(|row| row.as_ref().map(|row| row.severity))) />
        </div>
    }
}

#[component]
fn Head(row: Memo<Option<StateRow>>, print: String) -> impl IntoView {
    let shell = Shell::here();
    let acknowledge = move || {
        let question = Question::post(format!("alerts/states/{}/ack", part(&print)), &json!({"note": ""}));
        change(shell, question, Word::AlertsAcknowledged, || ());
    };
    let by_key = acknowledge.clone();
    shell.keys.on("a", Word::AlertsAcknowledge, by_key);
    let silence = move |hours: i64| {
        let matchers = row.with_untracked(|row| row.as_ref().map(matchers)).unwrap_or_default();
        let ends_at = window::now().plus(hours * Nanos::HOUR).0.to_string();
        let body = json!({"matchers": matchers, "ends_at": ends_at, "comment": t(Word::AlertsQuickReason)});
        change(shell, Question::post("alerts/silences", &body), Word::AlertsSilenced, || ());
    };
    let other = move || {
        let matchers = row.with_untracked(|row| row.as_ref().map(matchers)).unwrap_or_default();
        let address = shell.address.now().to_page(["alerts"]).with("tab", "silences").with("silence", "new");
        shell.address.push(address.with("draft", &json!(matchers).to_string()));
    };
    shell.keys.on("s", Word::AlertsSilence, other);
    let edit = move || {
        let id = row.with(|row| row.as_ref().map(|row| row.rule_id.clone()).unwrap_or_default());
        shell.address.get().without("alert").with("tab", "rules").with("rule", &id).to_string()
    };
    let title = move || {
        row.get().map(|row| view! {
        <Mark state=mark_of(&row) title=state_word(row.state) />
        <h2 class="cut">{row.rule.clone()}</h2>
        <span class="faint">{state_word(row.state)}", "{say(Word::AlertsSince, &[("time", &shell.civil(row.since).date_hm())])}</span>
    })
    };
    let is_seen = move || row.with(|row| row.as_ref().is_some_and(|row| row.acknowledged_by.is_some()));
    view! {
        <div class="alert-head">
            {title}
            <span class="actions">
                <button type="button" class="button" disabled=is_seen on:click=move |_| acknowledge()>{t(Word::AlertsAcknowledge)}</button>
                <Menu label=Signal::stored(t(Word::AlertsSilence).to_owned()) title=t(Word::AlertsSilence)>
                    {HOURS.map(|(hours, word)| view! { <button type="button" role="menuitem" on:click=move |_| silence(hours)>{t(word)}</button> }).collect_view()}
                    <button type="button" role="menuitem" on:click=move |_| other()>{t(Word::AlertsSilenceOther)}</button>
                </Menu>
                <a class="button" href=edit>{t(Word::AlertsEditRule)}</a>
            </span>
        </div>
        {move || row.get().map(|row| facts(shell, &row))}
    }
}

/// Labels that fit this alert and others of its group alone.
fn matchers(row: &StateRow) -> Vec<Value> {
    let kept = row.labels.iter().filter(|(key, _)| *key != "severity");
    kept.map(|(label, value)| json!({"label": label, "op": "=", "value": value})).collect()
}

fn facts(shell: Shell, row: &StateRow) -> impl IntoView + use<> {
    let value = row.value.map_or_else(|| "–".into(), |value| alert::value(value, &row.unit));
    let bound = format!("{} {}", row.op.sign(), alert::chosen(row.threshold, &row.unit));
    // Addresses of the UI, without the slash: the page may stand below a prefix.
    let link = |to: &Option<String>, word| {
        let to = to.as_ref().and_then(|to| to.strip_prefix('/')).filter(|to| !to.starts_with('/'));
        to.map(str::to_owned).map(|to| view! { <a class="link" href=to>{t(word)}</a> })
    };
    let links = &row.links;
    let text = |key: &str| row.annotations.get(key).map(|text| alert::filled(text, row));
    let runbook = text("runbook").filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    let runbook = runbook.map(|url| view! { <a class="link" href=url target="_blank" rel="noreferrer noopener">{t(Word::AlertsRunbook)}</a> });
    let others: Vec<(String, String)> = row
        .annotations
        .keys()
        .filter(|key| !matches!(key.as_str(), "summary" | "runbook"))
        .filter_map(|key| Some((key.clone(), text(key)?)))
        .collect();
    let quiet = row.silence.as_ref().map(|silence| {
        let time = shell.civil(silence.until).date_hm();
        say(Word::AlertsSilencedUntil, &[("time", &time), ("who", &silence.by)])
    });
    let quiet = quiet.or_else(|| row.inhibited.then(|| t(Word::AlertsInhibited).to_owned()));
    let seen = row.acknowledged_by.as_ref().map(|who| say(Word::AlertsAcknowledgedBy, &[("who", who)]));
    let chips = own(&row.labels).map(|(key, value)| view! { <span class="chip"><span class="faint">{key.clone()}</span><span class="cut">{value.clone()}</span></span> });
    view! {
        <div class="alert-facts">
            <span class="big alert-value" data-severity=row.severity.name()>{value}</span>
            <span class="faint">{bound}</span>
            {chips.collect_view()}
            <span class="actions">
                {link(&links.traces, Word::AlertsTraces)}
                {link(&links.logs, Word::AlertsLogs)}
                {link(&links.service, Word::AlertsService)}
                {runbook}
            </span>
        </div>
        {text("summary").map(|text| view! { <p class="alert-told">{text}</p> })}
        {others.into_iter().map(|(key, text)| view! { <p class="alert-told"><span class="faint">{key}</span>" "{text}</p> }).collect_view()}
        {row.error.clone().map(|text| view! { <p class="alert-told alerts-bad">{text}</p> })}
        {[seen, quiet].into_iter().flatten().map(|text| view! { <p class="alert-told quiet">{text}</p> }).collect_view()}
    }
}

/// One that is well again.
#[component]
fn Ended(last: HistoryRow) -> impl IntoView {
    let shell = Shell::here();
    let edit = {
        let id = last.rule_id.clone();
        move || shell.address.get().without("alert").with("tab", "rules").with("rule", &id).to_string()
    };
    let time = shell.civil(last.time).date_hm();
    let chips = own(&last.labels).map(|(key, value)| view! { <span class="chip"><span class="faint">{key.clone()}</span><span class="cut">{value.clone()}</span></span> });
    let mark = if last.to_state == State::Ok { mark::State::Ok } else { mark::State::Unknown };
    view! {
        <div class="alert-head">
            <Mark state=mark title=state_word(last.to_state) />
            <h2 class="cut">{last.rule.clone()}</h2>
            <span class="faint">{state_word(last.to_state)}", "{say(Word::AlertsSince, &[("time", &time)])}</span>
            <span class="actions"><a class="button" href=edit>{t(Word::AlertsEditRule)}</a></span>
        </div>
        <div class="alert-facts">{chips.collect_view()}</div>
    }
}
