//! The sums over the spans of one snapshot: those that segments keep, and those of the spans that are in
//! none of them, because they are buffered or wait for another half.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::array::RecordBatch;
use datafusion::common::{DataFusionError, Result};
use daymark_aggregate::{Aggregate, REACH, Span, Sums};
use daymark_model::time::overlap;
use daymark_segment::ReadCache;
use daymark_storage::version::Shelved;

use condensed::Condensed;

use crate::scan::part::Part;
use crate::scan::reader::Tally;
use crate::taken::Taken;

/// Sums of segments with less in their keys.
pub(crate) mod condensed;

/// Where sums come from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// Those that a segment keeps.
    Kept(Shelved, Arc<ReadCache>),
    /// Those of the spans of these parts that are in no sums.
    Rest(Vec<Part>),
}

/// Which rows are wanted; others may come as well.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keys<'a> {
    /// Those of a service (of calls: that it makes).
    Of(&'a str),
    /// All, without what only questions about one service ask for.
    Services,
    All,
}

/// The sums of some parts of `spans`.
#[derive(Clone, Debug)]
pub(crate) struct SpanSums {
    pub(crate) parts: Arc<[Part]>,
    pub(crate) taken: Arc<Taken>,
    pub(crate) condensed: Arc<Condensed>,
}

impl SpanSums {
    /// What has sums of spans that start within a range. Together they are all such sums, and some more.
    pub(crate) fn sources(&self, starts: &Range<i64>, tally: &Tally) -> Vec<Source> {
        let overlapping = |reach: i64| {
            let range = starts.start.saturating_sub(reach)..starts.end.saturating_add(reach);
            let inside = move |part: &&Part| overlap(&part.time(), &range);
            self.parts.iter().filter(inside).cloned()
        };
        let mut sources = vec![Source::Rest(overlapping(REACH).collect())];
        for part in overlapping(0) {
            tally.count_part(&part);
            if let Part::Segment(shelved, cache) = &part {
                tally.count_read(&part, 0);
                sources.push(Source::Kept(shelved.clone(), Arc::clone(cache)));
            }
        }
        sources
    }

    /// The rows of some tables, in the order in which these are named.
    pub(crate) fn read(
        &self,
        source: &Source,
        wanted: &[Aggregate],
        keys: Keys<'_>,
        tally: &Tally,
    ) -> Result<Vec<RecordBatch>> {
        let tables: Vec<RecordBatch> = match source {
            Source::Kept(shelved, cache) => {
                let read = |table: &Aggregate| match keys {
                    Keys::Of(service) => shelved.segment.aggregate_of(cache, *table, service),
                    Keys::Services => self.condensed.rows(&shelved.segment, *table),
                    Keys::All => shelved.segment.aggregate(*table),
                };
                wanted.iter().map(|table| or_none(shelved, *table, read(table), tally)).collect()
            }
            Source::Rest(parts) => {
                let sums = self.rest(parts, tally);
                wanted.iter().map(|table| table.rows(&sums).map_err(external)).collect::<Result<_>>()?
            }
        };
        let rows: usize = tables.iter().map(RecordBatch::num_rows).sum();
        tally.rows.fetch_add(rows as u64, Ordering::Relaxed);
        Ok(tables)
    }

    fn rest(&self, parts: &[Part], tally: &Tally) -> Sums {
        let taken = |part: &Part| or_damaged(part, self.taken.spans(part), tally);
        let open: Vec<Arc<[Span]>> = parts.iter().filter_map(taken).collect();
        let mut starts: HashMap<[u8; 16], i64> = HashMap::new();
        for span in open.iter().flat_map(|spans| spans.iter()) {
            starts.insert(span.trace, span.start);
        }
        let mut others = Vec::new();
        for part in parts {
            // What is buffered is among the open spans already.
            if let Part::Segment(Shelved { segment, .. }, _) = part {
                let time = part.time();
                let is_near = |start: i64| {
                    time.start.saturating_sub(REACH) < start && start < time.end.saturating_add(REACH)
                };
                let near = starts.iter().filter(|(_, start)| is_near(**start));
                let traces: HashSet<_> = near.map(|(trace, _)| *trace).collect();
                let found = or_damaged(part, segment.spans(&traces, &part.all_rows()), tally);
                others.extend(found.unwrap_or_default());
            }
        }
        let mut sums = Sums::default();
        sums.rest(open.iter().flat_map(|spans| spans.iter()), &others);
        sums
    }
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
