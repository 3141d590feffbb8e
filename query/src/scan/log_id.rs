//! `log_id`: names a log row by its time and content, so that the name survives any rewriting of files.

use std::fmt::Write;

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{TimestampNanosecondType, UInt8Type, UInt64Type};
use datafusion::common::{Result, internal_datafusion_err};
use xxhash_rust::xxh3::Xxh3;

/// The stored columns that a log's id is made of; its attributes as JSON come besides.
pub(crate) const PARTS: [&str; 6] = ["time", "resource_id", "severity_number", "trace_id", "span_id", "body"];

/// The ids of a batch that holds [`PARTS`] and `attributes`.
pub(crate) fn log_ids(stored: &RecordBatch) -> Result<StringArray> {
    ids(stored).ok_or_else(|| internal_datafusion_err!("a column of the log id is missing"))
}

fn ids(stored: &RecordBatch) -> Option<StringArray> {
    let column = |name| stored.column_by_name(name);
    let time = column("time")?.as_primitive_opt::<TimestampNanosecondType>()?;
    let resource = column("resource_id")?.as_primitive_opt::<UInt64Type>()?;
    let severity = column("severity_number")?.as_primitive_opt::<UInt8Type>()?;
    let trace = column("trace_id")?.as_fixed_size_binary_opt()?;
    let span = column("span_id")?.as_fixed_size_binary_opt()?;
    let body = column("body")?.as_string_opt::<i32>()?;
    let attributes = column("attributes")?.as_string_opt::<i32>()?;
    let mut hash = Xxh3::new();
    let mut text = String::new();
    let id = |row: usize| {
        hash.reset();
        hash.update(&resource.value(row).to_le_bytes());
        hash.update(&[severity.value(row)]);
        optional(&mut hash, trace.is_valid(row).then(|| trace.value(row)));
        optional(&mut hash, span.is_valid(row).then(|| span.value(row)));
        optional(&mut hash, body.is_valid(row).then(|| body.value(row).as_bytes()));
        hash.update(attributes.value(row).as_bytes());
        text.clear();
        // Writing to a String cannot fail.
        let _written = write!(text, "{}-{:016x}", time.value(row), hash.digest());
        Some(text.clone())
    };
    Some((0..stored.num_rows()).map(id).collect())
}

/// Length first, so that neighbouring fields cannot be mistaken for each other.
fn optional(hash: &mut Xxh3, bytes: Option<&[u8]>) {
    let len = bytes.map_or(u64::MAX, |bytes| bytes.len() as u64);
    hash.update(&len.to_le_bytes());
    hash.update(bytes.unwrap_or_default());
}
