//! Arrow layout of the rows in buffers and L0 segments: what decode writes and every reader starts from.
//!
//! Column names are those of the public tables ([`crate::tables`]). Two columns exist only here: `attrs_rest`
//! holds all attributes of a row, and `observed_delta_ns` is `observed_time - time`.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};

use crate::signal::Table;

/// A low-cardinality text.
pub fn dictionary() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// An instant.
pub fn instant() -> DataType {
    DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()))
}

fn list(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", item, false)))
}

/// One attribute: key, [`crate::attribute::ValueType`] code, value as text.
pub fn attribute_fields() -> Fields {
    Fields::from(vec![
        Field::new("key", dictionary(), false),
        Field::new("type", DataType::UInt8, false),
        Field::new("value", DataType::Utf8, false),
    ])
}

/// A span event; `attributes` is typed JSON.
pub fn event_fields() -> Fields {
    Fields::from(vec![
        Field::new("time", instant(), false),
        Field::new("name", DataType::Utf8, false),
        Field::new("attributes", DataType::Utf8, false),
    ])
}

/// A span link; `attributes` is typed JSON.
pub fn link_fields() -> Fields {
    Fields::from(vec![
        Field::new("trace_id", DataType::FixedSizeBinary(16), false),
        Field::new("span_id", DataType::FixedSizeBinary(8), false),
        Field::new("trace_state", DataType::Utf8, true),
        Field::new("attributes", DataType::Utf8, false),
    ])
}

/// A quantile of a summary.
pub fn quantile_fields() -> Fields {
    Fields::from(vec![
        Field::new("quantile", DataType::Float64, false),
        Field::new("value", DataType::Float64, false),
    ])
}

/// The stored columns of a table.
pub fn schema(table: Table) -> SchemaRef {
    let fields = match table {
        Table::Spans => spans(),
        Table::Logs => logs(),
        Table::Points => points(),
        Table::Histograms => histograms(),
        Table::ExpHistograms => exp_histograms(),
        Table::Summaries => summaries(),
        Table::Exemplars => exemplars(),
    };
    Arc::new(Schema::new(fields))
}

fn required(name: &str, kind: DataType) -> Field {
    Field::new(name, kind, false)
}

fn optional(name: &str, kind: DataType) -> Field {
    Field::new(name, kind, true)
}

fn attributes() -> Field {
    required("attrs_rest", list(DataType::Struct(attribute_fields())))
}

fn spans() -> Vec<Field> {
    vec![
        required("trace_id", DataType::FixedSizeBinary(16)),
        required("span_id", DataType::FixedSizeBinary(8)),
        optional("parent_span_id", DataType::FixedSizeBinary(8)),
        optional("trace_state", DataType::Utf8),
        required("flags", DataType::UInt32),
        required("service", dictionary()),
        required("name", dictionary()),
        required("kind", dictionary()),
        required("start", instant()),
        required("duration_ns", DataType::Int64),
        required("status", dictionary()),
        optional("status_message", DataType::Utf8),
        optional("scope_name", dictionary()),
        optional("scope_version", dictionary()),
        required("resource_id", DataType::UInt64),
        required("events", list(DataType::Struct(event_fields()))),
        required("links", list(DataType::Struct(link_fields()))),
        required("dropped_attributes", DataType::UInt32),
        required("dropped_events", DataType::UInt32),
        required("dropped_links", DataType::UInt32),
        optional("peer", dictionary()),
        required("source", dictionary()),
        required("tier", dictionary()),
        required("stream", dictionary()),
        required("quality", DataType::UInt32),
        required("adjusted_count", DataType::Float64),
        optional("scope_attributes", DataType::Utf8),
        optional("schema_url", dictionary()),
        attributes(),
    ]
}

fn logs() -> Vec<Field> {
    vec![
        required("time", instant()),
        optional("observed_delta_ns", DataType::Int64),
        required("severity_number", DataType::UInt8),
        optional("severity_text", dictionary()),
        required("service", dictionary()),
        optional("body", DataType::Utf8),
        required("body_kind", dictionary()),
        optional("trace_id", DataType::FixedSizeBinary(16)),
        optional("span_id", DataType::FixedSizeBinary(8)),
        required("flags", DataType::UInt32),
        optional("event_name", dictionary()),
        optional("scope_name", dictionary()),
        optional("scope_version", dictionary()),
        required("resource_id", DataType::UInt64),
        required("dropped_attributes", DataType::UInt32),
        optional("template_id", DataType::UInt64),
        required("source", dictionary()),
        required("tier", dictionary()),
        required("stream", dictionary()),
        required("quality", DataType::UInt32),
        optional("scope_attributes", DataType::Utf8),
        optional("schema_url", dictionary()),
        attributes(),
    ]
}

/// What the four metric tables have in common. All that describes the series is in [`Series`].
fn point_head() -> Vec<Field> {
    vec![
        required("series_id", DataType::UInt64),
        optional("start", instant()),
        required("time", instant()),
        required("flags", DataType::UInt32),
        required("source", dictionary()),
        required("stream", dictionary()),
    ]
}

fn points() -> Vec<Field> {
    let mut fields = point_head();
    fields.push(optional("value_f64", DataType::Float64));
    fields.push(optional("value_i64", DataType::Int64));
    fields
}

fn distribution() -> Vec<Field> {
    let mut fields = point_head();
    fields.extend([
        required("count", DataType::UInt64),
        optional("sum", DataType::Float64),
        optional("min", DataType::Float64),
        optional("max", DataType::Float64),
    ]);
    fields
}

fn histograms() -> Vec<Field> {
    let mut fields = distribution();
    fields.push(required("bounds", list(DataType::Float64)));
    fields.push(required("counts", list(DataType::UInt64)));
    fields
}

fn exp_histograms() -> Vec<Field> {
    let mut fields = distribution();
    fields.extend([
        required("scale", DataType::Int32),
        required("zero_count", DataType::UInt64),
        required("zero_threshold", DataType::Float64),
        required("positive_offset", DataType::Int32),
        required("positive_counts", list(DataType::UInt64)),
        required("negative_offset", DataType::Int32),
        required("negative_counts", list(DataType::UInt64)),
    ]);
    fields
}

fn summaries() -> Vec<Field> {
    let mut fields = point_head();
    fields.push(required("count", DataType::UInt64));
    fields.push(required("sum", DataType::Float64));
    fields.push(required("quantiles", list(DataType::Struct(quantile_fields()))));
    fields
}

fn exemplars() -> Vec<Field> {
    vec![
        required("metric", dictionary()),
        required("series_id", DataType::UInt64),
        required("time", instant()),
        required("value", DataType::Float64),
        optional("trace_id", DataType::FixedSizeBinary(16)),
        optional("span_id", DataType::FixedSizeBinary(8)),
        required("service", dictionary()),
        required("attributes", DataType::Utf8),
        required("stream", dictionary()),
    ]
}

/// One distinct resource: stored once per segment and joined by its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Resource {
    /// xxh3-64 of `attributes`.
    pub id: u64,
    pub service: String,
    pub namespace: Option<String>,
    pub instance: Option<String>,
    pub env: Option<String>,
    pub version: Option<String>,
    /// All resource attributes as typed JSON.
    pub attributes: String,
}

/// One metric series: stored once per segment and joined by its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Series {
    /// xxh3-64 of `attributes`, seeded with that of what describes the metric, its scope and its resource.
    pub id: u64,
    pub metric: String,
    /// gauge, sum, histogram, exp_histogram, summary.
    pub kind: &'static str,
    pub unit: Option<String>,
    pub description: Option<String>,
    /// cumulative, delta, unspecified.
    pub temporality: &'static str,
    pub monotonic: bool,
    pub resource_id: u64,
    pub scope_name: Option<String>,
    pub scope_version: Option<String>,
    pub scope_attributes: Option<String>,
    pub schema_url: Option<String>,
    /// Attributes of the points as typed JSON.
    pub attributes: String,
}
