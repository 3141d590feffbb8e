//! Spans that were taken out of parts for sums, kept for the next question while their part lives.
//!
//! Parts never change. One is known by its address, which nothing else gets while a weak reference to it is
//! held.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use daymark_aggregate::Span;
use daymark_segment::{Segment, spans_of_rows};
use daymark_storage::version::{Chunk, Shelved};

use crate::scan::part::Part;

/// What all kept spans may take.
const KEPT_BYTES: usize = 64 << 20;

#[derive(Debug)]
enum Origin {
    Chunk(Weak<Chunk>),
    Segment(Weak<Segment>),
}

impl Origin {
    fn is_alive(&self) -> bool {
        match self {
            Self::Chunk(chunk) => chunk.strong_count() > 0,
            Self::Segment(segment) => segment.strong_count() > 0,
        }
    }
}

#[derive(Debug)]
struct Kept {
    origin: Origin,
    spans: Arc<[Span]>,
    bytes: usize,
}

/// Spans by the address of their part.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    kept: Mutex<HashMap<usize, Kept>>,
}

impl Taken {
    /// The spans of a part that are in no sums: all of a chunk, the open ones of a segment.
    pub(crate) fn spans(&self, part: &Part) -> daymark_segment::Result<Arc<[Span]>> {
        match part {
            Part::Chunk(_, chunk) => self
                .known((Arc::as_ptr(chunk).addr(), Origin::Chunk(Arc::downgrade(chunk))), || {
                    spans_of_rows(&chunk.rows, &chunk.resources)
                }),
            Part::Segment(Shelved { segment, .. }, _) => self
                .known((Arc::as_ptr(segment).addr(), Origin::Segment(Arc::downgrade(segment))), || {
                    segment.open_spans()
                }),
            Part::Gap(_) => Ok(Arc::default()),
        }
    }

    /// The spans that are kept, else what `take` gives.
    fn known(
        &self,
        (address, origin): (usize, Origin),
        take: impl FnOnce() -> daymark_segment::Result<Vec<Span>>,
    ) -> daymark_segment::Result<Arc<[Span]>> {
        if let Some(known) = self.kept().get(&address) {
            return Ok(Arc::clone(&known.spans));
        }
        let spans: Arc<[Span]> = take()?.into();
        let bytes = bytes(&spans);
        let mut kept = self.kept();
        kept.retain(|_, kept| kept.origin.is_alive());
        let used: usize = kept.values().map(|kept| kept.bytes).sum();
        if used + bytes <= KEPT_BYTES {
            kept.insert(address, Kept { origin, spans: Arc::clone(&spans), bytes });
        }
        Ok(spans)
    }

    /// Lets go of what belongs to parts that are gone.
    pub(crate) fn release(&self) {
        self.kept().retain(|_, kept| kept.origin.is_alive());
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<usize, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What some spans take, each with its share of the texts that they have together.
fn bytes(spans: &[Span]) -> usize {
    let texts = |span: &Span| {
        let label = &span.label;
        let text = label.name.capacity() + label.peer.as_ref().map_or(0, String::capacity);
        (size_of_val(label.as_ref()) + text) / Arc::strong_count(label).max(1)
    };
    size_of::<Kept>() + size_of_val(spans) + spans.iter().map(texts).sum::<usize>()
}

#[cfg(test)]
mod tests;
