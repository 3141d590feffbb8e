//! Open spans as rows, so that a file can keep them until their other half is found.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, FixedSizeBinaryArray, FixedSizeBinaryBuilder,
    Float64Array, RecordBatch, TimestampNanosecondArray, UInt64Array,
};
use arrow::datatypes::{
    DataType, Field, Float64Type, Int32Type, Schema, SchemaRef, TimestampNanosecondType, UInt64Type,
};
use daymark_model::rows;
use hashbrown::HashSet;

use crate::span::{Kind, Label, LabelRef, Owner, Span, Target};
use crate::table::{class_name, class_of};
use crate::take::Texts;
use crate::{Error, Result};

fn schema() -> SchemaRef {
    let text = |name: &str, nullable: bool| Field::new(name, rows::dictionary(), nullable);
    let flag = |name: &str| Field::new(name, DataType::Boolean, false);
    Arc::new(Schema::new(vec![
        Field::new("trace_id", DataType::FixedSizeBinary(16), false),
        Field::new("span_id", DataType::FixedSizeBinary(8), false),
        Field::new("parent_span_id", DataType::FixedSizeBinary(8), true),
        text("service", false),
        text("namespace", true),
        text("env", true),
        text("version", true),
        text("instance", true),
        text("name", false),
        text("kind", false),
        text("status_class", false),
        text("peer", true),
        text("target", false),
        flag("error"),
        flag("shared"),
        flag("mtls"),
        flag("answered"),
        Field::new("start", rows::instant(), false),
        Field::new("duration_ns", DataType::UInt64, false),
        Field::new("adjusted_count", DataType::Float64, false),
    ]))
}

/// The spans as rows.
pub fn open_batch(spans: &[Span]) -> Result<RecordBatch> {
    let mut parents = FixedSizeBinaryBuilder::with_capacity(spans.len(), 8);
    for span in spans {
        match span.parent {
            Some(parent) => parents.append_value(parent)?,
            None => parents.append_null(),
        }
    }
    let classes: Vec<String> = spans.iter().map(|span| class_name(span.label.status_class)).collect();
    let columns: Vec<ArrayRef> = vec![
        ids(spans.iter().map(|span| span.trace), 16)?,
        ids(spans.iter().map(|span| span.id), 8)?,
        Arc::new(parents.finish()),
        texts(spans, |span| Some(span.owner.service.as_str())),
        texts(spans, |span| span.owner.namespace.as_deref()),
        texts(spans, |span| span.owner.env.as_deref()),
        texts(spans, |span| span.owner.version.as_deref()),
        texts(spans, |span| span.owner.instance.as_deref()),
        texts(spans, |span| Some(span.label.name.as_str())),
        texts(spans, |span| Some(span.label.kind.name())),
        Arc::new(classes.iter().map(|class| Some(class.as_str())).collect::<DictionaryArray<Int32Type>>()),
        texts(spans, |span| span.label.peer.as_deref()),
        texts(spans, |span| Some(span.label.target.name())),
        flags(spans, |span| span.label.is_error),
        flags(spans, |span| span.label.is_shared),
        flags(spans, |span| span.label.is_mtls),
        flags(spans, |span| span.is_answered),
        Arc::new(
            TimestampNanosecondArray::from_iter_values(spans.iter().map(|span| span.start))
                .with_timezone("UTC"),
        ),
        Arc::new(UInt64Array::from_iter_values(spans.iter().map(|span| span.duration))),
        Arc::new(Float64Array::from_iter_values(spans.iter().map(|span| span.adjusted))),
    ];
    Ok(RecordBatch::try_new(schema(), columns)?)
}

fn ids<const N: usize>(ids: impl Iterator<Item = [u8; N]>, width: i32) -> Result<ArrayRef> {
    let mut builder = FixedSizeBinaryBuilder::new(width);
    for id in ids {
        builder.append_value(id)?;
    }
    Ok(Arc::new(builder.finish()))
}

fn texts<'a>(spans: &'a [Span], text: impl Fn(&'a Span) -> Option<&'a str>) -> ArrayRef {
    Arc::new(spans.iter().map(text).collect::<DictionaryArray<Int32Type>>())
}

fn flags(spans: &[Span], flag: impl Fn(&Span) -> bool) -> ArrayRef {
    Arc::new(spans.iter().map(|span| Some(flag(span))).collect::<BooleanArray>())
}

/// The spans of rows that [`open_batch`] made.
pub fn open_spans(batch: &RecordBatch) -> Result<Vec<Span>> {
    if batch.schema_ref().fields() != schema().fields() {
        return Err(Error("open spans with other columns".into()));
    }
    let id = |at: usize| batch.column(at).as_fixed_size_binary();
    let (traces, ids, parents) = (id(0), id(1), id(2));
    let text = |name| Texts::of(batch, name);
    let (services, namespaces, envs) = (text("service")?, text("namespace")?, text("env")?);
    let (versions, instances, names) = (text("version")?, text("instance")?, text("name")?);
    let (kinds, classes) = (text("kind")?, text("status_class")?);
    let (peers, targets) = (text("peer")?, text("target")?);
    let flag = |at: usize| batch.column(at).as_boolean();
    let (errors, shared, mtls, answered) = (flag(13), flag(14), flag(15), flag(16));
    let starts = batch.column(17).as_primitive::<TimestampNanosecondType>();
    let durations = batch.column(18).as_primitive::<UInt64Type>();
    let adjusted = batch.column(19).as_primitive::<Float64Type>();
    let mut owners: HashSet<Arc<Owner>> = HashSet::new();
    let mut labels: HashSet<Arc<Label>> = HashSet::new();
    let mut spans = Vec::with_capacity(batch.num_rows());
    for row in 0..batch.num_rows() {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let owner = Arc::new(Owner {
            service: services.at(row).unwrap_or_default().to_owned(),
            namespace: owned(namespaces.at(row)),
            env: owned(envs.at(row)),
            version: owned(versions.at(row)),
            instance: owned(instances.at(row)),
        });
        let label = LabelRef {
            name: names.at(row).unwrap_or_default(),
            kind: kinds.at(row).map_or(Kind::Unspecified, Kind::from_name),
            status_class: class_of(classes.at(row).unwrap_or_default()),
            is_error: errors.value(row),
            peer: peers.at(row),
            target: target(targets.at(row).unwrap_or_default()),
            is_shared: shared.value(row),
            is_mtls: mtls.value(row),
        };
        spans.push(Span {
            trace: bytes(traces, row)?,
            id: bytes(ids, row)?,
            parent: parents.is_valid(row).then(|| bytes(parents, row)).transpose()?,
            owner: Arc::clone(owners.get_or_insert(owner)),
            label: Arc::clone(labels.get_or_insert_with(&label, |label| Arc::new(label.to_label()))),
            start: starts.value(row),
            duration: durations.value(row),
            adjusted: adjusted.value(row),
            is_answered: answered.value(row),
        });
    }
    Ok(spans)
}

fn target(name: &str) -> Target {
    Target::ALL.into_iter().find(|target| target.name() == name).unwrap_or_default()
}

fn bytes<const N: usize>(ids: &FixedSizeBinaryArray, row: usize) -> Result<[u8; N]> {
    ids.value(row).try_into().map_err(|_| Error("ids of another length".into()))
}
