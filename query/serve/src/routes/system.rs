//! `GET /system/status`, `GET /system/segments` and `POST /system/settle`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use daymark_view::system::{DEFAULT_ROWS, ROWS_MAX, SegmentsAsk};

use crate::answer::{Refusal, envelope};
use crate::asked::Asked;
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
