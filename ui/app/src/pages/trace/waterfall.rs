//! Lines and their bars: rows in sight alone are in the document, and all bars are on one canvas over them.

use daymark_trace_model::bars::{self, Measure};
use daymark_trace_model::{Kind, Line, NONE, Trace};
use daymark_view::skeleton::flag;
use daymark_viz::{figure, scale};
use leptos::html;
use leptos::prelude::*;
use web_sys::{MouseEvent, WheelEvent};

use crate::life::{self, Life};
use crate::pages::trace::canvas::{self, HAIR, Labels, Painting, QUIET, TEXT};
use crate::pages::trace::coloured::{Legend, variable};
use crate::pages::trace::seen::{Seen, peer_of};
use crate::pages::trace::strip::Strip;
use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::parts::swatch;
use crate::parts::width::follow_width;
use crate::window;
use crate::words::{Word, say, t};

/// Rows beyond both edges.
const MARGIN: usize = 8;
/// The column of names.
const TREE: f64 = 432.0;
/// Left and right of the bars, the right one for durations.
const LEFT: f64 = 12.0;
const RIGHT: f64 = 64.0;
/// A screen that is narrower has name above bar.
const NARROW: f64 = 640.0;
/// Sequential repeats from which on they look like one query for each row of another.
const TOO_MANY: u32 = 10;

#[component]
pub(super) fn Waterfall() -> impl IntoView {
    let seen = Seen::here();
    let frame = NodeRef::<html::Div>::new();
    let canvas = NodeRef::<html::Canvas>::new();
    let wide = RwSignal::new(900.0_f64);
    let sight = RwSignal::new((0.0_f64, 700.0_f64));
    follow_width(frame, wide);
    let density = seen.shell.address.param("density");
    let is_narrow = Memo::new(move |_| wide.get() < NARROW);
    let row_px = Memo::new(move |_| match (is_narrow.get(), density.get().as_deref()) {
        (true, _) => 40.0,
        (_, Some("comfortable")) => 32.0,
        _ => 24.0,
    });
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
    life::on_window(leptos::ev::resize, move |_| measure());
    let count = Memo::new(move |_| seen.lines.with(|lines| lines.len()));
    let part = Memo::new(move |_| {
        let ((top, high), row, count) = (sight.get(), row_px.get(), count.get());
        let first = (top / row) as usize;
        let last = first + (high / row) as usize + 1;
        (first.saturating_sub(MARGIN).min(count), (last + MARGIN).min(count))
    });
    // The line that keys act on stays in sight.
    Effect::new(move |_| {
        let (at, row) = (seen.focused.get(), row_px.get_untracked());
        let Some(frame) = frame.get_untracked() else { return };
        let (top, high) = (f64::from(frame.scroll_top()), f64::from(frame.client_height()));
        let place = at as f64 * row;
        if place < top {
            frame.set_scroll_top(place as i32);
        } else if place + row > top + high {
            frame.set_scroll_top((place + row - high) as i32);
        }
        measure();
        // Whoever walks the rows by keys takes the focus along.
        let active = document().active_element();
        if active.is_some_and(|active| active.closest(".trace-row").ok().flatten().is_some()) {
            life.next_frame(move || {
                window::focus(&format!(".trace-row[aria-rowindex='{}']", at + 1));
            });
        }
    });
    // The row that has the focus stays in the document wherever one scrolls.
    let rows = move || {
        let ((first, last), focused) = (part.get(), seen.focused.get().min(count.get().saturating_sub(1)));
        let before = (focused < first).then_some(focused);
        let after = (focused >= last && count.get() > 0).then_some(focused);
        before.into_iter().chain(first..last).chain(after).collect::<Vec<_>>()
    };
    // A link to a span opens with it in sight.
    Effect::new(move |is_done: Option<bool>| {
        if is_done == Some(true) || seen.trace.with(|trace| trace.is_empty()) {
            return is_done.unwrap_or(false);
        }
        if let Some(at) = seen.selected.get_untracked() {
            seen.go(at);
        }
        true
    });
    let tree = move || if is_narrow.get() { 0.0 } else { TREE.min(wide.get() * 0.5) };
    let ends = move || {
        if is_narrow.get() { (LEFT, wide.get() - tree() - LEFT) } else { (LEFT, wide.get() - tree() - RIGHT) }
    };
    canvas::drawn(
        canvas,
        move || {
            seen.lines.track();
            seen.colours.track();
            seen.found.track();
            seen.window.track();
            seen.selected.track();
            row_px.track();
            sight.track();
            wide.track();
        },
        move || {
            let ((top, high), row) = (sight.get(), row_px.get());
            let (first, (left, right)) = ((top / row) as usize, ends());
            let (window, colour) = (seen.scale(left, right), seen.colour());
            let (trace, lines) = (seen.trace.get(), seen.lines.get());
            let last = (first + (high / row) as usize + 2).min(lines.len());
            let shown = lines.0.get(first.min(last)..last).unwrap_or_default();
            let size = if is_narrow.get() {
                Measure { row, bar: 8.0, above: 24.0 }
            } else {
                Measure { row, bar: 12.0, above: (row - 12.0) / 2.0 - 1.0 }
            };
            let offset = first as f64 * row - top;
            let (bars, places) = bars::lines(&trace, shown, window, size, offset, &colour);
            let mut shapes = bars::Shapes::default();
            // Where a name stands above its bar, the lines of the axis would cross it.
            let ticks = if is_narrow.get() { 0 } else { ((right - left) / 96.0) as usize };
            for tick in scale::duration_ticks(window.from, window.to, ticks) {
                shapes.push([window.x(tick).round(), 0.0, 1.0, high], HAIR, 1.0, bars::FILLED);
            }
            shapes.0.extend(bars.0);
            let mut labels = Labels::default();
            if !is_narrow.get() {
                for (number, line) in shown.iter().enumerate() {
                    let is_drawn = places.binary_search_by_key(&number, |bar| bar.line).is_ok();
                    let start = trace.start[line.at as usize];
                    if !is_drawn && line.kind == Kind::Span && start > window.to {
                        let start = figure::duration(start.max(0) as u64).to_string();
                        let text =
                            say(Word::TraceLater, &[("what", &told(&trace, *line)), ("start", &start)]);
                        let y = offset + (number as f64 + 0.5) * row;
                        labels.beside(right, y, right - 4.0, QUIET, false, &text);
                    }
                }
                for bar in places {
                    let line = shown[bar.line];
                    let y = offset + (bar.line as f64 + 0.5) * row;
                    let is_selected = seen.selected.get() == Some(line.at);
                    let is_failed = line.kind == Kind::Span && trace.has(line.at, flag::ERROR);
                    let colour = if is_failed {
                        bars::FAILED
                    } else if is_selected {
                        TEXT
                    } else {
                        QUIET
                    };
                    labels.beside(
                        bar.end + 6.0,
                        y,
                        bar.start - 6.0,
                        colour,
                        is_selected,
                        &told(&trace, line),
                    );
                }
            }
            Painting { wide: (wide.get() - tree()).max(1.0), high, shapes, labels }
        },
    );
    let wheeled = move |event: WheelEvent| {
        let Some(frame) = frame.get_untracked() else { return };
        let x = f64::from(event.client_x()) - frame.get_bounding_client_rect().left() - untrack(tree);
        if event.ctrl_key() || event.meta_key() {
            event.prevent_default();
            let (left, right) = untrack(ends);
            let around = untrack(|| seen.scale(left, right)).instant(x);
            seen.zoom(if event.delta_y() > 0.0 { 1.25 } else { 0.8 }, Some(around));
        } else if event.shift_key() {
            event.prevent_default();
            seen.pan(if event.delta_y() + event.delta_x() > 0.0 { 0.1 } else { -0.1 });
        }
    };
    let ticks = move || {
        let (left, right) = ends();
        let window = seen.scale(left, right);
        let ticks = scale::duration_ticks(window.from, window.to, ((right - left) / 96.0) as usize);
        ticks
            .into_iter()
            .map(|tick| {
                let text = if tick == 0 {
                    "0".to_owned()
                } else {
                    figure::duration(tick.unsigned_abs()).to_string()
                };
                view! { <span style:left=format!("{:.0}px", window.x(tick))>{text}</span> }
            })
            .collect_view()
    };
    let rows_told = move || {
        say(
            Word::TraceRows,
            &[
                ("shown", &figure::grouped(count.get() as u64)),
                ("total", &figure::grouped(seen.skeleton.map(|skeleton| u64::from(skeleton.total)))),
            ],
        )
    };
    view! {
        <Strip />
        <Legend />
        <div class="trace-times" style:--tree=move || format!("{}px", tree())>
            <div class="trace-times-name"><span>{t(Word::TraceNames)}</span><span role="status">{rows_told}</span></div>
            <div class="trace-ticks"><div aria-hidden="true">{ticks}</div><Zoom /></div>
        </div>
        <div
            class="trace-rows"
            role="treegrid"
            data-narrow=move || is_narrow.get().then_some("")
            aria-label=t(Word::TraceSpans)
            aria-rowcount=move || count.get().to_string()
            style:--tree=move || format!("{}px", tree())
            style:--row-px=move || format!("{}px", row_px.get())
            node_ref=frame
            on:scroll=move |_| measure()
            on:wheel=wheeled
        >
            <div class="trace-canvas" role="presentation"><canvas node_ref=canvas aria-hidden="true"></canvas></div>
            <div class="trace-space" role="rowgroup" style:height=move || format!("{}px", count.get() as f64 * row_px.get())>
                <For each=rows key=|at| *at let:at><Row number=at row_px=row_px /></For>
            </div>
        </div>
    }
}

/// What a wheel and a drag do, for those who have neither.
#[component]
fn Zoom() -> impl IntoView {
    let seen = Seen::here();
    let button = move |icon: &'static str, word: Word, act: fn(Seen)| {
        view! { <button type="button" title=t(word) aria-label=t(word) on:click=move |_| act(seen)><Icon name=icon size=12 /></button> }
    };
    view! {
        <div class="trace-zoom">
            {button("minus", Word::TraceKeyZoomOut, |seen| seen.zoom(2.0, None))}
            {button("plus", Word::TraceKeyZoom, |seen| seen.zoom(0.5, None))}
            {button("overview", Word::TraceKeyFit, |seen| seen.fit())}
        </div>
    }
}

/// What stands beside a bar.
fn told(trace: &Trace, line: Line) -> String {
    let duration = |ns: i64| figure::duration(ns.max(0) as u64).to_string();
    match line.kind {
        Kind::Repeat(count, _) => {
            format!("×{count}, {}", duration(bars::repeated_facts(trace, line.at, count).busy))
        }
        Kind::Missing(_) => String::new(),
        Kind::Span => duration(trace.dur[line.at as usize]),
    }
}

#[component]
fn Row(number: usize, row_px: Memo<f64>) -> impl IntoView {
    let seen = Seen::here();
    let line = Memo::new(move |_| seen.lines.with(|lines| lines.0.get(number).copied()));
    let is_selected = move || {
        line.get().is_some_and(|line| {
            seen.selected.get() == Some(line.at) && !matches!(line.kind, Kind::Missing(_))
        })
    };
    let is_match = move || {
        let line = line.get()?;
        Some(seen.found.get()?.binary_search(&line.at).is_ok())
    };
    let clicked = move |event: MouseEvent| {
        use wasm_bindgen::JsCast;
        seen.focused.set(number);
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if target.is_some_and(|target| target.closest(".trace-fold").ok().flatten().is_some()) {
            seen.flip(number);
            return;
        }
        match line.get_untracked() {
            Some(Line { kind: Kind::Repeat(..), .. }) => seen.flip(number),
            Some(Line { at, kind: Kind::Span, .. }) => seen.selected.set(Some(at)),
            _ => {}
        }
    };
    let contents = move || line.get().map(|line| contents(seen, line));
    let spoken = move || {
        line.get().map(|line| {
            seen.trace.with(|trace| {
                let duration = |ns: i64| figure::duration(ns.max(0) as u64).to_string();
                let at = line.at as usize;
                let text = say(
                    Word::TraceSpoken,
                    &[("start", &duration(trace.start[at])), ("duration", &duration(trace.dur[at]))],
                );
                if trace.crit[at] > 0 { format!("{text}, {}", t(Word::TraceOnPath)) } else { text }
            })
        })
    };
    view! {
        <div
            class="trace-row"
            role="row"
            tabindex=move || if seen.focused.get() == number { "0" } else { "-1" }
            style:top=move || format!("{}px", number as f64 * row_px.get())
            aria-rowindex=(number + 1).to_string()
            attr:aria-level=move || line.get().map(|line| (line.depth + 1).to_string())
            aria-expanded=move || line.get().and_then(|line| line.is_open).map(|is_open| is_open.to_string())
            aria-selected=move || is_selected().to_string()
            data-focused=move || (seen.focused.get() == number).then_some("")
            data-match=move || is_match().map(|is_match| is_match.to_string())
            on:click=clicked
            on:focus=move |_| seen.focused.set(number)
        >
            <div class="trace-name" role="gridcell">{contents}</div>
            <div class="unseen" role="gridcell">{spoken}</div>
        </div>
    }
}

fn contents(seen: Seen, line: Line) -> AnyView {
    let (trace, colours) = (seen.trace.get(), seen.colours.get());
    let trace = &trace;
    let (at, depth) = (line.at, line.depth.min(24));
    let deep = (line.depth > 24).then(|| view! { <span class="faint small">{line.depth}</span> });
    let indent = move || format!("calc(var(--indent) * {depth})");
    let fold = match line.is_open {
        Some(is_open) => view! { <span class="trace-fold"><Icon name=if is_open { "down" } else { "right" } size=12 /></span> }.into_any(),
        None => view! { <span class="trace-leaf"></span> }.into_any(),
    };
    if let Kind::Missing(missing) = line.kind {
        let (_, id, children) = trace.missing.get(missing as usize).cloned().unwrap_or_default();
        let id: String = id.chars().take(8).collect();
        return view! {
            <span class="trace-indent" style:width=indent></span>{fold}
            <span class="faint cut">{say(Word::TraceMissingParent, &[("id", &id), ("count", &children.to_string())])}</span>
        }.into_any();
    }
    let is_failed = trace.has(at, flag::ERROR);
    // Told once where another clock begins, not on every row below.
    let parent = trace.parent[at as usize];
    let is_other = parent == NONE || trace.svc[parent as usize] != trace.svc[at as usize];
    let is_skewed = is_other && trace.has(at, flag::SKEWED);
    let peer = peer_of(trace, at);
    let name = peer.map_or_else(|| trace.service(at).to_owned(), |(name, _)| name.clone());
    let mark = match peer {
        Some((_, kind)) => {
            let icon = match kind.as_str() {
                "database" => "database",
                "queue" => "queue",
                "external" => "cloud",
                _ => swatch::icon_of(&name),
            };
            view! { <span class="faint trace-icon"><Icon name=icon size=12 /></span> }.into_any()
        }
        None => view! { <span class="swatch" style:--own=variable(colours.of(at))></span> }.into_any(),
    };
    let (times, hint) = match line.kind {
        Kind::Repeat(count, _) => {
            let facts = bars::repeated_facts(trace, at, count);
            let is_many =
                facts.is_sequential && count >= TOO_MANY && peer.is_some_and(|(_, kind)| kind == "database");
            let hint = say(
                Word::TraceRepeatHint,
                &[
                    ("count", &count.to_string()),
                    ("p50", &figure::duration(facts.p50.max(0) as u64).to_string()),
                    ("max", &figure::duration(facts.max.max(0) as u64).to_string()),
                ],
            );
            (Some(view! { <span class="trace-times-n" title=hint>"×"{count}</span> }), is_many.then(|| view! { <span class="badge" data-state="warning" title=t(Word::TraceNPlusOne)>"N+1"</span> }))
        }
        _ => (None, None),
    };
    let hidden = (line.is_open == Some(false) && line.kind == Kind::Span).then(|| {
        let below = trace.end[at as usize] - at - 1;
        let errors = trace.errors[at as usize] - u32::from(is_failed);
        view! {
            <span class="badge">"+"{figure::grouped(u64::from(below))}</span>
            {(errors > 0).then(|| view! { <span class="badge" data-state="critical">{errors}" ✕"</span> })}
        }
    });
    let folded = trace.folded.binary_search_by_key(&at, |(place, ..)| *place).ok().map(|found| {
        let (_, count, errors, _) = trace.folded[found];
        let below = format!("{}:{}", trace.rev, trace.row_of(at));
        let href = move || seen.subtree(&below);
        view! {
            <a class="badge" href=href title=t(Word::TraceFoldedByServer)>"+"{figure::grouped(count)}</a>
            {(errors > 0).then(|| view! { <span class="badge" data-state="critical">{errors}" ✕"</span> })}
        }
    });
    let duration = figure::duration(trace.dur[at as usize].max(0) as u64).to_string();
    view! {
        <span class="trace-indent" style:width=indent></span>{fold}{deep}{mark}
        <span class="trace-label cut" class:crit=is_failed><b>{name}</b>" "{times}" "<span class="trace-op">{trace.operation(at).to_owned()}</span></span>
        {hint}{hidden}{folded}
        {trace.has(at, flag::ASYNC).then(|| view! { <span class="badge">{t(Word::TraceAsync)}</span> })}
        {is_skewed.then(|| view! { <span class="badge">{t(Word::TraceSkewed)}</span> })}
        {is_failed.then(|| view! { <Mark state=State::Critical title=t(Word::TraceFailed) /> })}
        <span class="trace-row-duration">{duration}</span>
    }.into_any()
}
