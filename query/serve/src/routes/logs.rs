//! What can be asked about lines besides searching them: `GET /logs/fields`, `GET /logs/patterns`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use daymark_view::error::AskError;
use daymark_view::fields::{DEFAULT_FIELDS, FIELDS_MAX, FieldsAsk};
use daymark_view::patterns::{DEFAULT_PATTERNS, PATTERNS_MAX, PatternSort, PatternsAsk};
use daymark_view::range::Range;
use daymark_view::search::{self, Domain, Query};

use crate::answer::{Refusal, envelope};
use crate::asked::Asked;
use crate::params::{Params, not_one_of};
use crate::router::Site;
use crate::routes::services::scope;

pub(crate) fn query(params: &Params) -> Result<Query, AskError> {
    search::parse(Domain::Logs, params.one("q").unwrap_or_default()).map_err(AskError::from)
}

pub(crate) async fn fields(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params = asked.params(&["q", "from", "to", "search", "limit", "cursor"], &["scope"])?;
    let now = site.now();
    let ask = FieldsAsk {
        query_id: asked.query_id.clone(),
        query: query(&params)?,
        range: params.range(now)?.unwrap_or(Range::last_hour(now)),
        scope: params.all("scope").map(scope).collect::<Result<_, _>>()?,
        search: params.text("search").unwrap_or_default(),
        limit: params.limit(DEFAULT_FIELDS, FIELDS_MAX)?,
        cursor: params.text("cursor"),
    };
    let answer = site.ask.log_fields(ask).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}

pub(crate) async fn patterns(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params = asked.params(&["q", "from", "to", "sort", "limit"], &["scope"])?;
    let now = site.now();
    let sort = params.one("sort").map(|name| {
        let known = PatternSort::ALL.into_iter().find(|sort| sort.name() == name);
        known.ok_or_else(|| not_one_of("sort", name, PatternSort::ALL.map(PatternSort::name)))
    });
    let ask = PatternsAsk {
        query_id: asked.query_id.clone(),
        query: query(&params)?,
        range: params.range(now)?.unwrap_or(Range::last_hour(now)),
        scope: params.all("scope").map(scope).collect::<Result<_, _>>()?,
        sort: sort.transpose()?.unwrap_or_default(),
        limit: params.limit(DEFAULT_PATTERNS, PATTERNS_MAX)?,
    };
    let answer = site.ask.log_patterns(ask).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}
