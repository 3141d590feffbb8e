//! Indexes against a scan: they may answer too much, never too little.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch, StringArray, TimestampNanosecondArray};
use arrow::datatypes::{Int32Type, Int64Type, TimestampNanosecondType, UInt8Type};
use daymark_model::id::TraceId;
use daymark_model::signal::Table;
use daymark_segment::{Predicate, Projection, Segment};
use proptest::prelude::*;

use crate::folder::{read_all, written};
use crate::rows::{Draw, Random, SECOND, START};

/// The rows of a scan that match.
fn matching(table: Table, rows: &RecordBatch, predicate: &Predicate) -> HashSet<u32> {
    let text = |column: &str, row: usize| {
        rows.column_by_name(column).map(|column| column.as_string::<i32>().value(row).to_owned())
    };
    let times = rows.column_by_name(table.time_column()).unwrap().as_primitive::<TimestampNanosecondType>();
    let severity = |row| {
        rows.column_by_name("severity_number")
            .map_or(0, |column| column.as_primitive::<UInt8Type>().value(row))
    };
    let duration = |row| {
        rows.column_by_name("duration_ns").map_or(0, |column| column.as_primitive::<Int64Type>().value(row))
    };
    let is_one_of = |wanted: &Option<Vec<String>>, value: Option<String>| {
        wanted.as_ref().is_none_or(|wanted| value.is_some_and(|value| wanted.contains(&value)))
    };
    let matches = |row: usize| {
        let is_error = text("status", row).is_some_and(|status| status == "error") || severity(row) >= 17;
        predicate.time.as_ref().is_none_or(|time| time.contains(&times.value(row)))
            && is_one_of(&predicate.service, text("service", row))
            && (table == Table::Logs || is_one_of(&predicate.name, text("name", row)))
            && predicate.severity_min.is_none_or(|least| severity(row) >= least || table != Table::Logs)
            && (!predicate.errors_only || is_error)
            && predicate.duration_min.is_none_or(|least| duration(row) >= least || table == Table::Logs)
    };
    (0..rows.num_rows()).filter(|row| matches(*row)).map(|row| row as u32).collect()
}

fn scan(segment: &Segment) -> RecordBatch {
    let columns: &[&str] = match segment.table() {
        Table::Spans => &["trace_id", "start", "duration_ns", "service", "name", "status"],
        _ => &["trace_id", "time", "service", "severity_number"],
    };
    read_all(segment, &Projection::columns(columns.iter().copied()))
}

/// The duration that so many of a hundred rows do not reach.
fn duration_of(rows: &RecordBatch, share: i64) -> Option<i64> {
    let durations = rows.column_by_name("duration_ns")?.as_primitive::<Int64Type>();
    let mut sorted = durations.values().to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() * share as usize / 100).or(sorted.last()).copied()
}

/// Its least duration is told as a share of a hundred rows.
fn predicate() -> impl Strategy<Value = Predicate> {
    let from = 0_i64..1_300;
    let service = prop::sample::subsequence(vec!["cart", "payment", "größe", "absent"], 1..3);
    let name = prop::sample::subsequence(vec!["GET /", "", "absent"], 1..2);
    let owned = |list: Vec<&str>| list.into_iter().map(String::from).collect::<Vec<_>>();
    (
        prop::option::of((from, 0_i64..400)),
        prop::option::of(service.prop_map(owned)),
        prop::option::of(name.prop_map(owned)),
        prop::option::of(0_u8..25),
        any::<bool>(),
        prop::option::of(0_i64..101),
    )
        .prop_map(|(time, service, name, severity_min, errors_only, duration_min)| Predicate {
            time: time.map(|(from, len)| START + from * SECOND..START + (from + len) * SECOND),
            service,
            name,
            severity_min,
            errors_only,
            duration_min,
            ..Predicate::default()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn no_matching_row_is_left_out(is_spans: bool, seed: u64, count in 1_usize..6_000, predicates in prop::collection::vec(predicate(), 8)) {
        let table = if is_spans { Table::Spans } else { Table::Logs };
        let (_dir, segment) = written(table, &[Draw::new(table, seed).batch(count)]);
        let rows = scan(&segment);
        for mut predicate in predicates {
            predicate.duration_min = predicate.duration_min.and_then(|share| duration_of(&rows, share));
            let candidates: HashSet<_> = segment.candidates(&predicate).rows().collect();
            let missed: Vec<_> = matching(table, &rows, &predicate).difference(&candidates).copied().collect();
            prop_assert!(missed.is_empty(), "{predicate:?} left out {missed:?}");
        }
    }

    #[test]
    fn a_trace_has_all_its_rows_and_hardly_others(is_spans: bool, seed: u64, count in 1_usize..4_000, traces in prop::sample::select(vec![1_u64, 40, 100_000])) {
        let table = if is_spans { Table::Spans } else { Table::Logs };
        let mut draw = Draw::new(table, seed);
        draw.traces = traces;
        let (_dir, segment) = written(table, &[draw.batch(count)]);
        let rows = scan(&segment);
        let ids = rows.column_by_name("trace_id").unwrap().as_fixed_size_binary();
        let asked = ids.iter().flatten().take(50).map(|id| TraceId(id.try_into().unwrap()));
        for id in asked {
            let expected = ids.iter().enumerate().filter(|(_, other)| other.is_some_and(|other| other[8..] == id.low_bytes()));
            let expected: Vec<_> = expected.map(|(row, _)| row as u32).collect();
            prop_assert_eq!(segment.trace_rows(id).rows().collect::<Vec<_>>(), expected.clone());
            prop_assert_eq!(segment.trace_rows(TraceId::from_low(id.low_bytes())).rows().collect::<Vec<_>>(), expected);
        }
        let mut random = Random::new(!seed);
        let strangers = (0..200).filter(|_| {
            let id = TraceId::from_low(random.next().to_le_bytes());
            !segment.trace_rows(id).is_empty()
        });
        prop_assert!(strangers.count() <= 5);
    }
}

#[test]
fn columns_of_few_values_tell_what_is_absent() {
    let (_dir, segment) = written(Table::Spans, &[Draw::new(Table::Spans, 5).batch(2_000)]);
    let ask = |column: &str, values: &[&str]| {
        let columns = vec![(column.into(), values.iter().map(ToString::to_string).collect())];
        segment.candidates(&Predicate { columns, ..Predicate::default() })
    };
    assert_eq!(ask("status", &["nothing", "error"]).count(), 2_000);
    assert!(ask("status", &["nothing", "none"]).is_empty());
    // Of other columns nothing is known.
    assert_eq!(ask("trace_state", &["nothing"]).count(), 2_000);
}

/// 500 rows within half a second, of which two come minutes later.
#[test]
fn rows_that_come_late_in_their_block_are_named() {
    let rows = Draw::new(Table::Spans, 8).batch(500);
    let instant = |row: i64| match row {
        20 | 400 => START + 300 * SECOND + row,
        _ => START + row * 1_000_000,
    };
    let times: TimestampNanosecondArray = (0..500).map(instant).collect::<Vec<_>>().into();
    let start = rows.schema().index_of("start").unwrap();
    let mut columns = rows.columns().to_vec();
    columns[start] = Arc::new(times.with_timezone("UTC"));
    let rows = RecordBatch::try_new(rows.schema(), columns).unwrap();
    let services = rows.column_by_name("service").unwrap().as_dictionary::<Int32Type>();
    let services = services.downcast_dict::<StringArray>().unwrap();
    let of_row_20 = services.into_iter().nth(20).unwrap().unwrap().to_owned();

    let (_dir, segment) = written(Table::Spans, std::slice::from_ref(&rows));
    let both = vec![(20, instant(20)), (400, instant(400))];
    assert_eq!(segment.late(&Predicate::default()), [both]);
    assert_eq!(segment.blocks()[0].usual_max, instant(499));
    let at = |from: i64, to: i64| {
        let time = Some(START + from..START + to);
        segment.candidates(&Predicate { time, ..Predicate::default() }).rows().collect::<Vec<_>>()
    };
    assert_eq!(at(300 * SECOND, 300 * SECOND + 21), [20]);
    assert_eq!(at(10 * SECOND, 900 * SECOND), [20, 400]);
    assert!(at(10 * SECOND, 300 * SECOND).is_empty());
    assert_eq!(at(0, 1).len(), 500);
    let of = |service: &str| Predicate { service: Some(vec![service.into()]), ..Predicate::default() };
    assert!(segment.late(&of(&of_row_20))[0].contains(&(20, instant(20))));
    assert_eq!(segment.late(&of("absent")), [vec![]]);
}
