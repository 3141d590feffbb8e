//! Compression of bodies, in memory that is kept for the next one: pages that are new to the process cost
//! more than what is done with them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use daymark_model::limits::MIB;
use lz4_flex::block::{compress_into, get_maximum_output_size};

/// Buffers that are kept, about as many as compress at the same time …
const BUFFERS: usize = 4;
/// … and the largest of them: one giant body must not hold its memory for ever.
const BUFFER_BYTES: usize = 2 * MIB;

/// Buffers that nobody uses right now.
#[derive(Debug, Default)]
pub(crate) struct Compressor(Mutex<Vec<Vec<u8>>>);

impl Compressor {
    /// The bytes as lz4, where that is shorter.
    pub(crate) fn lz4(&self, bytes: &[u8]) -> Option<Bytes> {
        let mut buffer = self.idle().pop().unwrap_or_default();
        let room = get_maximum_output_size(bytes.len());
        if buffer.len() < room {
            buffer.resize(room, 0);
        }
        let packed = compress_into(bytes, &mut buffer).ok().filter(|packed| *packed < bytes.len());
        let packed = packed.map(|packed| Bytes::copy_from_slice(&buffer[..packed]));
        if buffer.len() <= BUFFER_BYTES {
            let mut idle = self.idle();
            if idle.len() < BUFFERS {
                idle.push(buffer);
            }
        }
        packed
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
