//! Who calls whom, and how that goes: drawn as a graph, or listed as a table.

/// What is in sight, and the nodes and lines in it.
mod canvas;
/// One line.
mod line;
/// One node.
mod node;
/// All there is to know of what is selected.
mod panel;
/// The states at an instant of the range.
mod replay;
/// The same nodes and lines as rows.
mod table;
/// What is asked for: find, hide, focus, groups.
mod toolbar;

use std::collections::{BTreeMap, HashMap};

use daymark_view::alerts::state::StateRow;
use daymark_view::map::{MapEdge, MapNode, ServiceMap};
use daymark_view::why::WhySignal;
use daymark_viz::alert;
use leptos::prelude::*;

use crate::load::{Load, load};
use crate::net::Question;
use crate::parts::states::{Bones, Empty, Loaded, Older};
use crate::parts::tabs::{ScopeChips, Segments};
use crate::parts::width::is_phone;
use crate::shell::Shell;
use crate::shell::events::{self, EventRail};
use crate::words::{Word, say, t};

/// More nodes are shown as groups unless the address says otherwise.
const DRAWN_MAX: usize = 300;

/// What all parts of the page share.
#[derive(Clone, Copy)]
struct About {
    map: Load<ServiceMap>,
    /// `payment`, or `payment~bank` for the calls between two.
    selected: Memo<Option<String>>,
    replay: replay::Replay,
    /// Where in the answer everything is: each node and line looks itself up.
    index: Memo<Index>,
    /// So many that nobody reads figures on them.
    is_dense: Memo<bool>,
    /// How many alerts fire for each service.
    firing: Memo<BTreeMap<String, u64>>,
}

/// Places of nodes and of lines by their ids.
#[derive(Debug, Default, PartialEq)]
struct Index {
    nodes: HashMap<String, usize>,
    edges: HashMap<String, usize>,
}

impl Index {
    fn of(map: &ServiceMap) -> Self {
        let nodes = map.nodes.iter().enumerate().map(|(at, node)| (node.id.clone(), at));
        let edges = map.edges.iter().enumerate().map(|(at, edge)| (edge_id(edge), at));
        // Of several calls between the same two the first stands for all.
        Self { nodes: nodes.rev().collect(), edges: edges.rev().collect() }
    }
}

impl About {
    fn node(self, id: &str) -> Option<MapNode> {
        let at = self.index.with(|index| index.nodes.get(id).copied())?;
        let mut node = self.map.map(|map| map.nodes.get(at).cloned())?;
        if let Some(state) =
            self.replay.states.with(|states| states.as_ref().and_then(|states| states.node(id)))
        {
            node.state = state;
        }
        Some(node)
    }

    fn edge(self, id: &str) -> Option<MapEdge> {
        let at = self.index.with(|index| index.edges.get(id).copied())?;
        self.map.map(|map| map.edges.get(at).cloned())
    }

    fn select(self, id: &str) {
        let shell = Shell::here();
        let is_on = self.selected.with_untracked(|selected| selected.as_deref() == Some(id));
        shell.address.set("sel", if is_on { "" } else { id });
    }
}

fn edge_id(edge: &MapEdge) -> String {
    format!("{}~{}", edge.client, edge.server)
}

#[component]
pub(crate) fn Page() -> impl IntoView {
    let shell = Shell::here();
    events::provide(None);
    let is_phone = is_phone();
    let is_large = RwSignal::new(None::<usize>);
    let have_groups_come = RwSignal::new(false);
    let is_grouped = Memo::new(move |_| {
        let address = shell.address.get();
        match address.get("level") {
            Some(level) => level == "group",
            None => is_large.get().is_some() && address.get("focus").is_none(),
        }
    });
    let map = load::<ServiceMap>(move || {
        let address = shell.address.get();
        let group = address.get("group");
        let (level, group) = match is_grouped.get() {
            true => ("group", group.unwrap_or("namespace")),
            // No attribute is called so: no groups.
            false => ("service", group.unwrap_or("none")),
        };
        let question = shell.in_range(Question::get("map")).with("level", level).with("group", group);
        let question = ["up", "down", "find", "hide", "overlay"]
            .into_iter()
            .fold(question, |question, key| question.with(key, address.get(key).unwrap_or_default()));
        Some(address.all("focus").fold(question, |question, focus| question.with("focus", focus)))
    });
    Effect::new(move |_| {
        let count = map.map(|map| map.nodes.len());
        let is_chosen =
            shell.address.now().get("level").is_some() || shell.address.now().get("focus").is_some();
        match is_large.get_untracked() {
            None if count > DRAWN_MAX && !is_chosen => is_large.set(Some(count)),
            None => {}
            Some(_) => have_groups_come.set(true),
        }
    });
    let selected = shell.address.param("sel");
    let states = load::<Vec<StateRow>>(|| Some(Question::get("alerts/states")));
    let firing = Memo::new(move |_| states.map(|rows| alert::firing_by_service(rows)));
    let index = Memo::new(move |_| map.map(Index::of));
    let is_dense = Memo::new(move |_| map.map(|map| map.nodes.len()) > DRAWN_MAX);
    let about = About { map, selected, replay: replay::Replay::of(shell), index, is_dense, firing };
    shell.tell_cost(map, |map, _| map.edges.len().to_string());
    let counts = move || {
        map.has_answer().then(|| {
            map.map(|map| {
                say(
                    Word::MapCounts,
                    &[("nodes", &map.nodes.len().to_string()), ("edges", &map.edges.len().to_string())],
                )
            })
        })
    };
    let view = shell.address.param("view");
    let is_table = Memo::new(move |_| is_phone.get() || view.get().as_deref() == Some("table"));
    let is_empty = Memo::new(move |_| map.map(|map| map.nodes.is_empty()));
    // Too many: their groups are on the way, and drawing all of them first would take longer.
    let is_passing = Memo::new(move |_| {
        let address = shell.address.get();
        let is_chosen = address.get("level").is_some() || address.get("focus").is_some();
        !is_chosen && !have_groups_come.get() && map.map(|map| map.nodes.len()) > DRAWN_MAX
    });
    let note = move || {
        is_large.get().filter(|_| is_grouped.get() && shell.address.get().get("level").is_none()).map(|count| view! {
        <div class="note-bar" role="status">
            {say(Word::MapLarge, &[("count", &count.to_string())])}
            <button type="button" class="link" on:click=move |_| shell.address.set("level", "service")>{t(Word::MapAllNodes)}</button>
        </div>
    })
    };
    view! {
        <div class="page map">
            <div class="page-head">
                <h1>{t(Word::MapTitle)}</h1>
                <ScopeChips />
                <span class="quiet map-counts">{counts}</span>
                <span class="actions">
                    <Show when=move || !is_phone.get()>
                        <Segments parameter="view" label=t(Word::MapView) choices=vec![("graph", Word::MapGraph), ("table", Word::MapTable)] />
                    </Show>
                </span>
            </div>
            <toolbar::Toolbar about=about />
            <EventRail />
            <replay::Scrubber replay=about.replay />
            {note}
            <Older load=map />
            <div class="map-body">
                {move || match (map.has_answer(), is_empty.get(), is_table.get()) {
                    (false, ..) => view! { <div class="map-wait"><Loaded load=map rows=10 show=|_| () /></div> }.into_any(),
                    (true, ..) if is_passing.get() => view! { <div class="map-wait"><Bones rows=10 /></div> }.into_any(),
                    (true, true, _) => view! { <div class="map-wait"><Empty signal=WhySignal::Spans q=String::new() /></div> }.into_any(),
                    (true, false, true) => view! { <table::Table about=about /> }.into_any(),
                    (true, false, false) => view! { <canvas::Canvas about=about /> }.into_any(),
                }}
                <panel::Panel about=about />
            </div>
        </div>
    }
}
