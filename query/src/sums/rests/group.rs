//! Sums of many buffered chunks at once, made when there are enough of them, so that a question while spans come
//! in counts anew only what may still change: what a segment does with its spans, before there is one.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::common::Result;
use daymark_aggregate::{Span, Sums};

use super::super::rest::{Rest, Tables, rows_of, tables};
use super::are_same;

/// Spans of a group, at least; few in tests, where chunks are few.
const SPANS: usize = if cfg!(test) { 1 } else { 16_384 };

/// Chunks that follow each other.
#[derive(Debug)]
pub(super) struct Group {
    chunks: Vec<Arc<Rest>>,
    /// Of the spans that no other part can change.
    tables: Tables,
    /// The others.
    open: Vec<Span>,
}

impl Group {
    fn of(chunks: &[Arc<Rest>]) -> Result<Self> {
        let spans: Vec<Span> = chunks.iter().flat_map(|rest| rest.spans()).cloned().collect();
        let mut sums = Sums::default();
        let open = sums.part(&spans).open;
        Ok(Self { chunks: chunks.to_vec(), tables: rows_of(&sums)?, open })
    }

    pub(super) fn chunks(&self) -> &[Arc<Rest>] {
        &self.chunks
    }

    pub(super) fn tables(&self) -> Tables {
        Arc::clone(&self.tables)
    }
}

/// Keeps the groups that `chunks` still begin with and makes more of what follows. Answers how many chunks are in
/// groups.
pub(super) fn regroup(groups: &mut Vec<Group>, chunks: &[Arc<Rest>]) -> Result<usize> {
    let (mut grouped, mut kept) = (0, 0);
    for group in groups.iter() {
        let end = grouped + group.chunks.len();
        if !chunks.get(grouped..end).is_some_and(|here| are_same(&group.chunks, here)) {
            break;
        }
        (grouped, kept) = (end, kept + 1);
    }
    groups.truncate(kept);
    let (mut end, mut spans) = (grouped, 0);
    // The newest may be united with what comes next.
    while end + 1 < chunks.len() {
        spans += chunks[end].spans().len();
        end += 1;
        if spans >= SPANS {
            groups.push(Group::of(&chunks[grouped..end])?);
            (grouped, spans) = (end, 0);
        }
    }
    Ok(grouped)
}

/// The sums of what groups leave open and of the chunks that are in none, by what all of them and others tell.
pub(super) fn of_others(groups: &[Group], newest: &[Arc<Rest>], told: &[Arc<[Span]>]) -> Result<Tables> {
    let newest = || newest.iter().flat_map(|rest| rest.spans());
    let waiting = || groups.iter().flat_map(|group| &group.open).chain(newest());
    let traces: HashSet<[u8; 16]> = waiting().map(|span| span.trace).collect();
    let grouped = groups.iter().flat_map(|group| &group.chunks).flat_map(|rest| rest.spans());
    let near = grouped.filter(|span| traces.contains(&span.trace));
    tables(waiting(), told.iter().flat_map(|spans| spans.iter()).chain(near))
}
