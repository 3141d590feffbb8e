//! The links of spans: a list of ids, trace state and attributes for each row.
//!
//! A link to an invalid id leads nowhere: it is dropped and counted as the SDK's own drops are.

use std::sync::Arc;

use arrow::array::ArrayRef;
use daymark_model::limits::LINKS;
use daymark_model::rows;

use crate::any::write_attributes;
use crate::columns::{Ends, Ids, Text, valid_id};
use crate::foresight::Rest;
use crate::wire::{Fields, Malformed};

/// The column `links`, and the messages of the span that is being read.
#[derive(Debug)]
pub(super) struct Links<'a> {
    record: Vec<&'a [u8]>,
    dropped: u32,
    attributes: Vec<&'a [u8]>,
    trace_ids: Ids<16>,
    span_ids: Ids<8>,
    states: Text,
    texts: Text,
    ends: Ends,
}

impl<'a> Links<'a> {
    pub(super) fn new() -> Self {
        Self {
            record: Vec::new(),
            dropped: 0,
            attributes: Vec::new(),
            trace_ids: Ids::new(),
            span_ids: Ids::new(),
            states: Text::new(),
            texts: Text::new(),
            ends: Ends::new(),
        }
    }

    /// Forgets the last span.
    pub(super) fn begin(&mut self) {
        self.record.clear();
        self.dropped = 0;
    }

    /// Takes one `Link` message of the span.
    pub(super) fn take(&mut self, message: &'a [u8]) {
        if self.record.len() < LINKS {
            self.record.push(message);
        } else {
            self.drop_one();
        }
    }

    /// How many links of the span were not written; known after [`Links::write`].
    pub(super) fn dropped(&self) -> u32 {
        self.dropped
    }

    /// Writes the links of the span as a row. After an error the row must be taken back.
    pub(super) fn write(&mut self, bits: &mut u32) -> Result<(), Malformed> {
        for index in 0..self.record.len() {
            self.write_link(self.record[index], bits)?;
        }
        self.ends.push(self.texts.len());
        Ok(())
    }

    pub(super) fn reserve(&mut self, rest: Rest) {
        self.trace_ids.reserve(rest);
        self.span_ids.reserve(rest);
        self.states.reserve(rest);
        self.texts.reserve(rest);
        self.ends.reserve(rest);
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        let items = self.ends.truncate(rows);
        self.trace_ids.truncate(items);
        self.span_ids.truncate(items);
        self.states.truncate(items);
        self.texts.truncate(items);
    }

    pub(super) fn finish(self) -> ArrayRef {
        let (states, texts) = (Arc::new(self.states.finish()), Arc::new(self.texts.finish()));
        let columns = vec![self.trace_ids.finish(), self.span_ids.finish(), states, texts];
        self.ends.finish_structs(rows::link_fields(), columns)
    }

    fn write_link(&mut self, message: &'a [u8], bits: &mut u32) -> Result<(), Malformed> {
        let (mut trace_id, mut span_id, mut state): (&[u8], &[u8], &[u8]) = (&[], &[], &[]);
        self.attributes.clear();
        let mut fields = Fields::of(message);
        while let Some((number, value)) = fields.next()? {
            match number {
                1 => trace_id = value.bytes()?,
                2 => span_id = value.bytes()?,
                3 => state = value.bytes()?,
                4 => self.attributes.push(value.bytes()?),
                _ => {}
            }
        }
        let (Some(trace_id), Some(span_id)) = (valid_id(trace_id), valid_id(span_id)) else {
            self.drop_one();
            return Ok(());
        };
        write_attributes(&self.attributes, self.texts.open(), bits)?;
        self.texts.close();
        self.states.push_bytes(state, bits);
        self.trace_ids.push(trace_id);
        self.span_ids.push(span_id);
        Ok(())
    }

    fn drop_one(&mut self) {
        self.dropped = self.dropped.saturating_add(1);
    }
}
