//! From time, service, name and errors to the blocks and rows that can have them: `values.idx`.
//!
//! An answer may hold rows that do not match, never miss one that does. The second half of a set's key is
//! the span name, the severity number of logs, the metric of data points.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use daymark_model::words::Wanted;
use roaring::RoaringBitmap;

use crate::codec::{Decoder, Encoder};
use crate::error::{Error, Result};
use crate::projection::own_name;
use crate::ranges::RowRanges;
use crate::value_sets::ValueSets;

pub(crate) const VALUES: &str = "values.idx";
const MAGIC: [u8; 4] = *b"DMV1";

/// What a reader knows of the rows it wants. All parts must hold; an absent part always holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Predicate {
    /// Half-open, over the table's time column.
    pub time: Option<Range<i64>>,
    /// Any of these services.
    pub service: Option<Vec<String>>,
    /// Any of these span names, or metrics.
    pub name: Option<Vec<String>>,
    /// Logs of at least this severity number.
    pub severity_min: Option<u8>,
    /// Spans with status error, logs of severity error and above.
    pub errors_only: bool,
    /// Columns by name, each with the texts it may have.
    pub columns: Vec<(String, Vec<String>)>,
    /// Attributes of the row itself, not of its resource.
    pub attributes: Vec<AttributeIs>,
    /// What the body of a line, or the message of an exception of a span, has.
    pub words: Wanted,
}

/// Something that tells which rows can match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Index {
    /// Instants, services, names, severities and values by blocks.
    Values,
    /// Attributes by blocks.
    Attributes,
    /// Words by the shapes of texts.
    Words,
    /// Words of variables, ids and numbers by blocks.
    Tokens,
    /// Trace ids.
    Traces,
}

impl Index {
    pub fn name(self) -> &'static str {
        match self {
            Self::Values => "values",
            Self::Attributes => "attributes",
            Self::Words => "words",
            Self::Tokens => "tokens",
            Self::Traces => "traces",
        }
    }
}

/// What the text of an attribute must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeIs {
    pub key: String,
    /// Any of these texts.
    pub values: Vec<String>,
    /// The case does not matter, and `values` are in lower case.
    pub in_any_case: bool,
}

impl AttributeIs {
    pub fn exactly(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), values: vec![value.into()], in_any_case: false }
    }
}

/// The number that a text has in an index file.
type TextNumber = u32;

/// Texts in the order of their first appearance.
#[derive(Debug, Default)]
struct Texts {
    list: Vec<String>,
    numbers: HashMap<String, TextNumber>,
}

impl Texts {
    fn number(&mut self, text: &str) -> TextNumber {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.list.len() as TextNumber;
        self.list.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }
}

/// What the index knows of one row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowValues {
    pub(crate) time: i64,
    pub(crate) service: TextNumber,
    pub(crate) second: u32,
    pub(crate) is_error: bool,
}

/// Collects values while rows go by in ascending order.
#[derive(Debug)]
pub(crate) struct ValuesBuilder {
    block_rows: u32,
    rows: u32,
    times: Vec<(i64, i64)>,
    texts: Texts,
    slots: HashMap<(TextNumber, u32), usize>,
    last: Option<((TextNumber, u32), usize)>,
    sets: Vec<Set>,
    errors: Vec<(TextNumber, RoaringBitmap)>,
    known: ValueSets,
}

#[derive(Debug)]
struct Set {
    service: TextNumber,
    second: u32,
    last_block: u32,
    blocks: RoaringBitmap,
}

impl ValuesBuilder {
    pub(crate) fn new(block_rows: usize) -> Self {
        Self {
            block_rows: block_rows as u32,
            rows: 0,
            times: Vec::new(),
            texts: Texts::default(),
            slots: HashMap::new(),
            last: None,
            sets: Vec::new(),
            errors: Vec::new(),
            known: ValueSets::default(),
        }
    }

    /// All values of some columns.
    pub(crate) fn known_mut(&mut self) -> &mut ValueSets {
        &mut self.known
    }

    pub(crate) fn text(&mut self, text: &str) -> TextNumber {
        self.texts.number(text)
    }

    pub(crate) fn add(&mut self, row: RowValues) {
        let block = self.rows / self.block_rows;
        match self.times.get_mut(block as usize) {
            Some((min, max)) => (*min, *max) = ((*min).min(row.time), (*max).max(row.time)),
            None => self.times.push((row.time, row.time)),
        }
        self.add_to_set((row.service, row.second), block);
        if row.is_error {
            let at = self.errors.iter().position(|(service, _)| *service == row.service);
            let at = at.unwrap_or_else(|| {
                self.errors.push((row.service, RoaringBitmap::new()));
                self.errors.len() - 1
            });
            self.errors[at].1.insert(self.rows);
        }
        self.rows += 1;
    }

    fn add_to_set(&mut self, key: (TextNumber, u32), block: u32) {
        let slot = match self.last {
            Some((last, slot)) if last == key => slot,
            _ => *self.slots.entry(key).or_insert_with(|| {
                let (service, second) = key;
                self.sets.push(Set { service, second, last_block: u32::MAX, blocks: RoaringBitmap::new() });
                self.sets.len() - 1
            }),
        };
        self.last = Some((key, slot));
        let set = &mut self.sets[slot];
        if set.last_block != block {
            set.blocks.insert(block);
            set.last_block = block;
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::new(MAGIC);
        out.u32(self.block_rows);
        out.u32(self.rows);
        out.count(self.times.len());
        for (min, max) in &self.times {
            out.i64(*min);
            out.i64(*max);
        }
        out.count(self.texts.list.len());
        self.texts.list.iter().for_each(|text| out.bytes(text.as_bytes()));
        out.count(self.sets.len());
        for set in &self.sets {
            out.u32(set.service);
            out.u32(set.second);
            out.bytes(&bitmap_bytes(&set.blocks));
        }
        out.count(self.errors.len());
        for (service, rows) in &self.errors {
            out.u32(*service);
            out.bytes(&bitmap_bytes(rows));
        }
        self.known.encode(&mut out);
        out.finish()
    }
}

fn bitmap_bytes(bitmap: &RoaringBitmap) -> Vec<u8> {
    let mut bitmap = bitmap.clone();
    bitmap.optimize();
    let mut bytes = Vec::with_capacity(bitmap.serialized_size());
    bitmap.serialize_into(&mut bytes).expect("a Vec takes all bytes");
    bytes
}

/// `values.idx` in memory.
#[derive(Debug)]
pub(crate) struct Values {
    block_rows: u32,
    rows: u32,
    times: Vec<(i64, i64)>,
    texts: Vec<String>,
    sets: Vec<(TextNumber, u32, RoaringBitmap)>,
    errors: Vec<(TextNumber, RoaringBitmap)>,
    known: ValueSets,
}

impl Values {
    pub(crate) fn decode(path: &Path, bytes: &[u8]) -> Result<Self> {
        let mut from = Decoder::new(path, MAGIC, bytes)?;
        let (block_rows, rows) = (from.u32()?, from.u32()?);
        let times = from.count(16)?;
        let times = (0..times).map(|_| Ok((from.i64()?, from.i64()?))).collect::<Result<Vec<_>>>()?;
        if block_rows == 0 || times.len() != rows.div_ceil(block_rows) as usize {
            return Err(Error::corrupt(path, "impossible number of blocks"));
        }
        let texts = from.count(4)?;
        let texts = (0..texts).map(|_| Ok(from.text()?.to_owned())).collect::<Result<Vec<_>>>()?;
        let sets = from.count(12)?;
        let sets = (0..sets).map(|_| Ok((from.u32()?, from.u32()?, bitmap(path, &mut from)?)));
        let sets = sets.collect::<Result<Vec<_>>>()?;
        let errors = from.count(8)?;
        let errors = (0..errors).map(|_| Ok((from.u32()?, bitmap(path, &mut from)?)));
        let errors = errors.collect::<Result<Vec<_>>>()?;
        let known = ValueSets::decode(&mut from)?;
        from.end()?;
        Ok(Self { block_rows, rows, times, texts, sets, errors, known })
    }

    /// The first and the last instant of each block.
    pub(crate) fn times(&self) -> &[(i64, i64)] {
        &self.times
    }

    fn text(&self, number: TextNumber) -> Option<&str> {
        self.texts.get(number as usize).map(String::as_str)
    }

    fn block(&self, block: u32) -> Range<u32> {
        let from = block.saturating_mul(self.block_rows).min(self.rows);
        from..from.saturating_add(self.block_rows).min(self.rows)
    }

    /// Rows that can match. `second_is_text` tells names from severity numbers.
    pub(crate) fn candidates(&self, predicate: &Predicate, second_is_text: bool) -> RowRanges {
        if self.lacks(predicate) {
            return RowRanges::default();
        }
        let mut rows = RowRanges::all(self.rows);
        if let Some(time) = &predicate.time {
            let blocks = (0_u32..).zip(&self.times);
            let inside = blocks.filter(|(_, (min, max))| *min < time.end && time.start <= *max);
            rows = rows.intersect(&inside.map(|(block, _)| self.block(block)).collect());
        }
        let by_set = if second_is_text { predicate.name.is_some() } else { predicate.severity_min.is_some() };
        if predicate.service.is_some() || by_set {
            rows = rows.intersect(&self.blocks_of_sets(predicate, second_is_text));
        }
        if predicate.errors_only {
            let services = self.errors.iter().filter(|(service, _)| self.has_service(predicate, *service));
            let errors = services.fold(RoaringBitmap::new(), |all, (_, rows)| all | rows);
            rows = rows.intersect(&errors.iter().collect());
        }
        rows
    }

    /// Whether no row has a value that is asked for.
    fn lacks(&self, predicate: &Predicate) -> bool {
        let lacks_attribute = |asked: &AttributeIs| {
            let column = own_name(&asked.key, "");
            if asked.in_any_case {
                self.known.lacks_in_any_case(&column, &asked.values)
            } else {
                self.known.lacks(&column, &asked.values)
            }
        };
        predicate.columns.iter().any(|(column, values)| self.known.lacks(column, values))
            || predicate.attributes.iter().any(lacks_attribute)
    }

    fn has_service(&self, predicate: &Predicate, number: TextNumber) -> bool {
        let text = self.text(number);
        predicate
            .service
            .as_ref()
            .is_none_or(|wanted| wanted.iter().any(|service| Some(service.as_str()) == text))
    }

    fn blocks_of_sets(&self, predicate: &Predicate, second_is_text: bool) -> RowRanges {
        let has_second = |second: u32| {
            if second_is_text {
                let text = self.text(second);
                predicate
                    .name
                    .as_ref()
                    .is_none_or(|names| names.iter().any(|name| Some(name.as_str()) == text))
            } else {
                predicate.severity_min.is_none_or(|least| second >= u32::from(least))
            }
        };
        let wanted = self
            .sets
            .iter()
            .filter(|(service, second, _)| self.has_service(predicate, *service) && has_second(*second));
        let blocks = wanted.fold(RoaringBitmap::new(), |all, (.., blocks)| all | blocks);
        blocks.iter().map(|block| self.block(block)).collect()
    }

    /// Every pair of a set's key that the rows have, where the second half is a text.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sets.iter().filter_map(|(service, second, _)| Some((self.text(*service)?, self.text(*second)?)))
    }
}

fn bitmap(path: &Path, from: &mut Decoder<'_>) -> Result<RoaringBitmap> {
    RoaringBitmap::deserialize_from(from.bytes()?).map_err(|error| Error::corrupt(path, error.to_string()))
}
