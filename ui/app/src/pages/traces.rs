//! Searching traces: where their durations lie, what they have in common, and the list of them.

/// What a box has in common.
mod alike;
/// Values of keys with exact counts.
mod facets;
/// Traces, spans or operations found.
mod list;
/// What is searched, as the address has it.
mod search;
/// Where durations lie.
mod spread;

use daymark_view::search::Domain;
use daymark_viz::{clock, figure, rule_draft};
use leptos::prelude::*;

use crate::load::load;
use crate::parts::alarm::CreateAlert;
use crate::parts::icon::Icon;
use crate::parts::menu::Menu;
use crate::parts::query::QueryInput;
use crate::parts::tabs::{ScopeChips, Tabs};
use crate::shell::Shell;
use crate::shell::events::{self, EventRail};
use crate::window;
use crate::words::{Word, say, t};
use search::{MODES, SORTS, Search};

#[component]
pub(crate) fn Page() -> impl IntoView {
    let shell = Shell::here();
    events::provide(None);
    let search = Search::new(shell);
    provide_context(search);
    let counts =
        MODES.map(|(name, mode, _)| (name, load::<serde::de::IgnoredAny>(move || search.counting(mode))));
    let count_of = move |name: &'static str| {
        let (_, load) = counts.iter().find(|(known, _)| *known == name)?;
        load.answer().and_then(|answer| answer.meta.total)
    };
    let is_side_open = RwSignal::new(window::is_wide());
    let is_explained = RwSignal::new(false);
    install_keys(shell, search, is_side_open, is_explained);
    let list = move || {
        let total = move || count_of(search.mode_name());
        match search.mode_name() {
            "spans" => view! { <list::Spans total=Signal::derive(total) /> }.into_any(),
            "operations" => view! { <list::Operations total=Signal::derive(total) /> }.into_any(),
            _ => view! { <list::Traces total=Signal::derive(total) /> }.into_any(),
        }
    };
    view! {
        <div class="page traces">
            <div class="page-head">
                <h1>{t(Word::NavTraces)}</h1>
                <ScopeChips />
                <QueryInput domain=Domain::Traces placeholder=t(Word::TracesPlaceholder) />
            </div>
            <div class="toolbar">
                <Tabs
                    parameter="mode"
                    tabs=MODES.iter().map(|(name, _, word)| (*name, *word)).collect()
                    counts=Callback::new(move |name| count_of(name).map(figure::grouped))
                />
                <span class="grow"></span>
                {move || search.area.get().map(|area| view! { <BoxChip search=search area=area /> })}
                <PickedButton search=search />
                <button
                    type="button"
                    class="button traces-side-button"
                    aria-pressed=move || is_explained.get().to_string()
                    on:click=move |_| { is_explained.update(|on| *on = !*on); is_side_open.set(true); }
                >{t(Word::TracesCompareSelection)} <span class="kbd">"e"</span></button>
                <button type="button" class="button" data-kind="plain" data-icon aria-label=t(Word::TracesFacets) title=t(Word::TracesFacets)
                    aria-pressed=move || is_side_open.get().to_string()
                    on:click=move |_| is_side_open.update(|open| *open = !*open)
                ><Icon name="filter" /></button>
                <CreateAlert signal=Signal::derive(move || search.of_spans.get().map(|q| rule_draft::of_requests(&q))) />
                <SortMenu search=search />
            </div>
            <EventRail />
            <div class="traces-body">
                <div class="traces-main">
                    <spread::Spread total=Signal::derive(move || count_of(search.mode_name())) />
                    <Show when=move || search.is_of_traces()>
                        <p class="note-bar">{t(Word::TracesWholeOnly)}</p>
                    </Show>
                    {list}
                </div>
                <Show when=move || is_side_open.get()>
                    <aside class="side" aria-label=t(Word::TracesFacets)>
                        <alike::Common is_asked=is_explained />
                        <facets::Facets />
                    </aside>
                </Show>
            </div>
        </div>
    }
}

fn install_keys(shell: Shell, search: Search, is_side_open: RwSignal<bool>, is_explained: RwSignal<bool>) {
    shell.keys.on("b", Word::TracesKeyBox, || {
        window::focus("[data-heat]");
    });
    shell.keys.on("e", Word::TracesKeyExplain, move || {
        is_explained.update(|on| *on = !*on);
        is_side_open.set(true);
    });
    shell.keys.on("d", Word::TracesKeyDiff, move || {
        if let Some(address) = search.comparison() {
            shell.address.push(address);
        }
    });
}

/// The box, to be taken away.
#[component]
fn BoxChip(search: Search, area: daymark_view::traces::Area) -> impl IntoView {
    let shell = Shell::here();
    let near = |at| clock::near(at, shell.now(), shell.offset());
    let (from, to) = (near(area.range.from), near(area.range.to));
    let duration = |ns: i64| figure::duration(ns.max(0) as u64).to_string();
    let text = say(
        Word::TracesBox,
        &[("from", &from), ("to", &to), ("min", &duration(area.min_ns)), ("max", &duration(area.max_ns))],
    );
    view! {
        <button type="button" class="button traces-box" title=t(Word::TracesBoxRemove) on:click=move |_| search.choose(None)>
            <Icon name="close" size=12 />{text}
        </button>
    }
}

/// The two traces picked for comparison.
#[component]
fn PickedButton(search: Search) -> impl IntoView {
    let shell = Shell::here();
    move || {
        let picked = search.picks.with(Vec::len);
        let to = search.comparison().map(|address| address.to_string());
        (picked > 0).then(|| match to {
            Some(to) => view! { <a class="button" href=to>{t(Word::TracesComparePicked)} <span class="kbd">"d"</span></a> }.into_any(),
            None => view! {
                <span class="chip">{t(Word::TracesOnePicked)}
                    <button type="button" aria-label=t(Word::TracesUnpick) on:click=move |_| shell.address.replace(shell.address.now().without("pick"))>
                        <Icon name="close" size=12 />
                    </button>
                </span>
            }.into_any(),
        })
    }
}

#[component]
fn SortMenu(search: Search) -> impl IntoView {
    let shell = Shell::here();
    let chosen = move || {
        let word = SORTS
            .iter()
            .find(|(_, sort, _)| *sort == search.sort.get())
            .map_or(Word::TracesSortNewest, |(_, _, word)| *word);
        t(word).to_owned()
    };
    view! {
        <Show when=move || search.mode_name() != "operations">
            <Menu label=Signal::stored(t(Word::TracesSort).to_owned()) value=Signal::derive(chosen) title=t(Word::TracesSort) kind="plain">
                {SORTS.iter().filter(|(_, _, word)| search.can_sort(*word)).map(|(name, sort, word)| {
                    let (name, sort, word) = (*name, *sort, *word);
                    view! {
                        <button
                            type="button"
                            role="menuitemradio"
                            aria-checked=move || (search.sort.get() == sort).to_string()
                            on:click=move |_| shell.address.set("sort", if name == "newest" { "" } else { name })
                        >{t(word)}</button>
                    }
                }).collect_view()}
            </Menu>
        </Show>
    }
}
