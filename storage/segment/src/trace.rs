//! From a trace id to its rows, without a time: `trace.bf` says where it cannot be, `trace.idx` says where
//! it may be.
//!
//! Both go by the xxh3-64 of the id's low eight bytes, so the 16 and 32 digit spellings of one id find the
//! same rows; the reader of the rows confirms the id. The index keeps runs: neighbouring rows of one id.

use std::path::Path;

use daymark_model::id::TraceId;
use xxhash_rust::xxh3::xxh3_64;

use crate::bloom::Bloom;
use crate::codec::{Decoder, Encoder};
use crate::error::{Error, Result};
use crate::ranges::RowRanges;

pub(crate) const TRACE_INDEX: &str = "trace.idx";
pub(crate) const TRACE_BLOOM: &str = "trace.bf";
const INDEX_MAGIC: [u8; 4] = *b"DMT1";
const BLOOM_MAGIC: [u8; 4] = *b"DMB1";
/// Runs of a bucket, on average.
const BUCKET_RUNS: usize = 16;
const RUN_BYTES: usize = 9;
const BITS_PER_TRACE: usize = 12;

pub(crate) fn trace_hash(id: TraceId) -> u64 {
    xxh3_64(&id.low_bytes())
}

/// Collects runs while rows go by.
#[derive(Debug, Default)]
pub(crate) struct TraceRuns {
    runs: Vec<(u64, u32, u8)>,
    last: Option<[u8; 8]>,
}

impl TraceRuns {
    /// Adds the id of a row; rows come in ascending order.
    pub(crate) fn add(&mut self, row: u32, id: TraceId) {
        let low = id.low_bytes();
        if let Some((_, first, count)) = self.runs.last_mut()
            && self.last == Some(low)
            && *count < u8::MAX
            && *first + u32::from(*count) == row
        {
            *count += 1;
            return;
        }
        self.runs.push((trace_hash(id), row, 1));
        self.last = Some(low);
    }

    /// The bytes of the index and of the Bloom.
    pub(crate) fn encode(mut self) -> (Vec<u8>, Vec<u8>) {
        self.runs.sort_unstable();
        let mut hashes: Vec<u64> = self.runs.iter().map(|(hash, ..)| *hash).collect();
        let bits = bucket_bits(self.runs.len());
        let mut index = Encoder::new(INDEX_MAGIC);
        index.u8(bits);
        index.count(self.runs.len());
        for bucket in 0..=1_u64 << bits {
            index.count(self.runs.partition_point(|(hash, ..)| bucket_of(*hash, bits) < bucket));
        }
        self.runs.iter().for_each(|(hash, ..)| index.u32(rest_of(*hash, bits)));
        self.runs.iter().for_each(|(_, first, _)| index.u32(*first));
        self.runs.iter().for_each(|(.., count)| index.u8(*count));
        hashes.dedup();
        let mut bloom = Encoder::new(BLOOM_MAGIC);
        Bloom::of(&hashes, BITS_PER_TRACE).encode(&mut bloom);
        (index.finish(), bloom.finish())
    }
}

fn bucket_bits(runs: usize) -> u8 {
    (runs / BUCKET_RUNS).checked_ilog2().map_or(0, |bits| bits as u8)
}

/// The top bits of the hash.
fn bucket_of(hash: u64, bits: u8) -> u64 {
    hash.checked_shr(64 - u32::from(bits)).unwrap_or(0)
}

/// The 32 bits below the top ones.
fn rest_of(hash: u64, bits: u8) -> u32 {
    ((hash << bits) >> 32) as u32
}

/// `trace.idx` in memory.
#[derive(Debug)]
pub(crate) struct TraceIndex {
    bits: u8,
    buckets: Vec<u32>,
    rests: Vec<u32>,
    firsts: Vec<u32>,
    counts: Vec<u8>,
}

impl TraceIndex {
    pub(crate) fn decode(path: &Path, bytes: &[u8]) -> Result<Self> {
        let mut from = Decoder::new(path, INDEX_MAGIC, bytes)?;
        let bits = from.u8()?;
        let runs = from.count(RUN_BYTES)?;
        if bits != bucket_bits(runs) {
            return Err(Error::corrupt(path, "impossible number of buckets"));
        }
        let mut list = |count: usize| (0..count).map(|_| from.u32()).collect::<Result<Vec<_>>>();
        let buckets = list((1 << bits) + 1)?;
        let rests = list(runs)?;
        let firsts = list(runs)?;
        let counts = (0..runs).map(|_| from.u8()).collect::<Result<Vec<_>>>()?;
        from.end()?;
        let sound = buckets.is_sorted() && buckets.last() == Some(&(runs as u32));
        if !sound {
            return Err(Error::corrupt(path, "buckets out of order"));
        }
        Ok(Self { bits, buckets, rests, firsts, counts })
    }

    /// Rows whose id may be this one.
    pub(crate) fn rows(&self, hash: u64) -> RowRanges {
        let bucket = bucket_of(hash, self.bits) as usize;
        let runs = self.buckets[bucket] as usize..self.buckets[bucket + 1] as usize;
        let rests = &self.rests[runs.clone()];
        let rest = rest_of(hash, self.bits);
        let from = runs.start + rests.partition_point(|other| *other < rest);
        let to = runs.start + rests.partition_point(|other| *other <= rest);
        let range =
            |run: usize| self.firsts[run]..self.firsts[run].saturating_add(u32::from(self.counts[run]));
        let mut found: Vec<_> = (from..to).map(range).collect();
        found.sort_unstable_by_key(|range| range.start);
        found.into_iter().collect()
    }
}

pub(crate) fn decode_bloom(path: &Path, bytes: &[u8]) -> Result<Bloom> {
    let mut from = Decoder::new(path, BLOOM_MAGIC, bytes)?;
    let bloom = Bloom::decode(&mut from)?;
    from.end()?;
    Ok(bloom)
}
