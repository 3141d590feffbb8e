//! Counts over time as stacked bars: what each step holds, dragging to zoom, arrow keys to walk.

use daymark_model::time::Nanos;
use daymark_view::range::Range;
use daymark_viz::figure;
use daymark_viz::scale::{self, Linear};
use daymark_viz::stack;
use leptos::html;
use leptos::prelude::*;
use web_sys::{KeyboardEvent, PointerEvent};

use crate::parts::width::follow_width;
use crate::shell::Shell;
use crate::shell::events::Events;
use crate::words::{Word, say, t};

/// All that the bars show.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stack {
    pub(crate) t0: Nanos,
    pub(crate) step_ns: i64,
    /// From the top down: a label, a variable of the style sheet, counts.
    pub(crate) series: Vec<(String, &'static str, Vec<u64>)>,
}

impl Stack {
    fn counts(&self) -> Vec<Vec<u64>> {
        self.series.iter().map(|(_, _, counts)| counts.clone()).collect()
    }

    fn steps(&self) -> usize {
        self.series.iter().map(|(_, _, counts)| counts.len()).max().unwrap_or_default()
    }

    fn at(&self, step: usize) -> Nanos {
        self.t0.plus(self.step_ns.saturating_mul(step as i64))
    }
}

const LEFT: f64 = 44.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 18.0;

#[component]
pub(crate) fn Bars(
    #[prop(into)] stack: Signal<Option<Stack>>,
    title: &'static str,
    #[prop(default = 104.0)] height: f64,
    /// An instant that is marked, such as that of the open line.
    #[prop(optional, into)]
    marked: Signal<Option<Nanos>>,
) -> impl IntoView {
    let shell = Shell::here();
    let events = Events::here();
    let frame = NodeRef::<html::Div>::new();
    let wide = RwSignal::new(640.0_f64);
    follow_width(frame, wide);
    let axis = Memo::new(move |_| {
        scale::from_zero(
            stack.with(|stack| stack.as_ref().map_or(0, |stack| stack::most(&stack.counts()))) as f64
        )
    });
    let time = move || {
        let range = shell.range();
        Linear { values: (range.from.0 as f64, range.to.0 as f64), places: (LEFT, wide.get() - RIGHT) }
    };
    let at = RwSignal::new(None::<usize>);
    let brush = RwSignal::new(None::<(f64, f64)>);
    let place = move |event: &PointerEvent| {
        let left = frame.get_untracked().map_or(0.0, |frame| frame.get_bounding_client_rect().left());
        (f64::from(event.client_x()) - left).clamp(LEFT, wide.get_untracked() - RIGHT)
    };
    let step_at = move |place: f64| {
        stack.with_untracked(|stack| {
            let stack = stack.as_ref().filter(|stack| stack.step_ns > 0)?;
            let since = untrack(time).value(place) as i64 - stack.t0.0;
            Some((since.div_euclid(stack.step_ns).max(0) as usize).min(stack.steps().saturating_sub(1)))
        })
    };
    let zoom_to = move |step: usize| {
        if let Some(range) = stack.with_untracked(|stack| {
            stack.as_ref().map(|stack| Range { from: stack.at(step), to: stack.at(step + 1) })
        }) {
            shell.go_to_range(range);
        }
    };
    let released = move |_: PointerEvent| {
        let Some((start, end)) = brush.get_untracked() else { return };
        brush.set(None);
        if (end - start).abs() > 4.0 {
            let value = |place: f64| Nanos(untrack(time).value(place) as i64);
            shell.go_to_range(Range { from: value(start.min(end)), to: value(start.max(end)) });
        }
    };
    let keyed = move |event: KeyboardEvent| {
        let steps = stack.with_untracked(|stack| stack.as_ref().map_or(0, Stack::steps));
        if steps == 0 {
            return;
        }
        let now = at.get_untracked();
        match event.key().as_str() {
            "ArrowLeft" => at.set(Some(now.map_or(steps - 1, |at| at.saturating_sub(1)))),
            "ArrowRight" => at.set(Some(now.map_or(0, |at| (at + 1).min(steps - 1)))),
            "Enter" => now.into_iter().for_each(zoom_to),
            "Escape" if now.is_some() => at.set(None),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let bars = move || {
        stack.with(|stack| {
            let stack = stack.as_ref()?;
            let time = time();
            let steps = stack.steps().max(1);
            let ends = (time.place(stack.t0.0 as f64), time.place(stack.at(steps).0 as f64));
            let x = Linear { values: (0.0, steps as f64), places: ends };
            let y = Linear { values: (0.0, axis.with(|axis| axis.0)), places: (height - BOTTOM, TOP) };
            let paths = stack::paths(&stack.counts(), x, y, 1.0);
            let bar = |(d, (_, colour, _)): (String, &(String, &'static str, Vec<u64>))| {
                view! { <path d=d style:fill=format!("var({colour})") /> }
            };
            Some(paths.into_iter().zip(&stack.series).map(bar).collect_view())
        })
    };
    let axes = move || {
        let y = Linear { values: (0.0, axis.with(|axis| axis.0)), places: (height - BOTTOM, TOP) };
        let lines = axis.get().1.into_iter().map(|value| {
            let place = y.place(value);
            view! {
                <line class="gridline" x1=LEFT x2=wide.get() - RIGHT y1=place y2=place />
                <text class="axis" x=LEFT - 6.0 y=place + 4.0 text-anchor="end">{figure::count(value as u64).to_string()}</text>
            }
        }).collect_view();
        let (time, range) = (time(), shell.range());
        let ticks = scale::clock_ticks(range.from, range.to, (wide.get() / 90.0) as usize, shell.offset());
        let clock = ticks
            .into_iter()
            .map(|(at, text)| {
                let place = time.place(at.0 as f64).clamp(LEFT + 4.0, wide.get() - 16.0);
                view! { <text class="axis" x=place y=height - 3.0 text-anchor="middle">{text}</text> }
            })
            .collect_view();
        (lines, clock)
    };
    let uprights = move || {
        let (events, range, time) = (events?, shell.range(), time());
        let inside = events
            .get()
            .into_iter()
            .filter(|event| range.from <= event.time && event.time < range.to)
            .take(24);
        Some(
            inside
                .map(|event| {
                    let place = time.place(event.time.0 as f64);
                    view! { <line class="event-line" x1=place x2=place y1=TOP y2=height - BOTTOM /> }
                })
                .collect_view(),
        )
    };
    let frame_of = move |step: usize| {
        let time = time();
        stack.with(|stack| {
            stack.as_ref().map(|stack| {
                let left = time.place(stack.at(step).0 as f64);
                (left, (time.place(stack.at(step + 1).0 as f64) - left).max(2.0))
            })
        })
    };
    let mark = move || {
        let at = marked.get()?;
        let range = shell.range();
        let step = stack.with(|stack| {
            let stack =
                stack.as_ref().filter(|stack| stack.step_ns > 0 && range.from <= at && at < range.to)?;
            Some((at.0 - stack.t0.0).div_euclid(stack.step_ns).max(0) as usize)
        })?;
        let (left, wide) = frame_of(step)?;
        Some(
            view! { <rect class="plot-box" x=left - 1.0 y=TOP width=wide + 1.0 height=height - BOTTOM - TOP rx="2" /> },
        )
    };
    let cursor = move || {
        let (left, wide) = frame_of(at.get()?)?;
        Some(view! { <rect class="brush" x=left y=TOP width=wide height=height - BOTTOM - TOP /> })
    };
    let rows = move || {
        let step = at.get()?;
        stack.with(|stack| {
            let stack = stack.as_ref()?;
            let when =
                format!("{}–{}", shell.civil(stack.at(step)).hms(), shell.civil(stack.at(step + 1)).hms());
            let rows = stack.series.iter().map(|(label, colour, counts)| {
                (label.clone(), *colour, counts.get(step).copied().unwrap_or_default())
            });
            Some((when, rows.filter(|(_, _, count)| *count > 0).collect::<Vec<_>>()))
        })
    };
    let tip = move || {
        let (when, rows) = rows()?;
        let (left, ..) = frame_of(at.get()?)?;
        let shift =
            if left > wide.get() / 2.0 { "translateX(calc(-100% - 10px))" } else { "translateX(16px)" };
        let row = |(label, colour, count): (String, &'static str, u64)| {
            view! {
                <div class="row"><span class="dot" style:--own=format!("var({colour})")></span>{label}<b>{figure::grouped(count)}</b></div>
            }
        };
        Some(view! {
            <div class="tip" style:left=format!("{left:.0}px") style:top="4px" style:transform=shift>
                <div class="quiet">{when}</div>{rows.into_iter().map(row).collect_view()}
            </div>
        })
    };
    let summary = move || {
        let total: u64 = stack.with(|stack| {
            stack.as_ref().map_or(0, |stack| stack.series.iter().flat_map(|(_, _, counts)| counts).sum())
        });
        let most = stack.with(|stack| stack.as_ref().map_or(0, |stack| stack::most(&stack.counts())));
        say(
            Word::BarsSummary,
            &[("title", title), ("count", &figure::grouped(total)), ("most", &figure::grouped(most))],
        )
    };
    let spoken = move || {
        rows().map(|(when, rows)| {
            let rows: Vec<String> =
                rows.iter().map(|(label, _, count)| format!("{label} {}", figure::grouped(*count))).collect();
            if rows.is_empty() {
                format!("{when}: {}", t(Word::ShellNoValue))
            } else {
                format!("{when}: {}", rows.join(", "))
            }
        })
    };
    view! {
        <div
            class="plot"
            role="img"
            tabindex="0"
            aria-label=summary
            node_ref=frame
            style:height=format!("{height}px")
            on:pointermove=move |event| {
                let place = place(&event);
                at.set(step_at(place));
                if brush.get_untracked().is_some() { brush.update(|brush| if let Some(brush) = brush { brush.1 = place }); }
            }
            on:pointerdown=move |event| if event.button() == 0 { let place = place(&event); brush.set(Some((place, place))); }
            on:pointerup=released
            on:pointerleave=move |_| { at.set(None); brush.set(None); }
            on:keydown=keyed
            on:blur=move |_| at.set(None)
        >
            <svg aria-hidden="true">
                {axes}{bars}{uprights}{mark}{cursor}
                {move || brush.get().filter(|(start, end)| (end - start).abs() > 4.0).map(|(start, end)| view! {
                    <rect class="brush" x=start.min(end) y=TOP width=(end - start).abs() height=height - BOTTOM - TOP />
                })}
            </svg>
            {tip}
        </div>
        <span class="unseen" aria-live="polite">{spoken}</span>
    }
}
