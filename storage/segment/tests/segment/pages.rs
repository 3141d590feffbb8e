//! Our way to the pages of a file answers what the Parquet crate's own answers.

use std::fs::File;
use std::sync::Arc;

use arrow::array::RecordBatch;
use daymark_model::signal::Table;
use daymark_segment::{Level, Projection, ReadCache, RowRanges, Segment};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReaderBuilder, RowSelection};
use proptest::prelude::*;

use crate::folder::{plain, written};
use crate::merging::{merged, whole};
use crate::rows::{Draw, Random};

/// Room for some dictionaries.
const SMALL: usize = 1 << 10;

/// Columns that a file holds as they are answered.
fn columns(table: Table) -> Projection {
    let mut all = Projection::all(table);
    all.columns.retain(|name| name != "severity_text");
    Projection { attributes: false, ..all }
}

fn theirs(segment: &Segment, asked: &Projection, rows: &RowRanges, batch_rows: usize) -> Vec<RecordBatch> {
    let file = File::open(segment.dir().join("data.parquet")).unwrap();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let names = asked.columns.iter().map(String::as_str);
    let roots = builder.schema().fields().iter().enumerate();
    let names: Vec<_> = names.collect();
    let roots = roots.filter(|(_, field)| names.contains(&field.name().as_str())).map(|(root, _)| root);
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
    let ranges = rows.as_slice().iter().map(|range| range.start as usize..range.end as usize);
    let selection = RowSelection::from_consecutive_ranges(ranges, segment.meta().rows as usize);
    let reader = builder.with_projection(mask).with_row_selection(selection).with_batch_size(batch_rows);
    reader.build().unwrap().map(Result::unwrap).collect()
}

fn assert_same(segment: &Segment, seed: u64) {
    let mut random = Random::new(seed);
    let asked = columns(segment.table());
    let (large, small) = (Arc::new(ReadCache::new(usize::MAX)), Arc::new(ReadCache::new(SMALL)));
    for _ in 0..4 {
        let gap = 1 + random.below(3_000);
        let run = 1 + random.below(600);
        let mut rows = RowRanges::default();
        let mut at = random.below(gap) as u32;
        while at < segment.meta().rows {
            let end = at + 1 + random.below(run) as u32;
            rows.push(at..end.min(segment.meta().rows));
            at = end + random.below(gap) as u32;
        }
        let batch_rows = [17, 100, 1_000, 100_000][random.below(4) as usize];
        let ours: Vec<_> = segment.read(&asked, &rows, batch_rows).unwrap().map(Result::unwrap).collect();
        assert_eq!(ours.iter().map(RecordBatch::num_rows).sum::<usize>(), rows.count());
        if rows.is_empty() {
            continue;
        }
        let theirs = plain(&theirs(segment, &asked, &rows, batch_rows));
        assert_eq!(plain(&ours), theirs, "{rows:?}");
        // Once dictionaries are kept, again with what was kept, and with room for few.
        for cache in [&large, &large, &small] {
            let ours = segment.read_with(cache, &asked, &rows, batch_rows).unwrap().map(Result::unwrap);
            assert_eq!(plain(&ours.collect::<Vec<_>>()), theirs, "{rows:?}");
        }
        assert!(small.bytes() <= SMALL);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5))]

    #[test]
    fn any_selection_reads_as_with_the_crates_reader(table in prop::sample::select(Table::ALL.to_vec()), seed: u64, count in 1_usize..5_000) {
        let rows = Draw::new(table, seed).batch(count);
        let (_dir, flushed) = written(table, &[rows]);
        assert_same(&flushed, seed);
        let (_merged_dir, merged, _) = merged(table, Level::L1, &[whole(flushed)]);
        assert_same(&merged, seed);
    }
}

#[test]
fn selections_across_row_groups_read_the_same() {
    let mut draw = Draw::new(Table::Points, 7);
    let (_dir, segment) = written(Table::Points, &[draw.batch(50_000), draw.batch(30_000)]);
    assert_same(&segment, 11);
}
