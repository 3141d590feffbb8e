//! Growing Arrow columns that can take back their newest rows.
//!
//! A record is written field by field and may prove unreadable half-way; [`truncate`](Text::truncate) then
//! makes all columns equally long again. Texts are interned once per request, so that constant columns cost
//! one integer a row.

use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::NullBufferBuilder;
use arrow::array::{ArrayRef, DictionaryArray, FixedSizeBinaryArray, Int32Array, StringArray};
use arrow::array::{ListArray, StructArray, TimestampNanosecondArray};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer};
use arrow::datatypes::{Field, Fields, Int32Type};
use hashbrown::{DefaultHashBuilder, HashTable};

use crate::foresight::Rest;
use crate::text;

const ROWS: usize = 1_024;

/// A column of texts.
#[derive(Debug)]
pub(crate) struct Text {
    text: String,
    ends: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl Text {
    pub(crate) fn new() -> Self {
        Self { text: String::new(), ends: vec![0], nulls: NullBufferBuilder::new(ROWS) }
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len() - 1
    }

    pub(crate) fn reserve(&mut self, rest: Rest) {
        self.text.reserve_exact(rest.after(self.text.len()));
        rest.reserve(&mut self.ends);
    }

    pub(crate) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.close();
    }

    pub(crate) fn push_option(&mut self, text: Option<&str>) {
        self.text.push_str(text.unwrap_or_default());
        self.end_row();
        self.nulls.append(text.is_some());
    }

    /// A text as sent; absent when empty.
    pub(crate) fn push_bytes(&mut self, bytes: &[u8], bits: &mut u32) {
        if bytes.is_empty() {
            self.push_option(None);
        } else {
            self.push(&text::limited(bytes, bits));
        }
    }

    /// Where the text of the next row is written before [`Text::close`].
    pub(crate) fn open(&mut self) -> &mut String {
        &mut self.text
    }

    #[inline]
    pub(crate) fn close(&mut self) {
        self.end_row();
        self.nulls.append_non_null();
    }

    pub(crate) fn last(&self) -> &str {
        self.len().checked_sub(1).map_or("", |row| self.get(row))
    }

    pub(crate) fn get(&self, row: usize) -> &str {
        self.text.get(self.range(row)).unwrap_or_default()
    }

    /// Keeps the first `rows`, and drops what was written without being closed.
    pub(crate) fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows + 1);
        self.text.truncate(self.ends[rows] as usize);
        self.nulls.truncate(rows);
    }

    pub(crate) fn finish(mut self) -> StringArray {
        let ends = OffsetBuffer::new(self.ends.into());
        StringArray::new(ends, Buffer::from_vec(self.text.into_bytes()), self.nulls.finish())
    }

    fn bytes(&self, row: usize) -> &[u8] {
        &self.text.as_bytes()[self.range(row)]
    }

    fn range(&self, row: usize) -> Range<usize> {
        self.ends[row] as usize..self.ends[row + 1] as usize
    }

    #[inline]
    fn end_row(&mut self) {
        let end =
            i32::try_from(self.text.len()).expect("limits::BATCH_TEXT_BYTES keeps a column below 2 GiB");
        self.ends.push(end);
    }
}

/// A column of few distinct texts.
#[derive(Debug)]
pub(crate) struct Dictionary {
    lookup: HashTable<i32>,
    hasher: DefaultHashBuilder,
    words: Text,
    rows: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl Dictionary {
    pub(crate) fn new() -> Self {
        Self {
            lookup: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            words: Text::new(),
            rows: Vec::new(),
            nulls: NullBufferBuilder::new(ROWS),
        }
    }

    /// A column of which all rows will have this text; see [`Dictionary::finish_constant`].
    pub(crate) fn constant(word: &str) -> Self {
        let mut constant = Self::new();
        constant.intern(word);
        constant
    }

    /// The number of a text, the same for every occurrence.
    pub(crate) fn intern(&mut self, word: &str) -> i32 {
        match self.find(word.as_bytes()) {
            Ok(id) => id,
            Err(hash) => self.insert(hash, word),
        }
    }

    /// The number of bytes that should be text; only new ones are checked.
    #[inline]
    pub(crate) fn intern_bytes(&mut self, bytes: &[u8], bits: &mut u32) -> i32 {
        match self.find(bytes) {
            Ok(id) => id,
            Err(_) => self.intern(&text::limited(bytes, bits)),
        }
    }

    pub(crate) fn intern_option(&mut self, word: Option<&str>) -> Option<i32> {
        word.map(|word| self.intern(word))
    }

    pub(crate) fn word(&self, id: i32) -> &str {
        self.words.get(id as usize)
    }

    /// How many distinct texts there are; they are numbered from 0.
    pub(crate) fn words(&self) -> usize {
        self.words.len()
    }

    /// Reserves rows; words come ever more seldom.
    pub(crate) fn reserve(&mut self, rest: Rest) {
        rest.reserve(&mut self.rows);
    }

    #[inline]
    pub(crate) fn push(&mut self, id: i32) {
        self.rows.push(id);
        self.nulls.append_non_null();
    }

    pub(crate) fn push_option(&mut self, id: Option<i32>) {
        self.rows.push(id.unwrap_or_default());
        self.nulls.append(id.is_some());
    }

    /// A text that is absent when empty.
    pub(crate) fn push_text(&mut self, text: &str) {
        let id = (!text.is_empty()).then(|| self.intern(text));
        self.push_option(id);
    }

    pub(crate) fn push_word(&mut self, word: &str) {
        let id = self.intern(word);
        self.push(id);
    }

    pub(crate) fn truncate(&mut self, rows: usize) {
        self.rows.truncate(rows);
        self.nulls.truncate(rows);
    }

    pub(crate) fn finish(mut self) -> ArrayRef {
        let keys = Int32Array::new(self.rows.into(), self.nulls.finish());
        Arc::new(DictionaryArray::<Int32Type>::new(keys, Arc::new(self.words.finish())))
    }

    /// So many rows of the only text there is.
    pub(crate) fn finish_constant(mut self, rows: usize) -> ArrayRef {
        self.rows = vec![0; rows];
        self.nulls.append_n_non_nulls(rows);
        self.finish()
    }

    #[inline]
    fn find(&self, word: &[u8]) -> Result<i32, u64> {
        let hash = self.hasher.hash_one(word);
        let same = |id: &i32| self.words.bytes(*id as usize) == word;
        self.lookup.find(hash, same).copied().ok_or(hash)
    }

    fn insert(&mut self, hash: u64, word: &str) -> i32 {
        let id = i32::try_from(self.words.len()).expect("a body of 2^31 words is larger than any limit");
        self.words.push(word);
        let (words, hasher) = (&self.words, &self.hasher);
        self.lookup.insert_unique(hash, id, |id| hasher.hash_one(words.bytes(*id as usize)));
        id
    }
}

/// A column whose words are known beforehand; a number that has none means the first.
#[derive(Debug)]
pub(crate) struct Words<const N: usize> {
    names: [&'static str; N],
    ids: [Option<i32>; N],
    dictionary: Dictionary,
}

impl<const N: usize> Words<N> {
    pub(crate) fn new(names: [&'static str; N]) -> Self {
        Self { names, ids: [None; N], dictionary: Dictionary::new() }
    }

    pub(crate) fn push(&mut self, number: u32) {
        let place = Some(number as usize).filter(|place| *place < N).unwrap_or_default();
        let id = *self.ids[place].get_or_insert_with(|| self.dictionary.intern(self.names[place]));
        self.dictionary.push(id);
    }

    pub(crate) fn reserve(&mut self, rest: Rest) {
        self.dictionary.reserve(rest);
    }

    pub(crate) fn finish(self) -> ArrayRef {
        self.dictionary.finish()
    }
}

/// A column of ids of `N` bytes.
#[derive(Debug)]
pub(crate) struct Ids<const N: usize> {
    bytes: Vec<u8>,
    nulls: NullBufferBuilder,
}

impl<const N: usize> Ids<N> {
    pub(crate) fn new() -> Self {
        Self { bytes: Vec::new(), nulls: NullBufferBuilder::new(ROWS) }
    }

    pub(crate) fn reserve(&mut self, rest: Rest) {
        rest.reserve(&mut self.bytes);
    }

    pub(crate) fn push(&mut self, id: &[u8; N]) {
        self.bytes.extend_from_slice(id);
        self.nulls.append_non_null();
    }

    pub(crate) fn push_option(&mut self, id: Option<&[u8; N]>) {
        self.bytes.extend_from_slice(id.unwrap_or(&[0; N]));
        self.nulls.append(id.is_some());
    }

    pub(crate) fn truncate(&mut self, rows: usize) {
        self.bytes.truncate(rows * N);
        self.nulls.truncate(rows);
    }

    pub(crate) fn finish(mut self) -> ArrayRef {
        let width = i32::try_from(N).expect("an id has 8 or 16 bytes");
        Arc::new(FixedSizeBinaryArray::new(width, Buffer::from_vec(self.bytes), self.nulls.finish()))
    }
}

/// Where the list of each row ends among its items.
#[derive(Debug)]
pub(crate) struct Ends(Vec<i32>);

impl Ends {
    pub(crate) fn new() -> Self {
        Self(vec![0])
    }

    pub(crate) fn reserve(&mut self, rest: Rest) {
        rest.reserve(&mut self.0);
    }

    pub(crate) fn push(&mut self, items: usize) {
        self.0.push(i32::try_from(items).expect("a body of 2^31 items is larger than any limit"));
    }

    /// Keeps the first `rows` and tells how many items they have.
    pub(crate) fn truncate(&mut self, rows: usize) -> usize {
        self.0.truncate(rows + 1);
        self.0[rows] as usize
    }

    pub(crate) fn finish(self, items: ArrayRef) -> ArrayRef {
        let item = Arc::new(Field::new("item", items.data_type().clone(), false));
        Arc::new(ListArray::new(item, OffsetBuffer::new(self.0.into()), items, None))
    }

    pub(crate) fn finish_structs(self, fields: Fields, columns: Vec<ArrayRef>) -> ArrayRef {
        self.finish(Arc::new(StructArray::new(fields, columns, None)))
    }
}

/// A column of instants.
pub(crate) fn instants(values: Vec<i64>, nulls: Option<NullBuffer>) -> ArrayRef {
    Arc::new(TimestampNanosecondArray::new(values.into(), nulls).with_timezone("UTC"))
}

/// An id of the right length that is not all zero.
pub(crate) fn valid_id<const N: usize>(bytes: &[u8]) -> Option<&[u8; N]> {
    bytes.try_into().ok().filter(|id| *id != &[0; N])
}
