//! The columns that data points of all kinds begin with.

use std::sync::Arc;

use arrow::array::{ArrayRef, NullBufferBuilder, UInt32Array, UInt64Array};
use daymark_model::origin::DEFAULT_STREAM;

use crate::columns::{Dictionary, instants};

/// The common fields of the data point that is being read.
#[derive(Debug, Default)]
pub(super) struct Point<'a> {
    pub(super) start: u64,
    pub(super) time: u64,
    pub(super) flags: u32,
    pub(super) attributes: Vec<&'a [u8]>,
    pub(super) exemplars: Vec<&'a [u8]>,
}

impl Point<'_> {
    /// Forgets the last point.
    pub(super) fn begin(&mut self) {
        (self.start, self.time, self.flags) = (0, 0, 0);
        self.attributes.clear();
        self.exemplars.clear();
    }
}

#[derive(Debug)]
pub(super) struct HeadColumns {
    series_id: Vec<u64>,
    start: Vec<i64>,
    start_known: NullBufferBuilder,
    time: Vec<i64>,
    flags: Vec<u32>,
}

impl Default for HeadColumns {
    fn default() -> Self {
        Self {
            series_id: Vec::new(),
            start: Vec::new(),
            start_known: NullBufferBuilder::new(0),
            time: Vec::new(),
            flags: Vec::new(),
        }
    }
}

impl HeadColumns {
    pub(super) fn push(&mut self, series_id: u64, start: Option<i64>, time: i64, flags: u32) {
        self.series_id.push(series_id);
        self.start.push(start.unwrap_or_default());
        self.start_known.append(start.is_some());
        self.time.push(time);
        self.flags.push(flags);
    }

    /// The columns in the order of the schema; none when there are no rows.
    pub(super) fn finish(mut self, source: &str) -> Option<Vec<ArrayRef>> {
        let rows = self.time.len();
        (rows > 0).then(|| {
            vec![
                Arc::new(UInt64Array::from(self.series_id)) as ArrayRef,
                instants(self.start, self.start_known.finish()),
                instants(self.time, None),
                Arc::new(UInt32Array::from(self.flags)),
                Dictionary::constant(source).finish_constant(rows),
                Dictionary::constant(DEFAULT_STREAM).finish_constant(rows),
            ]
        })
    }
}
