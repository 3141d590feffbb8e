//! Quantiles keep their promise, merging and bytes lose nothing, and no bytes panic.

use proptest::prelude::*;

use super::{Heap, Sketch};

fn of(values: &[u64]) -> Sketch {
    let mut sketch = Sketch::default();
    values.iter().for_each(|value| sketch.add(*value));
    sketch
}

/// Values of every magnitude.
fn values() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec((any::<u64>(), 0..64_u32).prop_map(|(value, shift)| value >> shift), 1..200)
}

proptest! {
    #[test]
    fn quantiles_are_within_one_percent(mut values in values(), share in 0.0..=1.0) {
        let answer = of(&values).quantile(share).unwrap();
        values.sort_unstable();
        let exact = values[(share * (values.len() - 1) as f64).floor() as usize] as f64;
        prop_assert!((answer - exact).abs() <= exact * 0.010_001, "{answer} for {exact}");
    }

    #[test]
    fn merging_is_as_adding(values in values(), at in 0..200_usize) {
        let (left, right) = values.split_at(at.min(values.len()));
        let mut merged = of(right);
        merged.merge(&of(left));
        prop_assert_eq!(&merged, &of(&values));
        prop_assert_eq!(Sketch::from_bytes(&merged.to_bytes()), Some(merged.clone()));
        let mut by_bytes = of(right);
        prop_assert_eq!(by_bytes.merge_bytes(&of(left).to_bytes()), Some(()));
        prop_assert_eq!(by_bytes, merged.clone());
        let mut heap = Heap::default();
        prop_assert_eq!(heap.add_bytes(&of(left).to_bytes()), Some(()));
        prop_assert_eq!(heap.add_bytes(&of(right).to_bytes()), Some(()));
        prop_assert_eq!(heap.sketch(), merged);
    }

    #[test]
    fn ranks_count_what_is_not_above(values in values(), at in 0..200_usize) {
        let value = values[at % values.len()];
        let told = of(&values).count_to(value);
        let not_above = |bound: f64| values.iter().filter(|one| **one as f64 <= bound).count() as u64;
        let (least, most) = (not_above(value as f64), not_above(value as f64 * 1.0203 + 1.0));
        prop_assert!((least..=most).contains(&told), "{told} of {least} to {most}");
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        if let Some(sketch) = Sketch::from_bytes(&bytes) {
            let _defined = (sketch.quantile(0.5), sketch.count());
        }
        let is_sketch = Sketch::from_bytes(&bytes).is_some();
        prop_assert_eq!(Sketch::default().merge_bytes(&bytes).is_some(), is_sketch);
    }
}

#[test]
fn an_empty_sketch_has_no_quantile() {
    assert_eq!(Sketch::default().quantile(0.5), None);
    assert_eq!(of(&[0, 0, 7]).quantile(0.0), Some(0.0));
    assert_eq!(of(&[1]).quantile(1.5), None);
}
