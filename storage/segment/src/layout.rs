//! Stored columns of `data.parquet`: field ids, encodings and compression, each chosen explicitly.
//!
//! Every block (`Meta` tells the table, the table the rows of a block) starts a page. So does every quarter of one
//! in those columns of spans that most reads want a few rows of, and unpack whole pages for. Field ids are a
//! promise to foreign readers and never change.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use daymark_model::limits::{BLOCK_ROWS, BLOCK_ROWS_LOGS, ROW_GROUP_ROWS, ROW_GROUP_ROWS_L0};
use daymark_model::rows;
use daymark_model::signal::Table;
use parquet::arrow::{ArrowSchemaConverter, PARQUET_FIELD_ID_META_KEY};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::Result as ParquetResult;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};

use crate::attributes::{REST, SET};
use crate::meta::{Level, OwnColumn};
use crate::projection::own_type;

/// Rows alone cut pages: a value may be a megabyte, so this is only the bound of a page's 32-bit sizes.
const PAGE_BYTES: usize = 16 << 20;
/// Rows of a page in columns that are cut into more of them.
const QUARTER_ROWS: usize = 1_024;
const DICTIONARY_BYTES: usize = 128 << 10;
/// The dictionary of the attribute set.
pub(crate) const SET_BYTES: usize = 1 << 20;

/// Rows of a block, the unit of indexes.
pub(crate) fn block_rows(table: Table) -> usize {
    if table == Table::Logs { BLOCK_ROWS_LOGS } else { BLOCK_ROWS }
}

pub(crate) fn row_group_rows(level: Level) -> usize {
    if level == Level::L0 { ROW_GROUP_ROWS_L0 } else { ROW_GROUP_ROWS }
}

/// The columns of a file as it is flushed.
pub(crate) fn schema(table: Table) -> SchemaRef {
    merged_schema(table, false, &[])
}

/// The columns of a merged file: those of the table, then the attribute set, then own columns of attributes.
pub(crate) fn merged_schema(table: Table, has_set: bool, own: &[OwnColumn]) -> SchemaRef {
    let stored = rows::schema(table);
    let mut fields: Vec<Field> = stored.fields().iter().map(|field| with_id(table, field)).collect();
    fields.extend(has_set.then(|| with_id(table, &Field::new(SET, rows::dictionary(), true))));
    for OwnColumn { key, kind, column } in own {
        let kind_type = own_type(*kind).map_or(DataType::Utf8, |(_, stored)| stored);
        let about = [("daymark.key".to_owned(), key.clone()), ("daymark.type".to_owned(), kind.to_string())];
        fields.push(Field::new(column, kind_type, true).with_metadata(HashMap::from(about)));
    }
    Arc::new(Schema::new(fields))
}

fn with_id(table: Table, field: &Field) -> Field {
    let id = field_id(table, field.name());
    let about = id.map(|id| (PARQUET_FIELD_ID_META_KEY.to_owned(), id.to_string()));
    field.clone().with_metadata(about.into_iter().collect())
}

/// The Parquet field id of a stored column.
pub(crate) fn field_id(table: Table, column: &str) -> Option<i32> {
    let special = match column {
        SET => Some(901),
        REST => Some(902),
        "observed_delta_ns" => Some(904),
        _ => None,
    };
    let ids: &[(i32, &str)] = match table {
        Table::Spans => SPAN_IDS,
        Table::Logs => LOG_IDS,
        Table::Exemplars => EXEMPLAR_IDS,
        Table::Points => POINT_IDS,
        Table::Histograms => HISTOGRAM_IDS,
        Table::ExpHistograms => EXP_HISTOGRAM_IDS,
        Table::Summaries => SUMMARY_IDS,
    };
    let head: &[(i32, &str)] =
        if matches!(table, Table::Spans | Table::Logs | Table::Exemplars) { &[] } else { METRIC_IDS };
    let listed = head.iter().chain(ids).find(|(_, name)| *name == column).map(|(id, _)| *id);
    special.or(listed)
}

const SPAN_IDS: &[(i32, &str)] = &[
    (1, "trace_id"),
    (2, "span_id"),
    (3, "parent_span_id"),
    (4, "trace_state"),
    (5, "flags"),
    (6, "service"),
    (11, "name"),
    (12, "kind"),
    (13, "start"),
    (14, "duration_ns"),
    (16, "status"),
    (17, "status_message"),
    (18, "scope_name"),
    (19, "scope_version"),
    (20, "resource_id"),
    (23, "events"),
    (24, "links"),
    (25, "dropped_attributes"),
    (26, "dropped_events"),
    (27, "dropped_links"),
    (28, "peer"),
    (29, "source"),
    (30, "tier"),
    (31, "stream"),
    (32, "quality"),
    (33, "adjusted_count"),
    (34, "scope_attributes"),
    (35, "schema_url"),
];

const LOG_IDS: &[(i32, &str)] = &[
    (1, "time"),
    (4, "severity_number"),
    (5, "severity_text"),
    (6, "service"),
    (11, "body"),
    (12, "body_kind"),
    (13, "trace_id"),
    (14, "span_id"),
    (15, "flags"),
    (16, "event_name"),
    (17, "scope_name"),
    (18, "scope_version"),
    (19, "resource_id"),
    (22, "dropped_attributes"),
    (23, "template_id"),
    (24, "source"),
    (25, "tier"),
    (26, "stream"),
    (27, "quality"),
    (29, "scope_attributes"),
    (30, "schema_url"),
];

const METRIC_IDS: &[(i32, &str)] =
    &[(6, "series_id"), (16, "start"), (17, "time"), (18, "flags"), (19, "source"), (20, "stream")];

const POINT_IDS: &[(i32, &str)] = &[(22, "value_f64"), (23, "value_i64")];

const HISTOGRAM_IDS: &[(i32, &str)] =
    &[(21, "count"), (22, "sum"), (23, "min"), (24, "max"), (25, "bounds"), (26, "counts")];

const EXP_HISTOGRAM_IDS: &[(i32, &str)] = &[
    (21, "count"),
    (22, "sum"),
    (23, "min"),
    (24, "max"),
    (25, "scale"),
    (26, "zero_count"),
    (27, "zero_threshold"),
    (28, "positive_offset"),
    (29, "positive_counts"),
    (30, "negative_offset"),
    (31, "negative_counts"),
];

const SUMMARY_IDS: &[(i32, &str)] = &[(21, "count"), (22, "sum"), (23, "quantiles")];

const EXEMPLAR_IDS: &[(i32, &str)] = &[
    (1, "metric"),
    (2, "series_id"),
    (3, "time"),
    (4, "value"),
    (5, "trace_id"),
    (6, "span_id"),
    (7, "service"),
    (8, "attributes"),
    (9, "stream"),
];

/// How one leaf column is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Dictionary,
    Plain,
    Split,
    Delta,
}

/// The style of a leaf by the name of its column and, in a nested one, of its field.
pub(crate) fn style(table: Table, column: &str, leaf: &str) -> Style {
    match (column, leaf) {
        (REST, "key" | "type") | ("events", "name") | ("links", "trace_state") => Style::Dictionary,
        (REST | "events" | "links", _) => Style::Plain,
        ("trace_id" | "parent_span_id" | "span_id" | "body", _) => Style::Plain,
        ("start", _) if table == Table::Spans => Style::Split,
        ("duration_ns" | "observed_delta_ns" | "value_f64" | "value" | "sum" | "min" | "max", _) => {
            Style::Split
        }
        ("quantiles", "value") => Style::Split,
        ("time" | "value_i64" | "count", _) => Style::Delta,
        ("attributes", _) => Style::Plain,
        _ => Style::Dictionary,
    }
}

/// Writer properties with every column's choice made.
pub(crate) fn properties(table: Table, level: Level, schema: &Schema) -> ParquetResult<WriterProperties> {
    let fast = level == Level::L0;
    let compression = if fast { Compression::LZ4_RAW } else { Compression::ZSTD(ZstdLevel::try_new(3)?) };
    let rows = block_rows(table);
    let mut builder = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by("daymark".into())
        .set_compression(compression)
        .set_max_row_group_row_count(Some(row_group_rows(level)))
        .set_data_page_row_count_limit(rows)
        .set_write_batch_size(rows.min(QUARTER_ROWS))
        .set_data_page_size_limit(PAGE_BYTES)
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        .set_statistics_enabled(EnabledStatistics::None);
    for leaf in ArrowSchemaConverter::new().convert(schema)?.columns() {
        let path = leaf.path().clone();
        let column = path.parts().first().map_or("", String::as_str).to_owned();
        let is_boolean = leaf.physical_type() == parquet::basic::Type::BOOLEAN;
        let style = if is_boolean { Style::Plain } else { style(table, &column, leaf.name()) };
        let encoding = match style {
            Style::Dictionary | Style::Plain => Encoding::PLAIN,
            Style::Split => Encoding::BYTE_STREAM_SPLIT,
            Style::Delta => Encoding::DELTA_BINARY_PACKED,
        };
        builder = builder
            .set_column_dictionary_enabled(path.clone(), style == Style::Dictionary)
            .set_column_encoding(path.clone(), encoding);
        if let Some(bytes) = quartered(table, &column) {
            builder = builder.set_column_data_page_size_limit(path.clone(), QUARTER_ROWS * bytes);
        }
        if column == SET {
            builder = builder.set_column_dictionary_page_size_limit(path.clone(), SET_BYTES);
        }
        if column == "span_id" {
            builder = builder.set_column_compression(path.clone(), Compression::UNCOMPRESSED);
        } else if column == "body" && !fast {
            builder = builder.set_column_compression(path.clone(), Compression::ZSTD(ZstdLevel::try_new(9)?));
        }
        if has_statistics(table, &column, leaf.physical_type()) {
            builder = builder.set_column_statistics_enabled(path, EnabledStatistics::Page);
        }
    }
    Ok(builder.build())
}

/// The bytes of a value in columns of small pages.
fn quartered(table: Table, column: &str) -> Option<usize> {
    match column {
        "trace_id" if table == Table::Spans => Some(16),
        "span_id" | "start" | "duration_ns" if table == Table::Spans => Some(8),
        _ => None,
    }
}

/// Statistics pay only where values of neighbours are near each other or few: times and numbers asked by range.
fn has_statistics(table: Table, column: &str, kind: parquet::basic::Type) -> bool {
    let is_number = matches!(kind, parquet::basic::Type::INT64 | parquet::basic::Type::DOUBLE);
    column == table.time_column() || column == "duration_ns" || (column.starts_with("attr.") && is_number)
}
