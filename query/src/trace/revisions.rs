//! The last revisions that were given out, so that a client whose trace has grown learns where its rows went.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use daymark_model::id::{SpanId, TraceId};
use daymark_view::error::{AskError, Code};

use crate::trace::outline::Outline;

/// Rows of all revisions that are remembered: 16 bytes each.
const ROWS_MAX: usize = 500_000;

/// Where a span stands among those of its id.
type Place = (SpanId, i64);

#[derive(Debug, Default)]
pub(crate) struct Revisions {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The oldest first.
    all: VecDeque<(TraceId, String, Arc<[Place]>)>,
    rows: usize,
}

impl Revisions {
    pub(crate) fn remember(&self, outline: &Outline, revision: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = |(id, name, _): &(TraceId, String, _)| *id == outline.id && name == revision;
        if outline.tree.len() > ROWS_MAX || known.all.iter().any(is_known) {
            return;
        }
        let places = places(outline);
        known.rows += places.len();
        known.all.push_back((outline.id, revision.to_owned(), places));
        while known.rows > ROWS_MAX {
            let Some((_, _, oldest)) = known.all.pop_front() else { break };
            known.rows -= oldest.len();
        }
    }

    /// Refuses rows of a revision that is not that of the outline; the error says where they are now.
    pub(crate) fn check(
        &self,
        outline: &Outline,
        current: &str,
        asked: Option<&str>,
    ) -> Result<(), AskError> {
        let Some(asked) = asked.filter(|asked| *asked != current) else { return Ok(()) };
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let old = known.all.iter().find(|(id, name, _)| *id == outline.id && name == asked);
        let old = old.map(|(_, _, places)| Arc::clone(places));
        drop(known);
        let error = AskError::new(Code::Conflict, "the trace has other rows than that revision")
            .hint("take the rows of the current revision");
        Err(error.moved(current, old.map(|old| moved(&old, &places(outline)))))
    }
}

fn places(outline: &Outline) -> Arc<[Place]> {
    let place = |row: usize| (outline.bone(row).node.id, outline.bone(row).node.start);
    (0..outline.tree.len()).map(place).collect()
}

/// For each old row the new one. Of spans that cannot be told apart the first stays the first.
fn moved(old: &[Place], new: &[Place]) -> Vec<Option<u32>> {
    let mut rows: HashMap<Place, VecDeque<u32>> = HashMap::with_capacity(new.len());
    for (row, place) in new.iter().enumerate() {
        rows.entry(*place).or_default().push_back(row as u32);
    }
    old.iter().map(|place| rows.get_mut(place).and_then(VecDeque::pop_front)).collect()
}
