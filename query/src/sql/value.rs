//! Values of result columns as JSON.
//!
//! Ids are lower-case hex, instants decimal strings of epoch ns, integers that a double cannot hold and
//! non-finite doubles strings; a JSON column is embedded.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Field, Float16Type, Float32Type, Float64Type, Int32Type, Int64Type, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt64Type,
};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use daymark_view::attribute::Attributes;
use daymark_view::wire::EXACT_MAX;
use serde_json::{Map, Number, Value};

use crate::columns;
use crate::functions::id::hex;

type Result<T> = std::result::Result<T, ArrowError>;

/// The rows of a batch, one value a column.
pub(crate) fn rows(batch: &RecordBatch) -> Result<Vec<Vec<Value>>> {
    let mut rows = vec![Vec::with_capacity(batch.num_columns()); batch.num_rows()];
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        let values = Column::new(field, column)?;
        for (row, target) in rows.iter_mut().enumerate() {
            target.push(values.value(row)?);
        }
    }
    Ok(rows)
}

/// A column with its dictionary written out.
#[derive(Debug)]
pub(crate) struct Column {
    array: ArrayRef,
    is_json: bool,
}

impl Column {
    pub(crate) fn new(field: &Field, array: &ArrayRef) -> Result<Self> {
        let array = match array.data_type() {
            DataType::Dictionary(_, values) => cast(array, values)?,
            DataType::Utf8View | DataType::LargeUtf8 => cast(array, &DataType::Utf8)?,
            DataType::BinaryView | DataType::LargeBinary => cast(array, &DataType::Binary)?,
            DataType::LargeList(item) | DataType::ListView(item) => {
                cast(array, &DataType::List(Arc::clone(item)))?
            }
            kind if kind.is_integer() && *kind != DataType::UInt64 => cast(array, &DataType::Int64)?,
            _ => Arc::clone(array),
        };
        Ok(Self { array, is_json: columns::is_json(field) })
    }

    pub(crate) fn value(&self, row: usize) -> Result<Value> {
        value(self.array.as_ref(), row, self.is_json)
    }
}

fn value(array: &dyn Array, row: usize, is_json: bool) -> Result<Value> {
    if array.is_null(row) {
        return Ok(Value::Null);
    }
    Ok(match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => Value::Bool(array.as_boolean().value(row)),
        DataType::Utf8 if is_json => embedded(array.as_string::<i32>().value(row)),
        DataType::Utf8 => Value::String(array.as_string::<i32>().value(row).into()),
        DataType::FixedSizeBinary(_) => Value::String(hex(array.as_fixed_size_binary().value(row))),
        DataType::Binary => Value::String(STANDARD.encode(array.as_binary::<i32>().value(row))),
        DataType::UInt64 => unsigned(array.as_primitive::<UInt64Type>().value(row)),
        DataType::Int64 => signed(array.as_primitive::<Int64Type>().value(row)),
        // Only inside lists and structs.
        kind if kind.is_integer() => {
            let one = cast(&array.slice(row, 1), &DataType::Int64)?;
            signed(one.as_primitive::<Int64Type>().value(0))
        }
        DataType::Float64 => double(array.as_primitive::<Float64Type>().value(row)),
        DataType::Float32 => double(f64::from(array.as_primitive::<Float32Type>().value(row))),
        DataType::Float16 => double(f64::from(array.as_primitive::<Float16Type>().value(row))),
        DataType::Timestamp(unit, _) => Value::String(nanos(array, *unit, row).to_string()),
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            (0..items.len())
                .map(|item| value(items.as_ref(), item, false))
                .collect::<Result<_>>()
                .map(Value::Array)?
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct();
            let mut object = Map::new();
            for (field, column) in fields.iter().zip(columns.columns()) {
                // Inside events and links the type carries no mark, the name does.
                let is_json = field.name() == "attributes" && field.data_type() == &DataType::Utf8;
                object.insert(
                    field.name().clone(),
                    Column::new(field, column)
                        .and_then(|column| value(column.array.as_ref(), row, is_json))?,
                );
            }
            Value::Object(object)
        }
        DataType::Dictionary(..) => {
            let values = array.as_any_dictionary_opt();
            match values.and_then(|dictionary| {
                dictionary.keys().as_primitive_opt::<Int32Type>().map(|keys| (dictionary, keys))
            }) {
                Some((dictionary, keys)) => value(
                    dictionary.values().as_ref(),
                    usize::try_from(keys.value(row)).unwrap_or_default(),
                    is_json,
                )?,
                None => shown(array, row)?,
            }
        }
        _ => shown(array, row)?,
    })
}

/// As the engine prints it: decimals, dates, intervals.
fn shown(array: &dyn Array, row: usize) -> Result<Value> {
    let formatter = ArrayFormatter::try_new(array, &FormatOptions::default())?;
    Ok(Value::String(formatter.value(row).try_to_string()?))
}

fn embedded(text: &str) -> Value {
    match Attributes::parse(text) {
        Some(attributes) => serde_json::to_value(&attributes).unwrap_or_else(|_| Value::String(text.into())),
        None => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.into())),
    }
}

fn signed(number: i64) -> Value {
    if number.unsigned_abs() > EXACT_MAX { Value::String(number.to_string()) } else { number.into() }
}

fn unsigned(number: u64) -> Value {
    if number > EXACT_MAX { Value::String(number.to_string()) } else { number.into() }
}

fn double(number: f64) -> Value {
    match Number::from_f64(number) {
        Some(number) => Value::Number(number),
        None => Value::String(double_word(number).into()),
    }
}

/// How a double that JSON lacks is written.
pub(crate) fn double_word(number: f64) -> &'static str {
    if number.is_nan() {
        "NaN"
    } else if number > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// An instant in ns, whatever its unit.
pub(crate) fn nanos(array: &dyn Array, unit: TimeUnit, row: usize) -> i128 {
    let (value, factor) = match unit {
        TimeUnit::Second => (array.as_primitive::<TimestampSecondType>().value(row), 1_000_000_000),
        TimeUnit::Millisecond => (array.as_primitive::<TimestampMillisecondType>().value(row), 1_000_000),
        TimeUnit::Microsecond => (array.as_primitive::<TimestampMicrosecondType>().value(row), 1_000),
        TimeUnit::Nanosecond => (array.as_primitive::<TimestampNanosecondType>().value(row), 1),
    };
    i128::from(value) * factor
}
