//! Who called whom in the trace: services as cards, calls as lines, the critical path in ink.

use std::sync::Arc;

use daymark_trace_model::graph::{Call, Graph, HIGH, Node, WIDE};
use daymark_viz::figure;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::pages::trace::coloured::variable;
use crate::pages::trace::seen::Seen;
use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::parts::swatch;
use crate::words::{Word, say, t};

/// Of a line: thin where little time was spent, thick where most was.
const THIN: f64 = 1.0;
const THICK: f64 = 3.0;

#[component]
pub(super) fn CallGraph() -> impl IntoView {
    let seen = Seen::here();
    let graph = Memo::new(move |_| Arc::new(seen.trace.with(|trace| Graph::of(trace))));
    let told = move || {
        graph.with(|graph| {
            let [services, calls] = [graph.nodes.len(), graph.calls.len()].map(|count| count.to_string());
            say(Word::TraceGraphTold, &[("services", &services), ("calls", &calls)])
        })
    };
    let picture = move || {
        let graph = graph.get();
        let most = graph.calls.iter().map(|call| call.total).max().unwrap_or(1).max(1) as f64;
        let lines = graph.calls.iter().map(|call| line(&graph, call, most)).collect_view();
        let cards = graph.nodes.iter().map(|node| card(seen, node)).collect_view();
        view! {
            <div class="trace-graph-ground" style:width=format!("{}px", graph.wide) style:height=format!("{}px", graph.high)>
                <svg width=graph.wide height=graph.high aria-hidden="true">{lines}</svg>
                {cards}
            </div>
        }
    };
    view! { <div class="trace-graph" role="group" aria-label=told>{picture}</div> }
}

fn line(graph: &Graph, call: &Call, most: f64) -> impl IntoView + use<> {
    let width = THIN + (THICK - THIN) * (call.total.max(0) as f64 / most).sqrt();
    let (client, server) = (&graph.nodes[call.client].name, &graph.nodes[call.server].name);
    let total = figure::duration(call.total.max(0) as u64).to_string();
    let title = say(
        Word::TraceGraphCalls,
        &[("client", client), ("server", server), ("count", &call.count.to_string()), ("total", &total)],
    );
    let d = curve(&call.points);
    let [x, y] = middle(&call.points);
    let label = match call.count {
        1 => total,
        count => format!("×{count}, {total}"),
    };
    view! {
        <g data-critical=call.is_critical.then_some("") data-failed=(call.errors > 0).then_some("")>
            <title>{title}</title>
            <path d=d style:stroke-width=format!("{width:.2}") />
            <text x=x y=y - 5.0 text-anchor="middle">{label}</text>
        </g>
    }
}

fn card(seen: Seen, node: &Node) -> impl IntoView + use<> {
    let mark = match &node.kind {
        Some(kind) => {
            let icon = match kind.as_str() {
                "database" => "database",
                "queue" => "queue",
                "external" => "cloud",
                _ => swatch::icon_of(&node.name),
            };
            view! { <span class="faint trace-icon"><Icon name=icon size=12 /></span> }.into_any()
        }
        None => {
            let longest = node.longest;
            let own = move || variable(seen.colours.with(|colours| colours.of(longest)));
            view! { <span class="swatch" style:--own=own></span> }.into_any()
        }
    };
    let figures = match node.spans {
        0 => String::new(),
        spans => {
            let own = figure::duration(node.own.max(0) as u64).to_string();
            format!(
                "{}, {} {own}",
                say(Word::TraceSpanCount, &[("count", &figure::grouped(spans))]),
                t(Word::TraceOwnShort)
            )
        }
    };
    let errors = (node.errors > 0).then(|| {
        let title = say(Word::TraceErrors, &[("count", &node.errors.to_string())]);
        view! { <span class="crit strong trace-graph-errors"><Mark state=State::Critical title=title /> {node.errors}</span> }
    });
    let longest = node.longest;
    let is_chosen = move || seen.selected.get() == Some(longest);
    view! {
        <button
            type="button"
            class="trace-graph-card"
            data-peer=node.kind.is_some().then_some("")
            data-critical=(node.crit > 0).then_some("")
            aria-pressed=move || is_chosen().to_string()
            style:left=format!("{}px", node.x)
            style:top=format!("{}px", node.y)
            style:width=format!("{WIDE}px")
            style:height=format!("{HIGH}px")
            on:click=move |_| seen.selected.set(Some(longest))
            on:keydown=move |event: KeyboardEvent| if event.key() == "Enter" { event.stop_propagation() }
        >
            <span class="trace-graph-name">{mark}<b class="cut" title=node.name.clone()>{node.name.clone()}</b></span>
            <span class="trace-graph-figures quiet">{figures}{errors}</span>
        </button>
    }
}

/// Through all points, level at each.
fn curve(points: &[[f64; 2]]) -> String {
    let mut d = String::new();
    for (at, [x, y]) in points.iter().enumerate() {
        match at.checked_sub(1).map(|before| points[before]) {
            None => d.push_str(&format!("M{x:.1} {y:.1}")),
            Some([from_x, from_y]) => {
                let half = (x - from_x) / 2.0;
                d.push_str(&format!(
                    "C{:.1} {from_y:.1} {:.1} {y:.1} {x:.1} {y:.1}",
                    from_x + half,
                    x - half
                ));
            }
        }
    }
    d
}

/// In the first gap, where no other line has joined yet.
fn middle(points: &[[f64; 2]]) -> [f64; 2] {
    match points {
        [from, to, ..] => [(from[0] + to[0]) / 2.0, (from[1] + to[1]) / 2.0],
        _ => [0.0, 0.0],
    }
}
