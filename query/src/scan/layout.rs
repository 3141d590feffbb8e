//! How each visible column of a scan is made from stored ones.
//!
//! Comes in: the visible columns a plan wants. Goes out: what to read ([`Projection`]) and, batch by batch,
//! the visible columns. The visible schema of a table never depends on how its rows are stored.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, DictionaryArray, Float64Array, RecordBatch, RecordBatchOptions, StringArray,
    TimestampNanosecondArray,
};
use arrow::compute::{cast, take};
use arrow::datatypes::{
    DataType, Float64Type, Int32Type, Int64Type, SchemaRef, TimestampNanosecondType, UInt8Type,
};
use datafusion::common::{Result, internal_datafusion_err, internal_err};
use daymark_model::severity;
use daymark_model::signal::Table;
use daymark_model::tables::{Origin, PublicTable};
use daymark_segment::Projection;

use crate::scan::key::{Key, Place};
use crate::scan::log_id;
use crate::scan::owners::{Describe, Owners};
use crate::typed_json;

/// What a visible column is made from.
#[derive(Clone, Debug)]
enum Make {
    Stored,
    Joined,
    Computed,
    Key(Key),
}

#[derive(Clone, Debug)]
pub(crate) struct Layout {
    table: Table,
    schema: SchemaRef,
    makes: Vec<Make>,
    projection: Projection,
}

impl Layout {
    /// `schema` holds the wanted columns: public ones and hidden ones of `keys`.
    pub(crate) fn new(table: Table, schema: SchemaRef, keys: &[Key]) -> Result<Self> {
        let public = PublicTable::of(table);
        let mut projection = Projection::default();
        let mut makes = Vec::with_capacity(schema.fields().len());
        for field in schema.fields() {
            let make =
                match (public.column(field.name()), keys.iter().find(|key| key.column() == *field.name())) {
                    (Some(column), _) => match column.origin {
                        Origin::Stored => Make::Stored,
                        Origin::Joined => Make::Joined,
                        Origin::Computed => Make::Computed,
                    },
                    (None, Some(key)) => Make::Key(key.clone()),
                    (None, None) => return internal_err!("{table} has no column {}", field.name()),
                };
            want(table, field.name(), &make, &mut projection);
            makes.push(make);
        }
        Ok(Self { table, schema, makes, projection })
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// What has to be read.
    pub(crate) fn projection(&self) -> &Projection {
        &self.projection
    }

    /// The visible columns of rows read by [`Layout::projection`].
    pub(crate) fn assemble(&self, stored: &RecordBatch, described: &dyn Describe) -> Result<RecordBatch> {
        let owners = Owners::of(stored, described);
        let columns = self
            .makes
            .iter()
            .zip(self.schema.fields())
            .map(|(make, field)| match make {
                Make::Stored => stored_column(stored, field.name()).cloned(),
                Make::Joined => owners.column(field.name(), field.data_type()),
                Make::Computed => computed(stored, field.name()),
                Make::Key(key) => self.attribute(key, stored, &owners),
            })
            .collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(stored.num_rows()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }

    fn attribute(&self, key: &Key, stored: &RecordBatch, owners: &Owners<'_>) -> Result<ArrayRef> {
        let name = key.name.as_str();
        let is_series = has_series(self.table);
        let texts = match key.place {
            Place::Resource => owners.resource_attribute(name)?,
            Place::Any if is_series => {
                either(&owners.series_attribute(name)?, &owners.resource_attribute(name)?)
            }
            Place::Any if self.table == Table::Exemplars => of_json(texts_of(stored, "attributes")?, name),
            Place::Any => either(&own_texts(stored, name)?, &owners.resource_attribute(name)?),
            Place::Own if is_series => owners.series_attribute(name)?,
            Place::Own => own_texts(stored, name)?,
            Place::Scope if is_series => owners.scope_attribute(name)?,
            Place::Scope => of_json(texts_of(stored, "scope_attributes")?, name),
            Place::Event => first_in_lists(stored, "events", name)?,
            Place::Link => first_in_lists(stored, "links", name)?,
        };
        if key.is_number {
            let numbers: Float64Array = texts.iter().map(|text| text.and_then(typed_json::number)).collect();
            return Ok(Arc::new(numbers));
        }
        Ok(Arc::new(texts))
    }
}

/// Whether rows of the table are described by a series.
fn has_series(table: Table) -> bool {
    matches!(table, Table::Points | Table::Histograms | Table::ExpHistograms | Table::Summaries)
}

/// Adds what a visible column is made from.
fn want(table: Table, column: &str, make: &Make, projection: &mut Projection) {
    let owner = if has_series(table) { "series_id" } else { "resource_id" };
    let mut stored = |names: &[&str]| {
        for name in names {
            if !projection.columns.iter().any(|known| known == name) {
                projection.columns.push((*name).into());
            }
        }
    };
    match make {
        Make::Stored => stored(&[column]),
        Make::Joined => stored(&[owner]),
        Make::Computed => match column {
            "end_time" => stored(&["start", "duration_ns"]),
            "observed_time" => stored(&["time", "observed_delta_ns"]),
            "severity" => stored(&["severity_number"]),
            "value" => stored(&["value_f64", "value_i64"]),
            "log_id" => {
                stored(&log_id::PARTS);
                projection.attributes = true;
            }
            _ => projection.attributes = true,
        },
        Make::Key(key) => {
            match key.place {
                Place::Any if table == Table::Exemplars => stored(&["attributes"]),
                Place::Any | Place::Own | Place::Resource => stored(&[owner]),
                Place::Scope if has_series(table) => stored(&[owner]),
                Place::Scope => stored(&["scope_attributes"]),
                Place::Event => stored(&["events"]),
                Place::Link => stored(&["links"]),
            }
            let is_own = matches!(key.place, Place::Any | Place::Own);
            if is_own
                && !has_series(table)
                && table != Table::Exemplars
                && !projection.keys.contains(&key.name)
            {
                projection.keys.push(key.name.clone());
            }
        }
    }
}

fn stored_column<'a>(stored: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef> {
    stored.column_by_name(name).ok_or_else(|| internal_datafusion_err!("column {name} was not read"))
}

fn texts_of<'a>(stored: &'a RecordBatch, name: &str) -> Result<&'a StringArray> {
    stored_column(stored, name)?
        .as_string_opt::<i32>()
        .ok_or_else(|| internal_datafusion_err!("column {name} is not text"))
}

/// The values of a key in each row. Texts that stand for one row each are taken as they are.
fn own_texts(stored: &RecordBatch, key: &str) -> Result<StringArray> {
    let column = stored_column(stored, &format!("attr.{key}"))?;
    let wrong = || internal_datafusion_err!("column attr.{key} is not text");
    let coded = column.as_dictionary_opt::<Int32Type>().ok_or_else(wrong)?;
    let values = coded.values().as_string_opt::<i32>().ok_or_else(wrong)?;
    let is_plain = values.len() == coded.len() && (0..).zip(coded.keys()).all(|(row, key)| key == Some(row));
    if is_plain {
        return Ok(values.clone());
    }
    Ok(take(values, coded.keys(), None)?.as_string::<i32>().clone())
}

fn computed(stored: &RecordBatch, name: &str) -> Result<ArrayRef> {
    match name {
        "attributes" => stored_column(stored, name).cloned(),
        "end_time" => sum_of_times(stored, "start", "duration_ns"),
        "observed_time" => sum_of_times(stored, "time", "observed_delta_ns"),
        "severity" => {
            let numbers = stored_column(stored, "severity_number")?.as_primitive::<UInt8Type>();
            severities(numbers.values())
        }
        "value" => {
            let doubles = stored_column(stored, "value_f64")?.as_primitive::<Float64Type>();
            let integers = cast(stored_column(stored, "value_i64")?, &DataType::Float64)?;
            let integers = integers.as_primitive::<Float64Type>();
            Ok(Arc::new(
                doubles
                    .iter()
                    .zip(integers)
                    .map(|(double, integer)| double.or(integer))
                    .collect::<Float64Array>(),
            ))
        }
        "log_id" => Ok(Arc::new(log_id::log_ids(stored)?)),
        other => internal_err!("column {other} cannot be computed"),
    }
}

fn sum_of_times(stored: &RecordBatch, time: &str, step: &str) -> Result<ArrayRef> {
    let times = stored_column(stored, time)?.as_primitive::<TimestampNanosecondType>();
    let steps = stored_column(stored, step)?.as_primitive::<Int64Type>();
    let sums: TimestampNanosecondArray =
        times.iter().zip(steps).map(|(time, step)| Some(time?.saturating_add(step?))).collect();
    Ok(Arc::new(sums.with_timezone("UTC")))
}

fn severities(numbers: &[u8]) -> Result<ArrayRef> {
    let words = Arc::new(StringArray::from(severity::WORDS.to_vec()));
    let keys = numbers.iter().map(|number| i32::try_from(severity::rank(*number)).ok());
    Ok(Arc::new(DictionaryArray::try_new(keys.collect::<arrow::array::Int32Array>(), words)?))
}

/// The first that has a value.
fn either(first: &StringArray, second: &StringArray) -> StringArray {
    if first.null_count() == 0 || second.null_count() == second.len() {
        return first.clone();
    }
    first.iter().zip(second).map(|(first, second)| first.or(second)).collect()
}

fn of_json(json: &StringArray, key: &str) -> StringArray {
    json.iter().map(|json| typed_json::text_in(json?, key)).collect()
}

/// The attribute of the first event or link that has it.
fn first_in_lists(stored: &RecordBatch, column: &str, key: &str) -> Result<StringArray> {
    let lists = stored_column(stored, column)?.as_list::<i32>();
    let json = lists
        .values()
        .as_struct()
        .column_by_name("attributes")
        .and_then(|json| json.as_string_opt::<i32>())
        .ok_or_else(|| internal_datafusion_err!("{column} have no attributes"))?;
    let offsets = lists.value_offsets();
    let first = |row: usize| {
        (offsets[row]..offsets[row + 1]).find_map(|entry| {
            let json = json.value(usize::try_from(entry).unwrap_or_default());
            typed_json::text_in(json, key)
        })
    };
    Ok((0..lists.len()).map(first).collect())
}
