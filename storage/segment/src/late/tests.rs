//! Which rows count as late.

use super::{RowAt, Times};

fn rows(times: impl IntoIterator<Item = i64>) -> Vec<RowAt> {
    (0..).zip(times).map(|(row, at)| RowAt { row, set: 0, at }).collect()
}

#[test]
fn few_rows_after_all_others_are_late() {
    let mut all = rows(100..300);
    all[17].at = 9_000;
    all[150].at = 8_000;
    let times = Times::of(&all);
    assert_eq!(
        times.late.iter().map(|row| (row.row, row.at)).collect::<Vec<_>>(),
        [(17, 9_000), (150, 8_000)]
    );
    assert_eq!((times.min, times.usual_max, times.max), (100, 299, 9_000));
}

#[test]
fn many_rows_after_others_are_not() {
    let times = Times::of(&rows((0..180).chain(5_000..5_020)));
    assert!(times.late.is_empty());
    assert_eq!((times.min, times.usual_max, times.max), (0, 5_019, 5_019));
}

#[test]
fn few_rows_that_are_a_little_later_are_not() {
    let times = Times::of(&rows(0..200));
    assert!(times.late.is_empty());
    assert_eq!(times.usual_max, 199);
}

#[test]
fn blocks_of_one_row_or_of_one_instant_have_none() {
    for all in [rows([7]), rows([7; 300])] {
        let times = Times::of(&all);
        assert!(times.late.is_empty());
        assert_eq!((times.min, times.usual_max, times.max), (7, 7, 7));
    }
}

#[test]
fn the_ends_of_time_do_no_harm() {
    let times = Times::of(&rows((0..200).map(|row| if row == 3 { i64::MAX } else { i64::MIN + row })));
    assert_eq!(times.late.len(), 1);
    assert_eq!((times.min, times.max), (i64::MIN, i64::MAX));
}
