//! All there is to know of what is selected: a node, or the calls between two.

use daymark_view::map::{EdgeDetail, MapEdge, MapNode, NodeKind};
use daymark_view::service::Operation;
use daymark_view::traces::TraceHit;
use daymark_view::traffic::Traffic;
use daymark_viz::{clause, figure, notable, rule_draft};
use leptos::prelude::*;
use serde_json::{Value, json};

use crate::load::load;
use crate::net::{Question, part};
use crate::parts::alarm::CreateAlert;
use crate::parts::cells;
use crate::parts::chart::{Chart, Plot, Series};
use crate::parts::figures::show_or_dash;
use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::parts::states::Loaded;
use crate::parts::swatch::Swatch;
use crate::parts::traffic::{self, ERRORS, P95, RATE};
use crate::shell::Shell;
use crate::words::{Word, say, t};

use super::node::{icon, kind_name};
use super::{About, edge_id};

const CHART: f64 = 84.0;
/// Rows of each list.
const SHOWN: usize = 6;

#[component]
pub(super) fn Panel(about: About) -> impl IntoView {
    let shell = Shell::here();
    let close = move || shell.address.set("sel", "");
    let opened = Memo::new(move |_| about.selected.get().filter(|_| about.map.has_answer()));
    // What it is changes with the selection, not with every answer.
    let is_edge = Memo::new(move |_| opened.get().is_some_and(|id| about.edge(&id).is_some()));
    let is_node = Memo::new(move |_| opened.get().is_some_and(|id| about.node(&id).is_some()));
    move || {
        opened.get().map(|id| {
        let inside = match (is_edge.get(), is_node.get()) {
            (true, _) => view! { <Edge about=about id=id /> }.into_any(),
            (_, true) => view! { <Node about=about id=id /> }.into_any(),
            _ => view! {
                <div class="side-head"><h1>{t(Word::MapGone)}</h1></div>
                <p class="map-pad quiet">{say(Word::MapGoneText, &[("name", &id)])}</p>
            }.into_any(),
        };
        view! {
            <aside class="side map-side" aria-label=t(Word::MapEdge) on:keydown=move |event| if event.key() == "Escape" { event.stop_propagation(); close(); }>
                <button type="button" class="button map-close" data-kind="plain" data-icon aria-label=t(Word::MapClosePanel) on:click=move |_| close()><Icon name="close" /></button>
                {inside}
            </aside>
        }
    })
    }
}

/// Three figures side by side.
fn three(rate: f64, error_rate: Option<f64>, p95_ns: Option<u64>) -> impl IntoView {
    let class = if notable::are_errors(error_rate, None) { "big crit" } else { "big" };
    view! {
        <dl class="map-three">
            <div><dt>{t(Word::MapRate)}</dt><dd class="big">{show_or_dash(Some(figure::rate(rate)))}</dd></div>
            <div><dt>{t(Word::MapErrors)}</dt><dd class=class>{show_or_dash(error_rate.map(figure::percent))}</dd></div>
            <div><dt>"p95"</dt><dd class="big">{show_or_dash(p95_ns.map(figure::duration))}</dd></div>
        </dl>
    }
}

#[component]
fn Node(about: About, id: String) -> impl IntoView {
    let shell = Shell::here();
    let name = StoredValue::new(id);
    let node = Memo::new(move |_| name.with_value(|name| about.node(name)));
    let is_ours = Memo::new(move |_| node.with(|node| node.as_ref().is_some_and(is_ours)));
    let calls = Memo::new(move |_| {
        name.with_value(|name| {
            about.map.map(|map| {
                let of = |end: fn(&MapEdge) -> &str| {
                    map.edges.iter().filter(|edge| end(edge) == name.as_str()).cloned().collect::<Vec<_>>()
                };
                (of(|edge| &edge.server), of(|edge| &edge.client))
            })
        })
    });
    let service = move || name.get_value();
    let traffic = load::<Traffic>(move || {
        is_ours
            .get()
            .then(|| shell.in_range(Question::get("traffic")).with("buckets", 60).with("service", service()))
    });
    let operations = load::<Vec<Operation>>(move || {
        is_ours.get().then(|| {
            shell
                .in_range(Question::get(format!("services/{}/operations", part(&service()))))
                .with("limit", SHOWN)
        })
    });
    let head = move || {
        node.get().map(|node| {
        let sign = match icon(&node) {
            Some(icon) => view! { <span class="quiet"><Icon name=icon size=14 /></span> }.into_any(),
            None => view! { <Mark state=State::from(node.state) /><Swatch service=node.id.clone() /> }.into_any(),
        };
        view! {
            <div class="map-pad map-head">
                <span class="quiet small">{kind_name(&node)}</span>
                <h2 class="map-title">{sign}{node.id.clone()}</h2>
                <div class="map-badges">{node.versions.iter().take(3).map(|version| view! { <span class="badge" data-size="large">{version.clone()}</span> }).collect_view()}</div>
            </div>
            {three(node.rate, node.error_rate, node.p95_ns)}
        }
    })
    };
    let query = move || format!("service={}", clause::value(&service()));
    let actions = view! {
        <div class="map-pad map-actions">
            <Show when=move || is_ours.get()>
                <a class="button" data-kind="primary" href=move || shell.link(["services", &service()]).to_string()>{t(Word::MapOpenService)}</a>
                <a class="button" href=move || shell.link(["traces"]).with("q", &query()).to_string()>{t(Word::MapTraces)}</a>
                <a class="button" href=move || shell.link(["logs"]).with("q", &query()).to_string()>{t(Word::MapLogs)}</a>
            </Show>
            <button type="button" class="button" on:click=move |_| shell.address.set("focus", &service())>{t(Word::MapFocus)}</button>
        </div>
    };
    let rate = move || {
        traffic
            .map(|traffic| traffic::plot(traffic, [RATE.line(t(Word::MapRate).into(), traffic, true, false)]))
    };
    let errors = move || {
        traffic.map(|traffic| {
            traffic::plot(traffic, [ERRORS.line(t(Word::MapErrors).into(), traffic, true, false)])
        })
    };
    let p95 = move || {
        traffic.map(|traffic| traffic::plot(traffic, [P95.line("p95".into(), traffic, false, false)]))
    };
    let of_service = move |metric: &'static str| {
        Signal::derive(move || {
            Some(rule_draft::of_service_metric(metric, &format!("service={}", clause::value(&service()))))
        })
    };
    view! {
        {head}
        {actions}
        <Show when=move || is_ours.get()>
            <Plotted title=Word::MapRate plot=Signal::derive(rate) format=RATE.text watched=of_service("rate") />
            <Plotted title=Word::MapErrors plot=Signal::derive(errors) format=ERRORS.text watched=of_service("error_rate") />
            <Plotted title=Word::MapDuration plot=Signal::derive(p95) format=P95.text watched=of_service("p95") />
        </Show>
        {move || edges(about, Word::MapCalledBy, calls.get().0, |edge| edge.client.clone())}
        {move || edges(about, Word::MapCalls, calls.get().1, |edge| edge.server.clone())}
        <Show when=move || is_ours.get() && operations.has_answer()>
            <div class="section-head panel-head"><h2>{t(Word::MapOperations)}</h2></div>
            {move || operations.map(Clone::clone).into_iter().map(|row| {
                let title = row.name.clone();
                view! {
                    <div class="map-row"><span class="cut" title=title>{row.name}</span><span>{cells::rate(row.rate)}</span><span>{cells::errors(row.error_rate, None)}</span><span>{cells::duration(row.p95_ns)}</span></div>
                }
            }).collect_view()}
        </Show>
    }
}

fn is_ours(node: &MapNode) -> bool {
    matches!(node.kind, NodeKind::Service | NodeKind::Gateway | NodeKind::Browser)
}

/// Calls on one side of a node; each opens its own panel.
fn edges(about: About, title: Word, edges: Vec<MapEdge>, other: fn(&MapEdge) -> String) -> Option<AnyView> {
    let row = move |edge: MapEdge| {
        let (id, name) = (edge_id(&edge), other(&edge));
        let title = name.clone();
        view! {
            <button type="button" class="map-row" on:click=move |_| about.select(&id)>
                <span class="cut" title=title>{name}</span><span>{cells::rate(edge.rate)}</span><span>{cells::errors(edge.error_rate, None)}</span><span>{cells::duration(edge.p95_ns)}</span>
            </button>
        }
    };
    (!edges.is_empty()).then(|| {
        view! {
            <div class="section-head panel-head"><h2>{t(title)}</h2></div>
            {edges.into_iter().map(row).collect_view()}
        }
        .into_any()
    })
}

#[component]
fn Plotted(
    title: Word,
    plot: Signal<Option<Plot>>,
    format: fn(f64) -> String,
    watched: Signal<Option<Value>>,
) -> impl IntoView {
    view! {
        <div class="map-chart">
            <div class="alarmed map-pad"><h3>{t(title)}</h3><CreateAlert signal=watched is_small=true /></div>
            <Chart plot=plot title=t(title).to_owned() format=format height=CHART />
        </div>
    }
}

#[component]
fn Edge(about: About, id: String) -> impl IntoView {
    let shell = Shell::here();
    let key = StoredValue::new(id);
    let edge = Memo::new(move |_| key.with_value(|key| about.edge(key)));
    let ends = Memo::new(move |_| {
        edge.with(|edge| edge.as_ref().map(|edge| (edge.client.clone(), edge.server.clone())))
    });
    let detail = load::<EdgeDetail>(move || {
        let (client, server) = ends.get()?;
        Some(shell.in_range(Question::get(format!("map/edges/{}/{}", part(&client), part(&server)))))
    });
    let head = move || {
        edge.get().map(|edge| {
        let breaker = edge.breaker.as_ref().map(|breaker| {
            let (open, instances) = (breaker.open.to_string(), breaker.instances.to_string());
            say(Word::MapBreaker, &[("state", &breaker.state), ("open", &open), ("instances", &instances)])
        });
        let mtls = edge.mtls.map(|share| say(Word::MapMtls, &[("share", &figure::percent_short(share).to_string())]));
        let end = |name: String| {
            let id = name.clone();
            view! { <button type="button" class="map-end" on:click=move |_| about.select(&id)>{name}</button> }
        };
        view! {
            <div class="map-pad map-head">
                <span class="quiet small">{t(Word::MapEdge)}</span>
                <h2 class="map-title">{end(edge.client.clone())}<span class="faint">"→"</span>{end(edge.server.clone())}</h2>
                <div class="map-badges">
                    {breaker.map(|text| view! { <span class="badge" data-size="large" data-state="critical"><Icon name="bolt" size=12 />{text}</span> })}
                    <span class="badge" data-size="large">{edge.protocol.clone().unwrap_or_else(|| edge.link.clone())}</span>
                    {mtls.map(|text| view! { <span class="badge" data-size="large"><Icon name="lock" size=12 />{text}</span> })}
                </div>
            </div>
            {three(edge.rate, edge.error_rate, edge.p95_ns)}
        }
    })
    };
    let line =
        move |colour: &'static str, label: &'static str, values: fn(&EdgeDetail) -> Vec<Option<f64>>| {
            detail.map(|detail| {
                Some(Plot {
                    t0: detail.series.t0,
                    step_ns: detail.series.step_ns,
                    series: vec![Series {
                        label: label.into(),
                        colour: colour.into(),
                        values: values(detail),
                        is_filled: colour != "--p95",
                        before: Vec::new(),
                    }],
                    threshold: None,
                })
            })
        };
    let rate = move || line("--rate", t(Word::MapRate), |detail| detail.series.rate.clone());
    let errors = move || line("--crit", t(Word::MapErrors), |detail| detail.series.error_rate.clone());
    let p95 = move || {
        line("--p95", "p95", |detail| detail.series.p95_ns.iter().map(|ns| ns.map(|ns| ns as f64)).collect())
    };
    let show = move |detail: &EdgeDetail| {
        let network = detail
            .edge
            .network_mean_ns
            .map(|ns| say(Word::MapOnTheWay, &[("duration", &figure::duration(ns).to_string())]));
        let server = detail
            .edge
            .server_p95_ns
            .map(|ns| say(Word::MapAtServer, &[("duration", &figure::duration(ns).to_string())]));
        let facts: Vec<String> = server.into_iter().chain(network).collect();
        view! {
            {(!facts.is_empty()).then(|| view! { <p class="map-pad small quiet">{facts.join(" · ")}</p> })}
            {codes(detail)}
            {operations(detail)}
            {traces(shell, detail)}
        }
    };
    let of_calls = move |metric: &'static str| {
        Signal::derive(move || {
            let (client, server) = ends.get()?;
            Some(
                json!({"kind": "edge", "metric": metric, "client": client, "server": server, "by": ["client", "server"]}),
            )
        })
    };
    view! {
        {head}
        <Plotted title=Word::MapRate plot=Signal::derive(rate) format=RATE.text watched=of_calls("rate") />
        <Plotted title=Word::MapErrors plot=Signal::derive(errors) format=ERRORS.text watched=of_calls("error_rate") />
        <Plotted title=Word::MapDuration plot=Signal::derive(p95) format=P95.text watched=of_calls("client_p95") />
        <Loaded load=detail rows=6 show=move |answer| show(&answer.data) />
        {move || ends.get().map(|(client, server)| {
            let quoted = clause::value;
            let q = format!("service:({} OR {})", quoted(&client), quoted(&server));
            view! { <div class="map-pad map-actions"><a class="button" href=shell.link(["logs"]).with("q", &q).to_string()>{t(Word::MapLogsBoth)}</a></div> }
        })}
    }
}

/// What was answered, most often first.
fn codes(detail: &EdgeDetail) -> Option<AnyView> {
    let total = detail.codes.iter().map(|code| code.count).sum::<u64>().max(1);
    let row = |code: &daymark_view::map::CodeCount| {
        let share = code.count as f64 / total as f64;
        let is_bad = code.code == "error"
            || code.code.starts_with('5')
            || code.code.starts_with("grpc_") && code.code != "grpc_0";
        view! {
            <div class="map-row" data-codes="">
                <span class="cut">{code.code.clone()}</span>
                <span class="meter" style:--own=if is_bad { "var(--crit)" } else { "var(--ctl)" }><i style:width=format!("{:.1}%", share * 100.0)></i></span>
                <span>{cells::percent(share)}</span>
            </div>
        }
    };
    (!detail.codes.is_empty()).then(|| {
        view! {
            <div class="section-head panel-head"><h2>{t(Word::MapAnswers)}</h2></div>
            {detail.codes.iter().take(SHOWN).map(row).collect_view()}
        }
        .into_any()
    })
}

fn operations(detail: &EdgeDetail) -> Option<AnyView> {
    let row = |row: &daymark_view::map::EdgeOperation| {
        let title = row.name.clone();
        view! {
            <div class="map-row"><span class="cut" title=title>{row.name.clone()}</span><span>{cells::rate(row.rate)}</span><span>{cells::errors(row.error_rate, None)}</span><span>{cells::duration(row.p95_ns)}</span></div>
        }
    };
    (!detail.operations.is_empty()).then(|| {
        view! {
            <div class="section-head panel-head"><h2>{t(Word::MapOperations)}</h2></div>
            {detail.operations.iter().take(SHOWN).map(row).collect_view()}
        }
        .into_any()
    })
}

fn traces(shell: Shell, detail: &EdgeDetail) -> Option<AnyView> {
    let quoted = clause::value;
    let (client, server) = (&detail.edge.client, &detail.edge.server);
    let q = match detail.edge.server_kind.as_str() {
        "service" => format!("{{ service={} }} > {{ service={} }}", quoted(client), quoted(server)),
        _ => format!("service={} peer={}", quoted(client), quoted(server)),
    };
    let all = shell.link(["traces"]).with("q", &q).to_string();
    let row = |hit: &TraceHit| {
        let id = hit.trace_id.to_string();
        let short: String = id.chars().take(8).collect();
        let mark = (hit.error_count > 0).then(|| view! { <Mark state=State::Critical /> });
        view! {
            <a class="map-row" data-traces="" href=shell.link(["traces", &id]).to_string()>
                <span class="mono quiet">{shell.civil(hit.start).hms_ms()}</span><span class="mono link">{short}</span><span>{mark}</span><span>{cells::duration(u64::try_from(hit.duration_ns).ok())}</span>
            </a>
        }
    };
    (!detail.traces.is_empty()).then(|| view! {
        <div class="section-head panel-head"><h2>{t(Word::MapTraces)}</h2><a class="link" href=all>{t(Word::MapAllTraces)}</a></div>
        {detail.traces.iter().take(SHOWN).map(row).collect_view()}
    }.into_any())
}
