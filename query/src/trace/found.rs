//! The rows of a table that carry a trace id, from all parts of a snapshot.
//!
//! Ids of 64 bits are stored with a padded upper half, and some senders cut or pad ids themselves; so rows
//! whose lower half agrees count as the same trace when nothing carries the id as a whole and one of the two
//! is short. All other ids with that lower half are told as aliases.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use datafusion::common::{DataFusionError, Result};
use daymark_model::id::TraceId;
use daymark_segment::Projection;

use crate::scan::part::Part;
use crate::scan::reader::{Tally, is_damage};
use crate::trace::spans::Columns;

/// Rows of a part that share the lower half of an id.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    pub(crate) part: &'a Part,
    pub(crate) rows: RecordBatch,
}

/// The projection must hold `trace_id`.
pub(crate) fn find<'a>(
    parts: &'a [Part],
    id: TraceId,
    projection: &Projection,
    tally: &Tally,
) -> Result<Vec<Found<'a>>> {
    let mut all = Vec::new();
    for part in parts {
        tally.count_part(part);
        let rows = part.trace_rows(id);
        if rows.is_empty() {
            continue;
        }
        tally.count_read(part, rows.count());
        match read(part, id, projection, &rows) {
            Ok(found) => all.extend(found.into_iter().map(|rows| Found { part, rows })),
            Err(error) if is_damage(&error) => tally.damaged("segment", error.strip_backtrace()),
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

fn read(
    part: &Part,
    id: TraceId,
    projection: &Projection,
    rows: &daymark_segment::RowRanges,
) -> Result<Vec<RecordBatch>, DataFusionError> {
    let mut found = Vec::new();
    for batch in part.read(projection, rows)? {
        let batch = batch?;
        let low = id.low_bytes();
        let agrees = |other: TraceId| other.low_bytes() == low;
        let mask: BooleanArray =
            (0..batch.num_rows()).map(|row| Some(trace_id(&batch, row).is_some_and(agrees))).collect();
        if mask.true_count() > 0 {
            found.push(filter_record_batch(&batch, &mask)?);
        }
    }
    Ok(found)
}

/// The trace id of a row.
pub(crate) fn trace_id(batch: &RecordBatch, row: usize) -> Option<TraceId> {
    let ids = batch.column_by_name("trace_id")?.as_fixed_size_binary_opt()?;
    if ids.is_null(row) {
        return None;
    }
    ids.value(row).try_into().ok().map(TraceId)
}

/// Which of the ids that were found is the one asked for, and what else has its lower half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) id: TraceId,
    pub(crate) aliases: Vec<TraceId>,
}

/// What an id means among the rows of some parts.
pub(crate) fn meant(parts: &[Part], asked: TraceId, tally: &Tally) -> Result<Option<Identity>> {
    Ok(identify(asked, &latest(parts, asked, tally)?))
}

/// The newest start of each id whose lower half is that of the one asked for.
pub(crate) fn latest(parts: &[Part], asked: TraceId, tally: &Tally) -> Result<BTreeMap<TraceId, i64>> {
    let mut latest = BTreeMap::new();
    for found in find(parts, asked, &Projection::columns(["trace_id", "start"]), tally)? {
        let starts = Columns::of(&found.rows).instants("start")?;
        for (row, start) in starts.iter().enumerate() {
            let Some(id) = trace_id(&found.rows, row) else { continue };
            let at = latest.entry(id).or_insert(*start);
            *at = (*at).max(*start);
        }
    }
    Ok(latest)
}

/// None when nothing found can be meant. `latest` gives the newest instant of each id that was found.
pub(crate) fn identify(asked: TraceId, latest: &BTreeMap<TraceId, i64>) -> Option<Identity> {
    let is_meant = |id: &TraceId| asked.is_short() || id.is_short();
    let newest = latest.iter().filter(|(id, _)| is_meant(id)).max_by_key(|(_, at)| **at).map(|(id, _)| *id);
    let id = if latest.contains_key(&asked) { asked } else { newest? };
    let aliases = latest.keys().copied().filter(|other| *other != id).collect();
    Some(Identity { id, aliases })
}
