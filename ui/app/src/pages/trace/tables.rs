//! Where the time went: spans by operation or by service, sortable.

use daymark_trace_model::groups::{self, By, Group};
use daymark_viz::figure;
use leptos::prelude::*;

use crate::pages::trace::coloured::variable;
use crate::pages::trace::seen::Seen;
use crate::parts::figures::show;
use crate::parts::grid::{Column, Grid, Sorting};
use crate::parts::tabs::Segments;
use crate::words::{Word, t};

/// A group with what its bar needs.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    group: Group,
    most: i64,
    duration: i64,
}

#[component]
pub(super) fn Table() -> impl IntoView {
    let seen = Seen::here();
    let address = seen.shell.address;
    let (by, sort) = (address.param("by"), address.param("tsort"));
    let sorted = Memo::new(move |_| sort.get().unwrap_or_else(|| "-own".into()));
    let rows = Memo::new(move |_| {
        let by = match by.get().as_deref() {
            Some("service") => By::Service,
            Some("colour") => By::Colour,
            _ => By::Operation,
        };
        let (trace, colours) = (seen.trace.get(), seen.colours.get());
        let mut groups = groups::groups(&trace, &colours, by);
        let sort = sorted.get();
        let (key, is_down) = sort.strip_prefix('-').map_or((sort.as_str(), false), |key| (key, true));
        let value = |group: &Group| match key {
            "spans" => group.spans as i64,
            "errors" => group.errors as i64,
            "crit" => group.crit,
            "p50" => group.p50,
            "max" => group.max,
            _ => group.own,
        };
        if key == "name" {
            groups.sort_by(|one, other| (&one.service, &one.name).cmp(&(&other.service, &other.name)));
        } else {
            groups.sort_by_key(value);
        }
        if is_down {
            groups.reverse();
        }
        let most = groups.iter().map(|group| group.own).max().unwrap_or(1).max(1);
        groups.into_iter().map(|group| Row { group, most, duration: trace.duration }).collect::<Vec<_>>()
    });
    let time = |ns: i64| figure::duration(ns.max(0) as u64);
    let dashed = move |ns: i64| {
        if ns > 0 { show(time(ns)).into_any() } else { view! { <span class="faint">"–"</span> }.into_any() }
    };
    let columns = vec![
        Column::text(t(Word::TraceOperation), "minmax(124px, 1fr)", move |row: &Row| view! {
            <span class="swatch" style:--own=variable(row.group.colour)></span><span><b>{row.group.service.clone()}</b>" "{if row.group.service.is_empty() && row.group.name.is_empty() { t(Word::TraceNoValue).to_owned() } else { row.group.name.clone() }}</span>
        }.into_any()).sorted_by("name"),
        Column::number(t(Word::TraceSpans), "64px", |row: &Row| row.group.spans.to_string().into_any()).sorted_by("spans"),
        Column::number(t(Word::TraceErrorsHead), "64px", |row: &Row| {
            let class = if row.group.errors > 0 { "crit strong" } else { "faint" };
            view! { <span class=class>{row.group.errors}</span> }.into_any()
        }).sorted_by("errors"),
        Column::text(t(Word::TraceShare), "minmax(60px, 180px)", move |row: &Row| {
            let width = format!("{:.1}%", row.group.own.max(0) as f64 / row.most as f64 * 100.0);
            view! { <span class="meter trace-meter"><i style:width=width style:--own=variable(row.group.colour)></i></span> }.into_any()
        }),
        Column::number(t(Word::TraceOwn), "76px", move |row: &Row| show(time(row.group.own)).into_any()).sorted_by("own"),
        Column::number(t(Word::TraceCriticalHead), "96px", move |row: &Row| dashed(row.group.crit)).sorted_by("crit"),
        Column::number("p50", "72px", move |row: &Row| show(time(row.group.p50)).into_any()).sorted_by("p50"),
        Column::number(t(Word::TraceMax), "72px", move |row: &Row| show(time(row.group.max)).into_any()).sorted_by("max"),
        Column::number(t(Word::TraceOfTrace), "72px", |row: &Row| show(figure::percent(row.group.own.max(0) as f64 / row.duration.max(1) as f64)).into_any()),
    ];
    let sorting = Sorting {
        by: sorted.into(),
        choose: Callback::new(move |sort: String| {
            address.replace(address.now().with("tsort", if sort == "-own" { "" } else { &sort }))
        }),
    };
    view! {
        <div class="section-head">
            <h2>{t(Word::TraceWhere)}</h2>
            <Segments parameter="by" label=t(Word::TraceWhere) choices=vec![("operation", Word::TraceOperation), ("service", Word::TraceService), ("colour", Word::TraceByColour)] />
        </div>
        <div class="trace-table">
            <Grid rows=rows columns=columns label=t(Word::TraceWhere) sorting=sorting open=Callback::new(move |row: Row| seen.go(row.group.longest)) is_selected=Callback::new(move |row: Row| seen.selected.get() == Some(row.group.longest)) />
        </div>
    }
}
