//! What fires, the worst first, what may soon, and what was over today; the one that is chosen stands beside
//! the list.

use daymark_model::time::Nanos;
use daymark_view::alerts::rule::{Rule, Severity};
use daymark_view::alerts::state::{AlertsStatus, FailingRule, State, StateRow};
use daymark_viz::scale::Linear;
use daymark_viz::{alert, curve, figure, incident};
use leptos::prelude::*;

use super::history::Today;
use super::incident::Incident;
use super::{Alerts, age, group_of, is_loud, mark_of, state_word};
use crate::parts::icon::Icon;
use crate::parts::mark::{self, Mark};
use crate::parts::states::Loaded;
use crate::shell::Shell;
use crate::window;
use crate::words::{Word, say, t};

/// More are shown when asked for.
const SHOWN: usize = 100;

#[component]
pub(super) fn Firing(alerts: Alerts) -> impl IntoView {
    let shell = Shell::here();
    let asked = shell.address.param("alert");
    // The worst one unless the address names another; what is looked at stays while others come.
    let chosen = Memo::new(move |last: Option<&Option<String>>| {
        let is_there = |print: &String| alerts.by_print.with(|rows| rows.contains_key(print));
        let first = || {
            alerts.states.map(|rows| {
                let first = rows.iter().find(|row| is_loud(row)).or(rows.first());
                first.map(|row| row.fingerprint.clone())
            })
        };
        asked.get().or_else(|| last.cloned().flatten().filter(is_there)).or_else(first)
    });
    let back = move || shell.address.get().without("alert").to_string();
    view! {
        <div class="alerts-split" data-open=move || asked.get().map(|_| "")>
            <div class="alerts-list">
                <div class="scroll">
                    <Loaded load=alerts.states rows=6 show=|_| () />
                    <List alerts=alerts chosen=chosen />
                </div>
                <Footer alerts=alerts />
            </div>
            <div class="alerts-detail scroll">
                <a class="alerts-back" href=back><Icon name="left" size=14 />{t(Word::AlertsFiring)}</a>
                {move || match chosen.get() {
                    Some(fingerprint) => view! { <Incident alerts=alerts fingerprint=fingerprint /> }.into_any(),
                    None => view! { <AllWell alerts=alerts /> }.into_any(),
                }}
            </div>
        </div>
    }
}

#[component]
fn List(alerts: Alerts, chosen: Memo<Option<String>>) -> impl IntoView {
    let prints = move |is_wanted: fn(&StateRow) -> bool| {
        Memo::new(move |_| {
            alerts.states.map(|rows| {
                rows.iter()
                    .filter(|row| is_wanted(row))
                    .map(|row| row.fingerprint.clone())
                    .collect::<Vec<_>>()
            })
        })
    };
    let (loud, quiet) = (prints(is_loud), prints(|row| !is_loud(row)));
    let shows_all = RwSignal::new(false);
    let most = move || if shows_all.get() { usize::MAX } else { SHOWN };
    let shown = move |all: Memo<Vec<String>>| all.get().into_iter().take(most()).collect::<Vec<_>>();
    let hidden = move || {
        let hidden = loud.with(Vec::len).saturating_sub(most()) + quiet.with(Vec::len).saturating_sub(most());
        (hidden > 0).then(|| say(Word::AlertsMore, &[("count", &hidden.to_string())]))
    };
    let failing = move || alerts.status.map(|status: &AlertsStatus| status.failing.clone());
    let has_quiet = move || !quiet.with(Vec::is_empty) || !failing().is_empty();
    view! {
        <Show when=move || !loud.with(Vec::is_empty)>
            <div class="section-head"><h2>{t(Word::AlertsFiring)}</h2><span class="faint small">{t(Word::AlertsBySeverity)}</span></div>
        </Show>
        <For each=move || shown(loud) key=Clone::clone let:print><Card alerts=alerts print=print chosen=chosen /></For>
        <Show when=has_quiet><div class="section-head"><h2>{t(Word::AlertsLook)}</h2></div></Show>
        <For each=move || shown(quiet) key=Clone::clone let:print><Line alerts=alerts print=print chosen=chosen /></For>
        <For each=failing key=|one| one.rule_id.clone() let:one><Failing one=one /></For>
        {move || hidden().map(|text| view! { <button type="button" class="button alerts-more" on:click=move |_| shows_all.set(true)>{text}</button> })}
        <Over alerts=alerts chosen=chosen />
    }
}

fn target(shell: Shell, fingerprint: &str) -> String {
    shell.address.get().with("alert", fingerprint).to_string()
}

fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "--crit",
        Severity::Warning => "--warn",
        Severity::Info => "--info",
    }
}

#[component]
fn Card(alerts: Alerts, print: String, chosen: Memo<Option<String>>) -> impl IntoView {
    let shell = Shell::here();
    let row = alerts.row(print.clone());
    let (own, to) = (print.clone(), print);
    let is_chosen = move || chosen.with(|chosen| chosen.as_ref() == Some(&own)).then_some("true");
    let severity = move || row.with(|row| row.as_ref().map(|row| row.severity.name()));
    view! {
        <a class="alert-card" href=move || target(shell, &to) aria-current=is_chosen data-severity=severity>
            {move || row.get().map(|row| inside(alerts, &row))}
        </a>
    }
}

fn inside(alerts: Alerts, row: &StateRow) -> impl IntoView + use<> {
    let value = row.value.filter(|_| row.state != State::NoData).map(|value| alert::value(value, &row.unit));
    let bound = format!("{} {}", row.op.sign(), alert::chosen(row.threshold, &row.unit));
    let rule = alerts.rule(&row.rule_id).and_then(|rule| Rule::read(&rule, "").ok());
    let last = alerts.status.map(|status: &AlertsStatus| status.last_at).unwrap_or_else(window::now);
    let began = rule.and_then(|rule| alert::began_at(row.since, last, rule.every_ns, row.spark.len()));
    view! {
        <Mark state=mark_of(row) title=state_word(row.state) />
        <span class="alert-name cut">{row.rule.clone()}</span>
        <span class="faint num">{age(row.since)}</span>
        <span class="cut alert-group">{group_of(&row.labels)}</span>
        <span class="num"><b class="alert-value">{value.unwrap_or_else(|| state_word(row.state).into())}</b>" "<span class="faint">{bound}</span></span>
        {row.spark.iter().any(Option::is_some).then(|| spark(row, began))}
        {row.acknowledged_by.clone().map(|who| view! { <span class="alert-seen faint small">{say(Word::AlertsAcknowledgedBy, &[("who", &who)])}</span> })}
    }
}

/// The last values, the threshold as a dashed line, and an upright where it began.
fn spark(row: &StateRow, began: Option<f64>) -> impl IntoView + use<> {
    let most = row.spark.iter().flatten().copied().fold(row.threshold.max(0.0), f64::max);
    let last = row.spark.len().saturating_sub(1).max(1) as f64;
    let x = Linear { values: (0.0, last), places: (0.0, 304.0) };
    let y = Linear { values: (0.0, if most > 0.0 { most } else { 1.0 }), places: (29.0, 2.0) };
    let bound = y.place(row.threshold);
    view! {
        <svg class="alert-spark" viewBox="0 0 304 30" preserveAspectRatio="none" aria-hidden="true" style:--own=format!("var({})", colour(row.severity))>
            <path class="fill" d=curve::area(&row.spark, x, y) />
            <path class="curve" data-thin="" d=curve::line(&row.spark, x, y) />
            <path class="alert-limit" d=format!("M0 {bound:.1}H304") />
            {began.map(|began| view! { <path class="alert-since" d=format!("M{:.1} 0V30", x.place(began)) /> })}
        </svg>
    }
}

#[component]
fn Line(alerts: Alerts, print: String, chosen: Memo<Option<String>>) -> impl IntoView {
    let shell = Shell::here();
    let row = alerts.row(print.clone());
    let (own, to) = (print.clone(), print);
    let is_chosen = move || chosen.with(|chosen| chosen.as_ref() == Some(&own)).then_some("true");
    view! {
        <a class="alert-line" href=move || target(shell, &to) aria-current=is_chosen>
            {move || row.get().map(|row| view! {
                <Mark state=mark_of(&row) title=state_word(row.state) />
                <span class="alert-what"><span>{row.rule.clone()}</span>" "<span class="faint">{group_of(&row.labels)}</span></span>
                <span class="faint alert-why">{why(shell, &row)}</span>
            })}
        </a>
    }
}

fn why(shell: Shell, row: &StateRow) -> String {
    match (&row.silence, row.inhibited, row.state) {
        (Some(silence), ..) => {
            let time = shell.civil(silence.until).hm();
            say(Word::AlertsSilencedUntil, &[("time", &time), ("who", &silence.by)])
        }
        (None, true, _) => t(Word::AlertsInhibited).into(),
        (None, false, State::Error) => state_word(row.state).into(),
        (None, false, _) => {
            say(Word::AlertsStateFor, &[("state", state_word(row.state)), ("time", &age(row.since))])
        }
    }
}

/// A rule that tells nothing at all.
#[component]
fn Failing(one: FailingRule) -> impl IntoView {
    let shell = Shell::here();
    let id = one.rule_id.clone();
    let to = move || shell.address.get().without("alert").with("tab", "rules").with("rule", &id).to_string();
    view! {
        <a class="alert-line" href=to title=one.error.clone()>
            <Mark state=mark::State::Unknown title=state_word(State::Error) />
            <span class="alert-what">{one.rule.clone()}</span>
            <span class="faint alert-why">{state_word(State::Error)}</span>
        </a>
    }
}

/// What was over since midnight.
#[component]
fn Over(alerts: Alerts, chosen: Memo<Option<String>>) -> impl IntoView {
    let shell = Shell::here();
    let over = Memo::new(move |_| {
        let now = window::now();
        let clock = shell.civil(now);
        let day_ns = ((clock.hour * 60 + clock.minute) * 60 + clock.second) * Nanos::SECOND;
        let since = now.plus(-day_ns);
        alerts.by_print.with(|open| {
            alerts.day.map(|rows| {
                let over = incident::resolved(rows, since, |print| open.contains_key(print));
                over.iter().take(SHOWN).map(|one| (one.row.clone(), one.lasted_ns)).collect::<Vec<_>>()
            })
        })
    });
    let line = move |(row, lasted): (daymark_view::alerts::history::HistoryRow, Option<i64>)| {
        let time = shell.civil(row.time).hm();
        let when = match lasted.map(|ns| figure::age(ns.max(0).unsigned_abs()).to_string()) {
            Some(lasted) => say(Word::AlertsOverAfter, &[("time", &time), ("lasted", &lasted)]),
            None => time,
        };
        let own = row.fingerprint.clone();
        let is_chosen = move || chosen.with(|chosen| chosen.as_ref() == Some(&own)).then_some("true");
        let to = row.fingerprint.clone();
        view! {
            <a class="alert-line" href=move || target(shell, &to) aria-current=is_chosen>
                <Mark state=mark::State::Ok title=state_word(State::Ok) />
                <span class="alert-what"><span>{row.rule.clone()}</span>" "<span class="faint">{group_of(&row.labels)}</span></span>
                <span class="faint alert-why">{when}</span>
            </a>
        }
    };
    view! {
        <Show when=move || !over.with(Vec::is_empty)><div class="section-head"><h2>{t(Word::AlertsOver)}</h2></div></Show>
        <For each=move || over.get() key=|(row, _)| row.id.clone() children=line />
    }
}

/// How evaluation goes.
#[component]
fn Footer(alerts: Alerts) -> impl IntoView {
    let told = move || {
        alerts.status.map(|status: &AlertsStatus| {
            let ok = say(Word::AlertsRulesOk, &[("count", &status.ok.to_string())]);
            let lag = figure::duration(status.lag_ns.max(0).unsigned_abs()).to_string();
            let is_late = status.lag_ns > Nanos::MINUTE;
            let how = match is_late {
                true => say(Word::AlertsLag, &[("lag", &lag)]),
                false => status.last_at.map(|at| say(Word::AlertsEvaluated, &[("ago", &age(at))])).unwrap_or_default(),
            };
            let bad = status.bad_files.iter().map(|bad| {
                let (line, column) = (bad.line.to_string(), bad.column.to_string());
                let told = [("file", bad.file.as_str()), ("line", &line), ("column", &column), ("error", &bad.error)];
                view! { <p class="alerts-bad"><Mark state=mark::State::Warning />{say(Word::AlertsFileBad, &told)}</p> }
            }).collect_view();
            Some(view! { {bad}<p class="faint alerts-how"><span>{ok}</span><span class:warn=is_late>{how}</span></p> })
        })
    };
    view! { <div class="alerts-foot">{told}</div> }
}

#[component]
fn AllWell(alerts: Alerts) -> impl IntoView {
    move || {
        alerts.status.answer().filter(|_| alerts.states.has_answer()).map(|answer| {
            let status = &answer.data;
            let ago = status.last_at.map_or_else(|| "–".into(), age);
            let text = say(Word::AlertsAllWellText, &[("count", &status.rules.to_string()), ("ago", &ago)]);
            view! {
                <div class="state" role="status">
                    <Mark state=mark::State::Ok />
                    <div class="grow"><h2>{t(Word::AlertsAllWell)}</h2><p>{text}</p></div>
                </div>
                <section class="alerts-today"><div class="section-head"><h2>{t(Word::AlertsChanges)}</h2><span class="faint small">{t(Word::AlertsToday)}</span></div><Today alerts=alerts /></section>
            }
        })
    }
}
