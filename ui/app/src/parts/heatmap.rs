//! Durations over time as cells: how many took how long when, failed ones tinted. Dragging draws a box;
//! arrow keys walk the cells, with Shift they draw the box.
//!
//! The cells are one SVG path for each shade, so thousands of them are a dozen elements, and a change of
//! theme needs no drawing.

use std::sync::Arc;

use daymark_model::time::Nanos;
use daymark_view::traces::Area;
use daymark_viz::figure;
use daymark_viz::heat::{Axes, Cell, Heat, SHADES, TINTS};
use daymark_viz::scale;
use leptos::html;
use leptos::prelude::*;
use web_sys::{KeyboardEvent, PointerEvent};

use crate::parts::width::follow_width;
use crate::shell::Shell;
use crate::shell::events::Events;
use crate::words::{Word, say, t};

const LEFT: f64 = 48.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 18.0;
/// A shorter drag is a click.
const CLICK: f64 = 4.0;

#[component]
pub(crate) fn Heatmap(
    #[prop(into)] heat: Signal<Option<Arc<Heat>>>,
    /// What is drawn as chosen.
    #[prop(into)]
    area: Signal<Option<Area>>,
    /// A box was drawn, or taken away.
    #[prop(into)]
    choose: Callback<Option<Area>>,
    /// What stands above the box.
    #[prop(optional, into)]
    label: Signal<String>,
    title: &'static str,
    #[prop(default = 228.0)] height: f64,
) -> impl IntoView {
    let shell = Shell::here();
    let events = Events::here();
    let frame = NodeRef::<html::Div>::new();
    let wide = RwSignal::new(640.0_f64);
    follow_width(frame, wide);
    let axes = Memo::new(move |_| {
        let places = ((LEFT, wide.get() - RIGHT), (height - BOTTOM, TOP));
        heat.with(|heat| heat.as_ref().map(|heat| heat.axes(shell.range(), places.0, places.1)))
    });
    // The cell under the pointer or the keys, and the one at which a box was begun.
    let at = RwSignal::new(None::<Cell>);
    let start = RwSignal::new(None::<Cell>);
    let pressed_at = StoredValue::new((0.0_f64, 0.0_f64));
    let place = move |event: &PointerEvent| {
        let rect = frame.get_untracked().map(|frame| frame.get_bounding_client_rect());
        let (left, top) = rect.map_or((0.0, 0.0), |rect| (rect.left(), rect.top()));
        (f64::from(event.client_x()) - left, f64::from(event.client_y()) - top)
    };
    let cell_at = move |(x, y): (f64, f64)| {
        let axes = axes.get_untracked()?;
        let x = x.clamp(LEFT, wide.get_untracked() - RIGHT - 1.0);
        let y = y.clamp(TOP + 1.0, height - BOTTOM - 1.0);
        heat.with_untracked(|heat| heat.as_ref()?.cell(Nanos(axes.x.value(x) as i64), axes.y.value(y)))
    };
    let drawn = move |one: Cell, other: Cell| heat.with(|heat| heat.as_ref()?.area(one, other));
    let released = move |event: PointerEvent| {
        let Some(from) = start.get_untracked() else { return };
        start.set(None);
        let (x, y) = place(&event);
        let (begun_x, begun_y) = pressed_at.get_value();
        let is_click = (x - begun_x).abs() < CLICK && (y - begun_y).abs() < CLICK;
        if is_click && area.with_untracked(Option::is_some) {
            choose.run(None);
        } else if let Some(to) = cell_at((x, y)) {
            choose.run(untrack(|| drawn(from, to)));
        }
    };
    let keyed = move |event: KeyboardEvent| {
        let Some((columns, rows)) = heat.with_untracked(|heat| heat.as_ref().map(|heat| heat.size())) else {
            return;
        };
        if columns == 0 || rows == 0 {
            return;
        }
        let now = at.get_untracked();
        let (column, row) = now.unwrap_or((columns - 1, rows / 2));
        let next = match event.key().as_str() {
            "ArrowLeft" => (column.saturating_sub(1), row),
            "ArrowRight" => ((column + 1).min(columns - 1), row),
            "ArrowUp" => (column, (row + 1).min(rows - 1)),
            "ArrowDown" => (column, row.saturating_sub(1)),
            "Enter" | " " => {
                if let Some(to) = now {
                    choose.run(untrack(|| drawn(start.get_untracked().unwrap_or(to), to)));
                    start.set(None);
                }
                event.prevent_default();
                return;
            }
            "Escape" if start.get_untracked().is_some() || area.with_untracked(Option::is_some) => {
                start.set(None);
                choose.run(None);
                event.prevent_default();
                event.stop_propagation();
                return;
            }
            _ => return,
        };
        if !event.shift_key() {
            start.set(None);
        } else if start.get_untracked().is_none() {
            start.set(Some((column, row)));
        }
        at.set(Some(next));
        event.prevent_default();
        event.stop_propagation();
    };
    let cells = move || {
        let axes = axes.get()?;
        let (shades, tints) = heat.with(|heat| heat.as_ref().map(|heat| heat.paths(axes)))?;
        let shades = shades.into_iter().enumerate().filter(|(_, d)| !d.is_empty());
        let tints = tints.into_iter().enumerate().filter(|(_, d)| !d.is_empty());
        Some((
            shades
                .map(|(at, d)| view! { <path class="heat-cell" d=d style:fill=shade(at) /> })
                .collect_view(),
            tints
                .map(|(at, d)| view! { <path class="heat-tint" d=d style:opacity=tint(at) /> })
                .collect_view(),
        ))
    };
    let lines = move || axes.get().map(|axes| gridlines(shell, axes, wide.get(), height));
    let uprights = move || {
        let (axes, events, range) = (axes.get()?, events?, shell.range());
        let inside = events
            .get()
            .into_iter()
            .filter(|event| range.from <= event.time && event.time < range.to)
            .take(24);
        Some(
            inside
                .map(|event| {
                    let x = axes.x.place(event.time.0 as f64);
                    view! { <line class="event-line" x1=x x2=x y1=TOP y2=height - BOTTOM /> }
                })
                .collect_view(),
        )
    };
    let frame_of = move |area: Area| {
        let axes = axes.get()?;
        let clamp_x = |x: f64| x.clamp(LEFT, (wide.get() - RIGHT).max(LEFT));
        let (left, right) =
            (clamp_x(axes.x.place(area.range.from.0 as f64)), clamp_x(axes.x.place(area.range.to.0 as f64)));
        let clamp_y = |y: f64| y.clamp(TOP, height - BOTTOM);
        let low = clamp_y(axes.y.place(area.min_ns.max(1) as f64));
        let high = clamp_y(axes.y.place(area.max_ns as f64));
        Some((left, high, (right - left).max(2.0), (low - high).max(2.0)))
    };
    let chosen = move || {
        let (left, top, wide, high) = frame_of(area.get().filter(|_| start.get().is_none())?)?;
        Some(view! {
            <rect class="plot-box" x=left y=top width=wide height=high rx="2" />
            <text class="plot-box-label" x=left y=top - 5.0>{label}</text>
        })
    };
    let drawing = move || {
        let (left, top, wide, high) = frame_of(drawn(start.get()?, at.get()?)?)?;
        Some(view! { <rect class="plot-box" x=left y=top width=wide height=high rx="2" /> })
    };
    let cursor = move || {
        let (left, top, wide, high) = frame_of(drawn(at.get()?, at.get()?)?)?;
        Some(view! { <rect class="plot-cell" x=left y=top width=wide height=high /> })
    };
    let told = move || {
        let cell = at.get()?;
        let area = drawn(cell, cell)?;
        let (count, errors) = heat.with(|heat| heat.as_ref().map(|heat| heat.at(cell)))?;
        let when = format!("{}–{}", shell.civil(area.range.from).hms(), shell.civil(area.range.to).hms());
        let took = format!("{}–{}", duration(area.min_ns), duration(area.max_ns));
        Some((when, took, figure::grouped(count), figure::grouped(errors)))
    };
    let tip = move || {
        let (when, took, count, errors) = told()?;
        let (left, top, ..) = frame_of(drawn(at.get()?, at.get()?)?)?;
        let is_left = left > wide.get() / 2.0;
        let shift = if is_left { "translateX(calc(-100% - 10px))" } else { "translateX(14px)" };
        Some(view! {
            <div class="tip" style:left=format!("{left:.0}px") style:top=format!("{:.0}px", (top - 10.0).clamp(0.0, height - 96.0)) style:transform=shift>
                <div class="quiet">{when}</div>
                <div class="row">{t(Word::HeatTook)}<b>{took}</b></div>
                <div class="row">{t(Word::HeatSpans)}<b>{count}</b></div>
                <div class="row">{t(Word::HeatFailed)}<b>{errors}</b></div>
            </div>
        })
    };
    let summary = move || {
        let total = heat.with(|heat| heat.as_ref().map_or(0, |heat| heat.total()));
        say(Word::HeatSummary, &[("title", title), ("count", &figure::grouped(total))])
    };
    let spoken = move || {
        told().map(|(when, took, count, errors)| {
            say(Word::HeatCell, &[("when", &when), ("took", &took), ("count", &count), ("errors", &errors)])
        })
    };
    view! {
        <div
            class="plot"
            role="img"
            tabindex="0"
            data-heat=""
            aria-label=summary
            node_ref=frame
            style:height=format!("{height}px")
            on:pointerdown=move |event| if event.button() == 0 {
                pressed_at.set_value(place(&event));
                start.set(cell_at(place(&event)));
            }
            on:pointermove=move |event| at.set(cell_at(place(&event)))
            on:pointerup=released
            on:pointerleave=move |_| { at.set(None); start.set(None); }
            on:keydown=keyed
            on:blur=move |_| { at.set(None); start.set(None); }
        >
            <svg aria-hidden="true">{lines}{cells}{uprights}{chosen}{drawing}{cursor}</svg>
            {tip}
        </div>
        <span class="unseen" aria-live="polite">{spoken}</span>
    }
}

fn gridlines(shell: Shell, axes: Axes, wide: f64, height: f64) -> impl IntoView {
    let values = axes
        .y
        .ticks()
        .into_iter()
        .map(|value| {
            let y = axes.y.place(value);
            view! {
                <line class="gridline" x1=LEFT x2=wide - RIGHT y1=y y2=y />
                <text class="axis" x=LEFT - 8.0 y=y + 4.0 text-anchor="end">{duration(value as i64)}</text>
            }
        })
        .collect_view();
    let range = shell.range();
    let ticks = scale::clock_ticks(range.from, range.to, (wide / 90.0) as usize, shell.offset());
    let clock = ticks
        .into_iter()
        .map(|(at, text)| {
            let x = axes.x.place(at.0 as f64).clamp(LEFT + 4.0, wide - 16.0);
            view! { <text class="axis" x=x y=height - 3.0 text-anchor="middle">{text}</text> }
        })
        .collect_view();
    (values, clock)
}

fn duration(ns: i64) -> String {
    // Labels of axes are whole: `1 s` says no more with two zeros.
    match ns {
        ns if ns >= 1_000_000_000 && ns % 1_000_000_000 == 0 && ns < 60_000_000_000 => {
            format!("{}\u{a0}s", ns / 1_000_000_000)
        }
        ns if ns < 1_000_000_000 && ns > 0 && ns % 1_000_000 == 0 => format!("{}\u{a0}ms", ns / 1_000_000),
        ns if ns < 1_000_000 && ns > 0 && ns % 1_000 == 0 => format!("{}\u{a0}µs", ns / 1_000),
        ns => figure::duration(ns.max(0) as u64).to_string(),
    }
}

fn shade(at: usize) -> String {
    format!("var(--seq-{})", at + 1)
}

fn tint(at: usize) -> String {
    format!("{:.2}", 0.25 + 0.67 * at as f64 / (TINTS - 1) as f64)
}

/// What the shades mean.
#[component]
pub(crate) fn HeatLegend() -> impl IntoView {
    let step = |at: usize| view! { <i style:--own=shade(at)></i> };
    view! {
        <span class="ramp" aria-hidden="true">
            {t(Word::HeatFew)}{(0..SHADES).map(step).collect_view()}{t(Word::HeatMany)}
            " "<i style:--own="var(--crit)"></i>{t(Word::HeatErrors)}
        </span>
    }
}
