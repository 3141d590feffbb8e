//! The value of a point of a gauge or sum: a double or an integer.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Builder, Int64Builder};
use daymark_model::signal::Table;

use super::Values;
use crate::wire::{Malformed, Value};

#[derive(Clone, Copy, Debug, Default)]
enum Number {
    #[default]
    None,
    Double(f64),
    Int(i64),
}

#[derive(Debug, Default)]
pub(super) struct Numbers {
    sent: Number,
    doubles: Float64Builder,
    ints: Int64Builder,
}

impl Values for Numbers {
    const TABLE: Table = Table::Points;
    const ATTRIBUTES: u32 = 7;
    const EXEMPLARS: u32 = 5;
    const FLAGS: u32 = 8;

    fn begin(&mut self) {
        self.sent = Number::None;
    }

    fn take(&mut self, number: u32, value: Value<'_>) -> Result<(), Malformed> {
        match number {
            4 => self.sent = Number::Double(value.double()?),
            6 => self.sent = Number::Int(value.fixed64()? as i64),
            _ => {}
        }
        Ok(())
    }

    fn push(&mut self, recorded: bool) {
        let (double, int) = match self.sent {
            Number::Double(value) if recorded => (Some(value), None),
            Number::Int(value) if recorded => (None, Some(value)),
            _ => (None, None),
        };
        self.doubles.append_option(double);
        self.ints.append_option(int);
    }

    fn finish(mut self) -> Vec<ArrayRef> {
        vec![Arc::new(self.doubles.finish()), Arc::new(self.ints.finish())]
    }
}
