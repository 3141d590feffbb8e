//! What sets of spans are made of: `GET /traces/fields`, `/traces/facets`, `/traces/heatmap`,
//! `/traces/origins`, `POST /traces/explain`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use daymark_view::error::{AskError, Code};
use daymark_view::fields::{DEFAULT_FIELDS, FIELDS_MAX, FieldsAsk};
use daymark_view::range::Range;
use daymark_view::search::{self, Domain, Key};
use daymark_view::services::Scope;
use daymark_view::spans::{
    CELLS_MAX, DEFAULT_CELLS, DEFAULT_VALUES, ExplainAsk, ExplainBody, FACETS_MAX, FacetsAsk, OriginsAsk,
    SpanHeatmapAsk, SpanSet, SpanSetBody, VALUES_MAX,
};
use daymark_view::traces::{Area, AreaBody};

use crate::answer::{Refusal, envelope};
use crate::asked::Asked;
use crate::body;
use crate::params::{self, Params};
use crate::router::Site;
use crate::routes::search::area_of;
use crate::routes::services::scope;

/// Facets when none is named.
const USUAL: [&str; 5] = ["service", "name", "kind", "status", "env"];

fn set(site: &Site, params: &Params) -> Result<SpanSet, AskError> {
    let now = site.now();
    let range = params.range(now)?.unwrap_or(Range::last_hour(now));
    Ok(SpanSet {
        query: search::parse(Domain::Traces, params.one("q").unwrap_or_default())?,
        range,
        scope: scopes(params)?,
        area: params.one("box").map(|text| area(site, text, range)).transpose()?,
    })
}

fn scopes(params: &Params) -> Result<Vec<Scope>, AskError> {
    params.all("scope").map(scope).collect()
}

/// `<from>~<to>~<min ns>~<max ns>`, of which any may be empty.
fn area(site: &Site, text: &str, range: Range) -> Result<Area, AskError> {
    let bad = || {
        AskError::new(Code::BadRequest, format!("\"{text}\" is not a box")).hint("<from>~<to>~<min>~<max>")
    };
    let parts: [&str; 4] = text.split('~').collect::<Vec<_>>().try_into().map_err(|_| bad())?;
    let [from, to, least, most] = parts.map(|part| Some(part).filter(|part| !part.is_empty()));
    let duration = |text: Option<&str>| {
        text.map(|text| daymark_view::duration::parse(text).map_err(|_| bad())).transpose()
    };
    let body = AreaBody {
        from: from.map(str::to_owned),
        to: to.map(str::to_owned),
        min_ns: duration(least)?,
        max_ns: duration(most)?,
    };
    area_of(&body, range, site)
}

pub(crate) async fn fields(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params = asked.params(&["q", "from", "to", "search", "limit", "cursor"], &["scope"])?;
    let SpanSet { query, range, scope, .. } = set(&site, &params)?;
    let ask = FieldsAsk {
        query_id: asked.query_id.clone(),
        query,
        range,
        scope,
        search: params.text("search").unwrap_or_default(),
        limit: params.limit(DEFAULT_FIELDS, FIELDS_MAX)?,
        cursor: params.text("cursor"),
    };
    let answer = site.ask.span_fields(ask).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}

pub(crate) async fn facets(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params = asked.params(&["q", "from", "to", "box", "limit"], &["key", "scope"])?;
    let mut keys: Vec<Key> = params.all("key").map(|key| Key::of(Domain::Traces, key)).collect();
    if keys.len() > FACETS_MAX {
        let detail = format!("more than {FACETS_MAX} keys");
        return Err(AskError::new(Code::BadRequest, detail).into());
    }
    if keys.is_empty() {
        keys = USUAL.map(|key| Key::of(Domain::Traces, key)).to_vec();
    }
    let limit = params.limit(DEFAULT_VALUES, VALUES_MAX)?;
    let ask = FacetsAsk { query_id: asked.query_id.clone(), set: set(&site, &params)?, keys, limit };
    let answer = site.ask.facets(ask).await?;
    let rows = answer.data.iter().map(|facet| facet.values.len()).sum();
    envelope(&site, &asked, answer, rows).await
}

pub(crate) async fn heatmap(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params = asked.params(&["q", "from", "to", "cells_x", "cells_y"], &["scope"])?;
    let ask = SpanHeatmapAsk {
        query_id: asked.query_id.clone(),
        set: set(&site, &params)?,
        cells_x: params.count("cells_x", DEFAULT_CELLS.0, CELLS_MAX.0)?,
        cells_y: params.count("cells_y", DEFAULT_CELLS.1, CELLS_MAX.1)?,
    };
    let answer = site.ask.span_heatmap(ask).await?;
    let rows = answer.data.counts.len();
    envelope(&site, &asked, answer, rows).await
}

pub(crate) async fn origins(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params = asked.params(&["from", "to"], &["scope"])?;
    let now = site.now();
    let range = params.range(now)?.unwrap_or(Range::last_hour(now));
    let ask = OriginsAsk { query_id: asked.query_id.clone(), range, scope: scopes(&params)? };
    let answer = site.ask.origins(ask).await?;
    let rows = answer.data.missing_parent.len();
    envelope(&site, &asked, answer, rows).await
}

pub(crate) async fn explain(
    State(site): State<Arc<Site>>,
    asked: Asked,
    request: Request,
) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let body: ExplainBody = body::json(&site, request, &ExplainBody::KEYS).await?;
    let scope: Vec<Scope> = body.scope.iter().map(|text| scope(text)).collect::<Result<_, _>>()?;
    let ask = ExplainAsk {
        query_id: asked.query_id.clone(),
        baseline: body.baseline.as_ref().map(|set| set_of(&site, set, &scope, "/baseline")).transpose()?,
        selection: set_of(&site, &body.selection, &scope, "/selection")?,
    };
    let answer = site.ask.explain(ask).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}

fn set_of(site: &Site, body: &SpanSetBody, scope: &[Scope], pointer: &str) -> Result<SpanSet, AskError> {
    let now = site.now();
    let read = || {
        let range = params::range(body.from.as_deref(), body.to.as_deref(), now)?;
        let range = range.unwrap_or(Range::last_hour(now));
        Ok(SpanSet {
            query: search::parse(Domain::Traces, &body.q)?,
            range,
            scope: scope.to_vec(),
            area: body.area.as_ref().map(|area| area_of(area, range, site)).transpose()?,
        })
    };
    read().map_err(|error: AskError| error.pointer(pointer))
}
