//! A trace as rows on a time axis: which rows are seen with these folds, where the time of a span is its own,
//! where it lies on the critical path. Everything goes by row numbers in pre-order and without recursion, so a
//! trace of a million spans or of a hundred thousand levels is only large.

use std::collections::{BTreeSet, BinaryHeap};

use daymark_view::skeleton::{Skeleton, flag};

/// Equal neighbours become one line from this many on.
const REPEATS: usize = 5;
/// A trace of more rows is folded to about this many of the most important ones.
const AUTO_ABOVE: usize = 400;
const AUTO_SHOWN: usize = 200;

/// The arrays of a skeleton with what follows from them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Waterfall {
    /// The row after the last one below a row.
    end: Vec<u32>,
    parent: Vec<Option<u32>>,
    /// From the start of the trace.
    pub start: Vec<i64>,
    pub dur: Vec<i64>,
    pub depth: Vec<u32>,
    alike: Vec<(u32, u32, u8)>,
    flags: Vec<u16>,
    /// By row; a row may have several.
    crit: Vec<(u32, i64, i64)>,
    errors_below: Vec<u32>,
    crit_below: Vec<i64>,
}

/// What is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folds {
    pub preset: Preset,
    /// Rows that are the other way round than the preset says.
    pub turned: BTreeSet<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// All, or the most important rows of a large trace.
    #[default]
    Auto,
    All,
    /// Down to this depth.
    Level(u32),
    /// Only what leads to an error.
    Errors,
    /// Only what leads to the critical path.
    Critical,
}

impl Preset {
    pub fn read(text: &str) -> Self {
        match text {
            "all" => Self::All,
            "errors" => Self::Errors,
            "critical" => Self::Critical,
            number => number.parse().map_or(Self::Auto, Self::Level),
        }
    }
}

/// A line of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub row: u32,
    /// Rows that this one stands for, itself included; 1 unless equal neighbours are one line.
    pub count: u32,
    pub can_open: bool,
    pub is_open: bool,
}

impl Waterfall {
    pub fn of(skeleton: &Skeleton) -> Self {
        let rows = skeleton.depth.len();
        let mut trace = Self {
            end: vec![rows as u32; rows],
            parent: vec![None; rows],
            start: vec![0; rows],
            dur: skeleton.dur.clone(),
            depth: skeleton.depth.clone(),
            alike: (0..rows)
                .map(|at| (skeleton.svc[at], skeleton.op[at], skeleton.kind_status[at]))
                .collect(),
            flags: skeleton.flags.clone(),
            crit: skeleton.crit.iter().map(|[row, from, to]| (*row as u32, *from, *to)).collect(),
            errors_below: vec![0; rows],
            crit_below: vec![0; rows],
        };
        let mut path: Vec<usize> = Vec::new();
        for row in 0..rows {
            while path.last().is_some_and(|last| trace.depth[*last] >= trace.depth[row]) {
                if let Some(done) = path.pop() {
                    trace.end[done] = row as u32;
                }
            }
            let parent = path.last().copied().filter(|_| trace.depth[row] > 0);
            trace.parent[row] = parent.map(|parent| parent as u32);
            let from = parent.map_or(0, |parent| trace.start[parent]);
            trace.start[row] = from.saturating_add(skeleton.dstart[row]);
            path.push(row);
        }
        trace.crit.sort_unstable();
        for (row, from, to) in &trace.crit {
            if let Some(sum) = trace.crit_below.get_mut(*row as usize) {
                *sum += to - from;
            }
        }
        for row in (0..rows).rev() {
            trace.errors_below[row] += u32::from(trace.flags[row] & flag::ERROR != 0);
            if let Some(parent) = trace.parent[row] {
                trace.errors_below[parent as usize] += trace.errors_below[row];
                trace.crit_below[parent as usize] += trace.crit_below[row];
            }
        }
        trace
    }

    pub fn len(&self) -> usize {
        self.depth.len()
    }

    pub fn is_empty(&self) -> bool {
        self.depth.is_empty()
    }

    pub fn parent(&self, row: u32) -> Option<u32> {
        self.parent.get(row as usize).copied().flatten()
    }

    pub fn has_children(&self, row: u32) -> bool {
        self.end.get(row as usize).is_some_and(|end| *end > row + 1)
    }

    /// Rows below a row, without itself.
    pub fn below(&self, row: u32) -> u32 {
        self.end.get(row as usize).map_or(0, |end| end - row - 1)
    }

    pub fn is_error(&self, row: u32) -> bool {
        self.flags[row as usize] & flag::ERROR != 0
    }

    fn children(&self, row: u32) -> impl Iterator<Item = u32> {
        let end = self.end[row as usize];
        let first = Some(row + 1).filter(|first| *first < end);
        std::iter::successors(first, move |child| Some(self.end[*child as usize]).filter(|next| *next < end))
    }

    /// The lines that are seen, in order.
    pub fn lines(&self, folds: &Folds) -> Vec<Line> {
        let kept = self.kept(folds.preset);
        let is_open = |row: u32| {
            let usual = kept.as_ref().is_none_or(|kept| kept.contains(&row));
            usual != folds.turned.contains(&row)
        };
        let mut lines = Vec::new();
        let mut row = 0;
        while (row as usize) < self.len() {
            let repeats = self.repeats(row);
            if repeats >= REPEATS as u32 && !folds.turned.contains(&row) {
                lines.push(Line { row, count: repeats, can_open: true, is_open: false });
                row = self.skip(row, repeats);
                continue;
            }
            let (can_open, is_open) = (self.has_children(row), is_open(row));
            lines.push(Line { row, count: 1, can_open, is_open: can_open && is_open });
            row = if is_open { row + 1 } else { self.end[row as usize] };
        }
        lines
    }

    /// How many neighbours from a row on are equal to it; 1 where the one before it is equal already, so that a
    /// run which was opened stays open as a whole.
    fn repeats(&self, row: u32) -> u32 {
        let is_alike = |other: u32| {
            let (one, other) = (row as usize, other as usize);
            self.alike[one] == self.alike[other]
                && self.depth[one] == self.depth[other]
                && self.below(row) == self.below(other as u32)
        };
        let limit = self.parent(row).map_or(self.len() as u32, |parent| self.end[parent as usize]);
        let wide = self.end[row as usize] - row;
        if row >= wide
            && row - wide > self.parent(row).unwrap_or(0)
            && is_alike(row - wide)
            && self.end[(row - wide) as usize] == row
        {
            return 1;
        }
        let mut next = row;
        let mut count = 0;
        while next < limit && is_alike(next) {
            count += 1;
            next = self.end[next as usize];
        }
        count
    }

    fn skip(&self, row: u32, count: u32) -> u32 {
        (0..count).fold(row, |row, _| self.end[row as usize])
    }

    /// Rows whose children are shown; none means all of them.
    fn kept(&self, preset: Preset) -> Option<BTreeSet<u32>> {
        let rows = 0..self.len() as u32;
        match preset {
            Preset::All => None,
            Preset::Auto if self.len() <= AUTO_ABOVE => None,
            Preset::Auto => Some(self.most_important()),
            Preset::Level(level) => Some(rows.filter(|row| self.depth[*row as usize] < level).collect()),
            Preset::Errors => Some(
                rows.filter(|row| self.errors_below[*row as usize] > u32::from(self.is_error(*row)))
                    .collect(),
            ),
            Preset::Critical => Some(rows.filter(|row| self.crit_below[*row as usize] > 0).collect()),
        }
    }

    /// Opens the row with the longest critical path below it, then errors, then durations, until enough is seen.
    fn most_important(&self) -> BTreeSet<u32> {
        let weight = |row: u32| {
            (self.crit_below[row as usize], self.errors_below[row as usize], self.dur[row as usize])
        };
        let tops = (0..self.len() as u32).filter(|row| self.parent(*row).is_none());
        let mut seen = 0;
        let mut heap: BinaryHeap<_> = tops.map(|row| (weight(row), std::cmp::Reverse(row))).collect();
        let mut open = BTreeSet::new();
        while let Some((_, std::cmp::Reverse(row))) = heap.pop() {
            let children: Vec<u32> = self.children(row).collect();
            if seen + children.len() > AUTO_SHOWN && seen > 0 {
                continue;
            }
            seen += children.len();
            open.insert(row);
            heap.extend(
                children
                    .into_iter()
                    .filter(|child| self.has_children(*child))
                    .map(|child| (weight(child), std::cmp::Reverse(child))),
            );
        }
        open
    }

    /// Where a span does not wait for its children, from the start of the trace.
    pub fn own(&self, row: u32) -> Vec<(i64, i64)> {
        let at = row as usize;
        let (from, to) = (self.start[at], self.start[at] + self.dur[at]);
        let mut busy: Vec<(i64, i64)> = self
            .children(row)
            .map(|child| {
                (
                    self.start[child as usize].max(from),
                    (self.start[child as usize] + self.dur[child as usize]).min(to),
                )
            })
            .filter(|(from, to)| from < to)
            .collect();
        busy.sort_unstable();
        let mut own = Vec::new();
        let mut at = from;
        for (start, end) in busy {
            if start > at {
                own.push((at, start));
            }
            at = at.max(end);
        }
        if at < to || own.is_empty() && from == to {
            own.push((at, to));
        }
        own
    }

    pub fn own_ns(&self, row: u32) -> i64 {
        self.own(row).iter().map(|(from, to)| to - from).sum()
    }

    /// Stretches of a row on the critical path.
    pub fn critical(&self, row: u32) -> &[(u32, i64, i64)] {
        let first = self.crit.partition_point(|(one, ..)| *one < row);
        let last = self.crit.partition_point(|(one, ..)| *one <= row);
        &self.crit[first..last]
    }

    /// The first and last instant of a line: of all the rows that it stands for.
    pub fn extent(&self, line: Line) -> (i64, i64) {
        let mut row = line.row;
        let mut extent = (i64::MAX, i64::MIN);
        for _ in 0..line.count {
            let at = row as usize;
            extent = (extent.0.min(self.start[at]), extent.1.max(self.start[at] + self.dur[at]));
            row = self.end[at];
        }
        extent
    }

    /// Opens everything above a row, so that it is seen.
    pub fn reveal(&self, folds: &Folds, row: u32) -> Folds {
        let mut folds = folds.clone();
        loop {
            let lines = self.lines(&folds);
            if lines.binary_search_by_key(&row, |line| line.row).is_ok() {
                return folds;
            }
            // The last line before it hides it.
            let hides = lines.partition_point(|line| line.row < row).checked_sub(1).map(|at| lines[at]);
            let Some(hides) = hides.filter(|hides| hides.can_open && !hides.is_open) else { return folds };
            if !folds.turned.remove(&hides.row) {
                folds.turned.insert(hides.row);
            }
        }
    }
}

#[cfg(test)]
mod tests;
