//! What the rows of a merge have: how often each key stands there, and whether its values depend on the
//! operation (spans: service, name and kind; lines: service, scope and severity) and on little else.

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{ArrowNativeType, DataType, Int32Type};
use daymark_model::signal::Table;
use hashbrown::{HashMap, HashSet};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::super::{BATCH_ROWS, Input};
use super::sample::{Sample, Sampled};
use crate::attributes::Attribute;
use crate::blooms::key_hash;
use crate::error::{Error, Result};
use crate::projection::{RowAttributes, column, holds_attributes};
use crate::ranges::RowRanges;

/// Distinct values of a key that an operation may have on average.
const VALUES_OF_OPERATION: usize = 4;
/// So many more values are waited for before a key is given up.
const PATIENCE: usize = 1_024;
/// A key with a longer value does not go into the set.
const VALUE_BYTES: usize = 1_024;
/// Further operations count as one.
const OPERATIONS: usize = 16_384;
/// Keys that are tried.
const SET_KEYS: usize = 200;
/// Rows that are looked at closely.
const SAMPLE_ROWS: usize = 16_384;
const RECENT: usize = 1 << 14;

#[derive(Debug)]
struct Key {
    name: String,
    hash: u64,
    /// Rows by type; the last for types that no one knows.
    rows: [usize; 9],
    values: usize,
    operations: usize,
    is_varied: bool,
}

#[derive(Debug)]
pub(super) struct Census {
    numbers: HashMap<String, u32>,
    keys: Vec<Key>,
    operations: Operations,
    /// Values of a key in an operation.
    values: HashSet<u64>,
    /// Keys of an operation.
    pairs: HashSet<(u32, u32)>,
    /// Values met lately: most repeat.
    recent: Vec<u64>,
    row: usize,
    /// One row of so many is sampled.
    stride: usize,
    sample: Sample,
}

impl Census {
    pub(super) fn new(rows: usize) -> Self {
        Self {
            numbers: HashMap::new(),
            keys: Vec::new(),
            operations: Operations::default(),
            values: HashSet::new(),
            pairs: HashSet::new(),
            recent: vec![0; RECENT],
            row: 0,
            stride: rows.div_ceil(SAMPLE_ROWS).max(1),
            sample: Sample::default(),
        }
    }

    /// Rows that were counted.
    pub(super) fn rows(&self) -> usize {
        self.row
    }

    pub(super) fn count(&mut self, table: Table, input: &Input, rows: &RowRanges) -> Result<()> {
        let own = &input.segment.meta().own_columns;
        let wants = |name: &str| holds_attributes(own, name) || operation_columns(table).contains(&name);
        for batch in input.segment.stored(wants, rows, BATCH_ROWS)? {
            let batch = batch?;
            let operations = self.operations.of(table, &batch)?;
            let attributes = RowAttributes::of(&batch, own)?;
            let own_keys: Vec<_> = attributes.own_keys().map(|(key, _)| self.number(key)).collect();
            let listed_keys: Vec<_> = attributes.listed_keys().map(|key| self.number(key)).collect();
            let texts = attributes.sets().map_or(&[][..], |sets| sets.texts());
            let set_keys: Vec<Vec<u32>> = texts
                .iter()
                .map(|text| text.iter().map(|member| self.number(&member.key)).collect())
                .collect();
            for (row, operation) in operations.into_iter().enumerate() {
                let mut sampled = self.row.is_multiple_of(self.stride).then(Vec::new);
                self.row += 1;
                attributes.own_of(row).for_each(|(number, attribute)| {
                    self.add(own_keys[number], operation, attribute, &mut sampled);
                });
                if let Some(text) = attributes.sets().and_then(|sets| sets.number(row)) {
                    for (member, key) in texts[text].iter().zip(&set_keys[text]) {
                        self.add(*key, operation, member.attribute(), &mut sampled);
                    }
                }
                attributes.listed_of(row).for_each(|(number, attribute)| {
                    self.add(listed_keys[number], operation, attribute, &mut sampled);
                });
                self.sample.extend(sampled.map(|attributes| (operation, attributes)));
            }
        }
        Ok(())
    }

    fn number(&mut self, key: &str) -> u32 {
        if let Some(number) = self.numbers.get(key) {
            return *number;
        }
        let number = self.keys.len() as u32;
        self.numbers.insert(key.to_owned(), number);
        let (name, hash) = (key.to_owned(), key_hash(key));
        self.keys.push(Key { name, hash, rows: [0; 9], values: 0, operations: 0, is_varied: false });
        number
    }

    fn add(
        &mut self,
        number: u32,
        operation: u32,
        attribute: Attribute<'_>,
        sampled: &mut Option<Vec<Sampled>>,
    ) {
        let key = &mut self.keys[number as usize];
        key.rows[usize::from(attribute.kind).min(8)] += 1;
        if key.is_varied {
            return;
        }
        if attribute.value.len() > VALUE_BYTES {
            key.is_varied = true;
            return;
        }
        let value = xxh3_64_with_seed(attribute.value.as_bytes(), key.hash ^ u64::from(attribute.kind));
        if let Some(sampled) = sampled {
            sampled.push(Sampled {
                key: number,
                value,
                bytes: attribute.key.len() + attribute.value.len() + 6,
            });
        }
        let here = value.wrapping_add(u64::from(operation).wrapping_mul(0x9e37_79b9_7f4a_7c15)) | 1;
        let recent = &mut self.recent[(here >> 32) as usize % RECENT];
        if *recent == here {
            return;
        }
        *recent = here;
        if self.values.insert(here) {
            key.values += 1;
            key.operations += usize::from(self.pairs.insert((number, operation)));
            key.is_varied = key.values > VALUES_OF_OPERATION * key.operations + PATIENCE;
        }
    }

    /// Key, type and rows.
    pub(super) fn counts(&self) -> impl Iterator<Item = (&str, u8, usize)> {
        self.keys.iter().flat_map(|key| {
            let known = (0_u8..).zip(key.rows).take(8).filter(|(_, rows)| *rows > 0);
            known.map(|(kind, rows)| (key.name.as_str(), kind, rows))
        })
    }

    /// The keys that form the set: common, of few values for an operation, and cheaper there than in columns
    /// of their own.
    pub(super) fn set_keys(&self, is_common: impl Fn(usize) -> bool) -> Vec<String> {
        let mut fit: Vec<u32> = (0..self.keys.len() as u32).collect();
        let key = |number: &u32| &self.keys[*number as usize];
        let rows = |number: &u32| key(number).rows.iter().sum::<usize>();
        fit.retain(|number| {
            let Key { values, operations, is_varied, .. } = key(number);
            !is_varied && *values <= VALUES_OF_OPERATION * operations && is_common(rows(number))
        });
        fit.sort_by(|a, b| {
            let order = (key(a).values * key(b).operations).cmp(&(key(b).values * key(a).operations));
            order.then(rows(b).cmp(&rows(a))).then_with(|| key(a).name.cmp(&key(b).name))
        });
        fit.truncate(SET_KEYS);
        let chosen = self.sample.cheapest(&fit, self.stride);
        chosen.iter().map(|number| key(number).name.clone()).collect()
    }
}

fn operation_columns(table: Table) -> [&'static str; 3] {
    if table == Table::Logs {
        ["service", "scope_name", "severity_number"]
    } else {
        ["service", "name", "kind"]
    }
}

/// Operations by what names them.
#[derive(Debug, Default)]
struct Operations {
    texts: HashMap<String, u32>,
    numbers: HashMap<[u32; 3], u32>,
}

impl Operations {
    /// The operation of each row.
    fn of(&mut self, table: Table, batch: &RecordBatch) -> Result<Vec<u32>> {
        let mut parts = vec![[0_u32; 3]; batch.num_rows()];
        for (at, name) in operation_columns(table).into_iter().enumerate() {
            let texts = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            let texts = cast(column(batch, name)?, &texts)?;
            let texts = texts
                .as_dictionary_opt::<Int32Type>()
                .ok_or_else(|| Error::Input(format!("column {name} is no text")))?;
            let numbers: Vec<u32> = texts
                .values()
                .as_string::<i32>()
                .iter()
                .map(|text| self.text(text.unwrap_or_default()))
                .collect();
            for (row, key) in texts.keys().iter().enumerate() {
                parts[row][at] = key.map_or(u32::MAX, |key| numbers[key.as_usize()]);
            }
        }
        Ok(parts.into_iter().map(|parts| self.number(parts)).collect())
    }

    fn text(&mut self, text: &str) -> u32 {
        if let Some(number) = self.texts.get(text) {
            return *number;
        }
        let number = self.texts.len() as u32;
        self.texts.insert(text.to_owned(), number);
        number
    }

    fn number(&mut self, parts: [u32; 3]) -> u32 {
        let next = self.numbers.len().min(OPERATIONS) as u32;
        if next as usize == OPERATIONS {
            return self.numbers.get(&parts).copied().unwrap_or(next);
        }
        *self.numbers.entry(parts).or_insert(next)
    }
}
