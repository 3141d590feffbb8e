//! One node: a card with figures for a service, a pill with an icon for what is called from outside.

use daymark_view::map::{MapNode, NodeKind};
use daymark_viz::wires::{self, Step};
use daymark_viz::{figure, notable};
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::parts::figures::show;
use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::shell::Shell;
use crate::words::{Word, say, t};

use super::About;

/// Letters that fit on a card and on a pill.
const CARD_LETTERS: usize = 16;
const PILL_LETTERS: usize = 12;

#[component]
pub(super) fn Node(
    about: About,
    id: String,
    spread: Memo<(u64, u64)>,
    show_node: Callback<String>,
) -> impl IntoView {
    let shell = Shell::here();
    let key = StoredValue::new(id.clone());
    let node = Memo::new(move |_| key.with_value(|key| about.node(key)));
    let is_selected = Memo::new(move |_| {
        about.selected.with(|selected| key.with_value(|key| selected.as_ref() == Some(key)))
    });
    let overlay = shell.address.param("overlay");
    let find = shell.address.param("find");
    let pressed = move |event: KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let step = match event.key().as_str() {
            "ArrowRight" => Step::Along,
            "ArrowLeft" => Step::Against,
            "ArrowUp" => Step::Up,
            "ArrowDown" => Step::Down,
            "f" => {
                event.stop_propagation();
                key.with_value(|key| shell.address.set("focus", key));
                return;
            }
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        let next = about.map.map(|map| key.with_value(|key| wires::step(map, key, step).map(str::to_owned)));
        if let Some(next) = next {
            show_node.run(next);
        }
    };
    let place = move |read: fn(&MapNode) -> i64| {
        move || node.with(|node| node.as_ref().map(|node| format!("{}px", read(node))))
    };
    let heat = move || {
        let is_on = overlay.get().as_deref() == Some("latency");
        let ns = node.with(|node| node.as_ref().and_then(|node| node.p95_ns)).filter(|_| is_on)?;
        let step = wires::heat(ns, spread.get());
        Some(
            view! { <i class="map-heat" style:background=format!("var(--seq-{step})") style:width=format!("{}%", step * 100 / 7)></i> },
        )
    };
    let firing = Memo::new(move |_| {
        about.firing.with(|firing| key.with_value(|key| firing.get(key).copied().unwrap_or_default()))
    });
    let inside = move || {
        node.get().map(|node| match is_card(&node) {
            true if about.is_dense.get() => named(&node),
            true => card(&node, firing.get()),
            false => pill(&node),
        })
    };
    let state = move || node.with(|node| node.as_ref().map(|node| node.state.name()));
    let is_pill = move || node.with(|node| node.as_ref().is_some_and(|node| !is_card(node)).then_some(""));
    let is_match = move || {
        find.get().and_then(|_| node.with(|node| node.as_ref().map(|node| node.is_match.to_string())))
    };
    let label = move || {
        let text = node.with(|node| node.as_ref().map(told))?;
        Some(match firing.get() {
            0 => text,
            count => format!("{text}, {}", say(Word::MapFiring, &[("count", &count.to_string())])),
        })
    };
    view! {
        <button
            type="button"
            class="map-node"
            data-node=id
            data-state=state
            data-pill=is_pill
            data-match=is_match
            aria-pressed=move || is_selected.get().to_string()
            title=label
            style:left=place(|node| node.x)
            style:top=place(|node| node.y)
            style:width=place(|node| node.w)
            style:height=place(|node| node.h)
            on:click=move |event| { event.stop_propagation(); key.with_value(|key| about.select(key)); }
            on:dblclick=move |event| { event.stop_propagation(); key.with_value(|key| shell.address.set("focus", key)); }
            on:keydown=pressed
        >
            {inside}
            {heat}
        </button>
    }
}

fn is_card(node: &MapNode) -> bool {
    node.h > 30
}

/// The icon of what is no service of ours.
pub(super) fn icon(node: &MapNode) -> Option<&'static str> {
    match node.kind {
        NodeKind::Service | NodeKind::Gateway | NodeKind::Group => None,
        NodeKind::Database => Some("database"),
        NodeKind::Queue => Some("queue"),
        NodeKind::External => Some("cloud"),
        NodeKind::User => Some("user"),
        NodeKind::Browser => Some("browser"),
    }
}

pub(super) fn kind_name(node: &MapNode) -> String {
    let word = match node.kind {
        NodeKind::Group => {
            return say(Word::MapNodeGroup, &[("count", &node.services.unwrap_or(0).to_string())]);
        }
        NodeKind::Service => Word::MapNode,
        NodeKind::Database => Word::MapNodeDatabase,
        NodeKind::Queue => Word::MapNodeQueue,
        NodeKind::External => Word::MapNodeExternal,
        NodeKind::User => Word::MapNodeUser,
        NodeKind::Browser => Word::MapNodeBrowser,
        NodeKind::Gateway => Word::MapNodeGateway,
    };
    t(word).to_owned()
}

fn sign(node: &MapNode) -> AnyView {
    match icon(node) {
        Some(name) => view! { <span class="quiet map-sign"><Icon name=name size=14 /></span> }.into_any(),
        None => view! { <Mark state=State::from(node.state) /> }.into_any(),
    }
}

fn card(node: &MapNode, firing: u64) -> AnyView {
    let errors = node.error_rate.filter(|share| *share >= wires::TOLD);
    let class = if notable::are_errors(node.error_rate, None) { "crit strong" } else { "quiet" };
    let short = node.instances.filter(|instances| notable::is_short(instances.up, instances.registered));
    let short =
        short.map(|instances| format!("{}/{}", instances.up.unwrap_or(0), instances.registered.unwrap_or(0)));
    let hidden = (node.hidden_callers > 0)
        .then(|| say(Word::MapHiddenCallers, &[("count", &node.hidden_callers.to_string())]));
    let beyond = (node.hidden_callees > 0)
        .then(|| say(Word::MapHiddenCallees, &[("count", &node.hidden_callees.to_string())]));
    view! {
        <span class="map-name">
            {sign(node)}<span>{figure::shortened(&node.id, CARD_LETTERS)}</span>
            {short.map(|short| view! { <span class="badge" data-state="warning">{short}</span> })}
            {(firing > 0).then(|| view! { <span class="badge" data-state="critical"><Icon name="bell" size=12 />{firing}</span> })}
        </span>
        <span class="map-figures">
            <span>{show(figure::rate(node.rate))}</span>
            <span class=class>{errors.map(|share| show(figure::percent_brief(share)))}</span>
            <span>{node.p95_ns.map(|ns| show(figure::duration(ns)))}</span>
        </span>
        {hidden.map(|text| view! { <span class="map-stub" data-side="left">{text}</span> })}
        {beyond.map(|text| view! { <span class="map-stub" data-side="right">{text}</span> })}
    }
    .into_any()
}

/// A card among so many that its figures could not be read.
fn named(node: &MapNode) -> AnyView {
    view! { <span class="map-name">{figure::shortened(&node.id, CARD_LETTERS)}</span> }.into_any()
}

fn pill(node: &MapNode) -> AnyView {
    view! { <span class="map-name">{sign(node)}<span>{figure::shortened(&wires::brief(&node.id), PILL_LETTERS)}</span></span> }.into_any()
}

fn told(node: &MapNode) -> String {
    let percent =
        |share: Option<f64>| share.map_or_else(|| "–".into(), |share| figure::percent(share).to_string());
    let duration = |ns: Option<u64>| ns.map_or_else(|| "–".into(), |ns| figure::duration(ns).to_string());
    let state = match icon(node) {
        Some(_) => kind_name(node),
        None => crate::pages::services::state_name(node.state).to_owned(),
    };
    say(
        Word::MapNodeLabel,
        &[
            ("name", &node.id),
            ("state", &state),
            ("rate", &figure::rate(node.rate).to_string()),
            ("errors", &percent(node.error_rate)),
            ("p95", &duration(node.p95_ns)),
        ],
    )
}
