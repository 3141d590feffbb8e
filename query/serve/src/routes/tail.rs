//! `GET /logs/tail`: a stream of server-sent events.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use daymark_model::id::LineAt;
use daymark_view::error::{AskError, Code};
use daymark_view::tail::{DEFAULT_PER_S, News, PER_S_MAX, TailAsk, TailEvent};
use futures::{StreamExt, stream};
use http::HeaderName;

use crate::answer::{Refusal, streamed};
use crate::asked::Asked;
use crate::router::Site;
use crate::routes::logs::query;
use crate::routes::services::scope;

const EVENTS: &str = "text/event-stream";
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// After so long without an event a comment shows that the stream lives.
const HEARTBEAT: Duration = Duration::from_secs(10);

pub(crate) async fn tail(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params = asked.params(&["q", "max_per_s"], &["scope"])?;
    asked.accepts(&[EVENTS])?;
    let max_per_s = params.number("max_per_s")?.unwrap_or(DEFAULT_PER_S);
    if !(1..=PER_S_MAX).contains(&max_per_s) {
        let detail = format!("\"max_per_s\" is {max_per_s}, not between 1 and {PER_S_MAX}");
        return Err(AskError::new(Code::BadRequest, detail).into());
    }
    let ask = TailAsk {
        query_id: asked.query_id.clone(),
        query: query(&params)?,
        scope: params.all("scope").map(scope).collect::<Result<_, _>>()?,
        max_per_s,
        after: last_event(&asked)?,
    };
    let events = site.ask.log_tail(ask).await?;
    let mut stopping = site.stopping.clone();
    let end = async move {
        // A dropped sender means the same: the server ends.
        let _told = stopping.wait_for(|stopping| *stopping).await;
    };
    let events = Box::pin(events.take_until(Box::pin(end)));
    let written = stream::unfold(Some((events, asked)), |state| async {
        let (mut events, asked) = state?;
        Some(match tokio::time::timeout(HEARTBEAT, events.next()).await {
            Err(_) => (Ok(Bytes::from_static(b": the stream lives\n\n")), Some((events, asked))),
            Ok(Some(Ok(event))) => (written(&event), Some((events, asked))),
            Ok(Some(Err(error))) => (failed(error, &asked), None),
            Ok(None) => return None,
        })
    });
    Ok(streamed(EVENTS, written))
}

/// The place that a client had come to before its connection broke off.
fn last_event(asked: &Asked) -> Result<Option<LineAt>, AskError> {
    let Some(id) = asked.headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let at = id.to_str().ok().and_then(LineAt::parse);
    at.map(Some).ok_or_else(|| {
        AskError::new(Code::BadCursor, "Last-Event-ID is not one of this stream").hint("begin without it")
    })
}

fn written(event: &TailEvent) -> Result<Bytes, AskError> {
    let data = match &event.news {
        News::Log(row) => serde_json::to_string(row),
        News::Status(status) => serde_json::to_string(status),
    };
    let data = data.map_err(|error| AskError::new(Code::Internal, error.to_string()))?;
    Ok(Bytes::from(format!("event: {}\nid: {}\ndata: {data}\n\n", event.news.name(), event.at)))
}

fn failed(mut error: AskError, asked: &Asked) -> Result<Bytes, AskError> {
    error.0.query_id = Some(asked.query_id.clone());
    let problem = serde_json::to_string(error.problem()).unwrap_or_default();
    Ok(Bytes::from(format!("event: error\ndata: {problem}\n\n")))
}
