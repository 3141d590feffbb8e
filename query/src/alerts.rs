//! Figures that rules are judged by. Those over spans and calls come straight from the sums; all others are
//! asked for in SQL or as metrics, a question a window.

use std::collections::{BTreeMap, HashMap};

use daymark_model::time::Nanos;
use daymark_view::alerts::Labels;
use daymark_view::alerts::rule::GROUPS_MAX;
use daymark_view::alerts::sample::{Sample, SampleAsk, Sampler};
use daymark_view::alerts::signal::{RED_KEYS, Signal, SpanMetric};
use daymark_view::ask::Answering;
use daymark_view::error::{AskError, Code};
use daymark_view::range::Range;
use daymark_view::search::{self, Domain, Key};

use crate::ask::Answerer;

/// Figures of calls.
mod edges;
/// Alerts among what happened.
pub(crate) mod events;
/// Figures of metrics.
mod metrics;
/// Figures of what enters services.
mod red;
/// A search over rows of sums.
mod sift;
/// Questions in SQL.
mod statement;
/// States and events as tables.
pub(crate) mod tables;

impl Sampler for Answerer {
    fn sample(&self, ask: SampleAsk) -> Answering<'_, Vec<Vec<Sample>>> {
        Box::pin(async move {
            let id = ask.query_id;
            let samples = match ask.signal {
                Signal::Red { metric, q, by } if are_summed(&q, &by)? => {
                    let work = move |reader| async move {
                        red::samples(metric, &q, &by, &ask.windows, &reader).await
                    };
                    self.reading(id, "alert_red", work).await?.data
                }
                Signal::BurnRate { q, by, .. } if are_summed(&q, &by)? => {
                    let metric = SpanMetric::ErrorRate;
                    let work = move |reader| async move {
                        red::samples(metric, &q, &by, &ask.windows, &reader).await
                    };
                    self.reading(id, "alert_red", work).await?.data
                }
                Signal::Edge { metric, client, server, by } => {
                    let work = move |reader| async move {
                        let of = edges::Wanted { metric, client, server, by };
                        edges::samples(&of, &ask.windows, &reader).await
                    };
                    self.reading(id, "alert_edge", work).await?.data
                }
                Signal::Metric(query) => metrics::samples(self, id, &query, &ask.windows).await?,
                signal => statement::samples(self, id, &signal, &ask.windows).await?,
            };
            if let Some(groups) = samples.iter().map(Vec::len).find(|groups| *groups > GROUPS_MAX) {
                let detail = format!("the rule has {groups} groups; {GROUPS_MAX} are allowed");
                return Err(
                    AskError::new(Code::LimitExceeded, detail).hint("group by less, or narrow the search")
                );
            }
            Ok(samples)
        })
    }
}

/// Whether the sums can tell what is asked for; else the rows of `spans` have to.
fn are_summed(q: &str, by: &[String]) -> Result<bool, AskError> {
    let query = search::parse(Domain::Traces, q)?;
    let is_column = |key: &&Key| matches!(key, Key::Field(field) if RED_KEYS.contains(&field.name()));
    Ok(query.keys().iter().all(is_column)
        && !sift::has_texts(&query)
        && by.iter().all(|key| RED_KEYS.contains(&key.as_str())))
}

/// What lies around all windows.
fn around(windows: &[Range]) -> std::ops::Range<i64> {
    let from = windows.iter().map(|window| window.from.0).min().unwrap_or_default();
    let to = windows.iter().map(|window| window.to.0).max().unwrap_or_default();
    from..to
}

fn seconds(window: &Range) -> f64 {
    window.width_ns() as f64 / Nanos::SECOND as f64
}

/// Figures by group and bucket, for windows that overlap.
type Groups<T> = HashMap<Vec<String>, BTreeMap<i64, T>>;

/// The samples of each window, by labels; `judge` gives the value and the count of what it merged.
fn of_windows<T: Default>(
    by: &[String],
    groups: Groups<T>,
    windows: &[Range],
    merge: fn(&mut T, &T),
    judge: impl Fn(&T, f64) -> (Option<f64>, u64),
) -> Vec<Vec<Sample>> {
    // What a group does not have is no label.
    let labels = |group: Vec<String>| -> Labels {
        by.iter().cloned().zip(group).filter(|(_, value)| !value.is_empty()).collect()
    };
    let mut sorted: Vec<(Labels, BTreeMap<i64, T>)> =
        groups.into_iter().map(|(group, buckets)| (labels(group), buckets)).collect();
    sorted.sort_by(|one, other| one.0.cmp(&other.0));
    let of_window = |window: &Range| {
        let of_group = |(labels, buckets): &(Labels, BTreeMap<i64, T>)| {
            let mut all = T::default();
            buckets.range(window.from.0..window.to.0).for_each(|(_, one)| merge(&mut all, one));
            let (value, count) = judge(&all, seconds(window));
            (count > 0).then(|| Sample { labels: labels.clone(), value, count })
        };
        sorted.iter().filter_map(of_group).collect()
    };
    windows.iter().map(of_window).collect()
}
