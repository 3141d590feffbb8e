//! Rows out equal rows in, for every table, whatever the sizes of the batches.

use arrow::array::UInt32Array;
use arrow::array::{Array, AsArray};
use arrow::compute::take_record_batch;
use daymark_model::signal::Table;
use daymark_segment::{Projection, RowRanges, verify};
use proptest::prelude::*;

use crate::folder::{everything, of_rows, read, read_all, written};
use crate::rows::{Draw, Random, resources, series};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn every_row_comes_back(table in prop::sample::select(Table::ALL.to_vec()), seed: u64, sizes in prop::collection::vec(1_usize..1_500, 1..4)) {
        let mut draw = Draw::new(table, seed);
        let rows: Vec<_> = sizes.iter().map(|count| draw.batch(*count)).collect();
        let (dir, segment) = written(table, &rows);
        let all = everything(table);
        let expected = of_rows(table, &all, &rows);
        prop_assert_eq!(read_all(&segment, &all), expected.clone());
        prop_assert_eq!(verify(dir.path()), vec![]);

        let mut random = Random::new(seed);
        let some: RowRanges = (0..segment.meta().rows).filter(|_| random.below(5) == 0).collect();
        let chosen = UInt32Array::from_iter_values(some.rows());
        prop_assert_eq!(read(&segment, &all, &some), take_record_batch(&expected, &chosen).unwrap());
    }
}

#[test]
fn several_row_groups_and_blocks_are_one_run_of_rows() {
    let mut draw = Draw::new(Table::Points, 7);
    let rows = [draw.batch(50_000), draw.batch(30_000)];
    let (dir, segment) = written(Table::Points, &rows);
    let all = Projection::all(Table::Points);
    let expected = of_rows(Table::Points, &all, &rows);
    assert_eq!(read_all(&segment, &all), expected);
    let ranges: RowRanges = [0..1, 65_530..65_540, 79_999..80_000].into_iter().collect();
    let chosen = UInt32Array::from_iter_values(ranges.rows());
    assert_eq!(read(&segment, &all, &ranges), take_record_batch(&expected, &chosen).unwrap());
    assert_eq!(segment.blocks().len(), 20);
    assert_eq!(segment.blocks().last().unwrap().rows, 77_824..80_000);
    assert_eq!(verify(dir.path()), []);
}

#[test]
fn resources_and_series_come_back() {
    let (_dir, segment) = written(Table::Points, &[Draw::new(Table::Points, 1).batch(10)]);
    assert_eq!(segment.resources(), resources());
    assert_eq!(segment.series(), series());
    assert_eq!(segment.damage(), []);
}

#[test]
fn a_segment_without_rows_is_whole() {
    let (dir, segment) = written(Table::Spans, &[]);
    assert_eq!(read_all(&segment, &everything(Table::Spans)).num_rows(), 0);
    assert_eq!(verify(dir.path()), []);
}

#[test]
fn only_a_count_can_be_asked() {
    let (_dir, segment) = written(Table::Logs, &[Draw::new(Table::Logs, 1).batch(3_000)]);
    let rows = segment.read(&Projection::default(), &RowRanges::all(3_000), 8_192).unwrap();
    assert_eq!(rows.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), 3_000);
}

#[test]
fn an_unknown_column_is_an_error_and_an_unknown_key_is_null() {
    let (_dir, segment) = written(Table::Spans, &[Draw::new(Table::Spans, 1).batch(5)]);
    for name in ["nothing", "attrs_rest"] {
        assert!(segment.read(&Projection::columns([name]), &RowRanges::all(5), 10).is_err(), "{name}");
    }
    let key = Projection { keys: vec!["nothing".into()], ..Projection::default() };
    let answer = read_all(&segment, &key);
    assert_eq!(answer.column(0).as_string::<i32>().null_count(), 5);
}
