//! Spans of other segments that tell what those of a closed window count as: the other halves of calls over
//! its border, or of calls between services whose spans are kept in streams of their own.

use std::collections::HashSet;
use std::sync::Arc;

use daymark_aggregate::{REACH, Span};
use daymark_model::signal::Table;
use daymark_segment::{Input, RowRanges, Segment, Window};

use super::Job;
use crate::version::Version;

/// Rows near a window that are not merged with it.
pub(super) struct Elsewhere(Vec<(Arc<Segment>, RowRanges)>);

impl Elsewhere {
    pub(super) fn of(version: &Version, job: &Job, window: Option<Window>, merged: &[Input]) -> Self {
        let near = window.map_or(i64::MIN..i64::MAX, |window| {
            window.from.saturating_sub(REACH)..window.to.saturating_add(REACH)
        });
        let segments = version.shelf(&job.tenant).map_or(&[][..], |shelf| shelf.segments(Table::Spans));
        let is_near = |segment: &Segment| segment.meta().rolled_s.is_none() && segment.meta().overlaps(&near);
        let found = segments.iter().filter(|one| is_near(&one.segment)).map(|one| {
            let mut rows = one.visible(one.segment.all_rows());
            if let Some(input) = merged.iter().find(|input| Arc::ptr_eq(&input.segment, &one.segment)) {
                rows = rows.without(&input.rows);
            }
            (Arc::clone(&one.segment), rows)
        });
        Self(found.filter(|(_, rows)| !rows.is_empty()).collect())
    }

    /// The spans of some traces. What cannot be read tells nothing.
    pub(super) fn spans(&self, traces: &HashSet<[u8; 16]>) -> Vec<Span> {
        let mut found = Vec::new();
        for (segment, rows) in &self.0 {
            match segment.spans(traces, rows) {
                Ok(spans) => found.extend(spans),
                Err(error) => {
                    let dir = segment.dir().display();
                    tracing::warn!(%error, %dir, "calls to and from its spans may be counted wrong");
                }
            }
        }
        found
    }
}
