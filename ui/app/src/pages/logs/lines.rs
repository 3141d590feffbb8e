//! A long list of lines, of which those in sight are in the document; one of them may be opened.

use std::sync::Arc;

use daymark_view::trace_logs::LogRow;
use daymark_viz::figure;
use daymark_viz::line::{self, Piece};
use daymark_viz::tall::{Sight, Tall};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent, MouseEvent};

use super::detail::Detail;
use super::search::Search;
use crate::life::{self, Life};
use crate::parts::icon::Icon;
use crate::parts::mark::{Mark, State};
use crate::parts::swatch::Swatch;
use crate::shell::Shell;
use crate::window;
use crate::words::{Word, say, t};

pub(super) type Line = Arc<LogRow>;

/// Rows beyond both edges.
const MARGIN: usize = 10;
/// What a row has beside its message, and the width of a letter.
const BESIDE: f64 = 490.0;
const BESIDE_NARROW: f64 = 24.0;
const LETTER: f64 = 7.23;

/// Where the list is scrolled to, and whether that is its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scrolled {
    pub(super) top: f64,
    pub(super) is_end: bool,
}

#[component]
pub(super) fn Lines(
    #[prop(into)] rows: Signal<Vec<Line>>,
    /// What scrolls away above the lines.
    #[prop(optional, into)]
    above: ViewFn,
    #[prop(optional, into)] more: Option<Callback<()>>,
    #[prop(optional, into)] scrolled: Option<Callback<Scrolled>>,
    frame: NodeRef<html::Div>,
) -> impl IntoView {
    let search = expect_context::<Search>();
    let list = NodeRef::<html::Div>::new();
    let seen = RwSignal::new((0.0_f64, 900.0_f64, 800.0_f64));
    let focused = RwSignal::new(0_usize);
    let opened_high = RwSignal::new(320.0_f64);
    let is_narrow = window::is_narrow();
    let row_px = window::token("--row-log").trim_end_matches("px").parse::<f64>().unwrap_or(26.0);
    let life = Life::here();
    let measure = life.only(move || {
        let Some((frame, list)) = frame.get_untracked().zip(list.get_untracked()) else { return };
        let top = f64::from(frame.scroll_top());
        let high = f64::from(frame.client_height());
        seen.set((top - f64::from(list.offset_top()), high, f64::from(frame.client_width())));
        if let Some(scrolled) = scrolled {
            scrolled.run(Scrolled { top, is_end: top + high >= f64::from(frame.scroll_height()) - 4.0 });
        }
        if let Ok(Some(detail)) = list.query_selector(".log-detail") {
            let high = detail.get_bounding_client_rect().height();
            if high > 0.0 && (high - opened_high.get_untracked()).abs() > 1.0 {
                opened_high.set(high);
            }
        }
    });
    Effect::new(move |_| {
        search.open.track();
        rows.with(Vec::len);
        if frame.get().is_some() && list.get().is_some() {
            life.next_frame(measure);
        }
    });
    life::on_window(leptos::ev::resize, move |_| measure());
    let is_wrapped = move || search.wraps.get() || search.view.get() == "stream" || is_narrow;
    let wide = Memo::new(move |_| seen.get().2);
    let tall = Memo::new(move |_| {
        let open = search.open.get();
        rows.with(|rows| {
            let beside = if is_narrow { BESIDE_NARROW } else { BESIDE };
            let tall = if is_wrapped() {
                let columns = ((wide.get() - beside) / LETTER).max(8.0) as usize;
                let extra = if is_narrow { row_px + 4.0 } else { row_px - 16.0 };
                let high = |row: &Line| {
                    extra + 16.0 * line::rows(row.body.as_deref().unwrap_or_default(), columns) as f64
                };
                Tall::each(rows.iter().map(high).collect())
            } else {
                Tall::even(rows.len(), row_px)
            };
            let at = open.and_then(|open| rows.iter().position(|row| row.log_id == open));
            tall.opened(at, opened_high.get())
        })
    });
    let sight = Memo::new(move |_| {
        let (top, high, _) = seen.get();
        tall.with(|tall| tall.sight(top.max(0.0), high + top.min(0.0), MARGIN))
    });
    if let Some(more) = more {
        Effect::new(move |_| {
            let Sight { last, .. } = sight.get();
            let count = rows.with(Vec::len);
            if count > 0 && last == count {
                more.run(());
            }
        });
    }
    let go = move |at: usize| {
        focused.set(at);
        let Some((frame, list)) = frame.get_untracked().zip(list.get_untracked()) else { return };
        let place = f64::from(list.offset_top()) + tall.with_untracked(|tall| tall.top(at));
        let (top, high) = (f64::from(frame.scroll_top()), f64::from(frame.client_height()));
        if place - 28.0 < top {
            frame.set_scroll_top((place - 28.0) as i32);
        } else if place + row_px > top + high {
            frame.set_scroll_top((place + row_px - high) as i32);
        }
        measure();
        life.next_frame(move || {
            let row = list.query_selector(&format!("[data-row='{at}']")).ok().flatten();
            if let Some(row) = row.and_then(|row| row.dyn_into::<HtmlElement>().ok()) {
                drop(row.focus());
            }
        });
    };
    Effect::new(move |_| {
        if let Some(at) = search.to_line.get() {
            go(at);
        }
    });
    let pressed = move |event: KeyboardEvent| {
        let count = rows.with_untracked(Vec::len);
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let is_row = target.is_some_and(|target| target.has_attribute("data-row"));
        if count == 0 || event.ctrl_key() || event.meta_key() || event.alt_key() || !is_row {
            return;
        }
        let at = focused.get_untracked().min(count - 1);
        let row = rows.with_untracked(|rows| rows.get(at).cloned());
        match event.key().as_str() {
            "ArrowDown" | "j" => go((at + 1).min(count - 1)),
            "ArrowUp" | "k" => go(at.saturating_sub(1)),
            "Home" => go(0),
            "End" if !search.is_tail.get_untracked() => go(count - 1),
            "PageDown" => go((at + 20).min(count - 1)),
            "PageUp" => go(at.saturating_sub(20)),
            " " | "Enter" => row.iter().for_each(|row| search.toggle_line(&row.log_id)),
            "c" => row.iter().for_each(|row| window::copy(row.body.as_deref().unwrap_or_default())),
            "C" => row.iter().for_each(|row| window::copy(&super::detail::json(row))),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let keys = move || {
        let Sight { first, last, .. } = sight.get();
        rows.with(|rows| {
            (first..last).filter_map(|at| rows.get(at).map(|row| (at, Arc::clone(row)))).collect::<Vec<_>>()
        })
    };
    view! {
        <div
            class="scroll log-scroll"
            node_ref=frame
            tabindex="-1"
            data-wrap=move || is_wrapped().then_some("")
            data-view=move || search.view.get()
            on:scroll=move |_| measure()
            on:keydown=pressed
        >
            {move || above.run()}
            <div role="table" aria-label=t(Word::NavLogs) aria-rowcount=move || (rows.with(Vec::len) + 1).to_string()>
                <Head />
                <div role="rowgroup" node_ref=list>
                    <div style:height=move || format!("{:.0}px", sight.get().above)></div>
                    <For each=keys key=|(at, row)| (*at, row.log_id.clone()) let:line>
                        <Row at=line.0 row=line.1 focused=focused />
                    </For>
                    <div style:height=move || format!("{:.0}px", sight.get().below)></div>
                </div>
            </div>
        </div>
    }
}

#[component]
fn Head() -> impl IntoView {
    let shell = Shell::here();
    let search = expect_context::<Search>();
    let arrow = move || if search.is_tail.get() { "↑" } else { "↓" };
    view! {
        <div class="log-row log-head" role="row">
            <span role="cell"></span>
            <span role="columnheader">{t(Word::LogsTime)}", "{move || shell.offset().name()} " " {arrow}</span>
            <span role="columnheader">{t(Word::LogsLevel)}</span>
            <span role="columnheader">{t(Word::LogsService)}</span>
            <span role="columnheader">{t(Word::LogsMessage)}</span>
            <span role="columnheader" class="num">{t(Word::LogsTrace)}</span>
        </div>
    }
}

#[component]
fn Row(at: usize, row: Line, focused: RwSignal<usize>) -> impl IntoView {
    let shell = Shell::here();
    let search = expect_context::<Search>();
    let id = row.log_id.clone();
    let is_open = Memo::new(move |_| search.open.with(|open| open.as_deref() == Some(id.as_str())));
    let id = row.log_id.clone();
    let clicked = move |event: MouseEvent| {
        focused.set(at);
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let is_own = target.is_some_and(|target| target.closest("a, button").ok().flatten().is_some());
        // Whoever selects text does not want it to move away.
        let has_selection =
            window().get_selection().ok().flatten().is_some_and(|selection| !selection.is_collapsed());
        if !is_own && !has_selection {
            search.toggle_line(&id);
        }
    };
    let id = row.log_id.clone();
    let trace = row.trace_id.map(|id| {
        let to = shell
            .link(["traces", &id.to_string()])
            .with("span", &row.span_id.map(|id| id.to_string()).unwrap_or_default());
        view! { <a class="link mono" href=to.to_string()>{figure::short_id(&id.to_string())}</a> }
    });
    let body = Arc::clone(&row);
    // An event may say all with its name.
    let message = move || {
        search.words.with(|words| {
            painted(body.body.as_deref().or(body.event_name.as_deref()).unwrap_or_default(), words)
        })
    };
    let shown = Arc::clone(&row);
    let chips = move || {
        search.columns.with(|columns| {
        let chip = |key: &String| {
            let value = super::detail::value_of(&shown, key)?;
            Some(view! { <span class="log-chip"><span class="faint">{key.clone()}"="</span>{value}</span> })
        };
        columns.iter().filter_map(chip).collect_view()
    })
    };
    let detail = Arc::clone(&row);
    view! {
        <div
            class="log-row"
            role="row"
            data-row=at.to_string()
            aria-rowindex=(at + 2).to_string()
            aria-selected=move || is_open.get().to_string()
            tabindex=move || if focused.get() == at { "0" } else { "-1" }
            on:click=clicked
            on:focus=move |_| focused.set(at)
        >
            <span role="cell">
                <button type="button" class="log-open" tabindex="-1" aria-expanded=move || is_open.get().to_string() aria-label=t(Word::LogsOpen) on:click=move |_| search.toggle_line(&id)>
                    {move || view! { <Icon name=if is_open.get() { "down" } else { "right" } size=12 /> }}
                </button>
            </span>
            <span role="cell" class="mono quiet log-time">{shell.civil(row.time).hms_ms()}</span>
            <span role="cell" class="log-level"><Level name=row.severity.clone() /></span>
            <span role="cell" class="log-service"><Swatch service=row.service.clone() /><span class="cut">{row.service.clone()}</span></span>
            <span role="cell" class="mono log-message">{chips}{message}</span>
            <span role="cell" class="num log-trace">{trace}</span>
        </div>
        {move || is_open.get().then(|| view! { <Detail row=Arc::clone(&detail) /> })}
    }
}

/// A severity as a shape and its name.
#[component]
pub(super) fn Level(#[prop(into)] name: String) -> impl IntoView {
    let (state, class) = match name.as_str() {
        "fatal" | "error" => (Some(State::Critical), "crit"),
        "warn" => (Some(State::Warning), "warn"),
        "info" => (Some(State::Info), "quiet"),
        _ => (None, "faint"),
    };
    view! {
        {match state {
            Some(state) => view! { <Mark state=state /> }.into_any(),
            None => view! { <span class="log-none" aria-hidden="true">"·"</span> }.into_any(),
        }}
        <span class=class>{name}</span>
    }
}

/// A message with what was searched marked, and the names of its values grey.
pub(super) fn painted(text: &str, words: &[String]) -> AnyView {
    if text.is_empty() {
        return view! { <span class="faint">{t(Word::LogsNoMessage)}</span> }.into_any();
    }
    let piece = |(piece, text): (Piece, &str)| {
        let text = text.to_owned();
        match piece {
            Piece::Plain => text.into_any(),
            Piece::Key => view! { <span class="faint">{text}</span> }.into_any(),
            Piece::Found => view! { <mark>{text}</mark> }.into_any(),
            Piece::Open => view! { <span class="log-open-part">{text}</span> }.into_any(),
        }
    };
    line::pieces(text, words).into_iter().map(piece).collect_view().into_any()
}

/// A line alone, for what stands around another.
#[component]
pub(super) fn Short(row: LogRow, is_itself: bool) -> impl IntoView {
    let shell = Shell::here();
    let LogRow { time, severity, service, body, .. } = row;
    let label = say(Word::LogsLineOf, &[("service", &service)]);
    view! {
        <div class="log-short" data-itself=is_itself.then_some("") aria-label=label role="group">
            <span class="mono quiet">{shell.civil(time).hms_ms()}</span>
            <span class="log-level"><Level name=severity /></span>
            <span class="mono cut">{body}</span>
        </div>
    }
}
