//! The attributes of spans and logs: collected from one record, then written as one row of lists.
//!
//! Keys are interned as they come, so that a repeated key is noticed by number. The last value of a key
//! stays; attributes beyond the limits are dropped and counted.

use std::sync::Arc;

use arrow::array::{ArrayRef, UInt8Array};
use daymark_model::attribute::ValueType;
use daymark_model::limits::{ATTRIBUTE_KEY_BYTES, ATTRIBUTES};
use daymark_model::{quality, rows};

use crate::any::{Any, key_value};
use crate::columns::{Dictionary, Ends, Text};
use crate::foresight::Rest;
use crate::wire::Malformed;

/// Holds the time that the sender gave when another one had to be stored.
pub(crate) const ORIGINAL_TIME: &str = "daymark.original_time";

/// The column `attrs_rest`, and the record that is being read.
#[derive(Debug)]
pub(crate) struct Attributes<'a> {
    record: Vec<(i32, Any<'a>)>,
    dropped: u32,
    /// For each key the record that had it last, and where.
    seen: Vec<(u32, u32)>,
    current: u32,
    original_time: Option<u64>,
    keys: Dictionary,
    kinds: Vec<u8>,
    values: Text,
    ends: Ends,
}

impl<'a> Attributes<'a> {
    pub(crate) fn new() -> Self {
        Self {
            record: Vec::new(),
            dropped: 0,
            seen: Vec::new(),
            current: 0,
            original_time: None,
            keys: Dictionary::new(),
            kinds: Vec::new(),
            values: Text::new(),
            ends: Ends::new(),
        }
    }

    /// Forgets the last record.
    pub(crate) fn begin(&mut self) {
        self.record.clear();
        self.dropped = 0;
        self.original_time = None;
        self.current += 1;
    }

    /// Takes one `KeyValue` message of the record.
    #[inline]
    pub(crate) fn take(&mut self, message: &'a [u8], bits: &mut u32) -> Result<(), Malformed> {
        let (key, value) = key_value(message)?;
        if key.len() > ATTRIBUTE_KEY_BYTES {
            self.drop_one(bits);
            return Ok(());
        }
        let id = self.keys.intern_bytes(key, bits);
        if self.seen.len() <= id as usize {
            self.seen.resize(id as usize + 1, (0, 0));
        }
        let seen = &mut self.seen[id as usize];
        if seen.0 == self.current {
            self.record[seen.1 as usize].1 = value;
            *bits |= quality::ATTR_DUPLICATE_KEY;
        } else if self.record.len() == ATTRIBUTES {
            self.drop_one(bits);
        } else {
            *seen = (self.current, self.record.len() as u32);
            self.record.push((id, value));
        }
        Ok(())
    }

    /// Keeps the time the sender gave as an attribute of the record.
    pub(crate) fn keep_original_time(&mut self, time: u64) {
        let id = self.keys.intern(ORIGINAL_TIME);
        self.record.retain(|(key, _)| *key != id);
        self.original_time = Some(time);
    }

    pub(crate) fn record(&self) -> &[(i32, Any<'a>)] {
        &self.record
    }

    pub(crate) fn keys(&self) -> &Dictionary {
        &self.keys
    }

    /// How many attributes of the record were over a limit.
    pub(crate) fn dropped(&self) -> u32 {
        self.dropped
    }

    /// Writes the record as a row. After an error the row must be taken back.
    pub(crate) fn write(&mut self, bits: &mut u32) -> Result<(), Malformed> {
        for (key, value) in &self.record {
            let kind = value.store(self.values.open(), bits)?;
            self.values.close();
            self.kinds.push(kind.code());
            self.keys.push(*key);
        }
        if let Some(time) = self.original_time {
            self.values.push(itoa::Buffer::new().format(time));
            self.kinds.push(ValueType::Text.code());
            self.keys.push_word(ORIGINAL_TIME);
        }
        self.ends.push(self.kinds.len());
        Ok(())
    }

    pub(crate) fn reserve(&mut self, rest: Rest) {
        self.keys.reserve(rest);
        rest.reserve(&mut self.kinds);
        self.values.reserve(rest);
        self.ends.reserve(rest);
    }

    pub(crate) fn truncate(&mut self, rows: usize) {
        let items = self.ends.truncate(rows);
        self.keys.truncate(items);
        self.kinds.truncate(items);
        self.values.truncate(items);
    }

    pub(crate) fn finish(self) -> ArrayRef {
        let kinds = Arc::new(UInt8Array::from(self.kinds));
        let values = Arc::new(self.values.finish());
        self.ends.finish_structs(rows::attribute_fields(), vec![self.keys.finish(), kinds, values])
    }

    fn drop_one(&mut self, bits: &mut u32) {
        self.dropped = self.dropped.saturating_add(1);
        *bits |= quality::ATTR_DROPPED;
    }
}
