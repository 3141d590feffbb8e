//! Several segments become one: the same rows in the promised order, repeats gone, keys in own columns.

use std::sync::Arc;

use arrow::array::{Array, AsArray, Int64Array, ListArray, RecordBatch, UInt64Array};
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::datatypes::{DataType, TimestampNanosecondType, UInt64Type};
use arrow::row::{RowConverter, SortField};
use daymark_model::signal::Table;
use daymark_segment::{
    Around, AttributeIs, Error, Input, Level, MergeStats, Predicate, Projection, ReadCache, RowRanges,
    Segment, Spec, Window, merge, verify,
};
use daymark_vfs::RealFs;
use proptest::prelude::*;
use tempfile::TempDir;

use crate::folder::{everything, of_rows, read, read_all, spec, written};
use crate::rows::{Draw, Random, SECOND, START};

pub(crate) fn merged(table: Table, level: Level, inputs: &[Input]) -> (TempDir, Arc<Segment>, MergeStats) {
    let dir = tempfile::tempdir().unwrap();
    let window = Some(Window { from: START, to: START + 600 * SECOND });
    let spec = Spec { level, window, ..spec(table) };
    let (meta, stats) = merge(&RealFs, dir.path(), &spec, inputs, alone()).unwrap();
    let segment = Segment::open(dir.path()).unwrap();
    assert_eq!(segment.meta(), &meta);
    // Exemplars ride on their points and are counted by nobody.
    if table != Table::Exemplars {
        assert_eq!(u64::from(meta.rows), stats.rows_in - dropped(&stats));
    }
    (dir, Arc::new(segment), stats)
}

fn dropped(stats: &MergeStats) -> u64 {
    stats.repeats.values().chain(stats.conflicts.values()).sum()
}

/// No other segments, and no hurry.
pub(crate) fn alone() -> Around<'static> {
    Around { beside: &|_| Ok(Vec::new()), is_stopped: &|| false }
}

#[test]
fn a_merge_ends_soon_when_it_is_told_to() {
    let (_dir, segment) = written(Table::Spans, &[Draw::new(Table::Spans, 7).batch(100)]);
    let inputs = [whole(segment)];
    let asked = std::cell::Cell::new(0);
    for patience in 1.. {
        asked.set(0);
        let is_stopped = || {
            asked.set(asked.get() + 1);
            asked.get() > patience
        };
        let dir = tempfile::tempdir().unwrap();
        match merge(
            &RealFs,
            dir.path(),
            &spec(Table::Spans),
            &inputs,
            Around { is_stopped: &is_stopped, ..alone() },
        ) {
            Ok(_) => break,
            Err(error) => assert!(matches!(error, Error::Stopped), "{error}"),
        }
        assert!(Segment::open(dir.path()).is_err());
    }
    assert!(asked.get() > 2, "asked before sorting, before rows are known, and before they are gathered");
}

pub(crate) fn whole(segment: Segment) -> Input {
    let rows = RowRanges::all(segment.meta().rows);
    Input { segment: Arc::new(segment), rows }
}

/// The rows as a multiset.
fn bag(rows: &RecordBatch) -> Vec<Vec<u8>> {
    let fields =
        rows.schema().fields().iter().map(|field| SortField::new(field.data_type().clone())).collect();
    let texts = RowConverter::new(fields).unwrap().convert_columns(rows.columns()).unwrap();
    let mut bag: Vec<_> = texts.iter().map(|text| text.as_ref().to_vec()).collect();
    bag.sort();
    bag
}

fn ids(rows: &RecordBatch) -> Vec<Option<Vec<u8>>> {
    let ids = rows.column_by_name("trace_id").unwrap().as_fixed_size_binary();
    ids.iter().map(|id| id.map(<[u8]>::to_vec)).collect()
}

/// Traces by their first instant, each together, in it by time; rows without a trace last.
fn assert_sorted(table: Table, rows: &RecordBatch) {
    let times =
        rows.column_by_name(table.time_column()).unwrap().as_primitive::<TimestampNanosecondType>().values();
    let ids = ids(rows);
    let mut keys = Vec::new();
    for (row, id) in ids.iter().enumerate() {
        let first = ids.iter().zip(times).filter(|(other, _)| *other == id).map(|(_, time)| *time).min();
        keys.push((id.is_none(), id.as_ref().and(first), id.clone(), times[row]));
    }
    assert!(keys.is_sorted());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn the_same_rows_come_back_sorted(is_spans: bool, seed: u64, sizes in prop::collection::vec(1_usize..700, 1..4)) {
        let table = if is_spans { Table::Spans } else { Table::Logs };
        let mut draw = Draw::new(table, seed);
        let rows: Vec<_> = sizes.iter().map(|count| draw.batch(*count)).collect();
        let mut random = Random::new(seed);
        let (mut folders, mut inputs, mut chosen) = (vec![], vec![], vec![]);
        for rows in &rows {
            let (dir, segment) = written(table, std::slice::from_ref(rows));
            let some: Vec<_> = (0..rows.num_rows()).map(|_| random.below(10) > 0).collect();
            let taken = some.iter().zip(0_u32..).filter(|(taken, _)| **taken).map(|(_, row)| row);
            inputs.push(Input { segment: Arc::new(segment), rows: taken.collect() });
            chosen.push(filter_record_batch(rows, &some.into()).unwrap());
            folders.push(dir);
        }
        let all = everything(table);
        let expected = bag(&of_rows(table, &all, &chosen));
        let (dir, first, stats) = merged(table, Level::L1, &inputs);
        prop_assert_eq!(dropped(&stats), 0);
        prop_assert_eq!(verify(dir.path()), vec![]);
        let answer = read_all(&first, &all);
        assert_sorted(table, &answer);
        prop_assert_eq!(bag(&answer), expected.clone());

        // A part of a merged segment, and the rest of it, merge to the same.
        let half = RowRanges::all(first.meta().rows / 2);
        let rest = RowRanges::all(first.meta().rows).without(&half);
        let parts = [rest, half].map(|rows| merged(table, Level::L1, &[Input { segment: Arc::clone(&first), rows }]));
        let inputs = parts.each_ref().map(|(_, segment, _)| Input { segment: Arc::clone(segment), rows: RowRanges::all(segment.meta().rows) });
        let (dir, second, _) = merged(table, Level::L2, &inputs);
        prop_assert_eq!(verify(dir.path()), vec![]);
        let answer = read_all(&second, &all);
        assert_sorted(table, &answer);
        prop_assert_eq!(bag(&answer), expected);
        for id in ids(&answer).into_iter().flatten().take(5) {
            let id = daymark_model::id::TraceId(id.try_into().unwrap());
            prop_assert!(second.trace_rows(id).as_slice().len() <= 2);
        }
    }

    #[test]
    fn a_resent_segment_changes_nothing_but_lines(table in prop::sample::select(Table::ALL.to_vec()), seed: u64, count in 1_usize..300) {
        let rows = Draw::new(table, seed).batch(count);
        let (_once_dir, once, _) = merged(table, Level::L1, &[whole(written(table, std::slice::from_ref(&rows)).1)]);
        let again = [whole(written(table, std::slice::from_ref(&rows)).1), whole(written(table, &[rows]).1)];
        let (dir, twice, _) = merged(table, Level::L1, &again);
        prop_assert_eq!(verify(dir.path()), vec![]);
        let all = everything(table);
        if table == Table::Logs {
            prop_assert_eq!(twice.meta().rows, 2 * once.meta().rows);
        } else {
            prop_assert_eq!(read_all(&twice, &all), read_all(&once, &all));
        }
    }
}

fn points(times: &[i64], values: &[i64]) -> RecordBatch {
    let template = Draw::new(Table::Points, 1).batch(1);
    let schema = template.schema();
    let times = times.iter().map(|time| Some(START + time * SECOND));
    let replace = |(number, name): (usize, &str)| -> arrow::array::ArrayRef {
        match name {
            "time" => Arc::new(
                times.clone().collect::<arrow::array::TimestampNanosecondArray>().with_timezone("UTC"),
            ),
            "value_i64" => Arc::new(Int64Array::from(values.to_vec())),
            "series_id" => Arc::new(UInt64Array::from(vec![1; values.len()])),
            _ => {
                arrow::compute::take(template.column(number), &UInt64Array::from(vec![0; values.len()]), None)
                    .unwrap()
            }
        }
    };
    let columns =
        schema.fields().iter().map(|field| field.name().as_str()).enumerate().map(replace).collect();
    RecordBatch::try_new(schema, columns).unwrap()
}

#[test]
fn of_points_for_one_instant_the_last_received_counts() {
    let early = whole(written(Table::Points, &[points(&[1, 2, 3], &[10, 20, 30])]).1);
    let late = whole(written(Table::Points, &[points(&[3, 1], &[31, 10])]).1);
    let (_dir, segment, stats) = merged(Table::Points, Level::L1, &[early, late]);
    let values = read_all(&segment, &Projection::columns(["value_i64"]));
    assert_eq!(values.column(0).as_ref(), &Int64Array::from(vec![10, 20, 31]));
    assert_eq!(stats.repeats.values().sum::<u64>(), 1);
    assert_eq!(stats.conflicts.values().sum::<u64>(), 1);
}

#[test]
fn points_are_sorted_by_metric_series_and_time() {
    let (_dir, segment, _) = merged(
        Table::Points,
        Level::L1,
        &[whole(written(Table::Points, &[Draw::new(Table::Points, 4).batch(900)]).1)],
    );
    let rows = read_all(&segment, &Projection::columns(["series_id", "time"]));
    let metric = |id: u64| segment.series().iter().find(|one| one.id == id).unwrap().metric.clone();
    let series = rows.column(0).as_primitive::<UInt64Type>().values().iter();
    let times = rows.column(1).as_primitive::<TimestampNanosecondType>().values();
    assert!(series.zip(times).map(|(id, time)| (metric(*id), *id, *time)).is_sorted());
}

#[test]
fn windows_part_the_rows_by_time() {
    let (_dir, segment) = written(Table::Logs, &[Draw::new(Table::Logs, 4).batch(500)]);
    let step = 600 * SECOND;
    let windows = segment.windows(step).unwrap();
    assert!(windows.len() > 1);
    assert_eq!(windows.values().map(RowRanges::count).sum::<usize>(), 500);
    for (from, rows) in &windows {
        let times = read(&segment, &Projection::columns(["time"]), rows);
        let times = times.column(0).as_primitive::<TimestampNanosecondType>().values();
        assert!(times.iter().all(|time| (*from..from + step).contains(time)));
    }
}

#[test]
fn frequent_keys_have_columns_of_their_type() {
    let (dir, segment, _) = merged(
        Table::Spans,
        Level::L1,
        &[whole(written(Table::Spans, &[Draw::new(Table::Spans, 4).batch(3_000)]).1)],
    );
    let names: Vec<_> = segment.meta().own_columns.iter().map(|own| own.column.as_str()).collect();
    for name in ["attr.user.id", "attr.user.id$i", "attr.user.id$f", "attr.user.id$b", "attr.daymark.é"] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    // The text of key `x$i` and the integer of key `x` want the same name: one of them has it.
    assert_eq!(names.iter().filter(|name| **name == "attr.x$i").count(), 1);

    let file = std::fs::File::open(dir.path().join("data.parquet")).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let field = reader.schema().field_with_name("attr.user.id$i").unwrap().clone();
    assert_eq!(field.data_type(), &DataType::Int64);
    assert_eq!(field.metadata()["daymark.key"], "user.id");
    assert_eq!(field.metadata()["daymark.type"], "3");
    let schema = Arc::clone(reader.schema());
    let batches: Vec<_> = reader.build().unwrap().map(Result::unwrap).collect();
    let rows = concat_batches(&schema, &batches).unwrap();
    let rest: &ListArray = rows.column_by_name("attrs_rest").unwrap().as_list();
    let keys = rest.values().as_struct().column_by_name("type").unwrap().len();
    assert!(keys < 8 * 3_000 / 4, "{keys} attributes are left in the list");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn attribute_blooms_hide_no_row(is_spans: bool, seed: u64, count in 1_usize..5_000) {
        let table = if is_spans { Table::Spans } else { Table::Logs };
        let input = whole(written(table, &[Draw::new(table, seed).batch(count)]).1);
        let (_dir, segment, _) = merged(table, Level::L1, &[input]);
        let keys = ["user.id", "x", "x$i", "daymark.é"];
        let rows = read_all(&segment, &Projection { keys: keys.map(String::from).into(), ..Projection::default() });
        let cache = ReadCache::new(usize::MAX);
        for (key, column) in keys.iter().zip(rows.columns()) {
            let values = column.as_string::<i32>();
            for row in (0..values.len()).step_by(97).filter(|row| values.is_valid(*row)) {
                let exact = AttributeIs::exactly(*key, values.value(row));
                let folded = vec!["nobody".to_owned(), values.value(row).to_lowercase()];
                let folded = AttributeIs { values: folded, in_any_case: true, ..exact.clone() };
                for asked in [exact, folded] {
                    let predicate = Predicate { attributes: vec![asked.clone()], ..Predicate::default() };
                    let candidates = segment.candidates(&predicate);
                    prop_assert_eq!(&segment.candidates_with(&cache, &predicate, &mut |_| ()), &candidates);
                    prop_assert!(candidates.contains(row as u32), "{asked:?} hides row {row}");
                }
            }
        }
        let absent = |number: usize| vec![AttributeIs::exactly("user.id", format!("nobody-{number}"))];
        let found = (0..100).filter(|number| {
            !segment.candidates(&Predicate { attributes: absent(*number), ..Predicate::default() }).is_empty()
        });
        prop_assert!(found.count() < 15);
    }
}
