//! Which merges are due: where many small segments wait, and where a window is closed.
//!
//! A job that time alone brings about leaves nothing behind that would be due again: otherwise the same
//! rows would be merged for ever.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use daymark_model::signal::Table;
use daymark_model::time::Nanos;
use daymark_segment::Level;

use super::{CLOSED, Job, L1_STEP, L2_STEP, rows_of};
use crate::retain::nanos;
use crate::store::Inner;
use crate::version::{Shelved, Version};

/// So many L0 or L1 segments are merged at the latest …
const L0_FILES: usize = 8;
const L1_FILES: usize = 12;
/// … or so many rows.
const L0_ROWS: u64 = 1_500_000;
/// Fewer L0 segments are merged when nothing came for so long and their windows are over.
const QUIET: i64 = 2 * Nanos::MINUTE;

/// Segments that may be merged with each other: of one tenant, table and stream.
pub(crate) struct Group {
    tenant: Arc<str>,
    table: Table,
    pub(crate) segments: Vec<Shelved>,
}

impl Inner {
    /// The most urgent merge, if any is due: where most L0 segments wait.
    pub(super) fn due_job(&self) -> Option<Job> {
        let now = self.clock.now();
        let mut groups = self.sound(self.pace.groups(&self.current.load()));
        groups.sort_by_key(|group| Reverse(group.of_level(Level::L0).len()));
        let erased_before = now.plus(-nanos(self.options.keep.erased) / 2);
        groups.iter().find_map(|group| {
            let fresh = group.fresh_job(now);
            fresh.or_else(|| group.erased_job(erased_before)).or_else(|| group.window_job(now))
        })
    }

    /// Everything of one group that is not settled yet.
    pub(super) fn pending_job(&self) -> Option<Job> {
        self.sound(groups(&self.current.load())).into_iter().find_map(|group| {
            let pending = |one: &&Shelved| one.segment.meta().level != Level::L2 || one.hidden.is_some();
            let windows: BTreeSet<i64> = group.segments.iter().filter(pending).flat_map(windows_of).collect();
            let touched = |one: &&Shelved| pending(one) || windows_of(one).any(|at| windows.contains(&at));
            let inputs = group.segments.iter().filter(touched).cloned().collect();
            (!windows.is_empty()).then(|| group.job(inputs, L2_STEP, Level::L2))
        })
    }
}

impl Group {
    pub(crate) fn of_level(&self, level: Level) -> Vec<Shelved> {
        self.segments.iter().filter(|one| one.segment.meta().level == level).cloned().collect()
    }

    fn job(&self, inputs: Vec<Shelved>, step: i64, level: Level) -> Job {
        Job { tenant: Arc::clone(&self.tenant), table: self.table, inputs, step, level }
    }

    /// L0 segments that are to become L1: there are many, or no more come.
    fn fresh_job(&self, now: Nanos) -> Option<Job> {
        let fresh = self.of_level(Level::L0);
        let end = fresh.iter().map(|one| window_end(one.segment.meta().time_max, L1_STEP)).max()?;
        let is_due = fresh.len() >= L0_FILES
            || (fresh.len() > 1 && rows_of(&fresh) >= L0_ROWS)
            || is_past(end, &fresh, QUIET, now);
        is_due.then(|| self.job(oldest(fresh), L1_STEP, Level::L1))
    }

    /// A segment with rows that were erased so long ago that they have to leave the file.
    fn erased_job(&self, before: Nanos) -> Option<Job> {
        let one = self.segments.iter().find(|one| one.hidden_at.is_some_and(|at| at < before))?;
        let (step, level) = match one.segment.meta().level {
            Level::L0 | Level::L1 => (L1_STEP, Level::L1),
            Level::L2 => (L2_STEP, Level::L2),
        };
        Some(self.job(vec![one.clone()], step, level))
    }

    /// A two-hour window that is to become one L2.
    fn window_job(&self, now: Nanos) -> Option<Job> {
        let merged = || self.segments.iter().filter(|one| one.segment.meta().level != Level::L0);
        let is_unsettled = |one: &&Shelved| one.segment.meta().level == Level::L1 || one.segment.is_open();
        let unsettled = merged().filter(is_unsettled).map(|one| one.segment.meta());
        let windowed = unsettled.filter(|meta| meta.window.is_some());
        let starts: BTreeSet<i64> = windowed.map(|meta| Nanos(meta.time_min).floor(L2_STEP).0).collect();
        starts.into_iter().find_map(|start| {
            let end = start.saturating_add(L2_STEP);
            let within = merged().filter(|one| one.segment.meta().overlaps(&(start..end)));
            let inputs: Vec<Shelved> = within.cloned().collect();
            let mut fresh = inputs.clone();
            fresh.retain(|one| {
                let meta = one.segment.meta();
                meta.level == Level::L1 && meta.window.is_some_and(|window| window.from >= start)
            });
            // What merely waits for another half is merged once, when that merge is the last word.
            let is_due = fresh.len() >= L1_FILES
                || (!fresh.is_empty() && is_past(end, &fresh, CLOSED, now))
                || is_past(end, &inputs, CLOSED, now);
            is_due.then(|| self.job(inputs, L2_STEP, Level::L2))
        })
    }
}

/// All segments by what may be merged.
pub(crate) fn groups(version: &Version) -> Vec<Group> {
    let mut groups: BTreeMap<(&Arc<str>, Table, &str), Vec<Shelved>> = BTreeMap::new();
    for (tenant, shelf) in &version.shelves {
        let has_rows = |(_, one): &(Table, &Shelved)| one.segment.meta().rolled_s.is_none();
        for (table, one) in shelf.all_segments().filter(has_rows) {
            groups.entry((tenant, table, &one.segment.meta().stream)).or_default().push(one.clone());
        }
    }
    let group = |((tenant, table, _), segments): ((&Arc<str>, _, _), _)| Group {
        tenant: Arc::clone(tenant),
        table,
        segments,
    };
    groups.into_iter().map(group).collect()
}

/// As many of the first segments as one merge takes.
fn oldest(mut segments: Vec<Shelved>) -> Vec<Shelved> {
    while segments.len() > 2 && rows_of(&segments) > L0_ROWS {
        segments.pop();
    }
    segments
}

/// Whether the end of a window and the newest arrival in its segments lie so far back.
fn is_past(end: i64, segments: &[Shelved], by: i64, now: Nanos) -> bool {
    let arrival = segments.iter().map(|one| one.segment.meta().arrival_max).max().unwrap_or_default();
    end.max(arrival).saturating_add(by) < now.0
}

fn window_end(at: i64, step: i64) -> i64 {
    Nanos(at).floor(step).0.saturating_add(step)
}

/// The two-hour windows a segment reaches into; of stragglers none, they are as merged as they get.
fn windows_of(one: &Shelved) -> impl Iterator<Item = i64> + use<> {
    let meta = one.segment.meta();
    let (first, last) = (Nanos(meta.time_min).floor(L2_STEP).0, meta.time_max);
    let step = usize::try_from(L2_STEP).unwrap_or(usize::MAX);
    (first..=last).step_by(step)
}
