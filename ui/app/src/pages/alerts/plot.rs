//! Values of a rule over time: one line a group, the threshold as a dashed line, and a band with its length for
//! each time it fired or would have.

use daymark_model::time::Nanos;
use daymark_view::alerts::Labels;
use daymark_view::alerts::preview::{Preview, PreviewSeries};
use daymark_view::alerts::rule::Rule;
use daymark_viz::scale::{self, Linear};
use daymark_viz::{alert, curve, figure};
use leptos::html;
use leptos::prelude::*;
use web_sys::{KeyboardEvent, PointerEvent};

use crate::parts::width::follow_width;
use crate::shell::Shell;
use crate::words::{Word, t};

const HEIGHT: f64 = 232.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 18.0;
/// Lines that are drawn, and that are named under the pointer; more are hard to tell apart.
const LINES: usize = 12;
const NAMED: usize = 6;
/// Over a band: a mark and how long it was.
const LABEL: f64 = 58.0;

#[component]
pub(super) fn Drawn(preview: Preview, rule: Rule, width_ns: i64) -> impl IntoView {
    let shell = Shell::here();
    let frame = NodeRef::<html::Div>::new();
    let wide = RwSignal::new(640.0_f64);
    follow_width(frame, wide);
    let now = shell.now();
    let from = now.plus(-width_ns);
    let unit = rule.unit();
    let threshold = rule.condition.threshold;
    let values = preview.series.iter().flat_map(|one| one.values.iter().flatten().copied());
    let (most, ticks) = scale::from_zero(values.fold(threshold, f64::max));
    let has_values = preview.series.iter().any(|one| one.values.iter().any(Option::is_some));
    let preview = StoredValue::new(preview);
    let x = move || Linear { values: (from.0 as f64, now.0 as f64), places: (LEFT, wide.get() - RIGHT) };
    let y = Linear { values: (0.0, most), places: (HEIGHT - BOTTOM, TOP) };
    let grid = move || {
        let line = |tick: &f64| {
            let at = y.place(*tick);
            let text = if *tick == 0.0 { "0".to_owned() } else { alert::chosen(*tick, unit) };
            view! {
                <line class="gridline" x1=LEFT x2=wide.get() - RIGHT y1=at y2=at />
                <text class="axis" x=LEFT - 8.0 y=at + 4.0 text-anchor="end">{text}</text>
            }
        };
        ticks.iter().map(line).collect_view()
    };
    let clock = move || {
        let x = x();
        let most = (wide.get() / 110.0) as usize;
        let label = |(at, text): (Nanos, String)| {
            let place = x.place(at.0 as f64);
            let is_inside = place < wide.get() - 24.0;
            is_inside.then(
                || view! { <text class="axis" x=place y=HEIGHT - 4.0 text-anchor="middle">{text}</text> },
            )
        };
        let ticks = scale::clock_ticks(from, now, most.max(2), shell.offset());
        ticks.into_iter().filter_map(label).collect_view()
    };
    let fired = move || {
        let x = x();
        preview.with_value(|preview| {
            let firings = alert::stretches(&preview.firings, now);
            let begins: Vec<f64> =
                firings.iter().map(|(start, _)| x.place((*start).max(from).0 as f64)).collect();
            let room = alert::with_room(&begins, LABEL);
            firings
                .into_iter()
                .zip(room)
                .map(|(one, is_told)| firing(one, is_told, x, from, wide.get()))
                .collect_view()
        })
    };
    let lines = move || {
        let x = x();
        preview
            .with_value(|preview| preview.series.iter().take(LINES).map(|one| line(one, x, y)).collect_view())
    };
    let bound = move || view! { <line class="threshold" x1=LEFT x2=wide.get() - RIGHT y1=y.place(threshold) y2=y.place(threshold) /> };
    // Which value of the series is looked at.
    let at = RwSignal::new(None::<usize>);
    let count =
        preview.with_value(|preview| preview.series.iter().map(|one| one.values.len()).max().unwrap_or(0));
    let instant = move |at: usize| {
        preview.with_value(|preview| {
            preview.series.first().map_or(from, |one| one.t0.plus(one.step_ns * at as i64))
        })
    };
    let pointed = move |event: PointerEvent| {
        let left = frame.get_untracked().map_or(0.0, |frame| frame.get_bounding_client_rect().left());
        let place = f64::from(event.client_x()) - left;
        let nearest = preview.with_value(|preview| {
            let one = preview.series.first().filter(|one| one.step_ns > 0)?;
            let step = (untrack(x).value(place) - one.t0.0 as f64) / one.step_ns as f64;
            Some((step.round().max(0.0) as usize).min(count.saturating_sub(1)))
        });
        at.set(nearest);
    };
    let pressed = move |event: KeyboardEvent| {
        let now = at.get_untracked();
        match event.key().as_str() {
            "ArrowLeft" if count > 0 => at.set(Some(now.map_or(count - 1, |at| at.saturating_sub(1)))),
            "ArrowRight" if count > 0 => at.set(Some(now.map_or(0, |at| (at + 1).min(count - 1)))),
            "Escape" if now.is_some() => at.set(None),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let cross = move || {
        let place = x().place(instant(at.get()?).0 as f64);
        Some(view! { <line class="crosshair" x1=place x2=place y1=TOP y2=HEIGHT - BOTTOM /> })
    };
    let tip = move || {
        let at = at.get()?;
        let place = x().place(instant(at).0 as f64);
        let rows = preview.with_value(|preview| {
            let mut rows: Vec<(f64, String)> =
                preview.series.iter().filter_map(|one| Some(((*one.values.get(at)?)?, named(&one.labels)))).collect();
            rows.sort_by(|one, other| other.0.total_cmp(&one.0));
            let row = |(value, name): (f64, String)| {
                let is_bad = rule.condition.op.holds(value, threshold);
                view! { <div class="row"><span class="cut">{name}</span><b class:crit=is_bad>{alert::value(value, unit)}</b></div> }
            };
            rows.into_iter().take(NAMED).map(row).collect_view()
        });
        let shift =
            if place > wide.get() / 2.0 { "translateX(calc(-100% - 10px))" } else { "translateX(10px)" };
        Some(view! {
            <div class="tip" style:left=format!("{place:.0}px") style:top="24px" style:transform=shift>
                <div class="quiet">{shell.civil(instant(at)).date_hm()}</div>{rows}
            </div>
        })
    };
    view! {
        <div class="alert-plot">
            <div
                class="chart"
                role="img"
                tabindex="0"
                aria-label=t(Word::AlertsBacktestLabel)
                node_ref=frame
                style:height=format!("{HEIGHT}px")
                on:pointermove=pointed
                on:pointerleave=move |_| at.set(None)
                on:keydown=pressed
            >
                <svg aria-hidden="true">{grid}{clock}{fired}{lines}{bound}{cross}</svg>
                {tip}
                {(!has_values).then(|| view! { <p class="alert-nothing faint">{t(Word::AlertsNoValues)}</p> })}
            </div>
        </div>
    }
}

/// What tells a group from others.
fn named(labels: &Labels) -> String {
    let names: Vec<&str> = labels.values().map(String::as_str).collect();
    if names.is_empty() { t(Word::AlertsValue).into() } else { names.join(", ") }
}

/// A band from beginning to end, with its length above where that has room.
fn firing(
    (began, end): (Nanos, Nanos),
    is_told: bool,
    x: Linear,
    from: Nanos,
    wide: f64,
) -> impl IntoView + use<> {
    let (left, right) = (x.place(began.max(from).0 as f64), x.place(end.0 as f64));
    let length = figure::age(end.0.saturating_sub(began.0).max(0).unsigned_abs()).to_string();
    // At the right end it stands before its mark.
    let is_last = left > wide - LABEL;
    let (text, anchor) = if is_last { (left - 6.0, "end") } else { (left + 8.0, "start") };
    let mark = format!("M{:.1} {:.1}l4 7h-8z", left, TOP - 14.0);
    view! {
        <rect class="alert-band" x=left y=TOP width=(right - left).max(2.0) height=HEIGHT - TOP - BOTTOM />
        {is_told.then(|| view! { <path class="alert-begin" d=mark /><text class="axis" x=text y=TOP - 7.0 text-anchor=anchor>{length}</text> })}
    }
}

fn line(one: &PreviewSeries, x: Linear, y: Linear) -> impl IntoView + use<> {
    let last = one.values.len().saturating_sub(1).max(1);
    let end = one.t0.plus(one.step_ns * last as i64);
    let along =
        Linear { values: (0.0, last as f64), places: (x.place(one.t0.0 as f64), x.place(end.0 as f64)) };
    view! { <path class="curve" data-thin="" style:--own="var(--rate)" d=curve::line(&one.values, along, y) /> }
}
