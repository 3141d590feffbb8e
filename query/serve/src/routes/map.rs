//! `GET /map`, one edge of it, and how it changed.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use daymark_view::error::{AskError, Code};
use daymark_view::instant::{self, BadInstant};
use daymark_view::map::{
    DEFAULT_STEPS, GroupBy, HOPS_MAX, MapAsk, MapEdgeAsk, MapLevel, Overlay, ReplayAsk, STEPS_MAX,
};
use daymark_view::range::Range;
use daymark_view::search::{self, Domain, Query};

use crate::answer::{Refusal, envelope, tagged};
use crate::asked::Asked;
use crate::params::{Params, not_one_of};
use crate::router::Site;
use crate::routes::overview::{range_or_last_hour, scopes};
use crate::routes::service::cells;

pub(crate) async fn map(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let once = ["from", "to", "level", "group", "up", "down", "find", "hide", "overlay", "at"];
    let params = asked.params(&once, &["scope", "focus"])?;
    let answer = site.ask.map(question(&site, &asked, &params)?).await?;
    let rows = answer.data.nodes.len() + answer.data.edges.len();
    tagged(&site, &asked, answer, rows).await
}

fn question(site: &Site, asked: &Asked, params: &Params) -> Result<MapAsk, AskError> {
    let range = at(site, params)?;
    let level = params.one("level").map(|text| {
        let known = MapLevel::ALL.into_iter().find(|level| level.name() == text);
        known.ok_or_else(|| not_one_of("level", text, MapLevel::ALL.map(MapLevel::name)))
    });
    let overlay = params.one("overlay").map(|text| {
        let known = Overlay::ALL.into_iter().find(|overlay| overlay.name() == text);
        known.ok_or_else(|| not_one_of("overlay", text, Overlay::ALL.map(Overlay::name)))
    });
    Ok(MapAsk {
        query_id: asked.query_id.clone(),
        range,
        scope: scopes(params)?,
        level: level.transpose()?.unwrap_or_default(),
        group: params.one("group").map(GroupBy::parse).unwrap_or_default(),
        focus: params.all("focus").map(str::to_owned).collect(),
        up: hops(params, "up")?,
        down: hops(params, "down")?,
        find: query(params, "find")?,
        hide: query(params, "hide")?,
        overlay: overlay.transpose()?,
    })
}

/// The range, or one of its width that ends at an instant.
fn at(site: &Site, params: &Params) -> Result<Range, AskError> {
    let range = range_or_last_hour(site, params)?;
    let Some(text) = params.one("at") else { return Ok(range) };
    let bad = |error: BadInstant| AskError::new(Code::BadRange, error.detail).hint(BadInstant::HINT);
    let at = instant::parse(text, site.now()).map_err(bad)?;
    Ok(Range { from: at.plus(-range.width_ns()), to: at })
}

fn hops(params: &Params, name: &str) -> Result<u8, AskError> {
    match params.number::<u8>(name)?.unwrap_or(1) {
        hops if hops <= HOPS_MAX => Ok(hops),
        hops => Err(AskError::new(
            Code::BadRequest,
            format!("\"{name}\" is {hops}, not between 0 and {HOPS_MAX}"),
        )),
    }
}

fn query(params: &Params, name: &str) -> Result<Query, AskError> {
    Ok(search::parse(Domain::Map, params.one(name).unwrap_or_default())?)
}

pub(crate) async fn edge(
    State(site): State<Arc<Site>>,
    Path((client, server)): Path<(String, String)>,
    asked: Asked,
) -> Result<Response, Refusal> {
    let params = asked.params(&["from", "to"], &["scope"])?;
    let ask = MapEdgeAsk {
        query_id: asked.query_id.clone(),
        client,
        server,
        range: range_or_last_hour(&site, &params)?,
        scope: scopes(&params)?,
    };
    envelope(&site, &asked, site.ask.map_edge(ask).await?, 1).await
}

pub(crate) async fn replay(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params = asked.params(&["from", "to", "steps"], &["scope"])?;
    let ask = ReplayAsk {
        query_id: asked.query_id.clone(),
        range: range_or_last_hour(&site, &params)?,
        scope: scopes(&params)?,
        steps: cells(&params, "steps", DEFAULT_STEPS, STEPS_MAX)?,
    };
    let answer = site.ask.map_replay(ask).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}
