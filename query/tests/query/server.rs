//! The server about itself and its senders.

use daymark_model::signal::Signal;
use daymark_view::server::{AskServer, SamplesAsk};
use serde_json::json;

use crate::data::{NOON, Span, spans};
use crate::place::{Place, query_id};

#[tokio::test]
async fn a_test_span_goes_the_way_of_all() {
    let place = Place::empty().await;
    let sent = place.answerer.test_span(query_id()).await.unwrap().data;
    let trace = place.trace(&sent.trace_id.to_string()).await.unwrap();
    assert_eq!(trace.spans.len(), 1);
    let rows = place.rows("SELECT service, source FROM spans").await;
    assert_eq!(rows, [vec![json!("daymark-test"), json!("daymark_test")]]);
}

#[tokio::test]
async fn scopes_are_what_resources_tell() {
    let place = Place::shop().await;
    let known = place.answerer.scopes(query_id()).await.unwrap().data;
    assert_eq!((known.env, known.ns), (vec!["prod".to_owned(), "test".into()], vec!["shop".to_owned()]));
    assert_eq!((known.cluster.len(), known.team.len()), (0, 0));
}

#[tokio::test]
async fn the_last_rejected_can_be_looked_at() {
    let place = Place::empty().await;
    let of = async |reason: Option<&str>, signal| {
        let reason = reason.map(str::to_owned);
        let ask = SamplesAsk { query_id: query_id(), source: None, signal, reason };
        place.answerer.rejected_samples(ask).await.unwrap().data
    };
    for at in 0..12_u64 {
        let body = spans("cart", "prod", &[Span::new(&"0".repeat(32), at + 1, None, "work", 2, 0)]);
        let receipt = place.try_send("spans", &body).await;
        assert_eq!(receipt.rejected, 1);
    }
    let samples = of(Some("trace_id"), Some(Signal::Spans)).await;
    assert_eq!(samples.len(), 10);
    let first = &samples[0];
    assert_eq!((first.source.as_str(), first.reason.as_str()), ("otlp_http", "trace_id"));
    assert!(first.time.0 >= NOON && first.detail.starts_with("span 0 of the request"), "{first:?}");
    assert_eq!((of(Some("disk"), None).await.len(), of(None, Some(Signal::Logs)).await.len()), (0, 0));
}
