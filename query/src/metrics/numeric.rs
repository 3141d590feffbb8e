//! The values of gauges and sums that become one.

use daymark_view::metrics::Agg;

use super::growth::growth;
use super::level::levels;
use super::number::Number;
use super::selection::Member;
use super::steps::Steps;

/// How values are made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    pub(super) agg: Agg,
    pub(super) rate: bool,
    pub(super) steps: Steps,
    /// What was read begins here.
    pub(super) read_from: i64,
    pub(super) now: i64,
}

impl Manner {
    /// What is asked for is what was counted, not what a counter showed.
    pub(super) fn is_growth(&self) -> bool {
        self.rate || matches!(self.agg, Agg::Rate | Agg::Increase)
    }

    /// By how much a sum over a step is divided. A step that still runs ends with the newest point.
    pub(super) fn divisor(&self, at: usize, newest: i64) -> f64 {
        if !(self.rate || self.agg == Agg::Rate) {
            return 1.0;
        }
        let (begin, end) = (self.steps.begin(at), self.steps.begin(at + 1));
        let is_running = begin < self.now && self.now <= end;
        let end = if is_running && (begin..end).contains(&newest) && newest > begin { newest } else { end };
        end.saturating_sub(begin) as f64 / 1e9
    }
}

/// Values by step, and the least and the greatest they were made of where that says something.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Values {
    pub(super) values: Vec<Option<f64>>,
    pub(super) ends: Option<Vec<Option<(f64, f64)>>>,
}

/// What the series of one step come to.
#[derive(Clone, Debug, Default)]
struct Fold {
    series: u32,
    sum: f64,
    ends: Option<(f64, f64)>,
    last: Option<(i64, f64)>,
    points: u64,
    /// Kept for quantiles alone.
    all: Vec<f64>,
}

impl Fold {
    fn widen(&mut self, low: f64, high: f64) {
        let (least, most) = self.ends.unwrap_or((low, high));
        self.ends = Some((least.min(low), most.max(high)));
    }

    fn value(&mut self, agg: Agg) -> Option<f64> {
        match agg {
            Agg::Sum | Agg::Rate | Agg::Increase => (self.series > 0).then_some(self.sum),
            Agg::Avg => (self.series > 0).then(|| self.sum / f64::from(self.series)),
            Agg::Min => self.ends.map(|(least, _)| least),
            Agg::Max => self.ends.map(|(_, most)| most),
            Agg::Count => (self.points > 0).then_some(self.points as f64),
            Agg::Last => self.last.map(|(_, value)| value),
            Agg::P50 | Agg::P90 | Agg::P95 | Agg::P99 => nearest_rank(&mut self.all, agg.quantile()?),
        }
    }
}

/// The least value that is not below so large a share of all.
fn nearest_rank(all: &mut [f64], share: f64) -> Option<f64> {
    all.sort_by(f64::total_cmp);
    let rank = (share * all.len() as f64).ceil() as usize;
    all.get(rank.max(1) - 1).copied()
}

/// The values of some series, each with its points in the order of time.
pub(super) fn values(manner: &Manner, series: &[(Member, &[Number])]) -> Values {
    let mut folds = vec![Fold::default(); manner.steps.len];
    let newest = series.iter().filter_map(|(_, points)| points.last()).map(|point| point.time).max();
    for (member, points) in series {
        // The sum of what a delta counts is what was counted.
        if manner.is_growth() || (member.is_delta && manner.agg == Agg::Sum) {
            add_growth(&mut folds, manner, member, points, newest.unwrap_or_default());
        } else {
            add_levels(&mut folds, manner, member, points);
        }
    }
    let has_ends = match manner.agg {
        Agg::Avg | Agg::Min | Agg::Max => true,
        Agg::Last | Agg::P50 | Agg::P90 | Agg::P95 | Agg::P99 => !manner.is_growth(),
        Agg::Sum | Agg::Count | Agg::Rate | Agg::Increase => false,
    };
    Values {
        ends: has_ends.then(|| folds.iter().map(|fold| fold.ends).collect()),
        values: folds.iter_mut().map(|fold| fold.value(manner.agg)).collect(),
    }
}

fn add_growth(folds: &mut [Fold], manner: &Manner, member: &Member, points: &[Number], newest: i64) {
    let known: Vec<Number> = points.iter().filter(|point| !point.value.is_nan()).copied().collect();
    let mut own: Vec<Option<f64>> = vec![None; folds.len()];
    growth(&known, member.is_delta, manner.read_from, |interval, amount| {
        for (at, share) in manner.steps.shares(interval.from, interval.to) {
            own[at] = Some(own[at].unwrap_or_default() + amount * share);
        }
    });
    for (at, sum) in own.into_iter().enumerate() {
        let Some(sum) = sum else { continue };
        let value = sum / manner.divisor(at, newest);
        folds[at].series += 1;
        folds[at].sum += value;
        folds[at].widen(value, value);
    }
}

fn add_levels(folds: &mut [Fold], manner: &Manner, member: &Member, points: &[Number]) {
    let holds = (!member.is_delta).then_some(manner.now);
    for level in levels(points, &manner.steps, holds) {
        let Some(fold) = folds.get_mut(level.at) else { continue };
        fold.series += 1;
        fold.sum += level.mean();
        level.values.iter().for_each(|value| fold.widen(*value, *value));
        fold.points += if level.is_held { 0 } else { level.values.len() as u64 };
        if fold.last.is_none_or(|(time, _)| time < level.time) {
            fold.last = level.last().map(|value| (level.time, value));
        }
        if manner.agg.quantile().is_some() {
            fold.all.extend(level.values);
        }
    }
}
