//! The bar at the top: brand, scope of the environment, omnibox, range, state of the intake.

use leptos::prelude::*;

use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::parts::menu::Menu;
use crate::shell::range::RangeControls;
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
            <Environment />
            <button type="button" class="omni" on:click=move |_| shell.open_omnibox()>
                <Icon name="search" />
                <span>{t(Word::ShellOmnibox)}</span>
                <kbd class="kbd">"⌘ K"</kbd>
            </button>
            <div class="top-right">
                <Show when=has_range><RangeControls /></Show>
                <a class="ingest" href=move || shell.link(["system"]).to_string()>
                    {move || view! { <Mark state=intake().0 /> }}
                    <span>{move || t(intake().1)}</span>
                </a>
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

/// `prod ▾`: one environment, or all.
#[component]
fn Environment() -> impl IntoView {
    let shell = Shell::here();
    let known = expect_context::<Known>().0;
    let names = Memo::new(move |_| known.map(|known| known.scopes.env.clone()));
    let chosen = move || shell.scope().iter().find_map(|scope| scope.strip_prefix("env:").map(str::to_owned));
    let choose = move |name: Option<String>| {
        let address = shell.address.now();
        let others: Vec<String> =
            address.all("scope").filter(|one| !one.starts_with("env:")).map(Into::into).collect();
        let chosen = name.map(|name| format!("env:{name}"));
        let scopes = chosen.into_iter().chain(others);
        shell
            .address
            .push(scopes.fold(address.without("scope"), |address, scope| address.and("scope", &scope)));
    };
    let label = move || chosen().unwrap_or_else(|| t(Word::ShellAllScope).into());
    view! {
        <Show when=move || !names.get().is_empty()>
            <span class="crumb-env">
                <Menu label=Signal::derive(label) title=t(Word::ShellAddScope) kind="plain">
                    <button type="button" role="menuitem" on:click=move |_| choose(None)>{t(Word::ShellAllScope)}</button>
                    {move || {
                        let item = |name: String| {
                            let text = name.clone();
                            view! { <button type="button" role="menuitem" on:click=move |_| choose(Some(name.clone()))>{text}</button> }
                        };
                        names.get().into_iter().map(item).collect_view()
                    }}
                </Menu>
            </span>
        </Show>
    }
}
