//! `resources.parquet` and `series.parquet`: what many rows share, one row each, joined by id.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, UInt64Type};
use bytes::Bytes;
use daymark_model::rows::{Resource, Series};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::data::small_file;
use crate::error::{Error, Result};

pub(crate) const RESOURCES: &str = "resources.parquet";
pub(crate) const SERIES: &str = "series.parquet";

const KINDS: [&str; 5] = ["gauge", "sum", "histogram", "exp_histogram", "summary"];
const TEMPORALITIES: [&str; 3] = ["cumulative", "delta", "unspecified"];

/// Collects columns with their names.
#[derive(Default)]
struct Columns {
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
}

impl Columns {
    fn push(&mut self, name: &str, nullable: bool, array: impl Array + 'static) {
        self.fields.push(Field::new(name, array.data_type().clone(), nullable));
        self.arrays.push(Arc::new(array));
    }

    fn ids(&mut self, name: &str, ids: impl Iterator<Item = u64>) {
        self.push(name, false, UInt64Array::from_iter_values(ids));
    }

    fn texts<'a>(&mut self, name: &str, texts: impl Iterator<Item = &'a str>) {
        self.push(name, false, StringArray::from_iter_values(texts));
    }

    fn options<'a>(&mut self, name: &str, texts: impl Iterator<Item = Option<&'a str>>) {
        self.push(name, true, texts.collect::<StringArray>());
    }

    fn into_parquet(self) -> Result<Vec<u8>> {
        small_file(&RecordBatch::try_new(Arc::new(Schema::new(self.fields)), self.arrays)?)
    }
}

pub(crate) fn encode_resources(list: &[Arc<Resource>]) -> Result<Vec<u8>> {
    let mut columns = Columns::default();
    columns.ids("resource_id", list.iter().map(|one| one.id));
    columns.texts("service", list.iter().map(|one| one.service.as_str()));
    columns.options("namespace", list.iter().map(|one| one.namespace.as_deref()));
    columns.options("instance", list.iter().map(|one| one.instance.as_deref()));
    columns.options("env", list.iter().map(|one| one.env.as_deref()));
    columns.options("version", list.iter().map(|one| one.version.as_deref()));
    columns.texts("resource", list.iter().map(|one| one.attributes.as_str()));
    columns.into_parquet()
}

pub(crate) fn decode_resources(bytes: Vec<u8>) -> Result<Vec<Arc<Resource>>> {
    decode(bytes, |row| {
        Ok(Resource {
            id: row.id("resource_id")?,
            service: row.text("service")?,
            namespace: row.option("namespace")?,
            instance: row.option("instance")?,
            env: row.option("env")?,
            version: row.option("version")?,
            attributes: row.text("resource")?,
        })
    })
}

pub(crate) fn encode_series(list: &[Arc<Series>]) -> Result<Vec<u8>> {
    let mut columns = Columns::default();
    columns.ids("series_id", list.iter().map(|one| one.id));
    columns.texts("metric", list.iter().map(|one| one.metric.as_str()));
    columns.texts("type", list.iter().map(|one| one.kind));
    columns.options("unit", list.iter().map(|one| one.unit.as_deref()));
    columns.options("description", list.iter().map(|one| one.description.as_deref()));
    columns.texts("temporality", list.iter().map(|one| one.temporality));
    columns.push("monotonic", false, list.iter().map(|one| Some(one.monotonic)).collect::<BooleanArray>());
    columns.ids("resource_id", list.iter().map(|one| one.resource_id));
    columns.options("scope_name", list.iter().map(|one| one.scope_name.as_deref()));
    columns.options("scope_version", list.iter().map(|one| one.scope_version.as_deref()));
    columns.options("scope_attributes", list.iter().map(|one| one.scope_attributes.as_deref()));
    columns.options("schema_url", list.iter().map(|one| one.schema_url.as_deref()));
    columns.texts("attributes", list.iter().map(|one| one.attributes.as_str()));
    columns.into_parquet()
}

pub(crate) fn decode_series(bytes: Vec<u8>) -> Result<Vec<Arc<Series>>> {
    decode(bytes, |row| {
        Ok(Series {
            id: row.id("series_id")?,
            metric: row.text("metric")?,
            kind: row.word("type", &KINDS)?,
            unit: row.option("unit")?,
            description: row.option("description")?,
            temporality: row.word("temporality", &TEMPORALITIES)?,
            monotonic: row.flag("monotonic")?,
            resource_id: row.id("resource_id")?,
            scope_name: row.option("scope_name")?,
            scope_version: row.option("scope_version")?,
            scope_attributes: row.option("scope_attributes")?,
            schema_url: row.option("schema_url")?,
            attributes: row.text("attributes")?,
        })
    })
}

fn decode<T>(bytes: Vec<u8>, of: impl Fn(Row<'_>) -> Result<T>) -> Result<Vec<Arc<T>>> {
    let mut list = Vec::new();
    for batch in ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes))?.build()? {
        let batch = batch?;
        for row in 0..batch.num_rows() {
            list.push(Arc::new(of(Row { batch: &batch, row })?));
        }
    }
    Ok(list)
}

struct Row<'a> {
    batch: &'a RecordBatch,
    row: usize,
}

impl Row<'_> {
    fn column(&self, name: &str, kind: &DataType) -> Result<&ArrayRef> {
        let column = self.batch.column_by_name(name).filter(|column| column.data_type() == kind);
        column.ok_or_else(|| Error::Input(format!("no column {name} of type {kind}")))
    }

    fn id(&self, name: &str) -> Result<u64> {
        Ok(self.column(name, &DataType::UInt64)?.as_primitive::<UInt64Type>().value(self.row))
    }

    fn flag(&self, name: &str) -> Result<bool> {
        Ok(self.column(name, &DataType::Boolean)?.as_boolean().value(self.row))
    }

    fn option(&self, name: &str) -> Result<Option<String>> {
        let texts = self.column(name, &DataType::Utf8)?.as_string::<i32>();
        Ok(texts.is_valid(self.row).then(|| texts.value(self.row).to_owned()))
    }

    fn text(&self, name: &str) -> Result<String> {
        Ok(self.option(name)?.unwrap_or_default())
    }

    fn word(&self, name: &str, words: &[&'static str]) -> Result<&'static str> {
        let text = self.text(name)?;
        let word = words.iter().find(|word| **word == text).copied();
        word.ok_or_else(|| Error::Input(format!("unknown {name} {text}")))
    }
}
