//! What is asked for: what to find and hide, what to look at closely and how far around it, groups, and what is
//! written on the lines.

use daymark_view::map::HOPS_MAX;
use daymark_view::search::Domain;
use leptos::prelude::*;

use crate::parts::icon::Icon;
use crate::parts::menu::Menu;
use crate::parts::query::QueryInput;
use crate::parts::tabs::Segments;
use crate::shell::Shell;
use crate::words::{Word, say, t};

use super::About;
use super::replay::Begin;

const DEFAULT_HOPS: u8 = 1;
const OVERLAYS: [(&str, Word); 2] =
    [("health", Word::MapOverlayHealth), ("latency", Word::MapOverlayLatency)];

#[component]
pub(super) fn Toolbar(about: About) -> impl IntoView {
    let shell = Shell::here();
    shell.keys.on("o", Word::MapKeyOverlay, move || {
        let is_latency = shell.address.now().get("overlay") == Some("latency");
        shell.address.set("overlay", if is_latency { "" } else { "latency" });
    });
    let metrics = vec![
        ("trouble", Word::MapMetricTrouble),
        ("rate", Word::MapMetricRate),
        ("err", Word::MapMetricErr),
        ("p95", Word::MapMetricP95),
    ];
    view! {
        <div class="toolbar map-toolbar">
            <span class="map-find"><QueryInput domain=Domain::Map placeholder=t(Word::MapFind) parameter="find" /></span>
            <span class="map-hide"><QueryInput domain=Domain::Map placeholder=t(Word::MapHide) parameter="hide" /></span>
            <Focus about=about />
            <Group />
            <Begin replay=about.replay />
            <span class="map-modes">
                <span class="quiet">{t(Word::MapEdges)}</span>
                <Segments parameter="metric" label=t(Word::MapEdges) choices=metrics />
                <span class="quiet">{t(Word::MapOverlay)}</span>
                <Segments parameter="overlay" label=t(Word::MapOverlay) choices=OVERLAYS.to_vec() />
            </span>
        </div>
    }
}

fn hops(shell: Shell, key: &'static str) -> u8 {
    shell.address.now().get(key).and_then(|hops| hops.parse().ok()).unwrap_or(DEFAULT_HOPS).min(HOPS_MAX)
}

fn step(shell: Shell, key: &'static str, more: bool) {
    let now = hops(shell, key);
    let next = if more { (now + 1).min(HOPS_MAX) } else { now.saturating_sub(1) };
    shell.address.set(key, &if next == DEFAULT_HOPS { String::new() } else { next.to_string() });
}

#[component]
fn Focus(about: About) -> impl IntoView {
    let shell = Shell::here();
    let focus = shell.address.param("focus");
    for (key, word, more) in [("}", Word::MapKeyHopsMore, true), ("{", Word::MapKeyHopsLess, false)] {
        shell.keys.on(key, word, move || {
            if focus.get_untracked().is_some() {
                step(shell, "up", more);
                step(shell, "down", more);
            }
        });
    }
    let chosen = Signal::derive(move || focus.get().unwrap_or_else(|| t(Word::MapFocusNone).into()));
    let item = move |id: String| {
        let label = id.clone();
        view! { <button type="button" role="menuitem" on:click=move |_| shell.address.set("focus", &id)>{label}</button> }
    };
    let items = move || {
        let ids = about.map.map(|map| map.nodes.iter().map(|node| node.id.clone()).collect::<Vec<_>>());
        ids.into_iter().map(item).collect_view()
    };
    let clear =
        move |_| shell.address.push(shell.address.now().without("focus").without("up").without("down"));
    let stepper = move |key: &'static str, text: Word, less: Word, more: Word| {
        let count = move || {
            shell.address.get();
            hops(shell, key).to_string()
        };
        view! {
            <span class="map-hops">
                <button type="button" aria-label=t(less) on:click=move |_| step(shell, key, false)><Icon name="minus" size=12 /></button>
                <span>{move || say(text, &[("count", &count())])}</span>
                <button type="button" aria-label=t(more) on:click=move |_| step(shell, key, true)><Icon name="plus" size=12 /></button>
            </span>
        }
    };
    view! {
        <Menu label=Signal::stored(t(Word::MapFocus).to_owned()) value=chosen title=t(Word::MapFocus) kind="plain">
            <button type="button" role="menuitem" on:click=clear>{t(Word::MapFocusNone)}</button>
            {items()}
        </Menu>
        <Show when=move || focus.get().is_some()>
            <span class="map-focus">
                {stepper("up", Word::MapUp, Word::MapLessUp, Word::MapMoreUp)}
                {stepper("down", Word::MapDown, Word::MapLessDown, Word::MapMoreDown)}
                <button type="button" class="button" data-kind="plain" data-icon aria-label=t(Word::MapClearFocus) title=t(Word::MapClearFocus) on:click=clear>
                    <Icon name="close" size=14 />
                </button>
            </span>
        </Show>
    }
}

/// Off, or one node for each namespace, team or environment.
#[component]
fn Group() -> impl IntoView {
    let shell = Shell::here();
    let groups =
        [("namespace", Word::MapGroupNamespace), ("team", Word::MapGroupTeam), ("env", Word::MapGroupEnv)];
    let now = move || {
        let address = shell.address.get();
        let is_on = address.get("level") == Some("group");
        let group = address.get("group").unwrap_or("namespace");
        groups
            .into_iter()
            .find(|(name, _)| is_on && *name == group)
            .map_or(Word::MapGroupOff, |(_, word)| word)
    };
    let chosen = Signal::derive(move || t(now()).to_owned());
    let by = move |(name, word): (&'static str, Word)| {
        let choose = move |_| {
            shell.address.push(
                shell.address.now().with("level", "group").with("group", name).without("sel").without("cam"),
            )
        };
        view! { <button type="button" role="menuitem" on:click=choose>{t(word)}</button> }
    };
    let off = move |_| {
        shell
            .address
            .push(shell.address.now().without("level").without("group").without("sel").without("cam"))
    };
    view! {
        <Menu label=Signal::stored(t(Word::MapGroup).to_owned()) value=chosen title=t(Word::MapGroup) kind="plain">
            <button type="button" role="menuitem" on:click=off>{t(Word::MapGroupOff)}</button>
            {groups.map(by).into_iter().collect_view()}
        </Menu>
    }
}
