//! Segments: each as a bar where its time is, and their list.

use daymark_model::time::Nanos;
use daymark_view::system::SegmentRow;
use daymark_viz::figure;
use leptos::prelude::*;

use crate::load::load;
use crate::net::Question;
use crate::parts::grid::{Column, Grid};
use crate::parts::states::Loaded;
use crate::shell::Shell;
use crate::words::{Word, t};

const ASKED: usize = 1_000;

#[component]
pub(super) fn Segments() -> impl IntoView {
    let segments = load::<Vec<SegmentRow>>(|| Some(Question::get("system/segments").with("limit", ASKED)));
    view! {
        <Loaded load=segments rows=10 show=|answer| match answer.data.is_empty() {
            true => view! { <Unwritten /> }.into_any(),
            false => view! { <Lanes rows=answer.data.clone() /><List rows=answer.data.clone() /> }.into_any(),
        } />
    }
}

/// Only where they lie.
#[component]
pub(super) fn ByTime() -> impl IntoView {
    let segments = load::<Vec<SegmentRow>>(|| Some(Question::get("system/segments").with("limit", ASKED)));
    let count = move || segments.map(|rows| figure::grouped(rows.len() as u64));
    view! {
        <div class="section-head"><h2>{t(Word::SystemSegmentsByTime)}</h2><span class="faint small">{count}</span></div>
        <Loaded load=segments rows=6 show=|answer| match answer.data.is_empty() {
            true => view! { <Unwritten /> }.into_any(),
            false => view! { <Lanes rows=answer.data.clone() /> }.into_any(),
        } />
    }
}

/// A server that is young: what it took is in the log and in memory.
#[component]
fn Unwritten() -> impl IntoView {
    view! { <p class="quiet system-none">{t(Word::SystemUnwritten)}</p> }
}

/// A lane for each signal, the bars as high as the logarithm of their size.
#[component]
fn Lanes(rows: Vec<SegmentRow>) -> impl IntoView {
    let shell = Shell::here();
    let from = rows.iter().map(|row| row.from.0).min().unwrap_or(0);
    let to = rows.iter().map(|row| row.to.0).max().unwrap_or(1);
    let width = (to - from).max(1) as f64;
    let ends = [from, from + (to - from) / 2, to].into_iter();
    let lane = |(at, signal): (usize, &'static str)| {
        let bars = rows.iter().filter(|row| row.signal == signal).map(|row| {
            let (x, wide) = ((row.from.0 - from) as f64 / width * 1_000.0, (row.to.0 - row.from.0) as f64 / width * 1_000.0);
            let high = ((row.bytes.max(1) as f64).log10() / 10.0 * 60.0).clamp(4.0, 60.0);
            let colour = ["--seq-7", "--seq-5", "--seq-3"][usize::from(row.level.min(2))];
            view! { <rect x=x y=at as f64 * 70.0 + 66.0 - high width=wide.max(2.0) height=high rx="1" style:fill=format!("var({colour})") style:fill-opacity="0.8" /> }
        });
        bars.collect_view()
    };
    let lanes = ["spans", "logs", "metrics"].into_iter().enumerate().map(lane).collect_view();
    let level = |level: usize| {
        let colour = ["--seq-7", "--seq-5", "--seq-3"][level];
        view! { <span><i class="dot" style:--own=format!("var({colour})")></i>{format!("L{level}")}</span> }
    };
    view! {
        <div class="system-lanes">
            <div class="legend">{(0..3).map(level).collect_view()}</div>
            <div class="system-lane-names"><span>"spans"</span><span>"logs"</span><span>"metrics"</span></div>
            <svg viewBox="0 0 1000 210" preserveAspectRatio="none" role="img" aria-label=t(Word::SystemSegmentsByTime)>{lanes}</svg>
            <div class="system-lane-times">{ends.map(|at| view! { <span>{shell.civil(Nanos(at)).date_hm()}</span> }).collect_view()}</div>
        </div>
    }
}

#[component]
fn List(rows: Vec<SegmentRow>) -> impl IntoView {
    let shell = Shell::here();
    let columns = vec![
        Column::text(t(Word::SystemSignal), "80px", |row: &SegmentRow| {
            view! { {row.signal.clone()} }.into_any()
        }),
        Column::text(t(Word::SystemSegment), "minmax(220px, 1fr)", |row: &SegmentRow| {
            view! { <code class="cut">{row.segment.clone()}</code> }.into_any()
        }),
        Column::text(t(Word::SystemLevel), "56px", |row: &SegmentRow| {
            view! { {format!("L{}", row.level)} }.into_any()
        }),
        Column::text(t(Word::ShellRangeFrom), "170px", move |row: &SegmentRow| {
            view! { {shell.civil(row.from).date_hms_ms()} }.into_any()
        }),
        Column::text(t(Word::ShellRangeTo), "170px", move |row: &SegmentRow| {
            view! { {shell.civil(row.to).date_hms_ms()} }.into_any()
        }),
        Column::number(t(Word::SystemRows), "100px", |row: &SegmentRow| {
            view! { {figure::grouped(row.rows)} }.into_any()
        }),
        Column::number(t(Word::SystemBytes), "80px", |row: &SegmentRow| {
            view! { {figure::bytes(row.bytes).to_string()} }.into_any()
        }),
        Column::text(t(Word::SystemState), "90px", |row: &SegmentRow| {
            let class = if row.state == "live" { "quiet" } else { "warn" };
            view! { <span class=class>{row.state.clone()}</span> }.into_any()
        }),
    ];
    view! { <Grid rows=Signal::stored(rows) columns=columns label=t(Word::SystemSegments) /> }
}
