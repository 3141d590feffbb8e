//! What a rule would have done in the last days, by the evaluator that also runs in production.

use std::time::Duration;

use daymark_model::time::Nanos;
use daymark_view::alerts::Labels;
use daymark_view::alerts::preview::Preview;
use daymark_view::alerts::rule::Rule;
use daymark_view::duration;
use daymark_viz::{alert, figure};
use leptos::prelude::*;
use serde_json::{Value, json};

use super::plot::Drawn;
use crate::life::Later;
use crate::load::{Load, load};
use crate::net::Question;
use crate::parts::states::Loaded;
use crate::shell::Shell;
use crate::words::{Word, say, t};

/// While a rule is typed nothing is asked.
const REST: Duration = Duration::from_millis(600);

/// How far back, as the address has it in `win`.
const SPANS: [(&str, i64); 4] =
    [("1h", Nanos::HOUR), ("1d", Nanos::DAY), ("7d", 7 * Nanos::DAY), ("30d", 30 * Nanos::DAY)];

/// A rule that is tried.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub(super) preview: Load<Preview>,
    rule: RwSignal<Option<Value>>,
    span: Memo<&'static str>,
    usual: &'static str,
}

impl Asked {
    /// As far back as was chosen, where the rule can be tried so far.
    fn width_ns(self) -> i64 {
        self.rule
            .with(|rule| rule.as_ref().map_or(width(self.span.get()), |rule| reach(rule, self.span.get())))
    }
}

fn width(span: &str) -> i64 {
    SPANS.iter().find(|(name, _)| *name == span).map_or(Nanos::DAY, |(_, ns)| *ns)
}

fn reach(rule: &Value, span: &str) -> i64 {
    Rule::read(rule, "").map_or(width(span), |rule| alert::reach(&rule, width(span)))
}

/// Tries a rule over the past; one that is wrong, or none, is not tried. `usual` is how far back unless the
/// address says otherwise.
pub(super) fn asked(
    rule: impl Fn() -> Option<Value> + Copy + Send + Sync + 'static,
    usual: &'static str,
) -> Asked {
    let shell = Shell::here();
    let span = shell.address.param("win");
    let span = Memo::new(move |_| {
        let asked = span.get();
        SPANS.iter().map(|(name, _)| *name).find(|name| asked.as_deref() == Some(*name)).unwrap_or(usual)
    });
    let settled = RwSignal::new(None::<Value>);
    let later = Later::here();
    Effect::new(move |was: Option<bool>| {
        let now = rule().filter(|rule| Rule::read(rule, "").is_ok());
        let has_some = now.is_some() || was.unwrap_or_default();
        match was {
            Some(true) => later.after(REST, move || settled.set(now)),
            _ => settled.set(now),
        }
        has_some
    });
    let preview = load::<Preview>(move || {
        let rule = settled.get()?;
        let from = format!("-{}", duration::exact(reach(&rule, span.get())));
        Some(Question::post("alerts/preview", &json!({"rule": rule, "from": from})))
    });
    Asked { preview, rule: settled, span, usual }
}

#[component]
pub(super) fn Backtest(
    asked: Asked,
    /// Of one group alone.
    #[prop(optional, into)]
    group: Option<Signal<Option<Labels>>>,
) -> impl IntoView {
    let shell = Shell::here();
    let shown = move |preview: &Preview| {
        let Some(labels) = group.and_then(|group| group.get()) else { return preview.clone() };
        let fits = |own: &Labels| own.iter().all(|(key, value)| labels.get(key) == Some(value));
        Preview {
            series: preview.series.iter().filter(|one| fits(&one.labels)).cloned().collect(),
            firings: preview.firings.iter().filter(|one| fits(&one.labels)).cloned().collect(),
            ..preview.clone()
        }
    };
    let choose = move |(name, ns): (&'static str, i64)| {
        let is_on = move || (asked.span.get() == name).to_string();
        let choose = move |_| shell.address.set("win", if name == asked.usual { "" } else { name });
        view! { <button type="button" aria-pressed=is_on on:click=choose>{figure::age(ns.unsigned_abs()).to_string()}</button> }
    };
    let title = move || {
        // What is a little shorter than what was asked for, since the rule looks back itself, is no other time.
        let (asked_for, tried) = (width(asked.span.get()), asked.width_ns());
        let ns = if asked_for - tried < asked_for / 20 { asked_for } else { tried };
        let time = figure::age(ns.unsigned_abs()).to_string();
        let word = if group.is_some() { Word::AlertsLast } else { Word::AlertsBacktest };
        say(word, &[("time", &time)])
    };
    let past = move || asked.preview.answer().map(|answer| told(&shown(&answer.data), shell.now()));
    let is_wrong = move || asked.rule.with(Option::is_none) && group.is_none();
    view! {
        <div class="alert-backtest">
            <div class="section-head">
                <h2>{title}</h2>
                {past}
                <div class="segments" role="group" aria-label=t(Word::AlertsBacktestLabel)>{SPANS.map(choose).collect_view()}</div>
            </div>
            <Show when=is_wrong><p class="alert-told faint">{t(Word::AlertsNoBacktest)}</p></Show>
            <Show when=move || asked.rule.with(Option::is_some)>
                <Loaded load=asked.preview rows=6 show=move |answer| {
                    let rule = asked.rule.get_untracked().and_then(|rule| Rule::read(&rule, "").ok());
                    let width_ns = untrack(|| asked.width_ns());
                    rule.map(|rule| view! { <Drawn preview=shown(&answer.data) rule=rule width_ns=width_ns /> })
                } />
            </Show>
        </div>
    }
}

/// How often it fired, for how long, and how often for too short a time.
fn told(preview: &Preview, now: Nanos) -> impl IntoView + use<> {
    let past = alert::behaviour(&preview.firings, now.0);
    let time = |ns: i64| figure::age(ns.max(0).unsigned_abs()).to_string();
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
