//! Sums by bucket and key. Keys are texts, few and met often: each gets a number once, and what is looked up
//! for every span is numbers alone.

use std::hash::Hash;

use hashbrown::HashMap;

/// `P` is what a key is made of, as something that is quick to look up.
#[derive(Clone, Debug)]
pub(crate) struct Buckets<P, K, S> {
    known: HashMap<P, u32>,
    numbers: HashMap<K, u32>,
    places: HashMap<(i64, u32), u32>,
    sums: Vec<S>,
}

impl<P, K, S> Default for Buckets<P, K, S> {
    fn default() -> Self {
        Self {
            known: HashMap::default(),
            numbers: HashMap::default(),
            places: HashMap::default(),
            sums: Vec::new(),
        }
    }
}

impl<P: Eq + Hash, K: Hash + Ord, S: Default> Buckets<P, K, S> {
    /// The sum of a bucket and of the key that the parts make.
    pub(crate) fn sum(&mut self, bucket: i64, parts: P, key: impl FnOnce() -> K) -> &mut S {
        let Self { known, numbers, places, sums } = self;
        let number = *known.entry(parts).or_insert_with(|| {
            let next = numbers.len() as u32;
            *numbers.entry(key()).or_insert(next)
        });
        let place = *places.entry((bucket, number)).or_insert_with(|| {
            sums.push(S::default());
            sums.len() as u32 - 1
        });
        &mut sums[place as usize]
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sums.is_empty()
    }

    /// All sums by key and bucket.
    pub(crate) fn rows(&self) -> Rows<'_, K, S> {
        let mut keys: Vec<_> = self.numbers.iter().collect();
        keys.sort_unstable();
        let mut ranks = vec![0_u32; keys.len()];
        keys.iter().zip(0..).for_each(|((_, number), rank)| ranks[**number as usize] = rank);
        let places = self.places.iter();
        let mut order: Vec<_> =
            places.map(|((bucket, number), place)| (ranks[*number as usize], *bucket, *place)).collect();
        order.sort_unstable();
        Rows {
            keys: keys.into_iter().map(|(key, _)| key).collect(),
            places: order.iter().map(|(rank, ..)| *rank).collect(),
            buckets: order.iter().map(|(_, bucket, _)| *bucket).collect(),
            sums: order.iter().map(|(.., place)| &self.sums[*place as usize]).collect(),
        }
    }
}

/// Sums in the order of their keys and buckets.
#[derive(Debug)]
pub(crate) struct Rows<'a, K, S> {
    /// Every key once.
    pub(crate) keys: Vec<&'a K>,
    /// For each row the place of its key among them.
    pub(crate) places: Vec<u32>,
    pub(crate) buckets: Vec<i64>,
    pub(crate) sums: Vec<&'a S>,
}
