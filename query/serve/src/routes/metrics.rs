//! Metrics: `GET /metrics/catalog`, `/metrics/labels`, `/metrics/exemplars` and `POST /metrics/query`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use daymark_view::error::{AskError, Code};
use daymark_view::metrics::{
    CatalogAsk, DEFAULT_POINTS, DEFAULT_ROWS, ExemplarsAsk, LabelsAsk, MetricQuery, MetricQueryBody,
    MetricsAsk, MetricsBody, POINTS_MAX, QUERIES_MAX, ROWS_MAX, SERIES_MAX,
};
use daymark_view::range::Range;
use daymark_view::search::{self, Domain};

use crate::answer::{Refusal, envelope};
use crate::asked::Asked;
use crate::body;
use crate::params::{self, Params};
use crate::router::Site;
use crate::routes::services::scope;

pub(crate) async fn catalog(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params = asked.params(&["search", "limit", "cursor"], &[])?;
    let ask = CatalogAsk {
        query_id: asked.query_id.clone(),
        search: params.text("search").unwrap_or_default(),
        limit: params.limit(DEFAULT_ROWS, ROWS_MAX)?,
        cursor: params.text("cursor"),
    };
    let answer = site.ask.metric_catalog(ask).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}

pub(crate) async fn labels(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params = asked.params(&["metric", "key", "search", "limit", "cursor"], &[])?;
    let ask = LabelsAsk {
        query_id: asked.query_id.clone(),
        metric: metric(&params)?,
        key: params.text("key"),
        search: params.text("search").unwrap_or_default(),
        limit: params.limit(DEFAULT_ROWS, ROWS_MAX)?,
        cursor: params.text("cursor"),
    };
    let answer = site.ask.metric_labels(ask).await?;
    let rows = answer.data.rows();
    envelope(&site, &asked, answer, rows).await
}

pub(crate) async fn exemplars(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params = asked.params(&["metric", "from", "to", "q", "limit", "cursor"], &["scope"])?;
    let now = site.now();
    let ask = ExemplarsAsk {
        query_id: asked.query_id.clone(),
        metric: metric(&params)?,
        range: params.range(now)?.unwrap_or(Range::last_hour(now)),
        scope: params.all("scope").map(scope).collect::<Result<_, _>>()?,
        query: search::parse(Domain::Metrics, params.one("q").unwrap_or_default()).map_err(AskError::from)?,
        limit: params.limit(DEFAULT_ROWS, ROWS_MAX)?,
        cursor: params.text("cursor"),
    };
    let answer = site.ask.exemplars(ask).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}

fn metric(params: &Params) -> Result<String, AskError> {
    params.text("metric").ok_or_else(|| {
        AskError::new(Code::BadRequest, "\"metric\" is not given").hint("/metrics/catalog lists all")
    })
}

pub(crate) async fn query(
    State(site): State<Arc<Site>>,
    asked: Asked,
    request: Request,
) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let body: MetricsBody = body::json(&site, request, &MetricsBody::KEYS).await?;
    let answer = site.ask.metrics(question(&site, &asked, body)?).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}

fn question(site: &Site, asked: &Asked, body: MetricsBody) -> Result<MetricsAsk, AskError> {
    let now = site.now();
    let range = params::range(body.from.as_deref(), body.to.as_deref(), now)?;
    let points = body.max_points.unwrap_or(DEFAULT_POINTS);
    if !(1..=POINTS_MAX).contains(&points) {
        let detail = format!("\"max_points\" is {points}, not between 1 and {POINTS_MAX}");
        return Err(AskError::new(Code::BadRequest, detail).pointer("/max_points"));
    }
    if !(1..=QUERIES_MAX).contains(&body.queries.len()) {
        let detail = format!("{} queries, not between 1 and {QUERIES_MAX}", body.queries.len());
        return Err(AskError::new(Code::BadRequest, detail).pointer("/queries"));
    }
    let mut queries: Vec<MetricQuery> = Vec::with_capacity(body.queries.len());
    for (at, query) in body.queries.into_iter().enumerate() {
        let pointed = |field: &str| format!("/queries/{at}{field}");
        let query = checked(at, query).map_err(|(field, error)| error.pointer(pointed(field)))?;
        if queries.iter().any(|other| other.id == query.id) {
            let detail = format!("two queries have the id \"{}\"", query.id);
            return Err(AskError::new(Code::BadRequest, detail).pointer(pointed("/id")));
        }
        queries.push(query);
    }
    Ok(MetricsAsk {
        query_id: asked.query_id.clone(),
        queries,
        range: range.unwrap_or(Range::last_hour(now)),
        scope: body.scope.iter().map(|text| scope(text)).collect::<Result<_, _>>()?,
        max_points: points,
    })
}

/// A query, or the field at fault.
fn checked(at: usize, body: MetricQueryBody) -> Result<MetricQuery, (&'static str, AskError)> {
    if let Some(topk) = body.topk.filter(|topk| !(1..=SERIES_MAX).contains(topk)) {
        let detail = format!("\"topk\" is {topk}, not between 1 and {SERIES_MAX}");
        return Err(("/topk", AskError::new(Code::BadRequest, detail)));
    }
    let query = search::parse(Domain::Metrics, &body.q).map_err(|error| ("/q", error.into()))?;
    let letter = u8::try_from(at).map_or('z', |at| char::from(b'a'.saturating_add(at)));
    Ok(MetricQuery {
        id: body.id.unwrap_or_else(|| letter.to_string()),
        metric: body.metric,
        agg: body.agg,
        by: body.by,
        query,
        rate: body.rate,
        topk: body.topk,
    })
}
