//! Which keys pay in the set, judged by a sample of the rows.
//!
//! A row of the set costs the bits of a text's number, a text the bytes of the dictionary. A key that the
//! operation decides makes no new texts; one that varies by itself multiplies them, and its own column is
//! cheaper.

use daymark_model::limits::ROW_GROUP_ROWS;
use hashbrown::HashMap;

use crate::layout::SET_BYTES;

/// Bytes of a text of the dictionary that compression turns into one.
const DICTIONARY_RATIO: f64 = 8.0;
/// Bytes a row that a column costs whatever it holds: headers, checksums and places of its pages.
const COLUMN_BYTES: f64 = 0.02;

/// One attribute of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sampled {
    pub(super) key: u32,
    /// A hash of type and value.
    pub(super) value: u64,
    /// What it adds to a text.
    pub(super) bytes: usize,
}

/// The operation and the attributes of each row.
#[derive(Debug, Default)]
pub(super) struct Sample(Vec<(u32, Vec<Sampled>)>);

impl Extend<(u32, Vec<Sampled>)> for Sample {
    fn extend<I: IntoIterator<Item = (u32, Vec<Sampled>)>>(&mut self, rows: I) {
        self.0.extend(rows);
    }
}

impl Sample {
    /// The keys that are cheaper in the set, tried in this order. One row of `stride` is in the sample.
    pub(super) fn cheapest(&self, keys: &[u32], stride: usize) -> Vec<u32> {
        let rows = (self.0.len() * stride).min(ROW_GROUP_ROWS);
        let mut texts = Texts::of(self.0.iter().map(|(operation, _)| *operation));
        let mut chosen = Vec::new();
        let mut apart = 0.0;
        for key in keys {
            let refined = texts.with(&self.values(*key));
            let column = rows as f64 * (self.entropy(*key) / 8.0 + COLUMN_BYTES);
            let is_cheaper = refined.cost(rows, stride) - texts.cost(rows, stride) <= column;
            if is_cheaper && refined.bytes(stride) <= SET_BYTES / 2 {
                texts = refined;
                chosen.push(*key);
                apart += column;
            }
        }
        // The operation itself is not in the texts.
        let alone = chosen
            .iter()
            .fold(Texts::of(self.0.iter().map(|_| 0)), |texts, key| texts.with(&self.values(*key)));
        if alone.cost(rows, stride) <= apart { chosen } else { Vec::new() }
    }

    /// The value of a key in each row, and the bytes it takes.
    fn values(&self, key: u32) -> Vec<Option<(u64, usize)>> {
        let of_row = |row: &[Sampled]| {
            let found = row.iter().find(|one| one.key == key);
            found.map(|one| (one.value, one.bytes))
        };
        self.0.iter().map(|(_, row)| of_row(row)).collect()
    }

    /// Bits that a value of the key takes in a column of its own, on average.
    fn entropy(&self, key: u32) -> f64 {
        let mut counts: HashMap<_, usize> = HashMap::new();
        for value in self.values(key) {
            *counts.entry(value).or_default() += 1;
        }
        let rows = self.0.len() as f64;
        counts.values().map(|count| *count as f64 / rows).map(|share| -share * share.log2()).sum()
    }
}

/// The distinct texts that some keys form.
#[derive(Debug)]
struct Texts {
    /// The number of each row's text.
    rows: Vec<u32>,
    /// Bytes of each text, and rows that have it.
    list: Vec<(usize, usize)>,
}

impl Texts {
    fn of(parts: impl Iterator<Item = u32>) -> Self {
        let rows: Vec<u32> = parts.collect();
        let nothing = Self { list: vec![(2, rows.len())], rows: vec![0; rows.len()] };
        nothing.with(&rows.iter().map(|part| Some((u64::from(*part), 0))).collect::<Vec<_>>())
    }

    /// With one more key.
    fn with(&self, values: &[Option<(u64, usize)>]) -> Self {
        let mut numbers = HashMap::new();
        let mut list: Vec<(usize, usize)> = Vec::new();
        let rows = self.rows.iter().zip(values).map(|(text, value)| {
            let number = *numbers.entry((*text, value.map(|(value, _)| value))).or_insert_with(|| {
                list.push((self.list[*text as usize].0 + value.map_or(0, |(_, bytes)| bytes), 0));
                list.len() as u32 - 1
            });
            list[number as usize].1 += 1;
            number
        });
        Self { rows: rows.collect(), list }
    }

    /// The sum over all texts, with a guess at those that the sample missed: a text that it has once stands
    /// for the root of the stride (the estimator GEE).
    fn sum(&self, stride: usize, of: impl Fn(usize) -> usize) -> usize {
        let unseen = stride.isqrt().max(1);
        let of_text = |(bytes, rows): &(usize, usize)| of(*bytes) * if *rows == 1 { unseen } else { 1 };
        self.list.iter().map(of_text).sum()
    }

    fn bytes(&self, stride: usize) -> usize {
        self.sum(stride, |bytes| bytes)
    }

    /// Bytes of the column for so many rows.
    fn cost(&self, rows: usize, stride: usize) -> f64 {
        let texts = self.sum(stride, |_| 1).max(1) as f64;
        rows as f64 * texts.log2() / 8.0 + self.bytes(stride) as f64 / DICTIONARY_RATIO
    }
}
