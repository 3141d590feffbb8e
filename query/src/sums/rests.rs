//! The rests of all parts, kept for the next question while their part lives.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::common::Result;
use daymark_aggregate::Span;

use super::or_damaged;
use super::origin::{Origin, Place};
use super::rest::{Others, Rest, Tables};
use crate::scan::part::Part;
use crate::scan::reader::Tally;

/// Sums of chunks that stay as they are.
mod group;

use group::Group;

/// What all that is kept may take.
const KEPT_BYTES: usize = 64 << 20;

#[derive(Debug, Default)]
pub(crate) struct Rests {
    kept: Mutex<HashMap<Place, Kept>>,
    buffered: Mutex<Buffered>,
}

#[derive(Debug)]
struct Kept {
    rest: Arc<Rest>,
    bytes: usize,
}

/// The sums of all that is buffered, and what they were made of.
#[derive(Debug, Default)]
struct Buffered {
    /// The oldest chunks, some after the others.
    groups: Vec<Group>,
    last: Option<Last>,
}

/// An answer, and what it was made of.
#[derive(Debug)]
struct Last {
    chunks: Vec<Arc<Rest>>,
    told: Vec<Arc<[Span]>>,
    tables: Vec<Tables>,
}

impl Rests {
    /// The sums of the open spans of a segment, by what all parts tell.
    pub(super) fn of_segment(&self, part: &Part, parts: &[Part], tally: &Tally) -> Result<Vec<Tables>> {
        let Some(rest) = or_damaged(part, self.rest(part), tally).flatten() else { return Ok(Vec::new()) };
        let tables = rest.tables(parts, self, tally);
        self.charge(&rest);
        tables
    }

    /// The sums of all spans that are buffered, by what all parts tell.
    pub(super) fn of_chunks(&self, parts: &[Part], tally: &Tally) -> Result<Vec<Tables>> {
        let mut buffered = self.buffered.lock().unwrap_or_else(PoisonError::into_inner);
        let of_chunks = parts.iter().filter(|part| matches!(part, Part::Chunk(..)));
        let chunks: Vec<Arc<Rest>> =
            of_chunks.filter_map(|part| or_damaged(part, self.rest(part), tally).flatten()).collect();
        let segments: Vec<Part> = parts.iter().filter(|part| part.is_segment()).cloned().collect();
        let mut told = Vec::new();
        for rest in &chunks {
            told.extend(rest.told(&segments, self, tally));
            self.charge(rest);
        }
        let Buffered { groups, last } = &mut *buffered;
        let same = last.as_ref().filter(|last| are_same(&last.chunks, &chunks) && is_same(&last.told, &told));
        if let Some(same) = same {
            return Ok(same.tables.clone());
        }
        *last = None;
        let grouped = group::regroup(groups, &chunks)?;
        let mut tables: Vec<Tables> = groups.iter().map(Group::tables).collect();
        tables.push(group::of_others(groups, &chunks[grouped..], &told)?);
        *last = Some(Last { chunks, told, tables: tables.clone() });
        Ok(tables)
    }

    /// Counts what a rest takes by now, and lets go of it when that is too much.
    fn charge(&self, rest: &Arc<Rest>) {
        let (place, bytes) = (rest.origin.place(), rest.bytes());
        let mut kept = self.kept();
        let others: usize = kept.iter().filter(|(other, _)| **other != place).map(|(_, one)| one.bytes).sum();
        if others + bytes > KEPT_BYTES {
            kept.remove(&place);
        } else if let Some(kept) = kept.get_mut(&place) {
            kept.bytes = bytes;
        }
    }

    /// Bytes of all that is kept.
    pub(crate) fn bytes(&self) -> usize {
        self.kept().values().map(|kept| kept.bytes).sum()
    }

    /// Lets go of what belongs to parts that are gone.
    pub(crate) fn release(&self) {
        self.kept().retain(|_, kept| kept.rest.origin.is_alive());
        let mut buffered = self.buffered.lock().unwrap_or_else(PoisonError::into_inner);
        let is_gone = |chunks: &[Arc<Rest>]| !chunks.iter().all(|rest| rest.origin.is_alive());
        buffered.last.take_if(|last| is_gone(&last.chunks));
        buffered.groups.retain(|group| !is_gone(group.chunks()));
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Place, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Others for Rests {
    fn rest(&self, part: &Part) -> daymark_segment::Result<Option<Arc<Rest>>> {
        let Some(place) = Origin::of(part).map(|origin| origin.place()) else { return Ok(None) };
        if let Some(kept) = self.kept().get(&place) {
            return Ok(Some(Arc::clone(&kept.rest)));
        }
        let Some(rest) = Rest::of(part)?.map(Arc::new) else { return Ok(None) };
        let bytes = rest.bytes();
        let mut kept = self.kept();
        // What was hidden of it since makes another one.
        kept.retain(|other, kept| other.0 != place.0 && kept.rest.origin.is_alive());
        kept.insert(place, Kept { rest: Arc::clone(&rest), bytes });
        Ok(Some(rest))
    }
}

/// Whether they are of the same chunks.
fn are_same(these: &[Arc<Rest>], those: &[Arc<Rest>]) -> bool {
    let places = |rests: &[Arc<Rest>]| rests.iter().map(|rest| rest.origin.place()).collect::<Vec<_>>();
    these.len() == those.len() && places(these) == places(those)
}

fn is_same<T: ?Sized>(these: &[Arc<T>], those: &[Arc<T>]) -> bool {
    these.len() == those.len() && these.iter().zip(those).all(|(one, other)| Arc::ptr_eq(one, other))
}

#[cfg(test)]
mod tests;
