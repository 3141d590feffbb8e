//! Lanes instead of lines: what ran at the same time lies side by side. Below it where the time went.

use std::sync::Arc;

use daymark_trace_model::bars::{self, CHOSEN, FILLED, OUTLINED};
use daymark_trace_model::flame::Flame as Lanes;
use daymark_viz::{figure, scale};
use leptos::html;
use leptos::prelude::*;
use web_sys::{MouseEvent, WheelEvent};

use crate::life::Life;
use crate::pages::trace::canvas::{self, HAIR, Labels, Painting};
use crate::pages::trace::coloured::Legend;
use crate::pages::trace::seen::{Seen, peer_of};
use crate::pages::trace::tables::Table;
use crate::parts::width::follow_width;
use crate::words::{Word, say, t};

const ROW: f64 = 28.0;
const HIGH: f64 = 26.0;
const GUTTER: f64 = 16.0;
/// Above the first lane, for the axis.
const HEAD: f64 = 24.0;

#[component]
pub(super) fn Flame() -> impl IntoView {
    let seen = Seen::here();
    let frame = NodeRef::<html::Div>::new();
    let canvas = NodeRef::<html::Canvas>::new();
    let wide = RwSignal::new(900.0_f64);
    let sight = RwSignal::new((0.0_f64, 320.0_f64));
    follow_width(frame, wide);
    let lanes =
        Memo::new_with_compare(move |_| Arc::new(seen.trace.with(|trace| Lanes::of(trace))), |_, _| true);
    let life = Life::here();
    let measure = life.only(move || {
        if let Some(frame) = frame.get_untracked() {
            sight.set((f64::from(frame.scroll_top()), f64::from(frame.client_height())));
        }
    });
    Effect::new(move |_| {
        wide.track();
        if frame.get().is_some() {
            life.next_frame(measure);
        }
    });
    let scale_now = move || seen.scale(GUTTER, wide.get() - GUTTER);
    canvas::drawn(
        canvas,
        move || {
            lanes.track();
            seen.window.track();
            sight.track();
            wide.track();
            seen.selected.track();
            seen.colours.track();
        },
        move || {
            let ((top, high), window) = (sight.get(), scale_now());
            let (trace, lanes, colour) = (seen.trace.get(), lanes.get(), seen.colour());
            let first = (top / ROW) as usize;
            let last = first + (high / ROW) as usize + 2;
            let offset = HEAD + first as f64 * ROW - top;
            let mut shapes = bars::Shapes::default();
            let mut labels = Labels::default();
            for tick in
                scale::duration_ticks(window.from, window.to, ((window.right - window.left) / 110.0) as usize)
            {
                let x = window.x(tick).round();
                shapes.push([x, 0.0, 1.0, high], HAIR, 1.0, FILLED);
                let text = if tick == 0 {
                    "0".to_owned()
                } else {
                    figure::duration(tick.unsigned_abs()).to_string()
                };
                labels.beside(x + 4.0, 12.0, x, canvas::QUIET, false, &text);
            }
            let (mut drawn, named) = bars::flame(&trace, &lanes, window, (first, last), (ROW, HIGH), &colour);
            drawn.0.chunks_mut(bars::SHAPE).for_each(|shape| shape[1] += offset as f32);
            shapes.0.extend(drawn.0);
            if let Some(at) = seen.selected.get() {
                let (lane, start) = (lanes.lane[at as usize] as usize, lanes.start[at as usize]);
                let (left, right) = (window.x(start), window.x(start + trace.dur[at as usize]));
                if (first..last).contains(&lane) {
                    shapes.push(
                        [
                            left - 1.0,
                            offset + (lane - first) as f64 * ROW - 1.0,
                            (right - left).max(2.0) + 2.0,
                            HIGH + 2.0,
                        ],
                        CHOSEN,
                        1.0,
                        OUTLINED,
                    );
                }
            }
            for (at, x, y, room) in named {
                // On a bar of full strength no text is legible in every colour.
                if trace.is_parent(at) {
                    let name = peer_of(&trace, at).map_or_else(|| trace.service(at), |(name, _)| name);
                    labels.inside(
                        x + 8.0,
                        offset + y + HIGH / 2.0,
                        room - 12.0,
                        false,
                        &format!(
                            "{name}  {}  {}",
                            trace.operation(at),
                            figure::duration(trace.dur[at as usize].max(0) as u64)
                        ),
                    );
                }
            }
            Painting { wide: wide.get().max(1.0), high, shapes, labels }
        },
    );
    let at_pointer = move |x: f64, y: f64| {
        let rect = frame.get_untracked()?.get_bounding_client_rect();
        let (x, y) = (x - rect.left(), y - rect.top() + sight.get_untracked().0 - HEAD);
        let window = untrack(scale_now);
        let slack = (window.instant(3.0) - window.instant(0.0)).max(0);
        let lane = (y >= 0.0).then_some((y / ROW) as usize)?;
        seen.trace.with_untracked(|trace| lanes.get_untracked().at(trace, lane, window.instant(x), slack))
    };
    let tip = RwSignal::new(None::<(u32, f64, f64)>);
    let moved = move |event: MouseEvent| {
        let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
        tip.set(at_pointer(x, y).map(|at| (at, x, y)));
    };
    let wheeled = move |event: WheelEvent| {
        if event.ctrl_key() || event.meta_key() {
            event.prevent_default();
            let left = frame.get_untracked().map_or(0.0, |frame| frame.get_bounding_client_rect().left());
            let around = untrack(scale_now).instant(f64::from(event.client_x()) - left);
            seen.zoom(if event.delta_y() > 0.0 { 1.25 } else { 0.8 }, Some(around));
        } else if event.shift_key() {
            event.prevent_default();
            seen.pan(if event.delta_y() + event.delta_x() > 0.0 { 0.1 } else { -0.1 });
        }
    };
    let shown_tip = move || {
        tip.get().map(|(at, x, y)| seen.trace.with(|trace| view! {
        <div class="tip trace-tip" style:left=format!("{:.0}px", x + 12.0) style:top=format!("{:.0}px", y + 14.0)>
            <div><b>{trace.service(at).to_owned()}</b>" "{trace.operation(at).to_owned()}</div>
            <div class="row">{t(Word::TraceDuration)}<b>{figure::duration(trace.dur[at as usize].max(0) as u64).to_string()}</b></div>
            <div class="row">{t(Word::TraceOwn)}<b>{figure::duration(trace.own[at as usize].max(0) as u64).to_string()}</b></div>
        </div>
    }))
    };
    let told =
        move || say(Word::TraceFlameTold, &[("lanes", &lanes.with(|lanes| lanes.lanes.len()).to_string())]);
    view! {
        <Legend />
        <div class="trace-flame" role="img" tabindex="0" aria-label=told node_ref=frame
            on:scroll=move |_| measure() on:wheel=wheeled on:mousemove=moved on:mouseleave=move |_| tip.set(None)
            on:click=move |event: MouseEvent| if let Some(at) = at_pointer(f64::from(event.client_x()), f64::from(event.client_y())) { seen.selected.set(Some(at)) }
        >
            <div class="trace-canvas" role="presentation"><canvas node_ref=canvas aria-hidden="true"></canvas></div>
            <div style:height=move || format!("{}px", HEAD + lanes.with(|lanes| lanes.lanes.len()) as f64 * ROW)></div>
        </div>
        {shown_tip}
        <div class="scroll"><Table /></div>
    }
}
