//! Counts the keys of records and their values, within a bounded memory.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use daymark_view::fields::{FieldLevel, FieldRow, FieldType, FieldValue, TOP, VALUE_BYTES};
use xxhash_rust::xxh3::xxh3_64;

const KEYS_MAX: usize = 5_000;
/// Different values of all keys together.
const VALUES_MAX: usize = 200_000;

/// What one record has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Looked<'a> {
    pub(super) level: FieldLevel,
    pub(super) key: &'a str,
    pub(super) kind: FieldType,
    pub(super) value: &'a str,
}

#[derive(Debug)]
pub(super) struct Census {
    wanted: Wanted,
    keys: BTreeMap<(FieldLevel, String), Counted>,
    values: usize,
    /// Not everything was counted.
    pub(super) is_cut: bool,
}

/// Which keys and values are asked for, in lower case.
#[derive(Debug)]
enum Wanted {
    /// Keys whose name has this.
    Keys(String),
    /// Values of one key that have this.
    Values(String, String),
}

#[derive(Debug, Default)]
struct Counted {
    count: u64,
    kinds: BTreeMap<FieldType, u64>,
    /// By the hash of the whole value: how it begins, and how often it came.
    values: HashMap<u64, (Box<str>, u64)>,
}

impl Census {
    /// `search` is a part of a key's name, or a key, a colon and a part of its values.
    pub(super) fn new(search: &str) -> Self {
        let search = search.to_lowercase();
        let wanted = match search.split_once(':') {
            Some((key, value)) => Wanted::Values(key.to_owned(), value.to_owned()),
            None => Wanted::Keys(search),
        };
        Self { wanted, keys: BTreeMap::new(), values: 0, is_cut: false }
    }

    pub(super) fn add(&mut self, looked: &Looked<'_>) {
        if !self.wanted.has(looked) {
            return;
        }
        let place = (looked.level, looked.key.to_owned());
        if self.keys.len() >= KEYS_MAX && !self.keys.contains_key(&place) {
            self.is_cut = true;
            return;
        }
        let counted = self.keys.entry(place).or_default();
        counted.count += 1;
        *counted.kinds.entry(looked.kind).or_default() += 1;
        let hash = xxh3_64(looked.value.as_bytes());
        if let Some((_, count)) = counted.values.get_mut(&hash) {
            *count += 1;
        } else if self.values < VALUES_MAX {
            let end = looked.value.floor_char_boundary(VALUE_BYTES);
            counted.values.insert(hash, (looked.value.get(..end).unwrap_or_default().into(), 1));
            self.values += 1;
        } else {
            self.is_cut = true;
        }
    }

    /// The most frequent keys first.
    pub(super) fn rows(self) -> Vec<FieldRow> {
        let mut rows: Vec<FieldRow> =
            self.keys.into_iter().map(|(place, counted)| counted.row(place)).collect();
        rows.sort_by(|a, b| {
            b.count.cmp(&a.count).then(a.level.cmp(&b.level)).then_with(|| a.key.cmp(&b.key))
        });
        rows
    }
}

impl Wanted {
    fn has(&self, looked: &Looked<'_>) -> bool {
        match self {
            Self::Keys(part) => part.is_empty() || looked.key.to_lowercase().contains(part),
            Self::Values(key, part) => {
                looked.key.eq_ignore_ascii_case(key) && looked.value.to_lowercase().contains(part)
            }
        }
    }
}

impl Counted {
    fn row(self, (level, key): (FieldLevel, String)) -> FieldRow {
        let distinct = self.values.len() as u64;
        let mut top: Vec<(Box<str>, u64)> = self.values.into_values().collect();
        top.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        top.truncate(TOP);
        let kind = self.kinds.into_iter().max_by_key(|(kind, count)| (*count, Reverse(*kind)));
        let top = top.into_iter().map(|(value, count)| FieldValue { value: value.into(), count });
        let r#type = kind.map_or(FieldType::Text, |(kind, _)| kind);
        FieldRow { key, level, r#type, count: self.count, distinct, top: top.collect() }
    }
}
