//! All services and how they do: one table that can be sorted, narrowed and put in groups.

/// The field, the filters and how many are in which state.
mod controls;
/// Further pages of the list.
mod paging;
/// Columns, on a screen and on a phone.
mod table;

use daymark_view::services::ServiceRow;
use daymark_view::why::WhySignal;
use leptos::prelude::*;

use crate::load::{Load, load};
use crate::net::Question;
use crate::parts::mark::{Mark, State};
use crate::parts::states::{Bones, Empty, Loaded, Older};
use crate::parts::tabs::ScopeChips;
use crate::shell::Shell;
use crate::shell::events::{self, EventRail};
use crate::words::{Word, say, t};

pub(crate) use controls::state_name;
use paging::Paged;

/// Sorted so unless the address says otherwise: the worst first.
const SORT: &str = "-error_rate";

#[component]
pub(crate) fn Page() -> impl IntoView {
    let shell = Shell::here();
    events::provide(None);
    let question = Memo::new(move |_| {
        let address = shell.address.get();
        let question = shell.in_range(Question::get("services"));
        let plain = ["q", "group"]
            .into_iter()
            .fold(question, |question, key| question.with(key, address.get(key).unwrap_or_default()));
        let several = ["state", "team", "language"].into_iter().fold(plain, |question, key| {
            address.all(key).fold(question, |question, value| question.with(key, value))
        });
        let sorted = several.with("sort", address.get("sort").unwrap_or(SORT));
        match shell.compared() {
            Some(before) => sorted.with("compare", format!("{}~{}", before.from.0, before.to.0)),
            None => sorted,
        }
    });
    let first = load::<Vec<ServiceRow>>(move || Some(question.get()));
    let list = Paged::of(first, question);
    shell.tell_cost(first, move |rows, meta| {
        let shown = list.rows.with_untracked(Vec::len).max(rows.len());
        let total = meta.total.unwrap_or(shown as u64).to_string();
        say(Word::ShellStatusOf, &[("shown", &shown.to_string()), ("total", &total)])
    });
    view! {
        <div class="page services">
            <div class="page-head services-head">
                <h1>{t(Word::ServicesTitle)}</h1>
                <ScopeChips />
                <controls::Controls list=list />
            </div>
            <EventRail />
            <Older load=first />
            {move || match (first.has_answer(), first.problem().is_some()) {
                // A failure, and what is shown while nothing is known yet.
                (false, _) => view! { <Loaded load=first rows=20 show=|_| () /> }.into_any(),
                (true, _) if list.is_empty.get() => view! { <Nobody first=first /> }.into_any(),
                (true, _) => view! { <table::Table list=list /> }.into_any(),
            }}
        </div>
    }
}

/// No row: the filters leave none, or the range has none.
#[component]
fn Nobody(first: Load<Vec<ServiceRow>>) -> impl IntoView {
    let shell = Shell::here();
    let is_filtered = Memo::new(move |_| {
        let address = shell.address.get();
        ["q", "state", "team", "language"].into_iter().any(|key| address.get(key).is_some())
    });
    let clear = move |_| {
        let address = ["q", "state", "team", "language"]
            .into_iter()
            .fold(shell.address.now(), |address, key| address.without(key));
        shell.address.push(address);
    };
    move || {
        match (is_filtered.get(), first.is_waiting()) {
        (_, true) => view! { <Bones rows=20 /> }.into_any(),
        (true, false) => view! {
            <div class="state" role="status">
                <Mark state=State::Info />
                <div class="grow">
                    <h2>{t(Word::ServicesNobody)}</h2>
                    <p>{t(Word::ServicesNobodyText)}</p>
                    <div class="actions"><button type="button" class="button" on:click=clear>{t(Word::ServicesClear)}</button></div>
                </div>
            </div>
        }.into_any(),
        (false, false) => view! { <Empty signal=WhySignal::Spans q=String::new() /> }.into_any(),
    }
    }
}
