//! A segment written from rows and opened again, and answers in a form that can be compared.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Field, Schema};
use daymark_model::signal::Table;
use daymark_model::time::Nanos;
use daymark_segment::{Level, LsnRange, Projection, RowRanges, Segment, Spec, write};
use daymark_vfs::RealFs;
use tempfile::TempDir;

use crate::rows::{resources, series};

pub(crate) fn spec(table: Table) -> Spec {
    Spec {
        table,
        tenant: "default".into(),
        stream: "default".into(),
        level: Level::L0,
        window: None,
        lsns: vec![LsnRange { from: 1, to: 9 }],
        arrival_min: Nanos(1),
        arrival_max: Nanos(2),
        node: "00".into(),
        inputs: Vec::new(),
        is_final: false,
    }
}

pub(crate) fn written(table: Table, rows: &[RecordBatch]) -> (TempDir, Segment) {
    let dir = tempfile::tempdir().unwrap();
    write(&RealFs, dir.path(), &spec(table), rows, &resources(), &series()).unwrap();
    let segment = Segment::open(dir.path()).unwrap();
    (dir, segment)
}

/// Everything a table has, and some keys.
pub(crate) fn everything(table: Table) -> Projection {
    let mut all = Projection::all(table);
    if all.attributes {
        all.keys = ["user.id", "x", "x$i", "absent"].map(String::from).into();
    }
    all
}

/// One batch without dictionaries, so that equal rows are equal batches.
pub(crate) fn plain(batches: &[RecordBatch]) -> RecordBatch {
    let all = concat_batches(&batches[0].schema(), batches).unwrap();
    let flat = |(field, column): (&Arc<Field>, &ArrayRef)| {
        let kind = match field.data_type() {
            DataType::Dictionary(..) => DataType::Utf8,
            other => other.clone(),
        };
        (Field::new(field.name(), kind.clone(), true), cast(column, &kind).unwrap())
    };
    let schema = all.schema();
    let (fields, columns): (Vec<_>, _) = schema.fields().iter().zip(all.columns()).map(flat).unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

pub(crate) fn read(segment: &Segment, projection: &Projection, rows: &RowRanges) -> RecordBatch {
    let batches: Vec<_> = segment.read(projection, rows, 1_000).unwrap().map(Result::unwrap).collect();
    if batches.is_empty() {
        return plain(&[RecordBatch::new_empty(projection.schema(segment.table()).unwrap())]);
    }
    plain(&batches)
}

pub(crate) fn read_all(segment: &Segment, projection: &Projection) -> RecordBatch {
    read(segment, projection, &RowRanges::all(segment.meta().rows))
}

/// What the same projection answers over the rows themselves.
pub(crate) fn of_rows(table: Table, projection: &Projection, rows: &[RecordBatch]) -> RecordBatch {
    plain(&rows.iter().map(|rows| projection.of_rows(table, rows).unwrap()).collect::<Vec<_>>())
}
