//! Which rows are open: a preset, and the rows that somebody opened or closed against it.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use crate::trace::{NONE, Trace};

/// More lines are folded at first, and so many are left open.
pub const UNFOLDED_MAX: usize = 400;
const OPEN_MAX: usize = 200;
/// Marks an exception that is about the equal siblings beginning at a row, not about the row.
const REPEAT: u32 = 1 << 31;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    #[default]
    Auto,
    All,
    Level(u32),
    Critical,
    Errors,
    Service(String),
    /// Only the subtree of a row of the server.
    Root(u32),
}

impl Preset {
    /// `auto`, `all`, `3`, `critical`, `errors`, `svc:cart`, `root:17`; with a revision before the row too.
    pub fn read(text: &str) -> Self {
        if let Some(service) = text.strip_prefix("svc:") {
            return Self::Service(service.into());
        }
        if let Some(row) = text.strip_prefix("root:") {
            return row.rsplit(':').next().and_then(|row| row.parse().ok()).map_or(Self::Auto, Self::Root);
        }
        match text {
            "all" => Self::All,
            "critical" => Self::Critical,
            "errors" => Self::Errors,
            text => text.parse().map_or(Self::Auto, Self::Level),
        }
    }

    pub fn write(&self) -> String {
        match self {
            Self::Auto => String::new(),
            Self::All => "all".into(),
            Self::Level(depth) => depth.to_string(),
            Self::Critical => "critical".into(),
            Self::Errors => "errors".into(),
            Self::Service(name) => format!("svc:{name}"),
            Self::Root(row) => format!("root:{row}"),
        }
    }
}

/// Whether rows, and runs of equal siblings, are open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folds {
    pub preset: Preset,
    /// Rows of the server whose state is not that of the preset.
    flipped: BTreeSet<u32>,
}

impl Folds {
    pub fn new(preset: Preset) -> Self {
        Self { preset, flipped: BTreeSet::new() }
    }

    /// `rev:3,g17,40`: exceptions of another revision are dropped.
    pub fn read(preset: Preset, open: &str, rev: &str) -> Self {
        let rows = open.split_once(':').filter(|(of, _)| *of == rev).map_or("", |(_, rows)| rows);
        let one = |text: &str| match text.strip_prefix('g') {
            Some(row) => row.parse().ok().map(|row: u32| row | REPEAT),
            None => text.parse().ok(),
        };
        Self { preset, flipped: rows.split(',').filter_map(one).collect() }
    }

    pub fn write(&self, rev: &str) -> String {
        if self.flipped.is_empty() {
            return String::new();
        }
        let one = |row: &u32| if row & REPEAT != 0 { format!("g{}", row & !REPEAT) } else { row.to_string() };
        format!("{rev}:{}", self.flipped.iter().map(one).collect::<Vec<_>>().join(","))
    }

    pub fn flip(&mut self, trace: &Trace, at: u32, is_repeat: bool) {
        let row = trace.row_of(at) | if is_repeat { REPEAT } else { 0 };
        if !self.flipped.remove(&row) {
            self.flipped.insert(row);
        }
    }

    /// By place: whether its children are in sight, and whether its equal siblings are.
    pub fn resolved(&self, trace: &Trace) -> (Vec<bool>, Vec<bool>) {
        let mut open = self.preset_open(trace);
        let mut repeats = vec![false; trace.len()];
        for row in &self.flipped {
            let Some(at) = trace.place_of(row & !REPEAT) else { continue };
            let list = if row & REPEAT != 0 { &mut repeats } else { &mut open };
            list[at as usize] = !list[at as usize];
        }
        (open, repeats)
    }

    fn preset_open(&self, trace: &Trace) -> Vec<bool> {
        let count = trace.len();
        match &self.preset {
            Preset::Auto => auto(trace),
            Preset::All | Preset::Root(_) => vec![true; count],
            Preset::Level(depth) => trace.depth.iter().map(|own| own + 1 < *depth).collect(),
            Preset::Critical => holding(trace, |at| trace.crit[at] > 0),
            Preset::Errors => (0..count)
                .map(|at| {
                    trace.errors[at] > u32::from(trace.has(at as u32, daymark_view::skeleton::flag::ERROR))
                })
                .collect(),
            Preset::Service(name) => {
                let svc = trace.services.iter().position(|service| service == name).map(|at| at as u32);
                holding(trace, |at| Some(trace.svc[at]) == svc)
            }
        }
    }

    /// Opens all that hides a row.
    pub fn reveal(&mut self, trace: &Trace, at: u32) {
        let (open, repeats) = self.resolved(trace);
        let mut below = at;
        loop {
            // The run of equal siblings that the row is in begins at one of them.
            let first = first_equal(trace, below);
            if let Some(first) = first.filter(|first| !repeats[*first as usize]) {
                self.flip(trace, first, true);
            }
            let parent = trace.parent[below as usize];
            if parent == NONE {
                break;
            }
            if !open[parent as usize] {
                self.flip(trace, parent, false);
            }
            below = parent;
        }
    }
}

/// The first of the equal siblings that a row is among.
pub(crate) fn first_equal(trace: &Trace, at: u32) -> Option<u32> {
    let parent = trace.parent[at as usize];
    let of = |at: u32| {
        (
            trace.svc[at as usize],
            trace.op[at as usize],
            trace.kind_status[at as usize],
            trace.peer[at as usize],
        )
    };
    let (low, own) = (if parent == NONE { 0 } else { parent + 1 }, of(at));
    // The nearest beginning of a run before it; a row of the same parent in between ends it.
    let firsts = (low..=at).rev().filter(|place| trace.repeats[*place as usize] > 0);
    let first = firsts.clone().find(|place| trace.parent[*place as usize] == parent)?;
    (of(first) == own && at < trace.repeat_end(first)).then_some(first)
}

/// Rows with a row below them that is meant.
fn holding(trace: &Trace, is_meant: impl Fn(usize) -> bool) -> Vec<bool> {
    let mut holds = vec![false; trace.len()];
    for at in (0..trace.len()).rev() {
        let parent = trace.parent[at];
        if parent != NONE && (holds[at] || is_meant(at)) {
            holds[parent as usize] = true;
        }
    }
    holds
}

/// All, if these are few lines; else the most important ones first: critical time, failures, own time.
fn auto(trace: &Trace) -> Vec<bool> {
    let lines = |at: u32| {
        let mut count = 0;
        let mut skip = 0;
        for child in trace.children(at) {
            if child < skip {
                continue;
            }
            if trace.repeats[child as usize] > 0 {
                skip = trace.repeat_end(child);
            }
            count += 1;
        }
        count
    };
    let shown = crate::lines::Lines::counted(trace, &vec![true; trace.len()]);
    if shown <= UNFOLDED_MAX {
        return vec![true; trace.len()];
    }
    let mut crit = trace.crit.clone();
    let mut own = trace.own.clone();
    for at in (0..trace.len()).rev() {
        let parent = trace.parent[at];
        if parent != NONE {
            crit[parent as usize] = crit[parent as usize].saturating_add(crit[at]);
            own[parent as usize] = own[parent as usize].max(own[at]);
        }
    }
    let weight = |at: u32| (crit[at as usize], trace.errors[at as usize], own[at as usize], Reverse(at));
    let mut open = vec![false; trace.len()];
    let mut count = lines(NONE);
    let mut heap: BinaryHeap<_> = trace.children(NONE).map(weight).collect();
    while let Some((_, _, _, Reverse(at))) = heap.pop() {
        if !trace.is_parent(at) {
            continue;
        }
        let more = lines(at);
        if count > 1 && count + more > OPEN_MAX {
            continue;
        }
        open[at as usize] = true;
        count += more;
        let mut skip = 0;
        for child in trace.children(at) {
            if child >= skip {
                heap.push(weight(child));
                if trace.repeats[child as usize] > 0 {
                    skip = trace.repeat_end(child);
                }
            }
        }
    }
    open
}
