//! Rows with less in their keys have the sums of the rows they are made of.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::UInt64Type;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use daymark_aggregate::{Aggregate, Sketch, Sums, condensed};
use proptest::prelude::*;

use crate::forest::forest;

const RED: [&str; 6] = ["bucket", "service", "namespace", "env", "version", "entry"];
const EDGES: [&str; 7] = ["bucket", "client", "server", "server_kind", "link", "namespace", "env"];

type Told = BTreeMap<Vec<String>, (Vec<u64>, Vec<Sketch>)>;

/// Numbers and sketches by key.
fn told(rows: &RecordBatch, keys: &[&str], numbers: &[&str], sketches: &[&str]) -> Told {
    let options = FormatOptions::default();
    let texts: Vec<_> = keys
        .iter()
        .map(|key| ArrayFormatter::try_new(rows.column_by_name(key).unwrap().as_ref(), &options).unwrap())
        .collect();
    let is_entry = |row: usize| {
        let entries = rows.column_by_name("entry").map(|entries| entries.as_boolean());
        entries.is_none_or(|entries| entries.value(row))
    };
    let mut told = Told::new();
    for row in 0..rows.num_rows() {
        let key = texts.iter().map(|text| text.value(row).to_string()).collect();
        let new = || (vec![0; numbers.len()], vec![Sketch::default(); sketches.len()]);
        let (sums, merged) = told.entry(key).or_insert_with(new);
        for (sum, name) in sums.iter_mut().zip(numbers) {
            let column = rows.column_by_name(name).unwrap().as_primitive::<UInt64Type>();
            *sum = sum.saturating_add(if column.is_valid(row) { column.value(row) } else { 0 });
        }
        for (sketch, name) in merged.iter_mut().zip(sketches).filter(|_| is_entry(row)) {
            let bytes = rows.column_by_name(name).unwrap().as_binary::<i32>().value(row);
            sketch.merge_bytes(bytes).unwrap();
        }
    }
    told
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_is_put_together_sums_up(seed: u64) {
        let mut sums = Sums::default();
        sums.rest(&forest(seed, true), &[]);
        let red = |rows: &RecordBatch| told(rows, &RED, &["count", "errors", "sum_ns"], &["sketch"]);
        let edges = |rows: &RecordBatch| {
            let numbers = ["count", "errors", "client_sum_ns", "server_sum_ns", "queue_sum_ns", "mtls"];
            told(rows, &EDGES, &numbers, &["client_sketch", "server_sketch"])
        };
        let rows = Aggregate::Red.rows(&sums).unwrap();
        let less = condensed(Aggregate::Red, &rows).unwrap();
        prop_assert_eq!(red(&less), red(&rows));
        // Failed spans and others are still told apart.
        let counts = less.column_by_name("count").unwrap().as_primitive::<UInt64Type>();
        let errors = less.column_by_name("errors").unwrap().as_primitive::<UInt64Type>();
        prop_assert!(counts.iter().zip(errors).all(|(count, errors)| errors == Some(0) || errors == count));
        let rows = Aggregate::Edges.rows(&sums).unwrap();
        prop_assert_eq!(edges(&condensed(Aggregate::Edges, &rows).unwrap()), edges(&rows));
    }
}
