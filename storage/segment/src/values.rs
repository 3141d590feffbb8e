//! From time, service, name, errors and durations to the blocks and rows that can have them: `values.idx`.
//!
//! An answer may hold rows that do not match, never miss one that does. The second half of a set's key is
//! the span name, the severity number of logs, the metric of data points.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::Path;

use daymark_model::words::Wanted;
use roaring::RoaringBitmap;

use crate::codec::{Decoder, Encoder};
use crate::error::{Error, Result};
use crate::late::{RowAt, Times};
use crate::presence::Presence;
use crate::projection::own_name;
use crate::ranges::RowRanges;
use crate::slowest::{Slowest, SlowestBuilder};
use crate::value_sets::ValueSets;

pub(crate) const VALUES: &str = "values.idx";
const MAGIC: [u8; 4] = *b"DMV3";

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
    /// Spans that take at least so many nanoseconds.
    pub duration_min: Option<i64>,
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

/// What the index knows of one row besides its instant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) service: TextNumber,
    pub(crate) second: u32,
    pub(crate) is_error: bool,
    /// Of a span.
    pub(crate) duration: Option<i64>,
}

impl Known {
    pub(crate) fn of(service: TextNumber, second: u32) -> Self {
        Self { service, second, is_error: false, duration: None }
    }
}

/// Collects values while rows go by in ascending order.
#[derive(Debug)]
pub(crate) struct ValuesBuilder {
    block_rows: u32,
    rows: u32,
    times: Vec<Times>,
    /// The rows of the block that is not complete yet.
    block: Vec<RowAt>,
    texts: Texts,
    slots: HashMap<(TextNumber, u32), usize>,
    last: Option<((TextNumber, u32), usize)>,
    sets: Vec<Set>,
    known: ValueSets,
}

#[derive(Debug)]
struct Set {
    service: TextNumber,
    second: u32,
    last_block: u32,
    blocks: RoaringBitmap,
    /// Rows.
    errors: RoaringBitmap,
    slowest: SlowestBuilder,
}

impl ValuesBuilder {
    pub(crate) fn new(block_rows: usize) -> Self {
        Self {
            block_rows: block_rows as u32,
            rows: 0,
            times: Vec::new(),
            block: Vec::with_capacity(block_rows),
            texts: Texts::default(),
            slots: HashMap::new(),
            last: None,
            sets: Vec::new(),
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

    pub(crate) fn add(&mut self, at: i64, row: Known) {
        let slot = self.slot((row.service, row.second));
        let (block, set) = (self.rows / self.block_rows, &mut self.sets[slot]);
        if set.last_block != block {
            set.blocks.insert(block);
            set.last_block = block;
        }
        if row.is_error {
            set.errors.insert(self.rows);
        }
        if let Some(duration) = row.duration {
            set.slowest.add(self.rows, duration);
        }
        self.block.push(RowAt { row: self.rows, set: slot as u32, at });
        self.rows += 1;
        if self.rows.is_multiple_of(self.block_rows) {
            self.end_block();
        }
    }

    fn end_block(&mut self) {
        if !self.block.is_empty() {
            self.times.push(Times::of(&self.block));
            self.block.clear();
        }
    }

    fn slot(&mut self, key: (TextNumber, u32)) -> usize {
        let slot = match self.last {
            Some((last, slot)) if last == key => slot,
            _ => *self.slots.entry(key).or_insert_with(|| {
                let (service, second) = key;
                let (blocks, errors) = Default::default();
                let slowest = SlowestBuilder::new();
                self.sets.push(Set { service, second, last_block: u32::MAX, blocks, errors, slowest });
                self.sets.len() - 1
            }),
        };
        self.last = Some((key, slot));
        slot
    }

    pub(crate) fn encode(mut self) -> Vec<u8> {
        self.end_block();
        let mut out = Encoder::new(MAGIC);
        out.u32(self.block_rows);
        out.u32(self.rows);
        out.count(self.times.len());
        for times in &self.times {
            out.i64(times.min);
            out.i64(times.max);
            out.i64(times.usual_max);
            out.count(times.late.len());
            for late in &times.late {
                out.u32(late.row);
                out.u32(late.set);
                out.i64(late.at);
            }
        }
        out.count(self.texts.list.len());
        self.texts.list.iter().for_each(|text| out.bytes(text.as_bytes()));
        out.count(self.sets.len());
        for set in self.sets {
            out.u32(set.service);
            out.u32(set.second);
            out.bytes(&bitmap_bytes(&set.blocks));
            out.bytes(&if set.errors.is_empty() { Vec::new() } else { bitmap_bytes(&set.errors) });
            set.slowest.finish().encode(&mut out);
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
    times: Vec<Times>,
    texts: Vec<String>,
    sets: Vec<KnownSet>,
    known: ValueSets,
}

/// What is known of a service with a name, or with a severity.
#[derive(Debug)]
struct KnownSet {
    service: TextNumber,
    second: u32,
    blocks: RoaringBitmap,
    errors: RoaringBitmap,
    slowest: Slowest,
}

impl KnownSet {
    /// The rows that can match, where more is known than their blocks.
    fn rows(&self, predicate: &Predicate) -> Option<RoaringBitmap> {
        let slow: Option<RoaringBitmap> =
            predicate.duration_min.and_then(|least| Some(self.slowest.reaching(least)?.collect()));
        match slow {
            Some(slow) if predicate.errors_only => Some(slow & &self.errors),
            None if predicate.errors_only => Some(self.errors.clone()),
            slow => slow,
        }
    }
}

impl Values {
    pub(crate) fn decode(path: &Path, bytes: &[u8]) -> Result<Self> {
        let mut from = Decoder::new(path, MAGIC, bytes)?;
        let (block_rows, rows) = (from.u32()?, from.u32()?);
        let times = from.count(28)?;
        let times = (0..times).map(|_| block_times(&mut from)).collect::<Result<Vec<_>>>()?;
        if block_rows == 0 || times.len() != rows.div_ceil(block_rows) as usize {
            return Err(Error::corrupt(path, "impossible number of blocks"));
        }
        let texts = from.count(4)?;
        let texts = (0..texts).map(|_| Ok(from.text()?.to_owned())).collect::<Result<Vec<_>>>()?;
        let sets = from.count(28)?;
        let sets = (0..sets).map(|_| {
            let (service, second, blocks) = (from.u32()?, from.u32()?, bitmap(path, from.bytes()?)?);
            let (errors, slowest) = (bitmap(path, from.bytes()?)?, Slowest::decode(&mut from)?);
            Ok(KnownSet { service, second, blocks, errors, slowest })
        });
        let sets = sets.collect::<Result<Vec<_>>>()?;
        let known = ValueSets::decode(&mut from)?;
        from.end()?;
        Ok(Self { block_rows, rows, times, texts, sets, known })
    }

    /// Of each block.
    pub(crate) fn times(&self) -> &[Times] {
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
            rows = rows.intersect(&self.rows_within(time));
        }
        let asks_for_rows = predicate.errors_only || predicate.duration_min.is_some();
        if asks_for_rows || Self::asks_for_sets(predicate, second_is_text) {
            rows = rows.intersect(&self.rows_of_sets(predicate, second_is_text));
        }
        rows
    }

    /// Rows of sets that can match, or blocks where no more is known.
    fn rows_of_sets(&self, predicate: &Predicate, second_is_text: bool) -> RowRanges {
        let (mut rows, mut blocks) = (RoaringBitmap::new(), RoaringBitmap::new());
        for (_, set) in self.sets_of(predicate, second_is_text) {
            match set.rows(predicate) {
                Some(known) => rows |= known,
                None => blocks |= &set.blocks,
            }
        }
        let blocks: RowRanges = blocks.iter().map(|block| self.block(block)).collect();
        if rows.is_empty() { blocks } else { blocks.union(&rows.iter().collect()) }
    }

    /// Blocks that have usual rows in the time, and late rows of others.
    fn rows_within(&self, time: &Range<i64>) -> RowRanges {
        let mut rows = RowRanges::default();
        for (block, times) in (0_u32..).zip(&self.times) {
            if times.max < time.start || time.end <= times.min {
                continue;
            }
            if time.start <= times.usual_max {
                rows.push(self.block(block));
            } else {
                let late = times.late.iter().filter(|late| time.contains(&late.at));
                late.for_each(|late| rows.push(late.row..late.row + 1));
            }
        }
        rows
    }

    /// For each block its late rows that can match, with their instants.
    pub(crate) fn late(&self, predicate: &Predicate, second_is_text: bool) -> Vec<Vec<(u32, i64)>> {
        let wanted: Option<RoaringBitmap> = Self::asks_for_sets(predicate, second_is_text)
            .then(|| self.sets_of(predicate, second_is_text).map(|(number, _)| number).collect());
        let can_match = |late: &&RowAt| wanted.as_ref().is_none_or(|sets| sets.contains(late.set));
        let of_block = |times: &Times| {
            times.late.iter().filter(can_match).map(|late| (late.row, late.at)).collect::<Vec<_>>()
        };
        self.times.iter().map(of_block).collect()
    }

    fn asks_for_sets(predicate: &Predicate, second_is_text: bool) -> bool {
        let by_second =
            if second_is_text { predicate.name.is_some() } else { predicate.severity_min.is_some() };
        predicate.service.is_some() || by_second
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

    /// The sets that can match, with their numbers.
    fn sets_of(&self, predicate: &Predicate, second_is_text: bool) -> impl Iterator<Item = (u32, &KnownSet)> {
        let has_second = move |second: u32| {
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
        let can_match =
            move |set: &KnownSet| self.has_service(predicate, set.service) && has_second(set.second);
        (0..).zip(&self.sets).filter(move |(_, set)| can_match(set))
    }

    /// Each service that the rows have, and where.
    pub(crate) fn presences(&self) -> Vec<Presence> {
        let mut services: BTreeMap<&str, RoaringBitmap> = BTreeMap::new();
        for set in &self.sets {
            *services.entry(self.text(set.service).unwrap_or_default()).or_default() |= &set.blocks;
        }
        let presence = |(service, blocks): (&str, _)| Presence::new(service.to_owned(), blocks, &self.times);
        services.into_iter().map(presence).collect()
    }

    /// Every pair of a set's key that the rows have, where the second half is a text.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sets.iter().filter_map(|set| Some((self.text(set.service)?, self.text(set.second)?)))
    }
}

fn block_times(from: &mut Decoder<'_>) -> Result<Times> {
    let (min, max, usual_max) = (from.i64()?, from.i64()?, from.i64()?);
    let late =
        (0..from.count(16)?).map(|_| Ok(RowAt { row: from.u32()?, set: from.u32()?, at: from.i64()? }));
    Ok(Times { min, max, usual_max, late: late.collect::<Result<_>>()? })
}

/// No bytes are an empty one.
fn bitmap(path: &Path, bytes: &[u8]) -> Result<RoaringBitmap> {
    if bytes.is_empty() {
        return Ok(RoaringBitmap::new());
    }
    RoaringBitmap::deserialize_from(bytes).map_err(|error| Error::corrupt(path, error.to_string()))
}
