//! Traffic, errors and durations of what users call, on one axis.

use daymark_view::overview::Overview;
use daymark_view::traffic::{Traffic, TrafficSeries};
use daymark_viz::figure::{self, Figure};
use leptos::prelude::*;

use crate::load::{Load, load};
use crate::net::Question;
use crate::parts::chart::{Chart, Plot, Series};
use crate::parts::figures::show_or_dash;
use crate::shell::Shell;
use crate::words::{Word, say, t};

const BUCKETS: usize = 120;

#[component]
pub(super) fn Charts(overview: Load<Overview>) -> impl IntoView {
    let shell = Shell::here();
    let front = Memo::new(move |_| overview.map(|overview| overview.front.clone()));
    let traffic = load::<Traffic>(move || {
        if !overview.has_answer() {
            return None;
        }
        let question = shell.in_range(Question::get("traffic")).with("buckets", BUCKETS);
        let question = question.with("service", front.get().unwrap_or_default());
        Some(match shell.compared() {
            Some(before) => question.with("compare", format!("{}~{}", before.from.0, before.to.0)),
            None => question,
        })
    });
    let title = move || match front.get() {
        Some(front) => say(Word::OverviewTrafficOf, &[("service", &front)]),
        None => t(Word::OverviewTraffic).into(),
    };
    view! {
        <div class="overview-charts">
            <Row title=Signal::derive(title) traffic=traffic measure=RATE is_bare=true />
            <Row title=Signal::stored(t(Word::OverviewErrorRate).to_owned()) traffic=traffic measure=ERRORS is_bare=true />
            <Row title=Signal::stored(t(Word::OverviewP95).to_owned()) traffic=traffic measure=P95 is_bare=false />
        </div>
    }
}

/// What one chart shows of the traffic.
#[derive(Clone, Copy)]
struct Measure {
    colour: &'static str,
    values: fn(&TrafficSeries, f64) -> Vec<Option<f64>>,
    mean: fn(&TrafficSeries, f64) -> Option<f64>,
    figure: fn(f64) -> Figure,
    text: fn(f64) -> String,
}

fn sum(counts: &[u64]) -> f64 {
    counts.iter().sum::<u64>() as f64
}

fn share(series: &TrafficSeries) -> Vec<Option<f64>> {
    series
        .count
        .iter()
        .zip(&series.errors)
        .map(|(count, errors)| (*count > 0).then(|| *errors as f64 / *count as f64))
        .collect()
}

const RATE: Measure = Measure {
    colour: "--rate",
    values: |series, step_s| series.count.iter().map(|count| Some(*count as f64 / step_s)).collect(),
    mean: |series, step_s| {
        (!series.count.is_empty()).then(|| sum(&series.count) / (step_s * series.count.len() as f64))
    },
    figure: figure::rate,
    text: |value| figure::rate(value).to_string(),
};

const ERRORS: Measure = Measure {
    colour: "--crit",
    values: |series, _| share(series),
    mean: |series, _| (sum(&series.count) > 0.0).then(|| sum(&series.errors) / sum(&series.count)),
    figure: figure::percent,
    text: |value| figure::percent(value).to_string(),
};

const P95: Measure = Measure {
    colour: "--p95",
    values: |series, _| series.p95_ns.iter().map(|ns| ns.map(|ns| ns as f64)).collect(),
    // A quantile has no mean; the middle of what is drawn is what the eye reads.
    mean: |series, _| {
        let mut drawn: Vec<u64> = series.p95_ns.iter().flatten().copied().collect();
        drawn.sort_unstable();
        drawn.get(drawn.len() / 2).map(|ns| *ns as f64)
    },
    figure: |ns| figure::duration(ns as u64),
    text: |ns| figure::duration(ns as u64).to_string(),
};

#[component]
fn Row(title: Signal<String>, traffic: Load<Traffic>, measure: Measure, is_bare: bool) -> impl IntoView {
    let step_s = |traffic: &Traffic| (traffic.step_ns as f64 / 1e9).max(1e-9);
    let mean_of = move |pick: fn(&Traffic) -> &Vec<TrafficSeries>| {
        traffic
            .map(|traffic| pick(traffic).first().and_then(|series| (measure.mean)(series, step_s(traffic))))
    };
    let plot = move || {
        traffic.map(|traffic| {
            let now = traffic.series.first()?;
            let values = |series: &TrafficSeries| (measure.values)(series, step_s(traffic));
            Some(Plot {
                t0: traffic.t0,
                step_ns: traffic.step_ns,
                series: vec![Series {
                    label: title.get_untracked(),
                    colour: measure.colour.into(),
                    values: values(now),
                    is_filled: true,
                    before: traffic.compare.first().map(values).unwrap_or_default(),
                }],
                threshold: None,
            })
        })
    };
    let now = move || mean_of(|traffic| &traffic.series);
    let before = move || {
        mean_of(|traffic| &traffic.compare)
            .map(|before| say(Word::ShellBefore, &[("value", &(measure.text)(before))]))
    };
    let is_red = move || measure.colour == "--crit" && now().is_some_and(|share| share >= 0.01);
    view! {
        <div class="overview-chart">
            <div>
                <h3 class="quiet">{title}</h3>
                <div class="big" class:crit=is_red>{move || show_or_dash(now().map(measure.figure))}</div>
                <div class="small faint">{before}</div>
            </div>
            <Chart plot=Signal::derive(plot) title=title.get_untracked() format=measure.text height=if is_bare { 108.0 } else { 124.0 } is_bare=is_bare />
        </div>
    }
}
