//! A channel to be made or changed. What is secret stays as it is unless something else is typed.

use daymark_view::alerts::channel::HIDDEN;
use leptos::prelude::*;
use serde_json::{Value, json};

use crate::life;
use crate::net::{self, Failed, Question, part};
use crate::shell::Shell;
use crate::window::value_of;
use crate::words::{Word, t};

const KINDS: [&str; 6] = ["webhook", "slack", "email", "pagerduty", "alertmanager", "stdout"];
const WITH_URL: [&str; 4] = ["webhook", "slack", "alertmanager", "pagerduty"];
const WITH_SECRET: [&str; 3] = ["webhook", "pagerduty", "alertmanager"];
const WITH_TEXT: [&str; 3] = ["slack", "email", "stdout"];

#[component]
pub(super) fn Form(is_open: RwSignal<bool>, known: Value) -> impl IntoView {
    let shell = Shell::here();
    let text = |key: &str| known[key].as_str().unwrap_or_default().to_owned();
    let first = if text("kind").is_empty() { "webhook".to_owned() } else { text("kind") };
    let kind = RwSignal::new(first);
    let wrong = RwSignal::new(None::<Failed>);
    let to: Vec<&str> = known["to"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let to = to.join(", ");
    let is_resolved_told = RwSignal::new(known["send_resolved"] != false);
    let target = known["id"].as_str().map(|id| (id.to_owned(), known["version"].clone()));
    let save = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let mut channel = json!({
            "kind": kind.get_untracked(), "name": value_of("#channel-name").trim(),
            "send_resolved": is_resolved_told.get_untracked(),
        });
        let to = value_of("#channel-to");
        let to: Vec<&str> = to.split(',').map(str::trim).filter(|one| !one.is_empty()).collect();
        if !to.is_empty() {
            channel["to"] = json!(to);
        }
        for (key, id) in
            [("url", "#channel-url"), ("secret", "#channel-secret"), ("template", "#channel-template")]
        {
            let text = value_of(id);
            if !text.trim().is_empty() {
                channel[key] = json!(text.trim());
            }
        }
        let question = match &target {
            Some((id, version)) => {
                channel["version"] = version.clone();
                Question::put(format!("alerts/channels/{}", part(id)), &channel)
            }
            None => Question::post("alerts/channels", &channel),
        };
        life::finish(async move {
            match net::send(&question, None).await {
                Ok(_) => {
                    shell.toasts.say(t(Word::AlertsSaved));
                    shell.ask_again();
                    is_open.try_set(false);
                }
                Err(problem) => drop(wrong.try_set(Some(problem))),
            }
        });
    };
    let is = move |kinds: &'static [&'static str]| move || kind.with(|kind| kinds.contains(&kind.as_str()));
    let fault = move |key: &'static str| {
        move || {
            let problem = wrong.get().filter(|problem| belongs(problem) == key)?;
            Some(
                view! { <p class="alert-fault" role="alert">{problem.detail.clone()}" "<span class="faint">{problem.hint.clone()}</span></p> },
            )
        }
    };
    let is_bad = move |key: &'static str| {
        move || {
            wrong.with(|problem| problem.as_ref().is_some_and(|problem| belongs(problem) == key)).to_string()
        }
    };
    // As it is shown: of an address only where it leads.
    let shown_url = if text("url").is_empty() { "https://…".to_owned() } else { text("url") };
    let shown_secret = if text("secret").is_empty() { "" } else { HIDDEN };
    let (name, template) = (text("name"), text("template"));
    view! {
        <form class="saving alert-channel-form" on:submit=save>
            <label for="channel-name">{t(Word::AlertsName)}</label>
            <input id="channel-name" class="input" type="text" maxlength="200" autofocus value=name aria-invalid=is_bad("name") />
            {fault("name")}
            <label for="channel-kind">{t(Word::AlertsKind)}</label>
            <select id="channel-kind" class="input" on:change=move |event| { wrong.set(None); kind.set(event_target_value(&event)); }>
                {KINDS.map(|name| view! { <option value=name selected=move || kind.with(|kind| kind == name)>{name}</option> }).collect_view()}
            </select>
            <Show when=is(&WITH_URL)>
                <label for="channel-url">{t(Word::AlertsAddress)}</label>
                <input id="channel-url" class="input mono" type="text" inputmode="url" spellcheck="false" autocomplete="off" placeholder=shown_url.clone() aria-invalid=is_bad("url") />
                {fault("url")}
            </Show>
            <Show when=is(&["email"])>
                <label for="channel-to">{t(Word::AlertsMailTo)}</label>
                <input id="channel-to" class="input mono" type="text" placeholder="ops@example.com" value=to.clone() aria-invalid=is_bad("to") />
                {fault("to")}
            </Show>
            <Show when=is(&WITH_SECRET)>
                <label for="channel-secret">{t(Word::AlertsSecret)}</label>
                <input id="channel-secret" class="input mono" type="password" autocomplete="new-password" placeholder=shown_secret aria-invalid=is_bad("secret") />
                {fault("secret")}
            </Show>
            <Show when=is(&WITH_TEXT)>
                <label for="channel-template">{t(Word::AlertsTemplate)}</label>
                <textarea id="channel-template" class="input mono alert-long" rows="3" spellcheck="false" placeholder="{{status}} {{rule}}: {{value}} {{url}}">{template.clone()}</textarea>
                {fault("template")}
            </Show>
            <label class="check"><input type="checkbox" prop:checked=is_resolved_told on:change=move |event| is_resolved_told.set(event_target_checked(&event)) />{t(Word::AlertsTellsOver)}</label>
            {fault("")}
            <button type="submit" class="button" data-kind="primary">{t(Word::AlertsSave)}</button>
        </form>
    }
}

/// The field that a refusal is about; empty where there is none.
fn belongs(problem: &Failed) -> &'static str {
    let pointer = problem.pointer.as_deref().unwrap_or_default();
    let known = ["name", "url", "to", "secret", "template"];
    let named =
        |key: &&str| pointer.strip_prefix('/').is_some_and(|rest| rest.split('/').next() == Some(*key));
    let missing = |key: &&str| problem.detail.starts_with(&format!("\"{key}\" is not given"));
    known.iter().find(|key| named(key) || missing(key)).copied().unwrap_or_default()
}
