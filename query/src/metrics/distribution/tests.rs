//! Differences, sums and quantiles of distributions, against plain lists of values.

use std::sync::Arc;

use super::*;

fn explicit_of(bounds: &[f64], counts: &[f64]) -> Cells {
    Cells::Explicit { bounds: Arc::from(bounds), counts: counts.to_vec() }
}

fn exponential(scale: i32, zero: f64, offset: i64, counts: &[f64]) -> Cells {
    let positive = Run { offset, counts: counts.to_vec() };
    Cells::Exponential(Exponential { scale, zero, zero_threshold: 0.0, positive, negative: Run::default() })
}

/// An exponential histogram of values above zero.
fn measured(scale: i32, values: &[f64]) -> Exponential {
    let number = |value: f64| (value.log2() * f64::from(scale).exp2()).ceil() as i64 - 1;
    let numbers: Vec<i64> = values.iter().map(|value| number(*value)).collect();
    let offset = numbers.iter().copied().min().unwrap_or_default();
    let mut positive = Run { offset, counts: Vec::new() };
    for number in numbers {
        let at = (number - offset) as usize;
        positive.counts.resize(positive.counts.len().max(at + 1), 0.0);
        positive.counts[at] += 1.0;
    }
    Exponential { scale, zero: 0.0, zero_threshold: 0.0, positive, negative: Run::default() }
}

#[test]
fn a_quantile_lies_inside_its_bucket() {
    let cells = [explicit_of(&[1.0, 2.0, 4.0], &[10.0, 10.0, 20.0, 0.0])];
    assert_eq!(quantile(&cells, 0.25), Some(1.0));
    assert_eq!(quantile(&cells, 0.5), Some(2.0));
    assert_eq!(quantile(&cells, 0.75), Some(3.0));
    // What lies above the last bound is only known to do so.
    assert_eq!(quantile(&[explicit_of(&[1.0], &[1.0, 9.0])], 0.9), Some(1.0));
    assert_eq!(quantile(&[explicit_of(&[-5.0, 5.0], &[8.0, 2.0, 0.0])], 0.5), Some(-5.0));
    assert_eq!(quantile(&[explicit_of(&[], &[5.0])], 0.5), None);
    assert_eq!(quantile(&[explicit_of(&[1.0], &[0.0, 0.0])], 0.5), None);
}

#[test]
fn buckets_of_several_layouts_are_cut_where_they_overlap() {
    let cells = [explicit_of(&[0.0, 4.0], &[0.0, 4.0, 0.0]), explicit_of(&[2.0, 4.0], &[0.0, 2.0, 0.0])];
    // Two below 2, four from there on.
    assert_eq!(quantile(&cells, 1.0 / 3.0), Some(2.0));
    assert_eq!(quantile(&cells, 2.0 / 3.0), Some(3.0));
}

#[test]
fn exponential_buckets_of_other_scales_add_up() {
    let values: Vec<f64> = (1..400).map(|value| f64::from(value) * 0.37).collect();
    let (few, many) = values.split_at(150);
    let mut sum = Vec::new();
    Cells::add(&mut sum, &Cells::Exponential(measured(5, few)), 1.0);
    Cells::add(&mut sum, &Cells::Exponential(measured(3, many)), 1.0);
    assert_eq!(sum, [Cells::Exponential(measured(3, &values))]);
    for share in [0.5, 0.9, 0.95, 0.99] {
        let exact = values[(share * values.len() as f64).ceil() as usize - 1];
        let told = quantile(&sum, share).expect("values");
        assert!((told / exact - 1.0).abs() < 0.09, "{share}: {told} for {exact}");
    }
}

#[test]
fn differences_are_what_came_between() {
    let before = explicit_of(&[1.0], &[3.0, 4.0]);
    assert_eq!(explicit_of(&[1.0], &[5.0, 4.0]).since(&before), Some(explicit_of(&[1.0], &[2.0, 0.0])));
    assert_eq!(explicit_of(&[1.0], &[5.0, 3.0]).since(&before), None);
    assert_eq!(explicit_of(&[2.0], &[5.0, 9.0]).since(&before), Some(Cells::None));
    // A scale that became smaller because the values spread.
    let before = measured(4, &[1.1, 1.5, 1.9]);
    let now = measured(1, &[1.1, 1.5, 1.9, 70.0]);
    let came = now.since(&before).expect("a rise");
    assert_eq!(came.positive.counts.iter().sum::<f64>(), 1.0);
    assert_eq!(quantile(&[Cells::Exponential(came)], 0.5).map(|at| (64.0..91.0).contains(&at)), Some(true));
    assert_eq!(before.since(&now), None);
}

#[test]
fn a_wider_zero_takes_small_values_up() {
    let before = exponential(0, 0.0, 0, &[3.0, 2.0]);
    let Cells::Exponential(mut now) = exponential(0, 4.0, 1, &[2.0]) else { panic!("exponential") };
    now.zero_threshold = 2.0;
    let Some(Cells::Exponential(came)) = Cells::Exponential(now).since(&before) else { panic!("a rise") };
    assert_eq!((came.zero, came.positive.counts), (1.0, vec![0.0]));
}

#[test]
fn far_buckets_do_not_take_all_memory() {
    let mut sum = Vec::new();
    Cells::add(&mut sum, &exponential(20, 1.0, i64::from(i32::MIN), &[1.0]), 1.0);
    Cells::add(&mut sum, &exponential(20, 1.0, i64::from(i32::MAX), &[1.0]), 0.5);
    let [Cells::Exponential(sum)] = sum.as_slice() else { panic!("one") };
    assert!(sum.positive.counts.len() <= BUCKETS_MAX as usize);
    assert_eq!((sum.zero, sum.positive.counts.iter().sum::<f64>()), (1.5, 1.5));
}

#[test]
fn negative_values_lie_below_zero() {
    let mut cells = measured(2, &[1.0, 2.0, 3.0]);
    std::mem::swap(&mut cells.positive, &mut cells.negative);
    cells.zero = 3.0;
    let at = |share| quantile(&[Cells::Exponential(cells.clone())], share).expect("values");
    assert!((-4.0..-2.0).contains(&at(0.1)) && at(0.9) == 0.0, "{} {}", at(0.1), at(0.9));
}
