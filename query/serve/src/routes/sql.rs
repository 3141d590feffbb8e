//! `POST /sql`, `POST /sql/explain` and `GET /sql/schema`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use daymark_model::limits;
use daymark_view::error::{AskError, Code};
use daymark_view::explain::ExplainBody;
use daymark_view::range::Range;
use daymark_view::sql::{self, SqlAnswer, SqlAsk, SqlBody, SqlChunk, SqlFormat, SqlStream};
use futures::{StreamExt, stream};

use crate::answer::{Refusal, complete, envelope, line, streamed, tagged};
use crate::asked::Asked;
use crate::body;
use crate::params;
use crate::router::Site;

pub(crate) async fn schema(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let answer = site.ask.sql_schema().await?;
    let rows = answer.data.tables.len();
    tagged(&site, &asked, answer, rows).await
}

pub(crate) async fn sql(
    State(site): State<Arc<Site>>,
    asked: Asked,
    request: Request,
) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let body: SqlBody = body::json(&site, request, &SqlBody::KEYS).await?;
    let may_cut = body.limit.is_some();
    let ask = question(&site, &asked, body)?;
    let format = ask.format;
    match site.ask.sql(ask).await? {
        SqlAnswer::Table(answer) => {
            let rows = answer.data.rows.len();
            envelope(&site, &asked, *answer, rows).await
        }
        SqlAnswer::Stream(pieces) => stream_out(site, asked, (format, may_cut), pieces).await,
    }
}

pub(crate) async fn explain(
    State(site): State<Arc<Site>>,
    asked: Asked,
    request: Request,
) -> Result<Response, Refusal> {
    asked.params(&[], &[])?;
    let body: ExplainBody = body::json(&site, request, &ExplainBody::KEYS).await?;
    let ExplainBody { query, params, from, to } = body;
    let format = Some(SqlFormat::Json);
    let ask = question(&site, &asked, SqlBody { query, params, from, to, format, limit: None })?;
    let answer = site.ask.sql_explain(ask).await?;
    let rows = answer.data.tables.len();
    envelope(&site, &asked, answer, rows).await
}

fn question(site: &Site, asked: &Asked, body: SqlBody) -> Result<SqlAsk, AskError> {
    let format = match body.format {
        Some(format) => format,
        None => asked.format()?,
    };
    let limit = match format {
        SqlFormat::Json => {
            let default = sql::DEFAULT_ROWS.min(site.limits.rows);
            params::check_limit(body.limit, default, site.limits.rows)
        }
        _ => params::check_limit(body.limit, site.limits.rows_streamed, site.limits.rows_streamed),
    };
    if body.query.len() > limits::SQL_TEXT_BYTES {
        let detail = format!("the query text is longer than {} bytes", limits::SQL_TEXT_BYTES);
        return Err(AskError::new(Code::LimitExceeded, detail).pointer("/query"));
    }
    let now = site.now();
    let range = params::range(body.from.as_deref(), body.to.as_deref(), now)?;
    Ok(SqlAsk {
        query_id: asked.query_id.clone(),
        query: body.query,
        params: body.params,
        format,
        limit: limit.map_err(|error| error.pointer("/limit"))?,
        range: range.unwrap_or(Range::last_hour(now)),
    })
}

/// Waits for the first piece, so that a query that fails at once still gets its status.
///
/// A file cannot say that it was cut: unless the client named the limit, one that was breaks off.
pub(crate) async fn stream_out(
    site: Arc<Site>,
    asked: Asked,
    (format, may_cut): (SqlFormat, bool),
    mut pieces: SqlStream,
) -> Result<Response, Refusal> {
    let first = pieces.next().await.unwrap_or_else(|| Err(broken()))?;
    let rest = stream::once(async { Ok(first) }).chain(pieces);
    let state = Some((Box::pin(rest) as SqlStream, site, asked));
    let written = stream::unfold(state, move |state| async move {
        let (mut pieces, site, asked) = state?;
        let piece = pieces.next().await.unwrap_or_else(|| Err(broken()));
        match piece {
            Ok(SqlChunk::Bytes(bytes)) => Some((Ok(bytes), Some((pieces, site, asked)))),
            Ok(SqlChunk::End(mut meta)) if format == SqlFormat::Ndjson => {
                complete(&mut meta, &site, &asked);
                Some((line("meta", &meta), None))
            }
            Ok(SqlChunk::End(meta)) => {
                let cut = meta.truncated.filter(|_| !may_cut)?;
                let detail = format!("the answer has more than {} rows", cut.shown);
                Some((failed(format, AskError::new(Code::LimitExceeded, detail), &asked), None))
            }
            Err(error) => Some((failed(format, error, &asked), None)),
        }
    });
    Ok(streamed(format.media_type(), written))
}

/// Lines can say what went wrong; in other formats only a connection that breaks off does.
fn failed(format: SqlFormat, mut error: AskError, asked: &Asked) -> Result<Bytes, AskError> {
    error.0.query_id = Some(asked.query_id.clone());
    match format {
        SqlFormat::Ndjson => line("error", error.problem()),
        _ => Err(error),
    }
}

fn broken() -> AskError {
    AskError::new(Code::Internal, "the answer broke off before its end")
}
