//! Channels: whom notifications go to, a test for each, and a form for a new one. Secrets go in and are never
//! shown again.

use leptos::prelude::*;
use serde_json::{Value, json};

use super::{Alerts, change};
use crate::life;
use crate::net::{self, Question, part};
use crate::parts::dialog::Dialog;
use crate::parts::icon::Icon;
use crate::parts::states::{Loaded, Nothing};
use crate::shell::Shell;
use crate::window::value_of;
use crate::words::{Word, say, t};

const KINDS: [&str; 6] = ["webhook", "slack", "email", "pagerduty", "alertmanager", "stdout"];

#[component]
pub(super) fn Channels(alerts: Alerts) -> impl IntoView {
    let shell = Shell::here();
    let is_open = RwSignal::new(false);
    view! {
        <div class="scroll">
            <div class="section-head">
                <h2>{t(Word::AlertsChannels)}</h2>
                <button type="button" class="button" on:click=move |_| is_open.set(true)><Icon name="plus" />{t(Word::AlertsNewChannel)}</button>
            </div>
            <Loaded load=alerts.channels rows=4 show=move |answer| {
                if answer.data.is_empty() {
                    return view! { <Nothing text=t(Word::AlertsNoChannels) /> }.into_any();
                }
                view! {
                    <table class="alert-changes">
                        <thead><tr>
                            <th scope="col">{t(Word::AlertsName)}</th>
                            <th scope="col">{t(Word::AlertsKind)}</th>
                            <th scope="col">{t(Word::AlertsAddress)}</th>
                            <th scope="col"><span class="unseen">{t(Word::AlertsTest)}</span></th>
                        </tr></thead>
                        <tbody>{answer.data.iter().map(|channel| row(shell, channel)).collect_view()}</tbody>
                    </table>
                }.into_any()
            } />
            <Dialog is_open=is_open title=t(Word::AlertsNewChannel)><Form is_open=is_open /></Dialog>
        </div>
    }
}

fn row(shell: Shell, channel: &Value) -> impl IntoView + use<> {
    let text = |key: &str| channel[key].as_str().unwrap_or_default().to_owned();
    let to = channel["to"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    let address = if to.is_empty() { text("url") } else { to };
    let (id, removed) = (text("id"), text("id"));
    let test = move |_| {
        let question = Question::post(format!("alerts/channels/{}/test", part(&id)), &json!({}));
        life::finish(async move {
            let told = match net::ask::<Value>(&question, None).await {
                Ok(answer) => {
                    let data = answer.get("data").cloned().unwrap_or(answer);
                    let took = daymark_viz::figure::duration(
                        (data["took_ms"].as_f64().unwrap_or_default() * 1e6) as u64,
                    );
                    match data["ok"].as_bool() {
                        Some(true) => say(Word::AlertsTestOk, &[("time", &took.to_string())]),
                        _ => say(
                            Word::AlertsTestFailed,
                            &[("why", data["error"].as_str().unwrap_or_default())],
                        ),
                    }
                }
                Err(problem) => problem.detail.clone(),
            };
            shell.toasts.say(told);
        });
    };
    let remove = move |_| {
        change(
            shell,
            Question::delete(format!("alerts/channels/{}", part(&removed))),
            Word::AlertsDeleted,
            || (),
        );
    };
    view! {
        <tr>
            <td><b>{text("name")}</b></td>
            <td>{text("kind")}</td>
            <td class="mono cut">{address}</td>
            <td class="num">
                <button type="button" class="button" on:click=test>{t(Word::AlertsTest)}</button>" "
                <button type="button" class="button" data-kind="plain" data-icon aria-label=t(Word::AlertsDelete) title=t(Word::AlertsDelete) on:click=remove><Icon name="trash" size=14 /></button>
            </td>
        </tr>
    }
}

#[component]
fn Form(is_open: RwSignal<bool>) -> impl IntoView {
    let shell = Shell::here();
    let kind = RwSignal::new("webhook".to_owned());
    let wrong = RwSignal::new(None::<String>);
    let save = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let mut channel = json!({"kind": kind.get_untracked(), "name": value_of("#channel-name").trim()});
        let to = value_of("#channel-to");
        let to: Vec<&str> = to.split(',').map(str::trim).filter(|one| !one.is_empty()).collect();
        if !to.is_empty() {
            channel["to"] = json!(to);
        }
        for (key, id) in [("url", "#channel-url"), ("secret", "#channel-secret")] {
            let text = value_of(id);
            if !text.trim().is_empty() {
                channel[key] = json!(text.trim());
            }
        }
        let question = Question::post("alerts/channels", &channel);
        life::finish(async move {
            match net::send(&question, None).await {
                Ok(_) => {
                    shell.toasts.say(t(Word::AlertsSaved));
                    shell.ask_again();
                    is_open.try_set(false);
                }
                Err(problem) => drop(wrong.try_set(Some(problem.detail.clone()))),
            }
        });
    };
    let is = move |kinds: &'static [&'static str]| move || kind.with(|kind| kinds.contains(&kind.as_str()));
    view! {
        <form class="saving" on:submit=save>
            <label for="channel-name">{t(Word::AlertsName)}</label>
            <input id="channel-name" class="input" type="text" maxlength="200" autofocus />
            <label for="channel-kind">{t(Word::AlertsKind)}</label>
            <select id="channel-kind" class="input" on:change=move |event| kind.set(event_target_value(&event))>
                {KINDS.map(|kind| view! { <option value=kind>{kind}</option> }).collect_view()}
            </select>
            <Show when=is(&["webhook", "slack", "alertmanager"])>
                <label for="channel-url">{t(Word::AlertsAddress)}</label>
                <input id="channel-url" class="input mono" type="url" placeholder="https://…" />
            </Show>
            <Show when=is(&["email"])>
                <label for="channel-to">{t(Word::AlertsMailTo)}</label>
                <input id="channel-to" class="input mono" type="text" placeholder="ops@example.com" />
            </Show>
            <Show when=is(&["webhook", "pagerduty", "alertmanager"])>
                <label for="channel-secret">{t(Word::AlertsSecret)}</label>
                <input id="channel-secret" class="input mono" type="password" autocomplete="off" />
            </Show>
            {move || wrong.get().map(|text| view! { <p class="alerts-bad" role="alert">{text}</p> })}
            <button type="submit" class="button" data-kind="primary">{t(Word::AlertsSave)}</button>
        </form>
    }
}
