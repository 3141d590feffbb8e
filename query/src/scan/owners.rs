//! What the rows of a batch belong to: their resources and series, each looked up once.
//!
//! A joined column is made from the few distinct owners and then spread over the rows.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, Int32Array, RecordBatch, StringArray,
    UInt32Array, UInt64Array,
};
use arrow::compute::take;
use arrow::datatypes::{DataType, Int32Type, UInt64Type};
use datafusion::common::Result;
use daymark_model::rows::{Resource, Series};

use crate::typed_json;

/// Finds what a row belongs to by the id in the row.
pub(crate) trait Describe {
    fn resource(&self, id: u64) -> Option<&Resource>;
    fn series(&self, id: u64) -> Option<&Series>;
}

#[derive(Clone, Copy, Debug, Default)]
struct Owner<'a> {
    resource: Option<&'a Resource>,
    series: Option<&'a Series>,
}

#[derive(Debug)]
pub(crate) struct Owners<'a> {
    /// For each row the position of its owner.
    of_row: Vec<u32>,
    distinct: Vec<Owner<'a>>,
}

impl<'a> Owners<'a> {
    /// Reads the column `series_id`, else `resource_id`; without either no row has an owner.
    pub(crate) fn of(stored: &RecordBatch, described: &'a dyn Describe) -> Self {
        let by_series = |id| {
            let series = described.series(id);
            Owner { series, resource: series.and_then(|series| described.resource(series.resource_id)) }
        };
        let by_resource = |id| Owner { series: None, resource: described.resource(id) };
        if let Some(ids) = ids(stored, "series_id") {
            Self::by(ids, by_series)
        } else if let Some(ids) = ids(stored, "resource_id") {
            Self::by(ids, by_resource)
        } else {
            Self { of_row: vec![0; stored.num_rows()], distinct: vec![Owner::default()] }
        }
    }

    fn by(ids: &UInt64Array, owner: impl Fn(u64) -> Owner<'a>) -> Self {
        let mut positions = HashMap::new();
        let mut distinct = Vec::new();
        let mut last = None;
        let mut of_row = Vec::with_capacity(ids.len());
        for id in ids.values() {
            // Neighbours mostly share their owner.
            let position = match last {
                Some((before, position)) if before == *id => position,
                _ => *positions.entry(*id).or_insert_with(|| {
                    distinct.push(owner(*id));
                    u32::try_from(distinct.len() - 1).unwrap_or(u32::MAX)
                }),
            };
            last = Some((*id, position));
            of_row.push(position);
        }
        Self { of_row, distinct }
    }

    /// A joined column in the type of its field.
    pub(crate) fn column(&self, name: &str, kind: &DataType) -> Result<ArrayRef> {
        match name {
            "monotonic" => {
                let values: BooleanArray = self
                    .distinct
                    .iter()
                    .map(|owner| Some(owner.series.is_some_and(|series| series.monotonic)))
                    .collect();
                self.spread(&values)
            }
            "resource_id" => {
                let values: UInt64Array = self
                    .distinct
                    .iter()
                    .map(|owner| Some(owner.series.map_or(0, |series| series.resource_id)))
                    .collect();
                self.spread(&values)
            }
            _ => {
                let texts: Vec<Option<&str>> = self.distinct.iter().map(|owner| owner.text(name)).collect();
                if matches!(kind, DataType::Dictionary(..)) {
                    self.dictionary(&texts)
                } else {
                    self.spread(&StringArray::from(texts))
                }
            }
        }
    }

    /// An attribute of the resource, for each row.
    pub(crate) fn resource_attribute(&self, key: &str) -> Result<StringArray> {
        self.attribute(key, |owner| owner.resource.map(|resource| resource.attributes.as_str()))
    }

    /// An attribute of the series, else of its resource, for each row.
    pub(crate) fn series_attribute(&self, key: &str) -> Result<StringArray> {
        self.attribute(key, |owner| owner.series.map(|series| series.attributes.as_str()))
    }

    /// An attribute of the series' scope, for each row.
    pub(crate) fn scope_attribute(&self, key: &str) -> Result<StringArray> {
        self.attribute(key, |owner| owner.series.and_then(|series| series.scope_attributes.as_deref()))
    }

    /// Whether the resource of any row has an attribute.
    pub(crate) fn have_attribute(&self, key: &str) -> bool {
        self.distinct.iter().any(|owner| {
            let json = owner.resource.map(|resource| resource.attributes.as_str());
            json.is_some_and(|json| typed_json::text_in(json, key).is_some())
        })
    }

    fn attribute(&self, key: &str, json: impl Fn(&Owner<'a>) -> Option<&'a str>) -> Result<StringArray> {
        let texts: StringArray = self
            .distinct
            .iter()
            .map(|owner| json(owner).and_then(|json| typed_json::text_in(json, key)))
            .collect();
        Ok(self.spread(&texts)?.as_string::<i32>().clone())
    }

    fn spread(&self, values: &dyn Array) -> Result<ArrayRef> {
        Ok(take(values, &UInt32Array::from(self.of_row.clone()), None)?)
    }

    /// A dictionary whose values are distinct, as grouping by its keys expects.
    fn dictionary(&self, texts: &[Option<&str>]) -> Result<ArrayRef> {
        let mut values: Vec<&str> = Vec::new();
        let mut codes: HashMap<&str, i32> = HashMap::new();
        let code_of_owner: Vec<Option<i32>> = texts
            .iter()
            .map(|text| {
                text.map(|text| {
                    *codes.entry(text).or_insert_with(|| {
                        values.push(text);
                        i32::try_from(values.len() - 1).unwrap_or(i32::MAX)
                    })
                })
            })
            .collect();
        let keys: Int32Array = self.of_row.iter().map(|owner| code_of_owner[*owner as usize]).collect();
        Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, Arc::new(StringArray::from(values)))?))
    }
}

impl<'a> Owner<'a> {
    fn text(&self, column: &str) -> Option<&'a str> {
        let resource = self.resource;
        let series = self.series;
        match column {
            "service" => Some(resource.map_or("unknown_service", |resource| resource.service.as_str())),
            "namespace" => resource?.namespace.as_deref(),
            "instance" => resource?.instance.as_deref(),
            "env" => resource?.env.as_deref(),
            "version" => resource?.version.as_deref(),
            "resource" => Some(resource.map_or("{}", |resource| resource.attributes.as_str())),
            "metric" => Some(series.map_or("", |series| series.metric.as_str())),
            "type" => Some(series.map_or("unknown", |series| series.kind)),
            "unit" => series?.unit.as_deref(),
            "temporality" => Some(series.map_or("unspecified", |series| series.temporality)),
            "scope_name" => series?.scope_name.as_deref(),
            "attributes" => Some(series.map_or("{}", |series| series.attributes.as_str())),
            "scope_attributes" => series?.scope_attributes.as_deref(),
            "schema_url" => series?.schema_url.as_deref(),
            _ => None,
        }
    }
}

fn ids<'b>(stored: &'b RecordBatch, column: &str) -> Option<&'b UInt64Array> {
    stored.column_by_name(column)?.as_primitive_opt::<UInt64Type>()
}
