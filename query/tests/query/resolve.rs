//! Pasted texts: every spelling of an id finds its trace, half an id too, a name its service.

use daymark_view::ask::{Ask, AskTraces};
use daymark_view::meta::Answer;
use daymark_view::pasted::{self, Form};
use daymark_view::resolve::{Hit, HitKind, ResolveAsk};

use crate::data::{SHORT_TRACE, Span, TRACE, spans};
use crate::place::{Place, query_id};

impl Place {
    async fn resolve(&self, text: &str) -> Answer<Vec<Hit>> {
        let ask = ResolveAsk { query_id: query_id(), reading: pasted::read(text) };
        self.answerer.resolve(ask).await.unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    async fn meant(&self, text: &str) -> Vec<(HitKind, String)> {
        self.resolve(text).await.data.into_iter().map(|hit| (hit.kind, hit.id)).collect()
    }
}

/// Guarantee: however an id is spelled and whatever stands around it, its trace comes first, without a range
/// of time; from buffers and from segments.
#[tokio::test(flavor = "multi_thread")]
async fn every_spelling_finds_the_trace() {
    let place = Place::shop().await;
    for is_merged in [false, true] {
        if is_merged {
            place.store.settle().await.unwrap();
        }
        let long = [
            TRACE.to_owned(),
            TRACE.to_uppercase(),
            "0af76519-16cd-43dd-8448-eb211c80319c".into(),
            format!("00-{TRACE}-00000000000000b1-01"),
            format!("b3: {TRACE}-00000000000000b1-1"),
            format!("X-B3-TraceId: {TRACE}\nX-B3-SpanId: 00000000000000b1"),
            format!("{TRACE}:b1:0:1"),
            "Root=1-0af76519-16cd43dd8448eb211c80319c".into(),
            "8448eb211c80319c".into(),
            format!("2026-01-31 12:00:00 ERROR [payment,{TRACE},00000000000000b1] bank did not answer"),
            format!("http://jaeger/trace/{TRACE}?uiFind=b1"),
        ];
        for text in long {
            let answer = place.resolve(&text).await;
            let first = &answer.data[0];
            assert_eq!((first.kind, first.id.as_str()), (HitKind::Trace, TRACE), "{text}");
            let preview = first.preview.as_ref().unwrap();
            assert_eq!(
                (preview.trace.span_count, preview.shape.len(), preview.alias),
                (3, 3, false),
                "{text}"
            );
            assert_eq!((preview.logs[0].service.as_str(), preview.logs[0].count), ("payment", 2));
        }
        for text in ["a1b2c3d4e5f60718", SHORT_TRACE, "11651590505119483672"] {
            assert_eq!(place.meant(text).await[0], (HitKind::Trace, SHORT_TRACE.into()), "{text}");
        }
    }
}

/// Guarantee: an id with another upper half is told as an alias, not as the trace.
#[tokio::test(flavor = "multi_thread")]
async fn half_an_id_is_an_alias() {
    let place = Place::shop().await;
    let other = "ffff651916cd43dd8448eb211c80319c";
    let answer = place.resolve(other).await;
    assert!(answer.data.iter().all(|hit| hit.preview.as_ref().is_none_or(|preview| preview.alias)));
    assert_eq!(answer.data[0].id, TRACE);
    place.send("spans", &spans("web", "prod", &[Span::new(other, 1, None, "GET /", 2, 0)])).await;
    let both = place.resolve(other).await.data;
    let told: Vec<_> =
        both.iter().map(|hit| (hit.id.as_str(), hit.preview.as_ref().unwrap().alias)).collect();
    assert_eq!(told, [(other, false), (TRACE, true)]);
}

/// Guarantee: a span's id finds the span and its trace, a line's id the line, a name what has it.
#[tokio::test(flavor = "multi_thread")]
async fn spans_lines_and_names_are_found() {
    let place = Place::shop().await;
    assert_eq!(place.meant("00000000000000b1").await, [(HitKind::Span, "00000000000000b1".into())]);
    let hits = place.resolve(&format!("trace_id={TRACE} span_id=00000000000000b1")).await;
    assert_eq!(hits.meta.read_as, Some(Form::LogLine));
    assert_eq!(hits.data[1].kind, HitKind::Span);
    assert_eq!(hits.data[1].params["trace_id"], TRACE);
    let line = place.rows("SELECT log_id FROM logs LIMIT 1").await[0][0].as_str().unwrap().to_owned();
    assert_eq!(place.meant(&line).await, [(HitKind::Log, line.clone())]);

    assert_eq!(place.meant("PAYMENT").await[0], (HitKind::Service, "payment".into()));
    assert_eq!(place.meant("paymnt").await[0], (HitKind::Service, "payment".into()));
    assert!(place.meant("pay").await.contains(&(HitKind::Instance, "payment-1".into())));
    let operation = &place.resolve("checkout").await.data[0];
    assert_eq!((operation.kind, operation.label.as_str()), (HitKind::Operation, "web POST /checkout"));
    let none = place.resolve("nothing of the kind").await;
    assert_eq!((none.data.len(), none.meta.read_as), (0, Some(Form::Name)));
}

/// Guarantee: of a trace of which only lines came these are found.
#[tokio::test(flavor = "multi_thread")]
async fn lines_without_spans_are_found() {
    let place = Place::empty().await;
    let lines = crate::data::logs("cart", &[(5, 9, "alone", Some(TRACE), serde_json::json!({}))]);
    place.send("logs", &lines).await;
    let hits = place.resolve(TRACE).await.data;
    assert_eq!((hits.len(), hits[0].kind, hits[0].label.as_str()), (1, HitKind::Log, "info line of cart"));
    assert!(place.answerer.queries().is_empty());
}
