//! The rows of the tree with their bars on one time axis. Only rows in sight are in the document.

use daymark_viz::figure;
use daymark_viz::scale;
use daymark_viz::waterfall::Line;
use leptos::html;
use leptos::prelude::*;
use web_sys::{KeyboardEvent, PointerEvent, WheelEvent};

use crate::pages::trace::Read;
use crate::pages::trace::sight::Sight;
use crate::pages::trace::span_panel::SpanPanel;
use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::parts::swatch::{Swatch, icon_of};
use crate::shell::Shell;
use crate::words::{Word, say, t};

/// Rows beyond both edges.
const MARGIN: usize = 10;
/// Levels that are drawn with their whole indent.
const DEEPEST: u32 = 24;
/// Browsers lay out no more than some millions of pixels.
const TALLEST: f64 = 8_000_000.0;

#[component]
pub(crate) fn Waterfall(read: Read) -> impl IntoView {
    let shell = Shell::here();
    let sight = expect_context::<Sight>();
    let frame = NodeRef::<html::Div>::new();
    let seen = RwSignal::new((0.0_f64, 900.0_f64));
    let high = if browser_is_roomy() { 32.0 } else { 24.0 };
    let measure = move || {
        if let Some(frame) = frame.get_untracked() {
            seen.set((f64::from(frame.scroll_top()), f64::from(frame.client_height())));
        }
    };
    Effect::new(move |_| {
        if frame.get().is_some() {
            request_animation_frame(measure);
        }
    });
    let resized = window_event_listener(leptos::ev::resize, move |_| measure());
    on_cleanup(move || resized.remove());
    let count = Memo::new(move |_| sight.lines.with(Vec::len));
    // Above some millions of pixels a pixel of the bar stands for more than one row.
    let tall = move || (count.get() as f64 * high).min(TALLEST);
    let first = move || {
        let (top, view) = seen.get();
        let rows = count.get() as f64;
        let share = top / (tall() - view).max(1.0);
        if rows * high <= TALLEST { top / high } else { share * (rows - view / high).max(0.0) }
    };
    let part = Memo::new(move |_| {
        let (first, view) = (first() as usize, (seen.get().1 / high) as usize + 1);
        (first.saturating_sub(MARGIN).min(count.get()), (first + view + MARGIN).min(count.get()))
    });
    let place = move |at: usize| {
        let shift = (first() - at as f64) * high;
        seen.get().0 - shift
    };
    // A chosen row comes into sight.
    Effect::new(move |_| {
        let (Some(row), Some(frame)) = (sight.chosen.get(), frame.get()) else { return };
        let Ok(at) = sight.lines.with_untracked(|lines| lines.binary_search_by_key(&row, |line| line.row))
        else {
            return;
        };
        let (top, view) = (f64::from(frame.scroll_top()), f64::from(frame.client_height()));
        let y = at as f64 * high;
        if y < top || y + high > top + view {
            frame.set_scroll_top((y - view / 2.0).max(0.0) as i32);
        }
    });
    let walk = move |step: isize| {
        sight.lines.with_untracked(|lines| {
            let now = sight.chosen.get_untracked();
            let at = now.map_or(if step > 0 { -1 } else { 0 }, |row| {
                lines.partition_point(|line| line.row < row) as isize
            });
            let next = (at + step).clamp(0, lines.len() as isize - 1) as usize;
            if let Some(line) = lines.get(next) {
                sight.choose(Some(line.row));
            }
        });
    };
    let line_of = move |row: u32| {
        sight.lines.with_untracked(|lines| {
            lines.binary_search_by_key(&row, |line| line.row).ok().map(|at| lines[at])
        })
    };
    let keyed = read.clone();
    let pressed = move |event: KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let chosen = sight.chosen.get_untracked();
        match event.key().as_str() {
            "ArrowDown" | "j" => walk(1),
            "ArrowUp" | "k" => walk(-1),
            "PageDown" => walk(20),
            "PageUp" => walk(-20),
            "Home" => walk(isize::MIN / 2),
            "End" => walk(isize::MAX / 2),
            "ArrowRight" => match chosen.and_then(line_of) {
                Some(line) if line.can_open && !line.is_open => sight.turn(line.row),
                _ => walk(1),
            },
            "ArrowLeft" => match chosen.and_then(line_of) {
                Some(line) if line.is_open => sight.turn(line.row),
                Some(line) => sight.choose(keyed.waterfall.parent(line.row).or(Some(line.row))),
                None => return,
            },
            "Escape" if chosen.is_some() => sight.choose(None),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let zoomed = read.clone();
    shell.keys.on("s", Word::TraceZoomSpan, move || {
        if let Some(row) = sight.chosen.get_untracked() {
            let at = row as usize;
            let (start, dur) = (zoomed.waterfall.start[at], zoomed.waterfall.dur[at].max(10));
            sight.zoom_to(start - dur / 10, start + dur + dur / 10);
        }
    });
    shell.keys.on("+", Word::TraceZoomIn, move || sight.zoom_by(2.0, 0.5));
    shell.keys.on("-", Word::TraceZoomOut, move || sight.zoom_by(0.5, 0.5));
    shell.keys.on("0", Word::TraceZoomAll, move || sight.zoom_to(0, i64::MAX));
    shell.keys.on("h", Word::TracePanBack, move || sight.pan(-0.25));
    shell.keys.on("l", Word::TracePanOn, move || sight.pan(0.25));
    let wheel = move |event: WheelEvent| {
        if !(event.ctrl_key() || event.meta_key() || event.shift_key()) {
            return;
        }
        event.prevent_default();
        let Some(frame) = frame.get_untracked() else { return };
        let rect = frame.get_bounding_client_rect();
        let tree = 432.0_f64.min(rect.width() / 2.0);
        let share = ((f64::from(event.client_x()) - rect.left() - tree) / (rect.width() - tree - 72.0))
            .clamp(0.0, 1.0);
        if event.shift_key() {
            sight.pan((event.delta_y() + event.delta_x()) / 800.0);
        } else {
            sight.zoom_by(if event.delta_y() < 0.0 { 1.25 } else { 0.8 }, share);
        }
    };
    let shown = read.clone();
    let row = move |at: usize| {
        let line = sight.lines.with(|lines| lines.get(at).copied());
        line.map(|line| one(&shown, sight, line, at, Signal::derive(move || place(at)), count))
    };
    let ticks = move || {
        let (from, to) = sight.zoom.get();
        let tick = |at: i64| {
            let left = (at - from) as f64 / (to - from).max(1) as f64 * 100.0;
            view! { <span class="trace-tick" style:left=format!("{left:.2}%")>{if at == 0 { "0".into() } else { figure::duration(at as u64).to_string() }}</span> }
        };
        scale::duration_ticks(from, to, 8).into_iter().map(tick).collect_view()
    };
    let total = read.waterfall.len();
    let panel = read.clone();
    view! {
        <div class="trace-body">
            <div class="trace-main">
                <Minimap read=read.clone() />
                <div class="trace-columns">
                    <span class="faint small">{t(Word::TraceTree)}</span>
                    <span class="faint small trace-rows">{move || say(Word::ShellStatusOf, &[("shown", &count.get().to_string()), ("total", &total.to_string())])}</span>
                    <div class="trace-axis" aria-hidden="true">{ticks}</div>
                </div>
                <div
                    class="trace-scroll"
                    role="treegrid"
                    tabindex="0"
                    aria-label=t(Word::TraceWaterfall)
                    aria-rowcount=move || count.get().to_string()
                    aria-activedescendant=move || sight.chosen.get().map(|row| format!("row-{row}"))
                    node_ref=frame
                    on:scroll=move |_| measure()
                    on:keydown=pressed
                    on:wheel=wheel
                >
                    <div class="trace-tall" role="rowgroup" style:height=move || format!("{}px", tall())>
                        {move || { let (first, last) = part.get(); (first..last).map(&row).collect_view() }}
                    </div>
                </div>
            </div>
            {move || sight.chosen.get().map(|row| view! { <SpanPanel read=panel.clone() row=row /> })}
        </div>
    }
}

fn browser_is_roomy() -> bool {
    crate::window::stored("daymark.density").as_deref() == Some("comfortable")
}

/// One line: its place in the tree and its bar.
fn one(
    read: &Read,
    sight: Sight,
    line: Line,
    at: usize,
    top: Signal<f64>,
    count: Memo<usize>,
) -> impl IntoView + use<> {
    let row = line.row;
    let place = row as usize;
    let depth = read.waterfall.depth[place];
    let is_error = read.waterfall.is_error(row);
    let service = read.service(row).to_owned();
    let peer = read.peer(row).filter(|_| !line.can_open).map(str::to_owned);
    let name = read.name(row).to_owned();
    let colour = if peer.is_some() { "var(--ctl)".into() } else { read.colour(row) };
    let duration = read.waterfall.dur[place].max(0) as u64;
    let below = read.waterfall.below(row);
    let (first, last) = read.waterfall.extent(line);
    let indent = f64::from(depth.min(DEEPEST)) * 12.0 + 8.0;
    let own: Vec<(i64, i64)> = if line.count == 1 { read.waterfall.own(row) } else { Vec::new() };
    let critical: Vec<(i64, i64)> =
        read.waterfall.critical(row).iter().map(|(_, from, to)| (*from, *to)).collect();
    let parent_end = read
        .waterfall
        .parent(row)
        .map(|parent| read.waterfall.start[parent as usize] + read.waterfall.dur[parent as usize]);
    let outlives = parent_end.filter(|end| *end < last).map(|end| (end, last));
    let left = move |at: i64| {
        let (from, to) = sight.zoom.get();
        ((at - from) as f64 / (to - from).max(1) as f64 * 100.0).clamp(-1.0, 101.0)
    };
    let span = move |from: i64, to: i64| {
        let (start, end) = (left(from), left(to));
        (format!("{start:.3}%"), format!("max(1px, {:.3}%)", end - start))
    };
    let piece = move |class: &'static str, (from, to): (i64, i64)| {
        view! { <i class=class style:left=move || span(from, to).0 style:width=move || span(from, to).1></i> }
    };
    let text = match line.count {
        1 => figure::duration(duration).to_string(),
        count => format!("×{count}, {}", figure::duration((last - first).max(0) as u64)),
    };
    let after = move || {
        // Where there is no room at the right the figure stands before the bar.
        let end = left(last);
        if end > 88.0 {
            (format!("calc({:.3}% - 4px)", left(first)), "translateX(-100%)")
        } else {
            (format!("calc({end:.3}% + 6px)"), "none")
        }
    };
    let label = format!("{service} {name}, {}", figure::duration(duration));
    let is_match = Memo::new(move |_| sight.matches.with(|matches| matches.binary_search(&row).is_ok()));
    let shown_peer = peer.clone();
    view! {
        <div
            class="trace-row"
            id=format!("row-{row}")
            role="row"
            attr:aria-level=(depth + 1).to_string()
            aria-rowindex=(at + 1).to_string()
            aria-setsize=move || count.get().to_string()
            aria-posinset=(at + 1).to_string()
            aria-expanded=line.can_open.then(|| line.is_open.to_string())
            aria-selected=move || (sight.chosen.get() == Some(row)).to_string()
            data-error=is_error.then_some("")
            data-match=move || is_match.get().then_some("")
            style:transform=move || format!("translateY({:.1}px)", top.get())
            style:--own=colour
            on:click=move |_| sight.choose(Some(row))
            on:dblclick=move |_| if line.can_open { sight.turn(row) }
        >
            <div class="trace-cell" role="gridcell" style:padding-left=format!("{indent}px")>
                {if line.can_open {
                    view! {
                        <button type="button" class="trace-turn" tabindex="-1" aria-label=t(Word::TraceTurn) on:click=move |event| { event.stop_propagation(); sight.turn(row); }>
                            {if line.is_open { view! { <Icon name="down" size=12 /> } } else { view! { <Icon name="right" size=12 /> } }}
                        </button>
                    }.into_any()
                } else { view! { <span class="trace-turn"></span> }.into_any() }}
                {match &shown_peer {
                    Some(peer) => view! { <span class="faint"><Icon name=icon_of(peer) size=12 /></span> }.into_any(),
                    None => view! { <Swatch service=service.clone() colour=read.palette.slot(&service) /> }.into_any(),
                }}
                <span class="cut"><b>{peer.unwrap_or_else(|| service.clone())}</b> " " {(line.count > 1).then(|| format!("×{} ", line.count))} <span class="quiet">{name}</span></span>
                <span class="trace-notes">
                    {(!line.is_open && below > 0 && line.count == 1).then(|| view! { <span class="badge">"+"{below}</span> })}
                    {is_error.then(|| view! { <Mark state=State::Critical title=t(Word::TraceFailed) /> })}
                </span>
            </div>
            <div class="trace-bars" role="gridcell" aria-label=label>
                {piece("trace-bar", (first, last))}
                {own.into_iter().map(|own| piece("trace-own", own)).collect_view()}
                {outlives.map(|late| piece("trace-late", late))}
                {is_error.then(|| piece("trace-failed", (first, last)))}
                {critical.into_iter().map(|crit| piece("trace-crit", crit)).collect_view()}
                <span class="trace-text" style:left=move || after().0 style:transform=move || after().1>{text}</span>
            </div>
        </div>
    }
}

/// All lines, small; dragging chooses the part of the time that is shown, a double click all of it.
#[component]
fn Minimap(read: Read) -> impl IntoView {
    let sight = expect_context::<Sight>();
    let frame = NodeRef::<html::Div>::new();
    let whole = read.skeleton.duration_ns.max(1) as f64;
    let brush = RwSignal::new(None::<(f64, f64)>);
    let share = move |event: &PointerEvent| {
        let rect = frame.get_untracked().map(|frame| frame.get_bounding_client_rect());
        rect.map_or(0.0, |rect| {
            ((f64::from(event.client_x()) - rect.left()) / rect.width().max(1.0)).clamp(0.0, 1.0)
        })
    };
    let drawn = move || {
        let lines = sight.lines.get();
        let step = (lines.len() / 240).max(1);
        let rows = lines.len().div_ceil(step).max(1) as f64;
        let high = (56.0 / rows).min(6.0);
        let bar = |(at, line): (usize, &Line)| {
            let (from, to) = read.waterfall.extent(*line);
            let (x, wide) = (from as f64 / whole * 1_000.0, (to - from) as f64 / whole * 1_000.0);
            let colour =
                if read.waterfall.is_error(line.row) { "var(--crit)".into() } else { read.colour(line.row) };
            view! { <rect x=x y=2.0 + at as f64 * high width=wide.max(1.5) height=(high * 0.8).max(0.6) style:fill=colour style:fill-opacity="0.75" /> }
        };
        lines.iter().step_by(step).enumerate().map(bar).collect_view()
    };
    let window = move || {
        let (from, to) = match brush.get() {
            Some((start, end)) => (start.min(end), start.max(end)),
            None => {
                let (from, to) = sight.zoom.get();
                (from as f64 / whole, to as f64 / whole)
            }
        };
        (format!("{:.3}%", from * 100.0), format!("{:.3}%", (to - from).max(0.001) * 100.0))
    };
    let released = move |_| {
        if let Some((start, end)) = brush.get_untracked() {
            brush.set(None);
            if (end - start).abs() > 0.003 {
                sight.zoom_to((start.min(end) * whole) as i64, (start.max(end) * whole) as i64);
            }
        }
    };
    view! {
        <div
            class="trace-minimap"
            role="img"
            aria-label=t(Word::TraceMinimap)
            node_ref=frame
            on:pointerdown=move |event| if event.button() == 0 { let at = share(&event); brush.set(Some((at, at))); }
            on:pointermove=move |event| if brush.get_untracked().is_some() { let at = share(&event); brush.update(|brush| if let Some(brush) = brush { brush.1 = at }); }
            on:pointerup=released
            on:pointerleave=move |_| brush.set(None)
            on:dblclick=move |_| sight.zoom_to(0, i64::MAX)
        >
            <svg viewBox="0 0 1000 60" preserveAspectRatio="none" aria-hidden="true">{drawn}</svg>
            <div class="trace-window" style:left=move || window().0 style:width=move || window().1></div>
        </div>
    }
}
