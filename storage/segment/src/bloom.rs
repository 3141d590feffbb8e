//! Split-block Bloom filter over 64-bit hashes: one cache line per probe.
//!
//! A block is eight 32-bit words; a hash sets one bit in each. The upper half of the hash chooses the
//! block, the lower half the bits (the scheme of Parquet's own filters).

use crate::codec::{Decoder, Encoder};
use crate::error::Result;

const BLOCK_BITS: usize = 256;
const SALT: [u32; 8] =
    [0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31];

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bloom {
    blocks: Vec<[u32; 8]>,
}

impl Bloom {
    pub(crate) const BLOCK_BYTES: usize = BLOCK_BITS / 8;

    pub(crate) fn of(hashes: &[u64], bits_per_key: usize) -> Self {
        let count = (hashes.len() * bits_per_key).div_ceil(BLOCK_BITS).max(1);
        let mut blocks = vec![[0; 8]; count];
        for &hash in hashes {
            let at = block_of(hash, count);
            for (word, bit) in blocks[at].iter_mut().zip(mask(hash)) {
                *word |= bit;
            }
        }
        Self { blocks }
    }

    /// False proves that the hash was not put in.
    pub(crate) fn may_have(&self, hash: u64) -> bool {
        let block = &self.blocks[block_of(hash, self.blocks.len())];
        block.iter().zip(mask(hash)).all(|(word, bit)| word & bit != 0)
    }

    pub(crate) fn encode(&self, out: &mut Encoder) {
        out.count(self.blocks.len());
        self.blocks.iter().flatten().for_each(|word| out.u32(*word));
    }

    pub(crate) fn decode(from: &mut Decoder<'_>) -> Result<Self> {
        let count = from.count(Self::BLOCK_BYTES)?;
        let mut blocks = vec![[0; 8]; count.max(1)];
        for word in blocks.iter_mut().take(count).flatten() {
            *word = from.u32()?;
        }
        Ok(Self { blocks })
    }
}

/// The same as [`Bloom::may_have`], over the encoded blocks of a filter.
pub(crate) fn block_may_have(encoded: &[u8], hash: u64) -> bool {
    let (blocks, _) = encoded.as_chunks::<{ Bloom::BLOCK_BYTES }>();
    let Some(block) = blocks.get(block_of(hash, blocks.len())) else { return false };
    let (words, _) = block.as_chunks::<4>();
    words.iter().zip(mask(hash)).all(|(word, bit)| u32::from_le_bytes(*word) & bit != 0)
}

fn block_of(hash: u64, blocks: usize) -> usize {
    (((hash >> 32) * blocks as u64) >> 32) as usize
}

fn mask(hash: u64) -> [u32; 8] {
    let low = hash as u32;
    SALT.map(|salt| 1 << (low.wrapping_mul(salt) >> 27))
}
