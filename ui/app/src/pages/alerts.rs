//! What fires and why, the rules and how they would have behaved, what happened, who is told.

/// How a rule would have behaved.
mod backtest;
/// Where notifications go.
mod channels;
/// A rule as a sentence of controls, or as JSON.
mod editor;
/// What fires, and one of it.
mod firing;
/// Changes of state with every attempt to tell.
mod history;
/// One alert, as a page of an incident.
mod incident;
/// All rules.
mod rules;
/// What nobody wants to hear for a while.
mod silences;

use daymark_view::alerts::rule::Severity;
use daymark_view::alerts::silence::Silence;
use daymark_view::alerts::state::{AlertsStatus, State, StateRow};
use daymark_view::stored::Stored;
use leptos::prelude::*;
use serde_json::Value;

use crate::life;
use crate::load::{Load, load};
use crate::net::{self, Question};
use crate::parts::icon::Icon;
use crate::parts::mark;
use crate::parts::tabs::Tabs;
use crate::shell::Shell;
use crate::words::{Word, t};

/// What the tabs share.
#[derive(Clone, Copy)]
struct Alerts {
    states: Load<Vec<StateRow>>,
    status: Load<AlertsStatus>,
    rules: Load<Vec<Value>>,
    silences: Load<Vec<Stored<Silence>>>,
    channels: Load<Vec<Value>>,
}

#[component]
pub(crate) fn Page() -> impl IntoView {
    let shell = Shell::here();
    let alerts = Alerts {
        states: load(|| Some(Question::get("alerts/states"))),
        status: load(|| Some(Question::get("alerts/status"))),
        rules: load(|| Some(Question::get("alerts/rules"))),
        silences: load(|| Some(Question::get("alerts/silences"))),
        channels: load(|| Some(Question::get("alerts/channels"))),
    };
    shell.tell_cost(alerts.states, |rows, _| rows.len().to_string());
    let tab = shell.address.param("tab");
    let tabs = vec![
        ("firing", Word::AlertsFiring),
        ("rules", Word::AlertsRules),
        ("history", Word::AlertsHistory),
        ("silences", Word::AlertsSilences),
        ("channels", Word::AlertsChannels),
    ];
    let counts = Callback::new(move |tab: &'static str| {
        let count = match tab {
            "firing" => alerts.states.map(|rows| rows.iter().filter(|row| row.state.is_told()).count()),
            "rules" => alerts.rules.map(Vec::len),
            "silences" => alerts.silences.map(Vec::len),
            "channels" => alerts.channels.map(Vec::len),
            _ => 0,
        };
        (count > 0).then(|| count.to_string())
    });
    let make = move || {
        shell.address.push(shell.address.now().with("tab", "rules").with("rule", "new").without("alert"));
    };
    shell.keys.on("n", Word::AlertsNewRule, make);
    let keys: [&'static str; 5] = ["1", "2", "3", "4", "5"];
    for (key, (name, word)) in keys.into_iter().zip(tabs.clone()) {
        shell.keys.on(key, word, move || shell.address.set("tab", if name == "firing" { "" } else { name }));
    }
    view! {
        <div class="page alerts">
            <div class="page-head">
                <h1>{t(Word::NavAlerts)}</h1>
                <Tabs parameter="tab" tabs=tabs counts=counts />
                <span class="actions">
                    <button type="button" class="button" on:click=move |_| make()>
                        <Icon name="plus" />{t(Word::AlertsNewRule)}
                    </button>
                </span>
            </div>
            {move || match tab.get().as_deref() {
                Some("rules") => view! { <rules::Rules alerts=alerts /> }.into_any(),
                Some("history") => view! { <history::Whole /> }.into_any(),
                Some("silences") => view! { <silences::Silences alerts=alerts /> }.into_any(),
                Some("channels") => view! { <channels::Channels alerts=alerts /> }.into_any(),
                _ => view! { <firing::Firing alerts=alerts /> }.into_any(),
            }}
        </div>
    }
}

/// Changes something, says how it went, and asks for everything anew.
fn change(shell: Shell, question: Question, done: Word, after: impl FnOnce() + 'static) {
    life::finish(async move {
        match net::send(&question, None).await {
            Ok(_) => {
                shell.toasts.say(t(done));
                shell.ask_again();
                after();
            }
            Err(problem) => shell.toasts.say(problem.detail.clone()),
        }
    });
}

fn mark_of(state: State, severity: Severity) -> mark::State {
    match (state, severity) {
        (State::Firing | State::NoData, Severity::Critical) => mark::State::Critical,
        (State::Firing | State::NoData, Severity::Warning) | (State::Pending, _) => mark::State::Warning,
        (State::Firing | State::NoData, Severity::Info) => mark::State::Info,
        (State::Error, _) => mark::State::Unknown,
        (State::Ok, _) => mark::State::Ok,
    }
}

fn state_word(state: State) -> &'static str {
    t(match state {
        State::Ok => Word::AlertsStateOk,
        State::Pending => Word::AlertsPending,
        State::Firing => Word::AlertsStateFiring,
        State::NoData => Word::AlertsStateNoData,
        State::Error => Word::AlertsStateError,
    })
}

/// The labels of a group without those that every alert has.
fn group_of(labels: &daymark_view::alerts::Labels) -> String {
    let own = labels.iter().filter(|(key, _)| !matches!(key.as_str(), "alertname" | "severity"));
    own.map(|(key, value)| format!("{key} {value}")).collect::<Vec<_>>().join(", ")
}
