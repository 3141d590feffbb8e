//! The points of chosen series out of the parts of a snapshot, each series in the order of time.
//!
//! A point that came twice counts once, and of two values for one instant the last received: what the parts
//! will hold once they are merged is what is answered before.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, RecordBatch};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type, TimestampNanosecondType, UInt32Type, UInt64Type};
use datafusion::common::{Result, internal_datafusion_err};
use datafusion::execution::memory_pool::MemoryReservation;
use daymark_model::signal::Table;
use daymark_segment::{Predicate, Projection};
use daymark_view::error::AskError;

use super::PointParts;
use super::distribution::{Cells, Exponential, Run};
use super::growth::Counted;
use super::histogram::{Amount, Histogram};
use super::number::Number;
use super::selection::{Member, Selection};
use crate::scan::part::Part;
use crate::scan::reader::{Tally, is_damage};
use crate::sql::failure;

/// Services that the indexes are asked for by name.
const SERVICES_NAMED: usize = 32;

/// The bit of `flags` that says so.
const NO_RECORDED_VALUE: u32 = 1;

/// The points of each series.
pub(super) type BySeries<P> = HashMap<u64, Vec<P>>;

/// What is read, and what it may take.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    pub(super) metric: &'a str,
    pub(super) selection: &'a Selection,
    pub(super) window: Range<i64>,
    pub(super) tally: &'a Tally,
    pub(super) memory: &'a mut MemoryReservation,
}

/// A point that rows of some tables hold.
pub(super) trait FromRows: Counted + Sized {
    fn columns(table: Table) -> &'static [&'static str];

    /// The points of some rows of a batch.
    fn of(table: Table, batch: &RecordBatch, rows: &[(usize, Member)]) -> Result<Vec<Self>>;

    /// Memory that it takes.
    fn bytes(&self) -> usize;
}

impl Reading<'_> {
    pub(super) async fn points<P: FromRows>(&mut self, parts: &PointParts) -> Result<BySeries<P>, AskError> {
        let mut found = BySeries::new();
        for (table, parts) in parts.iter().filter(|(table, _)| !P::columns(*table).is_empty()) {
            for part in parts {
                match self.read_part(*table, part, &mut found).await {
                    Err(error) if is_damage(&error) => {
                        self.tally.damaged("segment", error.strip_backtrace());
                    }
                    done => done.map_err(|error| failure::of(&error))?,
                }
            }
        }
        for points in found.values_mut() {
            in_order(points);
        }
        Ok(found)
    }

    async fn read_part<P: FromRows>(
        &mut self,
        table: Table,
        part: &Part,
        found: &mut BySeries<P>,
    ) -> Result<()> {
        let time = part.time();
        if time.end <= self.window.start || self.window.end <= time.start {
            return Ok(());
        }
        self.tally.count_part(part);
        let services = &self.selection.services;
        let predicate = Predicate {
            time: Some(self.window.clone()),
            service: (services.len() <= SERVICES_NAMED).then(|| services.iter().cloned().collect()),
            name: Some(vec![self.metric.to_owned()]),
            ..Predicate::default()
        };
        let rows = part.candidates(&predicate);
        if rows.is_empty() || !part.series().iter().any(|one| self.selection.member(one.id).is_some()) {
            return Ok(());
        }
        self.tally.count_read(part, 0);
        self.tally.read(part, rows.count())?;
        for batch in part.read(&Projection::columns(P::columns(table).iter().copied()), &rows)? {
            let batch = batch?;
            let wanted = self.wanted(&batch)?;
            let points = P::of(table, &batch, &wanted)?;
            self.memory.try_grow(points.iter().map(P::bytes).sum())?;
            for ((_, member), point) in wanted.iter().zip(points) {
                found.entry(member.id).or_default().push(point);
            }
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// The rows of chosen series in the window. Where flags are read, rows without a value are left out.
    fn wanted(&self, batch: &RecordBatch) -> Result<Vec<(usize, Member)>> {
        let ids = column(batch, "series_id")?.as_primitive::<UInt64Type>().values();
        let times = instants(batch, "time")?.values();
        let rows = ids.iter().zip(times.iter()).enumerate();
        let flags = batch.column_by_name("flags").map(|flags| flags.as_primitive::<UInt32Type>());
        let is_told = |row: usize| flags.is_none_or(|flags| flags.value(row) & NO_RECORDED_VALUE == 0);
        let inside = rows.filter(|(row, (_, time))| self.window.contains(time) && is_told(*row));
        Ok(inside.filter_map(|(row, (id, _))| Some((row, *self.selection.member(*id)?))).collect())
    }
}

fn in_order<P: Counted>(points: &mut Vec<P>) {
    if !points.is_sorted_by_key(P::time) {
        points.sort_by_key(P::time);
    }
    points.reverse();
    points.dedup_by_key(|point| point.time());
    points.reverse();
}

impl FromRows for Number {
    fn columns(table: Table) -> &'static [&'static str] {
        match table {
            Table::Points => &["series_id", "start", "time", "value_f64", "value_i64"],
            _ => &[],
        }
    }

    fn of(_table: Table, batch: &RecordBatch, rows: &[(usize, Member)]) -> Result<Vec<Self>> {
        let (starts, times) = (instants(batch, "start")?, instants(batch, "time")?);
        let doubles = column(batch, "value_f64")?.as_primitive::<Float64Type>();
        let integers = column(batch, "value_i64")?.as_primitive::<Int64Type>();
        let point = |(row, member): &(usize, Member)| {
            let integer = integers.is_valid(*row).then(|| integers.value(*row) as f64);
            Self {
                time: times.value(*row),
                start: starts.is_valid(*row).then(|| starts.value(*row)),
                value: number(doubles, *row).or(integer).unwrap_or(f64::NAN),
                is_monotonic: member.is_monotonic,
            }
        };
        Ok(rows.iter().map(point).collect())
    }

    fn bytes(&self) -> usize {
        size_of::<Self>()
    }
}

impl FromRows for Histogram {
    fn columns(table: Table) -> &'static [&'static str] {
        match table {
            Table::Histograms => {
                &["series_id", "start", "time", "flags", "count", "sum", "min", "max", "bounds", "counts"]
            }
            Table::ExpHistograms => &[
                "series_id",
                "start",
                "time",
                "flags",
                "count",
                "sum",
                "min",
                "max",
                "scale",
                "zero_count",
                "zero_threshold",
                "positive_offset",
                "positive_counts",
                "negative_offset",
                "negative_counts",
            ],
            Table::Summaries => &["series_id", "start", "time", "flags", "count", "sum", "quantiles"],
            _ => &[],
        }
    }

    fn of(table: Table, batch: &RecordBatch, rows: &[(usize, Member)]) -> Result<Vec<Self>> {
        let (starts, times) = (instants(batch, "start")?, instants(batch, "time")?);
        let counts = column(batch, "count")?.as_primitive::<UInt64Type>();
        let sums = column(batch, "sum")?.as_primitive::<Float64Type>();
        let mut layout: Option<Arc<[f64]>> = None;
        let mut point = |(row, member): &(usize, Member)| {
            let row = *row;
            let cells = match table {
                Table::Histograms => explicit(batch, row, &mut layout)?,
                Table::ExpHistograms => exponential(batch, row)?,
                _ => Cells::None,
            };
            let quantiles = if table == Table::Summaries { quantiles(batch, row)? } else { Vec::new() };
            let ends = if member.is_delta { ends(batch, row)? } else { None };
            let count = counts.value(row) as f64;
            Ok(Self {
                time: times.value(row),
                start: starts.is_valid(row).then(|| starts.value(row)),
                counted: Amount { count, sum: number(sums, row), cells, ends },
                quantiles,
            })
        };
        rows.iter().map(&mut point).collect()
    }

    fn bytes(&self) -> usize {
        Self::bytes(self)
    }
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef> {
    batch.column_by_name(name).ok_or_else(|| internal_datafusion_err!("column {name} was not read"))
}

fn instants<'a>(
    batch: &'a RecordBatch,
    name: &str,
) -> Result<&'a arrow::array::PrimitiveArray<TimestampNanosecondType>> {
    Ok(column(batch, name)?.as_primitive())
}

fn number(numbers: &Float64Array, row: usize) -> Option<f64> {
    numbers.is_valid(row).then(|| numbers.value(row))
}

fn ends(batch: &RecordBatch, row: usize) -> Result<Option<(f64, f64)>> {
    let (Some(least), Some(most)) = (batch.column_by_name("min"), batch.column_by_name("max")) else {
        return Ok(None);
    };
    Ok(number(least.as_primitive(), row).zip(number(most.as_primitive(), row)))
}

/// Neighbours mostly share their bounds.
fn explicit(batch: &RecordBatch, row: usize, layout: &mut Option<Arc<[f64]>>) -> Result<Cells> {
    let bounds = column(batch, "bounds")?.as_list::<i32>().value(row);
    let bounds = bounds.as_primitive::<Float64Type>().values();
    let known = match layout.take() {
        Some(known) if known[..] == bounds[..] => known,
        _ => Arc::from(&bounds[..]),
    };
    *layout = Some(Arc::clone(&known));
    Ok(Cells::Explicit { bounds: known, counts: counts(batch, "counts", row)? })
}

fn counts(batch: &RecordBatch, name: &str, row: usize) -> Result<Vec<f64>> {
    let counts = column(batch, name)?.as_list::<i32>().value(row);
    Ok(counts.as_primitive::<UInt64Type>().values().iter().map(|count| *count as f64).collect())
}

fn exponential(batch: &RecordBatch, row: usize) -> Result<Cells> {
    let word =
        |name: &str| -> Result<i32> { Ok(column(batch, name)?.as_primitive::<Int32Type>().value(row)) };
    let run = |offset: &str, name: &str| -> Result<Run> {
        Ok(Run { offset: i64::from(word(offset)?), counts: counts(batch, name, row)? })
    };
    Ok(Cells::Exponential(Exponential {
        scale: word("scale")?,
        zero: column(batch, "zero_count")?.as_primitive::<UInt64Type>().value(row) as f64,
        zero_threshold: column(batch, "zero_threshold")?.as_primitive::<Float64Type>().value(row),
        positive: run("positive_offset", "positive_counts")?,
        negative: run("negative_offset", "negative_counts")?,
    }))
}

fn quantiles(batch: &RecordBatch, row: usize) -> Result<Vec<(f64, f64)>> {
    let pairs = column(batch, "quantiles")?.as_list::<i32>().value(row);
    let pairs = pairs.as_struct();
    let (shares, values) =
        (pairs.column(0).as_primitive::<Float64Type>(), pairs.column(1).as_primitive::<Float64Type>());
    Ok(shares.values().iter().copied().zip(values.values().iter().copied()).collect())
}
