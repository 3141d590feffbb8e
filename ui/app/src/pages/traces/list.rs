//! The traces, spans or operations found, read on while they are scrolled.

use std::collections::HashMap;
use std::sync::Arc;

use daymark_model::time::Nanos;
use daymark_view::search::Domain;
use daymark_view::traces::{OperationHit, ServiceShare, SpanHit, TraceHit, TracesMode};
use daymark_view::why::WhySignal;
use daymark_viz::palette::{self, Palette};
use daymark_viz::{clause, figure, scale};
use leptos::prelude::*;

use super::search::Search;
use crate::paged::{Paged, paged};
use crate::parts::figures::{show, show_or_dash};
use crate::parts::grid::{Column, Grid};
use crate::parts::listed::Listed;
use crate::parts::mark::{Mark, State};
use crate::parts::swatch::Swatch;
use crate::shell::Shell;
use crate::window;
use crate::words::{Word, say, t};

type Trace = Arc<TraceHit>;

fn clock(shell: Shell, at: Nanos) -> String {
    let (civil, today) = (shell.civil(at), shell.civil(shell.now()));
    if civil.date() == today.date() {
        civil.hms_ms()
    } else {
        format!("{} {}", civil.month_day(), civil.hms())
    }
}

fn duration(ns: i64) -> impl IntoView {
    show(figure::duration(ns.max(0) as u64))
}

/// The share of a duration in the longest one, as wide as it is drawn.
fn share(ns: i64, longest: i64) -> String {
    format!("{:.1}%", (ns.max(0) as f64 / longest.max(1) as f64 * 100.0).clamp(0.6, 100.0))
}

#[component]
pub(super) fn Traces(total: Signal<Option<u64>>) -> impl IntoView {
    let shell = Shell::here();
    let search = expect_context::<Search>();
    let list: Paged<TraceHit> = paged(move |cursor| search.page(TracesMode::Traces, cursor));
    shell.tell_list(list, move || total.get());
    let longest =
        Memo::new(move |_| list.rows.with(|rows| scale::full_width(rows.iter().map(|row| row.duration_ns))));
    let colours = Memo::new(move |_| list.rows.with(|rows| palette_of(rows)));
    let is_narrow = window::is_narrow();
    let columns =
        move || if is_narrow { vec![card(search, longest, colours)] } else { wide(search, longest, colours) };
    let open = Callback::new(move |row: Trace| {
        let there = daymark_viz::address::Address::read(&search.link(row.trace_id, None));
        shell.address.push(there);
    });
    let keyed = Callback::new(move |(key, row): (String, Trace)| {
        let is_pick = key == "x";
        if is_pick {
            search.pick(row.trace_id);
        }
        is_pick
    });
    view! {
        <Listed list=list signal=WhySignal::Spans q=search.q>
            <Grid
                rows=list.rows
                columns=columns()
                label=t(Word::TracesModeTraces)
                open=open
                link=Callback::new(move |row: Trace| search.link(row.trace_id, None))
                is_selected=Callback::new(move |row: Trace| search.is_picked(row.trace_id))
                more=Callback::new(move |()| list.more())
                keyed=keyed
                row_px=if is_narrow { 60.0 } else { 28.0 }
                scrolls=true
            />
        </Listed>
    }
}

/// Colours for the services of the rows, those with the most spans first.
fn palette_of(rows: &[Trace]) -> Palette {
    let mut spans: HashMap<&str, u64> = HashMap::new();
    for share in rows.iter().flat_map(|row| &row.services) {
        *spans.entry(&share.service).or_default() += share.spans;
    }
    let mut services: Vec<(&str, u64)> =
        spans.into_iter().filter(|(service, _)| !palette::is_virtual(service)).collect();
    services.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    Palette::of(services.into_iter().map(|(service, _)| service))
}

fn wide(search: Search, longest: Memo<i64>, colours: Memo<Palette>) -> Vec<Column<Trace>> {
    let shell = Shell::here();
    vec![
        Column::text(t(Word::TracesStart), "108px", move |row: &Trace| {
            view! { <span class="mono">{clock(shell, row.start)}</span> }.into_any()
        }),
        Column::text(t(Word::TracesRoot), "minmax(124px, 1.3fr)", move |row: &Trace| {
            let slot = colours.with(|colours| colours.slot(&row.root_service));
            let missing = (row.completeness.name() != "complete").then(|| completeness(row));
            view! { <Swatch service=row.root_service.clone() colour=slot /><span class="traces-op">{row.root_name.clone()}</span><span class="faint traces-of">{row.root_service.clone()}</span>{missing} }.into_any()
        }),
        Column::number(t(Word::TracesDuration), "70px", |row: &Trace| {
            view! { <span class="strong">{duration(row.duration_ns)}</span> }.into_any()
        }),
        Column::text(t(Word::TracesSelfTime), "minmax(72px, 124px)", move |row: &Trace| {
            ribbon(row, longest, colours)
        }),
        Column::text(t(Word::TracesLongest), "minmax(124px, 1fr)", move |row: &Trace| match &row.top {
            Some(top) => {
                let slot = colours.with(|colours| colours.slot(&top.service));
                view! { <Swatch service=top.service.clone() colour=slot /><span class="traces-op">{top.name.clone()}</span><span class="faint traces-of">{top.service.clone()}</span> }.into_any()
            }
            None => view! { <span class="faint">"–"</span> }.into_any(),
        }),
        Column::number(t(Word::TracesSelf), "64px", |row: &Trace| {
            view! { <span class="quiet">{show_or_dash(row.top.as_ref().map(|top| figure::duration(top.self_ns.max(0) as u64)))}</span> }.into_any()
        }),
        Column::number(t(Word::TracesSpans), "54px", |row: &Trace| {
            figure::grouped(row.span_count).into_any()
        }),
        Column::number(t(Word::TracesErrors), "54px", |row: &Trace| errors(row.error_count)),
        Column::number(t(Word::TracesLogs), "48px", |row: &Trace| {
            view! { <span class="quiet">{figure::grouped(row.log_count)}</span> }.into_any()
        }),
        Column::text(t(Word::TracesTrace), "80px", move |row: &Trace| {
            let id = row.trace_id.to_string();
            view! { <a class="link mono" href=search.link(row.trace_id, None)>{figure::short_id(&id)}</a> }
                .into_any()
        }),
        Column::text("", "34px", move |row: &Trace| {
            let id = row.trace_id;
            let label = say(Word::TracesPick, &[("id", &figure::short_id(&id.to_string()))]);
            view! {
                <input type="checkbox" tabindex="-1" aria-label=label prop:checked=move || search.is_picked(id) on:change=move |_| search.pick(id) />
            }.into_any()
        }),
    ]
}

fn errors(count: u64) -> AnyView {
    match count {
        0 => view! { <span class="faint">"0"</span> }.into_any(),
        count => view! { <span class="crit">{figure::grouped(count)}</span> }.into_any(),
    }
}

/// What is missing of a trace.
fn completeness(row: &TraceHit) -> AnyView {
    let word = match row.completeness.name() {
        "open" => Word::TracesOpen,
        "missing_root" => Word::TracesMissingRoot,
        "missing_spans" => Word::TracesMissingSpans,
        "truncated" => Word::TracesTruncated,
        _ => Word::TracesLate,
    };
    let state = if word == Word::TracesOpen { "info" } else { "warning" };
    view! { <span class="badge" data-state=state>{t(word)}</span> }.into_any()
}

/// Self time by service; the whole is as long as the trace.
fn ribbon(row: &TraceHit, longest: Memo<i64>, colours: Memo<Palette>) -> AnyView {
    let total: i64 = row.services.iter().map(|share| share.self_ns).sum();
    let part = |share: &ServiceShare| {
        let colour = if palette::is_virtual(&share.service) {
            "--ctl".into()
        } else {
            palette::variable(colours.with(|colours| colours.slot(&share.service)))
        };
        let width = format!("{:.1}%", share.self_ns as f64 / total.max(1) as f64 * 100.0);
        view! { <i style:width=width style:--own=format!("var({colour})")></i> }
    };
    let told: Vec<String> = row
        .services
        .iter()
        .take(6)
        .map(|share| format!("{} {}", share.service, figure::duration(share.self_ns.max(0) as u64)))
        .collect();
    let wide = row.duration_ns;
    view! {
        <span class="ribbon" title=told.join(", ") style:width=move || share(wide, longest.get())>
            {row.services.iter().filter(|share| share.self_ns > 0).map(part).collect_view()}
        </span>
    }
    .into_any()
}

/// The same in two lines.
fn card(search: Search, longest: Memo<i64>, colours: Memo<Palette>) -> Column<Trace> {
    let shell = Shell::here();
    Column::text("", "minmax(0, 1fr)", move |row: &Trace| {
        let slot = colours.with(|colours| colours.slot(&row.root_service));
        view! {
            <a class="card" href=search.link(row.trace_id, None)>
                <span class="card-line">
                    <Swatch service=row.root_service.clone() colour=slot />
                    <span class="cut grow">{row.root_service.clone()} " " <span class="quiet">{row.root_name.clone()}</span></span>
                    <b class="strong">{duration(row.duration_ns)}</b>
                </span>
                <span class="card-line small">
                    <span class="mono quiet">{clock(shell, row.start)}</span>
                    <span class="ribbon-space">{ribbon(row, longest, colours)}</span>
                    <span class="quiet">{say(Word::TracesSpanCount, &[("count", &figure::grouped(row.span_count))])}</span>
                    {(row.error_count > 0).then(|| view! { <span class="crit">{say(Word::TracesErrorCount, &[("count", &figure::grouped(row.error_count))])}</span> })}
                </span>
            </a>
        }.into_any()
    })
}

#[component]
pub(super) fn Spans(total: Signal<Option<u64>>) -> impl IntoView {
    let shell = Shell::here();
    let search = expect_context::<Search>();
    let list: Paged<SpanHit> = paged(move |cursor| search.page(TracesMode::Spans, cursor));
    shell.tell_list(list, move || total.get());
    let longest =
        Memo::new(move |_| list.rows.with(|rows| scale::full_width(rows.iter().map(|row| row.duration_ns))));
    let link = move |row: &SpanHit| search.link(row.trace_id, Some(row.span_id.to_string()));
    let columns = move || {
        let mut columns = vec![
            Column::text(t(Word::TracesStart), "118px", move |row: &Arc<SpanHit>| {
                view! { <span class="mono">{clock(shell, row.start)}</span> }.into_any()
            }),
            Column::text(t(Word::TracesService), "minmax(96px, 180px)", |row: &Arc<SpanHit>| {
                view! { <Swatch service=row.service.clone() /><span>{row.service.clone()}</span> }.into_any()
            }),
            Column::text(t(Word::TracesName), "minmax(124px, 1fr)", |row: &Arc<SpanHit>| {
                view! { <span>{row.name.clone()}</span> }.into_any()
            }),
            Column::number(t(Word::TracesDuration), "76px", |row: &Arc<SpanHit>| {
                view! { <span class="strong">{duration(row.duration_ns)}</span> }.into_any()
            }),
        ];
        if !window::is_narrow() {
            columns.insert(
                3,
                Column::text(t(Word::TracesKind), "80px", |row: &Arc<SpanHit>| {
                    view! { <span class="quiet">{row.kind.clone()}</span> }.into_any()
                }),
            );
            columns.insert(
                4,
                Column::text(t(Word::TracesStatus), "84px", |row: &Arc<SpanHit>| status(&row.status)),
            );
            columns.push(Column::text("", "minmax(60px, 120px)", move |row: &Arc<SpanHit>| {
                let ns = row.duration_ns;
                view! { <span class="ribbon" style:width=move || share(ns, longest.get())><i class="ribbon-plain"></i></span> }.into_any()
            }));
            columns.push(Column::text(t(Word::TracesTrace), "84px", move |row: &Arc<SpanHit>| {
                view! { <a class="link mono" href=link(row)>{figure::short_id(&row.trace_id.to_string())}</a> }.into_any()
            }));
        }
        columns
    };
    let open = Callback::new(move |row: Arc<SpanHit>| {
        shell.address.push(daymark_viz::address::Address::read(&link(&row)))
    });
    view! {
        <Listed list=list signal=WhySignal::Spans q=search.q>
            <Grid rows=list.rows columns=columns() label=t(Word::TracesModeSpans) open=open link=Callback::new(move |row: Arc<SpanHit>| link(&row)) more=Callback::new(move |()| list.more()) scrolls=true />
        </Listed>
    }
}

fn status(status: &str) -> AnyView {
    match status {
        "error" => {
            view! { <Mark state=State::Critical /><span class="crit">{t(Word::TracesStatusError)}</span> }
                .into_any()
        }
        "ok" => view! { <Mark state=State::Ok /><span>{t(Word::TracesStatusOk)}</span> }.into_any(),
        _ => view! { <span class="faint">"–"</span> }.into_any(),
    }
}

#[component]
pub(super) fn Operations(total: Signal<Option<u64>>) -> impl IntoView {
    let shell = Shell::here();
    let search = expect_context::<Search>();
    let list: Paged<OperationHit> = paged(move |cursor| search.page(TracesMode::Operations, cursor));
    shell.tell_list(list, move || total.get());
    let columns = move || {
        let quantile = |word: &'static str, of: fn(&OperationHit) -> Option<u64>| {
            Column::number(word, "72px", move |row: &Arc<OperationHit>| {
                show_or_dash(of(row).map(figure::duration))
            })
        };
        let mut columns = vec![
            Column::text(t(Word::TracesService), "minmax(96px, 180px)", |row: &Arc<OperationHit>| {
                view! { <Swatch service=row.service.clone() /><span>{row.service.clone()}</span> }.into_any()
            }),
            Column::text(t(Word::TracesName), "minmax(124px, 1fr)", |row: &Arc<OperationHit>| {
                view! { <span>{row.name.clone()}</span> }.into_any()
            }),
            Column::number(t(Word::TracesRate), "72px", |row: &Arc<OperationHit>| {
                show(figure::rate(row.rate)).into_any()
            }),
            Column::number(t(Word::TracesErrors), "72px", |row: &Arc<OperationHit>| {
                let class =
                    if row.error_rate.is_some_and(|rate| rate >= 0.01) { "crit strong" } else { "quiet" };
                view! { <span class=class>{show_or_dash(row.error_rate.map(figure::percent))}</span> }
                    .into_any()
            }),
            quantile("p95", |row| row.p95_ns),
        ];
        if !window::is_narrow() {
            columns.insert(
                2,
                Column::text(t(Word::TracesKind), "80px", |row: &Arc<OperationHit>| {
                    view! { <span class="quiet">{row.kind.clone()}</span> }.into_any()
                }),
            );
            columns.insert(
                3,
                Column::number(t(Word::TracesSpans), "76px", |row: &Arc<OperationHit>| {
                    show(figure::count(row.count)).into_any()
                }),
            );
            columns.insert(6, quantile("p50", |row| row.p50_ns));
            columns.push(quantile("p99", |row| row.p99_ns));
            columns.push(Column::text(t(Word::TracesTimeShare), "132px", |row: &Arc<OperationHit>| {
                let width = format!("{:.1}%", row.time_share.unwrap_or_default() * 100.0);
                view! { <span class="meter"><i style:width=width></i></span><span class="quiet">{show_or_dash(row.time_share.map(figure::percent))}</span> }.into_any()
            }));
        }
        columns
    };
    let open = Callback::new(move |row: Arc<OperationHit>| {
        let of = |key: &str, value: &str| clause::term(Domain::Traces, key, value);
        let q = search.q.get_untracked();
        let q = clause::plus(Domain::Traces, &q, &of("service", &row.service));
        let q = clause::plus(Domain::Traces, &q, &of("name", &row.name));
        shell.address.push(shell.address.now().with("q", &q).without("mode"));
    });
    view! {
        <Listed list=list signal=WhySignal::Spans q=search.q>
            <Grid rows=list.rows columns=columns() label=t(Word::TracesModeOperations) open=open more=Callback::new(move |()| list.more()) scrolls=true />
        </Listed>
    }
}
