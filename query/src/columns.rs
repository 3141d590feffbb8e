//! The public tables as Arrow schemas: what SQL sees and what results are written from.
//!
//! A JSON column is text marked with the extension type `arrow.json`; the mark travels with the column, so
//! that a result knows which of its texts to embed.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use daymark_model::rows;
use daymark_model::tables::{Column, PublicTable, Type};

const EXTENSION: &str = "ARROW:extension:name";
const JSON: &str = "arrow.json";

pub(crate) fn schema(table: &PublicTable) -> SchemaRef {
    Arc::new(Schema::new(table.columns().map(|(_, column)| field(column)).collect::<Fields>()))
}

pub(crate) fn field(column: &Column) -> Field {
    let field = Field::new(column.name, arrow_type(column.kind), column.nullable);
    if column.kind == Type::Json { as_json(field) } else { field }
}

/// Marks a text field as JSON.
fn as_json(field: Field) -> Field {
    field.with_metadata(HashMap::from([(EXTENSION.into(), JSON.into())]))
}

pub(crate) fn is_json(field: &Field) -> bool {
    field.metadata().get(EXTENSION).is_some_and(|name| name == JSON)
}

fn arrow_type(kind: Type) -> DataType {
    match kind {
        Type::Text | Type::Json => DataType::Utf8,
        Type::Dict => rows::dictionary(),
        Type::Bool => DataType::Boolean,
        Type::U8 => DataType::UInt8,
        Type::U32 => DataType::UInt32,
        Type::U64 => DataType::UInt64,
        Type::I32 => DataType::Int32,
        Type::I64 => DataType::Int64,
        Type::F64 => DataType::Float64,
        Type::Time => rows::instant(),
        Type::Id16 => DataType::FixedSizeBinary(16),
        Type::Id8 => DataType::FixedSizeBinary(8),
        Type::Bytes => DataType::Binary,
        Type::List(item) => DataType::List(Arc::new(Field::new("item", arrow_type(*item), false))),
        Type::Struct(columns) => DataType::Struct(columns.iter().map(plain_field).collect()),
    }
}

/// A field inside a struct. Carries no mark, so that it equals the stored layout.
fn plain_field(column: &Column) -> Field {
    Field::new(column.name, arrow_type(column.kind), column.nullable)
}

/// The type word of a result column.
pub(crate) fn type_word(field: &Field) -> &'static str {
    if is_json(field) {
        return "json";
    }
    word(field.data_type())
}

fn word(kind: &DataType) -> &'static str {
    match kind {
        DataType::Null => "null",
        DataType::Boolean => "bool",
        DataType::Int8 => "i8",
        DataType::Int16 => "i16",
        DataType::Int32 => "i32",
        DataType::Int64 => "i64",
        DataType::UInt8 => "u8",
        DataType::UInt16 => "u16",
        DataType::UInt32 => "u32",
        DataType::UInt64 => "u64",
        DataType::Float16 | DataType::Float32 => "f32",
        DataType::Float64 => "f64",
        DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) => "decimal",
        DataType::Decimal256(..) => "decimal",
        DataType::Timestamp(..) => "time",
        DataType::Date32 | DataType::Date64 => "date",
        DataType::Time32(_) | DataType::Time64(_) => "time_of_day",
        DataType::Duration(_) | DataType::Interval(_) => "interval",
        DataType::FixedSizeBinary(16) => "id16",
        DataType::FixedSizeBinary(8) => "id8",
        DataType::FixedSizeBinary(_) | DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            "bytes"
        }
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => "list",
        DataType::ListView(_) | DataType::LargeListView(_) => "list",
        DataType::Struct(_) => "struct",
        DataType::Map(..) => "map",
        DataType::Dictionary(_, values) if **values == DataType::Utf8 => "dict",
        DataType::Dictionary(_, values) => word(values),
        _ => "text",
    }
}

#[cfg(test)]
mod tests;
