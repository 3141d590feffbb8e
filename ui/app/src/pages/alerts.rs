//! What fires and why, the rules and how they would have behaved, what happened, who is told.

/// What is known of the cause of an alert.
mod around;
/// How a rule would have behaved.
mod backtest;
/// A channel to be made or changed.
mod channel_form;
/// Where notifications go.
mod channels;
/// A rule that is made or changed.
mod editor;
/// Controls of the sentence.
mod field;
/// What fires, and one of it.
mod firing;
/// Changes of state with every attempt to tell.
mod history;
/// One alert, as a page of an incident.
mod incident;
/// Labels that must fit.
mod matchers;
/// A notification as it is told.
mod notification;
/// Values of a rule over time, its threshold and firings.
mod plot;
/// Who is told where a rule does not say it.
mod routes;
/// All rules.
mod rules;
/// A rule as a sentence of controls.
mod sentence;
/// What is to be silenced, and what that would cover.
mod silence_form;
/// What nobody wants to hear for a while.
mod silences;
/// Rules to begin with.
mod templates;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use daymark_model::time::Nanos;
use daymark_view::alerts::Labels;
use daymark_view::alerts::history::HistoryRow;
use daymark_view::alerts::rule::{Rule, Severity};
use daymark_view::alerts::silence::Silence;
use daymark_view::alerts::state::{AlertsStatus, State, StateRow};
use daymark_view::stored::Stored;
use leptos::prelude::*;
use serde_json::Value;

use crate::life;
use crate::load::{Load, load, load_when};
use crate::net::{self, Question};
use crate::parts::icon::Icon;
use crate::parts::mark;
use crate::parts::tabs::Tabs;
use crate::shell::Shell;
use crate::shell::events::{self, EventRail};
use crate::window;
use crate::words::{Word, t};

/// Whoever looks at what fires wants it as it is now.
const AGAIN: Duration = Duration::from_secs(15);
/// Changes that are asked for to tell what is over.
const ASKED: usize = 500;

/// What the tabs share.
#[derive(Clone, Copy)]
struct Alerts {
    states: Load<Vec<StateRow>>,
    /// The same by fingerprint.
    by_print: Memo<Arc<HashMap<String, StateRow>>>,
    status: Load<AlertsStatus>,
    rules: Load<Vec<Value>>,
    /// What happened in the last day.
    day: Load<Vec<HistoryRow>>,
    silences: Load<Vec<Stored<Silence>>>,
    channels: Load<Vec<Value>>,
    /// Moves when it is time to ask again.
    tick: RwSignal<u64>,
}

impl Alerts {
    fn ask() -> Self {
        let shell = Shell::here();
        let tick = RwSignal::new(0_u64);
        life::every(AGAIN, move || tick.update(|tick| *tick += 1));
        let again = move || {
            shell.asked_again();
            tick.track();
        };
        let states = load_when::<Vec<StateRow>>(again, || Some(Question::get("alerts/states")));
        let day = load_when(again, || {
            Some(Question::get("alerts/history").with("from", "-1d").with("limit", ASKED))
        });
        Self {
            states,
            by_print: Memo::new(move |_| {
                Arc::new(states.map(|rows| {
                    rows.iter().map(|row| (row.fingerprint.clone(), row.clone())).collect::<HashMap<_, _>>()
                }))
            }),
            status: load_when(again, || Some(Question::get("alerts/status"))),
            rules: load(|| Some(Question::get("alerts/rules"))),
            day,
            silences: load(|| Some(Question::get("alerts/silences"))),
            channels: load(|| Some(Question::get("alerts/channels"))),
            tick,
        }
    }

    /// For what changes by itself.
    fn again(self) -> impl Fn() + Copy + 'static {
        let shell = Shell::here();
        move || {
            shell.asked_again();
            self.tick.track();
        }
    }

    /// One row as it is now.
    fn row(self, fingerprint: String) -> Memo<Option<StateRow>> {
        Memo::new(move |_| self.by_print.with(|rows| rows.get(&fingerprint).cloned()))
    }

    fn rule(self, id: &str) -> Option<Value> {
        self.rules.map(|rules| rules.iter().find(|rule| rule["id"] == id).cloned())
    }

    /// The unit of each rule, for values that come without.
    fn units(self) -> Memo<BTreeMap<String, &'static str>> {
        Memo::new(move |_| {
            let unit = |rule: &Value| {
                let id = rule["id"].as_str()?.to_owned();
                Some((id, Rule::read(rule, "").ok()?.unit()))
            };
            self.rules.map(|rules| rules.iter().filter_map(unit).collect())
        })
    }
}

const TABS: [(&str, Word); 6] = [
    ("firing", Word::AlertsFiring),
    ("rules", Word::AlertsRules),
    ("history", Word::AlertsHistory),
    ("silences", Word::AlertsSilences),
    ("channels", Word::AlertsChannels),
    ("routes", Word::AlertsRoutes),
];
const TAB_KEYS: [&str; 6] = ["1", "2", "3", "4", "5", "6"];

#[component]
pub(crate) fn Page() -> impl IntoView {
    let shell = Shell::here();
    events::provide(None);
    let alerts = Alerts::ask();
    shell.tell_cost(alerts.states, |rows, _| rows.len().to_string());
    let tab = shell.address.param("tab");
    let tab = Memo::new(move |_| tab.get().unwrap_or_default());
    let counts = Callback::new(move |tab: &'static str| {
        let count = match tab {
            "firing" => alerts.states.map(|rows| rows.iter().filter(|row| is_loud(row)).count()),
            "rules" => alerts.rules.map(Vec::len),
            "silences" => alerts.silences.map(|all| all.iter().filter(|one| is_held(one)).count()),
            "channels" => alerts.channels.map(Vec::len),
            _ => 0,
        };
        (count > 0).then(|| count.to_string())
    });
    let open = move |tab: &str, key: &str| {
        let address = shell.address.now().to_page(["alerts"]).with("tab", tab);
        shell.address.push(address.with(key, "new"));
    };
    shell.keys.on("n", Word::AlertsNewRule, move || open("rules", "rule"));
    shell.keys.on("s", Word::AlertsNewSilence, move || open("silences", "silence"));
    for (key, (name, word)) in TAB_KEYS.into_iter().zip(TABS) {
        shell.keys.on(key, word, move || shell.address.set("tab", if name == "firing" { "" } else { name }));
    }
    view! {
        <div class="page alerts">
            <div class="page-head">
                <h1>{t(Word::NavAlerts)}</h1>
                <Tabs parameter="tab" tabs=TABS.to_vec() counts=counts />
                <span class="actions">
                    <button type="button" class="button" on:click=move |_| open("rules", "rule")>
                        <Icon name="plus" />{t(Word::AlertsNewRule)}
                    </button>
                </span>
            </div>
            <EventRail />
            {move || match tab.get().as_str() {
                "rules" => view! { <rules::Rules alerts=alerts /> }.into_any(),
                "history" => view! { <history::Whole alerts=alerts /> }.into_any(),
                "silences" => view! { <silences::Silences alerts=alerts /> }.into_any(),
                "routes" => view! { <routes::Routes alerts=alerts /> }.into_any(),
                "channels" => view! { <channels::Channels alerts=alerts /> }.into_any(),
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

/// People hear of it.
fn is_loud(row: &StateRow) -> bool {
    row.state.is_told() && !row.silenced && !row.inhibited
}

/// It is not over yet.
fn is_held(silence: &Stored<Silence>) -> bool {
    silence.body.ends_at > window::now()
}

fn mark_of(row: &StateRow) -> mark::State {
    if row.silenced || row.inhibited {
        return mark::State::Manual;
    }
    match (row.state, row.severity) {
        (State::NoData | State::Error, _) => mark::State::Unknown,
        (State::Firing, Severity::Critical) => mark::State::Critical,
        (State::Firing, Severity::Warning) | (State::Pending, _) => mark::State::Warning,
        (State::Firing, Severity::Info) => mark::State::Info,
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
fn group_of(labels: &Labels) -> String {
    own(labels).map(|(key, value)| format!("{key} {value}")).collect::<Vec<_>>().join(", ")
}

fn own(labels: &Labels) -> impl Iterator<Item = (&String, &String)> {
    labels.iter().filter(|(key, _)| !matches!(key.as_str(), "alertname" | "severity"))
}

/// How long ago.
fn age(at: Nanos) -> String {
    daymark_viz::figure::age(window::now().0.saturating_sub(at.0).max(0).unsigned_abs()).to_string()
}
