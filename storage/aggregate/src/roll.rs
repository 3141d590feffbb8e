//! Rows of sums in longer buckets: what stays of spans that are gone.
//!
//! Sums are additive, so rows of one key whose buckets lie in the same longer one become one row.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Float64Array, Int32Array, RecordBatch,
    TimestampNanosecondArray, UInt32Array, UInt64Array,
};
use arrow::compute::{concat_batches, take};
use arrow::datatypes::{DataType, Float64Type, TimestampNanosecondType, UInt64Type};
use arrow::row::{RowConverter, SortField};
use daymark_model::time::Nanos;

use crate::sketch::Sketch;
use crate::table::Aggregate;
use crate::{Error, Result};

/// Rows of an aggregate in buckets of `step_s`, sorted by key and bucket.
pub fn rolled(aggregate: Aggregate, rows: &[RecordBatch], step_s: i32) -> Result<RecordBatch> {
    let schema = aggregate.schema();
    let rows = concat_batches(&schema, rows)?;
    let step = i64::from(step_s) * Nanos::SECOND;
    let buckets = rows.column(0).as_primitive::<TimestampNanosecondType>().values();
    let buckets = buckets.iter().map(|bucket| Nanos(*bucket).floor(step).0);
    let mut columns = rows.columns().to_vec();
    columns[0] = Arc::new(TimestampNanosecondArray::from_iter_values(buckets).with_timezone("UTC"));
    columns[1] = Arc::new(Int32Array::from_value(step_s, rows.num_rows()));
    let is_sum: Vec<bool> = schema.fields().iter().map(|field| is_sum(field.name())).collect();
    let mut keys: Vec<ArrayRef> =
        columns.iter().zip(&is_sum).filter(|(_, is_sum)| !**is_sum).map(|(key, _)| Arc::clone(key)).collect();
    if aggregate == Aggregate::Red {
        keys.push(is_failed(&rows)?);
    }
    // Bucket and step are the first columns.
    keys.rotate_left(2);
    let runs = runs(&keys)?;
    let firsts = UInt32Array::from_iter_values(runs.iter().map(|run| run[0]));
    let of_column = |((column, is_sum), field): ((&ArrayRef, &bool), &Arc<arrow::datatypes::Field>)| {
        if *is_sum { united(field.name(), column, &runs) } else { Ok(take(column, &firsts, None)?) }
    };
    let columns = columns.iter().zip(&is_sum).zip(schema.fields()).map(of_column);
    Ok(RecordBatch::try_new(Arc::clone(&schema), columns.collect::<Result<_>>()?)?)
}

/// Whether a row is of failed spans, which have rows of their own.
fn is_failed(rows: &RecordBatch) -> Result<ArrayRef> {
    let errors = rows.column_by_name("errors").and_then(|errors| errors.as_primitive_opt::<UInt64Type>());
    let errors = errors.ok_or_else(|| Error("sums without errors".into()))?;
    Ok(Arc::new(errors.values().iter().map(|errors| Some(*errors > 0)).collect::<BooleanArray>()))
}

fn is_sum(name: &str) -> bool {
    matches!(name, "count" | "errors" | "adjusted" | "mtls")
        || name.ends_with("_ns")
        || name.ends_with("sketch")
}

/// Rows of equal keys, in the order of the keys.
fn runs(keys: &[ArrayRef]) -> Result<Vec<Vec<u32>>> {
    let fields = keys.iter().map(|key| SortField::new(key.data_type().clone())).collect();
    let keys = RowConverter::new(fields)?.convert_columns(keys)?;
    let mut order: Vec<u32> = (0u32..).take(keys.num_rows()).collect();
    order.sort_by_key(|row| keys.row(*row as usize));
    let same = |one: &u32, other: &u32| keys.row(*one as usize) == keys.row(*other as usize);
    Ok(order.chunk_by(same).map(<[u32]>::to_vec).collect())
}

fn united(name: &str, column: &ArrayRef, runs: &[Vec<u32>]) -> Result<ArrayRef> {
    let known = |run: &[u32]| {
        let rows = run.iter().map(|row| *row as usize);
        rows.filter(|row| column.is_valid(*row)).collect::<Vec<_>>()
    };
    Ok(match column.data_type() {
        DataType::Float64 => {
            let values = column.as_primitive::<Float64Type>().values();
            let sum = |run: &Vec<u32>| run.iter().map(|row| values[*row as usize]).sum::<f64>();
            Arc::new(Float64Array::from_iter_values(runs.iter().map(sum)))
        }
        DataType::UInt64 => {
            let values = column.as_primitive::<UInt64Type>().values();
            let one = |run: &Vec<u32>| {
                let values = known(run).into_iter().map(|row| values[row]);
                match name {
                    "min_ns" => values.min(),
                    "max_ns" => values.max(),
                    _ => values.reduce(u64::saturating_add),
                }
            };
            Arc::new(runs.iter().map(one).collect::<UInt64Array>())
        }
        _ => {
            let sketches = column.as_binary::<i32>();
            let mut united = Vec::with_capacity(runs.len());
            for run in runs {
                let mut sketch = Sketch::default();
                for row in run {
                    let part = Sketch::from_bytes(sketches.value(*row as usize));
                    sketch.merge(&part.ok_or_else(|| Error(format!("{name} holds no sketch")))?);
                }
                united.push(sketch.to_bytes());
            }
            Arc::new(BinaryArray::from_iter_values(united))
        }
    })
}
