//! One line between two nodes: as wide as it is busy, in colour only when it is affected.

use daymark_view::map::{MapEdge, MapNode};
use daymark_viz::{figure, wires};
use leptos::prelude::*;

use crate::words::{Word, say};

use super::{About, edge_id};

#[component]
pub(super) fn Line(
    about: About,
    id: String,
    metric: Memo<Option<String>>,
    busiest: Memo<f64>,
) -> impl IntoView {
    let key = StoredValue::new(id.clone());
    // The line, and the one that is called.
    let drawn = Memo::new(move |_| {
        key.with_value(|key| {
            let edge = about.edge(key)?;
            let server: Option<MapNode> = about.node(&edge.server);
            let trouble = match about.replay.states.get() {
                Some(states) => states.trouble(&edge.client, &edge.server),
                None => wires::trouble(&edge, server.as_ref()),
            };
            Some((edge, trouble))
        })
    });
    let is_selected = Memo::new(move |_| {
        about.selected.with(|selected| key.with_value(|key| selected.as_ref() == Some(key)))
    });
    // Lines of the node that is selected stand out among the others.
    let is_near = Memo::new(move |_| {
        about.selected.with(|selected| {
            selected.as_ref().is_some_and(|selected| {
                drawn.with(|drawn| {
                    drawn
                        .as_ref()
                        .is_some_and(|(edge, _)| edge.client == *selected || edge.server == *selected)
                })
            })
        })
    });
    move || {
        drawn.get().map(|(edge, trouble)| {
        let width = wires::width(edge.rate, busiest.get()) * if trouble.is_some() { 1.25 } else { 1.0 };
        let path = wires::path(&edge.points);
        let [x, y] = wires::label_place(&edge.points);
        let text = label(&edge, metric.get().as_deref(), trouble.is_some());
        let is_messaging = edge.link == "messaging";
        // Among thousands the line itself is hit, not a band around it.
        let hit = (!about.is_dense.get()).then(|| (path.clone(), title(&edge)));
        let id = edge_id(&edge);
        view! {
            <g
                class="map-line"
                data-trouble=trouble.map(|state| state.name())
                data-messaging=is_messaging.then_some("")
                data-match=edge.is_match.then_some("")
                data-selected=move || is_selected.get().then_some("")
                data-near=move || is_near.get().then_some("")
                on:click=move |event| { event.stop_propagation(); about.select(&id); }
            >
                {hit.map(|(path, title)| view! { <path class="map-hit" d=path><title>{title}</title></path> })}
                <path class="map-curve" d=path style:stroke-width=format!("{width:.2}") />
                {text.map(|text| view! { <text class="map-text" x=x y=y + 4.0 text-anchor="middle">{text}</text> })}
            </g>
        }
    })
    }
}

fn title(edge: &MapEdge) -> String {
    let ends = say(Word::MapEdgeLabel, &[("client", &edge.client), ("server", &edge.server)]);
    let errors = edge.error_rate.map(|share| figure::percent(share).to_string()).unwrap_or_default();
    let p95 = edge.p95_ns.map(|ns| figure::duration(ns).to_string()).unwrap_or_default();
    format!("{ends}: {}", [figure::rate(edge.rate).to_string(), errors, p95].join(", "))
}

/// What is written on a line; on one in trouble always its failures.
fn label(edge: &MapEdge, metric: Option<&str>, is_affected: bool) -> Option<String> {
    let failures = || {
        edge.error_rate.filter(|share| *share >= wires::TOLD).map(|share| figure::percent(share).to_string())
    };
    match metric {
        Some("rate") => Some(figure::rate(edge.rate).to_string()),
        Some("err") => failures(),
        Some("p95") => edge.p95_ns.map(|ns| figure::duration(ns).to_string()),
        _ => failures().filter(|_| is_affected),
    }
}
