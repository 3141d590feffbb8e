//! The values of a point of a histogram: its distribution, bounds and counts.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Float64Builder, UInt64Array};
use daymark_model::signal::Table;

use super::Values;
use crate::columns::Ends;
use crate::wire::{Malformed, Value};

/// Count, sum, minimum and maximum, which both kinds of histogram have.
#[derive(Debug, Default)]
pub(super) struct Distribution {
    pub(super) sent: Summed,
    count: Vec<u64>,
    sum: Float64Builder,
    min: Float64Builder,
    max: Float64Builder,
}

/// The distribution of the point that is being read.
#[derive(Debug, Default)]
pub(super) struct Summed {
    pub(super) count: u64,
    pub(super) sum: Option<f64>,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
}

impl Distribution {
    pub(super) fn push(&mut self, recorded: bool) {
        self.count.push(self.sent.count);
        self.sum.append_option(self.sent.sum.filter(|_| recorded));
        self.min.append_option(self.sent.min.filter(|_| recorded));
        self.max.append_option(self.sent.max.filter(|_| recorded));
    }

    pub(super) fn finish(mut self) -> Vec<ArrayRef> {
        vec![
            Arc::new(UInt64Array::from(self.count)),
            Arc::new(self.sum.finish()),
            Arc::new(self.min.finish()),
            Arc::new(self.max.finish()),
        ]
    }
}

/// A column of lists of numbers.
#[derive(Debug)]
pub(super) struct NumberLists<T> {
    pub(super) sent: Vec<T>,
    items: Vec<T>,
    ends: Ends,
}

impl<T> Default for NumberLists<T> {
    fn default() -> Self {
        Self { sent: Vec::new(), items: Vec::new(), ends: Ends::new() }
    }
}

impl<T> NumberLists<T> {
    pub(super) fn push(&mut self) {
        self.items.append(&mut self.sent);
        self.ends.push(self.items.len());
    }

    pub(super) fn finish<A: From<Vec<T>> + arrow::array::Array + 'static>(self) -> ArrayRef {
        self.ends.finish(Arc::new(A::from(self.items)))
    }
}

#[derive(Debug, Default)]
pub(super) struct Histograms {
    distribution: Distribution,
    bounds: NumberLists<f64>,
    counts: NumberLists<u64>,
}

impl Values for Histograms {
    const TABLE: Table = Table::Histograms;
    const ATTRIBUTES: u32 = 9;
    const EXEMPLARS: u32 = 8;
    const FLAGS: u32 = 10;

    fn begin(&mut self) {
        self.distribution.sent = Summed::default();
        self.bounds.sent.clear();
        self.counts.sent.clear();
    }

    fn take(&mut self, number: u32, value: Value<'_>) -> Result<(), Malformed> {
        let sent = &mut self.distribution.sent;
        match number {
            4 => sent.count = value.fixed64()?,
            5 => sent.sum = Some(value.double()?),
            6 => value.each_fixed64(|count| self.counts.sent.push(count))?,
            7 => value.each_fixed64(|bound| self.bounds.sent.push(f64::from_bits(bound)))?,
            11 => sent.min = Some(value.double()?),
            12 => sent.max = Some(value.double()?),
            _ => {}
        }
        Ok(())
    }

    fn push(&mut self, recorded: bool) {
        self.distribution.push(recorded);
        self.bounds.push();
        self.counts.push();
    }

    fn finish(self) -> Vec<ArrayRef> {
        let mut columns = self.distribution.finish();
        columns.push(self.bounds.finish::<Float64Array>());
        columns.push(self.counts.finish::<UInt64Array>());
        columns
    }
}
