//! Who called whom among the spans of a trace, and how sure that is while others may still come.
//!
//! A span's caller is its parent when that belongs to another service. A span that has the id of its caller
//! (Zipkin) shares it with a client span; a child of that id belongs to either half. Every rule here looks
//! at one span and those its ids name, so that the answer does not depend on how spans came together.

use crate::span::{Kind, Span};

/// Where a span stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// It has no parent.
    Root,
    /// Its parent is of its own service.
    Inside,
    /// It was called by the span of this number.
    Called(usize),
    /// Its parent is not there.
    Orphan,
}

/// A relation, and whether no further span could change it.
pub(crate) type Verdict = (Relation, bool);

/// The spans of one trace in their order ([`Span::order`]).
#[derive(Clone, Copy)]
pub(crate) struct Family<'a> {
    spans: &'a [&'a Span],
}

impl<'a> Family<'a> {
    pub(crate) fn of(spans: &'a [&'a Span]) -> Self {
        Self { spans }
    }

    fn by_id(self, id: [u8; 8]) -> impl Iterator<Item = usize> + use<'a> {
        let first = self.spans.partition_point(|span| span.id < id);
        let same = self.spans[first..].iter().take_while(move |span| span.id == id);
        same.enumerate().map(move |(at, _)| first + at)
    }

    pub(crate) fn verdict(self, at: usize) -> Verdict {
        let span = self.spans[at];
        let by_parent = self.by_parent(at);
        if !span.label.is_shared {
            return by_parent;
        }
        let twins = || {
            let twins = self.by_id(span.id).map(|twin| (twin, self.spans[twin]));
            twins.filter(|(_, twin)| !twin.label.is_shared && twin.label.kind == Kind::Client)
        };
        if twins().any(|(_, twin)| twin.is_of(span)) {
            return (Relation::Inside, true);
        }
        match self.least(twins().map(|(twin, _)| twin)) {
            Some(caller) => (Relation::Called(caller), true),
            None => (by_parent.0, false),
        }
    }

    fn by_parent(self, at: usize) -> Verdict {
        let span = self.spans[at];
        let Some(parent) = span.parent else { return (Relation::Root, true) };
        let parents = || self.by_id(parent);
        let halves = |shared: bool| parents().filter(move |at| self.spans[*at].label.is_shared == shared);
        let (owned, shared) = (self.least(halves(false)), self.least(halves(true)));
        let inside = |at: usize| self.spans[at].is_of(span);
        let called = |half: usize, is_sure| {
            if inside(half) { (Relation::Inside, is_sure) } else { (Relation::Called(half), is_sure) }
        };
        if span.label.kind.is_entry() {
            // What enters a service was called by the half that leaves one.
            let same = halves(false).find(|at| inside(*at));
            return match (same.or(owned), shared) {
                (Some(half), _) => called(half, true),
                (None, Some(half)) => called(half, false),
                (None, None) => (Relation::Orphan, false),
            };
        }
        if parents().any(inside) {
            return (Relation::Inside, true);
        }
        match (owned, shared) {
            (Some(_), Some(half)) => called(half, true),
            (None, Some(half)) => called(half, false),
            // A client span may have another half, in which the span would be inside.
            (Some(half), None) => called(half, self.spans[half].label.kind != Kind::Client),
            (None, None) => (Relation::Orphan, false),
        }
    }

    /// Of several spans with one id always the same.
    fn least(self, spans: impl Iterator<Item = usize>) -> Option<usize> {
        spans.min_by_key(|at| {
            let span = self.spans[*at];
            (span.owner.service.as_str(), span.start, span.label.name.as_str(), span.duration)
        })
    }
}
