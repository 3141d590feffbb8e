//! Rows of sums without what only questions about one service ask for: names, statuses and peers of spans,
//! operations of calls. What is left is so little that it can be kept in memory.
//!
//! The sums are those of the rows. Sketches of spans that enter no service are left out.

use std::hash::Hash;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, DictionaryArray, Float64Array, Int32Array, RecordBatch,
    StringArray, UInt32Array, UInt64Array, new_null_array,
};
use arrow::compute::take;
use arrow::datatypes::{Float64Type, Int32Type, TimestampNanosecondType, UInt64Type};
use hashbrown::HashMap;

use crate::sketch::Sketch;
use crate::table::Aggregate;
use crate::{Error, Result};

/// What is told apart in rows of a table; everything else is put together.
const RED: [&str; 5] = ["service", "namespace", "env", "version", "entry"];
const EDGES: [&str; 6] = ["client", "server", "server_kind", "link", "namespace", "env"];

/// Rows of one bucket that are told apart.
#[derive(Debug, Default)]
struct Sum {
    first: u32,
    numbers: [u64; 4],
    queue: Option<u64>,
    adjusted: f64,
    least: u64,
    most: u64,
    sketches: [Sketch; 2],
}

/// The rows of a table with less in their keys.
pub fn condensed(table: Aggregate, rows: &RecordBatch) -> Result<RecordBatch> {
    match table {
        Aggregate::Red => red(rows),
        Aggregate::RedInstances => Ok(rows.clone()),
        Aggregate::Edges => edges(rows),
    }
}

fn red(rows: &RecordBatch) -> Result<RecordBatch> {
    let entries = column(rows, "entry")?.as_boolean();
    let [counts, errors, times] = ["count", "errors", "sum_ns"].map(|name| numbers(rows, name));
    let (counts, errors, times) = (counts?, errors?, times?);
    let (least, most) = (numbers(rows, "min_ns")?, numbers(rows, "max_ns")?);
    let adjusted = column(rows, "adjusted")?.as_primitive::<Float64Type>();
    let sketches = column(rows, "sketch")?.as_binary::<i32>();
    let texts = codes(rows, &RED[..4])?;
    let key = |row: usize| {
        let texts: [i32; 4] = std::array::from_fn(|at| texts[at](row));
        (texts, entries.value(row), errors.value(row) > 0)
    };
    let sums = summed(rows, key, |sum, row| {
        let is_first = sum.numbers[0] == 0;
        sum.numbers[0] += counts.value(row);
        sum.numbers[1] += errors.value(row);
        sum.numbers[2] = sum.numbers[2].saturating_add(times.value(row));
        sum.adjusted += adjusted.value(row);
        sum.least = if is_first { least.value(row) } else { sum.least.min(least.value(row)) };
        sum.most = sum.most.max(most.value(row));
        if entries.value(row) { merge(&mut sum.sketches[0], sketches.value(row)) } else { Ok(()) }
    })?;
    let column_of = |name: &str| -> Option<ArrayRef> {
        Some(match name {
            "name" | "kind" | "status_class" => nothing(sums.len()),
            "peer" => new_null_array(column(rows, "peer").ok()?.data_type(), sums.len()),
            "count" => of(&sums, |sum| sum.numbers[0]),
            "errors" => of(&sums, |sum| sum.numbers[1]),
            "adjusted" => Arc::new(Float64Array::from_iter_values(sums.iter().map(|sum| sum.adjusted))),
            "sum_ns" => of(&sums, |sum| sum.numbers[2]),
            "min_ns" => of(&sums, |sum| sum.least),
            "max_ns" => of(&sums, |sum| sum.most),
            "sketch" => bytes(&sums, 0),
            _ => return None,
        })
    };
    with_columns(Aggregate::Red, rows, &sums, column_of)
}

fn edges(rows: &RecordBatch) -> Result<RecordBatch> {
    let (counts, errors) = (numbers(rows, "count")?, numbers(rows, "errors")?);
    let (clients, servers) = (numbers(rows, "client_sum_ns")?, numbers(rows, "server_sum_ns")?);
    let (queues, mtls) = (numbers(rows, "queue_sum_ns")?, numbers(rows, "mtls")?);
    let sketches = ["client_sketch", "server_sketch"].map(|name| column(rows, name));
    let [client_sketches, server_sketches] = sketches;
    let (client_sketches, server_sketches) =
        (client_sketches?.as_binary::<i32>(), server_sketches?.as_binary::<i32>());
    let texts = codes(rows, &EDGES)?;
    let key = |row: usize| -> [i32; 6] { std::array::from_fn(|at| texts[at](row)) };
    let sums = summed(rows, key, |sum, row| {
        sum.numbers[0] += counts.value(row);
        sum.numbers[1] += errors.value(row);
        sum.numbers[2] = sum.numbers[2].saturating_add(clients.value(row));
        sum.numbers[3] = sum.numbers[3].saturating_add(servers.value(row));
        sum.most += mtls.value(row);
        if queues.is_valid(row) {
            sum.queue = Some(sum.queue.unwrap_or_default().saturating_add(queues.value(row)));
        }
        merge(&mut sum.sketches[0], client_sketches.value(row))?;
        merge(&mut sum.sketches[1], server_sketches.value(row))
    })?;
    let column_of = |name: &str| -> Option<ArrayRef> {
        Some(match name {
            "operation" => nothing(sums.len()),
            "count" => of(&sums, |sum| sum.numbers[0]),
            "errors" => of(&sums, |sum| sum.numbers[1]),
            "client_sum_ns" => of(&sums, |sum| sum.numbers[2]),
            "client_sketch" => bytes(&sums, 0),
            "server_sum_ns" => of(&sums, |sum| sum.numbers[3]),
            "server_sketch" => bytes(&sums, 1),
            "queue_sum_ns" => Arc::new(sums.iter().map(|sum| sum.queue).collect::<UInt64Array>()),
            "mtls" => of(&sums, |sum| sum.most),
            _ => return None,
        })
    };
    with_columns(Aggregate::Edges, rows, &sums, column_of)
}

/// The sums of rows that have their bucket and key in common.
fn summed<K: Eq + Hash>(
    rows: &RecordBatch,
    key: impl Fn(usize) -> K,
    mut add: impl FnMut(&mut Sum, usize) -> Result<()>,
) -> Result<Vec<Sum>> {
    let buckets = column(rows, "bucket")?.as_primitive::<TimestampNanosecondType>();
    let mut places: HashMap<(K, i64), u32> = HashMap::new();
    let mut sums: Vec<Sum> = Vec::new();
    for row in 0..rows.num_rows() {
        let place = *places.entry((key(row), buckets.value(row))).or_insert_with(|| {
            sums.push(Sum { first: row as u32, ..Sum::default() });
            sums.len() as u32 - 1
        });
        add(&mut sums[place as usize], row)?;
    }
    Ok(sums)
}

/// Columns that are not told are those of the first row of each sum.
fn with_columns(
    table: Aggregate,
    rows: &RecordBatch,
    sums: &[Sum],
    column_of: impl Fn(&str) -> Option<ArrayRef>,
) -> Result<RecordBatch> {
    let firsts = UInt32Array::from_iter_values(sums.iter().map(|sum| sum.first));
    let schema = table.schema();
    let columns = schema.fields().iter().map(|field| match column_of(field.name()) {
        Some(column) => Ok(column),
        None => Ok(take(column(rows, field.name())?, &firsts, None)?),
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    Ok(RecordBatch::try_new(schema, columns)?)
}

fn column<'a>(rows: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef> {
    rows.column_by_name(name).ok_or_else(|| Error(format!("sums without the column {name}")))
}

fn numbers<'a>(rows: &'a RecordBatch, name: &str) -> Result<&'a UInt64Array> {
    let numbers = column(rows, name)?.as_primitive_opt::<UInt64Type>();
    numbers.ok_or_else(|| Error(format!("{name} is not a number")))
}

/// For each column what tells its texts apart, row by row.
fn codes<'a>(rows: &'a RecordBatch, names: &[&str]) -> Result<Vec<impl Fn(usize) -> i32 + use<'a>>> {
    let of_column = |name: &&str| {
        let texts = column(rows, name)?.as_dictionary_opt::<Int32Type>();
        let texts = texts.ok_or_else(|| Error(format!("{name} is not a dictionary of texts")))?;
        Ok(move |row: usize| if texts.is_valid(row) { texts.keys().value(row) } else { -1 })
    };
    names.iter().map(of_column).collect()
}

fn merge(sketch: &mut Sketch, bytes: &[u8]) -> Result<()> {
    sketch.merge_bytes(bytes).ok_or_else(|| Error("sums that hold no sketch".into()))
}

fn of(sums: &[Sum], value: impl Fn(&Sum) -> u64) -> ArrayRef {
    Arc::new(UInt64Array::from_iter_values(sums.iter().map(value)))
}

fn bytes(sums: &[Sum], at: usize) -> ArrayRef {
    Arc::new(BinaryArray::from_iter_values(sums.iter().map(|sum| sum.sketches[at].to_bytes())))
}

/// A column of empty texts.
fn nothing(rows: usize) -> ArrayRef {
    let keys = Int32Array::from_value(0, rows);
    let texts = Arc::new(StringArray::from(vec![""]));
    Arc::new(DictionaryArray::new(keys, texts))
}
