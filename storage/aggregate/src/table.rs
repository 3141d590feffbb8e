//! Sums as rows of the public tables `red`, `red_instances` and `edges`.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, DictionaryArray, Float64Array, Int32Array, RecordBatch,
    TimestampNanosecondArray, UInt32Array, UInt64Array,
};
use arrow::compute::take;
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use daymark_model::rows;
use daymark_model::tables::{self, PublicTable, Type};

use crate::Result;
use crate::buckets::Rows;
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

    /// The column that its rows are sorted by first.
    pub fn key(self) -> &'static str {
        if self == Self::Edges { "client" } else { "service" }
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

    /// The rows of a table, sorted by service (or client), the rest of the key, and the bucket.
    pub fn rows(self, sums: &Sums) -> Result<RecordBatch> {
        let (keys, sums) = match self {
            Self::Red => red(sums),
            Self::RedInstances => instances(sums),
            Self::Edges => edges(sums),
        }?;
        Ok(RecordBatch::try_new(self.schema(), [keys, sums].concat())?)
    }
}

/// The columns of buckets and keys, then those of sums.
type Columns = Result<(Vec<ArrayRef>, Vec<ArrayRef>)>;

/// The columns of the keys, each made once for every key and then taken for every row.
fn key_columns<K, S>(rows: &Rows<'_, K, S>, step_s: i32, of_keys: Vec<ArrayRef>) -> Result<Vec<ArrayRef>> {
    let buckets = TimestampNanosecondArray::from_iter_values(rows.buckets.iter().copied());
    let steps = Int32Array::from_value(step_s, rows.buckets.len());
    let mut columns: Vec<ArrayRef> = vec![Arc::new(buckets.with_timezone("UTC")), Arc::new(steps)];
    let places = UInt32Array::from(rows.places.clone());
    for column in of_keys {
        columns.push(take(&column, &places, None)?);
    }
    Ok(columns)
}

fn texts<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(texts.collect::<DictionaryArray<Int32Type>>())
}

fn numbers(numbers: impl Iterator<Item = u64>) -> ArrayRef {
    Arc::new(UInt64Array::from_iter_values(numbers))
}

fn bytes(bytes: impl Iterator<Item = Vec<u8>>) -> ArrayRef {
    Arc::new(BinaryArray::from_iter_values(bytes))
}

fn red(sums: &Sums) -> Columns {
    let rows = sums.red.rows();
    let (keys, sums) = (&rows.keys, &rows.sums);
    let classes: Vec<String> = keys.iter().map(|key| class_name(key.status_class)).collect();
    let of_keys: Vec<ArrayRef> = vec![
        texts(keys.iter().map(|key| Some(key.service.as_str()))),
        texts(keys.iter().map(|key| key.namespace.as_deref())),
        texts(keys.iter().map(|key| key.env.as_deref())),
        texts(keys.iter().map(|key| key.version.as_deref())),
        texts(keys.iter().map(|key| Some(key.name.as_str()))),
        texts(keys.iter().map(|key| Some(key.kind.name()))),
        Arc::new(keys.iter().map(|key| Some(key.is_entry)).collect::<BooleanArray>()),
        texts(classes.iter().map(|class| Some(class.as_str()))),
        texts(keys.iter().map(|key| key.peer.as_deref())),
    ];
    let of_sums = vec![
        numbers(sums.iter().map(|sum| sum.count)),
        numbers(sums.iter().map(|sum| sum.errors)),
        Arc::new(Float64Array::from_iter_values(sums.iter().map(|sum| sum.adjusted.to_f64()))) as ArrayRef,
        numbers(sums.iter().map(|sum| sum.sum)),
        numbers(sums.iter().map(|sum| sum.min)),
        numbers(sums.iter().map(|sum| sum.max)),
        bytes(sums.iter().map(|sum| sum.sketch.to_bytes())),
    ];
    Ok((key_columns(&rows, RED_STEP_S, of_keys)?, of_sums))
}

fn instances(sums: &Sums) -> Columns {
    let rows = sums.instances.rows();
    let (keys, sums) = (&rows.keys, &rows.sums);
    let of_keys = vec![
        texts(keys.iter().map(|key| Some(key.service.as_str()))),
        texts(keys.iter().map(|key| key.namespace.as_deref())),
        texts(keys.iter().map(|key| key.env.as_deref())),
        texts(keys.iter().map(|key| key.instance.as_deref())),
        texts(keys.iter().map(|key| key.version.as_deref())),
    ];
    let of_sums = vec![
        numbers(sums.iter().map(|sum| sum.count)),
        numbers(sums.iter().map(|sum| sum.errors)),
        numbers(sums.iter().map(|sum| sum.sum)),
        bytes(sums.iter().map(|sum| sum.sketch.to_bytes())),
    ];
    Ok((key_columns(&rows, INSTANCES_STEP_S, of_keys)?, of_sums))
}

fn edges(sums: &Sums) -> Columns {
    let rows = sums.edges.rows();
    let (keys, sums) = (&rows.keys, &rows.sums);
    let link = |key: &EdgeKey| if key.is_messaging { "messaging" } else { "call" };
    let of_keys = vec![
        texts(keys.iter().map(|key| Some(key.client.as_str()))),
        texts(keys.iter().map(|key| Some(key.server.as_str()))),
        texts(keys.iter().map(|key| Some(key.server_kind))),
        texts(keys.iter().map(|key| Some(link(key)))),
        texts(keys.iter().map(|key| Some(key.operation.as_str()))),
        texts(keys.iter().map(|key| key.namespace.as_deref())),
        texts(keys.iter().map(|key| key.env.as_deref())),
    ];
    let of_sums = vec![
        numbers(sums.iter().map(|sum| sum.count)),
        numbers(sums.iter().map(|sum| sum.errors)),
        numbers(sums.iter().map(|sum| sum.client_sum)),
        bytes(sums.iter().map(|sum| sum.client.to_bytes())),
        numbers(sums.iter().map(|sum| sum.server_sum)),
        bytes(sums.iter().map(|sum| sum.server.to_bytes())),
        Arc::new(sums.iter().map(|sum| sum.queue_sum).collect::<UInt64Array>()),
        numbers(sums.iter().map(|sum| sum.mtls)),
    ];
    Ok((key_columns(&rows, EDGES_STEP_S, of_keys)?, of_sums))
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
