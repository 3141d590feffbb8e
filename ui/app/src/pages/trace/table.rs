//! The trace by operation: how often, how long, how much of it of its own and on the critical path.

use std::collections::HashMap;

use daymark_viz::figure;
use leptos::prelude::*;

use crate::pages::trace::Read;
use crate::parts::grid::{Column, Grid};
use crate::parts::swatch::Swatch;
use crate::shell::Shell;
use crate::words::{Word, t};

#[derive(Clone, Debug, Default, PartialEq)]
struct Operation {
    service: String,
    slot: usize,
    name: String,
    first: u32,
    spans: u64,
    errors: u64,
    own_ns: i64,
    critical_ns: i64,
    most_ns: i64,
}

#[component]
pub(crate) fn Table(read: Read) -> impl IntoView {
    let shell = Shell::here();
    let mut by: HashMap<(u32, u32), Operation> = HashMap::new();
    for row in 0..read.waterfall.len() as u32 {
        let at = row as usize;
        let one = by.entry((read.skeleton.svc[at], read.skeleton.op[at])).or_insert_with(|| Operation {
            service: read.service(row).to_owned(),
            slot: read.palette.slot(read.service(row)),
            name: read.name(row).to_owned(),
            first: row,
            ..Operation::default()
        });
        one.spans += 1;
        one.errors += u64::from(read.waterfall.is_error(row));
        one.own_ns += read.waterfall.own_ns(row);
        one.critical_ns += read.waterfall.critical(row).iter().map(|(_, from, to)| to - from).sum::<i64>();
        one.most_ns = one.most_ns.max(read.waterfall.dur[at]);
    }
    let mut rows: Vec<Operation> = by.into_values().collect();
    rows.sort_by_key(|one| (std::cmp::Reverse(one.own_ns), one.first));
    let most = rows.first().map_or(1, |one| one.own_ns).max(1) as f64;
    let time = |ns: i64| figure::duration(ns.max(0) as u64).to_string();
    let columns = vec![
        Column::text(t(Word::TraceOperation), "minmax(220px, 1fr)", |one: &Operation| {
            view! { <Swatch service=one.service.clone() colour=one.slot /><span><b>{one.service.clone()}</b> " " <span class="quiet">{one.name.clone()}</span></span> }.into_any()
        }),
        Column::number(t(Word::TraceCount), "72px", |one: &Operation| {
            view! { {figure::grouped(one.spans)} }.into_any()
        }),
        Column::number(t(Word::TraceFailed), "72px", |one: &Operation| {
            let class = if one.errors > 0 { "crit strong" } else { "faint" };
            view! { <span class=class>{figure::grouped(one.errors)}</span> }.into_any()
        }),
        Column::number(t(Word::TraceOwn), "180px", move |one: &Operation| {
            let wide = format!("{:.1}%", one.own_ns as f64 / most * 100.0);
            view! { <span class="meter"><i style:width=wide></i></span> <span class="trace-own-text">{time(one.own_ns)}</span> }.into_any()
        }),
        Column::number(t(Word::TraceCritical), "96px", move |one: &Operation| {
            view! { {if one.critical_ns > 0 { time(one.critical_ns) } else { "–".into() }} }.into_any()
        }),
        Column::number(t(Word::TraceLongest), "96px", move |one: &Operation| {
            view! { {time(one.most_ns)} }.into_any()
        }),
    ];
    let open = move |one: Operation| {
        shell.address.push(shell.address.now().without("view").with("row", &one.first.to_string()));
    };
    view! { <Grid rows=Signal::stored(rows) columns=columns label=t(Word::TraceTable) open=Callback::new(open) scrolls=true /> }
}
