//! Client and server of one call that share a span id, as Zipkin's do, told apart: the server's half gets an
//! id of its own with the client's as its parent, and what it called moves under it. Nothing is rewritten in
//! the store.

use std::collections::HashMap;

use daymark_model::id::{SpanId, TraceId};
use daymark_view::trace::Span;
use daymark_view::tree::{self, Kind, Node};
use xxhash_rust::xxh3::xxh3_64;

use crate::trace::spans::Row;

const SHARED: &str = "shared_span_id";

/// The id that a server's half gets.
pub(crate) fn id_of_half(trace: TraceId, span: SpanId) -> SpanId {
    let text = [&trace.0[..], &span.0[..], b"server"].concat();
    SpanId(xxh3_64(&text).to_be_bytes())
}

/// The spans of a trace, by start, as parts of a tree.
pub(crate) fn nodes<'a>(spans: impl Iterator<Item = &'a Span>) -> Vec<Node> {
    let mut services = HashMap::new();
    let node = |span: &'a Span| {
        let next = services.len() as u32;
        Node {
            id: span.span_id,
            parent: span.parent_span_id,
            kind: Kind::from_name(&span.kind),
            service: *services.entry(span.service.as_str()).or_insert(next),
            start: span.start.0,
            duration: span.duration_ns,
        }
    };
    spans.map(node).collect()
}

/// What a span is shown as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) id: SpanId,
    pub(crate) parent: Option<SpanId>,
    pub(crate) is_half: bool,
}

/// The ids that the spans of a trace are shown with.
pub(crate) fn shown(trace: TraceId, nodes: &[Node]) -> Vec<Shown> {
    let halves = tree::called_halves(nodes);
    let parents = tree::parents(nodes);
    let id = |at: usize| if halves[at] { id_of_half(trace, nodes[at].id) } else { nodes[at].id };
    let of = |at: usize| Shown {
        id: id(at),
        parent: parents[at].map(id).or(nodes[at].parent),
        is_half: halves[at],
    };
    (0..nodes.len()).map(of).collect()
}

/// Tells the halves in a trace apart.
pub(crate) fn tell_apart(trace: TraceId, rows: &mut [Row]) {
    let nodes = nodes(rows.iter().map(|row| &row.span));
    for (row, shown) in rows.iter_mut().zip(shown(trace, &nodes)) {
        shown.dress(&mut row.span);
    }
}

impl Shown {
    pub(crate) fn dress(self, span: &mut Span) {
        span.span_id = self.id;
        span.parent_span_id = self.parent;
        if self.is_half && !span.quality.iter().any(|name| name == SHARED) {
            span.quality.push(SHARED.into());
        }
    }
}
