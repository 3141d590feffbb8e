//! Result rows as CSV (RFC 4180): instants in RFC 3339, ids in hex, JSON and lists as JSON text.
//!
//! Null is an empty field, an empty text is `""`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use daymark_model::time::Nanos;
use daymark_view::instant::rfc3339;
use serde_json::Value;

use crate::columns;
use crate::sql::value::{Column, nanos};

pub(crate) fn header(schema: &SchemaRef) -> Vec<u8> {
    let mut out = Vec::new();
    for (number, field) in schema.fields().iter().enumerate() {
        separate(&mut out, number);
        text(&mut out, field.name());
    }
    out.extend_from_slice(b"\r\n");
    out
}

pub(crate) fn rows(batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
    let fields = batch.schema_ref().fields();
    let columns = fields.iter().zip(batch.columns()).map(|(field, array)| Cells::new(field, array));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let mut out = Vec::new();
    for row in 0..batch.num_rows() {
        for (number, column) in columns.iter().enumerate() {
            separate(&mut out, number);
            column.write(&mut out, row)?;
        }
        out.extend_from_slice(b"\r\n");
    }
    Ok(out)
}

fn separate(out: &mut Vec<u8>, column: usize) {
    if column > 0 {
        out.push(b',');
    }
}

#[derive(Debug)]
enum Cells {
    Times(ArrayRef, TimeUnit),
    /// JSON as it is stored.
    Json(ArrayRef),
    Others(Column),
}

impl Cells {
    fn new(field: &Field, array: &ArrayRef) -> Result<Self, ArrowError> {
        Ok(match array.data_type() {
            DataType::Timestamp(unit, _) => Self::Times(Arc::clone(array), *unit),
            DataType::Utf8 if columns::is_json(field) => Self::Json(Arc::clone(array)),
            _ => Self::Others(Column::new(field, array)?),
        })
    }

    fn write(&self, out: &mut Vec<u8>, row: usize) -> Result<(), ArrowError> {
        match self {
            Self::Times(array, _) | Self::Json(array) if array.is_null(row) => {}
            Self::Times(array, unit) => {
                let at = i64::try_from(nanos(array.as_ref(), *unit, row)).unwrap_or(i64::MAX);
                out.extend_from_slice(rfc3339(Nanos(at)).as_bytes());
            }
            Self::Json(array) => text(out, array.as_string::<i32>().value(row)),
            Self::Others(column) => match column.value(row)? {
                Value::Null => {}
                Value::String(value) => text(out, &value),
                Value::Array(_) | Value::Object(_) => text(out, &column.value(row)?.to_string()),
                other => out.extend_from_slice(other.to_string().as_bytes()),
            },
        }
        Ok(())
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    if !text.is_empty() && !text.contains(['"', ',', '\r', '\n']) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    out.push(b'"');
}
