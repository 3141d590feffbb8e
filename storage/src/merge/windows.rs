//! Which rows of a merge go to which segment: those of one window to one, or to several when they are many.
//!
//! A window tells exactly what its segment took: of all segments of these log numbers nothing else reaches
//! into it. Who rebuilds a lost catalog relies on that.

use std::collections::BTreeMap;
use std::sync::Arc;

use daymark_model::time::Nanos;
use daymark_segment::{Input, RowRanges, Segment, Window};

use super::Job;
use crate::error::Error;

/// What falls into further windows shares one segment.
const WINDOWS: usize = 64;
/// Where a window may be cut.
const GRAIN: i64 = Nanos::MINUTE;

/// A window, and the rows that go to its segment.
type Share = (Option<Window>, Vec<Input>);

/// The rows of each segment that the job writes.
pub(super) fn of(job: &Job, segment_rows: usize) -> Result<Vec<Share>, Error> {
    let mut windows: BTreeMap<Option<i64>, Vec<Input>> = BTreeMap::new();
    for one in &job.inputs {
        for (start, rows) in one.segment.windows(job.step)? {
            let rows = one.visible(rows);
            if !rows.is_empty() {
                let input = Input { segment: Arc::clone(&one.segment), rows };
                windows.entry(Some(start)).or_default().push(input);
            }
        }
    }
    gather_stragglers(&mut windows);
    let mut all = Vec::new();
    for (start, inputs) in windows {
        match start {
            Some(start) => all.extend(cut(reached(start, job.step, &inputs), inputs, segment_rows)?),
            None => all.push((None, inputs)),
        }
    }
    Ok(all)
}

/// The part of a window that the windows of the inputs reach.
fn reached(start: i64, step: i64, inputs: &[Input]) -> Window {
    let whole = Window { from: start, to: start.saturating_add(step) };
    let windows = inputs.iter().map(|input| input.segment.meta().window);
    let reached = windows.reduce(|one, other| {
        let (one, other) = (one?, other?);
        Some(Window { from: one.from.min(other.from), to: one.to.max(other.to) })
    });
    match reached.flatten() {
        Some(reached) => Window { from: reached.from.max(whole.from), to: reached.to.min(whole.to) },
        None => whole,
    }
}

/// Cuts a window of many rows into parts of about the same number.
fn cut(window: Window, inputs: Vec<Input>, segment_rows: usize) -> Result<Vec<Share>, Error> {
    let rows: usize = inputs.iter().map(|input| input.rows.count()).sum();
    let parts = rows.div_ceil(segment_rows.max(1));
    if parts < 2 {
        return Ok(vec![(Some(window), inputs)]);
    }
    let mut grains: BTreeMap<i64, Vec<Input>> = BTreeMap::new();
    for Input { segment, rows } in inputs {
        for (start, grain) in segment.windows(GRAIN)? {
            let rows = grain.intersect(&rows);
            if !rows.is_empty() {
                grains.entry(start).or_default().push(Input { segment: Arc::clone(&segment), rows });
            }
        }
    }
    let mut all: Vec<Share> = Vec::new();
    let (mut from, mut pieces, mut taken) = (window.from, Vec::new(), 0);
    for (start, inputs) in grains {
        // So many parts end with this row.
        if taken * parts / rows > all.len() {
            all.push((Some(Window { from, to: start }), joined(std::mem::take(&mut pieces))));
            from = start;
        }
        taken += inputs.iter().map(|input| input.rows.count()).sum::<usize>();
        pieces.extend(inputs);
    }
    all.push((Some(Window { from, to: window.to }), joined(pieces)));
    Ok(all)
}

/// Each segment once, in the order in which they came first.
fn joined(inputs: Vec<Input>) -> Vec<Input> {
    let mut pieces: Vec<(Arc<Segment>, Vec<RowRanges>)> = Vec::new();
    for Input { segment, rows } in inputs {
        match pieces.iter_mut().find(|(other, _)| Arc::ptr_eq(other, &segment)) {
            Some((_, parts)) => parts.push(rows),
            None => pieces.push((segment, vec![rows])),
        }
    }
    let joined = |parts: &[RowRanges]| {
        let mut ranges: Vec<_> = parts.iter().flat_map(RowRanges::as_slice).cloned().collect();
        ranges.sort_unstable_by_key(|range| range.start);
        ranges.into_iter().collect()
    };
    let mut inputs: Vec<_> =
        pieces.into_iter().map(|(segment, parts)| Input { rows: joined(&parts), segment }).collect();
    in_order_of_arrival(&mut inputs);
    inputs
}

/// Rows of the smallest windows beyond the limit share one segment, so that a row for every day of a year
/// does not make a segment for each.
fn gather_stragglers(windows: &mut BTreeMap<Option<i64>, Vec<Input>>) {
    if windows.len() <= WINDOWS {
        return;
    }
    let size = |inputs: &Vec<Input>| inputs.iter().map(|input| input.rows.count()).sum::<usize>();
    let mut sizes: Vec<_> = windows.iter().map(|(start, inputs)| (size(inputs), *start)).collect();
    sizes.sort_unstable();
    let mut stragglers: BTreeMap<*const Segment, Input> = BTreeMap::new();
    for (_, start) in &sizes[..sizes.len() - WINDOWS] {
        for input in windows.remove(start).unwrap_or_default() {
            let shared = stragglers
                .entry(Arc::as_ptr(&input.segment))
                .or_insert_with(|| Input { segment: Arc::clone(&input.segment), rows: RowRanges::default() });
            shared.rows = shared.rows.union(&input.rows);
        }
    }
    let mut stragglers: Vec<Input> = stragglers.into_values().collect();
    in_order_of_arrival(&mut stragglers);
    windows.insert(None, stragglers);
}

fn in_order_of_arrival(inputs: &mut [Input]) {
    inputs.sort_by_key(|input| input.segment.meta().first_lsn());
}
