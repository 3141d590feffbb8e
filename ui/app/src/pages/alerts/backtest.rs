//! What a rule would have done in the last days, by the evaluator that also runs in production: its value, the
//! threshold, and when it would have fired.

use std::time::Duration;

use daymark_model::time::Nanos;
use daymark_view::alerts::Labels;
use daymark_view::alerts::preview::{Preview, PreviewFiring, PreviewSeries};
use daymark_view::alerts::rule::Rule;
use daymark_viz::scale::{self, Linear};
use daymark_viz::{alert, curve, figure};
use leptos::html;
use leptos::prelude::*;
use serde_json::{Value, json};

use crate::life::Later;
use crate::load::load;
use crate::net::Question;
use crate::parts::states::Loaded;
use crate::parts::width::follow_width;
use crate::shell::Shell;
use crate::words::{Word, say, t};

/// While a rule is typed nothing is asked.
const REST: Duration = Duration::from_millis(600);
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 20.0;
/// Lines that are drawn; more are hard to tell apart.
const LINES: usize = 12;

/// How far back, as the address has it in `win`.
const SPANS: [(&str, i64); 3] = [("1d", 1), ("7d", 7), ("30d", 30)];

#[component]
pub(super) fn Backtest(
    /// As it is written; none draws nothing.
    #[prop(into)]
    rule: Signal<Option<Value>>,
    /// Of one group alone.
    #[prop(optional, into)]
    group: Option<Signal<Option<Labels>>>,
) -> impl IntoView {
    let shell = Shell::here();
    let span = shell.address.param("win");
    let days = Memo::new(move |_| {
        let asked = span.get();
        SPANS.iter().find(|(name, _)| asked.as_deref() == Some(*name)).map_or(1, |(_, days)| *days)
    });
    let settled = RwSignal::new(None::<Value>);
    let later = Later::here();
    Effect::new(move |before: Option<()>| {
        let now = rule.get().filter(|rule| Rule::read(rule, "").is_ok());
        match before {
            None => settled.set(now),
            Some(()) => later.after(REST, move || settled.set(now)),
        }
    });
    let preview = load::<Preview>(move || {
        let rule = settled.get()?;
        Some(Question::post("alerts/preview", &json!({"rule": rule, "from": format!("-{}d", days.get())})))
    });
    let shown = move |preview: &Preview| {
        let Some(labels) = group.and_then(|group| group.get()) else { return preview.clone() };
        let fits = |own: &Labels| own.iter().all(|(key, value)| labels.get(key) == Some(value));
        Preview {
            series: preview.series.iter().filter(|one| fits(&one.labels)).cloned().collect(),
            firings: preview.firings.iter().filter(|one| fits(&one.labels)).cloned().collect(),
            ..preview.clone()
        }
    };
    let choose = move |(name, days): (&'static str, i64)| {
        let is_on = move || (self::days(span.get().as_deref()) == days).to_string();
        view! { <button type="button" aria-pressed=is_on on:click=move |_| shell.address.set("win", if days == 1 { "" } else { name })>{figure::age(days.unsigned_abs() * 86_400_000_000_000).to_string()}</button> }
    };
    view! {
        <div class="alert-backtest">
            <div class="section-head">
                <h2>{move || say(Word::AlertsBacktest, &[("time", &figure::age(days.get().unsigned_abs() * 86_400_000_000_000).to_string())])}</h2>
                <div class="segments" role="group" aria-label=t(Word::AlertsBacktestLabel)>{SPANS.map(choose).collect_view()}</div>
            </div>
            <Loaded load=preview rows=5 show=move |answer| {
                let rule = settled.get_untracked().and_then(|rule| Rule::read(&rule, "").ok());
                rule.map(|rule| {
                    let preview = shown(&answer.data);
                    view! { {told(&preview, shell.now())}<Drawn preview=preview rule=rule days=days.get_untracked() /> }
                })
            } />
        </div>
    }
}

fn days(asked: Option<&str>) -> i64 {
    SPANS.iter().find(|(name, _)| asked == Some(*name)).map_or(1, |(_, days)| *days)
}

fn told(preview: &Preview, now: Nanos) -> impl IntoView + use<> {
    let past = alert::behaviour(&preview.firings, now.0);
    let time = |ns: i64| figure::duration(ns.max(0).unsigned_abs()).to_string();
    let parts = match past.count {
        0 => vec![t(Word::AlertsNever).to_owned()],
        count => {
            let mut parts = vec![
                say(Word::AlertsFirings, &[("count", &count.to_string())]),
                say(Word::AlertsInTotal, &[("time", &time(past.total_ns))]),
                say(Word::AlertsMedian, &[("time", &time(past.median_ns))]),
            ];
            if past.short > 0 {
                parts.push(say(Word::AlertsShort, &[("count", &past.short.to_string())]));
            }
            parts
        }
    };
    view! {
        <p class="alert-past">
            {parts.into_iter().map(|part| view! { <span>{part}</span> }).collect_view()}
            <span class="faint">{t(Word::AlertsSameEvaluator)}</span>
        </p>
    }
}

/// Where values lie in the picture.
#[derive(Clone, Copy)]
struct Places {
    x: Linear,
    y: Linear,
}

#[component]
fn Drawn(preview: Preview, rule: Rule, days: i64) -> impl IntoView {
    let shell = Shell::here();
    let frame = NodeRef::<html::Div>::new();
    let wide = RwSignal::new(640.0_f64);
    follow_width(frame, wide);
    let now = shell.now();
    let from = now.plus(-days * 86_400_000_000_000);
    let unit = alert::unit(&rule);
    let threshold = rule.condition.threshold;
    let values = preview.series.iter().flat_map(|one| one.values.iter().flatten().copied());
    let (most, ticks) = scale::from_zero(values.fold(threshold, f64::max));
    let preview = StoredValue::new(preview);
    let places = move || Places {
        x: Linear { values: (from.0 as f64, now.0 as f64), places: (LEFT, wide.get() - RIGHT) },
        y: Linear { values: (0.0, most), places: (HEIGHT - BOTTOM, TOP) },
    };
    let grid = move || {
        let Places { y, .. } = places();
        let line = |tick: &f64| {
            let at = y.place(*tick);
            view! {
                <line class="rule" x1=LEFT x2=wide.get() - RIGHT y1=at y2=at />
                <text class="tick" x=LEFT - 8.0 y=at + 4.0 text-anchor="end">{alert::value(*tick, unit)}</text>
            }
        };
        ticks.iter().map(line).collect_view()
    };
    let clock = move || {
        let Places { x, .. } = places();
        let most = (wide.get() / 110.0) as usize;
        let label = |(at, text): (Nanos, String)| {
            view! { <text class="tick" x=x.place(at.0 as f64) y=HEIGHT - 4.0 text-anchor="middle">{text}</text> }
        };
        scale::clock_ticks(from, now, most.max(2), shell.offset()).into_iter().map(label).collect_view()
    };
    let fired = move || {
        let Places { x, .. } = places();
        preview
            .with_value(|preview| preview.firings.iter().map(|one| firing(one, x, from, now)).collect_view())
    };
    let lines = move || {
        let places = places();
        preview.with_value(|preview| {
            preview.series.iter().take(LINES).map(|one| line(one, places)).collect_view()
        })
    };
    let bound = move || {
        let Places { y, .. } = places();
        view! { <line class="alert-bound" x1=LEFT x2=wide.get() - RIGHT y1=y.place(threshold) y2=y.place(threshold) /> }
    };
    view! {
        <div class="alert-plot" node_ref=frame>
            <svg width=move || wide.get() height=HEIGHT role="img" aria-label=t(Word::AlertsBacktestLabel)>
                {grid}{clock}{fired}{lines}{bound}
            </svg>
        </div>
    }
}

/// A band from beginning to end, with its length above.
fn firing(one: &PreviewFiring, x: Linear, from: Nanos, now: Nanos) -> impl IntoView + use<> {
    let (start, end) = (one.from.max(from), one.to.unwrap_or(now));
    let (left, right) = (x.place(start.0 as f64), x.place(end.0 as f64));
    let length = figure::age(end.0.saturating_sub(one.from.0).max(0).unsigned_abs()).to_string();
    view! {
        <rect class="alert-band" x=left y=TOP width=(right - left).max(2.0) height=HEIGHT - TOP - BOTTOM />
        <text class="tick" x=left y=TOP - 8.0>{format!("▲ {length}")}</text>
    }
}

fn line(one: &PreviewSeries, Places { x, y }: Places) -> impl IntoView + use<> {
    let last = one.values.len().saturating_sub(1).max(1);
    let end = one.t0.plus(one.step_ns * last as i64);
    let along =
        Linear { values: (0.0, last as f64), places: (x.place(one.t0.0 as f64), x.place(end.0 as f64)) };
    view! { <path class="curve" data-thin="" style:--own="var(--rate)" d=curve::line(&one.values, along, y) /> }
}
