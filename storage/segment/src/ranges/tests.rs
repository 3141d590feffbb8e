//! Sets of row numbers against the plain sets they stand for.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::RowRanges;

fn set() -> impl Strategy<Value = BTreeSet<u32>> {
    prop::collection::btree_set(0_u32..60, 0..40)
}

fn ranges(rows: &BTreeSet<u32>) -> RowRanges {
    rows.iter().copied().collect()
}

proptest! {
    #[test]
    fn behaves_as_a_set_of_row_numbers(a in set(), b in set()) {
        let (left, right) = (ranges(&a), ranges(&b));
        prop_assert_eq!(left.rows().collect::<BTreeSet<_>>(), a.clone());
        prop_assert_eq!(left.count(), a.len());
        prop_assert_eq!(left.union(&right), ranges(&(&a | &b)));
        prop_assert_eq!(left.intersect(&right), ranges(&(&a & &b)));
        prop_assert_eq!(left.without(&right), ranges(&(&a - &b)));
        for start in 0..60 {
            let inside: BTreeSet<u32> = a.range(start..start + 7).copied().collect();
            prop_assert_eq!(left.within(start..start + 7), ranges(&inside));
        }
        for row in 0..60 {
            prop_assert_eq!(left.contains(row), a.contains(&row));
        }
        prop_assert!(left.as_slice().windows(2).all(|pair| pair[0].end < pair[1].start));
    }
}
