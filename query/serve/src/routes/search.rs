//! Searches: `POST /traces/search`, `POST /logs/search`, and the calls about lines.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use daymark_view::error::{AskError, Code};
use daymark_view::logs::{
    AROUND_MAX, BUCKETS_MAX, ContextAsk, DEFAULT_AROUND, DEFAULT_BUCKETS, HistogramAsk, LineAsk, LogId,
    LogsAsk, LogsBody,
};
use daymark_view::range::Range;
use daymark_view::search::{self, Domain};
use daymark_view::trace_logs::{DEFAULT_ROWS, ROWS_MAX};
use daymark_view::traces::{
    Area, AreaBody, DEFAULT_SPANS, DEFAULT_TRACES, SPANS_MAX, TRACES_MAX, TracesAsk, TracesBody, TracesMode,
};

use crate::answer::{Refusal, envelope};
use crate::asked::Asked;
use crate::body;
use crate::params;
use crate::router::Site;
use crate::routes::services::scope;

pub(crate) async fn traces(
    State(site): State<Arc<Site>>,
    asked: Asked,
    request: Request,
) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let body: TracesBody = body::json(&site, request, &TracesBody::KEYS).await?;
    let answer = site.ask.traces(question(&site, &asked, &body)?).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}

fn question(site: &Site, asked: &Asked, body: &TracesBody) -> Result<TracesAsk, AskError> {
    let now = site.now();
    let range = params::range(body.from.as_deref(), body.to.as_deref(), now)?;
    let range = range.unwrap_or(Range::last_hour(now));
    let (default, most) = match body.mode {
        TracesMode::Spans => (DEFAULT_SPANS, SPANS_MAX),
        TracesMode::Traces | TracesMode::Operations => (DEFAULT_TRACES, TRACES_MAX),
    };
    let limit = params::check_limit(body.limit, default, most);
    Ok(TracesAsk {
        query_id: asked.query_id.clone(),
        query: search::parse(Domain::Traces, &body.q)?,
        range,
        scope: body.scope.iter().map(|text| scope(text)).collect::<Result<_, _>>()?,
        area: body.area.as_ref().map(|area| area_of(area, range, site)).transpose()?,
        sort: body.sort,
        mode: body.mode,
        limit: limit.map_err(|error| error.pointer("/limit"))?,
        cursor: body.cursor.clone(),
        count: body.count,
    })
}

pub(crate) fn area_of(body: &AreaBody, range: Range, site: &Site) -> Result<Area, AskError> {
    let inner = params::range(body.from.as_deref(), body.to.as_deref(), site.now())?;
    Ok(Area {
        range: inner.unwrap_or(range),
        min_ns: body.min_ns.unwrap_or(0),
        max_ns: body.max_ns.unwrap_or(i64::MAX),
    })
}

pub(crate) async fn logs(
    State(site): State<Arc<Site>>,
    asked: Asked,
    request: Request,
) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let body: LogsBody = body::json(&site, request, &LogsBody::KEYS).await?;
    let answer = site.ask.logs(lines(&site, &asked, &body)?).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}

fn lines(site: &Site, asked: &Asked, body: &LogsBody) -> Result<LogsAsk, AskError> {
    let now = site.now();
    let trace_id = body.trace_id.as_deref().map(params::trace_id).transpose()?;
    let default = if trace_id.is_some() { Range::ALL } else { Range::last_hour(now) };
    let limit = params::check_limit(body.limit, DEFAULT_ROWS, ROWS_MAX);
    Ok(LogsAsk {
        query_id: asked.query_id.clone(),
        query: search::parse(Domain::Logs, &body.q)?,
        trace_id,
        range: params::range(body.from.as_deref(), body.to.as_deref(), now)?.unwrap_or(default),
        scope: body.scope.iter().map(|text| scope(text)).collect::<Result<_, _>>()?,
        direction: body.direction,
        limit: limit.map_err(|error| error.pointer("/limit"))?,
        cursor: body.cursor.clone(),
        count: body.count,
    })
}

fn log_id(text: &str) -> Result<LogId, AskError> {
    LogId::parse(text).ok_or_else(|| {
        AskError::new(Code::BadId, format!("\"{text}\" is not the id of a line"))
            .hint("as \"log_id\" has it: <time ns>-<16 hex digits>")
    })
}

pub(crate) async fn log(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let ask = LineAsk { query_id: asked.query_id.clone(), log_id: log_id(&id)? };
    envelope(&site, &asked, site.ask.log(ask).await?, 1).await
}

pub(crate) async fn context(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params = asked.params(&["log_id", "before", "after"], &[])?;
    let around = |name: &str| {
        let number = params.number::<usize>(name)?.unwrap_or(DEFAULT_AROUND);
        let bad = || AskError::new(Code::BadRequest, format!("\"{name}\" is more than {AROUND_MAX}"));
        if number > AROUND_MAX { Err(bad()) } else { Ok(number) }
    };
    let ask = ContextAsk {
        query_id: asked.query_id.clone(),
        log_id: log_id(params.one("log_id").unwrap_or_default())?,
        before: around("before")?,
        after: around("after")?,
    };
    let answer = site.ask.log_context(ask).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}

pub(crate) async fn histogram(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params = asked.params(&["q", "from", "to", "by", "buckets"], &["scope"])?;
    if let Some(by) = params.one("by").filter(|by| *by != "severity") {
        return Err(params::not_one_of("by", by, ["severity"]).into());
    }
    let buckets = params::check_limit(params.number("buckets")?, DEFAULT_BUCKETS, BUCKETS_MAX);
    let now = site.now();
    let ask = HistogramAsk {
        query_id: asked.query_id.clone(),
        query: search::parse(Domain::Logs, params.one("q").unwrap_or_default()).map_err(AskError::from)?,
        range: params.range(now)?.unwrap_or(Range::last_hour(now)),
        scope: params.all("scope").map(scope).collect::<Result<_, _>>()?,
        buckets: buckets?,
    };
    let answer = site.ask.log_histogram(ask).await?;
    let rows = answer.data.series.len();
    envelope(&site, &asked, answer, rows).await
}
