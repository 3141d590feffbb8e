//! The sums over the spans of one snapshot: those that segments keep, and those of the spans that are in
//! none of them, because they are buffered or wait for another half.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::datatypes::Int32Type;
use datafusion::common::{DataFusionError, Result};
use daymark_aggregate::{Aggregate, REACH};
use daymark_model::time::overlap;
use daymark_segment::ReadCache;
use daymark_storage::version::Shelved;

use condensed::Condensed;
use rests::Rests;

use crate::scan::part::Part;
use crate::scan::reader::Tally;

/// Sums of segments with less in their keys.
pub(crate) mod condensed;
/// What something kept was made of.
pub(crate) mod origin;
/// The sums of what waits in a part.
mod rest;
/// Those of all parts.
pub(crate) mod rests;

/// Where sums come from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// Those that a segment keeps.
    Kept(Shelved, Arc<ReadCache>),
    /// Those of the spans of a segment that are in none of these, because others tell what they count as.
    Open(Part),
    /// Those of all that is buffered.
    Buffered,
}

/// Which rows are wanted; others may come as well.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keys<'a> {
    /// Those of a service (of calls: that it makes).
    Of(&'a str),
    /// All, without what only questions about the operations of a service ask for.
    Services,
    /// Those among them that are of a service.
    Service(&'a str),
    All,
}

/// The sums of some parts of `spans`.
#[derive(Clone, Debug)]
pub(crate) struct SpanSums {
    pub(crate) parts: Arc<[Part]>,
    pub(crate) rests: Arc<Rests>,
    pub(crate) condensed: Arc<Condensed>,
}

impl SpanSums {
    /// What has sums of spans that start within a range. Together they are all such sums, and some more.
    pub(crate) fn sources(&self, starts: &Range<i64>, tally: &Tally) -> Vec<Source> {
        let overlapping = |reach: i64| {
            let range = starts.start.saturating_sub(reach)..starts.end.saturating_add(reach);
            let inside = move |part: &&Part| overlap(&part.time(), &range);
            self.parts.iter().filter(inside)
        };
        let mut sources = Vec::new();
        let mut is_buffered = false;
        for part in overlapping(REACH) {
            match part {
                Part::Segment(Shelved { segment, .. }, _) if segment.is_open() => {
                    sources.push(Source::Open(part.clone()));
                }
                Part::Chunk(..) => is_buffered = true,
                Part::Segment(..) | Part::Gap(_) => {}
            }
        }
        sources.extend(is_buffered.then_some(Source::Buffered));
        for part in overlapping(0) {
            tally.count_part(part);
            if let Part::Segment(shelved, cache) = part {
                tally.count_read(part, 0);
                sources.push(Source::Kept(shelved.clone(), Arc::clone(cache)));
            }
        }
        sources
    }

    /// The rows of some tables.
    pub(crate) fn read(
        &self,
        source: &Source,
        wanted: &[Aggregate],
        keys: Keys<'_>,
        tally: &Tally,
    ) -> Result<Vec<(Aggregate, RecordBatch)>> {
        let rests = match source {
            Source::Kept(shelved, cache) => {
                let read = |table: &Aggregate| match keys {
                    Keys::Of(service) => shelved.segment.aggregate_of(cache, *table, service),
                    Keys::Services => self.condensed.rows(&shelved.segment, *table),
                    Keys::Service(service) => {
                        let rows = self.condensed.rows(&shelved.segment, *table);
                        rows.map(|rows| of_service(*table, &rows, service))
                    }
                    Keys::All => shelved.segment.aggregate(*table),
                };
                let rows = |table: &Aggregate| (*table, or_none(shelved, *table, read(table), tally));
                return Ok(wanted.iter().map(rows).inspect(|(_, rows)| count(rows, tally)).collect());
            }
            Source::Open(part) => self.rests.of_segment(part, &self.parts, tally)?,
            Source::Buffered => self.rests.of_chunks(&self.parts, tally)?,
        };
        let of_tables = |tables: &rest::Tables| {
            let all = Aggregate::ALL.into_iter().zip(tables.iter().cloned()).collect::<Vec<_>>();
            all.into_iter().filter(|(table, _)| wanted.contains(table))
        };
        let rows = rests.iter().flat_map(of_tables).map(|(table, rows)| match keys {
            Keys::Of(service) | Keys::Service(service) => (table, of_service(table, &rows, service)),
            Keys::Services | Keys::All => (table, rows),
        });
        Ok(rows.inspect(|(_, rows)| count(rows, tally)).collect())
    }
}

fn count(rows: &RecordBatch, tally: &Tally) {
    tally.rows.fetch_add(rows.num_rows() as u64, Ordering::Relaxed);
}

/// The rows of a service (of calls: that it makes), which stand together.
fn of_service(table: Aggregate, rows: &RecordBatch, service: &str) -> RecordBatch {
    let services = rows.column_by_name(table.key()).and_then(|keys| keys.as_dictionary_opt::<Int32Type>());
    let texts = services.and_then(|services| services.values().as_any().downcast_ref::<StringArray>());
    let (Some(services), Some(texts)) = (services, texts) else { return rows.clone() };
    let keys = services.keys().values();
    let text = |key: &i32| usize::try_from(*key).map_or("", |key| texts.value(key));
    let first = keys.partition_point(|key| text(key) < service);
    let len = keys[first..].partition_point(|key| text(key) == service);
    rows.slice(first, len)
}

fn or_none(
    shelved: &Shelved,
    table: Aggregate,
    read: daymark_segment::Result<RecordBatch>,
    tally: &Tally,
) -> RecordBatch {
    read.unwrap_or_else(|error| {
        tally.damaged(table.table().name, format!("sums of segment {}: {error}", shelved.id));
        RecordBatch::new_empty(table.schema())
    })
}

fn or_damaged<T>(part: &Part, read: daymark_segment::Result<T>, tally: &Tally) -> Option<T> {
    read.map_err(|error| {
        let part = if let Part::Segment(shelved, _) = part { shelved.id.as_ref() } else { "a buffer" };
        tally.damaged("sums", format!("open spans of {part}: {error}"));
    })
    .ok()
}

fn external(error: daymark_aggregate::Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
