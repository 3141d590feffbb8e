//! The order of the rows: traces by their first instant, each trace together, in it by time; data points by
//! metric, series and time. Lines without a trace follow all others, by time.
//!
//! Only the rows that are merged count, so the first instant of a trace is the one in this file.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{TimestampNanosecondType, UInt64Type};
use daymark_model::rows::Series;
use daymark_model::signal::Table;
use hashbrown::HashMap;

use super::{BATCH_ROWS, Input, RowRef, is_by_series};
use crate::error::Result;
use crate::projection::{Projection, column};

/// What a row is sorted by. Rows that may be repeats of one another differ only in `at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RowKey {
    /// Rank of the trace or series.
    pub(super) group: u32,
    pub(super) time: i64,
    /// The span id; 0 where there is none.
    pub(super) span: u64,
    pub(super) at: RowRef,
}

impl RowKey {
    pub(super) fn may_repeat(&self, other: &Self) -> bool {
        (self.group, self.time, self.span) == (other.group, other.time, other.span)
    }
}

/// The rank of rows without a trace or with an unknown series.
const LAST: u32 = u32::MAX;

pub(super) fn sorted(table: Table, inputs: &[Input], series: &[Arc<Series>]) -> Result<Vec<RowKey>> {
    let mut keys = Vec::with_capacity(inputs.iter().map(|input| input.rows.count()).sum());
    if is_by_series(table) {
        let ranks = series_ranks(series);
        each_row(table, inputs, &["series_id"], |batch, times, refs| {
            let ids = column(batch, "series_id")?.as_primitive::<UInt64Type>();
            let groups = ids.values().iter().map(|id| ranks.get(id).copied().unwrap_or(LAST));
            let rows = groups.zip(times).zip(refs);
            keys.extend(rows.map(|((group, &time), &at)| RowKey { group, time, span: 0, at }));
            Ok(())
        })?;
    } else {
        let mut traces = Traces::default();
        each_row(table, inputs, &["trace_id", "span_id"], |batch, times, refs| {
            let ids = column(batch, "trace_id")?.as_fixed_size_binary();
            let spans = column(batch, "span_id")?.as_fixed_size_binary();
            for (row, (&time, &at)) in times.iter().zip(refs).enumerate() {
                let trace = ids.is_valid(row).then(|| ids.value(row).try_into().ok()).flatten();
                let group = trace.map_or(LAST, |id| traces.number(id, time));
                let span = spans.is_valid(row).then(|| spans.value(row).try_into().ok()).flatten();
                keys.push(RowKey { group, time, span: span.map_or(0, u64::from_be_bytes), at });
            }
            Ok(())
        })?;
        let ranks = traces.ranks();
        keys.iter_mut().filter(|key| key.group != LAST).for_each(|key| key.group = ranks[key.group as usize]);
    }
    keys.sort_unstable();
    Ok(keys)
}

/// Reads the time and some columns of every row that is merged.
fn each_row(
    table: Table,
    inputs: &[Input],
    columns: &[&str],
    mut each: impl FnMut(&RecordBatch, &[i64], &[RowRef]) -> Result<()>,
) -> Result<()> {
    let projection = Projection::columns(columns.iter().copied().chain([table.time_column()]));
    for (input, Input { segment, rows }) in (0..).zip(inputs) {
        let mut refs = rows.rows().map(|row| RowRef { input, row });
        for batch in segment.read(&projection, rows, BATCH_ROWS)? {
            let batch = batch?;
            let refs: Vec<_> = refs.by_ref().take(batch.num_rows()).collect();
            let times = column(&batch, table.time_column())?.as_primitive::<TimestampNanosecondType>();
            each(&batch, times.values(), &refs)?;
        }
    }
    Ok(())
}

fn series_ranks(series: &[Arc<Series>]) -> HashMap<u64, u32> {
    let mut order: Vec<_> = series.iter().map(|one| (one.metric.as_str(), one.id)).collect();
    order.sort_unstable();
    order.iter().zip(0..).map(|((_, id), rank)| (*id, rank)).collect()
}

/// Traces in the order of their appearance, each with its first instant.
#[derive(Default)]
struct Traces {
    numbers: HashMap<[u8; 16], u32>,
    firsts: Vec<(i64, [u8; 16])>,
    last: Option<([u8; 16], u32)>,
}

impl Traces {
    fn number(&mut self, id: [u8; 16], time: i64) -> u32 {
        let number = match self.last {
            Some((last, number)) if last == id => number,
            _ => *self.numbers.entry(id).or_insert_with(|| {
                self.firsts.push((time, id));
                self.firsts.len() as u32 - 1
            }),
        };
        self.last = Some((id, number));
        let first = &mut self.firsts[number as usize].0;
        *first = time.min(*first);
        number
    }

    /// The place of each trace by its first instant.
    fn ranks(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.firsts.len() as u32).collect();
        order.sort_unstable_by_key(|number| self.firsts[*number as usize]);
        let mut ranks = vec![0; order.len()];
        order.iter().zip(0..).for_each(|(number, rank)| ranks[*number as usize] = rank);
        ranks
    }
}
