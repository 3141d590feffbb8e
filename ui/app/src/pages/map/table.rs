//! The map as rows: the same calls for whoever cannot or does not want to see them drawn.

use daymark_view::map::MapEdge;
use leptos::prelude::*;

use crate::parts::cells;
use crate::parts::grid::{Column, Grid, Sorting};
use crate::parts::swatch::Swatch;
use crate::parts::width::is_phone;
use crate::shell::Shell;
use crate::words::{Word, t};

use super::{About, edge_id};

#[component]
pub(super) fn Table(about: About) -> impl IntoView {
    let shell = Shell::here();
    let is_phone = is_phone();
    let sort = shell.address.param("sort");
    let by = move || sort.get().unwrap_or_else(|| "-rate".into());
    let rows = Memo::new(move |_| {
        let mut rows = about.map.map(|map| map.edges.clone());
        sorted(&mut rows, &by());
        rows
    });
    let sorting = Sorting {
        by: Signal::derive(by),
        choose: Callback::new(move |by: String| {
            shell.address.set("sort", if by == "-rate" { "" } else { &by })
        }),
    };
    let open = Callback::new(move |edge: MapEdge| about.select(&edge_id(&edge)));
    let is_selected = Callback::new(move |edge: MapEdge| {
        about.selected.with(|selected| selected.as_deref() == Some(edge_id(&edge).as_str()))
    });
    let alone = move || about.map.map(|map| map.unconnected.clone());
    view! {
        <div class="map-table">
            {move || view! {
                <Grid
                    rows=rows
                    columns=columns(is_phone.get())
                    label=t(Word::MapTitle)
                    open=open
                    is_selected=is_selected
                    sorting=sorting
                    row_px=if is_phone.get() { 36.0 } else { 28.0 }
                    scrolls=true
                />
            }}
            {move || (!alone().is_empty()).then(|| view! {
                <p class="map-table-alone"><span class="faint">{t(Word::MapUnconnected)}</span>" "{alone().join(", ")}</p>
            })}
        </div>
    }
}

fn columns(is_short: bool) -> Vec<Column<MapEdge>> {
    let name = |name: &str| {
        let (service, title) = (name.to_owned(), name.to_owned());
        view! { <Swatch service=service.clone() /><span class="cut" title=title>{service}</span> }.into_any()
    };
    let errors =
        Column::number(t(Word::MapErrors), "64px", |edge: &MapEdge| cells::errors(edge.error_rate, None))
            .sorted_by("errors");
    let rate = |wide| {
        Column::number(t(Word::MapRate), wide, |edge: &MapEdge| cells::rate(edge.rate)).sorted_by("rate")
    };
    let p95 =
        |wide| Column::number("p95", wide, |edge: &MapEdge| cells::duration(edge.p95_ns)).sorted_by("p95");
    let caller = |wide| {
        Column::text(t(Word::MapCaller), wide, move |edge: &MapEdge| name(&edge.client)).sorted_by("client")
    };
    let callee = |wide| {
        Column::text(t(Word::MapCallee), wide, move |edge: &MapEdge| name(&edge.server)).sorted_by("server")
    };
    if is_short {
        return vec![caller("minmax(0, 1fr)"), callee("minmax(0, 1.2fr)"), rate("58px"), errors];
    }
    vec![
        caller("minmax(130px, 1fr)"),
        callee("minmax(150px, 1.2fr)"),
        Column::text(t(Word::MapKind), "110px", |edge: &MapEdge| {
            view! { <span class="quiet">{edge.server_kind.clone()}</span> }.into_any()
        }),
        Column::text(t(Word::MapProtocol), "110px", |edge: &MapEdge| {
            view! { <span class="quiet">{edge.protocol.clone().unwrap_or_else(|| edge.link.clone())}</span> }
                .into_any()
        }),
        rate("80px"),
        errors,
        Column::number("p50", "80px", |edge: &MapEdge| cells::quiet_duration(edge.p50_ns)),
        p95("80px"),
        Column::number("p99", "80px", |edge: &MapEdge| cells::quiet_duration(edge.p99_ns)),
    ]
}

fn sorted(rows: &mut [MapEdge], by: &str) {
    let (name, is_descending) = by.strip_prefix('-').map_or((by, false), |name| (name, true));
    rows.sort_by(|one, other| match name {
        "client" => (&one.client, &one.server).cmp(&(&other.client, &other.server)),
        "server" => (&one.server, &one.client).cmp(&(&other.server, &other.client)),
        "errors" => one.error_rate.unwrap_or(-1.0).total_cmp(&other.error_rate.unwrap_or(-1.0)),
        "p95" => one.p95_ns.cmp(&other.p95_ns),
        _ => one.rate.total_cmp(&other.rate),
    });
    if is_descending {
        rows.reverse();
    }
}
