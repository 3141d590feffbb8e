//! How answers leave: an envelope in one piece, lines, or a problem.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use daymark_view::error::{AskError, Code};
use daymark_view::meta::{Answer, Meta, Partial};
use daymark_view::query_id::QueryId;
use futures::{Stream, StreamExt, stream};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::accept::{JSON, NDJSON};
use crate::asked::Asked;
use crate::router::Site;

const PROBLEM: &str = "application/problem+json";

/// Rows from which writing JSON takes long enough to leave the threads that serve connections.
const ROWS_INLINE: usize = 500;
/// Rows written into one piece of a streamed answer.
const ROWS_PER_PIECE: usize = 256;

/// An error on its way out of a route. [`crate::dress`] makes it a problem with the query id.
#[derive(Debug)]
pub(crate) struct Refusal(pub(crate) AskError);

/// How a [`Refusal`] travels beside the response.
#[derive(Clone, Debug)]
pub(crate) struct Refused(pub(crate) AskError);

impl From<AskError> for Refusal {
    fn from(error: AskError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = status_of(&self.0).into_response();
        response.extensions_mut().insert(Refused(self.0));
        response
    }
}

fn status_of(error: &AskError) -> StatusCode {
    StatusCode::from_u16(error.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The problem as a response.
pub(crate) fn problem(mut error: AskError, query_id: &QueryId) -> Response {
    error.0.query_id = Some(query_id.clone());
    let body = serde_json::to_vec(error.problem()).unwrap_or_default();
    let mut response = (status_of(&error), [(CONTENT_TYPE, PROBLEM)], body).into_response();
    if let Some(wait) = error.0.retry_after {
        let seconds = wait.as_secs().max(1);
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    } else if matches!(error.code(), Code::Unavailable | Code::RateLimited) {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(1));
    }
    response
}

/// Fills in what only the server knows.
pub(crate) fn complete(meta: &mut Meta, site: &Site, asked: &Asked) {
    let took = site.clock.elapsed().saturating_sub(asked.started);
    meta.query_id = Some(asked.query_id.clone());
    meta.took_ms = (took.as_secs_f64() * 1e6).round() / 1e3;
    if !asked.is_whole {
        let reason = "the log is being replayed, or the server is stopping: ask again when /readyz says read";
        meta.partial.push(Partial { what: "log".into(), reason: reason.into() });
    }
}

/// `{"data": …, "meta": {…}}`. `rows` says how large the data is.
pub(crate) async fn envelope<T: Serialize + Send + 'static>(
    site: &Site,
    asked: &Asked,
    mut answer: Answer<T>,
    rows: usize,
) -> Result<Response, Refusal> {
    complete(&mut answer.meta, site, asked);
    let body = write(rows, move || serde_json::to_vec(&answer)).await?;
    Ok(([(CONTENT_TYPE, JSON)], body).into_response())
}

/// An envelope that the client may keep: 304 while the data is what it has already.
pub(crate) async fn tagged<T: Serialize + Send + Sync + 'static>(
    site: &Site,
    asked: &Asked,
    answer: Answer<T>,
    rows: usize,
) -> Result<Response, Refusal> {
    let tag = etag(&answer.data)?;
    tagged_with(site, asked, tag, answer, rows).await
}

/// The same, where part of the data changes without being news.
pub(crate) async fn tagged_by<K: Serialize, T: Serialize + Send + Sync + 'static>(
    site: &Site,
    asked: &Asked,
    news: &K,
    answer: Answer<T>,
) -> Result<Response, Refusal> {
    tagged_with(site, asked, etag(news)?, answer, 1).await
}

async fn tagged_with<T: Serialize + Send + Sync + 'static>(
    site: &Site,
    asked: &Asked,
    tag: String,
    answer: Answer<T>,
    rows: usize,
) -> Result<Response, Refusal> {
    let known = asked.headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let is_known = known.flat_map(|list| list.split(',')).any(|known| known.trim() == tag);
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => envelope(site, asked, answer, rows).await?,
    };
    let tag = HeaderValue::from_str(&tag).expect("hex in quotes is a header value");
    response.headers_mut().insert(ETAG, tag);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

/// Weak, because the envelope around the data differs from answer to answer.
fn etag<T: Serialize>(data: &T) -> Result<String, AskError> {
    let mut hasher = DefaultHasher::new();
    serde_json::to_vec(data).map_err(unwritten)?.hash(&mut hasher);
    Ok(format!("W/\"{:016x}\"", hasher.finish()))
}

/// Runs a writer of JSON, elsewhere when it takes long.
pub(crate) async fn write(
    rows: usize,
    writer: impl FnOnce() -> serde_json::Result<Vec<u8>> + Send + 'static,
) -> Result<Vec<u8>, AskError> {
    if rows <= ROWS_INLINE {
        return writer().map_err(unwritten);
    }
    let written = tokio::task::spawn_blocking(writer).await;
    written.map_err(|_| AskError::new(Code::Internal, "writing the answer failed"))?.map_err(unwritten)
}

#[expect(clippy::needless_pass_by_value, reason = "used as a map_err function")]
fn unwritten(error: serde_json::Error) -> AskError {
    AskError::new(Code::Internal, format!("the answer cannot be written: {error}"))
}

/// `{"schema": …}`, a `{"row": …}` for each row, `{"meta": …}`.
pub(crate) fn lines<S, R>(
    site: &Site,
    asked: &Asked,
    schema: &S,
    rows: Vec<R>,
    mut meta: Meta,
) -> Result<Response, Refusal>
where
    S: Serialize,
    R: Serialize + Send + Sync + 'static,
{
    complete(&mut meta, site, asked);
    let first = line("schema", schema)?;
    let last = line("meta", &meta)?;
    let pieces = rows.len().div_ceil(ROWS_PER_PIECE);
    let middle = (0..pieces).map(move |piece| {
        let from = piece * ROWS_PER_PIECE;
        row_lines(&rows[from..rows.len().min(from + ROWS_PER_PIECE)])
    });
    let all = std::iter::once(Ok(first)).chain(middle).chain(std::iter::once(Ok(last)));
    Ok(streamed(NDJSON, stream::iter(all)))
}

/// `{"row": …}` for each row.
pub(crate) fn row_lines<R: Serialize>(rows: &[R]) -> Result<Bytes, AskError> {
    #[derive(Serialize)]
    struct Row<'a, R> {
        row: &'a R,
    }
    let mut text = Vec::with_capacity(64 * 1024);
    for row in rows {
        serde_json::to_writer(&mut text, &Row { row }).map_err(unwritten)?;
        text.push(b'\n');
    }
    Ok(Bytes::from(text))
}

/// A response whose pieces come as they are made; an error cuts it off.
pub(crate) fn streamed<E>(
    media_type: &'static str,
    pieces: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
) -> Response
where
    E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
{
    // Compression asks once more after the end.
    ([(CONTENT_TYPE, media_type)], Body::from_stream(pieces.fuse())).into_response()
}

/// `{"<name>": <value>}` and a line feed.
pub(crate) fn line<T: Serialize>(name: &str, value: &T) -> Result<Bytes, AskError> {
    let mut text = format!("{{\"{name}\":").into_bytes();
    serde_json::to_writer(&mut text, value).map_err(unwritten)?;
    text.extend_from_slice(b"}\n");
    Ok(Bytes::from(text))
}
