//! `POST /why-empty`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use daymark_view::error::AskError;
use daymark_view::range::Range;
use daymark_view::search::{self, Domain};
use daymark_view::why::{WhyAsk, WhyBody, WhySignal};

use crate::answer::{Refusal, envelope};
use crate::asked::Asked;
use crate::body;
use crate::params;
use crate::router::Site;
use crate::routes::services::scope;

pub(crate) async fn why_empty(
    State(site): State<Arc<Site>>,
    asked: Asked,
    request: Request,
) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let body: WhyBody = body::json(&site, request, &WhyBody::KEYS).await?;
    let now = site.now();
    let domain = match body.signal {
        WhySignal::Spans => Domain::Traces,
        WhySignal::Logs => Domain::Logs,
    };
    let range = params::range(body.from.as_deref(), body.to.as_deref(), now)?;
    let ask = WhyAsk {
        query_id: asked.query_id.clone(),
        signal: body.signal,
        clauses: search::clauses(domain, &body.q).map_err(AskError::from)?,
        text: body.q,
        range: range.unwrap_or(Range::last_hour(now)),
        scope: body.scope.iter().map(|text| scope(text)).collect::<Result<_, _>>()?,
    };
    let answer = site.ask.why_empty(ask).await?;
    let rows = answer.data.clauses.len();
    envelope(&site, &asked, answer, rows).await
}
