//! The attribute set: keys that depend on the operation form one text, and every attribute stays what it was.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, DictionaryArray, ListArray, RecordBatch, StringArray, StructArray, UInt8Array,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Int32Type};
use daymark_model::attribute::ValueType;
use daymark_model::rows;
use daymark_model::signal::Table;
use daymark_segment::{AttributeIs, Input, Level, Predicate, Projection, RowRanges, Segment, verify};
use proptest::prelude::*;

use crate::folder::{of_rows, read_all, written};
use crate::merging::{merged, whole};
use crate::rows::{Draw, Random};

/// Keys whose values the operation decides, hostile ones among them.
const DECIDED: [&str; 9] =
    ["http.route", "", "$b", "a\"b\\", "naïve\u{0}", "attr.x$i", "attrs", "x\ny", "{\"k\":1}"];
/// Keys whose values it does not.
const FREE: [&str; 2] = ["user.id", "größe"];

const VALUES: [(ValueType, &str); 24] = [
    (ValueType::Empty, ""),
    (ValueType::Text, ""),
    (ValueType::Text, "null"),
    (ValueType::Text, "3"),
    (ValueType::Text, "\"},{\u{1}\\"),
    (ValueType::Text, "日本語 \u{1f980}"),
    (ValueType::Bool, "true"),
    (ValueType::Bool, "false"),
    (ValueType::Int, "0"),
    (ValueType::Int, "-9223372036854775808"),
    (ValueType::Int, "007"),
    (ValueType::Double, "3"),
    (ValueType::Double, "3.0"),
    (ValueType::Double, "-0.0"),
    (ValueType::Double, "1e300"),
    (ValueType::Double, "NaN"),
    (ValueType::Double, "-Infinity"),
    (ValueType::Array, "[]"),
    (ValueType::Array, "[1,\"]\",{\"a\":null}]"),
    (ValueType::Map, "{}"),
    (ValueType::Map, "{\"$m\":{\"$b\":\"x\"}}"),
    (ValueType::Map, "{\"$b\":\"AA==\"}"),
    (ValueType::Bytes, ""),
    (ValueType::Bytes, "AAEC"),
];

/// The attributes of a row of an operation.
fn attributes(random: &mut Random, operation: u64) -> Vec<(&'static str, ValueType, String)> {
    let mut list = Vec::new();
    for (number, key) in (0..).zip(DECIDED) {
        let mut decided = Random::new(operation * 100 + number);
        if decided.below(3) > 0 {
            let turn = u64::from(random.below(50) == 0);
            let (kind, value) = VALUES[((decided.next() + turn) % VALUES.len() as u64) as usize];
            list.push((key, kind, value.to_owned()));
        }
    }
    for key in FREE {
        if random.below(2) == 0 {
            let (kind, value) = VALUES[random.below(VALUES.len() as u64) as usize];
            let value = if kind == ValueType::Text { random.next().to_string() } else { value.to_owned() };
            list.push((key, kind, value));
        }
    }
    if random.below(100) == 0 {
        list.push(("rare", ValueType::Text, "once".to_owned()));
    }
    list
}

fn column(lists: &[Vec<(&'static str, ValueType, String)>]) -> ArrayRef {
    let entries = || lists.iter().flatten();
    let keys: DictionaryArray<Int32Type> = entries().map(|(key, ..)| *key).collect();
    let kinds: UInt8Array = entries().map(|(_, kind, _)| kind.code()).collect();
    let values: StringArray = entries().map(|(.., value)| Some(value)).collect();
    let columns: Vec<ArrayRef> = vec![Arc::new(keys), Arc::new(kinds), Arc::new(values)];
    let entries = StructArray::try_new(rows::attribute_fields(), columns, None).unwrap();
    let DataType::List(item) =
        rows::schema(Table::Spans).field_with_name("attrs_rest").unwrap().data_type().clone()
    else {
        panic!("attributes are no list")
    };
    Arc::new(ListArray::new(
        item,
        OffsetBuffer::from_lengths(lists.iter().map(Vec::len)),
        Arc::new(entries),
        None,
    ))
}

/// Rows whose attributes depend on what names their operation.
fn batch(table: Table, seed: u64, count: usize) -> RecordBatch {
    let plain = Draw::new(table, seed).batch(count);
    let mut random = Random::new(!seed);
    let operations: Vec<u64> = (0..count).map(|_| random.below(6)).collect();
    let words = |modulus: u64| -> ArrayRef {
        let words = operations.iter().map(|operation| ["a", "b", "c"][(operation % modulus) as usize]);
        Arc::new(words.collect::<DictionaryArray<Int32Type>>())
    };
    let lists: Vec<_> = operations.iter().map(|operation| attributes(&mut random, *operation)).collect();
    let schema = plain.schema();
    let columns =
        schema.fields().iter().zip(plain.columns()).map(|(field, column_of)| match field.name().as_str() {
            "attrs_rest" => column(&lists),
            "service" => words(2),
            "name" | "scope_name" => words(3),
            "kind" => words(1),
            "severity_number" => Arc::new(UInt8Array::from(vec![9; count])),
            _ => Arc::clone(column_of),
        });
    let columns = columns.collect();
    RecordBatch::try_new(Arc::clone(&schema), columns).unwrap()
}

fn asked(table: Table) -> Projection {
    let keys = DECIDED.iter().chain(&FREE).chain(&["rare", "absent"]).map(|key| (*key).to_owned());
    let id = if table == Table::Spans { "span_id" } else { "template_id" };
    Projection { columns: vec![id.to_owned()], keys: keys.collect(), attributes: true }
}

/// The rows as a multiset of texts.
fn bag(rows: &RecordBatch) -> Vec<String> {
    let mut bag: Vec<_> =
        (0..rows.num_rows()).map(|row| format!("{:?}", rows.slice(row, 1).columns())).collect();
    bag.sort_unstable();
    bag
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn every_attribute_is_what_it_was(is_spans: bool, seed: u64, sizes in prop::collection::vec(200_usize..700, 2..4)) {
        let table = if is_spans { Table::Spans } else { Table::Logs };
        let batches: Vec<_> = sizes.iter().zip(seed..).map(|(count, seed)| batch(table, seed, *count)).collect();
        let asked = asked(table);
        let expected = bag(&of_rows(table, &asked, &batches));
        let (mut dirs, mut inputs) = (Vec::new(), Vec::new());
        for batch in &batches {
            let (dir, segment) = written(table, std::slice::from_ref(batch));
            let (merged_dir, segment, _) = merged(table, Level::L1, &[whole(segment)]);
            prop_assert!(!segment.meta().set_keys.is_empty());
            prop_assert_eq!(verify(merged_dir.path()), vec![]);
            dirs.extend([dir, merged_dir]);
            let rows = RowRanges::all(segment.meta().rows);
            inputs.push(Input { segment, rows });
        }
        let (dir, segment, _) = merged(table, Level::L2, &inputs);
        prop_assert_eq!(verify(dir.path()), vec![]);
        prop_assert_eq!(bag(&read_all(&segment, &asked)), expected);
        assert_in_one_place(&segment);
        assert_found(&segment, &asked);
    }
}

/// As a foreign reader sees it: the set is JSON, its keys have no other place, no row has a key twice.
fn assert_in_one_place(segment: &Segment) {
    let meta = segment.meta();
    assert!(!meta.set_keys.is_empty());
    assert!(meta.own_columns.iter().all(|own| !meta.set_keys.contains(&own.key)));
    assert!(!meta.set_keys.iter().any(|key| FREE.contains(&key.as_str())), "{:?}", meta.set_keys);
    let file = std::fs::File::open(segment.dir().join("data.parquet")).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let id = &reader.schema().field_with_name("attrs").unwrap().metadata()["PARQUET:field_id"];
    assert_eq!(id, "901");
    for batch in reader.build().unwrap() {
        let batch = batch.unwrap();
        let set = arrow::compute::cast(batch.column_by_name("attrs").unwrap(), &DataType::Utf8).unwrap();
        let rest = batch.column_by_name("attrs_rest").unwrap().as_list::<i32>();
        for row in 0..batch.num_rows() {
            let set = set.as_string::<i32>();
            let set: HashMap<String, serde_json::Value> = match set.is_valid(row) {
                true => serde_json::from_str(set.value(row)).unwrap(),
                false => HashMap::new(),
            };
            assert!(set.keys().all(|key| meta.set_keys.contains(key)));
            let rest = rest.value(row);
            let rest = rest.as_struct().column_by_name("key").unwrap().as_dictionary::<Int32Type>().clone();
            let rest = rest.downcast_dict::<StringArray>().unwrap();
            let mut seen = HashSet::new();
            assert!(
                rest.into_iter()
                    .flatten()
                    .all(|key| seen.insert(key) && !meta.set_keys.iter().any(|other| other == key))
            );
        }
    }
}

/// Every value is found by its key, and one that no row has is known to be absent.
fn assert_found(segment: &Segment, asked: &Projection) {
    let keys = Projection { keys: asked.keys.clone(), ..Projection::default() };
    let rows = read_all(segment, &keys);
    let ask = |key: &str, value: &str| {
        segment.candidates(&Predicate {
            attributes: vec![AttributeIs::exactly(key, value)],
            ..Predicate::default()
        })
    };
    let ask_in_any_case = |key: &str, value: &str| {
        let asked = AttributeIs { in_any_case: true, ..AttributeIs::exactly(key, value.to_lowercase()) };
        segment.candidates(&Predicate { attributes: vec![asked], ..Predicate::default() })
    };
    for (key, column) in asked.keys.iter().zip(rows.columns()) {
        let values = column.as_string::<i32>();
        for row in (0..values.len()).filter(|row| values.is_valid(*row)) {
            assert!(ask(key, values.value(row)).contains(row as u32), "{key:?} in row {row}");
            assert!(ask_in_any_case(key, values.value(row)).contains(row as u32), "{key:?} in row {row}");
        }
    }
    for key in &segment.meta().set_keys {
        assert!(ask(key, "no one has this").is_empty(), "{key:?}");
        assert!(ask_in_any_case(key, "no one has this").is_empty(), "{key:?}");
    }
}
