//! Recognises a span that is in the buffers already, so that one which a sender repeats is stored once.
//!
//! Every span in the buffers is known by a short hash and by its place. Only when a hash is met again are the
//! two rows compared, so a span that is new costs one look into a table. Equal is what the sender said: what
//! we added does not count. A repeat that is missed here, because its twin was moved or is in a segment,
//! collapses at the merge.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampNanosecondType};
use daymark_model::id::Lsn;
use daymark_model::signal::Table;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::buffer::Chunk;

/// Columns that say how a span came to us.
const OURS: [&str; 4] = ["source", "tier", "stream", "quality"];

/// Where a span is: the batch it came with, and its row there.
type Place = (Lsn, u32);

/// The spans in the buffers.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<HashMap<u64, Place>>);

/// A short hash of each span of a batch. Spans of two tenants never share one.
pub(crate) fn span_hashes(tenant: &str, rows: &RecordBatch) -> Vec<u64> {
    let column = |name| rows.column_by_name(name);
    let traces = column("trace_id").and_then(|ids| ids.as_fixed_size_binary_opt());
    let spans = column("span_id").and_then(|ids| ids.as_fixed_size_binary_opt());
    let starts = column("start").and_then(|times| times.as_primitive_opt::<TimestampNanosecondType>());
    let durations = column("duration_ns").and_then(|spans| spans.as_primitive_opt::<Int64Type>());
    let (Some(traces), Some(spans), Some(starts), Some(durations)) = (traces, spans, starts, durations)
    else {
        return Vec::new();
    };
    let seed = xxh3_64_with_seed(tenant.as_bytes(), 0);
    let mut key = [0; 40];
    (0..rows.num_rows())
        .map(|row| {
            key[..16].copy_from_slice(traces.value(row));
            key[16..24].copy_from_slice(spans.value(row));
            key[24..32].copy_from_slice(&starts.value(row).to_le_bytes());
            key[32..].copy_from_slice(&durations.value(row).to_le_bytes());
            xxh3_64_with_seed(&key, seed)
        })
        .collect()
}

impl Recent {
    /// Takes note of the spans of a batch; the batch without those that `chunks` or the batch itself has already,
    /// and how many those were.
    pub(crate) fn without_known(&self, arrived: Chunk, chunks: &[Arc<Chunk>]) -> (Vec<Chunk>, usize) {
        let lsn = arrived.lsn_from;
        let count = u32::try_from(arrived.rows.num_rows()).unwrap_or(u32::MAX);
        let mut known = self.known();
        let (mut kept, mut from, mut repeats) = (Vec::with_capacity(1), 0, 0);
        for (row, hash) in (0u32..).zip(&arrived.hashes) {
            let earlier = match known.entry(*hash) {
                Entry::Vacant(new) => {
                    new.insert((lsn, row));
                    continue;
                }
                Entry::Occupied(known) => known.into_mut(),
            };
            let twin = match *earlier {
                // Another stream's part of the same batch may have more rows.
                (of, row) if of == lsn => (row < count).then_some((&arrived.rows, row)),
                place => find(chunks, &arrived.stream, place),
            };
            if twin.is_some_and(|twin| are_equal(twin, (&arrived.rows, row))) {
                kept.push(from..row);
                (from, repeats) = (row + 1, repeats + 1);
            } else {
                *earlier = (lsn, row);
            }
        }
        drop(known);
        kept.push(from..count);
        kept.retain(|rows| !rows.is_empty());
        (arrived.kept(Table::Spans, &kept), repeats)
    }

    /// Forgets what has left the buffers.
    pub(crate) fn forget_to(&self, line: Lsn) {
        self.known().retain(|_, (lsn, _)| *lsn > line);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<u64, Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The row of a place, while its chunk still tells what came with which batch. What tells the same is in the
/// same stream, and each stream numbers the rows of a batch anew.
fn find<'a>(chunks: &'a [Arc<Chunk>], stream: &str, (lsn, row): Place) -> Option<(&'a RecordBatch, u32)> {
    let may_hold =
        |chunk: &&Arc<Chunk>| *chunk.stream == *stream && chunk.lsn_from <= lsn && lsn <= chunk.lsn_to;
    chunks.iter().filter(may_hold).find_map(|chunk| Some((&chunk.rows, chunk.row_of(lsn, row)?)))
}

/// Whether two rows tell the same.
fn are_equal((mine, my_row): (&RecordBatch, u32), (theirs, their_row): (&RecordBatch, u32)) -> bool {
    let schema = mine.schema_ref();
    let one = |column: &ArrayRef, row: u32| column.slice(row as usize, 1).to_data();
    mine.num_columns() == theirs.num_columns()
        && schema.fields().iter().zip(mine.columns().iter().zip(theirs.columns())).all(|(field, (a, b))| {
            OURS.contains(&field.name().as_str()) || one(a, my_row) == one(b, their_row)
        })
}
