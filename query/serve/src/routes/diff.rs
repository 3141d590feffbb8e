//! Traces side by side: `POST /traces/diff`, `GET /traces/{id}/similar`.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use daymark_view::diff::{DEFAULT_SIMILAR, DiffAsk, DiffBody, SIMILAR_MAX, Side, SideBody, SimilarAsk};
use daymark_view::error::{AskError, Code};
use daymark_view::range::Range;
use daymark_view::search::{self, Domain};

use crate::answer::{Refusal, envelope};
use crate::asked::Asked;
use crate::body;
use crate::params::{self, trace_id};
use crate::router::Site;

pub(crate) async fn diff(
    State(site): State<Arc<Site>>,
    asked: Asked,
    request: Request,
) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let body: DiffBody = body::json(&site, request, &DiffBody::KEYS).await?;
    let ask = DiffAsk {
        query_id: asked.query_id.clone(),
        a: side(&site, &body.a).map_err(|error| error.pointer("/a"))?,
        b: side(&site, &body.b).map_err(|error| error.pointer("/b"))?,
        metric: body.metric,
    };
    let answer = site.ask.diff(ask).await?;
    let rows = answer.data.tree.len();
    envelope(&site, &asked, answer, rows).await
}

fn side(site: &Site, body: &SideBody) -> Result<Side, AskError> {
    let bad = |detail: &str| {
        AskError::new(Code::BadRequest, detail).hint("{\"trace_id\":…} or {\"q\":…,\"from\":…,\"to\":…}")
    };
    match (&body.trace_id, &body.q) {
        (Some(_), Some(_)) => Err(bad("a side is a trace or a search, not both")),
        (Some(id), None) => Ok(Side::Trace(trace_id(id)?)),
        (None, Some(q)) => {
            let now = site.now();
            let range = params::range(body.from.as_deref(), body.to.as_deref(), now)?;
            let query = search::parse(Domain::Traces, q)?;
            Ok(Side::Set { query, range: range.unwrap_or(Range::last_hour(now)) })
        }
        (None, None) => Err(bad("the side is empty")),
    }
}

pub(crate) async fn similar(
    State(site): State<Arc<Site>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let params = asked.params(&["from", "to", "limit"], &[])?;
    let ask = SimilarAsk {
        query_id: asked.query_id.clone(),
        id: trace_id(&id)?,
        range: params.range(site.now())?,
        limit: params.limit(DEFAULT_SIMILAR, SIMILAR_MAX)?,
    };
    let answer = site.ask.similar(ask).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}
