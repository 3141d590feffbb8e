//! Exemplars: rows of their own beside the data point they explain.
//!
//! One without a value says nothing and is passed over; an id that is not valid is left out.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, UInt64Array};
use daymark_model::origin::DEFAULT_STREAM;
use daymark_model::rows;
use daymark_model::signal::Table;

use super::series::Described;
use crate::any::write_attributes;
use crate::columns::{Dictionary, Ids, Text, instants, valid_id};
use crate::instant::representable;
use crate::wire::{Fields, Malformed};

#[derive(Debug)]
pub(super) struct Exemplars {
    metric: Dictionary,
    series_id: Vec<u64>,
    time: Vec<i64>,
    value: Vec<f64>,
    trace_id: Ids<16>,
    span_id: Ids<8>,
    service: Dictionary,
    attributes: Text,
}

#[derive(Debug, Default)]
struct Sent<'a> {
    time: u64,
    value: Option<f64>,
    trace_id: &'a [u8],
    span_id: &'a [u8],
    attributes: Vec<&'a [u8]>,
}

impl Exemplars {
    pub(super) fn new() -> Self {
        Self {
            metric: Dictionary::new(),
            series_id: Vec::new(),
            time: Vec::new(),
            value: Vec::new(),
            trace_id: Ids::new(),
            span_id: Ids::new(),
            service: Dictionary::new(),
            attributes: Text::new(),
        }
    }

    /// Writes the exemplars of a point, or none of them.
    pub(super) fn write(
        &mut self,
        messages: &[&[u8]],
        metric: &Described<'_>,
        (series_id, time): (u64, i64),
        bits: &mut u32,
    ) -> Result<(), Malformed> {
        let rows = self.time.len();
        for message in messages {
            if let Err(malformed) = self.write_one(message, metric, (series_id, time), bits) {
                self.truncate(rows);
                return Err(malformed);
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Option<(Table, RecordBatch)> {
        let rows = self.time.len();
        if rows == 0 {
            return None;
        }
        let columns: Vec<ArrayRef> = vec![
            self.metric.finish(),
            Arc::new(UInt64Array::from(self.series_id)),
            instants(self.time, None),
            Arc::new(Float64Array::from(self.value)),
            self.trace_id.finish(),
            self.span_id.finish(),
            self.service.finish(),
            Arc::new(self.attributes.finish()),
            Dictionary::constant(DEFAULT_STREAM).finish_constant(rows),
        ];
        let batch = RecordBatch::try_new(rows::schema(Table::Exemplars), columns);
        Some((
            Table::Exemplars,
            batch.expect("the columns are equally long and stand in the order of the schema"),
        ))
    }

    fn write_one(
        &mut self,
        message: &[u8],
        metric: &Described<'_>,
        (series_id, time): (u64, i64),
        bits: &mut u32,
    ) -> Result<(), Malformed> {
        let sent = read(message)?;
        let Some(value) = sent.value else { return Ok(()) };
        write_attributes(&sent.attributes, self.attributes.open(), bits)?;
        self.attributes.close();
        self.metric.push_word(metric.name);
        self.series_id.push(series_id);
        self.time.push(representable(sent.time).filter(|time| *time != 0).unwrap_or(time));
        self.value.push(value);
        self.trace_id.push_option(valid_id(sent.trace_id));
        self.span_id.push_option(valid_id(sent.span_id));
        self.service.push_word(&metric.head.resource.service);
        Ok(())
    }

    fn truncate(&mut self, rows: usize) {
        self.metric.truncate(rows);
        self.series_id.truncate(rows);
        self.time.truncate(rows);
        self.value.truncate(rows);
        self.trace_id.truncate(rows);
        self.span_id.truncate(rows);
        self.service.truncate(rows);
        self.attributes.truncate(rows);
    }
}

fn read(message: &[u8]) -> Result<Sent<'_>, Malformed> {
    let mut sent = Sent::default();
    let mut fields = Fields::of(message);
    while let Some((number, value)) = fields.next()? {
        match number {
            2 => sent.time = value.fixed64()?,
            3 => sent.value = Some(value.double()?),
            4 => sent.span_id = value.bytes()?,
            5 => sent.trace_id = value.bytes()?,
            6 => sent.value = Some(value.fixed64()? as i64 as f64),
            7 => sent.attributes.push(value.bytes()?),
            _ => {}
        }
    }
    Ok(sent)
}
