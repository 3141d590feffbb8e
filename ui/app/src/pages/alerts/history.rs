//! Changes of state, the last first, each with every attempt to tell of it.

use daymark_view::alerts::history::{DeliveryState, HistoryRow, NotificationRow};
use daymark_viz::figure;
use leptos::prelude::*;

use super::{group_of, state_word};
use crate::load::{Load, load};
use crate::net::Question;
use crate::parts::mark::{Mark, State};
use crate::parts::states::{Loaded, Nothing};
use crate::shell::Shell;
use crate::words::{Word, say, t};

const ASKED: usize = 200;

/// Those of all alerts, in the range of the page or the last week.
#[component]
pub(super) fn Whole() -> impl IntoView {
    let rows = load::<Vec<HistoryRow>>(|| {
        Some(Question::get("alerts/history").with("from", "-7d").with("limit", ASKED))
    });
    view! { <div class="scroll"><Table rows=rows names_rules=true /></div> }
}

/// Those of one alert.
#[component]
pub(super) fn Changes(fingerprint: String) -> impl IntoView {
    let rows = load::<Vec<HistoryRow>>(move || {
        let question = Question::get("alerts/history").with("fingerprint", &fingerprint);
        Some(question.with("from", "-7d").with("limit", ASKED))
    });
    view! { <Table rows=rows names_rules=false /> }
}

#[component]
fn Table(rows: Load<Vec<HistoryRow>>, names_rules: bool) -> impl IntoView {
    view! {
        <Loaded load=rows rows=5 show=move |answer| {
            if answer.data.is_empty() {
                return view! { <Nothing text=t(Word::AlertsNoHistory) /> }.into_any();
            }
            view! {
                <table class="alert-changes">
                    <thead><tr>
                        <th scope="col">{t(Word::AlertsTime)}</th>
                        {names_rules.then(|| view! { <th scope="col">{t(Word::AlertsRule)}</th> })}
                        <th scope="col">{t(Word::AlertsChange)}</th>
                        <th scope="col">{t(Word::AlertsTold)}</th>
                        <th scope="col">{t(Word::AlertsValue)}</th>
                        <th scope="col" class="num">{t(Word::AlertsTook)}</th>
                    </tr></thead>
                    <tbody>{answer.data.iter().map(|row| change(row, names_rules)).collect_view()}</tbody>
                </table>
            }.into_any()
        } />
    }
}

fn change(row: &HistoryRow, names_rules: bool) -> impl IntoView + use<> {
    let shell = Shell::here();
    let from_to = format!("{} → {}", state_word(row.from_state), state_word(row.to_state));
    let value = row.error.clone().or_else(|| row.value.map(|value| daymark_viz::alert::value(value, "")));
    let muted = row.muted.map(|_| t(Word::AlertsMuted));
    let to = shell.address.now().without("tab").with("alert", &row.fingerprint).to_string();
    let rule = names_rules.then(|| {
        view! { <td><a class="link" href=to>{row.rule.clone()}</a>" "<span class="faint">{group_of(&row.labels)}</span></td> }
    });
    view! {
        <tr>
            <td class="mono">{shell.civil(row.time).date_hms_ms()}</td>
            {rule}
            <td><Mark state=State::Info />" "{from_to}</td>
            <td class="faint">{muted.unwrap_or(t(Word::AlertsEvaluator))}</td>
            <td>{value}</td>
            <td class="num">{took(row.took_ms)}</td>
        </tr>
        {row.notifications.iter().map(|told| attempt(shell, told, names_rules)).collect_view()}
    }
}

fn took(ms: f64) -> String {
    figure::duration((ms.max(0.0) * 1e6) as u64).to_string()
}

fn attempt(shell: Shell, told: &NotificationRow, names_rules: bool) -> impl IntoView + use<> {
    let (state, how) = match (told.ok, told.state) {
        (true, _) => (State::Ok, t(Word::AlertsDelivered).to_owned()),
        (false, DeliveryState::Undelivered) => (State::Critical, t(Word::AlertsUndelivered).to_owned()),
        (false, _) => (State::Warning, String::new()),
    };
    let error = told
        .error
        .clone()
        .or_else(|| told.status.filter(|_| !told.ok).map(|status| format!("HTTP {status}")));
    let how = [how, error.unwrap_or_default()].into_iter().filter(|part| !part.is_empty());
    let attempt = (told.attempt > 1).then(|| say(Word::AlertsAttempt, &[("n", &told.attempt.to_string())]));
    let how = how.chain(attempt).collect::<Vec<_>>().join(", ");
    view! {
        <tr class="alert-attempt">
            <td class="mono">{told.at.map(|at| shell.civil(at).date_hms_ms())}</td>
            {names_rules.then(|| view! { <td></td> })}
            <td><Mark state=state />" "{told.channel.clone()}</td>
            <td colspan="2">{how}</td>
            <td class="num">{told.at.is_some().then(|| took(told.took_ms))}</td>
        </tr>
    }
}
