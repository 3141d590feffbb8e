//! The column of the attribute set in the making: every distinct member once, every distinct text once.

use std::sync::Arc;

use arrow::array::{ArrayRef, DictionaryArray, Int32Array, StringBuilder};
use arrow::datatypes::Int32Type;
use hashbrown::HashMap;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::attributes::Attribute;
use crate::blooms::{BloomsBuilder, key_hash};
use crate::error::Result;
use crate::projection::own_name;
use crate::typed_json::{Member, exact_member};
use crate::value_sets::ValueSets;

#[derive(Debug, Default)]
pub(super) struct SetBuilder {
    /// The key of each slot with its hash.
    keys: Vec<(String, u64)>,
    members: Vec<(usize, Member, String)>,
    numbers: HashMap<u64, u32>,
    texts: Vec<Text>,
    by_members: HashMap<Box<[u32]>, u32>,
    /// The members of the row in the making.
    row: Vec<u32>,
    /// The texts of the block.
    used: Vec<u32>,
    /// The place among them of each row's text.
    rows: Vec<Option<i32>>,
}

#[derive(Debug)]
struct Text {
    members: Box<[u32]>,
    /// Its place among those of the block.
    place: Option<i32>,
}

impl SetBuilder {
    pub(super) fn new(keys: &[String]) -> Self {
        let keys = keys.iter().map(|key| (key.clone(), key_hash(key))).collect();
        Self { keys, ..Self::default() }
    }

    /// The number of an attribute of a slot's key.
    pub(super) fn member(&mut self, slot: usize, attribute: Attribute<'_>) -> u32 {
        let seed = self.keys[slot].1 ^ u64::from(attribute.kind);
        let mut hash = xxh3_64_with_seed(attribute.value.as_bytes(), seed);
        while let Some(number) = self.numbers.get(&hash) {
            if self.members[*number as usize].1.attribute() == attribute {
                return *number;
            }
            hash = hash.wrapping_add(1);
        }
        let number = self.members.len() as u32;
        self.numbers.insert(hash, number);
        let member =
            Member { key: attribute.key.into(), kind: attribute.kind, value: attribute.value.into() };
        self.members.push((slot, member, exact_member(attribute)));
        number
    }

    pub(super) fn push(&mut self, member: u32) {
        self.row.push(member);
    }

    /// Ends a row. What a text says is new to the filters once in a block.
    pub(super) fn end_row(&mut self, blooms: &mut BloomsBuilder) {
        if self.row.is_empty() {
            self.rows.push(None);
            return;
        }
        let Self { keys, members, texts, row, used, rows, .. } = self;
        row.sort_unstable_by_key(|number| (members[*number as usize].0, *number));
        let number = match self.by_members.get(row.as_slice()) {
            Some(number) => *number,
            None => {
                let number = texts.len() as u32;
                texts.push(Text { members: row.as_slice().into(), place: None });
                self.by_members.insert(row.as_slice().into(), number);
                number
            }
        };
        let place = *texts[number as usize].place.get_or_insert_with(|| {
            for member in row.iter() {
                let (slot, member, _) = &members[*member as usize];
                blooms.attribute(keys[*slot].1, member.attribute());
            }
            used.push(number);
            used.len() as i32 - 1
        });
        row.clear();
        rows.push(Some(place));
    }

    /// The column of the block.
    pub(super) fn finish(&mut self) -> Result<ArrayRef> {
        let Self { members, texts, used, rows, .. } = self;
        let mut json = StringBuilder::new();
        for number in used.drain(..) {
            let text = &mut texts[number as usize];
            text.place = None;
            let parts: Vec<_> =
                text.members.iter().map(|member| members[*member as usize].2.as_str()).collect();
            json.append_value(format!("{{{}}}", parts.join(",")));
        }
        let places = Int32Array::from(std::mem::take(rows));
        Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(places, Arc::new(json.finish()))?))
    }

    /// All values of the keys.
    pub(super) fn values(&self) -> ValueSets {
        let mut sets = ValueSets::default();
        for (key, _) in &self.keys {
            sets.cover(&own_name(key, ""));
        }
        for (_, member, _) in &self.members {
            if let Some(text) = member.attribute().text() {
                sets.cover(&own_name(&member.key, "")).insert(text.to_owned());
            }
        }
        sets
    }
}
