//! `GET /services/{svc}` and what belongs to one service.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use daymark_view::distribution::{
    BINS_MAX, CELLS_X_MAX, DEFAULT_BINS, DEFAULT_CELLS_X, DurationsAsk, HeatmapAsk,
};
use daymark_view::duration;
use daymark_view::error::{AskError, Code};
use daymark_view::range::Range;
use daymark_view::service::{DEFAULT_ROWS, INSTANCES_MAX, ROWS_MAX, Runtime, ServiceAsk};
use daymark_view::services::{Scope, ScopeKey};

use crate::answer::{Refusal, envelope};
use crate::asked::Asked;
use crate::params::Params;
use crate::router::Site;
use crate::routes::services::{compared, scope};

/// Parameters of every call.
const RANGE: [&str; 3] = ["from", "to", "env"];
const LIST: [&str; 5] = ["from", "to", "env", "limit", "cursor"];

fn question(
    site: &Site,
    asked: &Asked,
    params: &Params,
    service: String,
    rows_max: usize,
) -> Result<ServiceAsk, AskError> {
    let now = site.now();
    let range = params.range(now)?.unwrap_or(Range::last_hour(now));
    let mut scopes: Vec<Scope> = params.all("scope").map(scope).collect::<Result<_, _>>()?;
    scopes.extend(params.text("env").map(|value| Scope { key: ScopeKey::Env, value }));
    Ok(ServiceAsk {
        query_id: asked.query_id.clone(),
        service,
        range,
        scope: scopes,
        compare: params.one("compare").map(|text| compared(text, range, now)).transpose()?,
        limit: params.limit(DEFAULT_ROWS, rows_max)?,
        cursor: params.text("cursor"),
    })
}

pub(crate) async fn service(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Result<Response, Refusal> {
    let params = asked.params(&["from", "to", "env", "compare"], &["scope"])?;
    let answer = site.ask.service(question(&site, &asked, &params, name, ROWS_MAX)?).await?;
    envelope(&site, &asked, answer, 1).await
}

pub(crate) async fn operations(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Result<Response, Refusal> {
    let params = asked.params(&LIST, &["scope"])?;
    let answer = site.ask.operations(question(&site, &asked, &params, name, ROWS_MAX)?).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}

pub(crate) async fn dependencies(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Result<Response, Refusal> {
    let params = asked.params(&["from", "to", "env", "limit"], &["scope"])?;
    let answer = site.ask.dependencies(question(&site, &asked, &params, name, ROWS_MAX)?).await?;
    let rows = answer.data.upstream.len() + answer.data.downstream.len();
    envelope(&site, &asked, answer, rows).await
}

pub(crate) async fn instances(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Result<Response, Refusal> {
    let params = asked.params(&LIST, &["scope"])?;
    let answer = site.ask.instances(question(&site, &asked, &params, name, INSTANCES_MAX)?).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}

pub(crate) async fn errors(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Result<Response, Refusal> {
    let params = asked.params(&LIST, &["scope"])?;
    let answer = site.ask.error_groups(question(&site, &asked, &params, name, ROWS_MAX)?).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}

pub(crate) async fn deploys(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Result<Response, Refusal> {
    let params = asked.params(&LIST, &["scope"])?;
    let answer = site.ask.deploys(question(&site, &asked, &params, name, ROWS_MAX)?).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}

pub(crate) async fn durations(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Result<Response, Refusal> {
    let once = ["from", "to", "env", "op", "kind", "compare", "at_ns", "bins"];
    let params = asked.params(&once, &["scope"])?;
    let at_ns = params.one("at_ns").map(|text| {
        let bad = || AskError::new(Code::BadRequest, format!("\"{text}\" is no duration for \"at_ns\""));
        duration::parse(text).ok().and_then(|ns| u64::try_from(ns).ok()).ok_or_else(bad)
    });
    let ask = DurationsAsk {
        op: params.text("op"),
        kind: params.text("kind"),
        at_ns: at_ns.transpose()?,
        bins: cells(&params, "bins", DEFAULT_BINS, BINS_MAX)?,
        of: question(&site, &asked, &params, name, ROWS_MAX)?,
    };
    envelope(&site, &asked, site.ask.durations(ask).await?, 1).await
}

pub(crate) async fn heatmap(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Result<Response, Refusal> {
    let params = asked.params(&["from", "to", "env", "cells_x", "cells_y"], &["scope"])?;
    let ask = HeatmapAsk {
        cells_x: cells(&params, "cells_x", DEFAULT_CELLS_X, CELLS_X_MAX)?,
        cells_y: cells(&params, "cells_y", DEFAULT_BINS, BINS_MAX)?,
        of: question(&site, &asked, &params, name, ROWS_MAX)?,
    };
    let answer = site.ask.service_heatmap(ask).await?;
    let rows = answer.data.counts.len();
    envelope(&site, &asked, answer, rows).await
}

pub(crate) async fn runtime(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Result<Response, Refusal> {
    let params = asked.params(&RANGE, &["scope"])?;
    let known = site.ask.service(question(&site, &asked, &params, name, ROWS_MAX)?).await?;
    let answer = daymark_view::meta::Answer { data: Runtime::default(), meta: known.meta };
    envelope(&site, &asked, answer, 1).await
}

/// How many of something, at least one.
pub(crate) fn cells(params: &Params, name: &str, default: usize, most: usize) -> Result<usize, AskError> {
    match params.number(name)?.unwrap_or(default) {
        count if (1..=most).contains(&count) => Ok(count),
        count => {
            Err(AskError::new(Code::BadRequest, format!("\"{name}\" is {count}, not between 1 and {most}")))
        }
    }
}
