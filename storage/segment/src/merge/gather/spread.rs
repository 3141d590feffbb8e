//! Spreading the attributes of rows over the set, own columns and the list of the rest, block by block.
//!
//! A value goes to its own column only if the same text comes back from there; else it stays in the list.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, ListArray, StringBuilder,
    StringDictionaryBuilder, StructArray, UInt8Builder,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Int32Type};
use daymark_model::attribute::ValueType;
use daymark_model::rows;

use super::super::classes::{Classes, Place};
use crate::attributes::Attribute;
use crate::blooms::{BloomsBuilder, key_hash};
use crate::error::Result;
use crate::projection::{RowAttributes, double_text};
use crate::value_sets::ValueSets;

/// Building the column of the set.
mod set_builder;

use set_builder::SetBuilder;

/// The attributes of a batch of rows, and where each key goes.
struct Source<'a> {
    attributes: RowAttributes<'a>,
    own: Vec<OwnKey>,
    /// By the number of the key.
    listed: Vec<ListedKey>,
    /// By the number of the text of the batch's set.
    texts: Vec<SetText>,
}

/// Where the members of a text of the input's set go.
enum SetText {
    /// All to the set, as these members of it.
    Whole(Vec<u32>),
    Spread(Vec<(u64, Place)>),
}

/// Where the values of an own column of the input go.
#[derive(Clone, Copy)]
struct OwnKey {
    hash: u64,
    place: Place,
}

/// Where the values of a key of the list go, by their type.
#[derive(Clone, Copy)]
struct ListedKey {
    hash: u64,
    places: [Place; 9],
}

pub(super) struct Spread<'a> {
    sources: Vec<Source<'a>>,
    set: Option<SetBuilder>,
    columns: Vec<OwnBuilder>,
    rest: RestBuilder,
}

impl<'a> Spread<'a> {
    /// `read` are the attributes of batches of rows.
    pub(super) fn new(classes: &Classes, read: Vec<RowAttributes<'a>>) -> Self {
        let mut set = (!classes.set().is_empty()).then(|| SetBuilder::new(classes.set()));
        let source = |attributes| Source::new(attributes, classes, set.as_mut());
        let sources = read.into_iter().map(source).collect();
        let columns = classes.own().iter().map(|own| OwnBuilder::of(own.kind)).collect();
        Self { sources, set, columns, rest: RestBuilder::default() }
    }

    /// The columns of the next block, of rows by their batch and place in it: the list of the rest, the set if
    /// there is one, then the own columns.
    pub(super) fn block(
        &mut self,
        places: &[(usize, usize)],
        blooms: &mut BloomsBuilder,
    ) -> Result<Vec<ArrayRef>> {
        let Self { sources, set, columns, rest } = self;
        for (row, (batch, position)) in places.iter().enumerate() {
            let source = &sources[*batch];
            if let (Some(members), Some(set)) = (source.whole(*position), set.as_mut()) {
                members.iter().for_each(|member| set.push(*member));
            }
            source.row(*position, |hash, place, attribute| {
                if let (Place::Set(slot), Some(set)) = (place, set.as_mut()) {
                    let member = set.member(slot, attribute);
                    set.push(member);
                    return;
                }
                blooms.attribute(hash, attribute);
                let is_taken = matches!(place, Place::Own(slot) if columns[slot].push(row, attribute.value));
                if !is_taken {
                    rest.push(attribute);
                }
            });
            if let Some(set) = set {
                set.end_row(blooms);
            }
            rest.end_row();
            blooms.end_row();
        }
        let mut arrays = vec![rest.finish()?];
        arrays.extend(set.as_mut().map(SetBuilder::finish).transpose()?);
        arrays.extend(columns.iter_mut().map(|column| column.finish(places.len())));
        Ok(arrays)
    }

    /// All values of the keys of the set.
    pub(super) fn set_values(&self) -> ValueSets {
        self.set.as_ref().map(SetBuilder::values).unwrap_or_default()
    }
}

impl<'a> Source<'a> {
    fn new(attributes: RowAttributes<'a>, classes: &Classes, mut set: Option<&mut SetBuilder>) -> Self {
        let own = |(key, kind)| OwnKey { hash: key_hash(key), place: classes.place(key, kind) };
        let places = |key: &str| std::array::from_fn(|kind| classes.place(key, kind as u8));
        let listed = |key| ListedKey { hash: key_hash(key), places: places(key) };
        let (own, listed) =
            (attributes.own_keys().map(own).collect(), attributes.listed_keys().map(listed).collect());
        let texts = attributes.sets().map_or(&[][..], |sets| sets.texts()).iter().map(|text| {
            let places =
                text.iter().map(|member| (key_hash(&member.key), classes.place(&member.key, member.kind)));
            let places: Vec<_> = places.collect();
            let slots: Option<Vec<_>> = places
                .iter()
                .map(|(_, place)| if let Place::Set(slot) = place { Some(*slot) } else { None })
                .collect();
            match (slots, set.as_deref_mut()) {
                (Some(slots), Some(set)) => SetText::Whole(
                    slots
                        .into_iter()
                        .zip(text)
                        .map(|(slot, member)| set.member(slot, member.attribute()))
                        .collect(),
                ),
                _ => SetText::Spread(places),
            }
        });
        let texts = texts.collect();
        Self { attributes, own, listed, texts }
    }

    /// The members of the set that are all the input's set has for a row.
    fn whole(&self, row: usize) -> Option<&[u32]> {
        match &self.texts[self.attributes.sets()?.number(row)?] {
            SetText::Whole(members) => Some(members),
            SetText::Spread(_) => None,
        }
    }

    /// Hands over each other attribute of a row with the hash of its key and the place it goes to.
    fn row(&self, row: usize, mut each: impl FnMut(u64, Place, Attribute<'_>)) {
        self.attributes.own_of(row).for_each(|(number, attribute)| {
            let OwnKey { hash, place } = self.own[number];
            each(hash, place, attribute);
        });
        let text = self.attributes.sets().and_then(|sets| sets.number(row));
        if let Some(SetText::Spread(places)) = text.map(|text| &self.texts[text]) {
            for ((hash, place), attribute) in places.iter().zip(self.attributes.set_of(row)) {
                each(*hash, *place, attribute);
            }
        }
        self.attributes.listed_of(row).for_each(|(number, attribute)| {
            let ListedKey { hash, places } = &self.listed[number];
            each(*hash, places[usize::from(attribute.kind).min(8)], attribute);
        });
    }
}

/// An own column of a block in the making.
struct OwnBuilder {
    /// Rows that have a value or a null.
    rows: usize,
    values: OwnValues,
}

enum OwnValues {
    Text(StringBuilder),
    Int(Int64Builder),
    Double(Float64Builder),
    Bool(BooleanBuilder),
}

impl OwnBuilder {
    fn of(kind: u8) -> Self {
        let values = match ValueType::from_code(kind) {
            Some(ValueType::Int) => OwnValues::Int(Int64Builder::new()),
            Some(ValueType::Double) => OwnValues::Double(Float64Builder::new()),
            Some(ValueType::Bool) => OwnValues::Bool(BooleanBuilder::new()),
            _ => OwnValues::Text(StringBuilder::new()),
        };
        Self { rows: 0, values }
    }

    /// Whether the value was taken.
    fn push(&mut self, row: usize, text: &str) -> bool {
        if self.rows > row {
            return false;
        }
        match &mut self.values {
            OwnValues::Text(values) => {
                values.append_nulls(row - self.rows);
                values.append_value(text);
            }
            OwnValues::Int(values) => {
                let Some(value) = canonical_int(text) else { return false };
                values.append_nulls(row - self.rows);
                values.append_value(value);
            }
            OwnValues::Double(values) => {
                let value = if text == "Infinity" { Some(f64::INFINITY) } else { text.parse::<f64>().ok() };
                let Some(value) = value.filter(|value| double_text(*value) == text) else { return false };
                values.append_nulls(row - self.rows);
                values.append_value(value);
            }
            OwnValues::Bool(values) => {
                let Some(value) = text.parse::<bool>().ok() else { return false };
                values.append_nulls(row - self.rows);
                values.append_value(value);
            }
        }
        self.rows = row + 1;
        true
    }

    fn finish(&mut self, rows: usize) -> ArrayRef {
        let missing = rows - self.rows;
        self.rows = 0;
        match &mut self.values {
            OwnValues::Text(values) => {
                values.append_nulls(missing);
                Arc::new(values.finish())
            }
            OwnValues::Int(values) => {
                values.append_nulls(missing);
                Arc::new(values.finish())
            }
            OwnValues::Double(values) => {
                values.append_nulls(missing);
                Arc::new(values.finish())
            }
            OwnValues::Bool(values) => {
                values.append_nulls(missing);
                Arc::new(values.finish())
            }
        }
    }
}

/// The integer whose text this is; not one with a plus or leading zeros.
fn canonical_int(text: &str) -> Option<i64> {
    let is_canonical = match text.strip_prefix('-').unwrap_or(text).as_bytes() {
        [b'0'] => text == "0",
        [first, ..] => (b'1'..=b'9').contains(first),
        [] => false,
    };
    if is_canonical { text.parse().ok() } else { None }
}

/// The list of the rest of a block in the making.
#[derive(Default)]
struct RestBuilder {
    keys: StringDictionaryBuilder<Int32Type>,
    kinds: UInt8Builder,
    values: StringBuilder,
    lengths: Vec<usize>,
    entries: usize,
}

impl RestBuilder {
    fn push(&mut self, attribute: Attribute<'_>) {
        self.keys.append_value(attribute.key);
        self.kinds.append_value(attribute.kind);
        self.values.append_value(attribute.value);
        self.entries += 1;
    }

    fn end_row(&mut self) {
        self.lengths.push(self.entries);
        self.entries = 0;
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let fields = rows::attribute_fields();
        let columns: Vec<ArrayRef> =
            vec![Arc::new(self.keys.finish()), Arc::new(self.kinds.finish()), Arc::new(self.values.finish())];
        let entries = StructArray::try_new(fields.clone(), columns, None)?;
        let item = Arc::new(Field::new("item", DataType::Struct(fields), false));
        let offsets = OffsetBuffer::from_lengths(std::mem::take(&mut self.lengths));
        Ok(Arc::new(ListArray::try_new(item, offsets, Arc::new(entries), None)?))
    }
}
