//! A rule that is made or changed: as a sentence or as JSON, what is wrong with it, and how it would have
//! behaved.

use daymark_view::alerts::fields::Fault;
use daymark_view::alerts::rule::Rule;
use daymark_view::meta::Answer;
use daymark_viz::rule_draft::{self, bare};
use leptos::prelude::*;
use serde_json::Value;

use super::backtest::{self, Backtest};
use super::channels::test;
use super::field::Draft;
use super::history::Changes;
use super::notification::Notification;
use super::sentence::Sentence;
use super::{Alerts, change};
use crate::life;
use crate::net::{self, Question, part};
use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::shell::Shell;
use crate::words::{Word, say, t};

#[component]
pub(super) fn Editor(alerts: Alerts, rule: Value) -> impl IntoView {
    let shell = Shell::here();
    let draft = Draft::of(bare(&rule));
    let view = shell.address.param("as");
    let is_json = Memo::new(move |_| view.get().as_deref() == Some("json"));
    let is_locked = rule["origin"] == "file";
    let id = rule["id"].as_str().map(str::to_owned);
    // How it behaves does not depend on its name.
    let tried = move || {
        let mut rule = draft.rule.get();
        if rule["name"].as_str().is_none_or(|name| name.trim().is_empty()) {
            rule["name"] = t(Word::AlertsNewRule).into();
        }
        Some(rule)
    };
    let preview = backtest::asked(tried, "7d");
    let told =
        Memo::new(move |_| preview.preview.answer().and_then(|answer| answer.data.notification.clone()));
    let severity = move || draft.rule.with(|rule| Rule::read(rule, "").ok().map(|rule| rule.severity));
    let save = {
        let (id, version) = (id.clone().filter(|_| !is_locked), rule["version"].clone());
        move || {
            if draft.is_wrong() {
                return;
            }
            let mut body = draft.rule.get_untracked();
            let question = match &id {
                Some(id) => {
                    body["version"] = version.clone();
                    Question::put(format!("alerts/rules/{}", part(id)), &body)
                }
                None => Question::post("alerts/rules", &body),
            };
            keep(shell, draft, question);
        }
    };
    let by_key = save.clone();
    shell.keys.on("Mod+s", Word::AlertsSave, by_key);
    let try_channels = move || {
        let channels =
            draft.rule.with_untracked(|rule| rule["channels"].as_array().cloned().unwrap_or_default());
        if channels.is_empty() {
            shell.toasts.say(t(Word::AlertsNoChannelChosen));
        }
        for name in channels.iter().filter_map(Value::as_str) {
            test(shell, name.to_owned(), name.to_owned());
        }
    };
    shell.keys.on("T", Word::AlertsTest, try_channels);
    let as_json = move |_| {
        shell.address.set("as", if is_json.get_untracked() { "" } else { "json" });
    };
    view! {
        <div class="alert-head">
            <Head rule=rule.clone() />
            <span class="actions">
            <button type="button" class="button" data-kind="plain" aria-pressed=move || is_json.get().to_string() on:click=as_json>
                {move || t(if is_json.get() { Word::AlertsAsForm } else { Word::AlertsAsJson })}
            </button>
            <button type="button" class="button" title=t(Word::AlertsTestTitle) on:click=move |_| try_channels()>{t(Word::AlertsTest)}</button>
            <Removal rule=rule.clone() />
            <button type="button" class="button" data-kind="primary" disabled=move || draft.is_wrong() on:click=move |_| save()>
                {t(if is_locked { Word::AlertsCopyRule } else { Word::AlertsSave })}
            </button>
            </span>
        </div>
        {is_locked.then(|| view! { <p class="alert-told quiet"><Icon name="lock" size=12 />" "{t(Word::AlertsOfFile)}</p> })}
        {move || match is_json.get() {
            true => view! { <Json draft=draft /> }.into_any(),
            false => view! { <Sentence draft=draft alerts=alerts /> }.into_any(),
        }}
        {move || { let is_json = is_json.get(); view! { <Faults draft=draft shows_all=is_json /> } }}
        <Backtest asked=preview />
        <div class="alerts-below">
            {id.map(|id| view! {
                <section>
                    <div class="section-head"><h2>{t(Word::AlertsChanges)}</h2></div>
                    <Changes alerts=alerts of="rule" id=id />
                </section>
            })}
            <Notification told=told severity=Signal::derive(severity) />
        </div>
    }
}

/// Name, version and where it comes from.
#[component]
fn Head(rule: Value) -> impl IntoView {
    let shell = Shell::here();
    let name =
        rule["name"].as_str().filter(|name| !name.is_empty()).unwrap_or(t(Word::AlertsNewRule)).to_owned();
    let version = rule["version"].as_u64().filter(|version| *version > 0);
    let changed = rule["updated_at"].as_str().and_then(|at| at.parse::<i64>().ok()).filter(|at| *at > 0);
    let about = match (rule["origin"].as_str(), version, changed) {
        (Some("default"), ..) => t(Word::AlertsRuleDefault).to_owned(),
        (Some("file"), ..) => {
            let (file, line) = (rule["file"].as_str().unwrap_or_default(), rule["line"].to_string());
            say(Word::AlertsRuleFile, &[("file", file), ("line", &line)])
        }
        (_, Some(version), Some(at)) => {
            let time = shell.civil(daymark_model::time::Nanos(at)).date_hm();
            say(Word::AlertsVersion, &[("version", &version.to_string()), ("time", &time)])
        }
        _ => String::new(),
    };
    let is_off = rule["enabled"] == false;
    view! {
        <h2 class="cut">{name}</h2>
        <span class="faint cut">{about}</span>
        {is_off.then(|| view! { <span class="badge">{t(Word::AlertsRuleOff)}</span> })}
    }
}

/// Takes a rule away; asks once, since nothing brings it back.
#[component]
fn Removal(rule: Value) -> impl IntoView {
    let shell = Shell::here();
    let is_sure = RwSignal::new(false);
    let id = rule["id"].as_str().filter(|_| rule["origin"] == "api").map(str::to_owned);
    let remove = move |id: &str| {
        let question = Question::delete(format!("alerts/rules/{}", part(id)));
        change(shell, question, Word::AlertsDeleted, move || {
            shell.address.push(shell.address.now().without("rule").without("draft"));
        });
    };
    id.map(|id| {
        let click = move |_| if is_sure.get_untracked() { remove(&id) } else { is_sure.set(true) };
        view! {
            <button type="button" class="button" data-kind="danger" on:click=click on:blur=move |_| is_sure.set(false)>
                {move || t(if is_sure.get() { Word::AlertsDeleteSure } else { Word::AlertsDelete })}
            </button>
        }
    })
}

/// Saves, and opens what was saved; what is refused is shown at its place.
fn keep(shell: Shell, draft: Draft, question: Question) {
    life::finish(async move {
        match net::ask::<Answer<Value>>(&question, None).await {
            Ok(answer) => {
                shell.toasts.say(t(Word::AlertsSaved));
                shell.ask_again();
                let id = answer.data["id"].as_str().unwrap_or_default().to_owned();
                shell.address.push(shell.address.now().without("draft").with("rule", &id));
            }
            Err(problem) => {
                let pointer = problem.pointer.clone().unwrap_or_default();
                let fault = Fault { pointer, detail: problem.detail.clone(), hint: problem.hint.clone() };
                drop(draft.refused.try_set(Some(fault)));
            }
        }
    });
}

/// What no field shows; beside JSON, everything.
#[component]
fn Faults(draft: Draft, shows_all: bool) -> impl IntoView {
    let fault = |fault: Fault| {
        let place = rule_draft::place(&fault);
        view! { <li><Mark state=State::Critical /><code>{place}</code>" "{fault.detail}" "<span class="faint">{fault.hint}</span></li> }
    };
    move || {
        let faults = if shows_all { draft.faults() } else { draft.others() };
        (!faults.is_empty()).then(|| view! { <div class="alert-faults" role="status"><ul>{faults.into_iter().map(fault).collect_view()}</ul></div> })
    }
}

/// All of it, for what the form does not have.
#[component]
fn Json(draft: Draft) -> impl IntoView {
    let text = draft.rule.with_untracked(|rule| serde_json::to_string_pretty(rule).unwrap_or_default());
    let wrong = RwSignal::new(None::<String>);
    let typed = move |event| match serde_json::from_str::<Value>(&event_target_value(&event)) {
        Ok(rule) => {
            wrong.set(None);
            draft.refused.set(None);
            draft.rule.set(bare(&rule));
        }
        Err(error) => wrong.set(Some(error.to_string())),
    };
    view! {
        <textarea class="input mono alert-json" aria-label=t(Word::AlertsAsJson) spellcheck="false" rows="18" on:input=typed aria-invalid=move || wrong.get().is_some().to_string()>{text}</textarea>
        {move || wrong.get().map(|text| view! { <p class="alert-told alerts-bad" role="status">{text}</p> })}
    }
}
