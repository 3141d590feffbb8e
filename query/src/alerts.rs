//! Figures that rules are judged by. Those over spans and calls come straight from the sums; all others are
//! asked for in SQL or as metrics, a question a window.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use daymark_model::time::Nanos;
use daymark_view::alerts::Labels;
use daymark_view::alerts::sample::{Sample, SampleAsk, Sampler};
use daymark_view::alerts::signal::RED_KEYS;
use daymark_view::ask::Answering;
use daymark_view::error::AskError;
use daymark_view::range::Range;
use daymark_view::search::{self, Domain, Key};

use self::round::Round;
use crate::ask::Answerer;

/// Figures of calls.
mod edges;
/// Alerts among what happened.
pub(crate) mod events;
/// Figures of metrics.
mod metrics;
/// Figures of what enters services.
mod red;
/// What several rules look at.
mod round;
/// A search over rows of sums.
mod sift;
/// Questions in SQL.
mod statement;
/// States and events as tables.
pub(crate) mod tables;

impl Sampler for Answerer {
    fn sample(&self, ask: SampleAsk) -> Answering<'_, Vec<Vec<Sample>>> {
        Box::pin(async move { Round::of(self).sample(ask).await })
    }

    fn for_round(&self) -> Box<dyn Sampler + '_> {
        Box::new(Round::of(self))
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

/// Of each window its groups, in the order of their labels, with what was merged of them.
type Merged<T> = Vec<Vec<(Arc<Labels>, T)>>;

/// What groups have in each window.
fn merged<T: Default>(
    by: &[String],
    groups: Groups<T>,
    windows: &[Range],
    merge: fn(&mut T, &T),
    count: fn(&T) -> u64,
) -> Merged<T> {
    // What a group does not have is no label.
    let labels = |group: Vec<String>| -> Labels {
        by.iter().cloned().zip(group).filter(|(_, value)| !value.is_empty()).collect()
    };
    let mut sorted: Vec<(Arc<Labels>, BTreeMap<i64, T>)> =
        groups.into_iter().map(|(group, buckets)| (Arc::new(labels(group)), buckets)).collect();
    sorted.sort_by(|one, other| one.0.cmp(&other.0));
    let of_window = |window: &Range| {
        let of_group = |(labels, buckets): &(Arc<Labels>, BTreeMap<i64, T>)| {
            let mut all = T::default();
            buckets.range(window.from.0..window.to.0).for_each(|(_, one)| merge(&mut all, one));
            (count(&all) > 0).then(|| (Arc::clone(labels), all))
        };
        sorted.iter().filter_map(of_group).collect()
    };
    windows.iter().map(of_window).collect()
}

/// The samples of each window; `judge` gives the value and the count of what was merged.
fn judged<T>(
    merged: &Merged<T>,
    windows: &[Range],
    judge: impl Fn(&T, f64) -> (Option<f64>, u64),
) -> Vec<Vec<Sample>> {
    let of_window = |(window, groups): (&Range, &Vec<(Arc<Labels>, T)>)| {
        let of_group = |(labels, all): &(Arc<Labels>, T)| {
            let (value, count) = judge(all, seconds(window));
            Sample { labels: Labels::clone(labels), value, count }
        };
        groups.iter().map(of_group).collect()
    };
    windows.iter().zip(merged).map(of_window).collect()
}
