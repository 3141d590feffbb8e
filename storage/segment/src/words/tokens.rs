//! Which words a block cannot have outside the shapes that are listed: one Bloom filter a block, `tokens.bf`.

use std::path::Path;

use daymark_model::words::is_indexed;
use roaring::RoaringBitmap;
use xxhash_rust::xxh3::xxh3_64;

use crate::bloom::{Bloom, block_may_have};
use crate::codec::{Decoder, Encoder};
use crate::error::Result;

pub(crate) const TOKENS: &str = "tokens.bf";
const MAGIC: [u8; 4] = *b"DMF1";
const BITS_PER_WORD: usize = 16;

/// What stands for a word in a filter; none for a word that is not indexed.
pub(super) fn word_hash(word: &str) -> Option<u64> {
    is_indexed(word).then(|| xxh3_64(word.as_bytes()))
}

/// Collects the words of blocks.
#[derive(Debug, Default)]
pub(super) struct TokensBuilder {
    filters: Vec<Bloom>,
    /// The hashes of the blocks behind those that have a filter.
    open: Vec<Vec<u64>>,
}

impl TokensBuilder {
    /// Adds a word to a block that is not closed.
    pub(super) fn put(&mut self, block: usize, hash: u64) {
        let at = block.saturating_sub(self.filters.len());
        if self.open.len() <= at {
            self.open.resize_with(at + 1, Vec::new);
        }
        self.open[at].push(hash);
    }

    /// Makes the filters of the blocks before this one.
    pub(super) fn close_before(&mut self, block: usize) {
        while self.filters.len() < block {
            let mut hashes = if self.open.is_empty() { Vec::new() } else { self.open.remove(0) };
            hashes.sort_unstable();
            hashes.dedup();
            self.filters.push(Bloom::of(&hashes, BITS_PER_WORD));
        }
    }

    pub(super) fn encode(mut self, blocks: usize) -> Vec<u8> {
        self.close_before(blocks);
        let mut out = Encoder::new(MAGIC);
        out.count(self.filters.len());
        self.filters.iter().for_each(|filter| filter.encode(&mut out));
        out.finish()
    }
}

/// For each hash the blocks that may have it.
pub(super) fn blocks_with(path: &Path, bytes: &[u8], hashes: &[u64]) -> Result<Vec<RoaringBitmap>> {
    let mut from = Decoder::of_checked(path, MAGIC, bytes)?;
    let mut found = vec![RoaringBitmap::new(); hashes.len()];
    for block in 0..from.count(4)? as u32 {
        let filter = from.array_of(Bloom::BLOCK_BYTES)?;
        for (hash, blocks) in hashes.iter().zip(&mut found) {
            if block_may_have(filter, *hash) {
                blocks.insert(block);
            }
        }
    }
    from.end()?;
    Ok(found)
}
