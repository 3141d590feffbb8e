//! Rows as JSON values: ids in hex, instants as numbers, doubles as Rust prints them.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Float64Type, Int32Type, Int64Type, TimestampNanosecondType, UInt8Type, UInt32Type, UInt64Type,
};
use daymark_decode::OtlpDecode;
use daymark_model::intake::{Decode, Decoded};
use daymark_model::origin::{Origin, Tier};
use daymark_model::rows::schema;
use daymark_model::signal::{Signal, Table};
use daymark_model::time::Nanos;
use daymark_model::wire::Format;
use serde_json::{Map, Value, json};

/// When all test bodies were received.
pub(crate) const RECEIVED: i64 = 1_700_000_000_000_000_000;

pub(crate) fn origin() -> Origin {
    Origin {
        source: "otlp_grpc".into(),
        tier: Tier::Internal,
        tenant: "default".into(),
        received: Nanos(RECEIVED),
    }
}

/// Counts and decodes a body that must be readable, and checks that nothing is unaccounted for.
pub(crate) fn decode(signal: Signal, format: Format, body: &[u8]) -> Decoded {
    let items = OtlpDecode.count(signal, format, body).unwrap();
    let decoded = OtlpDecode.decode(signal, format, &origin(), body).unwrap();
    assert_eq!(decoded.tally.received(), u64::from(items));
    assert_eq!(decoded.first_rejection.is_some(), decoded.tally.rejected_total() > 0);
    let mut rows = 0;
    for (table, batch) in &decoded.rows {
        assert_eq!(batch.schema(), schema(*table));
        assert!(batch.num_rows() > 0);
        rows += if table.is_counted() { batch.num_rows() as u64 } else { 0 };
    }
    assert_eq!(rows, decoded.tally.accepted);
    decoded
}

/// The rows of one table.
pub(crate) fn of_table(decoded: &Decoded, table: Table) -> Vec<Value> {
    let batch = decoded.rows.iter().find(|(found, _)| *found == table);
    batch.map(|(_, batch)| values(batch)).unwrap_or_default()
}

fn values(batch: &RecordBatch) -> Vec<Value> {
    let schema = batch.schema();
    let row = |row| {
        let cells = schema.fields().iter().zip(batch.columns());
        Value::Object(cells.map(|(field, column)| (field.name().clone(), cell(column, row))).collect())
    };
    (0..batch.num_rows()).map(row).collect()
}

fn cell(column: &ArrayRef, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Utf8 => json!(column.as_string::<i32>().value(row)),
        DataType::UInt8 => json!(column.as_primitive::<UInt8Type>().value(row)),
        DataType::UInt32 => json!(column.as_primitive::<UInt32Type>().value(row)),
        DataType::UInt64 => json!(column.as_primitive::<UInt64Type>().value(row)),
        DataType::Int32 => json!(column.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => json!(column.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => double(column.as_primitive::<Float64Type>().value(row)),
        DataType::Timestamp(..) => json!(column.as_primitive::<TimestampNanosecondType>().value(row)),
        DataType::FixedSizeBinary(_) => hex(column.as_fixed_size_binary().value(row)),
        DataType::Dictionary(..) => {
            let column = column.as_dictionary::<Int32Type>();
            let key = column.keys().value(row);
            cell(column.values(), key as usize)
        }
        DataType::List(_) => {
            let items = column.as_list::<i32>().value(row);
            (0..items.len()).map(|item| cell(&items, item)).collect()
        }
        DataType::Struct(fields) => {
            let columns = column.as_struct().columns();
            let cells = fields.iter().zip(columns);
            Value::Object(
                cells.map(|(field, column)| (field.name().clone(), cell(column, row))).collect::<Map<_, _>>(),
            )
        }
        other => panic!("no table has a column of {other}"),
    }
}

pub(crate) fn double(value: f64) -> Value {
    json!(format!("{value:?}"))
}

pub(crate) fn hex(bytes: &[u8]) -> Value {
    json!(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}
