//! What a rule is judged by at some instants: one question for all of them.

use daymark_model::time::Nanos;
use daymark_view::alerts::Labels;
use daymark_view::alerts::rule::Rule;
use daymark_view::alerts::sample::{Sample, SampleAsk, Sampler};
use daymark_view::alerts::signal::{BurnWindow, Signal};
use daymark_view::error::AskError;
use daymark_view::query_id::QueryId;
use daymark_view::range::Range;

/// What was sampled for one instant, each by labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    pub now: Vec<Sample>,
    pub then: Vec<Sample>,
}

impl Reading {
    pub fn find<'s>(samples: &'s [Sample], labels: &Labels) -> Option<&'s Sample> {
        samples.binary_search_by(|sample| sample.labels.cmp(labels)).ok().and_then(|at| samples.get(at))
    }
}

/// The window that ends at an evaluation.
pub fn window(rule: &Rule, length_ns: i64, at: Nanos) -> Range {
    let to = at.plus(-rule.delay_ns);
    Range { from: to.plus(-length_ns), to }
}

/// All that an evaluation looks at, for which some time of blindness counts.
pub fn reach(rule: &Rule, at: Nanos) -> Vec<Range> {
    let lengths = rule.signal.windows(rule.window_ns);
    let longest = lengths.into_iter().max().unwrap_or(rule.window_ns);
    let now = window(rule, longest, at);
    let then = rule.compare.map(|compare| earlier(now, compare.offset_ns));
    std::iter::once(now).chain(then).collect()
}

fn earlier(range: Range, offset_ns: i64) -> Range {
    Range { from: range.from.plus(-offset_ns), to: range.to.plus(-offset_ns) }
}

/// Reads what the rule is judged by at each of some instants.
pub async fn read(
    sampler: &dyn Sampler,
    query_id: &QueryId,
    rule: &Rule,
    at: &[Nanos],
) -> Result<Vec<Reading>, AskError> {
    let lengths = rule.signal.windows(rule.window_ns);
    let mut windows: Vec<Range> = Vec::new();
    for length in &lengths {
        windows.extend(at.iter().map(|at| window(rule, *length, *at)));
    }
    if let Some(compare) = rule.compare {
        let earlier: Vec<Range> = windows.iter().map(|now| earlier(*now, compare.offset_ns)).collect();
        windows.extend(earlier);
    }
    let ask = SampleAsk { query_id: query_id.clone(), signal: rule.signal.clone(), windows };
    let mut samples = sampler.sample(ask).await?;
    let then = rule.compare.map(|_| samples.split_off(lengths.len() * at.len()));
    let now = combined(&rule.signal, &lengths, samples, at.len());
    let mut then = then.map(|then| combined(&rule.signal, &lengths, then, at.len()).into_iter());
    let reading = |now| Reading { now, then: then.as_mut().and_then(Iterator::next).unwrap_or_default() };
    Ok(now.into_iter().map(reading).collect())
}

/// The samples of each instant; those of several windows become one value.
fn combined(
    signal: &Signal,
    lengths: &[i64],
    samples: Vec<Vec<Sample>>,
    instants: usize,
) -> Vec<Vec<Sample>> {
    let Signal::BurnRate { target, windows, .. } = signal else { return samples };
    let of_length = |length: i64, at: usize| {
        let place = lengths.iter().position(|known| *known == length)?;
        samples.get(place * instants + at)
    };
    let longest = lengths.last().copied().unwrap_or_default();
    let of_instant = |at: usize| {
        let all = of_length(longest, at).map_or(&[][..], Vec::as_slice);
        let burnt = |sample: &Sample| {
            let rate = |length: i64| {
                let found = of_length(length, at)?;
                Reading::find(found, &sample.labels)?.value.map(|share| share / (1.0 - target))
            };
            let of_pair = |pair: &BurnWindow| {
                let (long, short) = (rate(pair.long_ns)?, rate(pair.short_ns).unwrap_or_default());
                Some(long.min(short) / pair.factor)
            };
            let value = windows.iter().filter_map(of_pair).reduce(f64::max);
            Sample { labels: sample.labels.clone(), value, count: sample.count }
        };
        all.iter().map(burnt).collect()
    };
    (0..instants).map(of_instant).collect()
}
