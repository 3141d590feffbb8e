//! The values of a point of a summary: count, sum and quantiles.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, UInt64Array};
use daymark_model::rows;
use daymark_model::signal::Table;

use super::Values;
use crate::columns::Ends;
use crate::wire::{Fields, Malformed, Value};

#[derive(Debug)]
pub(super) struct Summaries {
    sent_count: u64,
    sent_sum: f64,
    sent_quantiles: Vec<[f64; 2]>,
    count: Vec<u64>,
    sum: Vec<f64>,
    quantiles: Vec<f64>,
    values: Vec<f64>,
    ends: Ends,
}

impl Default for Summaries {
    fn default() -> Self {
        Self {
            sent_count: 0,
            sent_sum: 0.0,
            sent_quantiles: Vec::new(),
            count: Vec::new(),
            sum: Vec::new(),
            quantiles: Vec::new(),
            values: Vec::new(),
            ends: Ends::new(),
        }
    }
}

impl Values for Summaries {
    const TABLE: Table = Table::Summaries;
    const ATTRIBUTES: u32 = 7;
    const EXEMPLARS: u32 = 0;
    const FLAGS: u32 = 8;

    fn begin(&mut self) {
        (self.sent_count, self.sent_sum) = (0, 0.0);
        self.sent_quantiles.clear();
    }

    fn take(&mut self, number: u32, value: Value<'_>) -> Result<(), Malformed> {
        match number {
            4 => self.sent_count = value.fixed64()?,
            5 => self.sent_sum = value.double()?,
            6 => self.sent_quantiles.push(quantile(value.bytes()?)?),
            _ => {}
        }
        Ok(())
    }

    fn push(&mut self, _recorded: bool) {
        self.count.push(self.sent_count);
        self.sum.push(self.sent_sum);
        for [quantile, value] in &self.sent_quantiles {
            self.quantiles.push(*quantile);
            self.values.push(*value);
        }
        self.ends.push(self.values.len());
    }

    fn finish(self) -> Vec<ArrayRef> {
        let quantiles: Vec<ArrayRef> =
            vec![Arc::new(Float64Array::from(self.quantiles)), Arc::new(Float64Array::from(self.values))];
        vec![
            Arc::new(UInt64Array::from(self.count)),
            Arc::new(Float64Array::from(self.sum)),
            self.ends.finish_structs(rows::quantile_fields(), quantiles),
        ]
    }
}

fn quantile(message: &[u8]) -> Result<[f64; 2], Malformed> {
    let mut pair = [0.0; 2];
    let mut fields = Fields::of(message);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => pair[0] = value.double()?,
            2 => pair[1] = value.double()?,
            _ => {}
        }
    }
    Ok(pair)
}
