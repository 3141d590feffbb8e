//! Chunks: decoded rows of one table that are searchable and wait for their segment.
//!
//! A chunk never changes. Small neighbours are united as they come, so that a sender of single spans does
//! not leave thousands of chunks behind; a chunk of some hundred rows stays as it was decoded.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, AsArray, DictionaryArray, FixedSizeBinaryArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{Int32Type, TimestampNanosecondType};
use arrow::error::ArrowError;
use daymark_model::id::{Lsn, TraceId};
use daymark_model::rows::{Resource, Series};
use daymark_model::signal::Table;
use daymark_model::time::Nanos;
use xxhash_rust::xxh3::xxh3_64;

/// Chunks of at least this many rows are left alone.
const SETTLED_ROWS: usize = 512;

/// Rows a source.
pub(crate) type BySource = Vec<(Arc<str>, u64)>;

/// Rows of one table in the layout of [`daymark_model::rows::schema`].
#[derive(Debug)]
pub struct Chunk {
    pub rows: RecordBatch,
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
    /// Hash of the trace id's low half and row, sorted.
    traces: Vec<(u64, u32)>,
    /// A short hash of each span, until they are in the buffer.
    pub(crate) hashes: Vec<u64>,
    /// The first row of each batch; of batches whose rows were changed nothing is told.
    pub(crate) batches: Vec<(Lsn, u32)>,
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
            arrival,
            resources,
            series,
            lsn_from: lsns.0,
            lsn_to: lsns.1,
            time: time_range(table, &rows),
            bytes: rows.get_array_memory_size() + traces.len() * size_of::<(u64, u32)>(),
            sources: rows_by_source(&rows),
            traces,
            rows,
            hashes: Vec::new(),
            batches: Vec::new(),
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
        Self::new(table, rows, (self.lsn_from, self.lsn_to), self.arrival, described.0, described.1)
    }

    /// The chunk of spans as it goes into the buffer, where rows are known by their batch.
    pub(crate) fn of_one_batch(self) -> Self {
        Self { hashes: Vec::new(), batches: vec![(self.lsn_from, 0)], ..self }
    }

    /// Whether this chunk and the next one are better off as one.
    pub(crate) fn unites_with(&self, next: &Self) -> bool {
        let (mine, theirs) = (self.rows.num_rows(), next.rows.num_rows());
        mine < SETTLED_ROWS && theirs * 2 >= mine
    }

    pub(crate) fn united(table: Table, first: &Self, second: &Self) -> Result<Self, ArrowError> {
        let rows = concat_batches(first.rows.schema_ref(), [&first.rows, &second.rows])?;
        let resources = distinct([&first.resources, &second.resources], |resource| resource.id);
        let series = distinct([&first.series, &second.series], |series| series.id);
        let before = u32::try_from(first.rows.num_rows()).unwrap_or(u32::MAX);
        let shifted = second.batches.iter().map(|(lsn, row)| (*lsn, row.saturating_add(before)));
        let batches = first.batches.iter().copied().chain(shifted).collect();
        let (lsns, arrival) = ((first.lsn_from, second.lsn_to), first.arrival.max(second.arrival));
        Ok(Self { batches, ..Self::new(table, rows, lsns, arrival, resources, series) })
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
