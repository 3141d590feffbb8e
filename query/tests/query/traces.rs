//! Traces by id, their logs, and erasing them.

use daymark_view::ask::Ask;
use daymark_view::error::{Absence, Code};
use daymark_view::trace::{Completeness, TraceDeletion};
use daymark_view::trace_logs::TraceLogsAsk;
use serde_json::json;

use crate::data::{SHORT_TRACE, Span, TRACE, spans};
use crate::place::{Place, query_id, trace_id};

fn logs_ask(id: &str, limit: usize, cursor: Option<String>) -> TraceLogsAsk {
    TraceLogsAsk {
        query_id: query_id(),
        id: trace_id(id),
        span_id: None,
        hint: None,
        episode: None,
        limit,
        cursor,
    }
}

impl Place {
    pub(crate) async fn logs_of_episode(&self, id: &str, episode: Option<u32>) -> Vec<String> {
        let ask = TraceLogsAsk { episode, ..logs_ask(id, 100, None) };
        let rows = self.answerer.trace_logs(ask).await.unwrap().data;
        rows.into_iter().filter_map(|row| row.body).collect()
    }
}

/// Scenario: a trace over three services, in buffers, then in segments, then in both.
/// Guarantee: every span is there once, in order, with its parts; the answer says what it knows of the whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_trace_is_found_wherever_it_is() {
    let place = Place::shop().await;
    let buffered = place.trace(TRACE).await.unwrap();
    assert_eq!(buffered.span_count, 3);
    assert_eq!(buffered.services, ["web", "cart", "payment"]);
    assert_eq!((buffered.error_count, buffered.log_count), (1, 2));
    assert_eq!(buffered.completeness, Completeness::Complete);
    assert_eq!(buffered.root.as_ref().map(|root| root.name.as_str()), Some("POST /checkout"));
    assert_eq!(buffered.duration_ns, 90_000_000);
    let charge = buffered.spans.iter().find(|span| span.name == "charge").unwrap();
    assert_eq!(serde_json::to_value(&charge.attributes).unwrap()["amount"], json!(1250));
    assert_eq!(charge.events.len(), 1);
    assert_eq!(charge.status_message.as_deref(), Some("it broke"));
    let resource = serde_json::to_value(&buffered.resources[&charge.resource]).unwrap();
    assert_eq!(resource["service.name"], json!("payment"));

    place.store.flush().await.unwrap();
    assert_eq!(place.trace(TRACE).await.unwrap(), buffered);

    // The same spans again, in other batches: nothing is told twice.
    for (signal, body) in crate::data::shop().into_iter().take(3) {
        let mut body = body;
        body["resourceSpans"].as_array_mut().unwrap().push(json!({"scopeSpans": []}));
        place.send(signal, &body).await;
    }
    let again = place.trace(TRACE).await.unwrap();
    assert_eq!(again.spans.len(), 3);
}

/// Guarantee: a trace answered by id holds the same spans as SQL over the same id.
#[tokio::test(flavor = "multi_thread")]
async fn trace_and_sql_agree() {
    let place = Place::shop().await;
    place.store.flush().await.unwrap();
    for id in [TRACE, SHORT_TRACE] {
        let by_id: Vec<String> =
            place.trace(id).await.unwrap().spans.iter().map(|span| span.span_id.to_string()).collect();
        let by_sql = place
            .rows(&format!("SELECT span_id FROM spans WHERE trace_id = '{id}' ORDER BY start, span_id"))
            .await;
        let by_sql: Vec<String> = by_sql.iter().map(|row| row[0].as_str().unwrap().to_owned()).collect();
        assert_eq!(by_id, by_sql, "{id}");
    }
}

/// Guarantee: a short id finds the long one that shares its lower half, and the other way round; only what
/// can be meant is found.
#[tokio::test(flavor = "multi_thread")]
async fn short_ids_find_long_ones() {
    let place = Place::shop().await;
    assert_eq!(place.trace("8448eb211c80319c").await.unwrap().trace_id, trace_id(TRACE));
    assert_eq!(
        place.trace("deadbeefdeadbeefa1b2c3d4e5f60718").await.unwrap().trace_id,
        trace_id(SHORT_TRACE)
    );
    let other = place.trace("deadbeefdeadbeef8448eb211c80319c").await.unwrap_err();
    assert_eq!(other.code(), Code::NotFound);
    assert_eq!(other.problem().reason, Some(Absence::NeverSeen));
}

/// Guarantee: spans whose parents never came are told, and a trace without a root says so.
#[tokio::test(flavor = "multi_thread")]
async fn missing_parents_are_told() {
    let place = Place::shop().await;
    let orphan = place.trace("ffffffffffffffffffffffffffffffff").await.unwrap();
    assert_eq!(orphan.completeness, Completeness::MissingRoot);
    assert_eq!(
        orphan.missing_parents.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["00000000000000dd"]
    );

    // Two spans of one id with different content are both kept.
    let id = "11111111111111111111111111111111";
    let both = [Span::new(id, 1, None, "client half", 3, 0), Span::new(id, 1, None, "server half", 2, 0)];
    place.send("spans", &spans("web", "prod", &both)).await;
    assert_eq!(place.trace(id).await.unwrap().spans.len(), 2);
}

/// Guarantee: logs of a trace come oldest first, page by page, none twice.
#[tokio::test(flavor = "multi_thread")]
async fn logs_of_a_trace() {
    let place = Place::shop().await;
    let all = place.answerer.trace_logs(logs_ask(TRACE, 100, None)).await.unwrap();
    assert_eq!(all.data.len(), 2);
    assert_eq!(all.meta.cursor, None);
    assert_eq!(all.data[1].severity, "error");
    let first = place.answerer.trace_logs(logs_ask(TRACE, 1, None)).await.unwrap();
    assert_eq!(first.data, all.data[..1]);
    let second = place.answerer.trace_logs(logs_ask(TRACE, 1, first.meta.cursor)).await.unwrap();
    assert_eq!((second.data.as_slice(), second.meta.cursor), (&all.data[1..], None));
    let bad = place.answerer.trace_logs(logs_ask(TRACE, 1, Some("x".into()))).await.unwrap_err();
    assert_eq!(bad.code(), Code::BadCursor);
}

/// Guarantee: an erased trace is in no answer any more, whether it was buffered or in a segment.
#[tokio::test(flavor = "multi_thread")]
async fn erased_traces_are_hidden() {
    for is_flushed in [false, true] {
        let place = Place::shop().await;
        if is_flushed {
            place.store.flush().await.unwrap();
        }
        let deletion = TraceDeletion { query_id: query_id(), id: trace_id(TRACE) };
        place.answerer.delete_trace(deletion).await.unwrap();
        assert_eq!(place.trace(TRACE).await.unwrap_err().code(), Code::NotFound);
        assert!(place.answerer.trace_logs(logs_ask(TRACE, 10, None)).await.unwrap().data.is_empty());
        assert_eq!(place.rows("SELECT count(*) FROM spans").await, [[json!(2)]]);
        assert_eq!(place.rows("SELECT count(*) FROM logs WHERE trace_id IS NOT NULL").await, [[json!(0)]]);
    }
}

/// Scenario: client and server of one call share a span id, and the server writes log lines.
/// Guarantee: the halves are caller and called, and the lines are those of the half that wrote them.
#[tokio::test(flavor = "multi_thread")]
async fn halves_of_a_shared_id_are_told_apart() {
    let place = Place::empty().await;
    let id = "22222222222222222222222222222222";
    let client = [Span::new(id, 0xa1, None, "GET /", 2, 0), Span::new(id, 0xb1, Some(0xa1), "call", 3, 1)];
    let server =
        [Span::new(id, 0xb1, Some(0xa1), "serve", 2, 2), Span::new(id, 0xc1, Some(0xb1), "SELECT", 3, 3)];
    place.send("spans", &spans("web", "prod", &client)).await;
    place.send("spans", &spans("payment", "prod", &server)).await;
    place.send("logs", &crate::data::logs("payment", &[(2, 9, "served", Some(id), json!({}))])).await;
    let trace = place.trace(id).await.unwrap();
    let by_name = |name: &str| trace.spans.iter().find(|span| span.name == name).unwrap();
    let (call, serve, select) = (by_name("call"), by_name("serve"), by_name("SELECT"));
    assert_eq!((serve.parent_span_id, select.parent_span_id), (Some(call.span_id), Some(serve.span_id)));
    assert!(serve.span_id != call.span_id && serve.quality.contains(&"shared_span_id".to_owned()));
    for (span, lines) in [(call.span_id, 0), (serve.span_id, 1), (select.span_id, 0)] {
        let ask = TraceLogsAsk { span_id: Some(span), ..logs_ask(id, 10, None) };
        assert_eq!(place.answerer.trace_logs(ask).await.unwrap().data.len(), lines, "{span}");
    }
}
