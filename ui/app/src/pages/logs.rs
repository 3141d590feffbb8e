//! Log lines: how many there are over time, their patterns, the lines themselves, and lines as they come in.

/// What an opened line shows.
mod detail;
/// The lines as a file.
mod export;
/// Keys of the lines and their most frequent values.
mod fields;
/// A text among the lines of the list.
mod find;
/// Lines found, with what is above them.
mod found;
/// How many there are over time.
mod histogram;
/// A long list of lines.
mod lines;
/// Texts with their variables cut out.
mod patterns;
/// What is searched, as the address has it.
mod search;
/// Lines as they come in.
mod tail;

use daymark_view::search::Domain;
use daymark_viz::{clause, rule_draft};
use leptos::prelude::*;

use crate::parts::alarm::CreateAlert;
use crate::parts::icon::Icon;
use crate::parts::query::QueryInput;
use crate::parts::tabs::ScopeChips;
use crate::shell::Shell;
use crate::shell::events;
use crate::window;
use crate::words::{Word, t};
use search::Search;

#[component]
pub(crate) fn Page() -> impl IntoView {
    let shell = Shell::here();
    events::provide(None);
    let search = Search::new(shell);
    provide_context(search);
    let is_side_open = RwSignal::new(window::is_wide());
    shell.keys.on("w", Word::LogsKeyWrap, move || search.flip("wrap"));
    shell.keys.on("P", Word::LogsKeyPatterns, move || {
        let is_on = search.view.get_untracked() == "patterns";
        shell.address.set("view", if is_on { "" } else { "patterns" });
    });
    shell.keys.on("a", Word::LogsKeyContext, move || search.around());
    let tail_link = move || {
        let there = if search.is_tail.get() { shell.link(["logs"]) } else { shell.link(["logs", "tail"]) };
        there.with("q", &search.q.get()).with("wrap", if search.wraps.get() { "1" } else { "" }).to_string()
    };
    view! {
        <div class="page logs">
            <div class="page-head">
                <h1>{t(Word::NavLogs)}</h1>
                <ScopeChips />
                <QueryInput domain=Domain::Logs placeholder=t(Word::LogsPlaceholder) />
                <a class="button" href=tail_link aria-current=move || search.is_tail.get().then_some("true")>
                    {move || if search.is_tail.get() {
                        view! { <Icon name="close" size=14 />{t(Word::LogsTailEnd)} }.into_any()
                    } else {
                        view! { <Icon name="play" size=14 />{t(Word::LogsTail)} }.into_any()
                    }}
                </a>
                <CreateAlert signal=Signal::derive(move || search.q.with(|q| (!clause::is_bad(Domain::Logs, q)).then(|| rule_draft::of_lines(q)))) />
                <button type="button" class="button logs-fields-button" data-icon aria-label=t(Word::LogsFields) title=t(Word::LogsFields)
                    aria-pressed=move || is_side_open.get().to_string()
                    on:click=move |_| is_side_open.update(|open| *open = !*open)
                ><Icon name="filter" /></button>
            </div>
            <Show when=move || !search.is_tail.get()><events::EventRail /></Show>
            <div class="logs-body">
                <Show when=move || is_side_open.get()><fields::Fields is_open=is_side_open /></Show>
                <div class="logs-main">
                    {move || match (search.is_tail.get(), search.view.get()) {
                        (true, _) => view! { <tail::Tail /> }.into_any(),
                        (false, "patterns") => view! { <patterns::All /> }.into_any(),
                        (false, _) => view! { <found::Found /> }.into_any(),
                    }}
                </div>
            </div>
        </div>
    }
}
