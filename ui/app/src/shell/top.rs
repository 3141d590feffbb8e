//! The bar at the top: brand, scope, omnibox, range, state of the intake, what can be kept.

use leptos::prelude::*;

use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::shell::range::RangeControls;
use crate::shell::scope::Scope;
use crate::shell::{Known, Shell};
use crate::words::{Word, t};

#[component]
pub(super) fn Top() -> impl IntoView {
    let shell = Shell::here();
    let known = expect_context::<Known>().0;
    let place = Memo::new(move |_| shell.address.get().path);
    // A trace, a comparison and our own pages have no range.
    let has_range = move || {
        let path = place.get();
        let first = path.first().map_or("", String::as_str);
        !(first == "traces" && path.len() > 1 || matches!(first, "compare" | "system" | "settings"))
    };
    let intake = move || {
        let has_seen = known.map(|known| !known.scopes.env.is_empty()) || known.has_answer();
        match (known.problem(), has_seen) {
            (Some(_), _) => (State::Critical, Word::ShellIngestAway),
            (None, true) => (State::Ok, Word::ShellIngestOk),
            (None, false) => (State::Unknown, Word::ShellIngestNone),
        }
    };
    view! {
        <header class="top">
            <a class="brand" aria-label="daymark" href=move || shell.link([]).to_string()>
                <svg viewBox="0 0 20 20" aria-hidden="true">
                    <path d="M10 1 19 10 10 19 1 10Z M4 10h12" fill="currentColor" />
                    <path d="M3 10.6h14M5.5 13h9" stroke="var(--app)" stroke-width="1.2" />
                </svg>
                <span>"daymark"</span>
            </a>
            <Scope />
            <button type="button" class="omni" on:click=move |_| shell.open_omnibox()>
                <Icon name="search" />
                <span>{t(Word::ShellOmnibox)}</span>
                <kbd class="kbd">"⌘ K"</kbd>
            </button>
            <div class="top-right">
                <Show when=has_range><RangeControls /></Show>
                <a class="ingest" aria-label=move || t(intake().1) href=move || shell.link(["system"]).to_string()>
                    {move || view! { <Mark state=intake().0 /> }}
                    <span>{move || t(intake().1)}</span>
                </a>
                <button
                    type="button"
                    class="button save"
                    data-kind="plain"
                    data-icon
                    title=t(Word::ShellSaveView)
                    aria-label=t(Word::ShellSaveView)
                    on:click=move |_| shell.is_saving.set(true)
                >
                    <Icon name="star" />
                </button>
                <button
                    type="button"
                    class="button help"
                    data-kind="plain"
                    data-icon
                    aria-label=t(Word::ShellHelp)
                    on:click=move |_| shell.is_help_open.set(true)
                >
                    <Icon name="help" />
                </button>
            </div>
        </header>
    }
}
