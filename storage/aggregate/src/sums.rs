//! Additive sums: rate, errors and durations of spans and of calls by key and bucket.
//!
//! A span counts once, when nothing that may still come can change what it counts as, or with the rest.

use std::sync::Arc;

use daymark_model::time::Nanos;
use hashbrown::HashMap;

use crate::adjusted::Adjusted;
use crate::family::{Family, Relation};
use crate::sketch::Sketch;
use crate::span::{Kind, Label, Owner, Span, StatusClass, Target};

/// Lengths of buckets, in seconds.
pub(crate) const RED_STEP_S: i32 = 10;
pub(crate) const INSTANCES_STEP_S: i32 = 60;
pub(crate) const EDGES_STEP_S: i32 = 10;

/// Who calls a root.
const USER: &str = "user";

/// Sums of durations.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Times {
    pub(crate) count: u64,
    pub(crate) errors: u64,
    pub(crate) adjusted: Adjusted,
    pub(crate) sum: u64,
    pub(crate) min: u64,
    pub(crate) max: u64,
    pub(crate) sketch: Sketch,
}

impl Times {
    fn add(&mut self, span: &Span) {
        self.min = if self.count == 0 { span.duration } else { self.min.min(span.duration) };
        self.max = self.max.max(span.duration);
        self.count += 1;
        self.errors += u64::from(span.label.is_error);
        self.adjusted.add(span.adjusted);
        self.sum = self.sum.saturating_add(span.duration);
        self.sketch.add(span.duration);
    }

    fn merge(&mut self, other: &Self) {
        self.min = if self.count == 0 { other.min } else { self.min.min(other.min) };
        self.max = self.max.max(other.max);
        self.count += other.count;
        self.errors += other.errors;
        self.adjusted.merge(other.adjusted);
        self.sum = self.sum.saturating_add(other.sum);
        self.sketch.merge(&other.sketch);
    }
}

/// Sums of calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    pub(crate) count: u64,
    pub(crate) errors: u64,
    pub(crate) client_sum: u64,
    pub(crate) client: Sketch,
    pub(crate) server_sum: u64,
    pub(crate) server: Sketch,
    pub(crate) queue_sum: Option<u64>,
    pub(crate) mtls: u64,
}

impl Calls {
    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.errors += other.errors;
        self.client_sum = self.client_sum.saturating_add(other.client_sum);
        self.client.merge(&other.client);
        self.server_sum = self.server_sum.saturating_add(other.server_sum);
        self.server.merge(&other.server);
        if let Some(more) = other.queue_sum {
            self.queue_sum = Some(self.queue_sum.unwrap_or_default().saturating_add(more));
        }
        self.mtls += other.mtls;
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RedKey<'a> {
    pub(crate) bucket: i64,
    pub(crate) service: &'a str,
    pub(crate) namespace: Option<&'a str>,
    pub(crate) env: Option<&'a str>,
    pub(crate) version: Option<&'a str>,
    pub(crate) name: &'a str,
    pub(crate) kind: Kind,
    pub(crate) is_entry: bool,
    pub(crate) status_class: StatusClass,
    pub(crate) peer: Option<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EdgeKey<'a> {
    pub(crate) bucket: i64,
    pub(crate) client: &'a str,
    pub(crate) server: &'a str,
    pub(crate) server_kind: &'static str,
    pub(crate) is_messaging: bool,
    pub(crate) operation: &'a str,
    pub(crate) namespace: Option<&'a str>,
    pub(crate) env: Option<&'a str>,
}

/// Shared by address: owners and labels live as long as the sums that name them.
type Address = usize;

fn address<T>(shared: &Arc<T>) -> Address {
    Arc::as_ptr(shared) as Address
}

#[derive(Clone, Debug)]
struct RedSum {
    owner: Arc<Owner>,
    label: Arc<Label>,
    times: Times,
}

#[derive(Clone, Debug)]
struct EdgeSum {
    client: Option<Arc<Owner>>,
    server: Option<Arc<Owner>>,
    label: Arc<Label>,
    calls: Calls,
}

/// Both halves of a call, as far as there are two; at least one is there.
type Halves<'a> = (Option<&'a Span>, Option<&'a Span>);

#[derive(Clone, Debug, Default)]
pub struct Sums {
    red: HashMap<(i64, bool, Address, Address), RedSum>,
    instances: HashMap<(i64, Address), (Arc<Owner>, Times)>,
    edges: HashMap<(i64, bool, [Address; 3]), EdgeSum>,
}

impl Sums {
    /// Counts the spans of a part whose place no other part can change, and gives back the others.
    pub fn part(&mut self, spans: &[Span]) -> Vec<Span> {
        let mut open = Vec::new();
        for trace in in_order(spans).chunk_by(|one, other| one.trace == other.trace) {
            self.part_of_trace(trace, &mut open);
        }
        open
    }

    fn part_of_trace(&mut self, trace: &[&Span], open: &mut Vec<Span>) {
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
    }

    /// Counts spans by the best that can be known of them now. `others` tell where these stand: spans that
    /// are [`crate::wanted`], which are counted elsewhere if they are not among these too.
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
        let counted = (0..all.len()).filter(|at| is_counted[*at]);
        let relations: Vec<_> = counted.map(|at| (at, family.verdict(at).0)).collect();
        let is_answered = answered(&all, relations.iter().map(|(_, relation)| *relation));
        for (at, relation) in relations {
            self.count(all[at], relation, is_answered[at], &all);
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
        let key = (bucket(span, RED_STEP_S), is_entry, address(&span.owner), address(label));
        let sum = self.red.entry(key).or_insert_with(|| RedSum {
            owner: Arc::clone(&span.owner),
            label: Arc::clone(label),
            times: Times::default(),
        });
        sum.times.add(span);
        if is_entry {
            let key = (bucket(span, INSTANCES_STEP_S), address(&span.owner));
            let sum = self.instances.entry(key);
            sum.or_insert_with(|| (Arc::clone(&span.owner), Times::default())).1.add(span);
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
        let owner = |half: Option<&Span>| half.map(|half| Arc::clone(&half.owner));
        let of = |half: Option<&Span>| half.map_or(0, |half| address(&half.owner));
        let key = (bucket(span, EDGES_STEP_S), is_messaging, [of(client), of(server), address(&span.label)]);
        let sum = self.edges.entry(key).or_insert_with(|| EdgeSum {
            client: owner(client),
            server: owner(server),
            label: Arc::clone(&span.label),
            calls: Calls::default(),
        });
        let calls = &mut sum.calls;
        calls.count += 1;
        calls.errors += u64::from(span.label.is_error);
        if let Some(client) = client {
            calls.client_sum = calls.client_sum.saturating_add(client.duration);
            calls.client.add(client.duration);
        }
        if let Some(server) = server {
            calls.server_sum = calls.server_sum.saturating_add(server.duration);
            calls.server.add(server.duration);
        }
        if let (true, Some(client), Some(server)) = (is_messaging, client, server) {
            let waited = u64::try_from(server.start.saturating_sub(client.end())).unwrap_or_default();
            calls.queue_sum = Some(calls.queue_sum.unwrap_or_default().saturating_add(waited));
        }
        let is_mtls = [client, server].into_iter().flatten().any(|half| half.label.is_mtls);
        calls.mtls += u64::from(is_mtls);
    }

    pub(crate) fn red(&self) -> Vec<(RedKey<'_>, Times)> {
        let rows = self.red.iter().map(|((bucket, is_entry, ..), RedSum { owner, label, times })| {
            let key = RedKey {
                bucket: *bucket,
                service: &owner.service,
                namespace: owner.namespace.as_deref(),
                env: owner.env.as_deref(),
                version: owner.version.as_deref(),
                name: &label.name,
                kind: label.kind,
                is_entry: *is_entry,
                status_class: label.status_class,
                peer: label.peer.as_deref(),
            };
            (key, times)
        });
        united(rows.collect(), Times::merge)
    }

    pub(crate) fn instances(&self) -> Vec<((i64, &Owner), Times)> {
        let rows =
            self.instances.iter().map(|((bucket, _), (owner, times))| ((*bucket, owner.as_ref()), times));
        united(rows.collect(), Times::merge)
    }

    pub(crate) fn edges(&self) -> Vec<(EdgeKey<'_>, Calls)> {
        let rows =
            self.edges.iter().map(|((bucket, is_messaging, _), EdgeSum { client, server, label, calls })| {
                let of = server.as_ref().or(client.as_ref());
                let key = EdgeKey {
                    bucket: *bucket,
                    client: client.as_ref().map_or(USER, |owner| owner.service.as_str()),
                    server: match server {
                        Some(owner) => &owner.service,
                        None => label.peer.as_deref().unwrap_or_default(),
                    },
                    server_kind: if server.is_some() { "service" } else { label.target.name() },
                    is_messaging: *is_messaging,
                    operation: &label.name,
                    namespace: server.as_ref().and_then(|owner| owner.namespace.as_deref()),
                    env: of.and_then(|owner| owner.env.as_deref()),
                };
                (key, calls)
            });
        united(rows.collect(), Calls::merge)
    }
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

/// Sums in the order of their keys, those of one key as one.
fn united<K: Ord, S: Clone>(mut rows: Vec<(K, &S)>, merge: impl Fn(&mut S, &S)) -> Vec<(K, S)> {
    rows.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut united: Vec<(K, S)> = Vec::with_capacity(rows.len());
    for (key, sum) in rows {
        match united.last_mut().filter(|(last, _)| *last == key) {
            Some((_, known)) => merge(known, sum),
            None => united.push((key, sum.clone())),
        }
    }
    united
}

fn bucket(span: &Span, step_s: i32) -> i64 {
    Nanos(span.start).floor(i64::from(step_s) * Nanos::SECOND).0
}
