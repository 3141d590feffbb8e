//! Which rows are named, and what can be told of the others.

use super::{Slowest, SlowestBuilder};

fn of(durations: impl IntoIterator<Item = i64>) -> Slowest {
    let mut builder = SlowestBuilder::new();
    (0..).zip(durations).for_each(|(row, duration)| builder.add(row, duration));
    builder.finish()
}

fn reaching(slowest: &Slowest, least: i64) -> Option<Vec<u32>> {
    slowest.reaching(least).map(Iterator::collect)
}

#[test]
fn few_slow_rows_among_many_are_named() {
    let slow = [(700, 9_000), (31_000, 8_000), (64_000, 9_000)];
    let duration = |row: i64| slow.iter().find(|(one, _)| *one == row).map_or(row % 1_000, |(_, slow)| *slow);
    let slowest = of((0..64_000 + 1).map(duration));
    assert_eq!(reaching(&slowest, 8_000), Some(vec![700, 31_000, 64_000]));
    assert_eq!(reaching(&slowest, 8_001), Some(vec![700, 64_000]));
    assert_eq!(reaching(&slowest, 9_001), Some(vec![]));
    assert_eq!(reaching(&slowest, 500), None);
}

#[test]
fn some_of_a_hundred_are_named() {
    let slowest = of((0..100_000).map(|row| row * 7_919 % 100_000));
    let told = reaching(&slowest, 99_000).expect("a hundredth is named");
    assert_eq!(told.len(), 1_000);
    assert!(told.is_sorted());
}

#[test]
fn of_equally_slow_rows_all_are_named_or_none() {
    let slowest = of(std::iter::repeat_n(5, 1_000));
    assert_eq!(reaching(&slowest, 5), None);
    assert_eq!(reaching(&slowest, 6), Some(vec![]));
    assert_eq!(reaching(&of([5, 5, 5]), 5), Some(vec![0, 1, 2]));
    assert_eq!(reaching(&of([]), 0), Some(vec![]));
}

#[test]
fn rows_that_grow_slower_are_still_told_apart() {
    let slowest = of(0..10_000);
    let told = reaching(&slowest, 9_900).expect("the last are the slowest");
    assert_eq!(told, (9_900..10_000).collect::<Vec<_>>());
}
