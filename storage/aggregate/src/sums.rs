//! Additive sums: rate, errors and durations of spans and of calls by key and bucket.
//!
//! A span counts once, when nothing that may still come can change what it counts as, or with the rest.

use std::sync::Arc;

use daymark_model::time::Nanos;

use crate::buckets::Buckets;
use crate::family::{Family, Relation};
use crate::keys::{EdgeKey, RedKey};
use crate::numbers::Numbers;
use crate::span::{Kind, Label, Owner, Span, Target};
use crate::times::{Calls, Times};

/// Lengths of buckets, in seconds.
pub(crate) const RED_STEP_S: i32 = 10;
pub(crate) const INSTANCES_STEP_S: i32 = 60;
pub(crate) const EDGES_STEP_S: i32 = 10;

/// Both halves of a call, as far as there are two; at least one is there.
type Halves<'a> = (Option<&'a Span>, Option<&'a Span>);

/// The senders of both halves, the label of the one that is counted, and whether a message was sent.
type CallParts = (Option<u32>, Option<u32>, u32, bool);

/// What is not counted with a part.
#[derive(Clone, Debug, Default)]
pub struct Uncounted {
    /// The spans whose place another part can change.
    pub open: Vec<Span>,
    /// Those of the part that tell something of these.
    pub near: Vec<Span>,
}

impl Uncounted {
    pub fn extend(&mut self, other: Self) {
        self.open.extend(other.open);
        self.near.extend(other.near);
    }
}

#[derive(Clone, Debug, Default)]
pub struct Sums {
    instance_numbers: Numbers<Owner>,
    /// Instances of one service have one number here.
    sender_numbers: Numbers<Owner>,
    label_numbers: Numbers<Label>,
    pub(crate) red: Buckets<(u32, u32, bool), RedKey, Times>,
    pub(crate) instances: Buckets<u32, Arc<Owner>, Times>,
    pub(crate) edges: Buckets<CallParts, EdgeKey, Calls>,
}

impl Sums {
    /// Counts the spans of a part whose place no other part can change, and gives back the others.
    pub fn part(&mut self, spans: &[Span]) -> Uncounted {
        let mut uncounted = Uncounted::default();
        let spans = in_order(spans);
        let mut traces: Vec<_> = spans.chunk_by(|one, other| one.trace == other.trace).collect();
        // Sums of one bucket lie near each other if they are met together.
        traces.sort_unstable_by_key(|trace| trace[0].start);
        traces.into_iter().for_each(|trace| self.part_of_trace(trace, &mut uncounted));
        uncounted
    }

    fn part_of_trace(&mut self, trace: &[&Span], Uncounted { open, near }: &mut Uncounted) {
        let first = open.len();
        let family = Family::of(trace);
        let verdicts: Vec<_> = (0..trace.len()).map(|at| family.verdict(at)).collect();
        let sure = verdicts.iter().filter(|(_, is_sure)| *is_sure).map(|(relation, _)| *relation);
        let is_answered = answered(trace, sure);
        for (at, span) in trace.iter().enumerate() {
            let (relation, is_sure) = verdicts[at];
            if is_sure && (is_answered[at] || !span.awaits_answer()) {
                self.count(span, relation, is_answered[at], trace);
            } else {
                open.push(Span { is_answered: is_answered[at], ..Span::clone(span) });
            }
        }
        near.extend(near_ones(trace, &open[first..]).cloned());
    }

    /// Counts spans by the best that can be known of them now. `others` tell where these stand: further spans
    /// of their traces, which are counted elsewhere if they are not among these too.
    pub fn rest<'a>(
        &mut self,
        spans: impl IntoIterator<Item = &'a Span>,
        others: impl IntoIterator<Item = &'a Span>,
    ) {
        let (spans, others) = (in_order(spans), in_order(others));
        for trace in spans.chunk_by(|one, other| one.trace == other.trace) {
            let first = others.partition_point(|other| other.trace < trace[0].trace);
            let others = others[first..].iter().take_while(|other| other.trace == trace[0].trace);
            let is_here = |other: &Span| {
                let first = trace.partition_point(|span| span.id < other.id);
                let mut same = trace[first..].iter().take_while(|span| span.id == other.id);
                same.any(|span| span.label.is_shared == other.label.is_shared)
            };
            let others: Vec<_> = others.filter(|other| !is_here(other)).copied().collect();
            self.rest_of_trace(trace, &others);
        }
    }

    fn rest_of_trace(&mut self, trace: &[&Span], others: &[&Span]) {
        let counted = trace.iter().map(|span| (*span, true));
        let mut all: Vec<_> = counted.chain(others.iter().map(|other| (*other, false))).collect();
        all.sort_unstable_by(|(one, _), (other, _)| one.order().cmp(&other.order()));
        let (all, is_counted): (Vec<_>, Vec<_>) = all.into_iter().unzip();
        let family = Family::of(&all);
        let relations: Vec<_> = (0..all.len()).map(|at| family.verdict(at).0).collect();
        let is_answered = answered(&all, relations.iter().copied());
        for at in (0..all.len()).filter(|at| is_counted[*at]) {
            self.count(all[at], relations[at], is_answered[at], &all);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.red.is_empty()
    }

    fn count(&mut self, span: &Span, relation: Relation, is_answered: bool, all: &[&Span]) {
        let label = &span.label;
        let is_entry = match relation {
            _ if label.kind.is_entry() => true,
            Relation::Root | Relation::Called(_) => true,
            Relation::Inside => false,
            // Who sends kinds has told; who sends none is called by somebody who sends nothing.
            Relation::Orphan => label.kind == Kind::Unspecified,
        };
        let parts = (self.sender(span), self.label(span), is_entry);
        let key = || RedKey::of(&span.owner, label, is_entry);
        self.red.sum(bucket(span, RED_STEP_S), parts, key).add(span);
        if is_entry {
            let number = self.instance_numbers.of(&span.owner, Owner::clone);
            let key = || Arc::clone(&span.owner);
            self.instances.sum(bucket(span, INSTANCES_STEP_S), number, key).add(span);
        }
        match relation {
            Relation::Called(caller) => self.call((Some(all[caller]), Some(span))),
            Relation::Root if label.kind == Kind::Server => self.call((None, Some(span))),
            _ => {}
        }
        if label.kind.is_exit() && label.peer.is_some() && (span.calls_database() || !is_answered) {
            self.call((Some(span), None));
        }
    }

    fn call(&mut self, (client, server): Halves<'_>) {
        let Some(span) = server.or(client) else { return };
        let is_messaging = server.is_some_and(|server| server.label.kind == Kind::Consumer)
            || client.is_some_and(|client| client.label.kind == Kind::Producer)
            || (server.is_none() && span.label.target == Target::Queue);
        let [caller, called] = [client, server].map(|half| half.map(|half| self.sender(half)));
        let parts = (caller, called, self.label(span), is_messaging);
        let key = || EdgeKey::of(client, server, &span.label, is_messaging);
        self.edges.sum(bucket(span, EDGES_STEP_S), parts, key).add(client, server, is_messaging);
    }

    fn sender(&mut self, span: &Span) -> u32 {
        self.sender_numbers.of(&span.owner, |owner| Owner { instance: None, ..owner.clone() })
    }

    fn label(&mut self, span: &Span) -> u32 {
        self.label_numbers.of(&span.label, Label::clone)
    }
}

/// Those spans of a trace that tell something of the open ones among them; all that are not open, when a span
/// shares the id of its caller.
fn near_ones<'a>(trace: &'a [&'a Span], open: &'a [Span]) -> impl Iterator<Item = &'a Span> {
    let has_shared = !open.is_empty() && trace.iter().any(|span| span.label.is_shared);
    let is_near = move |span: &&Span| {
        let is_open = |one: &Span| one.id == span.id && one.label.is_shared == span.label.is_shared;
        !open.iter().any(is_open) && (has_shared || open.iter().any(|open| open.is_near(span)))
    };
    trace.iter().copied().filter(move |span| !open.is_empty() && is_near(span))
}

/// Spans by trace, in it by id.
fn in_order<'a>(spans: impl IntoIterator<Item = &'a Span>) -> Vec<&'a Span> {
    let mut spans: Vec<_> = spans.into_iter().collect();
    spans.sort_unstable_by(|one, other| one.order().cmp(&other.order()));
    spans
}

/// Whether a span that each one called is known, by what is known of some of them.
fn answered(spans: &[&Span], relations: impl Iterator<Item = Relation>) -> Vec<bool> {
    let mut is_answered: Vec<_> = spans.iter().map(|span| span.is_answered).collect();
    for relation in relations {
        if let Relation::Called(caller) = relation {
            is_answered[caller] = true;
        }
    }
    is_answered
}

fn bucket(span: &Span, step_s: i32) -> i64 {
    Nanos(span.start).floor(i64::from(step_s) * Nanos::SECOND).0
}
