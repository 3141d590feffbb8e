//! An open segment: footer and indexes in memory, rows read on demand by any number of threads.
//!
//! Only `meta.json` and the rows must be sound. A damaged index makes answers slower (more candidates),
//! damaged resources or series leave them out; both are told by [`Segment::damage`].

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arrow::array::AsArray;
use arrow::datatypes::TimestampNanosecondType;
use bytes::Bytes;
use daymark_aggregate::Aggregate;
use daymark_model::id::TraceId;
use daymark_model::rows::{Resource, Series};
use daymark_model::signal::{Signal, Table};
use daymark_model::time::Nanos;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};

use crate::bloom::Bloom;
use crate::blooms::{ATTRIBUTE_BLOOMS, blocks_with_attributes};
use crate::codec::checked;
use crate::data::DATA;
use crate::described::{RESOURCES, SERIES, decode_resources, decode_series};
use crate::error::{Error, Result};
use crate::key_runs::KeyRuns;
use crate::layout::block_rows;
use crate::meta::{META, Meta, OwnColumn};
use crate::pages::{PAGES, PageFile, PageSource};
use crate::presence::Presence;
use crate::projection::Projection;
use crate::ranges::RowRanges;
use crate::read::{Rows, StoredRows, is_needed};
use crate::read_cache::ReadCache;
use crate::rolled;
use crate::trace::{TRACE_BLOOM, TRACE_INDEX, TraceIndex, decode_bloom, trace_hash};
use crate::values::{Index, Predicate, VALUES, Values};
use crate::verify::{Finding, proved};
use crate::words;

/// The unit of indexes: rows that share a page, or a few, in each flat column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub rows: Range<u32>,
    /// The first instant of its rows.
    pub time_min: i64,
    /// The last instant of its rows.
    pub time_max: i64,
    /// The last instant of its rows but for few that [`Segment::late`] names.
    pub usual_max: i64,
}

#[derive(Debug)]
pub struct Segment {
    dir: PathBuf,
    meta: Meta,
    own: Arc<[OwnColumn]>,
    file: Arc<PageFile>,
    arrow: ArrowReaderMetadata,
    blocks: Vec<Block>,
    bloom: Option<Bloom>,
    traces: Option<TraceIndex>,
    values: Option<Values>,
    resources: Vec<Arc<Resource>>,
    series: Vec<Arc<Series>>,
    damage: Vec<Finding>,
    /// Opened when they are first asked for.
    key_runs: [OnceLock<Option<KeyRuns>>; 3],
    /// Put together when they are first asked for.
    presences: OnceLock<Vec<Presence>>,
}

impl Segment {
    pub fn open(dir: &Path) -> Result<Self> {
        let path = dir.join(META);
        let meta = Meta::parse(&path, &std::fs::read(&path).map_err(Error::io(&path))?)?;
        let mut damage = Vec::new();
        let (file, metadata) = open_data(dir, &meta, &mut damage)?;
        let arrow = ArrowReaderMetadata::try_new(Arc::new(metadata), ArrowReaderOptions::new())?;
        let has_traces = meta.files.contains_key(TRACE_INDEX);
        let has_series = meta.table.signal() == Signal::Metrics;
        let mut load = Loader { dir, meta: &meta, damage: &mut damage };
        let values =
            load.index(VALUES, Values::decode).filter(|values| values.times().len() == block_count(&meta));
        let bloom = if has_traces { load.index(TRACE_BLOOM, decode_bloom) } else { None };
        let traces = if has_traces { load.index(TRACE_INDEX, TraceIndex::decode) } else { None };
        let resources =
            load.index(RESOURCES, |_, bytes| decode_resources(bytes.to_vec())).unwrap_or_default();
        let series =
            if has_series { load.index(SERIES, |_, bytes| decode_series(bytes.to_vec())) } else { None };
        let series = series.unwrap_or_default();
        for name in rolled::FILES.into_iter().filter(|name| meta.files.contains_key(*name)) {
            load.index(name, |_, _| Ok(()));
        }
        let blocks = blocks(&meta, values.as_ref());
        let own = meta.own_columns.clone().into();
        let (dir, file) = (dir.to_owned(), Arc::new(file));
        let (key_runs, presences) = Default::default();
        Ok(Self {
            dir,
            meta,
            own,
            file,
            arrow,
            blocks,
            bloom,
            traces,
            values,
            resources,
            series,
            damage,
            key_runs,
            presences,
        })
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    pub fn table(&self) -> Table {
        self.meta.table
    }

    pub fn all_rows(&self) -> RowRanges {
        RowRanges::all(self.meta.rows)
    }

    /// Files that could not be used, found when the segment was opened.
    pub fn damage(&self) -> &[Finding] {
        &self.damage
    }

    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// For each block the rows that lie after its usual ones and can match, with their instants.
    pub fn late(&self, predicate: &Predicate) -> Vec<Vec<(u32, i64)>> {
        let second_is_text = self.meta.table != Table::Logs;
        self.values.as_ref().map_or_else(Vec::new, |values| values.late(predicate, second_is_text))
    }

    /// By ascending id.
    pub fn resources(&self) -> &[Arc<Resource>] {
        &self.resources
    }

    /// By ascending id; none but in metric tables.
    pub fn series(&self) -> &[Arc<Series>] {
        &self.series
    }

    /// Every (service, name) of the rows; the metric stands for the name. None for logs.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        let values = self.values.as_ref().filter(|_| self.meta.table != Table::Logs);
        values.into_iter().flat_map(Values::pairs)
    }

    /// The services that have rows within a range, each with its first and last instant there, to a block. None
    /// when the index that tells them is damaged.
    pub fn services(&self, range: &Range<i64>) -> Option<Vec<(&str, (i64, i64))>> {
        let values = self.values.as_ref()?;
        let presences = self.presences.get_or_init(|| values.presences()).iter();
        let within = |one: &'_ Presence| one.within(range, values.times());
        Some(presences.filter_map(|one| Some((one.service.as_str(), within(one)?))).collect())
    }

    /// Rows that may belong to a trace: the reader confirms the id on the column.
    pub fn trace_rows(&self, id: TraceId) -> RowRanges {
        let hash = trace_hash(id);
        if self.bloom.as_ref().is_some_and(|bloom| !bloom.may_have(hash)) {
            return RowRanges::default();
        }
        self.traces.as_ref().map_or_else(|| RowRanges::all(self.meta.rows), |traces| traces.rows(hash))
    }

    /// Rows that may match: never leaves out one that does.
    pub fn candidates(&self, predicate: &Predicate) -> RowRanges {
        self.candidates_by(predicate, |name| self.index_file(name), &mut |_| ())
    }

    /// The same with index files that are kept. Tells which of them leave out rows.
    pub fn candidates_with(
        &self,
        cache: &ReadCache,
        predicate: &Predicate,
        tell: &mut dyn FnMut(Index),
    ) -> RowRanges {
        self.candidates_by(predicate, |name| cache.file(&self.file, name, || self.index_file(name)), tell)
    }

    fn candidates_by(
        &self,
        predicate: &Predicate,
        read: impl Fn(&'static str) -> Result<Bytes>,
        tell: &mut dyn FnMut(Index),
    ) -> RowRanges {
        if predicate.time.as_ref().is_some_and(|time| !self.meta.overlaps(time)) {
            return RowRanges::default();
        }
        let second_is_text = self.meta.table != Table::Logs;
        let mut rows = RowRanges::all(self.meta.rows);
        if let Some(values) = &self.values {
            rows = values.candidates(predicate, second_is_text);
            if rows.count() < self.meta.rows as usize {
                tell(Index::Values);
            }
        }
        if !predicate.attributes.is_empty() && !rows.is_empty() {
            let attributes = &predicate.attributes;
            let known = rows.count();
            rows = rows.intersect(&self.rows_by(ATTRIBUTE_BLOOMS, &read, |path, bytes| {
                blocks_with_attributes(path, bytes, attributes)
            }));
            if rows.count() < known {
                tell(Index::Attributes);
            }
        }
        if !predicate.words.is_empty() && !rows.is_empty() {
            let found = words::candidates(&self.dir, &self.meta, &predicate.words, &read, tell);
            if let Ok(Some(found)) = found {
                rows = rows.intersect(&found);
            }
        }
        rows
    }

    /// The rows of blocks that an index file leaves; all when there is no such file or it is damaged.
    fn rows_by(
        &self,
        name: &'static str,
        read: impl Fn(&'static str) -> Result<Bytes>,
        blocks: impl Fn(&Path, &[u8]) -> Result<Vec<u32>>,
    ) -> RowRanges {
        let path = self.dir.join(name);
        let is_listed = self.meta.files.contains_key(name);
        let bytes = is_listed.then(|| read(name).ok()).flatten();
        match bytes.map(|bytes| blocks(&path, &bytes)) {
            Some(Ok(blocks)) => {
                let blocks = blocks.into_iter().filter_map(|block| self.blocks.get(block as usize));
                blocks.map(|block| block.rows.clone()).collect()
            }
            Some(Err(_)) | None => RowRanges::all(self.meta.rows),
        }
    }

    /// The bytes of an index file, checked.
    fn index_file(&self, name: &str) -> Result<Bytes> {
        let path = self.dir.join(name);
        let bytes = Bytes::from(std::fs::read(&path).map_err(Error::io(&path))?);
        let body = checked(&path, &bytes)?.len();
        Ok(bytes.slice(..body))
    }

    /// Reads rows in file order, at most `batch_rows` at a time.
    pub fn read(&self, projection: &Projection, rows: &RowRanges, batch_rows: usize) -> Result<Rows> {
        self.answer(projection, rows, batch_rows, None)
    }

    /// The same for one of many small reads, which have most of their dictionaries in common.
    pub fn read_with(
        &self,
        cache: &Arc<ReadCache>,
        projection: &Projection,
        rows: &RowRanges,
        batch_rows: usize,
    ) -> Result<Rows> {
        self.answer(projection, rows, batch_rows, Some(Arc::clone(cache)))
    }

    fn answer(
        &self,
        projection: &Projection,
        rows: &RowRanges,
        batch_rows: usize,
        cache: Option<Arc<ReadCache>>,
    ) -> Result<Rows> {
        let schema = projection.schema(self.meta.table)?;
        let source = PageSource::new(Arc::clone(&self.file), cache);
        let wants = |name: &str| is_needed(projection, &self.meta, name);
        let stored = StoredRows::new(source, &self.arrow, wants, rows, batch_rows)?;
        Ok(Rows::new(projection.clone(), schema, Arc::clone(&self.own), stored))
    }

    /// Which rows lie in each window of `step` nanoseconds, by the start of the window.
    pub fn windows(&self, step: i64) -> Result<BTreeMap<i64, RowRanges>> {
        let name = self.meta.table.time_column();
        let mut windows: BTreeMap<i64, RowRanges> = BTreeMap::new();
        let mut row = 0;
        for batch in self.read(&Projection::columns([name]), &RowRanges::all(self.meta.rows), 65_536)? {
            for &time in batch?.column(0).as_primitive::<TimestampNanosecondType>().values() {
                windows.entry(Nanos(time).floor(step).0).or_default().push(row..row + 1);
                row += 1;
            }
        }
        Ok(windows)
    }

    /// Reads columns of the file as they are.
    pub(crate) fn stored(
        &self,
        wants: impl Fn(&str) -> bool,
        rows: &RowRanges,
        batch_rows: usize,
    ) -> Result<StoredRows> {
        let source = PageSource::new(Arc::clone(&self.file), None);
        StoredRows::new(source, &self.arrow, wants, rows, batch_rows)
    }

    /// Bytes of a row before compression, in the row group where they are most.
    pub(crate) fn row_bytes(&self) -> u64 {
        let groups = self.arrow.metadata().row_groups().iter();
        groups
            .map(|group| (group.total_byte_size() / group.num_rows().max(1)) as u64)
            .max()
            .unwrap_or_default()
    }

    pub(crate) fn key_runs(&self, aggregate: Aggregate) -> &OnceLock<Option<KeyRuns>> {
        &self.key_runs[aggregate as usize]
    }

    pub(crate) fn file(&self) -> &PageFile {
        &self.file
    }
}

/// Opens the rows; when only their checksums are damaged, by the checksum of the whole file.
fn open_data(
    dir: &Path,
    meta: &Meta,
    damage: &mut Vec<Finding>,
) -> Result<(PageFile, parquet::file::metadata::ParquetMetaData)> {
    let data = dir.join(DATA);
    let opened = match proved(dir, meta, PAGES) {
        Ok(bytes) => PageFile::open(&data, &dir.join(PAGES), &bytes),
        Err(finding) => {
            damage.push(finding);
            proved(dir, meta, DATA).map_err(|finding| Error::corrupt(&data, finding.what))?;
            PageFile::open_proved(&data)
        }
    }?;
    let rows: i64 = opened.1.row_groups().iter().map(|group| group.num_rows()).sum();
    if rows != i64::from(meta.rows) {
        return Err(Error::corrupt(&data, format!("{rows} rows, {} expected", meta.rows)));
    }
    Ok(opened)
}

struct Loader<'a> {
    dir: &'a Path,
    meta: &'a Meta,
    damage: &'a mut Vec<Finding>,
}

impl Loader<'_> {
    fn index<T>(&mut self, name: &str, decode: impl Fn(&Path, &[u8]) -> Result<T>) -> Option<T> {
        let path = self.dir.join(name);
        let read = proved(self.dir, self.meta, name).and_then(|bytes| {
            decode(&path, &bytes).map_err(|error| Finding { file: name.to_owned(), what: error.to_string() })
        });
        read.map_err(|finding| self.damage.push(finding)).ok()
    }
}

fn block_count(meta: &Meta) -> usize {
    (meta.rows as usize).div_ceil(block_rows(meta.table))
}

fn blocks(meta: &Meta, values: Option<&Values>) -> Vec<Block> {
    let size = block_rows(meta.table) as u32;
    let block = |number: usize| {
        let from = number as u32 * size;
        let rows = from..from.saturating_add(size).min(meta.rows);
        let known = values.and_then(|values| values.times().get(number));
        match known {
            Some(times) => {
                Block { rows, time_min: times.min, time_max: times.max, usual_max: times.usual_max }
            }
            None => {
                let (time_min, time_max) = (meta.time_min, meta.time_max);
                Block { rows, time_min, time_max, usual_max: time_max }
            }
        }
    };
    (0..block_count(meta)).map(block).collect()
}
