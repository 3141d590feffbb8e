//! The events of spans: a list of time, name and attributes for each row.

use std::sync::Arc;

use arrow::array::ArrayRef;
use daymark_model::limits::EVENTS;
use daymark_model::{quality, rows};

use crate::any::write_attributes;
use crate::columns::{Ends, Text, instants};
use crate::foresight::Rest;
use crate::instant::representable;
use crate::text;
use crate::wire::{Fields, Malformed};

/// The column `events`, and the messages of the span that is being read.
#[derive(Debug)]
pub(super) struct Events<'a> {
    record: Vec<&'a [u8]>,
    dropped: u32,
    attributes: Vec<&'a [u8]>,
    times: Vec<i64>,
    names: Text,
    texts: Text,
    ends: Ends,
}

impl<'a> Events<'a> {
    pub(super) fn new() -> Self {
        Self {
            record: Vec::new(),
            dropped: 0,
            attributes: Vec::new(),
            times: Vec::new(),
            names: Text::new(),
            texts: Text::new(),
            ends: Ends::new(),
        }
    }

    /// Forgets the last span.
    pub(super) fn begin(&mut self) {
        self.record.clear();
        self.dropped = 0;
    }

    /// Takes one `Event` message of the span.
    pub(super) fn take(&mut self, message: &'a [u8]) {
        if self.record.len() < EVENTS {
            self.record.push(message);
        } else {
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    pub(super) fn dropped(&self) -> u32 {
        self.dropped
    }

    /// Writes the events of the span as a row. After an error the row must be taken back.
    pub(super) fn write(&mut self, start: i64, bits: &mut u32) -> Result<(), Malformed> {
        for index in 0..self.record.len() {
            self.write_event(self.record[index], start, bits)?;
        }
        self.ends.push(self.times.len());
        Ok(())
    }

    pub(super) fn reserve(&mut self, rest: Rest) {
        rest.reserve(&mut self.times);
        self.names.reserve(rest);
        self.texts.reserve(rest);
        self.ends.reserve(rest);
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        let items = self.ends.truncate(rows);
        self.times.truncate(items);
        self.names.truncate(items);
        self.texts.truncate(items);
    }

    pub(super) fn finish(self) -> ArrayRef {
        let columns =
            vec![instants(self.times, None), Arc::new(self.names.finish()), Arc::new(self.texts.finish())];
        self.ends.finish_structs(rows::event_fields(), columns)
    }

    fn write_event(&mut self, message: &'a [u8], start: i64, bits: &mut u32) -> Result<(), Malformed> {
        let (mut time, mut name): (u64, &[u8]) = (0, &[]);
        self.attributes.clear();
        let mut fields = Fields::of(message);
        while let Some((number, value)) = fields.next()? {
            match number {
                1 => time = value.fixed64()?,
                2 => name = value.bytes()?,
                3 => self.attributes.push(value.bytes()?),
                _ => {}
            }
        }
        write_attributes(&self.attributes, self.texts.open(), bits)?;
        self.texts.close();
        self.names.push(&text::limited(name, bits));
        self.times.push(representable(time).unwrap_or_else(|| {
            *bits |= quality::CLOCK_SKEW;
            start
        }));
        Ok(())
    }
}
