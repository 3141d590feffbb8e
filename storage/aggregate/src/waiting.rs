//! Open spans of one part, and which spans of other parts tell what they count as: of a trace only a few.
//!
//! What an open span counts as depends on those that have its id or its parent's, on those that name it as
//! their parent, and, where such a one shares the id of its caller, on that caller ([`crate::family`]).

use std::ops::Range;

use hashbrown::{HashMap, HashSet};

use crate::span::{Span, SpanKey};

/// Open spans, trace by trace; traces whose first one starts earlier come first.
#[derive(Debug, Default)]
pub struct Waiting {
    spans: Vec<Span>,
    traces: HashMap<[u8; 16], Range<u32>>,
}

/// Called spans that share the id of their caller: whoever has that id is to be found, too.
pub type Shared = HashSet<SpanKey>;

impl Waiting {
    pub fn of(mut spans: Vec<Span>) -> Self {
        let mut starts: HashMap<[u8; 16], i64> = HashMap::new();
        for span in &spans {
            let start = starts.entry(span.trace).or_insert(span.start);
            *start = span.start.min(*start);
        }
        spans.sort_by_cached_key(|span| (starts[&span.trace], span.trace));
        spans.shrink_to_fit();
        let mut traces = HashMap::with_capacity(starts.len());
        let mut end = 0;
        for trace in spans.chunk_by(|one, other| one.trace == other.trace) {
            let start = end;
            end += trace.len() as u32;
            traces.insert(trace[0].trace, start..end);
        }
        Self { spans, traces }
    }

    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Each trace with the place of its spans.
    pub fn traces(&self) -> impl Iterator<Item = (&[u8; 16], &Range<u32>)> {
        self.traces.iter()
    }

    /// The place of the spans of a trace.
    pub fn trace(&self, id: &[u8; 16]) -> Option<&Range<u32>> {
        self.traces.get(id)
    }

    /// Whether a span of another part may tell what one of these counts as.
    pub fn heeds(&self, span: &Span, shared: &Shared) -> bool {
        let Some(place) = self.traces.get(&span.trace) else { return false };
        let mut of_trace = self.spans[place.start as usize..place.end as usize].iter();
        of_trace.any(|open| open.is_near(span)) || shared.contains(&span.key())
    }

    /// Bytes in memory, but for the texts, which spans share.
    pub fn size(&self) -> usize {
        let of_trace = size_of::<([u8; 16], Range<u32>)>() + 1;
        self.spans.capacity() * size_of::<Span>() + self.traces.capacity() * of_trace
    }
}
