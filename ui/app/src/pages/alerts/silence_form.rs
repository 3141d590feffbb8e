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

const OPS: [&str; 4] = ["=", "!=", "~", "!~"];
const ENDS: [(&str, i64, Word); 4] = [
    ("1h", Nanos::HOUR, Word::AlertsSilenceHour),
    ("4h", 4 * Nanos::HOUR, Word::AlertsSilenceFour),
    ("1d", Nanos::DAY, Word::AlertsSilenceDay),
    ("7d", 7 * Nanos::DAY, Word::AlertsSilenceWeek),
];
/// While somebody types nothing is asked.
const REST: Duration = Duration::from_millis(400);

#[derive(Clone, Copy, PartialEq, Eq)]
struct Row {
    id: usize,
    label: RwSignal<String>,
    op: RwSignal<String>,
    value: RwSignal<String>,
}

impl Row {
    fn of(id: usize, matcher: &Value) -> Self {
        let text = |key: &str, usual: &str| RwSignal::new(matcher[key].as_str().unwrap_or(usual).to_owned());
        Self { id, label: text("label", ""), op: text("op", "="), value: text("value", "") }
    }

    fn to_value(self) -> Value {
        json!({"label": self.label.get().trim(), "op": self.op.get(), "value": self.value.get()})
    }
}

#[component]
pub(super) fn Form(alerts: Alerts, known: Option<Stored<Silence>>) -> impl IntoView {
    let shell = Shell::here();
    let drafted =
        shell.address.now().get("draft").and_then(|text| serde_json::from_str::<Vec<Value>>(text).ok());
    let matchers: Vec<Value> = match &known {
        Some(known) => known.body.matchers.iter().filter_map(|one| serde_json::to_value(one).ok()).collect(),
        None => drafted.filter(|all| !all.is_empty()).unwrap_or_else(|| vec![json!({"label": "service"})]),
    };
    let rows =
        RwSignal::new(matchers.iter().enumerate().map(|(id, one)| Row::of(id, one)).collect::<Vec<_>>());
    let reason = RwSignal::new(known.as_ref().map_or_else(String::new, |known| known.body.comment.clone()));
    // How long from now on, or until when.
    let lasts = RwSignal::new(if known.is_some() { "" } else { "1h" });
    let until = RwSignal::new(
        known.as_ref().map_or_else(String::new, |known| shell.civil(known.body.ends_at).date_hm()),
    );
    let kept_end = known.as_ref().map(|known| known.body.ends_at);
    let starts = known.as_ref().map(|known| known.body.starts_at.0.to_string());
    let body = move |comment: String| {
        let matchers: Vec<Value> = rows.get().iter().map(|row| row.to_value()).collect();
        let length = ENDS.iter().find(|(name, ..)| *name == lasts.get()).map(|(_, ns, _)| *ns);
        let ends = length.map(|ns| window::now().plus(ns)).or(kept_end);
        json!({"matchers": matchers, "ends_at": ends.map(|at| at.0.to_string()), "comment": comment})
    };
    let tried = Memo::new(move |_| rows.get().iter().map(|row| row.to_value()).collect::<Vec<_>>());
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
    let add = move |_| {
        rows.update(|rows| {
            let id = rows.iter().map(|row| row.id + 1).max().unwrap_or_default();
            rows.push(Row::of(id, &Value::Null));
        })
    };
    let names = move || {
        let mut names: Vec<String> =
            alerts.states.map(|rows| rows.iter().flat_map(|row| row.labels.keys().cloned()).collect());
        names.extend(["alertname", "severity", "service"].map(str::to_owned));
        names.sort();
        names.dedup();
        names.into_iter().map(|name| view! { <option value=name></option> }).collect_view()
    };
    let length = move |(name, _, word): (&'static str, i64, Word)| {
        view! { <button type="button" aria-pressed=move || (lasts.get() == name).to_string() on:click=move |_| lasts.set(name)>{t(word)}</button> }
    };
    let title = if known.is_some() { Word::AlertsEditSilence } else { Word::AlertsNewSilence };
    view! {
        <form class="alert-silence" on:submit=save>
            <div>
                <h2>{t(title)}</h2>
                <datalist id="alert-labels">{names}</datalist>
                <For each=move || rows.get() key=|row| row.id let:row><Matcher alerts=alerts row=row rows=rows /></For>
                {fault(&["/matchers"])}
                <button type="button" class="button" data-kind="plain" on:click=add><Icon name="plus" size=14 />{t(Word::AlertsAddMatcher)}</button>
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

/// A label, how it is compared, and with what.
#[component]
fn Matcher(alerts: Alerts, row: Row, rows: RwSignal<Vec<Row>>) -> impl IntoView {
    let list = format!("alert-values-{}", row.id);
    let values = move || {
        let label = row.label.get();
        let mut values: Vec<String> = alerts.states.map(|rows| {
            let own = |row: &StateRow| row.labels.get(&label).cloned();
            rows.iter().filter_map(own).collect()
        });
        values.sort();
        values.dedup();
        values.into_iter().map(|value| view! { <option value=value></option> }).collect_view()
    };
    let choice =
        move |op: &'static str| view! { <option value=op selected=move || row.op.get() == op>{op}</option> };
    let remove = move |_| rows.update(|rows| rows.retain(|one| one.id != row.id));
    view! {
        <div class="alert-matcher">
            <input class="input mono" type="text" list="alert-labels" aria-label=t(Word::AlertsLabel) placeholder="service" spellcheck="false" autocomplete="off" prop:value=row.label on:input=move |event| row.label.set(event_target_value(&event)) />
            <select class="input" aria-label=t(Word::AlertsCompared) on:change=move |event| row.op.set(event_target_value(&event))>{OPS.map(choice).collect_view()}</select>
            <datalist id=list.clone()>{values}</datalist>
            <input class="input mono" type="text" list=list aria-label=t(Word::AlertsValue) placeholder="payment" spellcheck="false" autocomplete="off" prop:value=row.value on:input=move |event| row.value.set(event_target_value(&event)) />
            <button type="button" class="button" data-kind="plain" data-icon aria-label=t(Word::AlertsRemoveMatcher) title=t(Word::AlertsRemoveMatcher) on:click=remove><Icon name="close" size=14 /></button>
        </div>
    }
}
