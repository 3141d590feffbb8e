//! Which attribute values a block cannot have: one Bloom filter for each block, `attrs.bf`, in merged files.
//!
//! The file is read when it is asked, and kept only as long as there is room ([`crate::ReadCache`]).

use std::path::Path;

use daymark_model::limits::VALUE_INDEXED_BYTES;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::attributes::Attribute;
use crate::bloom::{Bloom, block_may_have};
use crate::codec::{Decoder, Encoder};
use crate::error::Result;
use crate::values::AttributeIs;

pub(crate) const ATTRIBUTE_BLOOMS: &str = "attrs.bf";
const MAGIC: [u8; 4] = *b"DMF1";
const RECENT: usize = 1 << 10;
const BITS_PER_HASH: usize = 12;

pub(crate) fn key_hash(key: &str) -> u64 {
    xxh3_64(key.as_bytes())
}

/// The hash that stands for a value. Long values are not indexed: their key stands for them.
fn value_hash(key_hash: u64, value: &str) -> u64 {
    if value.len() > VALUE_INDEXED_BYTES { key_hash } else { xxh3_64_with_seed(value.as_bytes(), key_hash) }
}

/// The value in lower case, when that is another text.
fn folded(value: &str) -> Option<String> {
    let is_plain = value.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    (!is_plain).then(|| value.to_lowercase()).filter(|folded| folded != value)
}

/// Collects hashes of rows in file order.
#[derive(Debug)]
pub(crate) struct BloomsBuilder {
    block_rows: usize,
    rows: usize,
    hashes: Vec<u64>,
    /// Hashes met lately in this block: most values repeat.
    recent: Vec<u64>,
    filters: Vec<Bloom>,
}

impl BloomsBuilder {
    pub(crate) fn new(block_rows: usize) -> Self {
        Self { block_rows, rows: 0, hashes: Vec::new(), recent: vec![0; RECENT], filters: Vec::new() }
    }

    /// Adds an attribute of the current row.
    pub(crate) fn attribute(&mut self, key_hash: u64, attribute: Attribute<'_>) {
        if let Some(text) = attribute.text() {
            self.put(key_hash);
            // The hash of a long value is that of its key; in lower case it may be short.
            let is_new = self.put(value_hash(key_hash, text)) || text.len() > VALUE_INDEXED_BYTES;
            if let Some(folded) = is_new.then(|| folded(text)).flatten() {
                self.put(value_hash(key_hash, &folded));
            }
        }
    }

    /// False when the hash was met lately.
    fn put(&mut self, hash: u64) -> bool {
        let recent = &mut self.recent[hash as usize % RECENT];
        let is_new = *recent != hash || hash == 0;
        if is_new {
            *recent = hash;
            self.hashes.push(hash);
        }
        is_new
    }

    pub(crate) fn end_row(&mut self) {
        self.rows += 1;
        if self.rows == self.block_rows {
            self.end_block();
        }
    }

    fn end_block(&mut self) {
        self.hashes.sort_unstable();
        self.hashes.dedup();
        self.filters.push(Bloom::of(&self.hashes, BITS_PER_HASH));
        self.hashes.clear();
        self.recent.fill(0);
        self.rows = 0;
    }

    pub(crate) fn encode(mut self) -> Vec<u8> {
        if self.rows > 0 {
            self.end_block();
        }
        let mut out = Encoder::new(MAGIC);
        out.count(self.filters.len());
        self.filters.iter().for_each(|filter| filter.encode(&mut out));
        out.finish()
    }
}

/// The numbers of the blocks that may have all of these attributes in a row.
pub(crate) fn blocks_with_attributes(path: &Path, bytes: &[u8], wanted: &[AttributeIs]) -> Result<Vec<u32>> {
    // A value in lower case stands in the filter whatever the case that it was sent in.
    let hashes = |asked: &AttributeIs| -> Vec<u64> {
        asked.values.iter().map(|value| value_hash(key_hash(&asked.key), value)).collect()
    };
    let wanted: Vec<Vec<u64>> = wanted.iter().map(hashes).collect();
    blocks(path, bytes, |filter| {
        wanted.iter().all(|hashes| hashes.iter().any(|hash| block_may_have(filter, *hash)))
    })
}

fn blocks(path: &Path, bytes: &[u8], may_match: impl Fn(&[u8]) -> bool) -> Result<Vec<u32>> {
    let mut from = Decoder::of_checked(path, MAGIC, bytes)?;
    let mut blocks = Vec::new();
    for block in 0..from.count(4)? as u32 {
        if may_match(from.array_of(Bloom::BLOCK_BYTES)?) {
            blocks.push(block);
        }
    }
    from.end()?;
    Ok(blocks)
}
