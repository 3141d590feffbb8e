//! What a trace looks like in a list: how long, how many, who spent the time, and what matched.

use std::collections::HashMap;

use daymark_model::id::{SpanId, TraceId};
use daymark_model::time::Nanos;
use daymark_view::trace::Completeness;
use daymark_view::traces::{MATCHED_SHOWN, Matched, SERVICES_SHOWN, ServiceShare, TopOperation, TraceHit};

use crate::trace::whole::completeness;

/// What is known of a span when traces are searched.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SpanFact {
    pub(super) id: SpanId,
    pub(super) parent: Option<SpanId>,
    pub(super) service: String,
    pub(super) name: String,
    pub(super) start: i64,
    pub(super) duration: i64,
    pub(super) status: String,
    pub(super) tier: String,
    /// Which of the conditions over rows it meets.
    pub(super) truths: Vec<bool>,
}

impl SpanFact {
    pub(super) fn is_error(&self) -> bool {
        self.status == "error"
    }

    fn end(&self) -> i64 {
        self.start.saturating_add(self.duration)
    }
}

/// A whole trace: spans by start and id, each once.
#[derive(Clone, Debug)]
pub(super) struct TraceFacts {
    pub(super) id: TraceId,
    pub(super) spans: Vec<SpanFact>,
    pub(super) completeness: Completeness,
    pub(super) logs: u64,
}

impl TraceFacts {
    /// At least one span.
    pub(super) fn new(id: TraceId, mut spans: Vec<SpanFact>, logs: u64, now: Nanos) -> Self {
        spans.sort_by_key(|span| (span.start, span.id));
        spans.dedup();
        let mut facts = Self { id, spans, completeness: Completeness::Complete, logs };
        facts.completeness = facts.judged(now);
        facts
    }

    fn judged(&self, now: Nanos) -> Completeness {
        let parents = self.parents();
        let has_root = self.spans.iter().any(|span| span.parent.is_none());
        let lacks_parent =
            |(span, parent): (&SpanFact, &Option<usize>)| span.parent.is_some() && parent.is_none();
        let lacks_spans = self.spans.iter().zip(&parents).any(lacks_parent);
        completeness(has_root, !lacks_spans, self.end(), now)
    }

    /// For each span the place of its parent; the first, when several have the id.
    pub(super) fn parents(&self) -> Vec<Option<usize>> {
        let mut places = HashMap::new();
        for (at, span) in self.spans.iter().enumerate() {
            places.entry(span.id).or_insert(at);
        }
        let of = |(at, span): (usize, &SpanFact)| {
            span.parent.and_then(|parent| places.get(&parent).copied()).filter(|parent| *parent != at)
        };
        self.spans.iter().enumerate().map(of).collect()
    }

    /// The root, or the earliest span when none came.
    pub(super) fn root(&self) -> &SpanFact {
        self.spans.iter().find(|span| span.parent.is_none()).unwrap_or(&self.spans[0])
    }

    fn end(&self) -> i64 {
        self.spans.iter().map(SpanFact::end).max().unwrap_or_default()
    }

    pub(super) fn duration_ns(&self) -> i64 {
        self.end().saturating_sub(self.spans[0].start)
    }

    /// For each span its time without that of its children, which may overlap.
    fn self_times(&self) -> Vec<i64> {
        let mut children: Vec<Vec<(i64, i64)>> = vec![Vec::new(); self.spans.len()];
        for (span, parent) in self.spans.iter().zip(self.parents()) {
            if let Some(parent) = parent {
                let of = &self.spans[parent];
                let (from, to) = (span.start.max(of.start), span.end().min(of.end()));
                if from < to {
                    children[parent].push((from, to));
                }
            }
        }
        let own = |(span, mut inner): (&SpanFact, Vec<(i64, i64)>)| {
            inner.sort_unstable();
            let (mut covered, mut until) = (0_i64, i64::MIN);
            for (from, to) in inner {
                covered = covered.saturating_add((to - from.max(until)).max(0));
                until = until.max(to);
            }
            span.duration.saturating_sub(covered)
        };
        self.spans.iter().zip(children).map(own).collect()
    }

    /// The row of the list; `matched` are the places of the spans that match.
    pub(super) fn hit(&self, matched: &[usize]) -> TraceHit {
        let own = self.self_times();
        let mut services: HashMap<&str, ServiceShare> = HashMap::new();
        let mut operations: HashMap<(&str, &str), i64> = HashMap::new();
        for (span, own) in self.spans.iter().zip(&own) {
            let share = services.entry(&span.service).or_insert_with(|| ServiceShare {
                service: span.service.clone(),
                spans: 0,
                errors: 0,
                self_ns: 0,
            });
            share.spans += 1;
            share.errors += u64::from(span.is_error());
            share.self_ns = share.self_ns.saturating_add(*own);
            let time = operations.entry((&span.service, &span.name)).or_default();
            *time = time.saturating_add(*own);
        }
        let mut services: Vec<ServiceShare> = services.into_values().collect();
        services.sort_by(|a, b| b.self_ns.cmp(&a.self_ns).then_with(|| a.service.cmp(&b.service)));
        services.truncate(SERVICES_SHOWN);
        let top = operations.into_iter().max_by(|(a, a_ns), (b, b_ns)| a_ns.cmp(b_ns).then_with(|| b.cmp(a)));
        let top = top.map(|((service, name), self_ns)| TopOperation {
            service: service.to_owned(),
            name: name.to_owned(),
            self_ns,
        });
        let root = self.root();
        TraceHit {
            trace_id: self.id,
            root_service: root.service.clone(),
            root_name: root.name.clone(),
            start: Nanos(self.spans[0].start),
            duration_ns: self.duration_ns(),
            span_count: self.spans.len() as u64,
            error_count: self.spans.iter().filter(|span| span.is_error()).count() as u64,
            services,
            log_count: self.logs,
            completeness: self.completeness,
            top,
            matched: Matched {
                count: matched.len() as u64,
                span_ids: matched.iter().take(MATCHED_SHOWN).map(|at| self.spans[*at].id).collect(),
            },
            tier: root.tier.clone(),
        }
    }
}
