//! Sums as rows of the public tables `red`, `red_instances` and `edges`.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, DictionaryArray, Float64Array, Int32Array, RecordBatch,
    TimestampNanosecondArray, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use daymark_model::rows;
use daymark_model::tables::{self, PublicTable, Type};

use crate::Result;
use crate::keys::EdgeKey;
use crate::span::StatusClass;
use crate::sums::{EDGES_STEP_S, INSTANCES_STEP_S, RED_STEP_S, Sums};

/// The tables that are made of sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aggregate {
    Red,
    RedInstances,
    Edges,
}

impl Aggregate {
    pub const ALL: [Self; 3] = [Self::Red, Self::RedInstances, Self::Edges];

    pub fn table(self) -> &'static PublicTable {
        match self {
            Self::Red => &tables::RED,
            Self::RedInstances => &tables::RED_INSTANCES,
            Self::Edges => &tables::EDGES,
        }
    }

    /// The longest bucket of its rows, in seconds.
    pub fn step_s(self) -> i32 {
        match self {
            Self::Red => RED_STEP_S,
            Self::RedInstances => INSTANCES_STEP_S,
            Self::Edges => EDGES_STEP_S,
        }
    }

    /// The columns of the table.
    pub fn schema(self) -> SchemaRef {
        let field = |column: &tables::Column| {
            let kind = match column.kind {
                Type::Time => rows::instant(),
                Type::Dict => rows::dictionary(),
                Type::Bool => DataType::Boolean,
                Type::I32 => DataType::Int32,
                Type::U64 => DataType::UInt64,
                Type::F64 => DataType::Float64,
                Type::Bytes => DataType::Binary,
                _ => DataType::Utf8,
            };
            Field::new(column.name, kind, column.nullable)
        };
        Arc::new(Schema::new(self.table().columns().map(|(_, column)| field(column)).collect::<Vec<_>>()))
    }

    /// The rows of a table, sorted by bucket, service and the rest of the key.
    pub fn rows(self, sums: &Sums) -> Result<RecordBatch> {
        let columns = match self {
            Self::Red => red(sums),
            Self::RedInstances => instances(sums),
            Self::Edges => edges(sums),
        };
        Ok(RecordBatch::try_new(self.schema(), columns)?)
    }
}

fn instants(instants: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(TimestampNanosecondArray::from_iter_values(instants).with_timezone("UTC"))
}

fn texts<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(texts.collect::<DictionaryArray<Int32Type>>())
}

fn numbers(numbers: impl Iterator<Item = u64>) -> ArrayRef {
    Arc::new(UInt64Array::from_iter_values(numbers))
}

fn steps(step_s: i32, rows: usize) -> ArrayRef {
    Arc::new(Int32Array::from_value(step_s, rows))
}

fn bytes(bytes: impl Iterator<Item = Vec<u8>>) -> ArrayRef {
    Arc::new(BinaryArray::from_iter_values(bytes))
}

fn red(sums: &Sums) -> Vec<ArrayRef> {
    let rows = sums.red.rows();
    let classes: Vec<String> = rows.iter().map(|row| class_name(row.key.status_class)).collect();
    vec![
        instants(rows.iter().map(|row| row.bucket)),
        steps(RED_STEP_S, rows.len()),
        texts(rows.iter().map(|row| Some(row.key.service.as_str()))),
        texts(rows.iter().map(|row| row.key.namespace.as_deref())),
        texts(rows.iter().map(|row| row.key.env.as_deref())),
        texts(rows.iter().map(|row| row.key.version.as_deref())),
        texts(rows.iter().map(|row| Some(row.key.name.as_str()))),
        texts(rows.iter().map(|row| Some(row.key.kind.name()))),
        Arc::new(rows.iter().map(|row| Some(row.key.is_entry)).collect::<BooleanArray>()),
        texts(classes.iter().map(|class| Some(class.as_str()))),
        texts(rows.iter().map(|row| row.key.peer.as_deref())),
        numbers(rows.iter().map(|row| row.sum.count)),
        numbers(rows.iter().map(|row| row.sum.errors)),
        Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.sum.adjusted.to_f64()))),
        numbers(rows.iter().map(|row| row.sum.sum)),
        numbers(rows.iter().map(|row| row.sum.min)),
        numbers(rows.iter().map(|row| row.sum.max)),
        bytes(rows.iter().map(|row| row.sum.sketch.to_bytes())),
    ]
}

fn instances(sums: &Sums) -> Vec<ArrayRef> {
    let rows = sums.instances.rows();
    vec![
        instants(rows.iter().map(|row| row.bucket)),
        steps(INSTANCES_STEP_S, rows.len()),
        texts(rows.iter().map(|row| Some(row.key.service.as_str()))),
        texts(rows.iter().map(|row| row.key.namespace.as_deref())),
        texts(rows.iter().map(|row| row.key.env.as_deref())),
        texts(rows.iter().map(|row| row.key.instance.as_deref())),
        texts(rows.iter().map(|row| row.key.version.as_deref())),
        numbers(rows.iter().map(|row| row.sum.count)),
        numbers(rows.iter().map(|row| row.sum.errors)),
        numbers(rows.iter().map(|row| row.sum.sum)),
        bytes(rows.iter().map(|row| row.sum.sketch.to_bytes())),
    ]
}

fn edges(sums: &Sums) -> Vec<ArrayRef> {
    let rows = sums.edges.rows();
    let link = |key: &EdgeKey| if key.is_messaging { "messaging" } else { "call" };
    vec![
        instants(rows.iter().map(|row| row.bucket)),
        steps(EDGES_STEP_S, rows.len()),
        texts(rows.iter().map(|row| Some(row.key.client.as_str()))),
        texts(rows.iter().map(|row| Some(row.key.server.as_str()))),
        texts(rows.iter().map(|row| Some(row.key.server_kind))),
        texts(rows.iter().map(|row| Some(link(row.key)))),
        texts(rows.iter().map(|row| Some(row.key.operation.as_str()))),
        texts(rows.iter().map(|row| row.key.namespace.as_deref())),
        texts(rows.iter().map(|row| row.key.env.as_deref())),
        numbers(rows.iter().map(|row| row.sum.count)),
        numbers(rows.iter().map(|row| row.sum.errors)),
        numbers(rows.iter().map(|row| row.sum.client_sum)),
        bytes(rows.iter().map(|row| row.sum.client.to_bytes())),
        numbers(rows.iter().map(|row| row.sum.server_sum)),
        bytes(rows.iter().map(|row| row.sum.server.to_bytes())),
        Arc::new(rows.iter().map(|row| row.sum.queue_sum).collect::<UInt64Array>()),
        numbers(rows.iter().map(|row| row.sum.mtls)),
    ]
}

/// As the column `status_class` has it.
pub(crate) fn class_name(class: StatusClass) -> String {
    match class {
        StatusClass::Unset => "unset".into(),
        StatusClass::Ok => "ok".into(),
        StatusClass::Error => "error".into(),
        StatusClass::Http(hundreds) => format!("{hundreds}xx"),
        StatusClass::Grpc(code) => format!("grpc_{code}"),
    }
}

/// The class of a name that [`class_name`] gave.
pub(crate) fn class_of(name: &str) -> StatusClass {
    let http = || name.strip_suffix("xx")?.parse().ok().map(StatusClass::Http);
    let grpc = || name.strip_prefix("grpc_")?.parse().ok().map(StatusClass::Grpc);
    match name {
        "ok" => StatusClass::Ok,
        "error" => StatusClass::Error,
        _ => http().or_else(grpc).unwrap_or_default(),
    }
}
