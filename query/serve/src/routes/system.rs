//! `GET /system/status`, `GET /system/segments`, `POST /system/settle` and `POST /system/backup`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use daymark_view::error::{AskError, Code};
use daymark_view::system::{BackupAsk, BackupBody, DEFAULT_ROWS, ROWS_MAX, SegmentsAsk};

use crate::answer::{Refusal, envelope};
use crate::asked::Asked;
use crate::body;
use crate::router::Site;

pub(crate) async fn status(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let answer = site.ask.status().await?;
    envelope(&site, &asked, answer, 1).await
}

pub(crate) async fn segments(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params = asked.params(&["signal", "level", "from", "to", "limit", "cursor"], &[])?;
    let ask = SegmentsAsk {
        query_id: asked.query_id.clone(),
        signal: params.signal()?,
        level: params.number("level")?,
        range: params.range(site.now())?,
        limit: params.limit(DEFAULT_ROWS, ROWS_MAX)?,
        cursor: params.text("cursor"),
    };
    let answer = site.ask.segments(ask).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}

pub(crate) async fn settle(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let answer = site.ask.settle(asked.query_id.clone()).await?;
    envelope(&site, &asked, answer, 1).await
}

pub(crate) async fn backup(
    State(site): State<Arc<Site>>,
    asked: Asked,
    request: Request,
) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let body: BackupBody = body::json(&site, request, &BackupBody::KEYS).await?;
    let dir = std::path::PathBuf::from(body.dir);
    if !dir.is_absolute() {
        let detail = format!("\"{}\" is not an absolute path", dir.display());
        return Err(AskError::new(Code::BadRequest, detail).pointer("/dir").into());
    }
    let answer = site.ask.back_up(BackupAsk { query_id: asked.query_id.clone(), dir }).await?;
    envelope(&site, &asked, answer, 1).await
}
