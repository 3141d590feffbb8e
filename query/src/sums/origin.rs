//! What something that is kept was made of: a part, known by its address, which nothing else gets while a weak
//! reference to it is held. Parts never change, but for what is hidden of them.

use std::sync::{Arc, Weak};

use daymark_segment::{RowRanges, Segment};
use daymark_storage::version::{Chunk, Shelved};

use crate::scan::part::Part;

/// The addresses of a part and of what is hidden of it.
pub(crate) type Place = (usize, usize);

#[derive(Debug)]
pub(crate) enum Origin {
    Chunk(Weak<Chunk>),
    Segment(Weak<Segment>, Option<Arc<RowRanges>>),
}

impl Origin {
    /// Nothing for a part without rows.
    pub(crate) fn of(part: &Part) -> Option<Self> {
        match part {
            Part::Chunk(_, chunk) => Some(Self::Chunk(Arc::downgrade(chunk))),
            Part::Segment(Shelved { segment, hidden, .. }, _) => {
                Some(Self::Segment(Arc::downgrade(segment), hidden.clone()))
            }
            Part::Gap(_) => None,
        }
    }

    pub(crate) fn place(&self) -> Place {
        match self {
            Self::Chunk(chunk) => (chunk.as_ptr().addr(), 0),
            Self::Segment(segment, hidden) => {
                (segment.as_ptr().addr(), hidden.as_ref().map_or(0, |hidden| Arc::as_ptr(hidden).addr()))
            }
        }
    }

    /// Whether it is a segment.
    pub(crate) fn is(&self, segment: &Arc<Segment>) -> bool {
        matches!(self, Self::Segment(own, _) if std::ptr::eq(own.as_ptr(), Arc::as_ptr(segment)))
    }

    pub(crate) fn is_alive(&self) -> bool {
        match self {
            Self::Chunk(chunk) => chunk.strong_count() > 0,
            Self::Segment(segment, _) => segment.strong_count() > 0,
        }
    }
}
