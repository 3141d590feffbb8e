//! Sums over spans: made anew by a merge of all that it sees, and from the rows when their file is damaged.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, DictionaryArray, RecordBatch, UInt64Array};
use arrow::compute::{cast, concat_batches, take};
use arrow::datatypes::{DataType, Int32Type, UInt64Type};
use daymark_aggregate::{Aggregate, Sums};
use daymark_model::signal::Table;
use daymark_segment::{Level, ReadCache, Segment, Spec, Window, merge, verify};
use daymark_vfs::RealFs;

use crate::folder::{plain, spec, written};
use crate::merging::{alone, merged, whole};
use crate::rows::{Draw, Random, SECOND, START};

const KINDS: [&str; 5] = ["unspecified", "internal", "server", "client", "producer"];

/// Spans of a few traces with parents among them.
fn families(seed: u64, count: usize) -> RecordBatch {
    let rows = Draw::new(Table::Spans, seed).batch(count);
    let mut random = Random::new(seed + 1);
    // A parent is of the same trace.
    let mut parent = |row: u64| (random.below(4) > 0).then(|| random.below(count as u64 / 5) * 5 + row % 5);
    let parents: UInt64Array = (0..count as u64).map(&mut parent).collect();
    let trace: UInt64Array = (0..count as u64).map(|row| Some(row % 5)).collect();
    let kinds: DictionaryArray<Int32Type> = (0..count).map(|_| Some(random.pick(&KINDS))).collect();
    let column = |name: &str| -> ArrayRef {
        let stored = |name| rows.column_by_name(name).unwrap();
        match name {
            "parent_span_id" => take(stored("span_id"), &parents, None).unwrap(),
            "trace_id" => take(stored("trace_id"), &trace, None).unwrap(),
            "kind" => Arc::new(kinds.clone()),
            _ => Arc::clone(stored(name)),
        }
    };
    let columns = rows.schema().fields().iter().map(|field| column(field.name())).collect();
    RecordBatch::try_new(rows.schema(), columns).unwrap()
}

fn rows(batch: &RecordBatch) -> RecordBatch {
    plain(std::slice::from_ref(batch))
}

/// All that is counted, whether in the files or open: the answer over these segments.
fn answer(segments: &[Segment]) -> Vec<u64> {
    let open: Vec<_> = segments.iter().flat_map(|segment| segment.open_spans().unwrap()).collect();
    let traces: HashSet<_> = open.iter().map(|span| span.trace).collect();
    let spans = |segment: &Segment| segment.spans(&traces, &segment.all_rows()).unwrap();
    let others: Vec<_> = segments.iter().flat_map(spans).collect();
    let mut rest = Sums::default();
    rest.rest(&open, &others);
    let count = |aggregate: Aggregate| {
        let kept = segments.iter().map(|segment| segment.aggregate(aggregate).unwrap());
        let all: Vec<_> = kept.chain([aggregate.rows(&rest).unwrap()]).collect();
        let all = concat_batches(&aggregate.schema(), &all).unwrap();
        let counts = all.column_by_name("count").unwrap().as_primitive::<UInt64Type>();
        counts.values().iter().sum()
    };
    Aggregate::ALL.into_iter().map(count).collect()
}

#[test]
fn a_merge_counts_what_its_inputs_left_open() {
    let all = families(3, 300);
    let parts: Vec<_> = (0..3).map(|part| written(Table::Spans, &[all.slice(part * 100, 100)])).collect();
    let (dirs, segments): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let (_dir, single) = written(Table::Spans, &[all]);
    let expected = answer(std::slice::from_ref(&single));
    assert_eq!(answer(&segments), expected);
    let open: usize = segments.iter().map(|segment| segment.open_spans().unwrap().len()).sum();
    let inputs: Vec<_> = segments.into_iter().map(whole).collect();
    let (merged_dir, merged, _) = merged(Table::Spans, Level::L1, &inputs);
    assert!(merged.open_spans().unwrap().len() < open / 2, "{open}");
    for aggregate in Aggregate::ALL {
        assert_eq!(rows(&merged.aggregate(aggregate).unwrap()), rows(&single.aggregate(aggregate).unwrap()));
    }
    assert_eq!(verify(merged_dir.path()), []);
    // Nothing is open any more once no more rows are expected.
    let closed = tempfile::tempdir().unwrap();
    let window = Some(Window { from: START, to: START + 7_200 * SECOND });
    let spec = Spec { level: Level::L2, window, is_final: true, ..spec(Table::Spans) };
    merge(&RealFs, closed.path(), &spec, &[whole(single)], alone()).unwrap();
    assert_eq!(verify(closed.path()), []);
    let closed = Segment::open(closed.path()).unwrap();
    assert!(!closed.is_open() && closed.open_spans().unwrap().is_empty());
    assert_eq!(answer(&[closed]), expected);
    drop(dirs);
}

#[test]
fn damaged_sums_are_made_anew_from_the_rows() {
    for is_final in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let spec = Spec { is_final, ..spec(Table::Spans) };
        let resources = crate::rows::resources();
        daymark_segment::write(&RealFs, dir.path(), &spec, &[families(4, 200)], &resources, &[]).unwrap();
        let whole = Segment::open(dir.path()).unwrap();
        let expected: Vec<_> =
            Aggregate::ALL.map(|aggregate| rows(&whole.aggregate(aggregate).unwrap())).into();
        let open = whole.open_spans().unwrap().len();
        assert_eq!(open == 0, is_final);
        for file in
            ["red.parquet", "red_instances.parquet", "edges.parquet", "pending.parquet", "near.parquet"]
        {
            let path = dir.path().join(file);
            let Ok(mut bytes) = fs::read(&path) else { continue };
            bytes[100] ^= 1;
            fs::write(&path, bytes).unwrap();
            assert!(verify(dir.path()).iter().any(|finding| finding.file == file));
        }
        let damaged = Segment::open(dir.path()).unwrap();
        assert_eq!(damaged.open_spans().unwrap().len(), open);
        let anew: Vec<_> =
            Aggregate::ALL.map(|aggregate| rows(&damaged.aggregate(aggregate).unwrap())).into();
        assert_eq!(anew, expected);
    }
}

/// What is read of one service is what all sums say of it, and damage costs time, not rows.
#[test]
fn sums_of_one_service_are_read_by_themselves() {
    let (dir, segment) = written(Table::Spans, &[families(5, 12_000)]);
    assert!(dir.path().join("red.idx").exists());
    let cache = Arc::new(ReadCache::new(1 << 20));
    let mut told = Vec::new();
    for aggregate in Aggregate::ALL {
        let whole = segment.aggregate(aggregate).unwrap();
        let keys = keys(&whole, aggregate);
        for key in ["nobody".to_owned()].into_iter().chain(keys.iter().cloned().collect::<BTreeSet<_>>()) {
            let expected = keys.iter().filter(|known| **known == key).count();
            let found = segment.aggregate_of(&cache, aggregate, &key).unwrap();
            let is_read_apart = whole.num_rows() > 8_192;
            if is_read_apart {
                assert_eq!(found.num_rows(), expected, "{key}");
                let first = keys.iter().position(|known| *known == key).unwrap_or_default();
                assert_eq!(rows(&found), rows(&whole.slice(first, expected)), "{key}");
            }
            told.push((aggregate, key, found.num_rows()));
        }
    }
    for (file, byte) in [("red.idx", 40), ("red.parquet", 5_000)] {
        let path = dir.path().join(file);
        let mut bytes = fs::read(&path).unwrap();
        bytes[byte] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert!(verify(dir.path()).iter().any(|finding| finding.file == file), "{file}");
        let damaged = Segment::open(dir.path()).unwrap();
        for (aggregate, key, _) in &told {
            let found = damaged.aggregate_of(&cache, *aggregate, key).unwrap();
            let of_key = keys(&found, *aggregate).iter().filter(|known| *known == key).count();
            let expected = keys(&segment.aggregate(*aggregate).unwrap(), *aggregate);
            assert_eq!(of_key, expected.iter().filter(|known| *known == key).count(), "{file}: {key}");
        }
    }
}

fn keys(rows: &RecordBatch, aggregate: Aggregate) -> Vec<String> {
    let name = if aggregate == Aggregate::Edges { "client" } else { "service" };
    let texts = cast(rows.column_by_name(name).unwrap(), &DataType::Utf8).unwrap();
    texts.as_string::<i32>().iter().map(|text| text.unwrap().to_owned()).collect()
}
