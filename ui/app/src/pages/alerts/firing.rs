//! What fires, the worst first, and what may soon; the one that is chosen stands beside the list.

use daymark_view::alerts::rule::Severity;
use daymark_view::alerts::state::{AlertsStatus, State, StateRow};
use daymark_viz::{alert, figure};
use leptos::prelude::*;

use super::incident::Incident;
use super::{Alerts, group_of, mark_of, state_word};
use crate::parts::mark::{self, Mark};
use crate::parts::spark::Spark;
use crate::parts::states::Loaded;
use crate::shell::Shell;
use crate::words::{Word, say, t};

#[component]
pub(super) fn Firing(alerts: Alerts) -> impl IntoView {
    let shell = Shell::here();
    let asked = shell.address.param("alert");
    // The worst one unless the address names another.
    let chosen = Memo::new(move |_| {
        let first = || {
            alerts.states.map(|rows| {
                let first = rows.iter().find(|row| row.state.is_told() && !row.silenced).or(rows.first());
                first.map(|row| row.fingerprint.clone())
            })
        };
        asked.get().or_else(first)
    });
    view! {
        <div class="alerts-split">
            <div class="alerts-list">
                <div class="scroll">
                    <Loaded load=alerts.states rows=6 show=move |answer| list(shell, &answer.data, chosen) />
                </div>
                <Footer alerts=alerts />
            </div>
            <div class="alerts-detail scroll">
                {move || match chosen.get() {
                    Some(fingerprint) => view! { <Incident alerts=alerts fingerprint=fingerprint /> }.into_any(),
                    None => view! { <AllWell alerts=alerts /> }.into_any(),
                }}
            </div>
        </div>
    }
}

fn list(shell: Shell, rows: &[StateRow], chosen: Memo<Option<String>>) -> AnyView {
    let is_loud = |row: &&StateRow| row.state.is_told() && !row.silenced && !row.inhibited;
    let (loud, quiet): (Vec<&StateRow>, Vec<&StateRow>) = rows.iter().partition(is_loud);
    let loud = loud.into_iter().map(|row| card(shell, row, chosen)).collect_view();
    let has_quiet = !quiet.is_empty();
    let quiet = quiet.into_iter().map(|row| line(shell, row, chosen)).collect_view();
    view! {
        <div class="section-head"><h2>{t(Word::AlertsFiring)}</h2><span class="faint">{t(Word::AlertsBySeverity)}</span></div>
        {loud}
        {has_quiet.then(|| view! { <div class="section-head"><h2>{t(Word::AlertsLook)}</h2></div> })}
        {quiet}
    }
    .into_any()
}

fn colour(row: &StateRow) -> &'static str {
    match row.severity {
        Severity::Critical => "--crit",
        Severity::Warning => "--warn",
        Severity::Info => "--accent",
    }
}

fn target(shell: Shell, row: &StateRow) -> String {
    shell.address.get().with("alert", &row.fingerprint).to_string()
}

fn age(shell: Shell, row: &StateRow) -> String {
    figure::age(shell.now().0.saturating_sub(row.since.0).max(0).unsigned_abs()).to_string()
}

fn card(shell: Shell, row: &StateRow, chosen: Memo<Option<String>>) -> impl IntoView + use<> {
    let own = row.fingerprint.clone();
    let is_chosen = move || (chosen.get().as_deref() == Some(own.as_str())).then_some("true");
    let value = row.value.map(|value| alert::value(value, &row.unit));
    let bound = format!("{} {}", row.op.sign(), alert::value(row.threshold, &row.unit));
    view! {
        <a class="alert-card" href=target(shell, row) aria-current=is_chosen data-severity=row.severity.name()>
            <Mark state=mark_of(row.state, row.severity) title=state_word(row.state) />
            <b class="cut">{row.rule.clone()}</b>
            <span class="faint num">{age(shell, row)}</span>
            <span class="cut alert-group">{group_of(&row.labels)}</span>
            <span class="num"><b class="alert-value">{value.unwrap_or_else(|| state_word(row.state).into())}</b>" "<span class="faint">{bound}</span></span>
            <span class="alert-spark"><Spark values=row.spark.clone() own=colour(row) /></span>
        </a>
    }
}

fn line(shell: Shell, row: &StateRow, chosen: Memo<Option<String>>) -> impl IntoView + use<> {
    let own = row.fingerprint.clone();
    let is_chosen = move || (chosen.get().as_deref() == Some(own.as_str())).then_some("true");
    let why = match (&row.silence, row.inhibited, row.state) {
        (Some(silence), ..) => {
            let time = shell.civil(silence.until).date_hm();
            say(Word::AlertsSilencedUntil, &[("time", &time), ("who", &silence.by)])
        }
        (None, true, _) => t(Word::AlertsInhibited).into(),
        (None, false, State::Pending) => format!("{}, {}", state_word(row.state), age(shell, row)),
        _ => state_word(row.state).into(),
    };
    let group = group_of(&row.labels);
    view! {
        <a class="alert-line" href=target(shell, row) aria-current=is_chosen title=group>
            <Mark state=mark_of(row.state, row.severity) title=state_word(row.state) />
            <span class="cut grow">{row.rule.clone()}</span>
            <span class="faint cut">{why}</span>
        </a>
    }
}

/// How evaluation goes.
#[component]
fn Footer(alerts: Alerts) -> impl IntoView {
    let shell = Shell::here();
    let told = move || {
        alerts.status.map(|status: &AlertsStatus| {
            let ok = say(Word::AlertsRulesOk, &[("count", &status.ok.to_string())]);
            let ago = status.last_at.map(|at| ago(shell, at)).unwrap_or_default();
            let lag = figure::duration(status.lag_ns.max(0).unsigned_abs()).to_string();
            let late = status.lag_ns > 60_000_000_000;
            let how = match late {
                true => say(Word::AlertsLag, &[("lag", &lag)]),
                false => say(Word::AlertsEvaluated, &[("ago", &ago)]),
            };
            let failing = (!status.failing.is_empty()).then(|| {
                let count = status.failing.len().to_string();
                let why = status.failing.iter().map(|one| format!("{}: {}", one.rule, one.error));
                let why = why.collect::<Vec<_>>().join("\n");
                view! { <p class="alerts-bad" title=why><Mark state=mark::State::Unknown />{say(Word::AlertsRuleFailing, &[("count", &count)])}</p> }
            });
            let bad = status.bad_files.iter().map(|bad| {
                let (line, column) = (bad.line.to_string(), bad.column.to_string());
                let told = [("file", bad.file.as_str()), ("line", &line), ("column", &column), ("error", &bad.error)];
                view! { <p class="alerts-bad"><Mark state=mark::State::Warning />{say(Word::AlertsFileBad, &told)}</p> }
            }).collect_view();
            Some(view! { {failing}{bad}<p class="faint alerts-how"><span>{ok}</span><span>{how}</span></p> })
        })
    };
    view! { <div class="alerts-foot">{told}</div> }
}

fn ago(shell: Shell, at: daymark_model::time::Nanos) -> String {
    figure::age(shell.now().0.saturating_sub(at.0).max(0).unsigned_abs()).to_string()
}

#[component]
fn AllWell(alerts: Alerts) -> impl IntoView {
    let shell = Shell::here();
    move || {
        alerts.status.answer().filter(|_| alerts.states.has_answer()).map(|answer| {
            let status = &answer.data;
            let ago = status.last_at.map(|at| ago(shell, at)).unwrap_or_else(|| "–".into());
            let text = say(Word::AlertsAllWellText, &[("count", &status.rules.to_string()), ("ago", &ago)]);
            view! {
                <div class="state" role="status">
                    <Mark state=mark::State::Ok />
                    <div class="grow"><h2>{t(Word::AlertsAllWell)}</h2><p>{text}</p></div>
                </div>
            }
        })
    }
}
