//! What is to be silenced, for how long and why, and what that would cover now.

use std::time::Duration;

use daymark_model::time::Nanos;
use daymark_view::alerts::fields::Fault;
use daymark_view::alerts::silence::Silence;
use daymark_view::alerts::state::StateRow;
use daymark_view::stored::Stored;
use daymark_viz::rule_draft::is_at;
use leptos::prelude::*;
use serde_json::{Value, json};

use super::matchers::{Asked, LabelNames, Matchers};
use super::{Alerts, group_of, mark_of, state_word};
use crate::life::{self, Later};
use crate::load::load;
use crate::net::{self, Question, part};
use crate::parts::icon::Icon;
use crate::parts::mark::Mark;
use crate::parts::states::Loaded;
use crate::shell::Shell;
use crate::window;
use crate::words::{Word, say, t};

const ENDS: [(&str, i64, Word); 4] = [
    ("1h", Nanos::HOUR, Word::AlertsSilenceHour),
    ("4h", 4 * Nanos::HOUR, Word::AlertsSilenceFour),
    ("1d", Nanos::DAY, Word::AlertsSilenceDay),
    ("7d", 7 * Nanos::DAY, Word::AlertsSilenceWeek),
];
/// While somebody types nothing is asked.
const REST: Duration = Duration::from_millis(400);

#[component]
pub(super) fn Form(alerts: Alerts, known: Option<Stored<Silence>>) -> impl IntoView {
    let shell = Shell::here();
    let drafted =
        shell.address.now().get("draft").and_then(|text| serde_json::from_str::<Vec<Value>>(text).ok());
    let matchers: Vec<Value> = match &known {
        Some(known) => known.body.matchers.iter().filter_map(|one| serde_json::to_value(one).ok()).collect(),
        None => drafted.filter(|all| !all.is_empty()).unwrap_or_else(|| vec![json!({"label": "service"})]),
    };
    let asked = Asked::of(&matchers);
    let reason = RwSignal::new(known.as_ref().map_or_else(String::new, |known| known.body.comment.clone()));
    // How long from now on, or until when.
    let lasts = RwSignal::new(if known.is_some() { "" } else { "1h" });
    let until = RwSignal::new(
        known.as_ref().map_or_else(String::new, |known| shell.civil(known.body.ends_at).date_hm()),
    );
    let kept_end = known.as_ref().map(|known| known.body.ends_at);
    let starts = known.as_ref().map(|known| known.body.starts_at.0.to_string());
    let body = move |comment: String| {
        let length = ENDS.iter().find(|(name, ..)| *name == lasts.get()).map(|(_, ns, _)| *ns);
        let ends = length.map(|ns| window::now().plus(ns)).or(kept_end);
        json!({"matchers": asked.to_values(), "ends_at": ends.map(|at| at.0.to_string()), "comment": comment})
    };
    let tried = Memo::new(move |_| asked.to_values());
    let settled = RwSignal::new(tried.get_untracked());
    let later = Later::here();
    Effect::new(move |_| {
        let now = tried.get();
        later.after(REST, move || settled.set(now));
    });
    let covered = load::<Vec<StateRow>>(move || {
        let ends_at = window::now().plus(Nanos::HOUR).0.to_string();
        let body = json!({"matchers": settled.get(), "ends_at": ends_at, "comment": "-"});
        Silence::read(&body, window::now()).is_ok().then(|| Question::post("alerts/silences/preview", &body))
    });
    let (is_sent, refused) = (RwSignal::new(false), RwSignal::new(None::<Fault>));
    let faults = Memo::new(move |_| {
        if !is_sent.get() {
            return Vec::new();
        }
        let read = Silence::read(&body(reason.get()), window::now());
        read.err().unwrap_or_else(|| refused.get().into_iter().collect())
    });
    let fault = move |pointers: &'static [&'static str]| {
        move || {
            let fault = faults.with(|faults| {
                faults.iter().find(|fault| pointers.iter().any(|at| is_at(fault, at))).cloned()
            });
            fault.map(|fault| view! { <p class="alert-fault">{fault.detail}" "<span class="faint">{fault.hint}</span></p> })
        }
    };
    let close = move || shell.address.push(shell.address.now().without("silence").without("draft"));
    let target = known.as_ref().map(|known| (known.id.clone(), known.version));
    let save = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        is_sent.set(true);
        refused.set(None);
        let mut body = untrack(|| body(reason.get()));
        if Silence::read(&body, window::now()).is_err() {
            return;
        }
        let question = match &target {
            Some((id, version)) => {
                body["version"] = json!(version);
                body["starts_at"] = json!(starts);
                Question::put(format!("alerts/silences/{}", part(id)), &body)
            }
            None => Question::post("alerts/silences", &body),
        };
        life::finish(async move {
            match net::send(&question, None).await {
                Ok(_) => {
                    shell.toasts.say(t(Word::AlertsSilenced));
                    shell.ask_again();
                    close();
                }
                Err(problem) => {
                    let pointer = problem.pointer.clone().unwrap_or_else(|| "/comment".into());
                    let fault = Fault { pointer, detail: problem.detail.clone(), hint: problem.hint.clone() };
                    drop(refused.try_set(Some(fault)));
                }
            }
        });
    };
    let length = move |(name, _, word): (&'static str, i64, Word)| {
        view! { <button type="button" aria-pressed=move || (lasts.get() == name).to_string() on:click=move |_| lasts.set(name)>{t(word)}</button> }
    };
    let title = if known.is_some() { Word::AlertsEditSilence } else { Word::AlertsNewSilence };
    view! {
        <form class="alert-silence" on:submit=save>
            <div>
                <h2>{t(title)}</h2>
                <LabelNames alerts=alerts />
                <Matchers alerts=alerts asked=asked />
                {fault(&["/matchers"])}
                <button type="button" class="button" data-kind="plain" on:click=move |_| asked.add()><Icon name="plus" size=14 />{t(Word::AlertsAddMatcher)}</button>
                <div class="alert-until">
                    <div class="segments" role="group" aria-label=t(Word::AlertsEnds)>{ENDS.map(length).collect_view()}</div>
                    <Show when=move || lasts.get().is_empty()><span class="faint">{move || say(Word::AlertsUntil, &[("time", &until.get())])}</span></Show>
                </div>
                {fault(&["/ends_at", "/starts_at"])}
                <label class="alert-field"><span class="alert-word">{t(Word::AlertsComment)}</span>
                    <input class="input" type="text" maxlength="1000" placeholder=t(Word::AlertsReasonHint) prop:value=reason on:input=move |event| reason.set(event_target_value(&event)) />
                </label>
                {fault(&["/comment"])}
                <div class="actions">
                    <button type="submit" class="button" data-kind="primary">{t(Word::AlertsSilence)}</button>
                    <button type="button" class="button" on:click=move |_| close()>{t(Word::ShellClose)}</button>
                </div>
            </div>
            <section aria-live="polite">
                <Show when=move || covered.answer().is_none() && covered.problem().is_none()><p class="faint">{t(Word::AlertsNoPreview)}</p></Show>
                <Show when=move || covered.has_answer() || covered.problem().is_some()>
                    <Loaded load=covered rows=2 show=move |answer| covers(&answer.data) />
                </Show>
            </section>
        </form>
    }
}

/// States that a silence mutes.
fn covers(rows: &[StateRow]) -> impl IntoView + use<> {
    let row = |row: &StateRow| {
        view! {
            <li><Mark state=mark_of(row) title=state_word(row.state) /><span class="alert-what"><span>{row.rule.clone()}</span>" "<span class="faint">{group_of(&row.labels)}</span></span></li>
        }
    };
    view! {
        <h3>{say(Word::AlertsMutes, &[("count", &rows.len().to_string())])}</h3>
        <ul>{rows.iter().take(50).map(row).collect_view()}</ul>
    }
}
