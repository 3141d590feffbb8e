//! A rule as a sentence of controls, or as JSON for what these do not have; below it what is wrong with it and
//! how it would have behaved.

use daymark_view::alerts::fields::Fault;
use daymark_view::alerts::rule::Rule;
use daymark_view::duration;
use daymark_viz::alert;
use leptos::prelude::*;
use serde_json::{Map, Value, json};

use super::backtest::Backtest;
use super::{Alerts, change};
use crate::net::{Question, part};
use crate::parts::mark::{Mark, State};
use crate::shell::Shell;
use crate::words::{Word, t};

/// What the server adds to a rule.
const ADDED: [&str; 9] =
    ["id", "version", "origin", "file", "line", "created_at", "updated_at", "updated_by", "error"];
const RED: [&str; 6] = ["error_rate", "errors", "rate", "p50", "p95", "p99"];
const EDGE: [&str; 10] = [
    "error_rate",
    "errors",
    "rate",
    "network_mean",
    "client_p50",
    "client_p95",
    "client_p99",
    "server_p50",
    "server_p95",
    "server_p99",
];
const LINES: [&str; 2] = ["count", "rate"];
const OPS: [&str; 6] = [">", ">=", "<", "<=", "==", "!="];
const SEVERITIES: [(&str, Word); 3] =
    [("critical", Word::AlertsCritical), ("warning", Word::AlertsWarning), ("info", Word::AlertsInfo)];
const KINDS: [(&str, Word); 7] = [
    ("red", Word::AlertsKindRed),
    ("edge", Word::AlertsKindEdge),
    ("logs", Word::AlertsKindLogs),
    ("sql", Word::AlertsKindSql),
    ("state", Word::AlertsKindState),
    ("metric", Word::AlertsKindMetric),
    ("burn_rate", Word::AlertsKindBurnRate),
];

/// The rule as it is being written.
#[derive(Clone, Copy)]
struct Draft(RwSignal<Value>);

impl Draft {
    /// The text at a pointer; numbers as they are written.
    fn text(self, pointer: &'static str) -> String {
        self.0.with(|rule| match rule.pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        })
    }

    /// Sets the value at a pointer of one or two keys; an empty one is taken away.
    fn set(self, pointer: &'static str, value: Value) {
        self.0.update(|rule| {
            let Some((above, key)) = pointer.rsplit_once('/') else { return };
            let Some(Value::Object(map)) = rule.pointer_mut(above) else { return };
            let is_empty = matches!(&value, Value::Null) || value == "" || value == json!([]);
            if is_empty {
                map.remove(key);
            } else {
                map.insert(key.to_owned(), value);
            }
        });
    }

    fn faults(self) -> Vec<Fault> {
        self.0.with(|rule| Rule::read(rule, "").err().unwrap_or_default())
    }
}

fn bare(rule: &Value) -> Value {
    let Value::Object(map) = rule else { return json!({}) };
    let kept: Map<String, Value> = map
        .iter()
        .filter(|(key, _)| !ADDED.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    Value::Object(kept)
}

#[component]
pub(super) fn Editor(alerts: Alerts, rule: Value) -> impl IntoView {
    let shell = Shell::here();
    let draft = Draft(RwSignal::new(bare(&rule)));
    let is_json = RwSignal::new(false);
    let is_locked = rule["origin"] == "file";
    let id = rule["id"].as_str().map(str::to_owned);
    let is_ours = rule["origin"] == "api";
    let version = rule["version"].clone();
    let save = {
        let id = id.clone().filter(|_| !is_locked);
        move || {
            let mut body = draft.0.get_untracked();
            let question = match &id {
                Some(id) => {
                    body["version"] = version.clone();
                    Question::put(format!("alerts/rules/{}", part(id)), &body)
                }
                None => Question::post("alerts/rules", &body),
            };
            change(shell, question, Word::AlertsSaved, move || {
                shell.address.push(shell.address.now().without("draft").without("rule"));
            });
        }
    };
    let by_key = save.clone();
    shell.keys.on("Mod+s", Word::AlertsSave, move || by_key());
    let removed = id.clone();
    let remove = move |_| {
        let Some(id) = &removed else { return };
        let question = Question::delete(format!("alerts/rules/{}", part(id)));
        change(shell, question, Word::AlertsDeleted, move || {
            shell.address.push(shell.address.now().without("rule"));
        });
    };
    let is_wrong = Memo::new(move |_| !draft.faults().is_empty());
    let name =
        rule["name"].as_str().filter(|name| !name.is_empty()).unwrap_or(t(Word::AlertsNewRule)).to_owned();
    view! {
        <div class="alert-head">
            <h2 class="cut">{name}</h2>
            <span class="actions">
                <button type="button" class="button" data-kind="plain" aria-pressed=move || is_json.get().to_string() on:click=move |_| is_json.update(|is| *is = !*is)>
                    {move || t(if is_json.get() { Word::AlertsAsForm } else { Word::AlertsAsJson })}
                </button>
                {is_ours.then(|| view! { <button type="button" class="button" data-kind="danger" on:click=remove>{t(Word::AlertsDelete)}</button> })}
                <button type="button" class="button" data-kind="primary" disabled=move || is_wrong.get() on:click=move |_| save()>
                    {t(if is_locked { Word::AlertsCopyRule } else { Word::AlertsSave })}
                </button>
            </span>
        </div>
        {is_locked.then(|| view! { <p class="alert-told faint">{t(Word::AlertsOfFile)}</p> })}
        {move || match is_json.get() {
            true => view! { <Json draft=draft /> }.into_any(),
            false => view! { <Sentence draft=draft alerts=alerts /> }.into_any(),
        }}
        <Faults draft=draft />
        <Backtest rule=Signal::derive(move || Some(draft.0.get())) />
    }
}

#[component]
fn Faults(draft: Draft) -> impl IntoView {
    let fault = |fault: Fault| {
        let hint = fault.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        view! { <li><Mark state=State::Warning /><code>{fault.pointer}</code>" "{fault.detail}{hint}</li> }
    };
    move || {
        let faults = draft.faults();
        (!faults.is_empty()).then(|| view! { <ul class="alert-faults" role="status">{faults.into_iter().map(fault).collect_view()}</ul> })
    }
}

/// All of it, for what the form does not have.
#[component]
fn Json(draft: Draft) -> impl IntoView {
    let text = draft.0.with_untracked(|rule| serde_json::to_string_pretty(rule).unwrap_or_default());
    let wrong = RwSignal::new(None::<String>);
    let typed = move |event| match serde_json::from_str::<Value>(&event_target_value(&event)) {
        Ok(rule) => {
            wrong.set(None);
            draft.0.set(bare(&rule));
        }
        Err(error) => wrong.set(Some(error.to_string())),
    };
    view! {
        <textarea class="input mono alert-json" aria-label=t(Word::AlertsAsJson) spellcheck="false" rows="18" on:input=typed aria-invalid=move || wrong.get().is_some().to_string()>{text}</textarea>
        {move || wrong.get().map(|text| view! { <p class="alert-told alerts-bad">{text}</p> })}
    }
}

#[component]
fn Sentence(draft: Draft, alerts: Alerts) -> impl IntoView {
    let kind = Memo::new(move |_| draft.text("/signal/kind"));
    let choose_kind = move |kind: String| {
        let signal = match kind.as_str() {
            "red" => json!({"kind": kind, "metric": "error_rate", "q": "", "by": ["service"]}),
            "edge" => json!({"kind": kind, "metric": "error_rate", "by": ["client", "server"]}),
            "logs" => json!({"kind": kind, "metric": "count", "q": "level:error", "by": ["service"]}),
            "sql" => {
                json!({"kind": kind, "query": "SELECT service, count(*) AS value FROM logs WHERE time >= :from AND time < :to GROUP BY service"})
            }
            "state" => json!({"kind": kind, "table": "services", "where": "", "by": []}),
            "burn_rate" => json!({"kind": kind, "slo": {"target": 0.999, "period": "30d"}, "q": ""}),
            _ => json!({"kind": kind, "metric": "", "agg": "avg"}),
        };
        draft.set("/signal", signal);
    };
    let kinds = KINDS.map(|(name, word)| (name, t(word).to_owned())).to_vec();
    let what = move || match kind.get().as_str() {
        "red" => vec![
            pick(draft, "/signal/metric", Word::AlertsValue, &RED),
            typed(draft, "/signal/q", Word::AlertsOf, "service:payment"),
            listed(draft, "/signal/by", Word::AlertsBy, "service, name"),
        ],
        "edge" => vec![
            pick(draft, "/signal/metric", Word::AlertsValue, &EDGE),
            typed(draft, "/signal/client", Word::AlertsFrom, "*"),
            typed(draft, "/signal/server", Word::AlertsTo, "*"),
            listed(draft, "/signal/by", Word::AlertsBy, "client, server"),
        ],
        "logs" => vec![
            pick(draft, "/signal/metric", Word::AlertsValue, &LINES),
            typed(draft, "/signal/q", Word::AlertsOf, "level:error"),
            listed(draft, "/signal/by", Word::AlertsBy, "service"),
        ],
        "sql" => vec![typed(draft, "/signal/query", Word::AlertsStatement, "SELECT … AS value")],
        "state" => vec![
            typed(draft, "/signal/table", Word::AlertsOf, "services"),
            typed(draft, "/signal/where", Word::AlertsWhere, ""),
            listed(draft, "/signal/by", Word::AlertsBy, ""),
        ],
        "burn_rate" => vec![typed(draft, "/signal/q", Word::AlertsOf, "service:payment")],
        _ => vec![
            typed(draft, "/signal/metric", Word::AlertsValue, ""),
            listed(draft, "/signal/by", Word::AlertsBy, ""),
        ],
    };
    let threshold = move || {
        draft
            .0
            .with(|rule| Rule::read(rule, "").ok())
            .map(|rule| alert::value(rule.condition.threshold, alert::unit(&rule)))
    };
    let severities = SEVERITIES.map(|(name, word)| (name, t(word).to_owned())).to_vec();
    view! {
        <div class="alert-form">
            {typed(draft, "/name", Word::AlertsName, "")}
            {select(Word::AlertsSeverity, severities, move || draft.text("/severity"), move |chosen| draft.set("/severity", json!(chosen)))}
            {select(Word::AlertsWatch, kinds, move || kind.get(), choose_kind)}
        </div>
        <div class="alert-form">{what}</div>
        <div class="alert-form">
            {pick(draft, "/condition/op", Word::AlertsIs, &OPS)}
            {number(draft, "/condition/threshold", Word::AlertsThreshold)}
            <span class="faint alert-natural">{threshold}</span>
            {lasting(draft, "/window", Word::AlertsOver)}
            {lasting(draft, "/for", Word::AlertsFor)}
            {lasting(draft, "/every", Word::AlertsEvery)}
            {number(draft, "/min_count", Word::AlertsIgnore)}
            <NoData draft=draft />
        </div>
        <Notify draft=draft alerts=alerts />
    }
}

fn label(word: Word, field: AnyView) -> AnyView {
    view! { <label class="alert-field"><span class="faint small">{t(word)}</span>{field}</label> }.into_any()
}

fn select(
    word: Word,
    choices: Vec<(&'static str, String)>,
    now: impl Fn() -> String + Copy + Send + Sync + 'static,
    choose: impl Fn(String) + Copy + Send + 'static,
) -> AnyView {
    let choice = |(name, text): (&'static str, String)| {
        view! { <option value=name selected=move || now() == name>{text}</option> }
    };
    let field = view! { <select class="input" on:change=move |event| choose(event_target_value(&event))>{choices.into_iter().map(choice).collect_view()}</select> };
    label(word, field.into_any())
}

fn pick(draft: Draft, pointer: &'static str, word: Word, choices: &[&'static str]) -> AnyView {
    let choices = choices.iter().map(|name| (*name, (*name).to_owned())).collect();
    select(word, choices, move || draft.text(pointer), move |chosen| draft.set(pointer, json!(chosen)))
}

fn input(
    word: Word,
    now: String,
    hint: &'static str,
    is_bad: impl Fn() -> bool + Send + Sync + 'static,
    set: impl Fn(String) + Send + 'static,
) -> AnyView {
    let field = view! {
        <input class="input mono" type="text" spellcheck="false" autocomplete="off" value=now placeholder=hint aria-invalid=move || is_bad().to_string() on:input=move |event| set(event_target_value(&event)) />
    };
    label(word, field.into_any())
}

fn is_bad(draft: Draft, pointer: &'static str) -> impl Fn() -> bool + Copy + Send + Sync + 'static {
    move || draft.faults().iter().any(|fault| fault.pointer == pointer)
}

fn typed(draft: Draft, pointer: &'static str, word: Word, hint: &'static str) -> AnyView {
    let now = untrack(|| draft.text(pointer));
    input(word, now, hint, is_bad(draft, pointer), move |text| draft.set(pointer, json!(text)))
}

fn listed(draft: Draft, pointer: &'static str, word: Word, hint: &'static str) -> AnyView {
    let now = untrack(|| draft.text(pointer));
    let set = move |text: String| {
        let all: Vec<&str> = text.split(',').map(str::trim).filter(|one| !one.is_empty()).collect();
        draft.set(pointer, json!(all));
    };
    input(word, now, hint, is_bad(draft, pointer), set)
}

/// A number, or a duration for thresholds of time: `1.5s` is kept in nanoseconds.
fn number(draft: Draft, pointer: &'static str, word: Word) -> AnyView {
    let now = untrack(|| draft.text(pointer));
    let set = move |text: String| {
        let text = text.trim();
        let percent = text.strip_suffix('%').and_then(|digits| digits.trim().parse::<f64>().ok());
        let number = text.parse::<f64>().ok().or(percent.map(|percent| percent / 100.0));
        let number = number.or_else(|| duration::parse(text).ok().map(|ns| ns as f64));
        let value = match number {
            Some(number) if number.fract() == 0.0 && number.abs() < 9e15 => json!(number as i64),
            Some(number) => json!(number),
            None => json!(text),
        };
        draft.set(pointer, value);
    };
    input(word, now, "0.05, 5%, 1.5s", is_bad(draft, pointer), set)
}

fn lasting(draft: Draft, pointer: &'static str, word: Word) -> AnyView {
    typed(draft, pointer, word, "5m")
}

#[component]
fn NoData(draft: Draft) -> impl IntoView {
    let choices =
        [("", Word::AlertsNoDataNone), ("alert", Word::AlertsNoDataAlert), ("keep", Word::AlertsNoDataKeep)];
    let choices = choices.map(|(name, word)| (name, t(word).to_owned())).to_vec();
    let choose = move |then: String| {
        let value = if then.is_empty() { Value::Null } else { json!({"after": "10m", "then": then}) };
        draft.set("/no_data", value);
    };
    select(Word::AlertsNoData, choices, move || draft.text("/no_data/then"), choose)
}

#[component]
fn Notify(draft: Draft, alerts: Alerts) -> impl IntoView {
    let toggle = move |name: String| {
        let mut all: Vec<String> = draft.0.with_untracked(|rule| {
            let known = rule["channels"].as_array().into_iter().flatten();
            known.filter_map(Value::as_str).map(str::to_owned).collect()
        });
        match all.iter().position(|one| *one == name) {
            Some(at) => drop(all.remove(at)),
            None => all.push(name),
        }
        draft.set("/channels", json!(all));
    };
    let has = move |name: &str, id: &str| {
        draft.0.with(|rule| {
            rule["channels"].as_array().into_iter().flatten().any(|one| one == name || one == id)
        })
    };
    move || {
        let channels = alerts.channels.answer().map(|answer| answer.data.clone()).unwrap_or_default();
        let one = |channel: &Value| {
            let (name, id) = (
                channel["name"].as_str().unwrap_or_default().to_owned(),
                channel["id"].as_str().unwrap_or_default().to_owned(),
            );
            let (own, known) = (name.clone(), name.clone());
            view! { <button type="button" class="button" aria-pressed=move || has(&known, &id).to_string() on:click=move |_| toggle(own.clone())>{name}</button> }
        };
        (!channels.is_empty()).then(|| view! {
            <div class="alert-form"><span class="faint small">{t(Word::AlertsNotify)}</span>{channels.iter().map(one).collect_view()}</div>
        })
    }
}
