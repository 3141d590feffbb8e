//! Where everything that came in has gone: two equations, a row for each source and signal, a double rule.

use std::collections::BTreeMap;

use daymark_view::ledger::{LedgerRow, LedgerSheet};
use daymark_view::meta::Answer;
use daymark_viz::figure;
use leptos::prelude::*;

use crate::life;
use crate::load::Load;
use crate::net::{self, Question};
use crate::parts::mark::{Mark, State};
use crate::parts::states::Loaded;
use crate::shell::Shell;
use crate::words::{Word, say, t};

fn sum(reasons: &BTreeMap<String, u64>) -> u64 {
    reasons.values().sum()
}

#[component]
pub(super) fn Ledger(sheet: Load<LedgerSheet>) -> impl IntoView {
    let shell = Shell::here();
    let recount = move |_| {
        life::finish(async move {
            match net::ask::<Answer<serde_json::Value>>(
                &Question::post("ledger/recount", &serde_json::json!({})),
                None,
            )
            .await
            {
                Ok(_) => shell.ask_again(),
                Err(problem) => shell.toasts.say(problem.detail.clone()),
            }
        });
    };
    view! {
        <Loaded load=sheet rows=8 show=move |answer| view! {
            <Equations sheet=answer.data.clone() recount=Callback::new(recount) />
            <Sheet rows=answer.data.rows.clone() />
        } />
    }
}

#[component]
fn Equations(sheet: LedgerSheet, recount: Callback<web_sys::MouseEvent>) -> impl IntoView {
    let shell = Shell::here();
    let total = |pick: fn(&LedgerRow) -> u64| sheet.rows.iter().map(pick).sum::<u64>();
    let term = |word: Word, value: u64| view! { <div><div class="small faint">{t(word)}</div><div class="system-term">{figure::grouped(value)}</div></div> };
    let sign = |sign: &'static str| view! { <span class="faint">{sign}</span> };
    let received = total(|row| row.received);
    let accepted = total(|row| row.accepted);
    let first = view! {
        {term(Word::SystemReceived, received)} {sign("=")} {term(Word::SystemAccepted, accepted)} {sign("+")}
        {term(Word::SystemRejected, total(|row| sum(&row.rejected)))}
    };
    let second = view! {
        {term(Word::SystemAccepted, accepted)} {sign("=")} {term(Word::SystemLive, total(|row| row.live.unwrap_or(0)))} {sign("+")}
        {term(Word::SystemInFlight, total(|row| row.in_flight.unwrap_or(0)))} {sign("+")}
        {term(Word::SystemDeduplicated, total(|row| sum(&row.deduplicated)))} {sign("+")}
        {term(Word::SystemExpired, total(|row| sum(&row.expired)))} {sign("+")}
        {term(Word::SystemDeleted, total(|row| sum(&row.deleted)))} {sign("+")}
        {term(Word::SystemLost, total(|row| sum(&row.lost)))}
    };
    let imbalance = sheet.imbalance.unwrap_or(0);
    let (state, class, word) = match sheet.balanced {
        Some(true) => (State::Ok, "ok", Word::SystemBalanced),
        Some(false) => (State::Critical, "crit", Word::SystemImbalanced),
        None => (State::Unknown, "faint", Word::SystemUncounted),
    };
    let counted =
        move || sheet.recounted_at.map(|at| say(Word::SystemRecounted, &[("time", &shell.civil(at).hms())]));
    view! {
        <div class="system-equations">
            <div class="system-equation">{first}</div>
            <div class="system-equation">{second}</div>
            <div class="system-verdict">
                <div class=class><Mark state=state /> " " <b>{say(word, &[("delta", &imbalance.to_string())])}</b></div>
                <div class="small faint">{counted}</div>
                <button type="button" class="button" on:click=move |event| recount.run(event)>{t(Word::SystemRecount)}</button>
            </div>
        </div>
    }
}

/// A column of the sheet: its head and where its numbers come from.
type Account = (Word, fn(&LedgerRow) -> u64);

#[component]
fn Sheet(rows: Vec<LedgerRow>) -> impl IntoView {
    let numbers: [Account; 8] = [
        (Word::SystemReceived, |row| row.received),
        (Word::SystemAccepted, |row| row.accepted),
        (Word::SystemRejected, |row| sum(&row.rejected)),
        (Word::SystemLive, |row| row.live.unwrap_or(0)),
        (Word::SystemInFlight, |row| row.in_flight.unwrap_or(0)),
        (Word::SystemDeduplicated, |row| sum(&row.deduplicated)),
        (Word::SystemExpired, |row| sum(&row.expired)),
        (Word::SystemLost, |row| sum(&row.lost)),
    ];
    let heads =
        numbers.iter().map(|(word, _)| view! { <th class="num" scope="col">{t(*word)}</th> }).collect_view();
    let mut sorted = rows;
    let order =
        |row: &LedgerRow| ["spans", "logs", "metrics"].iter().position(|signal| *signal == row.signal);
    sorted.sort_by_key(|row| (order(row), row.source.clone()));
    let totals = numbers
        .iter()
        .map(|(_, pick)| {
            let total: u64 = sorted.iter().map(pick).sum();
            view! { <td class="num">{figure::grouped(total)}</td> }
        })
        .collect_view();
    let mut before = String::new();
    let body = sorted.iter().map(|row| {
        let signal = if before == row.signal { String::new() } else { row.signal.clone() };
        before.clone_from(&row.signal);
        let cells = numbers.iter().enumerate().map(|(at, (_, pick))| {
            let value = pick(row);
            let class = match (at, value) {
                (_, 0) => "num faint",
                (2, _) => "num warn strong",
                (7, _) => "num crit strong",
                _ => "num",
            };
            view! { <td class=class>{figure::grouped(value)}</td> }
        }).collect_view();
        let reasons = row.rejected.iter().map(|(reason, count)| view! { <span class="badge">{reason.clone()} " " {figure::count(*count).to_string()}</span> " " }).collect_view();
        let state = if row.balanced == Some(false) { State::Critical } else { State::Ok };
        view! {
            <tr>
                <th scope="row" class="strong">{signal}</th>
                <td>{row.source.clone()}</td>
                {cells}
                <td>{reasons}</td>
                <td class="num"><Mark state=state title=state.name() /></td>
            </tr>
        }
    }).collect_view();
    view! {
        <div class="system-sheet" tabindex="0" role="region" aria-label=t(Word::SystemLedger)>
            <table>
                <thead><tr><th scope="col">{t(Word::SystemSignal)}</th><th scope="col">{t(Word::SystemSource)}</th>{heads}<th scope="col">{t(Word::SystemWhy)}</th><th class="num" scope="col">"Δ"</th></tr></thead>
                <tbody>{body}</tbody>
                <tfoot><tr><th scope="row">{t(Word::SystemTotal)}</th><td></td>{totals}<td></td><td></td></tr></tfoot>
            </table>
        </div>
    }
}
