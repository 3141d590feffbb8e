//! A chart over time: lines and areas from zero, the window before as a dashed line behind, what happened as
//! dashed uprights, a crosshair with exact values, dragging to zoom, arrow keys to walk.

use std::sync::Arc;

use daymark_model::time::Nanos;
use daymark_view::range::Range;
use daymark_viz::curve;
use daymark_viz::scale::{self, Linear};
use leptos::html;
use leptos::prelude::*;
use web_sys::{KeyboardEvent, PointerEvent};

use crate::parts::width::follow_width;
use crate::shell::Shell;
use crate::shell::events::Events;
use crate::words::{Word, say, t};

/// One line. Values are evenly spaced from the chart's first instant on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    pub(crate) label: String,
    /// A variable of the style sheet, such as `--rate`.
    pub(crate) colour: String,
    pub(crate) values: Vec<Option<f64>>,
    pub(crate) is_filled: bool,
    /// The same in the window before.
    pub(crate) before: Vec<Option<f64>>,
}

/// All that a chart shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plot {
    /// The instant of the first value, and what lies between two.
    pub(crate) t0: Nanos,
    pub(crate) step_ns: i64,
    pub(crate) series: Vec<Series>,
    /// A value that must not be passed.
    pub(crate) threshold: Option<f64>,
}

/// Left of the plot for the labels of its values, below it for the clock.
const LEFT: f64 = 48.0;
const BOTTOM: f64 = 18.0;
const TOP: f64 = 8.0;
const RIGHT: f64 = 8.0;

#[component]
pub(crate) fn Chart(
    #[prop(into)] plot: Signal<Option<Plot>>,
    title: String,
    /// A value with its unit.
    format: fn(f64) -> String,
    #[prop(default = 140.0)] height: f64,
    /// Without labels of the clock, where the next chart below has them.
    #[prop(optional)]
    is_bare: bool,
    /// What Enter or a click on an instant opens.
    #[prop(optional, into)]
    open: Option<Callback<(Nanos, Nanos)>>,
) -> impl IntoView {
    let shell = Shell::here();
    let events = Events::here();
    let frame = NodeRef::<html::Div>::new();
    let wide = RwSignal::new(480.0_f64);
    follow_width(frame, wide);
    let bottom = if is_bare { 4.0 } else { BOTTOM };
    let x = move || {
        let range = shell.range();
        Linear { values: (range.from.0 as f64, range.to.0 as f64), places: (LEFT, wide.get() - RIGHT) }
    };
    let most = Memo::new(move |_| {
        plot.with(|plot| {
            let Some(plot) = plot else { return 0.0 };
            let all = plot.series.iter().flat_map(|series| series.values.iter().chain(&series.before));
            all.flatten().copied().chain(plot.threshold).fold(0.0, f64::max)
        })
    });
    let axis = Memo::new(move |_| scale::from_zero(most.get()));
    let y = move || Linear { values: (0.0, axis.with(|axis| axis.0)), places: (height - bottom, TOP) };
    let at = RwSignal::new(None::<usize>);
    let brush = RwSignal::new(None::<(f64, f64)>);
    let count = Memo::new(move |_| {
        plot.with(|plot| {
            plot.iter().flat_map(|plot| &plot.series).map(|series| series.values.len()).max().unwrap_or(0)
        })
    });
    let instant = move |at: usize| {
        plot.with(|plot| plot.as_ref().map_or(Nanos(0), |plot| plot.t0.plus(plot.step_ns * at as i64)))
    };
    let x_of = move |at: usize| x().place(instant(at).0 as f64);
    let pointer_x = move |event: &PointerEvent| {
        let left = frame.get_untracked().map_or(0.0, |frame| frame.get_bounding_client_rect().left());
        (f64::from(event.client_x()) - left).clamp(LEFT, wide.get_untracked() - RIGHT)
    };
    let nearest = move |place: f64| {
        plot.with_untracked(|plot| {
            let plot = plot.as_ref().filter(|plot| plot.step_ns > 0)?;
            let at = untrack(x).value(place);
            let step = ((at - plot.t0.0 as f64) / plot.step_ns as f64).round().max(0.0) as usize;
            Some(step.min(count.get_untracked().saturating_sub(1)))
        })
    };
    let released = move |_: PointerEvent| {
        let Some((start, end)) = brush.get_untracked() else { return };
        brush.set(None);
        let value = |place: f64| Nanos(untrack(x).value(place) as i64);
        if (end - start).abs() > 4.0 {
            shell.go_to_range(Range { from: value(start.min(end)), to: value(start.max(end)) });
        } else if let Some((open, at)) = open.zip(at.get_untracked()) {
            let step = plot.with_untracked(|plot| plot.as_ref().map_or(0, |plot| plot.step_ns));
            open.run((untrack(|| instant(at)), untrack(|| instant(at)).plus(step)));
        }
    };
    let pressed = move |event: KeyboardEvent| {
        let count = count.get_untracked();
        if count == 0 {
            return;
        }
        let now = at.get_untracked();
        match event.key().as_str() {
            "ArrowLeft" => at.set(Some(now.map_or(count - 1, |at| at.saturating_sub(1)))),
            "ArrowRight" => at.set(Some(now.map_or(0, |at| (at + 1).min(count - 1)))),
            "Enter" => {
                if let Some((open, at)) = open.zip(now) {
                    let step = plot.with_untracked(|plot| plot.as_ref().map_or(0, |plot| plot.step_ns));
                    open.run((untrack(|| instant(at)), untrack(|| instant(at)).plus(step)));
                }
            }
            "Escape" => at.set(None),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let lines = move || {
        plot.with(|plot| {
            let Some(plot) = plot else { return Vec::new() };
            let (x, y) = (x(), y());
            let line = |series: &Series| {
                let last = series.values.len().saturating_sub(1).max(1);
                let end = x.place((plot.t0.0 + plot.step_ns * last as i64) as f64);
                let along = Linear { values: (0.0, last as f64), places: (x.place(plot.t0.0 as f64), end) };
                let dot = series.values.iter().rposition(Option::is_some).filter(|_| plot.series.len() == 1);
                let dot = dot.and_then(|at| Some((along.place(at as f64), y.place(series.values[at]?))));
                view! {
                    <g style:--own=format!("var({})", series.colour)>
                        {(!series.before.is_empty()).then(|| view! { <path class="curve" data-compare="" d=curve::line(&series.before, along, y) /> })}
                        {series.is_filled.then(|| view! { <path class="fill" d=curve::area(&series.values, along, y) /> })}
                        <path class="curve" d=curve::line(&series.values, along, y) />
                        {dot.map(|(x, y)| view! { <circle cx=x cy=y r="2.5" style:fill="var(--own)" /> })}
                    </g>
                }
            };
            plot.series.iter().map(line).collect()
        })
    };
    let axes = move || {
        let y = y();
        let (wide, offset, range) = (wide.get(), shell.offset(), shell.range());
        // Before there is anything to measure a scale says nothing.
        let values = axis
                .get()
                .1
                .into_iter()
                .filter(|_| count.get() > 0)
                .map(|value| {
                    let place = y.place(value);
                    view! {
                        <line class="gridline" x1=LEFT x2=wide - RIGHT y1=place y2=place />
                        <text class="axis" x=LEFT - 8.0 y=place + 4.0 text-anchor="end">{if value == 0.0 { "0".to_owned() } else { format(value) }}</text>
                    }
                })
                .collect_view();
        let x = x();
        let clock = (!is_bare).then(|| {
            let ticks = scale::clock_ticks(range.from, range.to, (wide / 90.0) as usize, offset);
            ticks
                .into_iter()
                .map(|(at, text)| {
                    let place = x.place(at.0 as f64).clamp(LEFT + 4.0, wide - 16.0);
                    view! { <text class="axis" x=place y=height - 3.0 text-anchor="middle">{text}</text> }
                })
                .collect_view()
        });
        (values, clock)
    };
    let uprights = move || {
        let x = x();
        let range = shell.range();
        events.map(|events| {
            let inside = events
                .get()
                .into_iter()
                .filter(|event| range.from <= event.time && event.time < range.to)
                .take(24);
            inside
                .map(|event| {
                    let place = x.place(event.time.0 as f64);
                    view! { <line class="event-line" x1=place x2=place y1=TOP y2=height - bottom /> }
                })
                .collect_view()
        })
    };
    let limit = move || {
        let threshold = plot.with(|plot| plot.as_ref().and_then(|plot| plot.threshold))?;
        let place = y().place(threshold);
        Some(view! { <line class="threshold" x1=LEFT x2=wide.get() - RIGHT y1=place y2=place /> })
    };
    let cross = move || {
        let at = at.get()?;
        let place = x_of(at);
        let y = y();
        let dots = plot.with(|plot| {
            let series = plot.iter().flat_map(|plot| &plot.series);
            let dots = series.filter_map(|series| Some((series.colour.clone(), (*series.values.get(at)?)?)));
            dots.map(|(colour, value)| view! { <circle cx=place cy=y.place(value) r="3" style:fill=format!("var({colour})") /> }).collect_view()
        });
        Some(view! { <line class="crosshair" x1=place x2=place y1=TOP y2=height - bottom />{dots} })
    };
    let tip = move || {
        let at = at.get()?;
        let place = x_of(at);
        let is_left = place > wide.get() / 2.0;
        let (rows, step) = plot.with(|plot| {
            let series = plot.iter().flat_map(|plot| &plot.series);
            let rows = series.flat_map(|series| {
                let now = series.values.get(at).copied().flatten();
                let before = series.before.get(at).copied().flatten();
                let row = |label: String, colour: String, value: Option<f64>| view! {
                    <div class="row"><span class="dot" style:--own=format!("var({colour})")></span>{label}<b>{value.map_or_else(|| t(Word::ShellNoValue).into(), format)}</b></div>
                };
                [
                    Some(row(series.label.clone(), series.colour.clone(), now)),
                    before.map(|before| row(say(Word::ShellBefore, &[("value", "")]), "--cmp".into(), Some(before))),
                ]
            });
            (rows.flatten().collect_view(), plot.as_ref().map_or(0, |plot| plot.step_ns))
        });
        let when = format!(
            "{}, {}",
            shell.civil(instant(at)).hms(),
            daymark_viz::figure::duration(step.max(0) as u64)
        );
        let shift = if is_left { "translateX(calc(-100% - 10px))" } else { "translateX(10px)" };
        Some(
            view! { <div class="tip" style:left=format!("{place:.0}px") style:top="8px" style:transform=shift><div class="quiet">{when}</div>{rows}</div> },
        )
    };
    let summary_title = Arc::new(title);
    let summary = {
        let title = Arc::clone(&summary_title);
        move || {
            plot.with(|plot| {
                let values: Vec<f64> = plot
                    .iter()
                    .flat_map(|plot| &plot.series)
                    .flat_map(|series| series.values.iter().flatten().copied())
                    .collect();
                let Some(last) = values.last() else { return format!("{title}: {}", t(Word::ShellNoValue)) };
                let (low, high) = values
                    .iter()
                    .fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(*value), high.max(*value)));
                say(
                    Word::ShellChartSummary,
                    &[
                        ("title", &title),
                        ("low", &format(low)),
                        ("high", &format(high)),
                        ("last", &format(*last)),
                    ],
                )
            })
        }
    };
    view! {
        <div
            class="chart"
            role="img"
            tabindex="0"
            aria-label=summary
            node_ref=frame
            style:height=format!("{height}px")
            on:pointermove=move |event| {
                let place = pointer_x(&event);
                at.set(nearest(place));
                if brush.get_untracked().is_some() { brush.update(|brush| if let Some(brush) = brush { brush.1 = place }); }
            }
            on:pointerdown=move |event| if event.button() == 0 { let place = pointer_x(&event); brush.set(Some((place, place))); }
            on:pointerup=released
            on:pointerleave=move |_| { at.set(None); brush.set(None); }
            on:keydown=pressed
        >
            <svg aria-hidden="true">
                {axes}
                {lines}
                {uprights}
                {limit}
                {move || brush.get().filter(|(start, end)| (end - start).abs() > 4.0).map(|(start, end)| view! {
                    <rect class="brush" x=start.min(end) y=TOP width=(end - start).abs() height=height - bottom - TOP />
                })}
                {cross}
            </svg>
            {tip}
        </div>
    }
}
