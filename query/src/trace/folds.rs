//! Which rows of a trace that is too large are shown, and what is told of the others.
//!
//! From the top on, the row whose subtree matters most is opened next, until as many rows are shown as may
//! be: by its time on the critical path, then its errors, then its own time.

use std::collections::BinaryHeap;

use daymark_view::skeleton::INTERVALS_MAX;

use crate::trace::outline::Outline;
use crate::trace::skeleton::Measured;

/// Rows below a row that are not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fold {
    pub(crate) row: u32,
    pub(crate) count: u64,
    pub(crate) errors: u64,
    pub(crate) busy_ns: i64,
    pub(crate) intervals: Vec<(i64, i64)>,
}

#[derive(Debug)]
pub(crate) struct Shown {
    /// Ascending.
    pub(crate) rows: Vec<u32>,
    /// By row.
    pub(crate) folds: Vec<Fold>,
}

/// How much a subtree matters.
type Weight = (i64, u64, i64);

impl Shown {
    pub(crate) fn of(
        outline: &Outline,
        measured: &Measured,
        below: Option<u32>,
        rows_max: usize,
        focus: Option<usize>,
    ) -> Self {
        let tree = &outline.tree;
        let all = match below {
            Some(row) => row + 1..tree.ends[row as usize],
            None => 0..tree.len() as u32,
        };
        if all.len() <= rows_max {
            return Self { rows: all.collect(), folds: Vec::new() };
        }
        let weights = weights(outline, measured);
        let (children, bounds) = tree.children();
        let children = |row: u32| &children[bounds[row as usize]..bounds[row as usize + 1]];
        let mut is_shown = vec![false; tree.len()];
        let mut count = 0;
        let mut waiting: BinaryHeap<(Weight, u32)> = BinaryHeap::new();
        let mut show = |rows: &mut Vec<u32>, waiting: &mut BinaryHeap<(Weight, u32)>| {
            rows.sort_by_key(|row| std::cmp::Reverse(weights[*row as usize]));
            for row in rows.iter() {
                if count < rows_max && !is_shown[*row as usize] {
                    is_shown[*row as usize] = true;
                    count += 1;
                    waiting.push((weights[*row as usize], *row));
                }
            }
            count < rows_max
        };
        // The way to the row in focus comes first.
        let mut way: Vec<u32> =
            std::iter::successors(focus.map(|row| row as u32), |row| tree.parents[*row as usize])
                .filter(|row| all.contains(row))
                .collect();
        show(&mut way, &mut waiting);
        let mut tops: Vec<u32> = match below {
            Some(row) => children(row).to_vec(),
            None => all.clone().filter(|row| tree.parents[*row as usize].is_none()).collect(),
        };
        let mut has_room = show(&mut tops, &mut waiting);
        while let Some((_, row)) = waiting.pop().filter(|_| has_room) {
            has_room = show(&mut children(row).to_vec(), &mut waiting);
        }
        let rows: Vec<u32> = all.clone().filter(|row| is_shown[*row as usize]).collect();
        let folds = folds(outline, &all, &is_shown);
        Self { rows, folds }
    }
}

/// Of each row with all below it.
fn weights(outline: &Outline, measured: &Measured) -> Vec<Weight> {
    let tree = &outline.tree;
    let of_row =
        |row: usize| (measured.critical[row], u64::from(outline.bone(row).is_error()), measured.own[row]);
    let mut weights: Vec<Weight> = (0..tree.len()).map(of_row).collect();
    for row in (0..tree.len()).rev() {
        if let Some(parent) = tree.parents[row] {
            let (critical, errors, own) = weights[row];
            let sum = &mut weights[parent as usize];
            *sum = (sum.0 + critical, sum.1 + errors, sum.2.saturating_add(own));
        }
    }
    weights
}

/// What is told of the rows that are not shown, each under the nearest row above it that is.
fn folds(outline: &Outline, all: &std::ops::Range<u32>, is_shown: &[bool]) -> Vec<Fold> {
    let tree = &outline.tree;
    // Rows at the top have none above them: the first row tells of those that are not shown.
    let first = all.clone().find(|row| is_shown[*row as usize]);
    // The nearest shown row at or above each row.
    let mut above: Vec<Option<u32>> = vec![None; tree.len()];
    let mut hidden: Vec<(u32, u32)> = Vec::new();
    for row in all.clone() {
        let parent = tree.parents[row as usize].filter(|parent| all.contains(parent));
        let over = parent.and_then(|parent| above[parent as usize]).or(tree.parents[row as usize]).or(first);
        above[row as usize] = if is_shown[row as usize] { Some(row) } else { over };
        if !is_shown[row as usize] {
            hidden.extend(over.map(|over| (over, row)));
        }
    }
    hidden.sort_unstable();
    let folded = hidden.chunk_by(|a, b| a.0 == b.0).map(|run| {
        let bones: Vec<_> = run.iter().map(|(_, row)| outline.bone(*row as usize)).collect();
        let mut busy: Vec<(i64, i64)> = bones.iter().map(|bone| (bone.node.start, bone.node.end())).collect();
        busy.sort_unstable();
        let intervals = united(&busy);
        Fold {
            row: run[0].0,
            count: run.len() as u64,
            errors: bones.iter().filter(|bone| bone.is_error()).count() as u64,
            busy_ns: intervals.iter().map(|(from, to)| to - from).sum(),
            intervals: few(intervals),
        }
    });
    folded.collect()
}

/// Intervals by start, those that touch as one.
fn united(all: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut united: Vec<(i64, i64)> = Vec::new();
    for (from, to) in all {
        match united.last_mut().filter(|last| *from <= last.1) {
            Some(last) => last.1 = last.1.max(*to),
            None => united.push((*from, *to)),
        }
    }
    united
}

/// As many as are told, by closing the smallest gaps.
fn few(all: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    if all.len() <= INTERVALS_MAX {
        return all;
    }
    let mut gaps: Vec<(i64, usize)> =
        all.windows(2).enumerate().map(|(at, pair)| (pair[1].0 - pair[0].1, at)).collect();
    gaps.sort_unstable_by_key(|(gap, at)| (std::cmp::Reverse(*gap), *at));
    let mut kept: Vec<usize> = gaps.iter().take(INTERVALS_MAX - 1).map(|(_, at)| *at).collect();
    kept.sort_unstable();
    let starts = std::iter::once(0).chain(kept.iter().map(|at| at + 1));
    let ends = kept.iter().copied().chain([all.len() - 1]);
    starts.zip(ends).map(|(from, to)| (all[from].0, all[to].1)).collect()
}
