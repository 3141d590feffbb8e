//! Who calls the service, and whom it calls.

use daymark_view::map::MapEdge;
use daymark_view::service::Dependencies;
use daymark_viz::palette;
use leptos::prelude::*;

use crate::load::load;
use crate::parts::cells;
use crate::parts::grid::{Column, Grid};
use crate::parts::icon::Icon;
use crate::parts::states::{Loaded, Nothing};
use crate::parts::swatch::{self, Swatch};
use crate::shell::Shell;
use crate::words::{Word, t};

use super::About;

/// Both sides with their main figures.
#[component]
pub(super) fn Short(about: About) -> impl IntoView {
    view! { <Both about=about is_short=true /> }
}

/// Both sides with all that is known.
#[component]
pub(super) fn All(about: About) -> impl IntoView {
    view! { <Both about=about is_short=false /> }
}

/// Which end of an edge a table is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Caller,
    Callee,
}

#[component]
fn Both(about: About, is_short: bool) -> impl IntoView {
    let dependencies =
        load::<Dependencies>(move || Some(about.question("dependencies").with("limit", 1_000)));
    let side = move |rows: Vec<MapEdge>, end: End| {
        let (title, none) = match end {
            End::Caller => (Word::ServiceCalledBy, Word::ServiceNoCallers),
            End::Callee => (Word::ServiceCalls, Word::ServiceNoCalls),
        };
        view! {
            <div class="section-head"><h2>{t(title)}</h2></div>
            {if rows.is_empty() {
                view! { <p class="service-none quiet">{t(none)}</p> }.into_any()
            } else {
                view! { <Table rows=rows end=end is_short=is_short /> }.into_any()
            }}
        }
    };
    view! {
        <Loaded load=dependencies rows=5 show=move |answer| {
            let both = answer.data.clone();
            if both.upstream.is_empty() && both.downstream.is_empty() {
                return view! { <Nothing text=t(Word::ServiceNoCalls) /> }.into_any();
            }
            view! { {side(both.upstream, End::Caller)}{side(both.downstream, End::Callee)} }.into_any()
        } />
    }
}

#[component]
fn Table(rows: Vec<MapEdge>, end: End, is_short: bool) -> impl IntoView {
    let shell = Shell::here();
    let other =
        move |edge: &MapEdge| if end == End::Caller { edge.client.clone() } else { edge.server.clone() };
    let name = move |edge: &MapEdge| {
        let other = other(edge);
        let outside = end == End::Callee && edge.server_kind != "service";
        let icon = match outside {
            true => view! { <span class="faint"><Icon name=outside_icon(&edge.server_kind, &other) size=12 /></span> }.into_any(),
            false => view! { <Swatch service=other.clone() /> }.into_any(),
        };
        let is_open = edge.breaker.as_ref().filter(|breaker| breaker.state != "closed");
        let breaker = is_open.map(|breaker| view! {
            <span class="badge" data-state="critical"><Icon name="bolt" size=12 />{format!("{} {}/{}", breaker.state, breaker.open, breaker.instances)}</span>
        });
        let title = other.clone();
        view! { {icon}<span class="cut" title=title>{other}</span>{breaker} }.into_any()
    };
    // Opens a service of ours; whatever else there is stands on the map.
    let open = Callback::new(move |edge: MapEdge| {
        let name = other(&edge);
        let is_ours = end == End::Caller && !palette::is_virtual(&name)
            || end == End::Callee && edge.server_kind == "service";
        let now = shell.address.now();
        shell.address.push(match is_ours {
            true => now.to_page(["services", &name]),
            false => now.to_page(["map"]).with("sel", &name),
        });
    });
    let head = t(if end == End::Caller { Word::ServiceCaller } else { Word::ServiceCallee });
    let mut columns = vec![
        Column::text(head, "minmax(110px, 1fr)", name),
        Column::number(t(Word::ServiceRate), "68px", |edge: &MapEdge| cells::rate(edge.rate)),
        Column::number(t(Word::ServiceErrorRate), "70px", |edge: &MapEdge| {
            cells::errors(edge.error_rate, None)
        }),
    ];
    if !is_short {
        columns.extend([Column::number("p50", "70px", |edge: &MapEdge| cells::quiet_duration(edge.p50_ns))]);
    }
    columns.push(Column::number("p95", "72px", |edge: &MapEdge| cells::duration(edge.p95_ns)));
    if !is_short {
        columns.extend([
            Column::number("p99", "72px", |edge: &MapEdge| cells::quiet_duration(edge.p99_ns)),
            Column::number(t(Word::ServiceServerP95), "96px", |edge: &MapEdge| {
                cells::quiet_duration(edge.server_p95_ns)
            }),
            Column::number(t(Word::ServiceNetwork), "92px", |edge: &MapEdge| {
                cells::quiet_duration(edge.network_mean_ns)
            }),
            Column::text(t(Word::ServiceProtocol), "96px", |edge: &MapEdge| {
                let text = edge.protocol.clone().unwrap_or_else(|| edge.link.clone());
                view! { <span class="quiet">{text}</span> }.into_any()
            }),
        ]);
    }
    let label = t(if end == End::Caller { Word::ServiceCalledBy } else { Word::ServiceCalls });
    view! { <Grid rows=Signal::stored(rows) columns=columns label=label open=open /> }
}

/// What stands before the name of what is no service of ours.
pub(crate) fn outside_icon(kind: &str, name: &str) -> &'static str {
    match kind {
        "database" => "database",
        "queue" => "queue",
        "external" => "cloud",
        _ => swatch::icon_of(name),
    }
}
