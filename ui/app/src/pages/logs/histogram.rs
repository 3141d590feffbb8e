//! How many lines there are over time, by severity; the head of the page says how many in all.

use daymark_view::logs::{Histogram, LogId};
use daymark_viz::figure;
use leptos::prelude::*;

use super::search::Search;
use crate::load::{Load, load};
use crate::parts::bars::{Bars, Stack};
use crate::parts::mark::{Mark, State};
use crate::parts::states::{Failure, Progress};
use crate::window;
use crate::words::{Word, say, t};

/// Severities from the worst on, each with its colour. The worst stands on top.
const LEVELS: [(&str, &str); 7] = [
    ("fatal", "--crit"),
    ("error", "--crit"),
    ("warn", "--warn"),
    ("info", "--seq-3"),
    ("debug", "--line"),
    ("trace", "--hair"),
    ("unset", "--hair"),
];

pub(super) fn asked() -> Load<Histogram> {
    let search = expect_context::<Search>();
    let buckets = if window::is_narrow() { 48 } else { 120 };
    load::<Histogram>(move || Some(search.about("logs/histogram")?.with("buckets", buckets)))
}

/// Lines of these severities.
pub(super) fn count(histogram: &Histogram, is: impl Fn(&str) -> bool) -> u64 {
    histogram.series.iter().filter(|series| is(&series.key)).flat_map(|series| &series.counts).sum()
}

/// How many lines, errors and warnings there are.
#[component]
pub(super) fn Counts(histogram: Load<Histogram>) -> impl IntoView {
    move || {
        histogram.answer().map(|answer| {
            let of = |is: fn(&str) -> bool| count(&answer.data, is);
            let (all, errors, warnings) = (of(|_| true), of(|key| matches!(key, "error" | "fatal")), of(|key| key == "warn"));
            let text = |word: Word, count: u64| say(word, &[("count", &figure::grouped(count))]);
            view! {
                <span class="logs-count"><b>{figure::grouped(all)}</b> " " <span class="quiet">{t(Word::LogsLines)}</span></span>
                {(errors > 0).then(|| view! { <span class="logs-count crit"><Mark state=State::Critical /> " " {text(Word::LogsErrors, errors)}</span> })}
                {(warnings > 0).then(|| view! { <span class="logs-count warn"><Mark state=State::Warning /> " " {text(Word::LogsWarnings, warnings)}</span> })}
            }
        })
    }
}

#[component]
pub(super) fn Spread(histogram: Load<Histogram>) -> impl IntoView {
    let search = expect_context::<Search>();
    let stack = Memo::new(move |_| {
        histogram.answer().map(|answer| {
            let series = LEVELS.iter().filter_map(|(level, colour)| {
                let series = answer.data.series.iter().find(|series| series.key == *level)?;
                series
                    .counts
                    .iter()
                    .any(|count| *count > 0)
                    .then(|| ((*level).to_owned(), *colour, series.counts.clone()))
            });
            Stack { t0: answer.data.t0, step_ns: answer.data.step_ns, series: series.collect() }
        })
    });
    let marked = Memo::new(move |_| search.open.get().and_then(|open| LogId::parse(&open)).map(|id| id.time));
    view! {
        <div class="logs-histogram">
            <Show when=move || histogram.is_waiting() && histogram.has_answer()><Progress /></Show>
            {move || histogram.problem().filter(|_| !histogram.has_answer()).map(|problem| view! { <Failure problem=problem /> })}
            <Bars stack=stack title=t(Word::LogsHistogram) marked=marked height=if window::is_narrow() { 92.0 } else { 108.0 } />
        </div>
    }
}
