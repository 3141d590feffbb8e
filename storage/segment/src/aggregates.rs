//! `red.parquet`, `red_instances.parquet`, `edges.parquet`: sums over the spans of a segment, and
//! `pending.parquet`: spans that are in none of them yet, because a span that is not in the segment may
//! change what they count as; `near.parquet`: those of the segment that tell what they count as. Once no more spans are expected all are counted, and `beside.parquet` keeps
//! those of other segments that told what they count as.
//!
//! All but the last are made from the rows, when the segment is written and again when one of them is damaged.
//! Where there are many sums, those of one service can be read by themselves ([`KeyRuns`]).

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::{FieldRef, SchemaRef};
use bytes::Bytes;
use daymark_aggregate::{
    Aggregate, COLUMNS, KEYS, Span, Sums, Taker, Told, Uncounted, open_batch, open_spans,
};
use daymark_model::id::TraceId;
use daymark_model::rows::Resource;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::data::{paged_file, small_file};
use crate::error::{Error, Result};
use crate::folder::Folder;
use crate::key_runs::{self, KeyRuns};
use crate::meta::Level;
use crate::projection::{Projection, RowAttributes};
use crate::ranges::RowRanges;
use crate::read::is_needed;
use crate::read_cache::ReadCache;
use crate::rolled;
use crate::segment::Segment;
use crate::verify::proved;

/// What attributes say of spans.
mod told;

pub(crate) use told::told;

pub(crate) const PENDING: &str = "pending.parquet";
const NEAR: &str = "near.parquet";
pub(crate) const BESIDE: &str = "beside.parquet";
const BATCH_ROWS: usize = 16_384;
/// Rows of sums that are read at once anyway.
const WHOLE_ROWS: usize = 8_192;
/// Rows of sums in a page.
const PAGE_ROWS: usize = 2_048;

fn file_of(aggregate: Aggregate) -> &'static str {
    match aggregate {
        Aggregate::Red => "red.parquet",
        Aggregate::RedInstances => "red_instances.parquet",
        Aggregate::Edges => "edges.parquet",
    }
}

fn index_of(aggregate: Aggregate) -> &'static str {
    match aggregate {
        Aggregate::Red => "red.idx",
        Aggregate::RedInstances => "red_instances.idx",
        Aggregate::Edges => "edges.idx",
    }
}

/// Sums of the time that spans took are seldom equal.
fn is_unlike(field: &FieldRef) -> bool {
    field.name().ends_with("_ns") || field.name().ends_with("sketch")
}

/// Whether a column of a file says what sums need to know of a span.
pub(crate) fn is_summed(name: &str) -> bool {
    COLUMNS.contains(&name)
}

/// The spans of some traces that stand in other segments.
pub type Beside<'a> = &'a dyn Fn(&HashSet<[u8; 16]>) -> Result<Vec<Span>>;

/// Sums of a segment in the making.
pub(crate) struct Summing<'a> {
    /// When no more spans are expected.
    beside: Option<Beside<'a>>,
    taker: Taker,
    spans: Vec<Span>,
    sums: Sums,
    uncounted: Uncounted,
    others: Vec<Span>,
}

impl<'a> Summing<'a> {
    pub(crate) fn new(resources: &[Arc<Resource>], beside: Option<Beside<'a>>) -> Self {
        let taker = Taker::new(resources);
        let (spans, uncounted, others) = Default::default();
        Self { beside, taker, spans, sums: Sums::default(), uncounted, others }
    }

    /// The sums of rows in buffer layout.
    pub(crate) fn of_rows(rows: &[RecordBatch], resources: &[Arc<Resource>], is_final: bool) -> Result<Self> {
        let mut summing = Self::new(resources, is_final.then_some(&|_| Ok(Vec::new())));
        for batch in rows {
            summing.take(batch, &told(&RowAttributes::of(batch, &[])?))?;
        }
        summing.count_all()?;
        Ok(summing)
    }

    fn read(&mut self, segment: &Segment, rows: &RowRanges, is_wanted: impl Fn(&Span) -> bool) -> Result<()> {
        let meta = segment.meta();
        let keys = KEYS.iter().map(|key| (*key).to_owned()).collect();
        let projection = Projection { keys, ..Projection::columns(COLUMNS) };
        for batch in segment.stored(|name| is_needed(&projection, meta, name), rows, BATCH_ROWS)? {
            let batch = batch?;
            let mut spans = Vec::new();
            self.taker.take(&batch, &told(&RowAttributes::of(&batch, &meta.own_columns)?), &mut spans)?;
            self.spans.extend(spans.into_iter().filter(&is_wanted));
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
        self.count_traces()?;
        self.spans = unfinished;
        Ok(())
    }

    /// Counts spans that stand trace by trace.
    fn count_traces(&mut self) -> Result<()> {
        let spans = std::mem::take(&mut self.spans);
        let mut found = Uncounted::default();
        let traces = spans.chunk_by(|one, other| one.trace == other.trace);
        traces.for_each(|trace| found.extend(self.sums.part(trace)));
        match self.beside {
            Some(beside) => self.count_open(&found, beside),
            None => {
                self.uncounted.extend(found);
                Ok(())
            }
        }
    }

    /// Counts open spans for good. Reading other segments is dear: only the traces of open spans are asked for.
    fn count_open(&mut self, found: &Uncounted, beside: Beside<'_>) -> Result<()> {
        if found.open.is_empty() {
            return Ok(());
        }
        let others = beside(&found.open.iter().map(|span| span.trace).collect())?;
        self.sums.rest(&found.open, found.near.iter().chain(&others));
        self.others.extend(others);
        Ok(())
    }

    /// Counts the spans that are left, in whatever order they stand.
    fn count_all(&mut self) -> Result<()> {
        if self.beside.is_some() {
            self.spans.sort_by_key(|span| span.trace);
            return self.count_traces();
        }
        let spans = std::mem::take(&mut self.spans);
        self.uncounted.extend(self.sums.part(&spans));
        Ok(())
    }

    /// The files by name. With nothing left to wait for there is no `pending.parquet`.
    pub(crate) fn files(mut self) -> Result<Vec<(&'static str, Vec<u8>)>> {
        self.count_all()?;
        let mut files = Vec::new();
        let mut add = |name, spans: &mut [Span]| -> Result<()> {
            // In whatever order the rows were read, the file is the same.
            spans.sort_unstable_by(|one, other| one.order().cmp(&other.order()));
            files.push((name, small_file(&open_batch(spans)?)?));
            Ok(())
        };
        if self.beside.is_none() {
            add(PENDING, &mut self.uncounted.open)?;
            if !self.uncounted.near.is_empty() {
                add(NEAR, &mut self.uncounted.near)?;
            }
        } else if !self.others.is_empty() {
            add(BESIDE, &mut self.others)?;
        }
        for aggregate in Aggregate::ALL {
            let rows = aggregate.rows(&self.sums)?;
            let file = paged_file(&rows, PAGE_ROWS, is_unlike)?;
            if rows.num_rows() > WHOLE_ROWS {
                files.push((index_of(aggregate), key_runs::encode(&file, &rows, aggregate.key())?));
            }
            files.push((file_of(aggregate), file));
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
        self.summed(|summing| Ok(aggregate.rows(&summing.sums)?))
    }

    /// The rows of an aggregate that are of one service (of calls: that it makes), and perhaps others.
    pub fn aggregate_of(
        &self,
        cache: &Arc<ReadCache>,
        aggregate: Aggregate,
        service: &str,
    ) -> Result<RecordBatch> {
        let runs = self.key_runs(aggregate).get_or_init(|| self.open_runs(aggregate));
        let found = runs.as_ref().map(|runs| runs.read(service, cache));
        match found {
            Some(Ok(rows)) => Ok(rows),
            Some(Err(error)) => {
                tracing::warn!(%error, dir = %self.dir().display(), "sums are read whole");
                self.aggregate(aggregate)
            }
            None => self.aggregate(aggregate),
        }
    }

    /// Nothing when sums are to be read whole.
    fn open_runs(&self, aggregate: Aggregate) -> Option<KeyRuns> {
        let (name, index) = (file_of(aggregate), index_of(aggregate));
        if !self.meta().files.contains_key(index) {
            return None;
        }
        let bytes = proved(self.dir(), self.meta(), index).map_err(|finding| Error::Input(finding.what));
        let (data, path) = (self.dir().join(name), self.dir().join(index));
        let open = |bytes: Vec<u8>| KeyRuns::open(&data, &path, &bytes, aggregate.schema());
        bytes
            .and_then(open)
            .map_err(|error| tracing::warn!(%error, dir = %self.dir().display(), "sums are read whole"))
            .ok()
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
            None => self.summed(|summing| Ok(summing.uncounted.open)),
        }
    }

    /// The counted spans that tell what the open ones count as: their parents, children and other halves; of
    /// a trace in which a span shares the id of its caller, all. Nothing when only the rows know.
    pub fn near_spans(&self) -> Result<Option<Vec<Span>>> {
        let rows = self.stored_rows(NEAR, &open_batch(&[])?.schema());
        Ok(rows.map(|rows| open_spans(&rows)).transpose()?)
    }

    /// The spans of some traces in some rows.
    pub fn spans(&self, traces: &HashSet<[u8; 16]>, rows: &RowRanges) -> Result<Vec<Span>> {
        self.spans_that(traces, rows, |_| true)
    }

    /// Those among them that are wanted.
    pub fn spans_that(
        &self,
        traces: &HashSet<[u8; 16]>,
        rows: &RowRanges,
        is_wanted: impl Fn(&Span) -> bool,
    ) -> Result<Vec<Span>> {
        let of_traces = traces.iter().map(|trace| self.trace_rows(TraceId(*trace)));
        let mut ranges: Vec<_> = of_traces.flat_map(|rows| rows.as_slice().to_vec()).collect();
        if ranges.is_empty() {
            return Ok(Vec::new());
        }
        ranges.sort_unstable_by_key(|range| range.start);
        let mut summing = Summing::new(self.resources(), None);
        let rows = ranges.into_iter().collect::<RowRanges>().intersect(rows);
        summing.read(self, &rows, |span| traces.contains(&span.trace) && is_wanted(span))?;
        Ok(summing.spans)
    }

    /// What the rows say, and beside them the spans of other segments that were heard.
    pub(crate) fn summed<T>(&self, answer: impl FnOnce(Summing<'_>) -> Result<T>) -> Result<T> {
        let mut others = Vec::new();
        if self.meta().files.contains_key(BESIDE) {
            let bytes = proved(self.dir(), self.meta(), BESIDE);
            let bytes = bytes.map_err(|finding| Error::corrupt(&self.dir().join(BESIDE), finding.what))?;
            others = open_spans(&decode(bytes, &open_batch(&[])?.schema())?)?;
        }
        let beside = |traces: &HashSet<[u8; 16]>| {
            Ok(others.iter().filter(|other| traces.contains(&other.trace)).cloned().collect())
        };
        let mut summing = Summing::new(self.resources(), (!self.is_open()).then_some(&beside));
        summing.read(self, &RowRanges::all(self.meta().rows), |_| true)?;
        summing.count_all()?;
        answer(summing)
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
