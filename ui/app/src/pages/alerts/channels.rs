//! Channels: whom notifications go to, with a test for each. Secrets go in and are never shown again.

use daymark_view::alerts::Tested;
use daymark_view::meta::Answer;
use daymark_viz::figure;
use leptos::prelude::*;
use serde_json::{Value, json};

use super::channel_form::Form;
use super::{Alerts, change};
use crate::life;
use crate::net::{self, Question, part};
use crate::parts::dialog::Dialog;
use crate::parts::icon::Icon;
use crate::parts::states::{Loaded, Nothing};
use crate::shell::Shell;
use crate::words::{Word, say, t};

#[component]
pub(super) fn Channels(alerts: Alerts) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let edited = RwSignal::new(Value::Null);
    let shell = Shell::here();
    let open = move |channel: Value| {
        edited.set(channel);
        is_open.set(true);
    };
    let all = move || {
        for channel in alerts.channels.map(Clone::clone) {
            let text = |key: &str| channel[key].as_str().unwrap_or_default().to_owned();
            test(shell, text("id"), text("name"));
        }
    };
    shell.keys.on("T", Word::AlertsTestAll, all);
    view! {
        <div class="scroll">
            <div class="section-head">
                <h2>{t(Word::AlertsChannels)}</h2>
                <button type="button" class="button" on:click=move |_| open(Value::Null)><Icon name="plus" />{t(Word::AlertsNewChannel)}</button>
            </div>
            <Loaded load=alerts.channels rows=4 show=move |answer| {
                if answer.data.is_empty() {
                    return view! { <Nothing text=t(Word::AlertsNoChannels) /> }.into_any();
                }
                view! {
                    <table class="alert-table alert-channels">
                        <thead><tr>
                            <th scope="col">{t(Word::AlertsName)}</th>
                            <th scope="col">{t(Word::AlertsKind)}</th>
                            <th scope="col">{t(Word::AlertsAddress)}</th>
                            <th scope="col">{t(Word::AlertsRules)}</th>
                            <th scope="col"><span class="unseen">{t(Word::AlertsTest)}</span></th>
                        </tr></thead>
                        <tbody>{answer.data.iter().map(|channel| row(alerts, channel, open)).collect_view()}</tbody>
                    </table>
                }.into_any()
            } />
            <Dialog is_open=is_open title=t(Word::AlertsChannel)><Form is_open=is_open known=edited.get_untracked() /></Dialog>
        </div>
    }
}

fn row(alerts: Alerts, channel: &Value, open: impl Fn(Value) + Copy + 'static) -> AnyView {
    let shell = Shell::here();
    let text = |key: &str| channel[key].as_str().unwrap_or_default().to_owned();
    let to: Vec<&str> = channel["to"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let address = if to.is_empty() { text("url") } else { to.join(", ") };
    let (id, name) = (text("id"), text("name"));
    let (of_id, of_name) = (id.clone(), name.clone());
    // How many rules tell it themselves.
    let users = move || {
        alerts.rules.map(|rules| {
            let named = |rule: &&Value| {
                let mut all = rule["channels"].as_array().into_iter().flatten();
                all.any(|one| *one == of_id.as_str() || *one == of_name.as_str())
            };
            rules.iter().filter(named).count()
        })
    };
    let (tested, tested_name) = (id.clone(), name.clone());
    let remove = move |_| {
        change(shell, Question::delete(format!("alerts/channels/{}", part(&id))), Word::AlertsDeleted, || ());
    };
    let edited = channel.clone();
    view! {
        <tr>
            <td class="strong">{name}</td>
            <td>{text("kind")}</td>
            <td class="mono alert-address">{address}</td>
            <td>{users}</td>
            <td class="num">
                <button type="button" class="button" on:click=move |_| test(shell, tested.clone(), tested_name.clone())>{t(Word::AlertsTest)}</button>" "
                <button type="button" class="button" data-kind="plain" on:click=move |_| open(edited.clone())>{t(Word::AlertsEdit)}</button>" "
                <button type="button" class="button" data-kind="plain" data-icon aria-label=t(Word::AlertsDelete) title=t(Word::AlertsDelete) on:click=remove><Icon name="trash" size=14 /></button>
            </td>
        </tr>
    }
    .into_any()
}

/// Sends a test to a channel, by its id or its name, and says how that went.
pub(super) fn test(shell: Shell, id: String, name: String) {
    let question = Question::post(format!("alerts/channels/{}/test", part(&id)), &json!({}));
    life::finish(async move {
        let told = match net::ask::<Answer<Tested>>(&question, None).await {
            Ok(Answer { data: Tested { ok: true, took_ms, .. }, .. }) => {
                let time = figure::duration((took_ms * 1e6) as u64).to_string();
                say(Word::AlertsTestOk, &[("name", &name), ("time", &time)])
            }
            Ok(Answer { data: Tested { status, error, .. }, .. }) => {
                let status = status.map(|status| format!("HTTP {status}"));
                let why = error.or(status).unwrap_or_default();
                say(Word::AlertsTestFailed, &[("name", &name), ("why", &why)])
            }
            Err(problem) => say(Word::AlertsTestFailed, &[("name", &name), ("why", &problem.detail)]),
        };
        shell.toasts.say(told);
    });
}

/// Channels by their names, each a button that is pressed or not.
#[component]
pub(super) fn Chosen(
    alerts: Alerts,
    chosen: Signal<Vec<String>>,
    set: Callback<Vec<String>>,
) -> impl IntoView {
    let toggle = move |name: &str, id: &str| {
        let mut all = chosen.get_untracked();
        let count = all.len();
        all.retain(|one| one != name && one != id);
        if all.len() == count {
            all.push(name.to_owned());
        }
        set.run(all);
    };
    move || {
        let channels = alerts.channels.answer().map(|answer| answer.data.clone()).unwrap_or_default();
        let known: Vec<(String, String)> = channels
            .iter()
            .map(|channel| {
                let text = |key: &str| channel[key].as_str().unwrap_or_default().to_owned();
                (text("name"), text("id"))
            })
            .collect();
        let is_known = |one: &String| known.iter().any(|(name, id)| one == name || one == id);
        // Those that are named though they are not there are told, too.
        let lost: Vec<String> = chosen.get_untracked().into_iter().filter(|one| !is_known(one)).collect();
        let all = known.into_iter().chain(lost.into_iter().map(|name| (name.clone(), name)));
        let one = |(name, id): (String, String)| {
            let (of_name, of_id, own) = (name.clone(), id.clone(), name.clone());
            let is_on =
                move || chosen.with(|all| all.iter().any(|one| *one == of_name || *one == of_id)).to_string();
            view! { <button type="button" class="button alert-channel" aria-pressed=is_on on:click=move |_| toggle(&own, &id)>{name}</button> }
        };
        let buttons = all.map(one).collect_view();
        let none =
            channels.is_empty().then(|| view! { <span class="faint">{t(Word::AlertsNoChannelYet)}</span> });
        view! { <div class="alert-chosen">{buttons}{none}</div> }
    }
}

/// The name of a channel that is there, by its id or its name.
pub(super) fn named(alerts: Alerts, one: &str) -> Option<String> {
    alerts.channels.map(|all| {
        let found = all.iter().find(|channel| channel["id"] == one || channel["name"] == one)?;
        found["name"].as_str().map(str::to_owned)
    })
}
