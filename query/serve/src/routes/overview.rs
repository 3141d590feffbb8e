//! `GET /overview`, `GET /traffic`, `GET /events`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use daymark_view::error::AskError;
use daymark_view::events::{DEFAULT_ROWS, EventKind, EventsAsk, ROWS_MAX};
use daymark_view::overview::OverviewAsk;
use daymark_view::range::Range;
use daymark_view::services::Scope;
use daymark_view::traffic::{BUCKETS_MAX, DEFAULT_BUCKETS, TrafficAsk};

use crate::answer::{Refusal, envelope};
use crate::asked::Asked;
use crate::params::{Params, not_one_of, trace_id};
use crate::router::Site;
use crate::routes::alerts;
use crate::routes::service::cells;
use crate::routes::services::{compared, scope};

pub(crate) fn scopes(params: &Params) -> Result<Vec<Scope>, AskError> {
    params.all("scope").map(scope).collect()
}

pub(crate) fn range_or_last_hour(site: &Site, params: &Params) -> Result<Range, AskError> {
    let now = site.now();
    Ok(params.range(now)?.unwrap_or(Range::last_hour(now)))
}

pub(crate) async fn overview(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params = asked.params(&["from", "to"], &["scope"])?;
    let ask = OverviewAsk {
        query_id: asked.query_id.clone(),
        range: range_or_last_hour(&site, &params)?,
        scope: scopes(&params)?,
    };
    let mut answer = site.ask.overview(ask).await?;
    answer.data.alerts_firing = alerts::firing(&site).await?.map(|firing| firing.values().sum());
    let rows = answer.data.states.len();
    envelope(&site, &asked, answer, rows).await
}

pub(crate) async fn traffic(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let once = ["from", "to", "service", "op", "by", "buckets", "compare"];
    let params = asked.params(&once, &["scope"])?;
    if let Some(by) = params.one("by").filter(|by| *by != "version") {
        return Err(not_one_of("by", by, ["version"]).into());
    }
    let range = range_or_last_hour(&site, &params)?;
    let compare = params.one("compare").map(|text| compared(text, range, site.now()));
    let ask = TrafficAsk {
        query_id: asked.query_id.clone(),
        range,
        scope: scopes(&params)?,
        service: params.text("service"),
        op: params.text("op"),
        by_version: params.one("by").is_some(),
        buckets: cells(&params, "buckets", DEFAULT_BUCKETS, BUCKETS_MAX)?,
        compare: compare.transpose()?,
    };
    let answer = site.ask.traffic(ask).await?;
    let rows = answer.data.series.len();
    envelope(&site, &asked, answer, rows).await
}

pub(crate) async fn events(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params =
        asked.params(&["from", "to", "trace_id", "limit", "cursor"], &["scope", "kind", "service"])?;
    let ask = EventsAsk {
        query_id: asked.query_id.clone(),
        range: range_or_last_hour(&site, &params)?,
        scope: scopes(&params)?,
        kind: params.all("kind").map(kind).collect::<Result<_, _>>()?,
        service: params.all("service").map(str::to_owned).collect(),
        trace_id: params.one("trace_id").map(trace_id).transpose()?,
        limit: params.limit(DEFAULT_ROWS, ROWS_MAX)?,
        cursor: params.text("cursor"),
    };
    let answer = site.ask.events(ask).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}

fn kind(text: &str) -> Result<EventKind, AskError> {
    let known = EventKind::ALL.into_iter().find(|kind| kind.name() == text);
    known.ok_or_else(|| not_one_of("kind", text, EventKind::ALL.map(EventKind::name)))
}
