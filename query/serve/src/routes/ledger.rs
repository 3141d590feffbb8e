//! `GET /ledger` and `POST /ledger/recount`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use daymark_view::ledger::LedgerAsk;

use crate::answer::{Refusal, envelope};
use crate::asked::Asked;
use crate::router::Site;

pub(crate) async fn ledger(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params = asked.params(&["signal", "source", "from", "to"], &[])?;
    let ask = LedgerAsk {
        query_id: asked.query_id.clone(),
        signal: params.signal()?,
        source: params.text("source"),
        range: params.range(site.now())?,
    };
    let answer = site.ask.ledger(ask).await?;
    let rows = answer.data.rows.len();
    envelope(&site, &asked, answer, rows).await
}

pub(crate) async fn recount(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let answer = site.ask.recount(asked.query_id.clone()).await?;
    let rows = answer.data.rows.len();
    envelope(&site, &asked, answer, rows).await
}
