//! The strip under the head of a page: the axis of its range, the traffic, its errors, and what changed.
//! Dragging over it chooses a part of the range.

use daymark_model::time::Nanos;
use daymark_view::events::{ChangeEvent, EventKind};
use daymark_view::range::Range;
use daymark_view::traffic::Traffic;
use daymark_viz::incident;
use daymark_viz::scale::{self, Linear};
use leptos::html;
use leptos::prelude::*;
use web_sys::PointerEvent;

use crate::load::load;
use crate::net::Question;
use crate::parts::icon::Icon;
use crate::shell::Shell;
use crate::window;
use crate::words::{Word, say, t};

const BARS: usize = 160;
const MARKS: usize = 24;

/// What changed in the range of the page; charts repeat it as dashed lines.
#[derive(Clone, Copy)]
pub(crate) struct Events(Memo<Vec<ChangeEvent>>);

impl Events {
    /// Of the page, or none where it shows no strip.
    pub(crate) fn here() -> Option<Self> {
        use_context()
    }

    pub(crate) fn get(self) -> Vec<ChangeEvent> {
        self.0.get()
    }
}

pub(crate) fn icon_of(kind: EventKind) -> (&'static str, &'static str) {
    match kind {
        EventKind::Deploy => ("deploy", "info"),
        EventKind::Breaker => ("bolt", "crit"),
        EventKind::Config => ("sliders", "manual"),
        EventKind::Alert => ("bell", "crit"),
        EventKind::Registration => ("waves", "quiet"),
        EventKind::Scaling => ("caret", "quiet"),
        EventKind::Dlq => ("bubbles", "warn"),
        _ => ("ring", "quiet"),
    }
}

/// An event in the language of the reader.
pub(crate) fn told(event: &ChangeEvent) -> String {
    let detail =
        |key: &str| event.detail.get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    match event.kind {
        EventKind::Deploy => {
            let service = event.service.clone().unwrap_or_default();
            say(Word::ShellEventDeploy, &[("service", &service), ("version", &detail("version"))])
        }
        EventKind::Alert => match &event.service {
            Some(service) => say(Word::ShellEventAlertOf, &[("rule", &detail("rule")), ("service", service)]),
            None => say(Word::ShellEventAlert, &[("rule", &detail("rule"))]),
        },
        _ => event.title.clone(),
    }
}

/// Where an event leads: an alert to itself, all else to its service.
pub(crate) fn target(shell: Shell, event: &ChangeEvent) -> Option<String> {
    if let Some(fingerprint) = event.detail.get("fingerprint").and_then(|print| print.as_str()) {
        return Some(shell.link(["alerts"]).with("alert", fingerprint).to_string());
    }
    event.service.as_ref().map(|service| shell.link(["services", service]).to_string())
}

/// Asks for the events of the page and gives them to all that is inside of it. Called once by a page with a
/// range, before its parts are made.
pub(crate) fn provide(service: Option<Signal<String>>) {
    let shell = Shell::here();
    let events = load::<Vec<ChangeEvent>>(move || {
        let question = shell.in_range(Question::get("events"));
        Some(service.map_or(question.clone(), |service| question.with("service", service.get())))
    });
    provide_context(Events(Memo::new(move |_| events.map(|events| incident::begun(events)))));
}

#[component]
pub(crate) fn EventRail(#[prop(optional, into)] service: Option<Signal<String>>) -> impl IntoView {
    let shell = Shell::here();
    let traffic = load::<Traffic>(move || {
        let question = shell.in_range(Question::get("traffic")).with("buckets", BARS);
        Some(service.map_or(question.clone(), |service| question.with("service", service.get())))
    });
    let events = Events::here();
    let frame = NodeRef::<html::Div>::new();
    let brush = RwSignal::new(None::<(f64, f64)>);
    let share = move |event: &PointerEvent| {
        let rect = frame.get_untracked().map(|frame| frame.get_bounding_client_rect());
        rect.map_or(0.0, |rect| {
            ((f64::from(event.client_x()) - rect.left() - 16.0) / (rect.width() - 32.0)).clamp(0.0, 1.0)
        })
    };
    let released = move |_| {
        if let Some((start, end)) = brush.get_untracked() {
            brush.set(None);
            let range = shell.range();
            let at = |share: f64| range.from.plus((range.width_ns() as f64 * share) as i64);
            if (end - start).abs() > 0.005 {
                shell.go_to_range(Range { from: at(start.min(end)), to: at(start.max(end)) });
            }
        }
    };
    let bars = move || {
        let range = shell.range();
        traffic.map(|traffic| {
            let Some(series) = traffic.series.first() else { return Vec::new() };
            let most = series.count.iter().copied().max().unwrap_or(1).max(1) as f64;
            let x = Linear { values: (range.from.0 as f64, range.to.0 as f64), places: (0.0, 1_000.0) };
            let wide = (1_000.0 * traffic.step_ns as f64 / range.width_ns().max(1) as f64 - 1.0).max(0.5);
            let pairs =
                series.count.iter().zip(&series.errors).enumerate().filter(|(_, (count, _))| **count > 0);
            let bar = |(at, (count, errors)): (usize, (&u64, &u64))| {
                let left = x.place((traffic.t0.0 + at as i64 * traffic.step_ns) as f64).max(0.0);
                // Errors are few in most traffic; their root is seen where they are one in a hundred.
                let high = 2.0 + 8.0 * (*count as f64 / most);
                let red =
                    if *errors == 0 { 0.0 } else { high * (*errors as f64 / *count as f64).sqrt().max(0.15) };
                view! {
                    <rect x=left y=31.0 - high width=wide height=high style:fill="var(--rail)" />
                    <rect x=left y=31.0 - red width=wide height=red style:fill="var(--crit)" />
                }
            };
            pairs.map(bar).collect::<Vec<_>>()
        })
    };
    let place = move |at: Nanos| {
        let range = shell.range();
        (at.0 - range.from.0) as f64 / range.width_ns().max(1) as f64 * 100.0
    };
    // Events in the range with their places, those together that no finger could part.
    let marked = Memo::new(move |_| {
        let range = shell.range();
        let mut events = events.map(Events::get).unwrap_or_default();
        events.retain(|event| range.from <= event.time && event.time < range.to);
        let places: Vec<f64> = events.iter().map(|event| place(event.time)).collect();
        let group = |group: Vec<usize>| {
            let left = group.first().map(|at| places[*at]).unwrap_or_default();
            (left, group.iter().map(|at| events[*at].clone()).collect::<Vec<_>>())
        };
        let least = match (window::is_narrow(), window::is_wide()) {
            (true, _) => 9.0,
            (false, false) => 5.0,
            (false, true) => 3.0,
        };
        scale::together(&places, least).into_iter().take(MARKS).map(group).collect::<Vec<_>>()
    });
    let ticks = move || {
        let range = shell.range();
        let ticks = scale::clock_ticks(range.from, range.to, 8, shell.offset());
        let tick = |(at, text): (Nanos, String)| {
            let left = place(at);
            // A mark says more than the clock below it.
            let reach = if window::is_narrow() { -11.0 } else { -3.5 };
            let is_free =
                marked.with(|all| all.iter().all(|(mark, _)| !(reach..0.8).contains(&(left - mark))));
            (left < 97.0 && is_free)
                .then(|| view! { <span class="rail-tick" style:left=format!("{left:.2}%")>{text}</span> })
        };
        ticks.into_iter().filter_map(tick).collect_view()
    };
    let marks = move || {
        let mark = |(left, group): (f64, Vec<ChangeEvent>)| {
            // What somebody did comes before what was told of it.
            let event = group.iter().min_by_key(|event| event.kind == EventKind::Alert)?;
            let (icon, class) = icon_of(event.kind);
            let line = |event: &ChangeEvent| format!("{} {}", shell.civil(event.time).hms(), told(event));
            let text = group.iter().map(line).collect::<Vec<_>>().join("\n");
            let more = (group.len() > 1).then(|| format!("+{}", group.len() - 1));
            Some(view! {
                <a class=class href=target(shell, event) style:left=format!("{left:.2}%") title=text.clone() aria-label=text>
                    <Icon name=icon size=14 />{more.map(|more| view! { <span class="rail-more" data-more=more></span> })}
                </a>
            })
        };
        marked.get().into_iter().filter_map(mark).collect_view()
    };
    view! {
        <div
            class="rail"
            role="group"
            aria-label=t(Word::ShellEvents)
            node_ref=frame
            on:pointerdown=move |event| if event.button() == 0 { let at = share(&event); brush.set(Some((at, at))); }
            on:pointermove=move |event| if brush.get_untracked().is_some() { let at = share(&event); brush.update(|brush| if let Some(brush) = brush { brush.1 = at }); }
            on:pointerup=released
            on:pointerleave=move |_| brush.set(None)
        >
            <svg viewBox="0 0 1000 31" preserveAspectRatio="none" aria-hidden="true">
                {bars}
                {move || brush.get().map(|(start, end)| view! {
                    <rect class="brush" x=start.min(end) * 1_000.0 y="0" width=(end - start).abs() * 1_000.0 height="31" />
                })}
            </svg>
            <div class="marks">{ticks}{marks}</div>
        </div>
    }
}
