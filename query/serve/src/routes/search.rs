//! Searches: `POST /traces/search`, `POST /logs/search`, and the calls about lines.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use daymark_view::error::{AskError, Code};
use daymark_view::logs::{
    AROUND_MAX, BUCKETS_MAX, ContextAsk, DEFAULT_AROUND, DEFAULT_BUCKETS, HistogramAsk, LineAsk, LogId,
    LogsAsk, LogsBody,
};
use daymark_view::meta::Answer;
use daymark_view::range::Range;
use daymark_view::search::{self, Domain};
use daymark_view::sql::{SqlAnswer, SqlFormat};
use daymark_view::trace_logs::{DEFAULT_ROWS, LogRow, ROWS_MAX, ROWS_STREAMED_MAX};
use daymark_view::traces::{
    Area, AreaBody, DEFAULT_SPANS, DEFAULT_TRACES, OperationHit, SPANS_MAX, SpanHit, TRACES_MAX, TraceHit,
    TracesAsk, TracesBody, TracesFound, TracesMode,
};
use futures::FutureExt;

use crate::accept::{JSON, NDJSON};
use crate::answer::{Refusal, envelope};
use crate::asked::Asked;
use crate::body;
use crate::pages::{Page, pages};
use crate::params;
use crate::router::Site;
use crate::routes::services::scope;
use crate::routes::sql;

pub(crate) async fn traces(
    State(site): State<Arc<Site>>,
    asked: Asked,
    request: Request,
) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let in_lines = asked.accepts(&[JSON, NDJSON])? == NDJSON;
    let body: TracesBody = body::json(&site, request, &TracesBody::KEYS).await?;
    let ask = question(&site, &asked, &body, in_lines)?;
    if in_lines {
        return trace_lines(site, asked, ask).await;
    }
    let answer = site.ask.traces(ask).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}

async fn trace_lines(site: Arc<Site>, asked: Asked, ask: TracesAsk) -> Result<Response, Refusal> {
    let (most, schema) = match ask.mode {
        TracesMode::Traces => (TRACES_MAX, &TraceHit::FIELDS[..]),
        TracesMode::Spans => (SPANS_MAX, &SpanHit::FIELDS[..]),
        TracesMode::Operations => (ROWS_STREAMED_MAX, &OperationHit::FIELDS[..]),
    };
    let (asker, limit) = (Arc::clone(&site.ask), ask.limit);
    let page = move |left: usize, cursor: Option<String>| {
        let is_first = cursor.is_none();
        let cursor = if is_first { ask.cursor.clone() } else { cursor };
        let page = TracesAsk { limit: left.min(most), cursor, count: ask.count && is_first, ..ask.clone() };
        let asker = Arc::clone(&asker);
        async move {
            let Answer { data, meta } = asker.traces(page).await?;
            let data = match data {
                TracesFound::Traces(rows) => Page::of(&rows)?,
                TracesFound::Spans(rows) => Page::of(&rows)?,
                TracesFound::Operations(rows) => Page::of(&rows)?,
            };
            Ok(Answer { data, meta })
        }
        .boxed()
    };
    pages(site, asked, &schema, limit, page).await
}

fn question(site: &Site, asked: &Asked, body: &TracesBody, in_lines: bool) -> Result<TracesAsk, AskError> {
    let now = site.now();
    let range = params::range(body.from.as_deref(), body.to.as_deref(), now)?;
    let range = range.unwrap_or(Range::last_hour(now));
    let (default, most) = match body.mode {
        TracesMode::Spans => (DEFAULT_SPANS, SPANS_MAX),
        TracesMode::Traces | TracesMode::Operations => (DEFAULT_TRACES, TRACES_MAX),
    };
    let (default, most) = if in_lines { (ROWS_STREAMED_MAX, ROWS_STREAMED_MAX) } else { (default, most) };
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
    let format = asked.format()?;
    let body: LogsBody = body::json(&site, request, &LogsBody::KEYS).await?;
    let ask = lines(&site, &asked, &body, format.is_streamed())?;
    match format {
        SqlFormat::Json => {
            let answer = site.ask.logs(ask).await?;
            let rows = answer.data.len();
            envelope(&site, &asked, answer, rows).await
        }
        SqlFormat::Ndjson => log_lines(site, asked, ask).await,
        SqlFormat::Csv | SqlFormat::Arrow | SqlFormat::Parquet => {
            if body.cursor.is_some() || body.count {
                let detail = "a file has no pages and no total";
                return Err(AskError::new(Code::BadRequest, detail)
                    .hint("leave out cursor and count")
                    .into());
            }
            match site.ask.log_export(ask, format).await? {
                SqlAnswer::Stream(rows) => {
                    sql::stream_out(site, asked, (format, body.limit.is_some()), rows).await
                }
                SqlAnswer::Table(table) => {
                    let rows = table.data.rows.len();
                    envelope(&site, &asked, *table, rows).await
                }
            }
        }
    }
}

async fn log_lines(site: Arc<Site>, asked: Asked, ask: LogsAsk) -> Result<Response, Refusal> {
    let (asker, limit) = (Arc::clone(&site.ask), ask.limit);
    let page = move |left: usize, cursor: Option<String>| {
        let is_first = cursor.is_none();
        let cursor = if is_first { ask.cursor.clone() } else { cursor };
        let page = LogsAsk { limit: left.min(ROWS_MAX), cursor, count: ask.count && is_first, ..ask.clone() };
        let asker = Arc::clone(&asker);
        async move {
            let Answer { data, meta } = asker.logs(page).await?;
            Ok(Answer { data: Page::of(&data)?, meta })
        }
        .boxed()
    };
    pages(site, asked, &LogRow::FIELDS, limit, page).await
}

fn lines(site: &Site, asked: &Asked, body: &LogsBody, is_streamed: bool) -> Result<LogsAsk, AskError> {
    let now = site.now();
    let trace_id = body.trace_id.as_deref().map(params::trace_id).transpose()?;
    let default = if trace_id.is_some() { Range::ALL } else { Range::last_hour(now) };
    let (default_limit, most) =
        if is_streamed { (ROWS_STREAMED_MAX, ROWS_STREAMED_MAX) } else { (DEFAULT_ROWS, ROWS_MAX) };
    let limit = params::check_limit(body.limit, default_limit, most);
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
    let buckets = params.count("buckets", DEFAULT_BUCKETS, BUCKETS_MAX);
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
