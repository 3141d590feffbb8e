//! `GET` and `DELETE /traces/{id}`, `GET /traces/{id}/logs`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use daymark_model::spelling;
use daymark_view::meta::Answer;
use daymark_view::trace::{Trace, TraceAsk, TraceDeletion};
use daymark_view::trace_logs::{DEFAULT_ROWS, LogRow, ROWS_MAX, ROWS_STREAMED_MAX, TraceLogsAsk};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::json;

use crate::accept::{JSON, NDJSON};
use crate::answer::{Refusal, envelope, lines, write};
use crate::asked::Asked;
use crate::otlp::resource_spans;
use crate::params::{bad_id, not_one_of, trace_id};
use crate::router::Site;

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Json,
    Lines,
    Otlp,
}

pub(crate) async fn trace(
    State(site): State<Arc<Site>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let params = asked.params(&["format", "from", "to", "episode"], &[])?;
    let form = match params.one("format") {
        None if asked.accepts(&[JSON, NDJSON])? == NDJSON => Form::Lines,
        None | Some("json") => Form::Json,
        Some("otlp") => Form::Otlp,
        Some(other) => return Err(not_one_of("format", other, ["json", "otlp"]).into()),
    };
    let spans_max = match form {
        Form::Json => site.limits.trace_spans,
        Form::Lines | Form::Otlp => usize::MAX,
    };
    let answer = site
        .ask
        .trace(TraceAsk {
            query_id: asked.query_id.clone(),
            id: trace_id(&id)?,
            hint: params.range(site.now())?,
            episode: params.number("episode")?,
            spans_max,
            as_received: form == Form::Otlp,
        })
        .await?;
    let spans = answer.data.spans.len();
    match form {
        Form::Json => envelope(&site, &asked, answer, spans).await,
        Form::Lines => trace_lines(&site, &asked, answer),
        Form::Otlp => {
            let body = write(spans, move || serde_json::to_vec(&resource_spans(&answer.data))).await?;
            Ok(([(CONTENT_TYPE, JSON)], body).into_response())
        }
    }
}

/// The first line is the trace without its spans, then a line for each span.
fn trace_lines(site: &Site, asked: &Asked, mut answer: Answer<Trace>) -> Result<Response, Refusal> {
    let spans = std::mem::take(&mut answer.data.spans);
    lines(site, asked, &answer.data, spans, answer.meta)
}

pub(crate) async fn logs(
    State(site): State<Arc<Site>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let params = asked.params(&["span_id", "from", "to", "episode", "limit", "cursor"], &[])?;
    let in_lines = asked.accepts(&[JSON, NDJSON])? == NDJSON;
    let ask = TraceLogsAsk {
        query_id: asked.query_id.clone(),
        id: trace_id(&id)?,
        span_id: params.one("span_id").map(spelling::span_id).transpose().map_err(bad_id)?,
        hint: params.range(site.now())?,
        episode: params.number("episode")?,
        limit: params.limit(DEFAULT_ROWS, if in_lines { ROWS_STREAMED_MAX } else { ROWS_MAX })?,
        cursor: params.text("cursor"),
    };
    let answer = site.ask.trace_logs(ask).await?;
    if in_lines {
        return lines(&site, &asked, &json!(LogRow::FIELDS), answer.data, answer.meta);
    }
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}

pub(crate) async fn delete(
    State(site): State<Arc<Site>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    asked.params(&[], &[])?;
    let deletion = TraceDeletion { query_id: asked.query_id.clone(), id: trace_id(&id)? };
    site.ask.delete_trace(deletion).await?;
    Ok(StatusCode::ACCEPTED)
}
