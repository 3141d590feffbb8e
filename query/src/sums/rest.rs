//! The sums of the spans of one part that are in none of those it keeps, because spans of other parts tell
//! what they count as.
//!
//! Both the spans that tell and the sums are kept: a part that comes or goes only costs itself, and the sums
//! of those whose place it tells.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::RecordBatch;
use datafusion::common::Result;
use daymark_aggregate::{Aggregate, REACH, Shared, Span, Sums, Waiting};
use daymark_model::time::overlap;
use daymark_segment::spans_of_rows;
use daymark_storage::version::Shelved;

use super::origin::{Origin, Place};
use super::{external, or_damaged};
use crate::scan::part::Part;
use crate::scan::reader::Tally;

/// Spans whose sums are made together, about.
const RUN_SPANS: usize = 2_048;

/// The rows of every table of sums, in the order of [`Aggregate::ALL`].
pub(super) type Tables = Arc<[RecordBatch]>;

#[derive(Debug)]
pub(super) struct Rest {
    pub(super) origin: Origin,
    waiting: Waiting,
    /// From their first to just after their last start.
    starts: Range<i64>,
    /// What the spans take.
    bytes: usize,
    heard: Mutex<Heard>,
}

/// What other parts told.
#[derive(Debug)]
struct Heard {
    shared: Shared,
    found: HashMap<Place, Found>,
    runs: Vec<Run>,
}

#[derive(Debug)]
struct Found {
    _origin: Origin,
    spans: Arc<[Span]>,
}

/// Some traces that follow each other.
#[derive(Debug)]
struct Run {
    spans: Range<usize>,
    /// Nothing when they are to be made anew.
    tables: Option<Tables>,
}

/// The waiting spans of other parts.
pub(super) trait Others {
    fn rest(&self, part: &Part) -> daymark_segment::Result<Option<Arc<Rest>>>;
}

impl Rest {
    /// Of a segment the open spans, of a chunk all.
    pub(super) fn of(part: &Part) -> daymark_segment::Result<Option<Self>> {
        let spans = match part {
            Part::Chunk(_, chunk) => spans_of_rows(&chunk.rows, &chunk.resources)?,
            Part::Segment(Shelved { segment, .. }, _) => segment.open_spans()?,
            Part::Gap(_) => Vec::new(),
        };
        let Some(origin) = Origin::of(part) else { return Ok(None) };
        let first = spans.iter().map(|span| span.start).min().unwrap_or_default();
        let end = spans.iter().map(|span| span.start.saturating_add(1)).max().unwrap_or_default();
        let texts: usize = spans.iter().map(texts_of).sum();
        let waiting = Waiting::of(spans);
        let bytes = size_of::<Self>() + waiting.size() + texts;
        let runs = if part.is_segment() { runs(waiting.spans()) } else { Vec::new() };
        let heard = Mutex::new(Heard { shared: Shared::default(), found: HashMap::new(), runs });
        Ok(Some(Self { origin, waiting, starts: first..end, bytes, heard }))
    }

    pub(super) fn spans(&self) -> &[Span] {
        self.waiting.spans()
    }

    /// The sums, by what these parts tell.
    pub(super) fn tables(&self, parts: &[Part], others: &impl Others, tally: &Tally) -> Result<Vec<Tables>> {
        let mut heard = self.heard();
        self.listen(&mut heard, parts, others, tally);
        let Heard { found, runs, .. } = &mut *heard;
        let is_stale: Vec<bool> = runs.iter().map(|run| run.tables.is_none()).collect();
        if is_stale.contains(&true) {
            let mut near = vec![Vec::new(); runs.len()];
            for span in found.values().flat_map(|found| found.spans.iter()) {
                if let Some(run) = self.run_of(runs, span).filter(|run| is_stale[*run]) {
                    near[run].push(span);
                }
            }
            for (run, near) in runs.iter_mut().zip(near).filter(|(run, _)| run.tables.is_none()) {
                run.tables = Some(tables(&self.spans()[run.spans.clone()], near)?);
            }
        }
        Ok(runs.iter().filter_map(|run| run.tables.clone()).collect())
    }

    /// What these parts tell.
    pub(super) fn told(&self, parts: &[Part], others: &impl Others, tally: &Tally) -> Vec<Arc<[Span]>> {
        let mut heard = self.heard();
        self.listen(&mut heard, parts, others, tally);
        heard
            .found
            .values()
            .filter(|found| !found.spans.is_empty())
            .map(|one| Arc::clone(&one.spans))
            .collect()
    }

    /// Finds the spans that tell, where that was not done yet, and forgets those of parts that are gone.
    fn listen(&self, heard: &mut Heard, parts: &[Part], others: &impl Others, tally: &Tally) {
        let near: Vec<(Place, &Part)> = parts
            .iter()
            .filter(|part| overlap(&reached(part), &self.starts))
            .filter_map(|part| Some((Origin::of(part)?.place(), part)))
            .collect();
        let places: HashSet<Place> = near.iter().map(|(place, _)| *place).collect();
        let Heard { shared, found, runs } = heard;
        let gone: Vec<Place> = found.keys().filter(|place| !places.contains(place)).copied().collect();
        for place in gone {
            let spans = found.remove(&place).map(|found| found.spans).unwrap_or_default();
            self.touch(runs, &spans);
        }
        loop {
            for (place, part) in &near {
                if found.contains_key(place) {
                    continue;
                }
                let (Some(origin), Some(spans)) =
                    (Origin::of(part), or_damaged(part, self.find(part, shared, others), tally))
                else {
                    continue;
                };
                self.touch(runs, &spans);
                found.insert(*place, Found { _origin: origin, spans: spans.into() });
            }
            let known = shared.len();
            let spans = found.values().flat_map(|found| found.spans.iter());
            shared.extend(spans.filter(|span| span.label.is_shared).map(Span::key));
            if shared.len() == known {
                return;
            }
            // Who shares an id with one of them may have been passed over.
            found.clear();
        }
    }

    /// The spans of a part that tell what some here count as.
    fn find(&self, part: &Part, shared: &Shared, others: &impl Others) -> daymark_segment::Result<Vec<Span>> {
        let reached = reached(part);
        let is_wanted = |span: &Span| self.waiting.heeds(span, shared);
        match part {
            Part::Segment(Shelved { segment, hidden, .. }, _) => {
                // Erased rows tell nothing; and who shares an id may be called by one that told nothing before.
                if shared.is_empty()
                    && hidden.is_none()
                    && self.origin.is(segment)
                    && let Some(near) = segment.near_spans()?
                {
                    return Ok(near);
                }
                let is_near = |place: &Range<u32>| {
                    let mut spans = self.spans()[place.start as usize..place.end as usize].iter();
                    spans.any(|span| reached.contains(&span.start))
                };
                let near = self.waiting.traces().filter(|(_, place)| is_near(place));
                segment.spans_that(&near.map(|(trace, _)| *trace).collect(), &part.all_rows(), is_wanted)
            }
            Part::Chunk(..) => {
                let rest = others.rest(part)?;
                let spans = rest.iter().flat_map(|rest| rest.spans());
                Ok(spans.filter(|span| is_wanted(span)).cloned().collect())
            }
            Part::Gap(_) => Ok(Vec::new()),
        }
    }

    /// Lets sums be made anew of those whose place these spans tell.
    fn touch(&self, runs: &mut [Run], spans: &[Span]) {
        for span in spans {
            if let Some(run) = self.run_of(runs, span) {
                runs[run].tables = None;
            }
        }
    }

    fn run_of(&self, runs: &[Run], span: &Span) -> Option<usize> {
        let first = self.waiting.trace(&span.trace)?.start as usize;
        let run = runs.partition_point(|run| run.spans.end <= first);
        (run < runs.len()).then_some(run)
    }

    pub(super) fn bytes(&self) -> usize {
        let heard = self.heard();
        let found = heard.found.values().map(|found| size_of::<Found>() + size_of_val(found.spans.as_ref()));
        let tables = heard.runs.iter().flat_map(|run| run.tables.iter().flat_map(|tables| tables.iter()));
        self.bytes + found.sum::<usize>() + tables.map(RecordBatch::get_array_memory_size).sum::<usize>()
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When the spans start whose place a part can tell.
fn reached(part: &Part) -> Range<i64> {
    let time = part.time();
    time.start.saturating_sub(REACH)..time.end.saturating_add(REACH)
}

fn runs(spans: &[Span]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut end = 0;
    for trace in spans.chunk_by(|one, other| one.trace == other.trace) {
        end += trace.len();
        match runs.last_mut().filter(|run| run.spans.len() < RUN_SPANS) {
            Some(run) => run.spans.end = end,
            None => runs.push(Run { spans: end - trace.len()..end, tables: None }),
        }
    }
    runs
}

/// The sums of some spans, by the best that others tell.
pub(super) fn tables<'a>(
    spans: impl IntoIterator<Item = &'a Span>,
    others: impl IntoIterator<Item = &'a Span>,
) -> Result<Tables> {
    let mut sums = Sums::default();
    sums.rest(spans, others);
    rows_of(&sums)
}

pub(super) fn rows_of(sums: &Sums) -> Result<Tables> {
    Aggregate::ALL.iter().map(|table| table.rows(sums).map_err(external)).collect()
}

/// The share of a span in the texts that it has together with others.
fn texts_of(span: &Span) -> usize {
    let label = &span.label;
    let text = label.name.capacity() + label.peer.as_ref().map_or(0, String::capacity);
    (size_of_val(label.as_ref()) + text) / Arc::strong_count(label).max(1)
}
