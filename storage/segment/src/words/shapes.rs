//! The rows of each shape, and rows whose text is not indexed: `words.rows`.

use std::path::Path;

use roaring::{MultiOps, RoaringBitmap};

use crate::codec::{Decoder, Encoder};
use crate::error::{Error, Result};

pub(crate) const WORD_ROWS: &str = "words.rows";
const MAGIC: [u8; 4] = *b"DMW1";
const ONE: u8 = 0;
const ROWS: u8 = 1;
const BLOCKS: u8 = 2;
/// A shape that one of this many rows has is known by its blocks.
const COMMON: usize = 100;

/// Writes the entries of a file.
pub(super) struct ShapesWriter {
    out: Encoder,
    rows: usize,
    block_rows: u32,
}

impl ShapesWriter {
    /// `is_searched` says whether the words of the shapes stand in `words.idx`.
    pub(super) fn new(is_searched: bool, unknown: &[u32], shapes: usize, rows: u32, block_rows: u32) -> Self {
        let mut out = Encoder::new(MAGIC);
        out.u8(u8::from(is_searched));
        put_bitmap(&mut out, unknown.iter().copied());
        out.count(shapes);
        Self { out, rows: rows as usize, block_rows }
    }

    /// A shape that stands in one row alone.
    pub(super) fn one(&mut self, row: u32) {
        self.out.u8(ONE);
        self.out.u32(row);
    }

    /// Rows are in ascending order.
    pub(super) fn several(&mut self, id: u64, text: &str, rows: &[u32]) {
        let is_common = rows.len() * COMMON >= self.rows;
        self.out.u8(if is_common { BLOCKS } else { ROWS });
        self.out.u64(id);
        self.out.bytes(text.as_bytes());
        self.out.count(rows.len());
        if is_common {
            let mut blocks: Vec<u32> = rows.iter().map(|row| row / self.block_rows).collect();
            blocks.dedup();
            put_bitmap(&mut self.out, blocks.into_iter());
        } else {
            put_bitmap(&mut self.out, rows.iter().copied());
        }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.out.finish()
    }
}

/// Ascending numbers as a Roaring bitmap behind its length.
fn put_bitmap(out: &mut Encoder, numbers: impl Iterator<Item = u32>) {
    let mut bitmap: RoaringBitmap = numbers.collect();
    bitmap.optimize();
    let mut bytes = Vec::with_capacity(bitmap.serialized_size());
    bitmap.serialize_into(&mut bytes).expect("writing into memory cannot fail");
    out.bytes(&bytes);
}

/// What a file says.
#[derive(Debug)]
pub(super) struct Shapes<'a> {
    path: &'a Path,
    /// Whether the words of the shapes stand in `words.idx`; else the texts tell them.
    pub(super) is_searched: bool,
    /// Rows whose text is not indexed.
    pub(super) unknown: RoaringBitmap,
    list: Vec<Entry<'a>>,
}

#[derive(Debug)]
enum Entry<'a> {
    One(u32),
    Rows(&'a str, &'a [u8]),
    Blocks(&'a str, &'a [u8]),
}

impl<'a> Shapes<'a> {
    pub(super) fn decode(path: &'a Path, bytes: &'a [u8]) -> Result<Self> {
        let mut from = Decoder::of_checked(path, MAGIC, bytes)?;
        let is_searched = from.u8()? == 1;
        let unknown = bitmap(path, from.bytes()?)?;
        let count = from.count(5)?;
        let mut list = Vec::with_capacity(count);
        for _ in 0..count {
            let kind = from.u8()?;
            if kind == ONE {
                list.push(Entry::One(from.u32()?));
                continue;
            }
            let (_id, text, _count, rows) = (from.u64()?, from.text()?, from.u32()?, from.bytes()?);
            list.push(match kind {
                ROWS => Entry::Rows(text, rows),
                BLOCKS => Entry::Blocks(text, rows),
                _ => return Err(Error::corrupt(path, "an unknown kind of entry")),
            });
        }
        from.end()?;
        Ok(Self { path, is_searched, unknown, list })
    }

    /// The text of each shape; none of one that stands in one row alone.
    pub(super) fn texts(&self) -> impl Iterator<Item = Option<&'a str>> {
        self.list.iter().map(|entry| match entry {
            Entry::One(_) => None,
            Entry::Rows(text, _) | Entry::Blocks(text, _) => Some(*text),
        })
    }

    /// The rows that may have any of some shapes. `rows_of` tells the rows of a block.
    pub(super) fn rows(
        &self,
        shapes: &[u32],
        rows_of: impl Fn(u32) -> std::ops::Range<u32>,
    ) -> Result<RoaringBitmap> {
        // All at once: one after the other would copy what is found as often as there are shapes.
        let (mut single, mut sets, mut blocks) = (Vec::new(), Vec::new(), Vec::new());
        for shape in shapes {
            match self.list.get(*shape as usize) {
                Some(Entry::One(row)) => single.push(*row),
                Some(Entry::Rows(_, rows)) => sets.push(bitmap(self.path, rows)?),
                Some(Entry::Blocks(_, of_shape)) => blocks.push(bitmap(self.path, of_shape)?),
                None => return Err(Error::corrupt(self.path, format!("no shape {shape}"))),
            }
        }
        single.sort_unstable();
        sets.push(single.into_iter().collect());
        let mut found = sets.union();
        for block in blocks.union() {
            found.insert_range(rows_of(block));
        }
        Ok(found)
    }
}

fn bitmap(path: &Path, bytes: &[u8]) -> Result<RoaringBitmap> {
    RoaringBitmap::deserialize_from(bytes).map_err(|error| Error::corrupt(path, error.to_string()))
}
