//! The arrays of a trace: what a skeleton says, and what follows from it for every row.

use daymark_view::skeleton::{Skeleton, flag};

/// The parent of a row at the top.
pub const NONE: u32 = u32::MAX;
/// Equal siblings that become one line.
pub const REPEATS: u32 = 5;

/// Rows in pre-order; all arrays are by place, which is the server's row number only while nothing is folded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    pub rev: String,
    pub duration: i64,
    pub parent: Vec<u32>,
    /// One past the last place of each subtree.
    pub end: Vec<u32>,
    /// As drawn: what misses its parent stands one deeper, below a line that says so.
    pub depth: Vec<u32>,
    /// From the start of the trace.
    pub start: Vec<i64>,
    pub dur: Vec<i64>,
    /// Time without that of children.
    pub own: Vec<i64>,
    /// Of that, on the critical path.
    pub crit: Vec<i64>,
    pub svc: Vec<u32>,
    pub op: Vec<u32>,
    pub peer: Vec<u32>,
    pub kind_status: Vec<u8>,
    pub flags: Vec<u16>,
    pub logs: Vec<u32>,
    pub events: Vec<u32>,
    /// Failed rows in the subtree, itself among them.
    pub errors: Vec<u32>,
    /// Of the first of at least [`REPEATS`] equal siblings how many these are; else 0.
    pub repeats: Vec<u32>,
    /// `[place, from, to]` of the critical path, by place.
    pub sections: Vec<[i64; 3]>,
    /// Place of the first child, and the id that never came.
    pub missing: Vec<(u32, String, u32)>,
    /// Place, spans, failed ones, busy ns of what the server folded.
    pub folded: Vec<(u32, u64, u64, i64)>,
    pub services: Vec<String>,
    pub operations: Vec<String>,
    pub peers: Vec<(String, String)>,
    /// Where numbering jumps: place, row of the server.
    runs: Vec<[u32; 2]>,
}

impl Trace {
    /// Where it happens, of a trace that mostly waits: from its start to the gap that is longer than all else,
    /// with a little room. None where no gap is so long.
    pub fn beginning(&self) -> Option<(i64, i64)> {
        let mut spans: Vec<(i64, i64)> = self
            .start
            .iter()
            .zip(&self.dur)
            .map(|(start, dur)| (*start, start.saturating_add(*dur)))
            .collect();
        spans.sort_unstable();
        let mut end = spans.first()?.1;
        for (start, stop) in spans {
            if start - end > self.duration / 2 && end > 0 {
                return Some((0, (end + end / 20).clamp(1, start)));
            }
            end = end.max(stop);
        }
        None
    }

    /// What the arrays disagree on is cut to the shortest, and no row is more than one deeper than the one before.
    pub fn of(skeleton: &Skeleton) -> Self {
        let lengths = [
            skeleton.depth.len(),
            skeleton.dstart.len(),
            skeleton.dur.len(),
            skeleton.svc.len(),
            skeleton.op.len(),
            skeleton.kind_status.len(),
            skeleton.flags.len(),
        ];
        let count = lengths.into_iter().min().unwrap_or(0);
        let or_none =
            |list: &[u32]| (0..count).map(|at| list.get(at).copied().unwrap_or(0)).collect::<Vec<_>>();
        let mut trace = Self {
            rev: skeleton.rev.clone(),
            duration: skeleton.duration_ns.max(1),
            dur: skeleton.dur.iter().take(count).map(|dur| (*dur).max(0)).collect(),
            svc: skeleton
                .svc
                .iter()
                .take(count)
                .map(|svc| (*svc).min(skeleton.services.len().max(1) as u32 - 1))
                .collect(),
            op: skeleton
                .op
                .iter()
                .take(count)
                .map(|op| (*op).min(skeleton.operations.len().max(1) as u32 - 1))
                .collect(),
            peer: or_none(&skeleton.peer),
            kind_status: skeleton.kind_status.iter().take(count).copied().collect(),
            flags: skeleton.flags.iter().take(count).copied().collect(),
            logs: or_none(&skeleton.n_logs),
            events: or_none(&skeleton.n_events),
            services: skeleton.services.clone(),
            operations: skeleton.operations.clone(),
            peers: skeleton.peers.iter().map(|peer| (peer.name.clone(), peer.kind.clone())).collect(),
            runs: skeleton.runs.clone(),
            ..Self::default()
        };
        trace.place(skeleton, count);
        trace.own = trace.own_times();
        trace.sections = skeleton
            .crit
            .iter()
            .filter_map(|[row, from, to]| {
                Some([i64::from(trace.place_of(u32::try_from(*row).ok()?)?), *from, *to])
            })
            .collect();
        trace.sections.sort_unstable();
        trace.crit = vec![0; count];
        for [place, from, to] in &trace.sections {
            trace.crit[*place as usize] += (to - from).max(0);
        }
        trace.errors = trace.flags.iter().map(|flags| u32::from(flags & flag::ERROR != 0)).collect();
        for at in (0..count).rev() {
            let parent = trace.parent[at];
            if parent != NONE {
                trace.errors[parent as usize] += trace.errors[at];
            }
        }
        trace.missing = skeleton
            .missing_parents
            .iter()
            .filter_map(|missing| {
                Some((trace.place_of(missing.row)?, missing.span_id.to_string(), missing.children))
            })
            .collect();
        trace.missing.sort_unstable();
        trace.folded = skeleton
            .agg
            .iter()
            .filter_map(|agg| Some((trace.place_of(agg.row)?, agg.count, agg.errors, agg.busy_ns)))
            .collect();
        trace.folded.sort_unstable();
        trace.repeats = trace.count_repeats();
        trace
    }

    /// With the clocks of services set right: `[service, how far it is ahead]`.
    #[must_use]
    pub fn aligned(&self, ahead: &[(u32, i64)]) -> Self {
        let mut by_service = vec![0; self.services.len()];
        for (svc, ns) in ahead {
            if let Some(known) = by_service.get_mut(*svc as usize) {
                *known = *ns;
            }
        }
        let of = |at: usize| by_service.get(self.svc[at] as usize).copied().unwrap_or(0);
        let mut trace = self.clone();
        for at in 0..self.len() {
            trace.start[at] = self.start[at].saturating_sub(of(at));
        }
        let first = trace.start.iter().copied().min().unwrap_or(0);
        trace.start.iter_mut().for_each(|start| *start = start.saturating_sub(first));
        for [place, from, to] in &mut trace.sections {
            let at = *place as usize;
            let moved = of(at).saturating_add(first);
            let (start, stop) = (trace.start[at], trace.start[at].saturating_add(trace.dur[at]));
            (*from, *to) =
                (from.saturating_sub(moved).clamp(start, stop), to.saturating_sub(moved).clamp(start, stop));
        }
        trace.duration = (0..self.len() as u32).map(|at| trace.stop(at)).max().unwrap_or(1).max(1);
        trace.own = trace.own_times();
        trace
    }

    /// Parents, ends, depths and starts.
    fn place(&mut self, skeleton: &Skeleton, count: usize) {
        // The last row of each depth.
        let mut path: Vec<u32> = Vec::new();
        let mut shift = 0;
        for at in 0..count {
            let depth = (skeleton.depth[at] as usize).min(path.len());
            path.truncate(depth);
            let parent = path.last().copied().unwrap_or(NONE);
            if depth == 0 {
                shift = u32::from(self.flags[at] & flag::MISSING_PARENT != 0);
            }
            self.parent.push(parent);
            self.depth.push(depth as u32 + shift);
            let above = if parent == NONE { 0 } else { self.start[parent as usize] };
            self.start.push(above.saturating_add(skeleton.dstart[at]));
            path.push(at as u32);
        }
        self.end = (1..=count as u32).collect();
        for at in (0..count).rev() {
            let parent = self.parent[at];
            if parent != NONE {
                let parent = parent as usize;
                self.end[parent] = self.end[parent].max(self.end[at]);
            }
        }
    }

    fn own_times(&self) -> Vec<i64> {
        let mut own = self.dur.clone();
        let mut until = vec![i64::MIN; self.len()];
        // Siblings are ordered by their own clocks, which may have been set right since.
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by_key(|at| self.start[*at]);
        for at in order {
            let parent = self.parent[at];
            if parent == NONE {
                continue;
            }
            let parent = parent as usize;
            let from = self.start[at].max(self.start[parent]).max(until[parent]);
            let to = self.stop(at as u32).min(self.stop(parent as u32));
            if from < to {
                own[parent] = own[parent].saturating_sub(to - from);
            }
            until[parent] = until[parent].max(to);
        }
        own
    }

    fn count_repeats(&self) -> Vec<u32> {
        let mut repeats = vec![0; self.len()];
        let mut is_counted = vec![false; self.len()];
        for first in 0..self.len() {
            if is_counted[first] {
                continue;
            }
            let mut count = 0;
            let mut at = first;
            while at < self.len() && self.parent[at] == self.parent[first] && self.is_equal(at, first) {
                is_counted[at] = true;
                count += 1;
                at = self.end[at] as usize;
            }
            if count >= REPEATS {
                repeats[first] = count;
            }
        }
        repeats
    }

    fn is_equal(&self, one: usize, other: usize) -> bool {
        let of = |at: usize| (self.svc[at], self.op[at], self.kind_status[at], self.peer[at]);
        of(one) == of(other)
    }

    pub fn len(&self) -> usize {
        self.parent.len()
    }

    pub fn is_empty(&self) -> bool {
        self.parent.is_empty()
    }

    /// When a row's span ends.
    pub fn stop(&self, at: u32) -> i64 {
        self.start[at as usize].saturating_add(self.dur[at as usize])
    }

    pub fn has(&self, at: u32, bits: u16) -> bool {
        self.flags[at as usize] & bits != 0
    }

    pub fn is_parent(&self, at: u32) -> bool {
        self.end[at as usize] > at + 1
    }

    pub fn service(&self, at: u32) -> &str {
        self.services.get(self.svc[at as usize] as usize).map_or("", String::as_str)
    }

    pub fn operation(&self, at: u32) -> &str {
        self.operations.get(self.op[at as usize] as usize).map_or("", String::as_str)
    }

    /// Who was called without a span of its own.
    pub fn peer(&self, at: u32) -> Option<&(String, String)> {
        self.peers.get((self.peer[at as usize] as usize).checked_sub(1)?)
    }

    /// The row of the server at a place.
    pub fn row_of(&self, at: u32) -> u32 {
        let next = self.runs.partition_point(|[place, _]| *place <= at);
        next.checked_sub(1).map_or(at, |run| self.runs[run][1] + (at - self.runs[run][0]))
    }

    /// The place of a row of the server, if it is shown.
    pub fn place_of(&self, row: u32) -> Option<u32> {
        let next = self.runs.partition_point(|[_, first]| *first <= row);
        let place = next.checked_sub(1).map_or(row, |run| self.runs[run][0] + (row - self.runs[run][1]));
        ((place as usize) < self.len() && self.row_of(place) == row).then_some(place)
    }

    /// The parts of the critical path that a row is.
    pub fn sections_of(&self, at: u32) -> &[[i64; 3]] {
        let at = i64::from(at);
        let first = self.sections.partition_point(|section| section[0] < at);
        let last = self.sections.partition_point(|section| section[0] <= at);
        &self.sections[first..last]
    }

    /// One past the last place of the equal siblings that begin at a place.
    pub fn repeat_end(&self, first: u32) -> u32 {
        let mut at = first;
        for _ in 0..self.repeats[first as usize] {
            at = self.end[at as usize];
        }
        at
    }

    /// Direct children of a row, those of `NONE` being at the top.
    pub fn children(&self, at: u32) -> impl Iterator<Item = u32> + '_ {
        let (first, last) = if at == NONE { (0, self.len() as u32) } else { (at + 1, self.end[at as usize]) };
        let next = move |child: &u32| Some(self.end[*child as usize]).filter(|next| *next < last);
        std::iter::successors((first < last).then_some(first), next)
    }

    /// Names of services, the one with the most spans first.
    pub fn services_by_count(&self) -> Vec<(&str, usize)> {
        let mut counts = vec![0_usize; self.services.len()];
        self.svc.iter().for_each(|svc| {
            if let Some(count) = counts.get_mut(*svc as usize) {
                *count += 1
            }
        });
        let mut named: Vec<(&str, usize)> = self.services.iter().map(String::as_str).zip(counts).collect();
        named.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
        named
    }
}
