//! What people keep: `/saved-views`, `/prefs` and `/share`.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use daymark_view::error::{AskError, Code};
use daymark_view::stored::{
    Change, DEFAULT_ROWS, NAME_BYTES, PREFS_BYTES, Prefs, ROWS_MAX, SavedView, SavedViewBody, Shared,
    URL_BYTES, ViewsAsk,
};
use http::StatusCode;
use serde_json::Value;

use crate::answer::{Refusal, envelope};
use crate::asked::Asked;
use crate::body;
use crate::router::Site;

/// What we write into preferences ourselves.
const OURS: [&str; 4] = ["version", "id", "created_at", "updated_at"];

pub(crate) async fn views(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params = asked.params(&["kind", "limit", "cursor"], &[])?;
    let ask = ViewsAsk {
        query_id: asked.query_id.clone(),
        kind: params.text("kind"),
        limit: params.limit(DEFAULT_ROWS, ROWS_MAX)?,
        cursor: params.text("cursor"),
    };
    let answer = site.ask.saved_views(ask).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}

pub(crate) async fn view(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let answer = site.ask.saved_view(asked.query_id.clone(), id).await?;
    envelope(&site, &asked, answer, 1).await
}

pub(crate) async fn save(
    State(site): State<Arc<Site>>,
    asked: Asked,
    request: Request,
) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let body: SavedViewBody = body::json(&site, request, &SavedViewBody::KEYS).await?;
    let answer = site.ask.save_view(asked.query_id.clone(), None, checked(body.view)?).await?;
    let mut response = envelope(&site, &asked, answer, 1).await?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

pub(crate) async fn replace(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    asked: Asked,
    request: Request,
) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let body: SavedViewBody = body::json(&site, request, &SavedViewBody::KEYS).await?;
    let version = body.version.filter(|version| *version > 0).ok_or_else(unversioned)?;
    let change = Some(Change { id, version });
    let answer = site.ask.save_view(asked.query_id.clone(), change, checked(body.view)?).await?;
    envelope(&site, &asked, answer, 1).await
}

pub(crate) async fn delete(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<StatusCode, Refusal> {
    asked.params(&[], &[])?;
    site.ask.delete_view(asked.query_id.clone(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn prefs(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let answer = site.ask.prefs(asked.query_id.clone()).await?;
    envelope(&site, &asked, answer, 1).await
}

pub(crate) async fn save_prefs(
    State(site): State<Arc<Site>>,
    asked: Asked,
    request: Request,
) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let mut all = body::object(&site, request).await?;
    let version = all.get("version").and_then(Value::as_u64).ok_or_else(unversioned)?;
    all.retain(|key, _| !OURS.contains(&key.as_str()));
    let bytes = serde_json::to_vec(&all).map_or(usize::MAX, |text| text.len());
    if bytes > PREFS_BYTES {
        let detail = format!("the preferences are larger than {PREFS_BYTES} bytes");
        return Err(AskError::new(Code::TooLarge, detail).into());
    }
    let answer = site.ask.save_prefs(asked.query_id.clone(), Prefs { version, all }).await?;
    envelope(&site, &asked, answer, 1).await
}

pub(crate) async fn share(
    State(site): State<Arc<Site>>,
    asked: Asked,
    request: Request,
) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let target: Shared = body::json(&site, request, &Shared::KEYS).await?;
    check_url(&target.url)?;
    let answer = site.ask.share(asked.query_id.clone(), target).await?;
    envelope(&site, &asked, answer, 1).await
}

pub(crate) async fn shared(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let answer = site.ask.shared(asked.query_id.clone(), id).await?;
    envelope(&site, &asked, answer, 1).await
}

fn unversioned() -> AskError {
    AskError::new(Code::BadRequest, "\"version\" is not given")
        .hint("the version that you have read")
        .pointer("/version")
}

fn checked(view: SavedView) -> Result<SavedView, AskError> {
    if view.name.trim().is_empty() || view.name.len() > NAME_BYTES {
        let detail = format!("a name has between 1 and {NAME_BYTES} bytes");
        return Err(AskError::new(Code::BadRequest, detail).pointer("/name"));
    }
    let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if view.kind.is_empty() || view.kind.len() > 32 || !is_word(&view.kind) {
        let detail = format!("\"{}\" is not the name of a page", view.kind);
        return Err(AskError::new(Code::BadRequest, detail)
            .hint("traces, logs, sql, map, …")
            .pointer("/kind"));
    }
    check_url(&view.url)?;
    Ok(view)
}

/// Only pages of ours: what is kept must not lead people to other sites.
fn check_url(url: &str) -> Result<(), AskError> {
    let is_path = url.starts_with('/') && !url.starts_with("//") && !url.starts_with("/\\");
    let is_plain = !url.chars().any(char::is_control);
    if is_path && is_plain && url.len() <= URL_BYTES {
        return Ok(());
    }
    let detail = format!("\"url\" is not a path of up to {URL_BYTES} bytes");
    Err(AskError::new(Code::BadRequest, detail).hint("such as /traces?q=status:error").pointer("/url"))
}
