//! The values of a point of an exponential histogram.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int32Array, UInt64Array};
use daymark_model::signal::Table;

use super::Values;
use super::histogram::{Distribution, NumberLists, Summed};
use crate::wire::{Fields, Malformed, Value};

#[derive(Debug, Default)]
pub(super) struct ExpHistograms {
    sent: Sent,
    distribution: Distribution,
    scale: Vec<i32>,
    zero_count: Vec<u64>,
    zero_threshold: Vec<f64>,
    positive: Buckets,
    negative: Buckets,
}

/// The plain fields of the point that is being read.
#[derive(Debug, Default)]
struct Sent {
    scale: i32,
    zero_count: u64,
    zero_threshold: f64,
}

/// The buckets on one side of zero.
#[derive(Debug, Default)]
struct Buckets {
    sent_offset: i32,
    offset: Vec<i32>,
    counts: NumberLists<u64>,
}

impl Buckets {
    fn begin(&mut self) {
        self.sent_offset = 0;
        self.counts.sent.clear();
    }

    fn take(&mut self, message: &[u8]) -> Result<(), Malformed> {
        let mut fields = Fields::of(message);
        while let Some((number, value)) = fields.next()? {
            match number {
                1 => self.sent_offset = value.zigzag()?,
                2 => value.each_varint(|count| self.counts.sent.push(count))?,
                _ => {}
            }
        }
        Ok(())
    }

    fn push(&mut self) {
        self.offset.push(self.sent_offset);
        self.counts.push();
    }

    fn finish(self) -> [ArrayRef; 2] {
        [Arc::new(Int32Array::from(self.offset)), self.counts.finish::<UInt64Array>()]
    }
}

impl Values for ExpHistograms {
    const TABLE: Table = Table::ExpHistograms;
    const ATTRIBUTES: u32 = 1;
    const EXEMPLARS: u32 = 11;
    const FLAGS: u32 = 10;

    fn begin(&mut self) {
        self.sent = Sent::default();
        self.distribution.sent = Summed::default();
        self.positive.begin();
        self.negative.begin();
    }

    fn take(&mut self, number: u32, value: Value<'_>) -> Result<(), Malformed> {
        let summed = &mut self.distribution.sent;
        match number {
            4 => summed.count = value.fixed64()?,
            5 => summed.sum = Some(value.double()?),
            6 => self.sent.scale = value.zigzag()?,
            7 => self.sent.zero_count = value.fixed64()?,
            8 => self.positive.take(value.bytes()?)?,
            9 => self.negative.take(value.bytes()?)?,
            12 => summed.min = Some(value.double()?),
            13 => summed.max = Some(value.double()?),
            14 => self.sent.zero_threshold = value.double()?,
            _ => {}
        }
        Ok(())
    }

    fn push(&mut self, recorded: bool) {
        self.distribution.push(recorded);
        self.scale.push(self.sent.scale);
        self.zero_count.push(self.sent.zero_count);
        self.zero_threshold.push(self.sent.zero_threshold);
        self.positive.push();
        self.negative.push();
    }

    fn finish(self) -> Vec<ArrayRef> {
        let mut columns = self.distribution.finish();
        columns.push(Arc::new(Int32Array::from(self.scale)));
        columns.push(Arc::new(UInt64Array::from(self.zero_count)));
        columns.push(Arc::new(Float64Array::from(self.zero_threshold)));
        columns.extend(self.positive.finish());
        columns.extend(self.negative.finish());
        columns
    }
}
