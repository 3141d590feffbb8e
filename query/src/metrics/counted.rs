//! The values of histograms and of summaries that become one.

use datafusion::execution::memory_pool::MemoryReservation;
use daymark_view::error::AskError;
use daymark_view::metrics::Agg;

use super::distribution::{Cells, quantile};
use super::growth::growth;
use super::histogram::Histogram;
use super::level::HOLD_NS;
use super::numeric::{Manner, Values};
use super::selection::Member;
use crate::sql::failure;

/// What was counted in one step.
#[derive(Clone, Debug)]
struct Fold {
    has_any: bool,
    count: f64,
    sum: Option<f64>,
    cells: Vec<Cells>,
    ends: Option<(f64, f64)>,
}

impl Fold {
    const NOTHING: Self = Self { has_any: false, count: 0.0, sum: Some(0.0), cells: Vec::new(), ends: None };

    fn value(&self, agg: Agg) -> Option<f64> {
        if !self.has_any {
            return None;
        }
        match agg {
            Agg::Count | Agg::Rate | Agg::Increase => Some(self.count),
            Agg::Sum => self.sum,
            Agg::Avg => self.sum.filter(|_| self.count > 0.0).map(|sum| sum / self.count),
            Agg::Min => self.ends.map(|(least, _)| least),
            Agg::Max => self.ends.map(|(_, most)| most),
            Agg::P50 | Agg::P90 | Agg::P95 | Agg::P99 => quantile(&self.cells, agg.quantile()?),
            Agg::Last => None,
        }
    }
}

/// The values of some series, each with its points in the order of time.
pub(super) fn values(
    manner: &Manner,
    series: &[(Member, &[Histogram])],
    memory: &mut MemoryReservation,
) -> Result<Values, AskError> {
    let steps = &manner.steps;
    let mut folds = vec![Fold::NOTHING; steps.len];
    let before = memory.size();
    let mut room = Ok(());
    for (member, points) in series {
        growth(points, member.is_delta, manner.read_from, |interval, amount| {
            for (at, share) in steps.shares(interval.from, interval.to) {
                let fold = &mut folds[at];
                fold.has_any = true;
                fold.count += amount.count * share;
                fold.sum = fold.sum.zip(amount.sum).map(|(sum, more)| sum + more * share);
                if manner.agg.quantile().is_some() && room.is_ok() {
                    room = memory.try_grow(Cells::add(&mut fold.cells, &amount.cells, share));
                }
                if let Some((low, high)) = amount.ends {
                    let (least, most) = fold.ends.unwrap_or((low, high));
                    fold.ends = Some((least.min(low), most.max(high)));
                }
            }
        });
    }
    room.map_err(|error| failure::of(&error))?;
    memory.shrink(memory.size() - before);
    let newest = series.iter().filter_map(|(_, points)| points.last()).map(|point| point.time).max();
    let value = |(at, fold): (usize, &Fold)| {
        let value = fold.value(manner.agg)?;
        Some(value / manner.divisor(at, newest.unwrap_or_default()))
    };
    let is_sum = matches!(manner.agg, Agg::Sum | Agg::Count | Agg::Rate | Agg::Increase);
    let ends = (!is_sum && folds.iter().any(|fold| fold.ends.is_some()))
        .then(|| folds.iter().map(|fold| fold.ends).collect());
    Ok(Values { values: folds.iter().enumerate().map(value).collect(), ends })
}

/// A quantile that a summary tells, by step: of the newest point, which holds as a level does.
pub(super) fn told(manner: &Manner, points: &[Histogram], share: f64) -> Values {
    let steps = &manner.steps;
    let value = |at: usize| {
        let (begin, end) = (steps.begin(at), steps.begin(at + 1));
        let last = points.get(..points.partition_point(|point| point.time < end))?.last()?;
        let holds = last.time >= begin || (begin < manner.now && begin < last.time.saturating_add(HOLD_NS));
        last.quantile(share).filter(|value| holds && !value.is_nan())
    };
    Values { values: (0..steps.len).map(value).collect(), ends: None }
}
