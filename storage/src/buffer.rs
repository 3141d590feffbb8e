//! Chunks: decoded rows of one table that are searchable and wait for their segment.
//!
//! A chunk never changes. Small neighbours are united as they come, so that a sender of single spans does
//! not leave thousands of chunks behind; a chunk of some hundred rows stays as it was decoded, or falls into
//! parts around the few rows that were known already.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, AsArray, DictionaryArray, FixedSizeBinaryArray, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::{Int32Type, TimestampNanosecondType};
use arrow::error::ArrowError;
use daymark_model::id::{Lsn, TraceId};
use daymark_model::origin::DEFAULT_STREAM;
use daymark_model::rows::{Resource, Series};
use daymark_model::signal::Table;
use daymark_model::time::Nanos;
use xxhash_rust::xxh3::xxh3_64;

/// Chunks of at least this many rows are left alone.
const SETTLED_ROWS: usize = 512;
/// Rows are left out without copying the others when as many as these lie between them, on average.
const PART_ROWS: usize = 128;

/// Rows a source.
pub(crate) type BySource = Vec<(Arc<str>, u64)>;

/// Rows of one table in the layout of [`daymark_model::rows::schema`].
#[derive(Debug)]
pub struct Chunk {
    pub rows: RecordBatch,
    /// The stream of all its rows.
    pub stream: Arc<str>,
    pub lsn_from: Lsn,
    pub lsn_to: Lsn,
    /// From the earliest to just after the latest event time.
    pub time: Range<i64>,
    /// When the newest batch in it was received.
    pub arrival: Nanos,
    pub bytes: usize,
    /// The resources that the rows name; of metrics those that their series name.
    pub resources: Arc<[Arc<Resource>]>,
    pub series: Arc<[Arc<Series>]>,
    pub(crate) sources: BySource,
    /// Not to be united with the next one.
    is_settled: bool,
    /// Hash of the trace id's low half and row, sorted.
    traces: Vec<(u64, u32)>,
    /// A short hash of each span, until they are in the buffer.
    pub(crate) hashes: Vec<u64>,
    /// Which rows these are of their batches; of batches whose rows were changed nothing is told.
    runs: Vec<Run>,
}

/// Rows of a batch that follow each other there and here.
#[derive(Clone, Debug)]
struct Run {
    lsn: Lsn,
    /// In the batch as it was decoded.
    rows: Range<u32>,
    /// The first of them in the chunk.
    at: u32,
}

impl Chunk {
    pub(crate) fn new(
        table: Table,
        rows: RecordBatch,
        lsns: (Lsn, Lsn),
        arrival: Nanos,
        resources: Arc<[Arc<Resource>]>,
        series: Arc<[Arc<Series>]>,
    ) -> Self {
        let traces = trace_index(&rows);
        Self {
            stream: DEFAULT_STREAM.into(),
            arrival,
            resources,
            series,
            lsn_from: lsns.0,
            lsn_to: lsns.1,
            time: time_range(table, &rows),
            bytes: rows.get_array_memory_size() + traces.len() * size_of::<(u64, u32)>(),
            sources: rows_by_source(&rows),
            is_settled: rows.num_rows() >= SETTLED_ROWS,
            traces,
            rows,
            hashes: Vec::new(),
            runs: Vec::new(),
        }
    }

    /// Rows whose trace id has the same low half: candidates, to be confirmed on the column.
    pub fn trace_rows(&self, id: TraceId) -> impl Iterator<Item = u32> {
        let hash = xxh3_64(&id.low_bytes());
        let first = self.traces.partition_point(|(other, _)| *other < hash);
        self.traces[first..].iter().take_while(move |(other, _)| *other == hash).map(|(_, row)| *row)
    }

    /// The same chunk with fewer rows.
    pub(crate) fn with_rows(&self, table: Table, rows: RecordBatch) -> Self {
        let described = (Arc::clone(&self.resources), Arc::clone(&self.series));
        let lsns = (self.lsn_from, self.lsn_to);
        let chunk = Self::new(table, rows, lsns, self.arrival, described.0, described.1);
        chunk.in_stream(Arc::clone(&self.stream))
    }

    pub(crate) fn in_stream(self, stream: Arc<str>) -> Self {
        Self { stream, ..self }
    }

    /// The batch as it goes into the buffer: only the rows of these ranges, each known by its place in the batch.
    pub(crate) fn kept(self, table: Table, ranges: &[Range<u32>]) -> Vec<Self> {
        let lsn = self.lsn_from;
        let run = |rows: &Range<u32>, at| Run { lsn, rows: rows.clone(), at };
        let count = self.rows.num_rows();
        match ranges {
            [] => Vec::new(),
            [all] if all.len() == count => vec![Self { hashes: Vec::new(), runs: vec![run(all, 0)], ..self }],
            parts if self.is_settled && parts.len() * PART_ROWS <= count => {
                parts.iter().map(|rows| Self { runs: vec![run(rows, 0)], ..self.part(table, rows) }).collect()
            }
            several => {
                let rows = several.iter().cloned().flatten().collect::<UInt32Array>();
                let rows = take_record_batch(&self.rows, &rows).expect("the ranges lie within the rows");
                let mut at = 0;
                let runs = several.iter().map(|rows| {
                    at += rows.len() as u32;
                    run(rows, at - rows.len() as u32)
                });
                let runs = runs.collect();
                vec![Self { runs, ..self.with_rows(table, rows) }]
            }
        }
    }

    /// Some of the rows, where they lie.
    fn part(&self, table: Table, rows: &Range<u32>) -> Self {
        let traces = self.traces.iter().filter(|(_, row)| rows.contains(row));
        let traces = traces.map(|(hash, row)| (*hash, row - rows.start)).collect();
        let slice = self.rows.slice(rows.start as usize, rows.len());
        Self {
            arrival: self.arrival,
            stream: Arc::clone(&self.stream),
            resources: Arc::clone(&self.resources),
            series: Arc::clone(&self.series),
            lsn_from: self.lsn_from,
            lsn_to: self.lsn_to,
            time: time_range(table, &slice),
            bytes: self.bytes / self.rows.num_rows() * rows.len(),
            sources: rows_by_source(&slice),
            is_settled: self.is_settled,
            traces,
            rows: slice,
            hashes: Vec::new(),
            runs: Vec::new(),
        }
    }

    /// Where a row of a batch is, if it is known to be here.
    pub(crate) fn row_of(&self, lsn: Lsn, row: u32) -> Option<u32> {
        let run = self.runs.iter().find(|run| run.lsn == lsn && run.rows.contains(&row))?;
        Some(run.at + (row - run.rows.start))
    }

    /// Whether this chunk and the next one are better off as one.
    pub(crate) fn unites_with(&self, next: &Self) -> bool {
        let is_alike = self.stream == next.stream && !self.is_settled;
        is_alike && next.rows.num_rows() * 2 >= self.rows.num_rows()
    }

    pub(crate) fn united(table: Table, first: &Self, second: &Self) -> Result<Self, ArrowError> {
        let rows = concat_batches(first.rows.schema_ref(), [&first.rows, &second.rows])?;
        let resources = distinct([&first.resources, &second.resources], |resource| resource.id);
        let series = distinct([&first.series, &second.series], |series| series.id);
        let before = u32::try_from(first.rows.num_rows()).unwrap_or(u32::MAX);
        let shifted = second.runs.iter().map(|run| Run { at: run.at.saturating_add(before), ..run.clone() });
        let runs = first.runs.iter().cloned().chain(shifted).collect();
        let (lsns, arrival) = ((first.lsn_from, second.lsn_to), first.arrival.max(second.arrival));
        let stream = Arc::clone(&first.stream);
        Ok(Self { stream, runs, ..Self::new(table, rows, lsns, arrival, resources, series) })
    }
}

/// The union of several lists, each id once.
pub(crate) fn distinct<'a, T: 'a>(
    lists: impl IntoIterator<Item = &'a Arc<[Arc<T>]>>,
    id: impl Fn(&T) -> u64,
) -> Arc<[Arc<T>]> {
    let by_id: BTreeMap<u64, &Arc<T>> =
        lists.into_iter().flat_map(|list| list.iter()).map(|item| (id(item), item)).collect();
    by_id.into_values().map(Arc::clone).collect()
}

fn trace_index(rows: &RecordBatch) -> Vec<(u64, u32)> {
    let Some(ids) = rows.column_by_name("trace_id").and_then(|column| column.as_fixed_size_binary_opt())
    else {
        return Vec::new();
    };
    let ids: &FixedSizeBinaryArray = ids;
    let mut index: Vec<(u64, u32)> = (0u32..)
        .zip(ids.iter())
        .filter_map(|(row, id)| id.and_then(|id| id.get(8..)).map(|low| (xxh3_64(low), row)))
        .collect();
    index.sort_unstable();
    index
}

fn time_range(table: Table, rows: &RecordBatch) -> Range<i64> {
    let times = rows
        .column_by_name(table.time_column())
        .and_then(|column| column.as_primitive_opt::<TimestampNanosecondType>())
        .map_or(&[][..], |times| times.values().as_ref());
    let earliest = times.iter().copied().min().unwrap_or_default();
    let latest = times.iter().copied().max().unwrap_or_default();
    earliest..latest.saturating_add(1)
}

/// How many rows each source sent. Tables without the column are not counted by the ledger.
pub(crate) fn rows_by_source(rows: &RecordBatch) -> BySource {
    let Some(sources) = rows.column_by_name("source").and_then(|column| column.as_dictionary_opt()) else {
        return Vec::new();
    };
    let sources: &DictionaryArray<Int32Type> = sources;
    let names = sources.values().as_string::<i32>();
    let mut counts = vec![0; names.len()];
    for key in sources.keys_iter().flatten() {
        counts[key] += 1;
    }
    let mut by_source: BySource = Vec::new();
    for (name, count) in names.iter().zip(counts).filter(|(_, count)| *count > 0) {
        add_rows(&mut by_source, name.unwrap_or_default(), count);
    }
    by_source
}

pub(crate) fn add_rows(by_source: &mut BySource, source: &str, rows: u64) {
    match by_source.iter_mut().find(|(name, _)| name.as_ref() == source) {
        Some((_, count)) => *count += rows,
        None => by_source.push((source.into(), rows)),
    }
}
