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
use serde_json::{Value, json};

use crate::accept::{JSON, NDJSON};
use crate::answer::{Refusal, envelope, lines, write};
use crate::asked::Asked;
use crate::foreign;
use crate::otlp::resource_spans;
use crate::params::{bad_id, not_one_of, trace_id};
use crate::router::Site;

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Json,
    Lines,
    Otlp,
    Jaeger,
    Zipkin,
    Perfetto,
    Csv,
}

impl Form {
    const NAMED: [(&str, Self); 6] = [
        ("json", Self::Json),
        ("otlp", Self::Otlp),
        ("jaeger", Self::Jaeger),
        ("zipkin", Self::Zipkin),
        ("perfetto", Self::Perfetto),
        ("csv", Self::Csv),
    ];
}

pub(crate) async fn trace(
    State(site): State<Arc<Site>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let params = asked.params(&["format", "from", "to", "episode"], &[])?;
    let form = match params.one("format") {
        None if asked.accepts(&[JSON, NDJSON])? == NDJSON => Form::Lines,
        None => Form::Json,
        Some(name) => {
            let named = Form::NAMED.into_iter().find(|(known, _)| *known == name);
            let bad = || not_one_of("format", name, Form::NAMED.map(|(known, _)| known));
            named.map(|(_, form)| form).ok_or_else(bad)?
        }
    };
    let spans_max = match form {
        Form::Json => site.limits.trace_spans,
        _ => usize::MAX,
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
        Form::Csv => {
            let body = write(spans, move || Ok(foreign::csv(&answer.data).into_bytes())).await?;
            Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8")], body).into_response())
        }
        Form::Otlp => written(answer, resource_spans).await,
        Form::Jaeger => written(answer, foreign::jaeger).await,
        Form::Zipkin => written(answer, foreign::zipkin).await,
        Form::Perfetto => written(answer, foreign::perfetto).await,
    }
}

/// The trace in a JSON of others, without an envelope.
async fn written(answer: Answer<Trace>, form: fn(&Trace) -> Value) -> Result<Response, Refusal> {
    let spans = answer.data.spans.len();
    let body = write(spans, move || serde_json::to_vec(&form(&answer.data))).await?;
    Ok(([(CONTENT_TYPE, JSON)], body).into_response())
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
