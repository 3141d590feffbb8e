//! `red.parquet`, `red_instances.parquet`, `edges.parquet`: sums over the spans of a segment, and
//! `pending.parquet`: spans that are in none of them yet, because a span that is not in the segment may
//! change what they count as.
//!
//! All four are made from the rows, when the segment is written and again when one of them is damaged.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use daymark_aggregate::{Aggregate, COLUMNS, KEYS, Span, SpanKey, Sums, Taker, Told, open_batch, open_spans};
use daymark_model::id::TraceId;
use daymark_model::rows::Resource;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::data::small_file;
use crate::error::{Error, Result};
use crate::folder::Folder;
use crate::meta::Level;
use crate::projection::{Projection, RowAttributes};
use crate::ranges::RowRanges;
use crate::read::is_needed;
use crate::rolled;
use crate::segment::Segment;
use crate::verify::proved;

/// What attributes say of spans.
mod told;

pub(crate) use told::told;

pub(crate) const PENDING: &str = "pending.parquet";
const BATCH_ROWS: usize = 16_384;

fn file_of(aggregate: Aggregate) -> &'static str {
    match aggregate {
        Aggregate::Red => "red.parquet",
        Aggregate::RedInstances => "red_instances.parquet",
        Aggregate::Edges => "edges.parquet",
    }
}

/// Whether a column of a file says what sums need to know of a span.
pub(crate) fn is_summed(name: &str) -> bool {
    COLUMNS.contains(&name)
}

/// Sums of a segment in the making.
#[derive(Debug, Default)]
pub(crate) struct Summing {
    /// Nothing is waited for.
    is_final: bool,
    taker: Taker,
    spans: Vec<Span>,
    sums: Sums,
    open: Vec<Span>,
}

impl Summing {
    pub(crate) fn new(resources: &[Arc<Resource>], is_final: bool) -> Self {
        Self { is_final, taker: Taker::new(resources), ..Self::default() }
    }

    /// The sums of rows in buffer layout.
    pub(crate) fn of_rows(rows: &[RecordBatch], resources: &[Arc<Resource>], is_final: bool) -> Result<Self> {
        let mut summing = Self::new(resources, is_final);
        for batch in rows {
            summing.take(batch, &told(&RowAttributes::of(batch, &[])?))?;
        }
        summing.count_all();
        Ok(summing)
    }

    /// The sums of all rows of a segment.
    pub(crate) fn of_segment(segment: &Segment) -> Result<Self> {
        let mut summing = Self::new(segment.resources(), !segment.is_open());
        summing.read(segment, &RowRanges::all(segment.meta().rows))?;
        summing.count_all();
        Ok(summing)
    }

    fn read(&mut self, segment: &Segment, rows: &RowRanges) -> Result<()> {
        let meta = segment.meta();
        let keys = KEYS.iter().map(|key| (*key).to_owned()).collect();
        let projection = Projection { keys, ..Projection::columns(COLUMNS) };
        for batch in segment.stored(|name| is_needed(&projection, meta, name), rows, BATCH_ROWS)? {
            let batch = batch?;
            self.take(&batch, &told(&RowAttributes::of(&batch, &meta.own_columns)?))?;
        }
        Ok(())
    }

    fn take(&mut self, batch: &RecordBatch, told: &[Told]) -> Result<()> {
        Ok(self.taker.take(batch, told, &mut self.spans)?)
    }

    /// Takes the next rows of a merge, which come trace by trace; the last trace may go on.
    pub(crate) fn add(&mut self, batch: &RecordBatch, told: &[Told]) -> Result<()> {
        self.take(batch, told)?;
        let last = self.spans.last().map(|span| span.trace);
        let whole = self.spans.iter().rposition(|span| Some(span.trace) != last).map_or(0, |at| at + 1);
        let unfinished = self.spans.split_off(whole);
        self.count_traces();
        self.spans = unfinished;
        Ok(())
    }

    /// Counts spans that stand trace by trace.
    fn count_traces(&mut self) {
        let spans = std::mem::take(&mut self.spans);
        spans.chunk_by(|one, other| one.trace == other.trace).for_each(|trace| self.count(trace));
    }

    fn count_all(&mut self) {
        let spans = std::mem::take(&mut self.spans);
        self.count(&spans);
    }

    fn count(&mut self, spans: &[Span]) {
        if self.is_final {
            self.sums.rest(spans, &[]);
        } else {
            self.open.extend(self.sums.part(spans));
        }
    }

    /// The files by name; with nothing left to wait for there is no `pending.parquet`.
    pub(crate) fn files(mut self) -> Result<Vec<(&'static str, Vec<u8>)>> {
        self.count_all();
        let mut files = Vec::new();
        if !self.is_final {
            // In whatever order the rows were read, the file is the same.
            self.open.sort_unstable_by(|one, other| one.order().cmp(&other.order()));
            files.push((PENDING, small_file(&open_batch(&self.open)?)?));
        }
        for aggregate in Aggregate::ALL {
            files.push((file_of(aggregate), small_file(&aggregate.rows(&self.sums)?)?));
        }
        Ok(files)
    }

    pub(crate) fn write(self, folder: &mut Folder<'_>) -> Result<()> {
        self.files()?.into_iter().try_for_each(|(name, bytes)| folder.write(name, &bytes))
    }
}

/// Sums over spans.
impl Segment {
    /// The rows of an aggregate: of all spans but the open ones.
    pub fn aggregate(&self, aggregate: Aggregate) -> Result<RecordBatch> {
        if self.meta().rolled_s.is_some() {
            return rolled::read(self, aggregate);
        }
        if let Some(rows) = self.stored_rows(file_of(aggregate), &aggregate.schema()) {
            return Ok(rows);
        }
        Ok(aggregate.rows(&Summing::of_segment(self)?.sums)?)
    }

    /// Whether spans of other segments and of buffers tell what open spans here count as.
    pub fn is_open(&self) -> bool {
        let files = &self.meta().files;
        let has_sums = files.contains_key(file_of(Aggregate::Red));
        files.contains_key(PENDING) || (!has_sums && self.meta().level != Level::L2)
    }

    /// The spans that are in no aggregate.
    pub fn open_spans(&self) -> Result<Vec<Span>> {
        if !self.is_open() {
            return Ok(Vec::new());
        }
        let schema = open_batch(&[])?.schema();
        match self.stored_rows(PENDING, &schema) {
            Some(rows) => Ok(open_spans(&rows)?),
            None => Ok(Summing::of_segment(self)?.open),
        }
    }

    /// The spans of some ids, but for hidden rows.
    pub fn spans(&self, wanted: &HashSet<SpanKey>, hidden: Option<&RowRanges>) -> Result<Vec<Span>> {
        let traces: HashSet<_> = wanted.iter().map(|(trace, _)| *trace).collect();
        let of_traces = traces.into_iter().map(|trace| self.trace_rows(TraceId(trace)));
        let mut ranges: Vec<_> = of_traces.flat_map(|rows| rows.as_slice().to_vec()).collect();
        ranges.sort_unstable_by_key(|range| range.start);
        let rows: RowRanges = ranges.into_iter().collect();
        let mut summing = Summing::new(self.resources(), false);
        summing.read(self, &hidden.map_or_else(|| rows.clone(), |hidden| rows.without(hidden)))?;
        summing.spans.retain(|span| wanted.contains(&span.key()));
        Ok(summing.spans)
    }

    /// The rows of a file; nothing when it is not there or not what was written.
    fn stored_rows(&self, name: &str, schema: &SchemaRef) -> Option<RecordBatch> {
        if !self.meta().files.contains_key(name) {
            return None;
        }
        let bytes = proved(self.dir(), self.meta(), name).map_err(|finding| Error::Input(finding.what));
        bytes
            .and_then(|bytes| decode(bytes, schema))
            .map_err(
                |error| tracing::warn!(%error, name, dir = %self.dir().display(), "made anew from the rows"),
            )
            .ok()
    }
}

/// The spans of rows in buffer layout.
pub fn spans_of_rows(rows: &RecordBatch, resources: &[Arc<Resource>]) -> Result<Vec<Span>> {
    let mut spans = Vec::new();
    Taker::new(resources).take(rows, &told(&RowAttributes::of(rows, &[])?), &mut spans)?;
    Ok(spans)
}

pub(crate) fn decode(bytes: Vec<u8>, schema: &SchemaRef) -> Result<RecordBatch> {
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes))?.with_batch_size(65_536).build()?;
    let plain = |batch: RecordBatch| RecordBatch::try_new(Arc::clone(schema), batch.columns().to_vec());
    let batches = reader.map(|batch| plain(batch?)).collect::<std::result::Result<Vec<_>, _>>()?;
    Ok(concat_batches(schema, &batches)?)
}
