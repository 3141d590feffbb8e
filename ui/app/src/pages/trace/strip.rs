//! The whole trace on a strip; the window on it is dragged, resized, and reset by a double click.

use std::sync::Arc;

use daymark_trace_model::bars::{CHOSEN, FILLED, Window};
use daymark_trace_model::flame::Flame;
use daymark_trace_model::strip;
use daymark_viz::figure;
use leptos::html;
use leptos::prelude::*;
use web_sys::PointerEvent;

use crate::pages::trace::canvas::{self, Labels, Painting};
use crate::pages::trace::seen::Seen;
use crate::parts::width::follow_width;
use crate::words::{Word, say, t};

const HIGH: f64 = 44.0;
const GUTTER: f64 = 16.0;
/// How near to an edge a pointer takes hold of it.
const NEAR: f64 = 6.0;

#[derive(Clone, Copy)]
enum Drag {
    /// From this instant on a new window.
    New(i64),
    From,
    To,
    /// The whole window, held at this distance from its beginning.
    Whole(i64),
}

#[component]
pub(super) fn Strip() -> impl IntoView {
    let seen = Seen::here();
    let frame = NodeRef::<html::Div>::new();
    let canvas = NodeRef::<html::Canvas>::new();
    let wide = RwSignal::new(900.0_f64);
    follow_width(frame, wide);
    let lanes =
        Memo::new_with_compare(move |_| Arc::new(seen.trace.with(|trace| Flame::of(trace))), |_, _| true);
    let shapes = Memo::new_with_compare(
        move |_| {
            let (trace, lanes) = (seen.trace.get(), lanes.get());
            Arc::new(strip::strip(&trace, &lanes, (wide.get() - 2.0 * GUTTER, HIGH), 0.0, &seen.colour()))
        },
        |_, _| true,
    );
    let whole = move || Window {
        from: 0,
        to: seen.trace.with(|trace| trace.duration),
        left: 0.0,
        right: wide.get() - 2.0 * GUTTER,
    };
    canvas::drawn(
        canvas,
        move || {
            shapes.track();
            seen.found.track();
        },
        move || {
            let mut shapes = shapes.get().as_ref().clone();
            let window = whole();
            if let Some(found) = seen.found.get() {
                let trace = seen.trace.get();
                let mut last = f64::MIN;
                for at in found.iter() {
                    let x = window.x(trace.start[*at as usize]);
                    if x - last >= 2.0 {
                        shapes.push([x, HIGH - 4.0, 2.0, 4.0], CHOSEN, 1.0, FILLED);
                        last = x;
                    }
                }
            }
            Painting { wide: window.right.max(1.0), high: HIGH, shapes, labels: Labels::default() }
        },
    );
    let drag = RwSignal::new(None::<Drag>);
    let x_of = move |event: &PointerEvent| {
        f64::from(event.client_x())
            - frame.get_untracked().map_or(0.0, |frame| frame.get_bounding_client_rect().left())
            - GUTTER
    };
    let pressed = move |event: PointerEvent| {
        if event.button() != 0 {
            return;
        }
        let (x, whole) = (x_of(&event), untrack(whole));
        let (from, to) = seen.window.get_untracked();
        let at = whole.instant(x).clamp(0, whole.to);
        let is_all = (from, to) == (0, whole.to);
        drag.set(Some(match () {
            () if (whole.x(from) - x).abs() < NEAR => Drag::From,
            () if (whole.x(to) - x).abs() < NEAR => Drag::To,
            () if !is_all && from < at && at < to => Drag::Whole(at - from),
            () => Drag::New(at),
        }));
        if let Some(frame) = frame.get_untracked() {
            drop(frame.set_pointer_capture(event.pointer_id()));
        }
    };
    let moved = move |event: PointerEvent| {
        let Some(drag) = drag.get_untracked() else { return };
        let whole = untrack(whole);
        let at = whole.instant(x_of(&event)).clamp(0, whole.to);
        let (from, to) = seen.window.get_untracked();
        let least = (whole.to / 5_000).max(1);
        let (from, to) = match drag {
            Drag::New(start) if (at - start).abs() > whole.to / 200 => (start.min(at), start.max(at)),
            Drag::New(_) => return,
            Drag::From => (at.min(to - least), to),
            Drag::To => (from, at.max(from + least)),
            Drag::Whole(held) => {
                let first = (at - held).clamp(0, whole.to - (to - from));
                (first, first + (to - from))
            }
        };
        seen.look(Window { from, to, ..whole });
    };
    let chosen = move || {
        let (whole, (from, to)) = (whole(), seen.window.get());
        (GUTTER + whole.x(from), (whole.x(to) - whole.x(from)).max(2.0), (from, to) == (0, whole.to))
    };
    let told = move || {
        let (from, to) = seen.window.get();
        let text = |ns: i64| figure::duration(ns.max(0) as u64).to_string();
        say(Word::TraceWindow, &[("from", &text(from)), ("to", &text(to))])
    };
    view! {
        <div
            class="trace-strip"
            role="group"
            aria-label=told
            title=t(Word::TraceStripHint)
            node_ref=frame
            on:pointerdown=pressed
            on:pointermove=moved
            on:pointerup=move |_| drag.set(None)
            on:pointercancel=move |_| drag.set(None)
            on:dblclick=move |_| seen.fit()
        >
            <canvas node_ref=canvas aria-hidden="true"></canvas>
            <div
                class="trace-window"
                data-all=move || chosen().2.then_some("")
                style:left=move || format!("{:.1}px", chosen().0)
                style:width=move || format!("{:.1}px", chosen().1)
            ><i></i><i></i></div>
        </div>
    }
}
