//! Changes of state and every attempt to tell of them, the last first.

use std::collections::BTreeMap;

use daymark_view::alerts::history::{DeliveryState, HistoryRow, Muted, NotificationRow};
use daymark_view::alerts::state::State as AlertState;
use daymark_viz::incident::{self, Entry};
use daymark_viz::{alert, figure};
use leptos::prelude::*;

use super::{Alerts, group_of, state_word};
use crate::load::{Load, load_when};
use crate::net::Question;
use crate::parts::mark::{Mark, State};
use crate::parts::states::{Loaded, Nothing};
use crate::shell::Shell;
use crate::words::{Word, say, t};

const ASKED: usize = 300;

type Units = Memo<BTreeMap<String, &'static str>>;

/// Those of all alerts, in the range of the page.
#[component]
pub(super) fn Whole(alerts: Alerts) -> impl IntoView {
    let shell = Shell::here();
    let rows = load_when::<Vec<HistoryRow>>(alerts.again(), move || {
        let range = shell.range();
        let question = Question::get("alerts/history").with("from", range.from.0).with("to", range.to.0);
        Some(question.with("limit", ASKED))
    });
    shell.tell_cost(rows, |rows, _| rows.len().to_string());
    view! { <div class="scroll"><Table rows=rows units=alerts.units() names_rules=true in_range=true /></div> }
}

/// Those of one alert, or of one rule, in the last week.
#[component]
pub(super) fn Changes(alerts: Alerts, of: &'static str, id: String) -> impl IntoView {
    let rows = load_when::<Vec<HistoryRow>>(alerts.again(), move || {
        let question = Question::get("alerts/history").with(of, &id);
        Some(question.with("from", "-7d").with("limit", ASKED))
    });
    view! { <Table rows=rows units=alerts.units() names_rules=of == "rule" /> }
}

/// Those of the last day.
#[component]
pub(super) fn Today(alerts: Alerts) -> impl IntoView {
    view! { <Table rows=alerts.day units=alerts.units() names_rules=true /> }
}

#[component]
fn Table(
    rows: Load<Vec<HistoryRow>>,
    units: Units,
    names_rules: bool,
    #[prop(optional)] in_range: bool,
) -> impl IntoView {
    let shell = Shell::here();
    // An answer that says the same again leaves the rows as they are.
    let known =
        Memo::new(move |_| rows.answer().map(|answer| (answer.data.clone(), answer.meta.cursor.is_some())));
    let none = move || {
        match in_range {
        true => view! {
            <div class="state">
                <Mark state=State::Unknown />
                <div class="grow">
                    <p>{t(Word::AlertsNoChangeInRange)}</p>
                    <div class="actions"><button type="button" class="button" on:click=move |_| shell.address.push(shell.address.now().with("from", "-7d").with("to", "now"))>{t(Word::AlertsLastWeek)}</button></div>
                </div>
            </div>
        }
        .into_any(),
        false => view! { <Nothing text=t(Word::AlertsNoHistory) /> }.into_any(),
    }
    };
    view! {
        <Loaded load=rows rows=5 show=|_| () />
        {move || known.get().map(|(rows, is_cut)| {
            if rows.is_empty() {
                return none();
            }
            view! {
                <table class="alert-table alert-changes">
                    <thead><tr>
                        <th scope="col">{t(Word::AlertsTime)}</th>
                        <th scope="col">{t(Word::AlertsChange)}</th>
                        {names_rules.then(|| view! { <th scope="col">{t(Word::AlertsRule)}</th> })}
                        <th scope="col">{t(Word::AlertsTold)}</th>
                        <th scope="col">{t(Word::AlertsResult)}</th>
                        <th scope="col" class="num">{t(Word::AlertsTook)}</th>
                    </tr></thead>
                    <tbody>{incident::entries(&rows).iter().map(|entry| line(shell, entry, units, names_rules)).collect_view()}</tbody>
                </table>
                {is_cut.then(|| view! { <p class="alert-told faint">{say(Word::AlertsHistoryCut, &[("count", &ASKED.to_string())])}</p> })}
            }.into_any()
        })}
    }
}

fn line(shell: Shell, entry: &Entry<'_>, units: Units, names_rules: bool) -> impl IntoView + use<> {
    let row = entry.row;
    let rule = names_rules.then(|| {
        let here = shell.address.now().without("tab").without("rule").without("draft");
        let to = here.with("alert", &row.fingerprint).to_string();
        view! { <td class="alert-rule"><a href=to><span class="link">{row.rule.clone()}</span>" "<span class="faint">{group_of(&row.labels)}</span></a></td> }
    });
    let (mark, what, who, result, took) = match entry.told {
        Some(told) => {
            let (mark, result) = attempt(told);
            (
                mark,
                state_word(row.to_state).to_owned(),
                told.channel.clone(),
                result,
                told.at.map(|_| told.took_ms),
            )
        }
        None => {
            let what = format!("{} → {}", state_word(row.from_state), state_word(row.to_state));
            let unit = units.with_untracked(|units| units.get(&row.rule_id).copied().unwrap_or_default());
            (State::Info, what, t(Word::AlertsEvaluator).to_owned(), found(row, unit), Some(row.took_ms))
        }
    };
    let is_bad = matches!(mark, State::Critical);
    // The day is named where it is not today.
    let today = shell.civil(crate::window::now()).date();
    let at = entry.at().map(|at| {
        let at = shell.civil(at);
        ((at.date() != today).then(|| at.month_day()), at.hms_ms())
    });
    let is_attempt = entry.told.is_some().then_some("");
    view! {
        <tr data-attempt=is_attempt>
            <td class="mono alert-time">{at.map(|(day, time)| view! { {day.map(|day| view! { <span class="faint">{day}</span>" " })}{time} })}</td>
            <td class="alert-change"><Mark state=mark />" "{what}</td>
            {rule}
            <td class="quiet">{who}</td>
            <td class="alert-result" class:crit=is_bad><span title=result.clone()>{result.clone()}</span></td>
            <td class="num faint">{took.map(took_of)}</td>
        </tr>
    }
}

fn took_of(ms: f64) -> String {
    figure::duration((ms.max(0.0) * 1e6) as u64).to_string()
}

/// What the evaluation found, or why it could not.
fn found(row: &HistoryRow, unit: &str) -> String {
    if let Some(error) = &row.error {
        return error.clone();
    }
    let value = row.value.map(|value| alert::value(value, unit));
    let value = match (value, row.threshold, row.count) {
        (Some(value), _, count) if count > 0 && unit == "ratio" => {
            say(Word::AlertsValueOf, &[("value", &value), ("count", &figure::grouped(count))])
        }
        (Some(value), ..) => value,
        (None, ..) if row.to_state == AlertState::NoData => String::new(),
        (None, ..) => "–".into(),
    };
    match row.muted {
        Some(muted) => {
            let muted = t(match muted {
                Muted::Silenced => Word::AlertsMutedSilence,
                Muted::Inhibited => Word::AlertsInhibited,
                Muted::Maintenance => Word::AlertsMutedMaintenance,
            });
            [value.as_str(), muted].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
        }
        None => value,
    }
}

fn attempt(told: &NotificationRow) -> (State, String) {
    let error = told.error.clone().or_else(|| told.status.map(|status| format!("HTTP {status}")));
    let (state, how) = match (told.ok, told.state, told.at.is_some()) {
        (true, ..) => (State::Ok, t(Word::AlertsDelivered).to_owned()),
        (false, DeliveryState::Pending, false) => (State::Moving, t(Word::AlertsWaits).to_owned()),
        (false, DeliveryState::Undelivered, _) => {
            let why = error.unwrap_or_default();
            let all = [t(Word::AlertsUndelivered), &why];
            (State::Critical, all.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": "))
        }
        (false, ..) => (State::Critical, error.unwrap_or_default()),
    };
    let attempt = (told.attempt > 1).then(|| say(Word::AlertsAttempt, &[("n", &told.attempt.to_string())]));
    (state, [Some(how), attempt].into_iter().flatten().collect::<Vec<_>>().join(", "))
}
