//! Collects the words of a segment's texts while rows go by, in memory or read back.
//!
//! The words of a text are kept in one of two places: with its shape, when that is listed, and else in the
//! Bloom filter of its block. Words that variables touch always stand in the filter.

use std::collections::HashMap;

use arrow::array::ArrayRef;
use daymark_model::limits::VALUE_INDEXED_BYTES;
use daymark_model::parts::Parts;
use daymark_model::shape::template_id;
use daymark_model::signal::Table;
use daymark_model::words::{fold, words};

use super::postings::{PostingsWriter, WORD_INDEX};
use super::shapes::{ShapesWriter, WORD_ROWS};
use super::tokens::{TOKENS, TokensBuilder, word_hash};
use crate::error::Result;
use crate::layout::block_rows;
use crate::meta::Level;
use crate::texts::each_text;

/// Merged files from here on have `words.idx`.
const SEARCHED_ROWS: usize = 20_000;
/// With more shapes than one for this many rows, `words.idx` is without positions.
const ROWS_OF_SHAPE: usize = 50;
/// Memory that shapes may take; the words of further ones stand in the filters.
const SHAPES_BYTES: usize = 256 << 20;
/// What a shape takes besides its text.
const SHAPE_BYTES: usize = 128;

/// A shape that was met.
#[derive(Debug)]
struct Shape {
    id: u64,
    /// Rows that have it.
    count: u32,
    last_row: u32,
    /// Known from the second row on, and earlier where it will be needed.
    text: Option<Box<str>>,
    /// The hashes of its words, as long as it may have to stand in a filter.
    words: Vec<u64>,
}

/// Where the words of shapes go.
enum Home {
    /// To their text, and to the filter when they stand in one row alone.
    Listed,
    /// To `words.idx`, which has positions unless there come too many.
    Undecided,
    Searched(Box<PostingsWriter>),
}

pub(crate) struct WordsBuilder {
    table: Table,
    block_rows: usize,
    /// Rows of the whole segment.
    of_rows: usize,
    /// Rows so far.
    rows: u32,
    room: usize,
    parts: Parts,
    tokens: TokensBuilder,
    unknown: Vec<u32>,
    numbers: HashMap<u64, u32>,
    shapes: Vec<Shape>,
    /// Shape and row.
    places: Vec<(u32, u32)>,
    home: Home,
}

impl WordsBuilder {
    pub(crate) fn new(table: Table, level: Level, of_rows: usize) -> Self {
        let is_searched = level != Level::L0 && of_rows >= SEARCHED_ROWS;
        Self {
            table,
            block_rows: block_rows(table),
            of_rows,
            rows: 0,
            room: SHAPES_BYTES,
            parts: Parts::default(),
            tokens: TokensBuilder::default(),
            unknown: Vec::new(),
            numbers: HashMap::new(),
            shapes: Vec::new(),
            places: Vec::new(),
            home: if is_searched { Home::Undecided } else { Home::Listed },
        }
    }

    /// Adds the texts of the next rows.
    pub(crate) fn add(&mut self, column: &ArrayRef) -> Result<()> {
        let first = self.rows;
        each_text(self.table, column, |at, text| self.text(first + at as u32, text))?;
        self.rows += column.len() as u32;
        if !matches!(self.home, Home::Listed) {
            self.tokens.close_before(self.rows as usize / self.block_rows);
        }
        Ok(())
    }

    fn text(&mut self, row: u32, text: &str) -> Result<()> {
        if text.len() > VALUE_INDEXED_BYTES {
            self.unknown.push(row);
            return Ok(());
        }
        let block = row as usize / self.block_rows;
        self.parts.cut(text);
        let Self { parts, tokens, .. } = self;
        parts.variable_words(text, |word| {
            if let Some(hash) = word_hash(word) {
                tokens.put(block, hash);
            }
        });
        self.shape(row, block)
    }

    fn shape(&mut self, row: u32, block: usize) -> Result<()> {
        let id = template_id(self.parts.shape());
        if let Some(number) = self.numbers.get(&id) {
            let shape = &mut self.shapes[*number as usize];
            if shape.last_row != row {
                self.places.push((*number, row));
                shape.count += 1;
                shape.last_row = row;
            }
            shape.text.get_or_insert_with(|| self.parts.shape().into());
            shape.words = Vec::new();
            return Ok(());
        }
        let bytes = self.parts.shape().len() + SHAPE_BYTES;
        if bytes > self.room {
            let Self { parts, tokens, .. } = self;
            parts.shape_words(|word| {
                if let Some(hash) = word_hash(word) {
                    tokens.put(block, hash);
                }
            });
            return Ok(());
        }
        self.room -= bytes;
        let number = self.shapes.len() as u32;
        let mut shape = Shape { id, count: 1, last_row: row, text: None, words: Vec::new() };
        self.decide(self.shapes.len() + 1)?;
        match &mut self.home {
            Home::Listed => self.parts.shape_words(|word| shape.words.extend(word_hash(word))),
            Home::Undecided => shape.text = Some(self.parts.shape().into()),
            Home::Searched(postings) => add_words(postings, self.parts.shape())?,
        }
        self.numbers.insert(id, number);
        self.shapes.push(shape);
        self.places.push((number, row));
        Ok(())
    }

    /// Begins an index without positions once there are too many shapes for one with them.
    fn decide(&mut self, shapes: usize) -> Result<()> {
        if matches!(self.home, Home::Undecided) && shapes * ROWS_OF_SHAPE > self.of_rows {
            self.home = Home::Searched(Box::new(self.postings(false)?));
        }
        Ok(())
    }

    fn postings(&self, has_positions: bool) -> Result<PostingsWriter> {
        let mut postings = PostingsWriter::new(has_positions)?;
        for shape in &self.shapes {
            add_words(&mut postings, shape.text.as_deref().unwrap_or_default())?;
        }
        Ok(postings)
    }

    /// The files, by name.
    pub(crate) fn encode(mut self) -> Result<Vec<(&'static str, Vec<u8>)>> {
        let is_searched = !matches!(self.home, Home::Listed) && !self.shapes.is_empty();
        self.places.sort_unstable();
        let rows: Vec<u32> = self.places.iter().map(|(_, row)| *row).collect();
        let mut entries = Vec::with_capacity(self.shapes.len());
        let mut from = 0;
        for shape in &mut self.shapes {
            let of_shape = from..from + shape.count as usize;
            from = of_shape.end;
            if !is_searched && shape.count == 1 && shape.text.is_none() {
                let block = rows[of_shape.start] as usize / self.block_rows;
                shape.words.drain(..).for_each(|hash| self.tokens.put(block, hash));
            } else {
                entries.push((shape.id, shape.text.as_deref(), of_shape));
            }
        }
        let (of_rows, block_rows) = (self.rows, self.block_rows as u32);
        let mut out = ShapesWriter::new(is_searched, &self.unknown, entries.len(), of_rows, block_rows);
        for (id, text, of_shape) in entries {
            match (&rows[of_shape], text) {
                ([row], _) if is_searched => out.one(*row),
                (rows, text) => out.several(id, text.unwrap_or_default(), rows),
            }
        }
        let mut files = vec![(WORD_ROWS, out.finish())];
        if is_searched {
            let postings = match std::mem::replace(&mut self.home, Home::Listed) {
                Home::Searched(postings) => *postings,
                Home::Undecided | Home::Listed => self.postings(true)?,
            };
            files.push((WORD_INDEX, postings.finish()?));
        }
        files.push((TOKENS, self.tokens.encode((of_rows as usize).div_ceil(self.block_rows))));
        Ok(files)
    }
}

fn add_words(postings: &mut PostingsWriter, shape: &str) -> Result<()> {
    let mut folded = String::new();
    fold(shape, &mut folded);
    postings.add(words(&folded))
}
