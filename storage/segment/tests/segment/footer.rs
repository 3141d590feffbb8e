//! What a foreign reader sees: encodings, compression, field ids, pages that line up.

use std::fs::File;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, DictionaryArray, RecordBatch, StringArray, UInt8Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type};
use daymark_model::rows;
use daymark_model::signal::Table;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, Encoding};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};

use daymark_segment::Projection;

use crate::folder::{of_rows, read_all, written};
use crate::rows::Draw;

fn metadata(dir: &std::path::Path) -> ParquetMetaData {
    let file = File::open(dir.join("data.parquet")).unwrap();
    let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Required);
    reader.parse_and_finish(&file).unwrap()
}

#[test]
fn every_column_has_its_encoding() {
    let cases = [
        (Table::Spans, "trace_id", Encoding::PLAIN),
        (Table::Spans, "service", Encoding::RLE_DICTIONARY),
        (Table::Spans, "start", Encoding::BYTE_STREAM_SPLIT),
        (Table::Spans, "duration_ns", Encoding::BYTE_STREAM_SPLIT),
        (Table::Spans, "flags", Encoding::RLE_DICTIONARY),
        (Table::Spans, "attrs_rest.list.item.key", Encoding::RLE_DICTIONARY),
        (Table::Spans, "attrs_rest.list.item.value", Encoding::PLAIN),
        (Table::Spans, "events.list.item.name", Encoding::RLE_DICTIONARY),
        (Table::Logs, "time", Encoding::DELTA_BINARY_PACKED),
        (Table::Logs, "observed_delta_ns", Encoding::BYTE_STREAM_SPLIT),
        (Table::Logs, "body", Encoding::PLAIN),
        (Table::Points, "value_f64", Encoding::BYTE_STREAM_SPLIT),
        (Table::Points, "value_i64", Encoding::DELTA_BINARY_PACKED),
        (Table::Points, "series_id", Encoding::RLE_DICTIONARY),
    ];
    for (table, column, expected) in cases {
        let (dir, _segment) = written(table, &[Draw::new(table, 3).batch(3_000)]);
        let metadata = metadata(dir.path());
        let chunk =
            metadata.row_group(0).columns().iter().find(|chunk| chunk.column_path().string() == column);
        let chunk = chunk.unwrap_or_else(|| panic!("{table} has no {column}"));
        assert!(chunk.encodings().any(|encoding| encoding == expected), "{table} {column}: {chunk:?}");
        let is_dictionary = expected == Encoding::RLE_DICTIONARY;
        assert_eq!(chunk.dictionary_page_offset().is_some(), is_dictionary, "{table} {column}");
        assert_eq!(chunk.compression(), Compression::LZ4_RAW, "{table} {column}");
    }
}

#[test]
fn every_stored_column_has_a_field_id_of_its_own() {
    for table in Table::ALL {
        let (dir, _segment) = written(table, &[Draw::new(table, 3).batch(10)]);
        let metadata = metadata(dir.path());
        let root = metadata.file_metadata().schema_descr().root_schema_ptr();
        let id = |field: &parquet::schema::types::Type| {
            assert!(field.get_basic_info().has_id(), "{table} {}", field.name());
            field.get_basic_info().id()
        };
        let mut ids: Vec<_> = root.get_fields().iter().map(|field| id(field)).collect();
        assert_eq!(ids.len(), rows::schema(table).fields().len());
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), rows::schema(table).fields().len(), "{table}");
    }
}

#[test]
fn pages_are_blocks_or_quarters_of_them() {
    let cases = [
        (Table::Spans, "service", 4_096),
        (Table::Spans, "status", 4_096),
        (Table::Spans, "start", 1_024),
        (Table::Spans, "duration_ns", 1_024),
        (Table::Spans, "trace_id", 1_024),
        (Table::Spans, "parent_span_id", 4_096),
        (Table::Logs, "service", 1_024),
        (Table::Logs, "body", 1_024),
        (Table::Logs, "time", 1_024),
    ];
    for (table, column, page) in cases {
        let mut draw = Draw::new(table, 3);
        let rows = [draw.batch(3_000), draw.batch(3_000), draw.batch(6_500)];
        let (dir, _segment) = written(table, &rows);
        let metadata = metadata(dir.path());
        let columns = metadata.row_group(0).columns();
        let at = columns.iter().position(|chunk| chunk.column_path().string() == column).unwrap();
        let pages = metadata.offset_index().unwrap()[0][at].page_locations();
        let firsts: Vec<_> = pages.iter().map(|page| page.first_row_index as usize).collect();
        let expected: Vec<_> = (0..12_500).step_by(page).collect();
        assert_eq!(firsts, expected, "{table} {column}");
    }
}

#[test]
fn long_values_cut_pages_earlier_and_come_back() {
    let template = Draw::new(Table::Logs, 3).batch(48);
    let (body, _) = template.schema().column_with_name("body").unwrap();
    let mut columns = template.columns().to_vec();
    columns[body] =
        Arc::new((0..48).map(|row| Some(format!("{row:08}").repeat(1 << 17))).collect::<StringArray>());
    let rows = RecordBatch::try_new(template.schema(), columns).unwrap();
    let (dir, segment) = written(Table::Logs, std::slice::from_ref(&rows));
    let metadata = metadata(dir.path());
    let pages = metadata.offset_index().unwrap()[0][body].page_locations();
    assert!(pages.len() > 2, "{} pages for 48 MiB", pages.len());
    let all = Projection::all(Table::Logs);
    assert!(read_all(&segment, &all) == of_rows(Table::Logs, &all, &[rows]));
}

#[test]
fn a_severity_text_that_repeats_the_number_is_null_and_none_is_empty() {
    let numbers = [9, 12, 9, 9, 0, 0, 17];
    let texts = [Some("INFO"), Some("INFO"), Some("info"), None, None, Some("UNSET"), Some("WARN")];
    let template = Draw::new(Table::Logs, 3).batch(numbers.len());
    let schema = template.schema();
    let columns = schema.fields().iter().zip(template.columns()).map(|(field, column)| -> ArrayRef {
        match field.name().as_str() {
            "severity_number" => Arc::new(UInt8Array::from(numbers.to_vec())),
            "severity_text" => Arc::new(texts.into_iter().collect::<DictionaryArray<Int32Type>>()),
            _ => Arc::clone(column),
        }
    });
    let rows = RecordBatch::try_new(Arc::clone(&schema), columns.collect()).unwrap();
    let (dir, segment) = written(Table::Logs, std::slice::from_ref(&rows));

    let file = File::open(dir.path().join("data.parquet")).unwrap();
    let mut reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let stored =
        cast(reader.next().unwrap().unwrap().column_by_name("severity_text").unwrap(), &DataType::Utf8);
    let expected = [None, None, Some("info"), Some(""), Some(""), None, Some("WARN")];
    assert_eq!(stored.unwrap().as_string::<i32>(), &StringArray::from(expected.to_vec()));

    let asked = Projection::columns(["severity_text"]);
    assert_eq!(read_all(&segment, &asked).column(0).as_string::<i32>(), &StringArray::from(texts.to_vec()));
}
