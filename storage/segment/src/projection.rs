//! What a reader asks for and gets, whatever holds the rows: a buffer, a level 0 file or a merged one.
//!
//! Attributes are stored in up to three places of a row (the set, a column of their own key, the list of
//! the rest); here they come together again, so that the answer does not depend on where they were.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayAccessor, ArrayRef, AsArray, DictionaryArray, Int32Array, RecordBatch, RecordBatchOptions,
    StringArray, StringBuilder, new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Int32Type, Schema, SchemaRef};
use daymark_model::attribute::ValueType;
use daymark_model::rows;
use daymark_model::signal::Table;

use crate::attributes::{Attribute, AttributeLists, REST, SET, has_attributes, write_json};
use crate::error::{Error, Result};
use crate::meta::OwnColumn;
use crate::set::AttributeSets;

/// The name of the column that answers [`Projection::attributes`].
pub(crate) const ATTRIBUTES: &str = "attributes";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Projection {
    /// Stored columns of the table, by name; not `attrs_rest`.
    pub columns: Vec<String>,
    /// Attribute keys, each answered as a nullable column `attr.<key>` of texts by number. Values may come more
    /// than once: where each row has one of its own, the numbers are those of the rows.
    pub keys: Vec<String>,
    /// Whether to answer a text column `attributes`: all attributes of the row as one typed JSON object.
    pub attributes: bool,
}

impl Projection {
    /// All a table has: every column, and the attributes as JSON.
    pub fn all(table: Table) -> Self {
        let schema = rows::schema(table);
        let columns = schema.fields().iter().map(|field| field.name().clone());
        Self {
            columns: columns.filter(|name| name != REST).collect(),
            keys: Vec::new(),
            attributes: has_attributes(table),
        }
    }

    /// Some columns without attributes.
    pub fn columns<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// The schema of the answer: the columns, then the keys, then the JSON.
    pub fn schema(&self, table: Table) -> Result<SchemaRef> {
        let stored = rows::schema(table);
        let mut fields = Vec::with_capacity(self.columns.len() + self.keys.len() + 1);
        for name in &self.columns {
            let field = stored.field_with_name(name).ok().filter(|_| name != REST);
            let field = field.ok_or_else(|| Error::Input(format!("{table} has no stored column {name}")))?;
            fields.push(field.clone());
        }
        fields.extend(self.keys.iter().map(|key| Field::new(own_name(key, ""), rows::dictionary(), true)));
        if self.attributes {
            fields.push(Field::new(ATTRIBUTES, DataType::Utf8, false));
        }
        Ok(Arc::new(Schema::new(fields)))
    }

    /// The answer over rows in buffer layout.
    pub fn of_rows(&self, table: Table, rows: &RecordBatch) -> Result<RecordBatch> {
        self.of_stored(&self.schema(table)?, rows, &[])
    }

    /// The answer over columns of a file, of which `own` hold one attribute each.
    pub(crate) fn of_stored(
        &self,
        schema: &SchemaRef,
        stored: &RecordBatch,
        own: &[OwnColumn],
    ) -> Result<RecordBatch> {
        let mut columns = Vec::with_capacity(schema.fields().len());
        for name in &self.columns {
            columns.push(Arc::clone(column(stored, name)?));
        }
        if !self.keys.is_empty() || self.attributes {
            let attributes = RowAttributes::of(stored, own)?;
            columns.extend(attributes.keys(&self.keys));
            if self.attributes {
                columns.push(attributes.json());
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(stored.num_rows()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
    }
}

pub(crate) fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef> {
    batch.column_by_name(name).ok_or_else(|| Error::Input(format!("no column {name} in the rows")))
}

/// The column of an attribute key; the suffix tells types other than text apart.
pub(crate) fn own_name(key: &str, suffix: &str) -> String {
    format!("attr.{key}{suffix}")
}

/// Whether a column of a file holds attributes.
pub(crate) fn holds_attributes(own: &[OwnColumn], name: &str) -> bool {
    name == REST || name == SET || own.iter().any(|own| own.column == name)
}

/// The attributes of a batch: own columns as text, the set, and the list of the rest.
pub(crate) struct RowAttributes<'a> {
    rows: usize,
    own: Vec<OwnTexts<'a>>,
    sets: Option<AttributeSets<'a>>,
    rest: Option<AttributeLists<'a>>,
}

struct OwnTexts<'a> {
    key: &'a str,
    kind: u8,
    texts: Cow<'a, StringArray>,
}

impl<'a> RowAttributes<'a> {
    /// Takes what stands in the batch; columns that were not read are left out.
    pub(crate) fn of(stored: &'a RecordBatch, own: &'a [OwnColumn]) -> Result<Self> {
        let mut texts = Vec::new();
        for OwnColumn { key, kind, column } in own {
            if let Some(column) = stored.column_by_name(column) {
                texts.push(OwnTexts { key, kind: *kind, texts: as_text(column)? });
            }
        }
        let rest = stored.column_by_name(REST).map(AttributeLists::of).transpose()?;
        let sets = stored.column_by_name(SET).map(AttributeSets::of).transpose()?;
        Ok(Self { rows: stored.num_rows(), own: texts, sets, rest })
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Key and type of each own column; its number is its position here.
    pub(crate) fn own_keys(&self) -> impl Iterator<Item = (&'a str, u8)> {
        self.own.iter().map(|own| (own.key, own.kind))
    }

    /// The keys of the list; a key's number is its position here.
    pub(crate) fn listed_keys(&self) -> impl Iterator<Item = &'a str> {
        self.rest.iter().flat_map(|rest| rest.names().iter()).map(Option::unwrap_or_default)
    }

    /// The attributes of a row that stand in own columns, each with the number of its column.
    pub(crate) fn own_of(&self, row: usize) -> impl Iterator<Item = (usize, Attribute<'_>)> {
        let own = self.own.iter().enumerate().filter(move |(_, own)| own.texts.is_valid(row));
        own.map(move |(number, own)| {
            (number, Attribute { key: own.key, kind: own.kind, value: own.texts.value(row) })
        })
    }

    pub(crate) fn sets(&self) -> Option<&AttributeSets<'a>> {
        self.sets.as_ref()
    }

    /// The attributes of a row that stand in the set.
    pub(crate) fn set_of(&self, row: usize) -> impl Iterator<Item = Attribute<'_>> {
        self.sets.iter().flat_map(move |sets| sets.row(row))
    }

    /// The attributes of a row that stand in the list, each with the number of its key.
    pub(crate) fn listed_of(&self, row: usize) -> impl Iterator<Item = (usize, Attribute<'a>)> {
        self.rest.into_iter().flat_map(move |rest| rest.row(row))
    }

    fn json(&self) -> ArrayRef {
        let mut out = StringBuilder::with_capacity(self.rows, self.rows * 64);
        let (mut text, mut list) = (String::new(), Vec::new());
        for row in 0..self.rows {
            list.clear();
            list.extend(self.own_of(row).map(|(_, attribute)| attribute));
            list.extend(self.set_of(row));
            list.extend(self.listed_of(row).map(|(_, attribute)| attribute));
            text.clear();
            write_json(&mut list, &mut text);
            out.append_value(&text);
        }
        Arc::new(out.finish())
    }

    fn keys(&self, keys: &[String]) -> Vec<ArrayRef> {
        let from_rest = self.rest.map(|rest| keys_of_lists(&rest, keys));
        keys.iter()
            .enumerate()
            .map(|(number, key)| {
                let rest = from_rest.as_ref().map(|columns| &columns[number]);
                let own = self.own.iter().filter(|own| own.key == key).map(|own| own.texts.as_ref());
                let of_set = self.sets.as_ref().map(|sets| sets.key(key));
                first_of(self.rows, own.chain(rest).collect(), of_set)
            })
            .collect()
    }
}

/// For each row the first place that has a value. A row has a key in one place only.
fn first_of(
    len: usize,
    mut places: Vec<&StringArray>,
    of_set: Option<DictionaryArray<Int32Type>>,
) -> ArrayRef {
    places.retain(|texts| texts.null_count() < len);
    let of_set = of_set.filter(|set| set.null_count() < len);
    let texts = match (places.as_slice(), of_set) {
        ([], None) => return new_null_array(&rows::dictionary(), len),
        ([], Some(set)) => return Arc::new(set),
        ([only], None) => (*only).clone(),
        (several, set) => {
            let set = set.as_ref().and_then(|set| set.downcast_dict::<StringArray>());
            let value = |row: usize| {
                let own = several.iter().find(|texts| texts.is_valid(row)).map(|texts| texts.value(row));
                own.or_else(|| set.as_ref().and_then(|set| set.is_valid(row).then(|| set.value(row))))
            };
            (0..len).map(value).collect::<StringArray>()
        }
    };
    let numbers = Int32Array::from_iter_values((0..len).filter_map(|row| i32::try_from(row).ok()));
    Arc::new(DictionaryArray::new(numbers, Arc::new(texts)))
}

fn keys_of_lists(lists: &AttributeLists<'_>, keys: &[String]) -> Vec<StringArray> {
    let wanted: Vec<Option<usize>> =
        lists.names().iter().map(|name| keys.iter().position(|key| Some(key.as_str()) == name)).collect();
    let mut columns: Vec<_> = keys.iter().map(|_| StringBuilder::new()).collect();
    let mut found = vec![None; keys.len()];
    for row in 0..lists.rows() {
        for (number, attribute) in lists.row(row) {
            if let Some(key) = wanted[number] {
                found[key] = found[key].or(attribute.text());
            }
        }
        for (column, value) in columns.iter_mut().zip(&mut found) {
            column.append_option(value.take());
        }
    }
    columns.iter_mut().map(StringBuilder::finish).collect()
}

/// The values of an own column as the text they came from.
fn as_text(column: &ArrayRef) -> Result<Cow<'_, StringArray>> {
    if let Some(texts) = column.as_string_opt::<i32>() {
        return Ok(Cow::Borrowed(texts));
    }
    if let Some(doubles) = column.as_primitive_opt::<Float64Type>() {
        return Ok(Cow::Owned(doubles.iter().map(|value| value.map(double_text)).collect()));
    }
    let texts = cast(column, &DataType::Utf8)?;
    Ok(Cow::Owned(texts.as_string::<i32>().clone()))
}

/// The text of a double, as attribute values write it.
pub(crate) fn double_text(value: f64) -> String {
    if value.is_nan() {
        "NaN".into()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity".into() } else { "-Infinity".into() }
    } else {
        ryu::Buffer::new().format_finite(value).into()
    }
}

/// How an own column of a type is named and stored; other types have none.
pub(crate) fn own_type(kind: u8) -> Option<(&'static str, DataType)> {
    match ValueType::from_code(kind)? {
        ValueType::Text => Some(("", DataType::Utf8)),
        ValueType::Int => Some(("$i", DataType::Int64)),
        ValueType::Double => Some(("$f", DataType::Float64)),
        ValueType::Bool => Some(("$b", DataType::Boolean)),
        _ => None,
    }
}
