//! Queries that run now, and the last slow ones: `GET /system/queries`, `GET` and `DELETE /queries/{id}`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use daymark_view::error::{AskError, Code};
use daymark_view::meta::Answer;
use daymark_view::query_id::QueryId;
use http::StatusCode;

use crate::answer::{Refusal, envelope};
use crate::asked::Asked;
use crate::router::Site;

pub(crate) async fn list(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let mut queries = site.ask.queries();
    queries.extend(site.ask.slow_queries());
    let rows = queries.len();
    envelope(&site, &asked, Answer::of(queries), rows).await
}

pub(crate) async fn one(
    State(site): State<Arc<Site>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let id = read(&id)?;
    let running = site.ask.queries().into_iter().find(|running| running.query_id == id);
    envelope(&site, &asked, Answer::of(running.ok_or_else(not_running)?), 1).await
}

pub(crate) async fn cancel(
    State(site): State<Arc<Site>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    asked.params(&[], &[])?;
    match site.ask.cancel(&read(&id)?) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(not_running().into()),
    }
}

fn read(text: &str) -> Result<QueryId, AskError> {
    let error = || AskError::new(Code::BadId, format!("\"{text}\" is not a query id")).hint("a ULID");
    QueryId::parse(text).ok_or_else(error)
}

fn not_running() -> AskError {
    AskError::new(Code::NotFound, "no query with this id is running")
}
