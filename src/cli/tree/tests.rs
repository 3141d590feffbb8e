//! A tree shows every span once: under its parent, or at the left when it has none here.

use daymark_model::id::{SpanId, TraceId};
use daymark_model::time::Nanos;
use daymark_view::attribute::Attributes;
use daymark_view::trace::{Completeness, Dropped, Episode, Scope, Span, Trace, TraceRoot};

use super::render;

fn span(id: u8, parent: Option<u8>, start_ms: i64, took_ms: i64) -> Span {
    Span {
        span_id: SpanId([id; 8]),
        parent_span_id: parent.map(|parent| SpanId([parent; 8])),
        service: "shop".into(),
        name: format!("span {id}"),
        kind: "internal".into(),
        start: Nanos(start_ms * Nanos::MILLISECOND),
        duration_ns: took_ms * Nanos::MILLISECOND,
        status: "unset".into(),
        status_message: None,
        resource: "r1".into(),
        scope: Scope::default(),
        attributes: Attributes::default(),
        events: Vec::new(),
        links: Vec::new(),
        trace_state: None,
        flags: 0,
        peer: None,
        source: "otlp_grpc".into(),
        tier: "internal".into(),
        quality: Vec::new(),
        dropped: Dropped::default(),
    }
}

fn tree(spans: Vec<Span>) -> String {
    let text = render(&Trace {
        trace_id: TraceId([0xab; 16]),
        start: Nanos(0),
        duration_ns: 2_000_000_000,
        span_count: spans.len() as u64,
        error_count: 1,
        log_count: 4,
        root: Some(TraceRoot { span_id: SpanId([1; 8]), service: "shop".into(), name: "span 1".into() }),
        services: vec!["shop".into()],
        completeness: Completeness::Complete,
        missing_parents: Vec::new(),
        aliases: Vec::new(),
        episode: Episode { n: 1, of: 1 },
        tier: "internal".into(),
        born: None,
        skew: Vec::new(),
        resources: Default::default(),
        spans,
    });
    text.split_once("\n\n").unwrap().1.to_owned()
}

#[test]
fn parents_and_children() {
    let mut failed = span(4, Some(2), 30, 10);
    failed.status = "error".into();
    failed.status_message = Some("refused \u{1b}[2J".into());
    failed.kind = "client".into();
    let spans = vec![span(1, None, 0, 2_000), span(2, Some(1), 20, 100), span(3, Some(1), 200, 5), failed];
    let expected = "\
shop  span 1                     +0ns        2s
├─ shop  span 2                 +20ms     100ms
│  └─ shop  span 4 (client)     +30ms      10ms  ERROR refused [2J
└─ shop  span 3                +200ms       5ms
";
    assert_eq!(tree(spans), expected);
}

#[test]
fn spans_without_a_known_parent_and_rings_are_shown_once() {
    let spans =
        vec![span(2, Some(9), 0, 1), span(3, Some(4), 0, 1), span(4, Some(3), 0, 1), span(5, Some(5), 0, 1)];
    let text = tree(spans);
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(text.contains("(parent 0909090909090909 is missing)"));
    for id in [2, 3, 4, 5] {
        assert_eq!(text.matches(&format!("span {id} ")).count(), 1, "{text}");
    }
}

#[test]
fn two_spans_of_one_id_are_both_shown() {
    let text = tree(vec![span(1, None, 0, 1), span(1, None, 1, 1), span(2, Some(1), 1, 1)]);
    assert_eq!(text.lines().count(), 3);
}

#[test]
fn a_deep_chain_neither_overflows_nor_widens_without_end() {
    let mut spans: Vec<Span> = Vec::new();
    for nth in 0..5_000_u64 {
        let mut next = span(1, None, 0, 1);
        next.span_id = SpanId((nth + 1).to_be_bytes());
        next.parent_span_id = (nth > 0).then(|| SpanId(nth.to_be_bytes()));
        spans.push(next);
    }
    let text = tree(spans);
    assert_eq!(text.lines().count(), 5_000);
    assert!(text.lines().all(|line| line.chars().count() < 300));
}
