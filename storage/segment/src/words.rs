//! From words and phrases to the rows whose text may have them: `words.rows`, `words.idx`, `tokens.bf`.
//!
//! A word stands in the shape of a text or is touched by one of its variables (`daymark_model::parts`). So
//! the rows that may have it are those of the shapes that have it, and those of the blocks whose filter may
//! have it. The files are read when they are asked, and kept only as long as there is room
//! ([`crate::ReadCache`]).

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::Path;

use bytes::Bytes;
use daymark_model::words::{Wanted, fold, is_indexed, words};
use roaring::RoaringBitmap;

use crate::error::Result;
use crate::layout::block_rows;
use crate::meta::Meta;
use crate::ranges::RowRanges;
use crate::values::Index;

/// Collecting them.
mod build;
/// Shapes by their words.
mod postings;
/// Rows by shapes.
mod shapes;
/// What blocks cannot have.
mod tokens;

pub(crate) use build::WordsBuilder;

use postings::{Postings, WORD_INDEX};
use shapes::{Shapes, WORD_ROWS};
use tokens::{TOKENS, blocks_with, word_hash};

/// When more than one of this many rows is found, blocks are read whole.
const SCATTERED: u64 = 20;

/// Words that are looked up at most; a further one could only leave out rows.
const ITEMS: usize = 64;

/// Rows whose texts may have all that is wanted; none when these indexes cannot tell. `read` gives the
/// checked bytes of a file.
pub(crate) fn candidates(
    dir: &Path,
    meta: &Meta,
    wanted: &Wanted,
    read: impl Fn(&'static str) -> Result<Bytes>,
    tell: &mut dyn FnMut(Index),
) -> Result<Option<RowRanges>> {
    let mut items = Vec::new();
    wanted.phrases().for_each(|phrase| Item::add(phrase, &mut items));
    if items.is_empty() || !meta.files.contains_key(WORD_ROWS) {
        return Ok(None);
    }
    let path = dir.join(WORD_ROWS);
    let bytes = read(WORD_ROWS)?;
    let shapes = Shapes::decode(&path, &bytes)?;
    let search = if shapes.is_searched {
        Search::Index(Box::new(Postings::open(&dir.join(WORD_INDEX), &read(WORD_INDEX)?)?))
    } else {
        Search::texts(&shapes)
    };
    let size = block_rows(meta.table) as u32;
    let rows_of = |block: u32| {
        let from = block.saturating_mul(size);
        from..from.saturating_add(size).min(meta.rows)
    };
    let filters = Filters::read(&dir.join(TOKENS), &read(TOKENS)?, &items, rows_of)?;
    let (of_shapes, of_filters) = rows(&items, &shapes, &search, &filters, rows_of)?;
    // What has no rows was told by both.
    let has_words = !of_shapes.is_empty() || of_filters.is_empty();
    let has_tokens = !of_filters.is_empty() || of_shapes.is_empty();
    let found = of_shapes | of_filters | &shapes.unknown;
    if found.len() < u64::from(meta.rows) {
        [(has_words, Index::Words), (has_tokens, Index::Tokens)]
            .into_iter()
            .filter(|(has_told, _)| *has_told)
            .for_each(|(_, index)| tell(index));
    }
    Ok(Some(ranges(&found, meta.rows, size, rows_of)))
}

/// Something that a text must have: a word, or words that stand side by side.
///
/// The words of a phrase are items of their own, too.
struct Item(Vec<String>);

impl Item {
    /// Adds what the indexes can tell of a phrase.
    fn add(phrase: &str, items: &mut Vec<Self>) {
        let all: Vec<String> = words(phrase).map(str::to_owned).collect();
        let known = all.iter().filter(|word| is_indexed(word));
        items.extend(known.map(|word| Self(vec![word.clone()])));
        if all.len() > 1 && all.iter().all(|word| is_indexed(word)) {
            items.push(Self(all));
        }
        items.truncate(ITEMS);
    }
}

/// The rows that may have all items: each of them stands in the shape of the text, or one of its words is in
/// the filter of the block. First those of shapes that have any, then those that filters alone leave.
fn rows(
    items: &[Item],
    shapes: &Shapes<'_>,
    search: &Search,
    filters: &Filters,
    rows_of: impl Fn(u32) -> Range<u32>,
) -> Result<(RoaringBitmap, RoaringBitmap)> {
    // For each shape the items it has, as bits.
    let mut holders: HashMap<u32, u64> = HashMap::new();
    let mut filtered = Vec::with_capacity(items.len());
    for (number, item) in items.iter().enumerate() {
        let bit = 1_u64 << number;
        match search.shapes(&item.0)? {
            Some(found) => found.into_iter().for_each(|shape| *holders.entry(shape).or_default() |= bit),
            // Any shape may have it; its words are asked for by themselves.
            None => {
                filtered.push(None);
                continue;
            }
        }
        filtered.push(Some(filters.rows(&item.0)));
    }
    let outside = |mask: u64| {
        let missing = move |(number, _): &(usize, _)| mask & (1 << number) == 0;
        filtered.iter().enumerate().filter(missing).filter_map(|(_, rows)| rows.as_ref())
    };
    let mut by_mask: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    for (shape, mask) in holders {
        by_mask.entry(mask).or_default().push(shape);
    }
    let mut of_shapes = RoaringBitmap::new();
    for (mask, of_mask) in by_mask {
        if outside(mask).any(RoaringBitmap::is_empty) {
            continue;
        }
        let mut rows = shapes.rows(&of_mask, &rows_of)?;
        outside(mask).for_each(|filtered| rows &= filtered);
        of_shapes |= rows;
    }
    let mut of_filters = outside(0).next().cloned().unwrap_or_default();
    outside(0).for_each(|filtered| of_filters &= filtered);
    Ok((of_shapes, of_filters))
}

/// Few rows as they are, many as whole blocks.
fn ranges(found: &RoaringBitmap, rows: u32, size: u32, rows_of: impl Fn(u32) -> Range<u32>) -> RowRanges {
    if found.len() * SCATTERED <= u64::from(rows) {
        return found.iter().collect();
    }
    let mut ranges = RowRanges::default();
    let mut from = 0;
    while let Some(row) = found.range(from..).next() {
        let block = rows_of(row / size);
        from = block.end;
        ranges.push(block);
    }
    ranges
}

/// For each word the rows of the blocks whose filter may have it.
struct Filters(BTreeMap<String, RoaringBitmap>);

impl Filters {
    fn read(path: &Path, bytes: &[u8], items: &[Item], rows_of: impl Fn(u32) -> Range<u32>) -> Result<Self> {
        let all = items.iter().flat_map(|item| &item.0);
        let mut words: Vec<_> = all.filter_map(|word| Some((word.clone(), word_hash(word)?))).collect();
        words.sort_unstable();
        words.dedup();
        let hashes: Vec<u64> = words.iter().map(|(_, hash)| *hash).collect();
        let rows = blocks_with(path, bytes, &hashes)?.into_iter().map(|blocks| {
            let mut rows = RoaringBitmap::new();
            for block in blocks {
                rows.insert_range(rows_of(block));
            }
            rows
        });
        Ok(Self(words.into_iter().map(|(word, _)| word).zip(rows).collect()))
    }

    /// The rows that may have any of these words.
    fn rows(&self, words: &[String]) -> RoaringBitmap {
        let mut rows = RoaringBitmap::new();
        words.iter().filter_map(|word| self.0.get(word)).for_each(|more| rows |= more);
        rows
    }
}

/// How shapes are found.
enum Search {
    Index(Box<Postings>),
    /// The words of each shape.
    Texts(Vec<Vec<String>>),
}

impl Search {
    fn texts(shapes: &Shapes<'_>) -> Self {
        let mut folded = String::new();
        let mut of_text = |text: Option<&str>| {
            fold(text.unwrap_or_default(), &mut folded);
            words(&folded).map(str::to_owned).collect()
        };
        Self::Texts(shapes.texts().map(&mut of_text).collect())
    }

    /// The shapes that have these words side by side; none when positions are not known.
    fn shapes(&self, words: &[String]) -> Result<Option<Vec<u32>>> {
        match (self, words) {
            (Self::Index(postings), [word]) => postings.with_word(word).map(Some),
            (Self::Index(postings), phrase) if postings.has_positions => {
                postings.with_phrase(phrase).map(Some)
            }
            (Self::Index(_), _) => Ok(None),
            (Self::Texts(texts), phrase) => {
                let has = |words: &[String]| words.windows(phrase.len()).any(|run| run == phrase);
                let numbered = (0..).zip(texts).filter(|(_, words)| has(words));
                Ok(Some(numbered.map(|(number, _)| number).collect()))
            }
        }
    }
}
