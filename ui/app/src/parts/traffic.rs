//! Rate, errors and durations of a traffic answer as charts: what each line is, and the figure above it.

use daymark_view::traffic::{Traffic, TrafficSeries};
use daymark_viz::figure::{self, Figure};

use crate::parts::chart::{Plot, Series};

/// What one line shows of the traffic.
#[derive(Clone, Copy)]
pub(crate) struct Measure {
    pub(crate) colour: &'static str,
    values: fn(&TrafficSeries, f64) -> Vec<Option<f64>>,
    mean: fn(&TrafficSeries, f64) -> Option<f64>,
    pub(crate) figure: fn(f64) -> Figure,
    pub(crate) text: fn(f64) -> String,
}

impl Measure {
    /// The mean of what is drawn, now and in the window before.
    pub(crate) fn means(&self, traffic: &Traffic) -> (Option<f64>, Option<f64>) {
        let mean =
            |series: &[TrafficSeries]| series.first().and_then(|series| (self.mean)(series, step_s(traffic)));
        (mean(&traffic.series), mean(&traffic.compare))
    }

    /// A line; with the window before behind it when `is_compared`.
    pub(crate) fn line(
        &self,
        label: String,
        traffic: &Traffic,
        is_filled: bool,
        is_compared: bool,
    ) -> Option<Series> {
        let values = |series: &TrafficSeries| (self.values)(series, step_s(traffic));
        let before = traffic.compare.first().filter(|_| is_compared).map(values).unwrap_or_default();
        let now = traffic.series.first()?;
        Some(Series { label, colour: self.colour.into(), values: values(now), is_filled, before })
    }
}

/// A chart of lines of one traffic.
pub(crate) fn plot(traffic: &Traffic, lines: impl IntoIterator<Item = Option<Series>>) -> Option<Plot> {
    let series: Vec<Series> = lines.into_iter().flatten().collect();
    (!series.is_empty()).then_some(Plot { t0: traffic.t0, step_ns: traffic.step_ns, series, threshold: None })
}

fn step_s(traffic: &Traffic) -> f64 {
    (traffic.step_ns as f64 / 1e9).max(1e-9)
}

fn sum(counts: &[u64]) -> f64 {
    counts.iter().sum::<u64>() as f64
}

pub(crate) const RATE: Measure = Measure {
    colour: "--rate",
    values: |series, step_s| series.count.iter().map(|count| Some(*count as f64 / step_s)).collect(),
    mean: |series, step_s| {
        (!series.count.is_empty()).then(|| sum(&series.count) / (step_s * series.count.len() as f64))
    },
    figure: figure::rate,
    text: |value| figure::rate(value).to_string(),
};

pub(crate) const ERRORS: Measure = Measure {
    colour: "--crit",
    values: |series, _| {
        let pairs = series.count.iter().zip(&series.errors);
        pairs.map(|(count, errors)| (*count > 0).then(|| *errors as f64 / *count as f64)).collect()
    },
    mean: |series, _| (sum(&series.count) > 0.0).then(|| sum(&series.errors) / sum(&series.count)),
    figure: figure::percent,
    text: |value| figure::percent(value).to_string(),
};

pub(crate) const P50: Measure = Measure {
    colour: "--p50",
    values: |series, _| drawn(&series.p50_ns),
    mean: |series, _| middle(&series.p50_ns),
    ..DURATION
};

pub(crate) const P95: Measure = Measure {
    colour: "--p95",
    values: |series, _| drawn(&series.p95_ns),
    mean: |series, _| middle(&series.p95_ns),
    ..DURATION
};

pub(crate) const P99: Measure = Measure {
    colour: "--p99",
    values: |series, _| drawn(&series.p99_ns),
    mean: |series, _| middle(&series.p99_ns),
    ..DURATION
};

const DURATION: Measure = Measure {
    colour: "--p95",
    values: |_, _| Vec::new(),
    mean: |_, _| None,
    figure: |ns| figure::duration(ns as u64),
    text: |ns| figure::duration(ns as u64).to_string(),
};

fn drawn(values: &[Option<u64>]) -> Vec<Option<f64>> {
    values.iter().map(|ns| ns.map(|ns| ns as f64)).collect()
}

/// A quantile has no mean; the middle of what is drawn is what the eye reads.
fn middle(values: &[Option<u64>]) -> Option<f64> {
    let mut drawn: Vec<u64> = values.iter().flatten().copied().collect();
    drawn.sort_unstable();
    drawn.get(drawn.len() / 2).map(|ns| *ns as f64)
}
