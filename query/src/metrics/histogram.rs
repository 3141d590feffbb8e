//! Points of histograms and summaries: how many values, their sum, and their sizes.

use super::distribution::Cells;
use super::growth::Counted;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Histogram {
    pub(super) time: i64,
    pub(super) start: Option<i64>,
    pub(super) counted: Amount,
    /// Quantiles of a summary, as sent.
    pub(super) quantiles: Vec<(f64, f64)>,
}

/// Values that were counted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Amount {
    pub(super) count: f64,
    /// Not told where values may be below zero.
    pub(super) sum: Option<f64>,
    pub(super) cells: Cells,
    /// The least and the greatest, where they are told of just these values.
    pub(super) ends: Option<(f64, f64)>,
}

impl Histogram {
    /// Memory that it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.counted.cells.bytes() + self.quantiles.len() * size_of::<(f64, f64)>()
    }

    /// The value of a quantile of a summary.
    pub(super) fn quantile(&self, share: f64) -> Option<f64> {
        self.quantiles.iter().find(|(known, _)| (known - share).abs() < 1e-9).map(|(_, value)| *value)
    }
}

impl Counted for Histogram {
    type Amount = Amount;

    fn time(&self) -> i64 {
        self.time
    }

    fn start(&self) -> Option<i64> {
        self.start
    }

    fn whole(&self) -> Amount {
        self.counted.clone()
    }

    fn since(&self, before: &Self) -> Option<Amount> {
        let (now, before) = (&self.counted, &before.counted);
        if now.count < before.count {
            return None;
        }
        Some(Amount {
            count: now.count - before.count,
            sum: now.sum.zip(before.sum).map(|(now, before)| now - before),
            cells: now.cells.since(&before.cells)?,
            ends: None,
        })
    }
}
