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
use crate::span::StatusClass;
use crate::sums::{Calls, EDGES_STEP_S, EdgeKey, INSTANCES_STEP_S, RED_STEP_S, RedKey, Sums, Times};

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
    let (keys, times): (Vec<RedKey<'_>>, Vec<Times>) = sums.red().into_iter().unzip();
    let classes: Vec<String> = keys.iter().map(|key| class_name(key.status_class)).collect();
    vec![
        instants(keys.iter().map(|key| key.bucket)),
        steps(RED_STEP_S, keys.len()),
        texts(keys.iter().map(|key| Some(key.service))),
        texts(keys.iter().map(|key| key.namespace)),
        texts(keys.iter().map(|key| key.env)),
        texts(keys.iter().map(|key| key.version)),
        texts(keys.iter().map(|key| Some(key.name))),
        texts(keys.iter().map(|key| Some(key.kind.name()))),
        Arc::new(keys.iter().map(|key| Some(key.is_entry)).collect::<BooleanArray>()),
        texts(classes.iter().map(|class| Some(class.as_str()))),
        texts(keys.iter().map(|key| key.peer)),
        numbers(times.iter().map(|times| times.count)),
        numbers(times.iter().map(|times| times.errors)),
        Arc::new(Float64Array::from_iter_values(times.iter().map(|times| times.adjusted.to_f64()))),
        numbers(times.iter().map(|times| times.sum)),
        numbers(times.iter().map(|times| times.min)),
        numbers(times.iter().map(|times| times.max)),
        bytes(times.iter().map(|times| times.sketch.to_bytes())),
    ]
}

fn instances(sums: &Sums) -> Vec<ArrayRef> {
    let (keys, times): (Vec<_>, Vec<Times>) = sums.instances().into_iter().unzip();
    vec![
        instants(keys.iter().map(|(bucket, _)| *bucket)),
        steps(INSTANCES_STEP_S, keys.len()),
        texts(keys.iter().map(|(_, owner)| Some(owner.service.as_str()))),
        texts(keys.iter().map(|(_, owner)| owner.namespace.as_deref())),
        texts(keys.iter().map(|(_, owner)| owner.env.as_deref())),
        texts(keys.iter().map(|(_, owner)| owner.instance.as_deref())),
        texts(keys.iter().map(|(_, owner)| owner.version.as_deref())),
        numbers(times.iter().map(|times| times.count)),
        numbers(times.iter().map(|times| times.errors)),
        numbers(times.iter().map(|times| times.sum)),
        bytes(times.iter().map(|times| times.sketch.to_bytes())),
    ]
}

fn edges(sums: &Sums) -> Vec<ArrayRef> {
    let (keys, calls): (Vec<EdgeKey<'_>>, Vec<Calls>) = sums.edges().into_iter().unzip();
    let link = |key: &EdgeKey<'_>| if key.is_messaging { "messaging" } else { "call" };
    vec![
        instants(keys.iter().map(|key| key.bucket)),
        steps(EDGES_STEP_S, keys.len()),
        texts(keys.iter().map(|key| Some(key.client))),
        texts(keys.iter().map(|key| Some(key.server))),
        texts(keys.iter().map(|key| Some(key.server_kind))),
        texts(keys.iter().map(|key| Some(link(key)))),
        texts(keys.iter().map(|key| Some(key.operation))),
        texts(keys.iter().map(|key| key.namespace)),
        texts(keys.iter().map(|key| key.env)),
        numbers(calls.iter().map(|calls| calls.count)),
        numbers(calls.iter().map(|calls| calls.errors)),
        numbers(calls.iter().map(|calls| calls.client_sum)),
        bytes(calls.iter().map(|calls| calls.client.to_bytes())),
        numbers(calls.iter().map(|calls| calls.server_sum)),
        bytes(calls.iter().map(|calls| calls.server.to_bytes())),
        Arc::new(calls.iter().map(|calls| calls.queue_sum).collect::<UInt64Array>()),
        numbers(calls.iter().map(|calls| calls.mtls)),
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
