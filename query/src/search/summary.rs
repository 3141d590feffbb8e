//! What a trace looks like in a list: how long, how many, who spent the time, and what matched.

use std::collections::HashMap;
use std::sync::Arc;

use daymark_model::id::{SpanId, TraceId};
use daymark_model::time::Nanos;
use daymark_view::trace::Completeness;
use daymark_view::traces::{MATCHED_SHOWN, Matched, SERVICES_SHOWN, ServiceShare, TopOperation, TraceHit};
use daymark_view::tree::{Kind, Node, Tree};

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::trace::whole::completeness;

/// What is known of a span when traces are searched.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SpanFact {
    pub(crate) id: SpanId,
    pub(crate) parent: Option<SpanId>,
    pub(crate) service: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) kind: Kind,
    pub(crate) start: i64,
    pub(crate) duration: i64,
    pub(crate) status: Arc<str>,
    pub(crate) tier: Arc<str>,
    /// Which of the conditions over rows it meets.
    pub(crate) truths: Vec<bool>,
}

impl SpanFact {
    pub(crate) fn is_error(&self) -> bool {
        &*self.status == "error"
    }

    pub(crate) fn end(&self) -> i64 {
        self.start.saturating_add(self.duration)
    }
}

/// A whole trace: spans by start and id, each once.
#[derive(Clone, Debug)]
pub(crate) struct TraceFacts {
    pub(crate) id: TraceId,
    pub(crate) spans: Vec<SpanFact>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) tree: Tree,
    pub(crate) completeness: Completeness,
    pub(crate) logs: u64,
}

impl TraceFacts {
    /// At least one span.
    pub(crate) fn new(id: TraceId, mut spans: Vec<SpanFact>, logs: u64, now: Nanos) -> Self {
        spans.sort_by_key(|span| (span.start, span.id));
        spans.dedup();
        let nodes = nodes(&spans);
        let tree = Tree::of(&nodes);
        Self::with_tree(id, (spans, nodes, tree), logs, now)
    }

    pub(crate) fn with_tree(
        id: TraceId,
        (spans, nodes, tree): (Vec<SpanFact>, Vec<Node>, Tree),
        logs: u64,
        now: Nanos,
    ) -> Self {
        let mut facts = Self { id, spans, nodes, tree, completeness: Completeness::Complete, logs };
        let has_root = facts.spans.iter().any(|span| span.parent.is_none());
        let lacks_spans = facts.tree.orphans.contains(&true);
        facts.completeness = completeness(has_root, !lacks_spans, facts.end(), now);
        facts
    }

    /// The root, or the earliest span when none came.
    pub(crate) fn root(&self) -> &SpanFact {
        self.spans.iter().find(|span| span.parent.is_none()).unwrap_or(&self.spans[0])
    }

    fn end(&self) -> i64 {
        self.spans.iter().map(SpanFact::end).max().unwrap_or_default()
    }

    pub(crate) fn duration_ns(&self) -> i64 {
        self.end().saturating_sub(self.spans[0].start)
    }

    /// What is known by row, by span.
    pub(crate) fn by_span<T: Copy + Default>(&self, by_row: Vec<T>) -> Vec<T> {
        let mut by_span = vec![T::default(); by_row.len()];
        for (span, of_row) in self.tree.spans.iter().zip(by_row) {
            by_span[*span as usize] = of_row;
        }
        by_span
    }

    /// For each span its time without that of its children, which may overlap.
    fn self_times(&self) -> Vec<i64> {
        self.by_span(self.tree.self_times(&self.nodes))
    }

    /// For each row a number for the path of services, names and kinds from the top.
    pub(crate) fn paths(&self) -> Vec<u64> {
        let mut paths: Vec<u64> = Vec::with_capacity(self.tree.len());
        for (span, parent) in self.tree.spans.iter().zip(&self.tree.parents) {
            let span = &self.spans[*span as usize];
            let above = parent.map_or(0, |parent| paths[parent as usize]);
            let service = xxh3_64_with_seed(span.service.as_bytes(), above ^ u64::from(span.kind.code()));
            paths.push(xxh3_64_with_seed(span.name.as_bytes(), service));
        }
        paths
    }

    /// Equal for traces with the same call paths, however often each is gone.
    pub(crate) fn shape(&self) -> String {
        let mut paths = self.paths();
        paths.sort_unstable();
        paths.dedup();
        let bytes: Vec<u8> = paths.into_iter().flat_map(u64::to_le_bytes).collect();
        format!("{:016x}", xxh3_64(&bytes))
    }

    /// The row of the list; `matched` are the places of the spans that match.
    pub(crate) fn hit(&self, matched: &[usize]) -> TraceHit {
        let own = self.self_times();
        let mut services: HashMap<&str, ServiceShare> = HashMap::new();
        let mut operations: HashMap<(&str, &str), i64> = HashMap::new();
        for (span, own) in self.spans.iter().zip(&own) {
            let share = services.entry(&span.service).or_insert_with(|| ServiceShare {
                service: span.service.to_string(),
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
            root_service: root.service.to_string(),
            root_name: root.name.to_string(),
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
            tier: root.tier.to_string(),
            shape: self.shape(),
        }
    }
}

/// Spans, by start, as parts of a tree.
fn nodes(spans: &[SpanFact]) -> Vec<Node> {
    let mut services = HashMap::new();
    let node = |span: &'_ SpanFact, service| Node {
        id: span.id,
        parent: span.parent,
        kind: span.kind,
        service,
        start: span.start,
        duration: span.duration,
    };
    let mut nodes = Vec::with_capacity(spans.len());
    for span in spans {
        let next = services.len() as u32;
        nodes.push(node(span, *services.entry(&*span.service).or_insert(next)));
    }
    nodes
}
