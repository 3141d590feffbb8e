//! A part of a table: a buffered chunk or a live segment. Rows of both are asked for and read alike.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use datafusion::common::{DataFusionError, Result};
use daymark_model::id::TraceId;
use daymark_model::rows::{Resource, Series};
use daymark_model::signal::Table;
use daymark_segment::{Block, Index, Level, Predicate, Projection, ReadCache, RowRanges};
use daymark_storage::version::{Chunk, Gap, Shelved, Version};

use crate::scan::owners::Describe;

/// Rows of a batch read from a segment.
const BATCH_ROWS: usize = 8_192;

/// A run of rows that is read at once, with the instants its rows lie between.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) part: usize,
    pub(crate) rows: RowRanges,
    pub(crate) time_min: i64,
    pub(crate) time_max: i64,
    /// Where most of its rows lie. Rows of a merged file follow the first instants of their traces, which may
    /// end long after; other rows follow their arrival, and some come late.
    pub(crate) usual: i64,
    /// The last instant of its rows but for late ones, of which those that may match are named.
    pub(crate) usual_max: i64,
    pub(crate) late: Vec<(u32, i64)>,
}

#[derive(Clone, Debug)]
pub(crate) enum Part {
    Chunk(Table, Arc<Chunk>),
    Segment(Shelved, Arc<ReadCache>),
    /// Rows that are lost: it has none, and makes the answer partial.
    Gap(Arc<Gap>),
}

impl Part {
    /// What a tenant has of a table. Segments come first, so that ties keep the order of arrival.
    pub(crate) fn all(version: &Version, tenant: &str, table: Table, cache: &Arc<ReadCache>) -> Vec<Self> {
        let Some(shelf) = version.shelf(tenant) else { return Vec::new() };
        let gaps = shelf.gaps(table).iter().cloned().map(Self::Gap);
        let segments = shelf.segments(table).iter().cloned();
        let segments = segments.map(|segment| Self::Segment(segment, Arc::clone(cache)));
        let chunks = shelf.chunks(table).iter().map(|chunk| Self::Chunk(table, Arc::clone(chunk)));
        segments.chain(chunks).chain(gaps).collect()
    }

    /// Rows that are there, whether hidden or not.
    fn row_count(&self) -> u32 {
        match self {
            Self::Chunk(_, chunk) => u32::try_from(chunk.rows.num_rows()).unwrap_or(u32::MAX),
            Self::Segment(shelved, _) => shelved.segment.meta().rows,
            Self::Gap(_) => 0,
        }
    }

    /// What answers lack that reach into this part.
    pub(crate) fn lacks(&self) -> Option<String> {
        match self {
            Self::Chunk(..) => None,
            Self::Segment(shelved, _) => {
                let damage = shelved.segment.damage().iter();
                let told = damage.filter(|found| !daymark_segment::is_derived(&found.file));
                let told: Vec<_> = told.map(|found| format!("{}: {}", found.file, found.what)).collect();
                (!told.is_empty()).then(|| format!("segment {}: {}", shelved.id, told.join("; ")))
            }
            Self::Gap(gap) => {
                Some(format!("segment {} with {} rows is in quarantine: {}", gap.id, gap.rows, gap.reason))
            }
        }
    }

    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Chunk(_, chunk) => chunk.bytes as u64,
            Self::Segment(shelved, _) => shelved.segment.meta().bytes(),
            Self::Gap(_) => 0,
        }
    }

    /// What so many of its rows take on average.
    pub(crate) fn bytes_of(&self, rows: usize) -> u64 {
        let share = u128::from(self.bytes()) * rows as u128 / u128::from(self.row_count().max(1));
        u64::try_from(share).unwrap_or(u64::MAX)
    }

    pub(crate) fn is_segment(&self) -> bool {
        matches!(self, Self::Segment(..))
    }

    /// From the first to just after the last instant of its rows.
    pub(crate) fn time(&self) -> Range<i64> {
        match self {
            Self::Chunk(_, chunk) => chunk.time.clone(),
            Self::Segment(shelved, _) => {
                let meta = shelved.segment.meta();
                meta.time_min..meta.time_max.saturating_add(1)
            }
            Self::Gap(gap) => gap.time.0.0..gap.time.1.0.saturating_add(1),
        }
    }

    pub(crate) fn resources(&self) -> &[Arc<Resource>] {
        match self {
            Self::Chunk(_, chunk) => &chunk.resources,
            Self::Segment(shelved, _) => shelved.segment.resources(),
            Self::Gap(_) => &[],
        }
    }

    pub(crate) fn series(&self) -> &[Arc<Series>] {
        match self {
            Self::Chunk(_, chunk) => &chunk.series,
            Self::Segment(shelved, _) => shelved.segment.series(),
            Self::Gap(_) => &[],
        }
    }

    /// All rows that are not hidden.
    pub(crate) fn all_rows(&self) -> RowRanges {
        self.visible(RowRanges::all(self.row_count()))
    }

    /// Rows that may match, without those that are hidden.
    pub(crate) fn candidates(&self, predicate: &Predicate) -> RowRanges {
        self.candidates_told(predicate, &mut |_| ())
    }

    /// The same, with what told them.
    pub(crate) fn candidates_told(&self, predicate: &Predicate, tell: &mut dyn FnMut(Index)) -> RowRanges {
        let rows = match self {
            Self::Chunk(_, chunk) => {
                let outside = predicate
                    .time
                    .as_ref()
                    .is_some_and(|time| chunk.time.end <= time.start || time.end <= chunk.time.start);
                if outside { RowRanges::default() } else { RowRanges::all(self.row_count()) }
            }
            Self::Segment(shelved, cache) => shelved.segment.candidates_with(cache, predicate, tell),
            Self::Gap(_) => RowRanges::default(),
        };
        self.visible(rows)
    }

    /// Rows whose trace id may have the same low half.
    pub(crate) fn trace_rows(&self, id: TraceId) -> RowRanges {
        let rows = match self {
            Self::Chunk(_, chunk) => {
                let mut rows: Vec<u32> = chunk.trace_rows(id).collect();
                rows.sort_unstable();
                rows.into_iter().collect()
            }
            Self::Segment(shelved, _) => shelved.segment.trace_rows(id),
            Self::Gap(_) => RowRanges::default(),
        };
        self.visible(rows)
    }

    fn visible(&self, rows: RowRanges) -> RowRanges {
        match self {
            Self::Segment(shelved, _) => shelved.visible(rows),
            _ => rows,
        }
    }

    /// The rows cut where the instants are known: at blocks. Those that are late in their block are named apart
    /// if it is told what they must match.
    pub(crate) fn units(&self, part: usize, rows: &RowRanges, late: Option<&Predicate>) -> Vec<Unit> {
        match self {
            _ if rows.is_empty() => Vec::new(),
            Self::Gap(_) => Vec::new(),
            Self::Chunk(_, chunk) => {
                let (time_min, time_max) = (chunk.time.start, chunk.time.end.saturating_sub(1));
                let (usual, usual_max, late) = (time_max, time_max, Vec::new());
                vec![Unit { part, rows: rows.clone(), time_min, time_max, usual, usual_max, late }]
            }
            Self::Segment(shelved, _) => {
                let segment = &shelved.segment;
                let is_sorted = segment.meta().level > Level::L0;
                let mut late = late.map(|predicate| segment.late(predicate)).unwrap_or_default().into_iter();
                let unit = |block: &Block| {
                    let late = late.next();
                    let rows = rows.within(block.rows.clone());
                    Unit {
                        part,
                        time_min: block.time_min,
                        time_max: block.time_max,
                        usual: if is_sorted { block.time_min } else { block.time_max },
                        usual_max: if late.is_some() { block.usual_max } else { block.time_max },
                        late: late.into_iter().flatten().filter(|(row, _)| rows.contains(*row)).collect(),
                        rows,
                    }
                };
                let units = segment.blocks().iter().map(unit);
                units.filter(|unit| !unit.rows.is_empty()).collect()
            }
        }
    }

    /// Reads rows in their order, batch by batch.
    pub(crate) fn read(&self, projection: &Projection, rows: &RowRanges) -> Result<Stored> {
        match self {
            Self::Chunk(table, chunk) => {
                let batch = rows_of(&chunk.rows, rows)?;
                Ok(Stored::Chunk(Some(projection.of_rows(*table, &batch).map_err(external)?)))
            }
            Self::Segment(shelved, cache) => Ok(Stored::Segment(Box::new(
                shelved.segment.read_with(cache, projection, rows, BATCH_ROWS).map_err(external)?,
            ))),
            Self::Gap(_) => Ok(Stored::Chunk(None)),
        }
    }
}

impl Describe for Part {
    fn resource(&self, id: u64) -> Option<&Resource> {
        let all = self.resources();
        all.binary_search_by_key(&id, |resource| resource.id)
            .ok()
            .and_then(|at| all.get(at))
            .or_else(|| all.iter().find(|resource| resource.id == id))
            .map(AsRef::as_ref)
    }

    fn series(&self, id: u64) -> Option<&Series> {
        let all = Self::series(self);
        all.binary_search_by_key(&id, |series| series.id)
            .ok()
            .and_then(|at| all.get(at))
            .or_else(|| all.iter().find(|series| series.id == id))
            .map(AsRef::as_ref)
    }
}

/// Stored rows on their way.
#[derive(Debug)]
pub(crate) enum Stored {
    Chunk(Option<RecordBatch>),
    Segment(Box<daymark_segment::Rows>),
}

impl Iterator for Stored {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Chunk(batch) => batch.take().map(Ok),
            Self::Segment(rows) => rows.next().map(|batch| batch.map_err(external)),
        }
    }
}

fn external(error: daymark_segment::Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

fn rows_of(batch: &RecordBatch, rows: &RowRanges) -> Result<RecordBatch> {
    match rows.as_slice() {
        [only] if only.len() == batch.num_rows() => Ok(batch.clone()),
        [only] => Ok(batch.slice(only.start as usize, only.len())),
        _ => Ok(take_record_batch(batch, &UInt32Array::from_iter_values(rows.rows()))?),
    }
}
