//! Tabs that are links, segments that are buttons, chips that can be taken away.

use leptos::prelude::*;

use crate::parts::icon::Icon;
use crate::shell::Shell;
use crate::words::{Word, t};

/// Tabs of a page, kept in a parameter of its address; the first one is the default.
#[component]
pub(crate) fn Tabs(
    parameter: &'static str,
    tabs: Vec<(&'static str, Word)>,
    /// A count behind the name of a tab.
    #[prop(optional, into)]
    counts: Option<Callback<&'static str, Option<String>>>,
) -> impl IntoView {
    let shell = Shell::here();
    let first = tabs.first().map_or("", |(name, _)| *name);
    let tab = move |(name, word): (&'static str, Word)| {
        let is_on = move || shell.address.get().get(parameter).unwrap_or(first) == name;
        let href =
            move || shell.address.get().with(parameter, if name == first { "" } else { name }).to_string();
        let count = move || counts.and_then(|counts| counts.run(name));
        view! {
            <a role="tab" href=href aria-selected=move || is_on().to_string()>
                {t(word)}
                {move || count().map(|count| view! { <span class="n">{count}</span> })}
            </a>
        }
    };
    view! { <div class="tabs" role="tablist">{tabs.into_iter().map(tab).collect_view()}</div> }
}

/// One of a few, kept in a parameter of the address; the first one is the default.
#[component]
pub(crate) fn Segments(
    parameter: &'static str,
    label: &'static str,
    choices: Vec<(&'static str, Word)>,
) -> impl IntoView {
    let shell = Shell::here();
    let first = choices.first().map_or("", |(name, _)| *name);
    let choice = move |(name, word): (&'static str, Word)| {
        let is_on = move || shell.address.get().get(parameter).unwrap_or(first) == name;
        let choose = move |_| shell.address.set(parameter, if name == first { "" } else { name });
        view! { <button type="button" aria-pressed=move || is_on().to_string() on:click=choose>{t(word)}</button> }
    };
    view! { <div class="segments" role="group" aria-label=label>{choices.into_iter().map(choice).collect_view()}</div> }
}

/// The scope of the page: what it is narrowed to, each to be taken away.
#[component]
pub(crate) fn ScopeChips() -> impl IntoView {
    let shell = Shell::here();
    let chip = move |scope: String| {
        let gone = scope.clone();
        let label = format!("{} {scope}", t(Word::StateRemoveClause));
        view! {
            <span class="chip">
                {scope}
                <button type="button" aria-label=label on:click=move |_| shell.address.push(shell.address.now().less("scope", &gone))>
                    <Icon name="close" size=12 />
                </button>
            </span>
        }
    };
    move || shell.scope().into_iter().map(chip).collect_view()
}
