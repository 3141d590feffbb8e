//! Lines found, newest first: how many over time, their biggest patterns, and the lines, read on while they
//! are scrolled.

use std::sync::Arc;

use daymark_view::trace_logs::LogRow;
use daymark_view::why::WhySignal;
use leptos::html;
use leptos::prelude::*;

use super::export::ExportMenu;
use super::find::Find;
use super::histogram::{self, Counts, Spread};
use super::lines::Lines;
use super::patterns::{self, Biggest};
use super::search::Search;
use crate::load::load;
use crate::net::{self, Question};
use crate::paged::{Paged, paged};
use crate::parts::listed::Listed;
use crate::parts::tabs::Segments;
use crate::shell::Shell;
use crate::window;
use crate::words::{Word, t};

/// How lines are looked at.
#[component]
pub(super) fn Views() -> impl IntoView {
    let choices =
        vec![("table", Word::LogsTable), ("stream", Word::LogsStream), ("patterns", Word::LogsPatterns)];
    view! { <Segments parameter="view" label=t(Word::LogsView) choices=choices /> }
}

#[component]
pub(super) fn WrapButton() -> impl IntoView {
    let search = expect_context::<Search>();
    view! {
        <button type="button" class="button" data-kind="plain" aria-pressed=move || search.wraps.get().to_string() on:click=move |_| search.flip("wrap")>
            {t(Word::LogsWrap)} <span class="kbd">"w"</span>
        </button>
    }
}

#[component]
pub(super) fn Found() -> impl IntoView {
    let shell = Shell::here();
    let search = expect_context::<Search>();
    let list: Paged<LogRow> = paged(move |cursor| search.page(cursor));
    let counts = histogram::asked();
    let known = patterns::asked();
    provide_context(known);
    shell.tell_list(list, move || counts.answer().map(|answer| histogram::count(&answer.data, |_| true)));
    let frame = NodeRef::<html::Div>::new();
    let is_table = Memo::new(move |_| search.view.get() == "table");
    let linked = linked(search, list);
    // A line that was linked to stands first, wherever in the list it would be.
    let rows = Memo::new(move |_| {
        let linked = linked.get();
        list.rows.with(|rows| linked.into_iter().chain(rows.iter().cloned()).collect::<Vec<_>>())
    });
    let above = move || {
        view! {
            <Spread histogram=counts />
            <Show when=move || is_table.get() && !window::is_narrow()><Biggest patterns=known /></Show>
        }
    };
    view! {
        <div class="toolbar logs-bar">
            <Counts histogram=counts />
            <span class="grow"></span>
            <Views />
            <ExportMenu />
            <WrapButton />
        </div>
        <Find list=list rows=rows />
        <Show
            when=move || list.has_answer() && (!list.is_empty() || linked.with(Option::is_some))
            fallback=move || view! {
                <Spread histogram=counts />
                <Listed list=list signal=WhySignal::Logs q=search.q>""</Listed>
            }
        >
            <Show when=move || list.is_waiting() || list.is_reading_on()><crate::parts::states::Progress /></Show>
            {move || list.problem().map(|problem| view! { <crate::parts::states::Stale problem=problem /> })}
            <Lines rows=rows above=above more=Callback::new(move |()| list.more()) frame=frame />
        </Show>
    }
}

/// The line that the address opens, where the list does not have it.
fn linked(search: Search, list: Paged<LogRow>) -> Memo<Option<Arc<LogRow>>> {
    // Asked once for the address of the first look: later lines are opened in the list.
    let first = search.open.get_untracked();
    let wanted = Memo::new(move |_| {
        let is_open = search.open.with(|open| open.is_some() && *open == first);
        let id = first.clone().filter(|_| is_open && list.has_answer())?;
        let is_known = list.rows.with(|rows| rows.iter().any(|row| row.log_id == id));
        (!is_known).then_some(id)
    });
    let line =
        load::<LogRow>(move || wanted.get().map(|id| Question::get(format!("logs/{}", net::part(&id)))));
    Memo::new(move |_| {
        wanted
            .with(Option::is_some)
            .then(|| line.answer().map(|answer| Arc::new(answer.data.clone())))
            .flatten()
    })
}
