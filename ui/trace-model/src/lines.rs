//! The lines in sight: spans whose parents are open, runs of equal siblings as one line, parents that never came.
//!
//! Lines ascend by place, so a line is found by binary search.

use crate::folds::{Folds, Preset};
use crate::trace::Trace;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The place in [`Trace::missing`].
    Missing(u32),
    /// Equal siblings, how many, and whether they are shown below.
    Repeat(u32, bool),
    Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub at: u32,
    pub kind: Kind,
    pub depth: u32,
    /// Whether what is below is shown; none where nothing is below.
    pub is_open: Option<bool>,
}

/// How matches change what is in sight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Highlight,
    /// Matches and what they are below.
    Filter,
    /// Matches alone.
    Isolate,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines(pub Vec<Line>);

impl Lines {
    pub fn of(trace: &Trace, folds: &Folds) -> Self {
        let (open, repeats) = folds.resolved(trace);
        let range = match folds.preset {
            Preset::Root(row) => trace.place_of(row).map(|at| (at, trace.end[at as usize])),
            _ => None,
        };
        Self::walk(trace, &open, &repeats, range.unwrap_or((0, trace.len() as u32)))
    }

    /// How many lines all of it would be.
    pub(crate) fn counted(trace: &Trace, open: &[bool]) -> usize {
        Self::walk(trace, open, &vec![false; trace.len()], (0, trace.len() as u32)).0.len()
    }

    fn walk(trace: &Trace, open: &[bool], repeats: &[bool], (first, last): (u32, u32)) -> Self {
        let mut lines = Vec::new();
        // Ends of the runs of equal siblings that are shown one by one.
        let mut runs: Vec<u32> = Vec::new();
        let base = trace.depth.get(first as usize).copied().filter(|_| first > 0).unwrap_or(0);
        let mut missing = trace.missing.partition_point(|(at, _, _)| *at < first);
        let mut at = first;
        while at < last {
            let place = at as usize;
            while runs.last().is_some_and(|end| *end <= at) {
                runs.pop();
            }
            let depth = trace.depth[place].saturating_sub(base) + runs.len() as u32;
            while trace.missing.get(missing).is_some_and(|(of, _, _)| *of <= at) {
                if trace.missing[missing].0 == at {
                    lines.push(Line {
                        at,
                        kind: Kind::Missing(missing as u32),
                        depth: depth.saturating_sub(1),
                        is_open: None,
                    });
                }
                missing += 1;
            }
            let mut depth = depth;
            if trace.repeats[place] > 0 {
                let count = trace.repeats[place];
                lines.push(Line {
                    at,
                    kind: Kind::Repeat(count, repeats[place]),
                    depth,
                    is_open: Some(repeats[place]),
                });
                let end = trace.repeat_end(at);
                if !repeats[place] {
                    at = end;
                    continue;
                }
                runs.push(end);
                depth += 1;
            }
            let is_open = trace.is_parent(at).then_some(open[place]);
            lines.push(Line { at, kind: Kind::Span, depth, is_open });
            at = if is_open == Some(false) { trace.end[place] } else { at + 1 };
        }
        Self(lines)
    }

    /// Lines of matches, with what they are below or without; `matches` ascend.
    pub fn matching(trace: &Trace, matches: &[u32], mode: Mode) -> Self {
        let mut kept = vec![false; trace.len()];
        for at in matches {
            let mut at = *at;
            while (at as usize) < trace.len() && !kept[at as usize] {
                kept[at as usize] = true;
                if mode == Mode::Isolate {
                    break;
                }
                at = trace.parent[at as usize];
            }
        }
        let line = |at: u32| Line {
            at,
            kind: Kind::Span,
            depth: if mode == Mode::Isolate { 0 } else { trace.depth[at as usize] },
            is_open: None,
        };
        Self((0..trace.len() as u32).filter(|at| kept[*at as usize]).map(line).collect())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The line of a span, or of what hides it.
    pub fn line_of(&self, at: u32) -> Option<usize> {
        let next = self.0.partition_point(|line| line.at <= at);
        next.checked_sub(1)
    }

    /// Whether a span has a line of its own.
    pub fn shows(&self, at: u32) -> bool {
        self.line_of(at).is_some_and(|line| self.0[line].at == at && self.0[line].kind == Kind::Span)
    }

    /// The line of the parent of a line.
    pub fn parent_of(&self, trace: &Trace, line: usize) -> Option<usize> {
        let depth = self.0.get(line)?.depth;
        let parent = trace.parent[self.0[line].at as usize];
        let low = if parent == crate::NONE { 0 } else { self.0.partition_point(|line| line.at < parent) };
        (low..line).rev().find(|above| self.0[*above].depth < depth)
    }
}
