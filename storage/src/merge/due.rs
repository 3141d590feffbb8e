//! Which merges are due: where many small segments wait, and where a window is closed.
//!
//! A job that time alone brings about leaves nothing behind that would be due again: otherwise the same
//! rows would be merged for ever.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use daymark_model::signal::Table;
use daymark_model::time::{Nanos, overlap};
use daymark_segment::Level;

use super::{CLOSED, Job, L1_STEP, L2_STEP, rows_of};
use crate::retain::nanos;
use crate::store::Inner;
use crate::version::{Shelved, Version};

/// So many L0 segments are merged at the latest …
const L0_FILES: usize = 8;
/// … or so many rows.
const L0_ROWS: u64 = 1_500_000;
/// So many L1 segments of ten minutes are merged into one.
const L1_FILES: usize = 12;
/// What came late for a closed window is merged into it when it is a part of so many, or a day old.
const LATE_PART: u64 = 100;
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
            let most = self.options.segment_rows as u64;
            let fresh = group.fresh_job(now).or_else(|| group.crowded_job(most));
            fresh.or_else(|| group.erased_job(erased_before)).or_else(|| group.window_job(most, now))
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

    /// L1 segments of ten minutes that are many, the smallest of them first.
    fn crowded_job(&self, most: u64) -> Option<Job> {
        let mut windows: BTreeMap<i64, Vec<Shelved>> = BTreeMap::new();
        for one in self.of_level(Level::L1) {
            if let Some(window) = one.segment.meta().window {
                windows.entry(window.from).or_default().push(one);
            }
        }
        windows.into_values().find_map(|mut crowd| {
            if crowd.len() < L1_FILES {
                return None;
            }
            crowd.sort_by_key(|one| one.segment.meta().rows);
            while rows_of(&crowd) > most {
                crowd.pop();
            }
            (crowd.len() > 1).then(|| self.job(crowd, L1_STEP, Level::L1))
        })
    }

    /// A closed window of two hours, or as much of it as one merge takes, that is to become L2.
    fn window_job(&self, most: u64, now: Nanos) -> Option<Job> {
        let merged = || self.segments.iter().filter(|one| one.segment.meta().level != Level::L0);
        let is_windowed = |one: &&Shelved| one.segment.meta().window.is_some();
        let unsettled = || merged().filter(|one| is_unsettled(one)).filter(is_windowed);
        let starts: BTreeSet<i64> =
            unsettled().map(|one| Nanos(one.segment.meta().time_min).floor(L2_STEP).0).collect();
        starts.into_iter().find_map(|start| {
            let end = start.saturating_add(L2_STEP);
            let inside = |one: &&Shelved| one.segment.meta().overlaps(&(start..end));
            let within: Vec<Shelved> = merged().filter(inside).cloned().collect();
            let mut fresh: Vec<Shelved> = unsettled().filter(inside).cloned().collect();
            fresh.retain(|one| reach(one).start >= start);
            let inputs = first_of(&fresh, &within, most);
            let is_due = !inputs.is_empty() && is_past(end, &inputs, CLOSED, now);
            (is_due && !is_little(&fresh, &within, now)).then(|| self.job(inputs, L2_STEP, Level::L2))
        })
    }
}

fn is_unsettled(one: &Shelved) -> bool {
    one.segment.meta().level == Level::L1 || one.segment.is_open()
}

/// Whether so little came for what is settled that it can wait.
fn is_little(fresh: &[Shelved], within: &[Shelved], now: Nanos) -> bool {
    let settled: Vec<_> = within.iter().filter(|one| !is_unsettled(one)).cloned().collect();
    let arrival = fresh.iter().map(|one| one.segment.meta().arrival_min).min().unwrap_or_default();
    let can_wait = arrival.saturating_add(24 * Nanos::HOUR) > now.0;
    let is_late = fresh.iter().all(|one| one.segment.meta().level == Level::L1);
    can_wait && is_late && rows_of(fresh) * LATE_PART < rows_of(&settled)
}

/// The first segments that are merged together: whole windows of ten minutes, with all that reaches into them,
/// of no more rows than one merge takes.
fn first_of(fresh: &[Shelved], within: &[Shelved], most: u64) -> Vec<Shelved> {
    let inside = |range: &Range<i64>| -> Vec<Shelved> {
        within.iter().filter(|one| overlap(&reach(one), range)).cloned().collect()
    };
    let mut ranges: Vec<_> = fresh.iter().map(reach).collect();
    ranges.sort_unstable_by_key(|range| range.start);
    let mut ranges = ranges.into_iter().map(|range| widened(range, within));
    let Some(mut taken) = ranges.next() else { return Vec::new() };
    for range in ranges {
        let wider = widened(taken.start..taken.end.max(range.end), within);
        if rows_of(&inside(&wider)) > most {
            break;
        }
        taken = wider;
    }
    inside(&taken)
}

/// The range with those of all segments that reach into it.
fn widened(range: Range<i64>, within: &[Shelved]) -> Range<i64> {
    let touched = within.iter().map(reach).filter(|other| overlap(other, &range));
    let wider = touched.fold(range.clone(), |all, one| all.start.min(one.start)..all.end.max(one.end));
    if wider == range { range } else { widened(wider, within) }
}

/// Where rows of a segment may be.
fn reach(one: &Shelved) -> Range<i64> {
    let meta = one.segment.meta();
    meta.window.map_or(meta.time_min..meta.time_max.saturating_add(1), |window| window.from..window.to)
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
