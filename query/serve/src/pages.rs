//! A long answer as lines: page after page is asked for and written while the client reads, so that no more
//! than one is held. The cursor keeps rows from coming twice.

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use daymark_view::error::AskError;
use daymark_view::meta::{Answer, Meta, Scanned, Truncated};
use futures::future::BoxFuture;
use futures::stream;
use serde::Serialize;

use crate::accept::NDJSON;
use crate::answer::{Refusal, complete, line, row_lines, streamed};
use crate::asked::Asked;
use crate::router::Site;

/// Rows of a page, written.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) rows: usize,
    lines: Bytes,
}

impl Page {
    pub(crate) fn of<R: Serialize>(rows: &[R]) -> Result<Self, AskError> {
        Ok(Self { rows: rows.len(), lines: row_lines(rows)? })
    }
}

type Asking = BoxFuture<'static, Result<Answer<Page>, AskError>>;

/// Writes at most `limit` rows. `ask` asks for a page of at most so many rows from a cursor on.
pub(crate) async fn pages<S: Serialize>(
    site: Arc<Site>,
    asked: Asked,
    schema: &S,
    limit: usize,
    ask: impl FnMut(usize, Option<String>) -> Asking + Send + 'static,
) -> Result<Response, Refusal> {
    let mut pages =
        Pages { site, asked, left: limit, shown: 0, ask, total: None, scanned: Scanned::default() };
    let head = line("schema", schema)?;
    // An answer that fails at once still gets its status.
    let first = (pages.ask)(limit, None).await?;
    let begun = stream::once(async { Ok(head) });
    let rest = stream::unfold(Some((pages, Some(first), None)), |state| async {
        let (mut pages, first, cursor) = state?;
        let answer = match first {
            Some(first) => Ok(first),
            None => (pages.ask)(pages.left, cursor).await,
        };
        match answer.and_then(|answer| pages.write(answer)) {
            Ok((bytes, None)) => Some((Ok(bytes), None)),
            Ok((bytes, cursor)) => Some((Ok(bytes), Some((pages, None, cursor)))),
            Err(mut error) => {
                error.0.query_id = Some(pages.asked.query_id.clone());
                Some((line("error", error.problem()), None))
            }
        }
    });
    Ok(streamed(NDJSON, futures::StreamExt::chain(begun, rest)))
}

struct Pages<A> {
    site: Arc<Site>,
    asked: Asked,
    /// Rows that may still come.
    left: usize,
    shown: u64,
    ask: A,
    total: Option<u64>,
    scanned: Scanned,
}

impl<A> Pages<A> {
    /// The lines of a page and where the next one begins; the last page with the last line.
    fn write(&mut self, answer: Answer<Page>) -> Result<(Bytes, Option<String>), AskError> {
        let Answer { data: page, mut meta } = answer;
        self.left = self.left.saturating_sub(page.rows);
        self.shown += page.rows as u64;
        self.total = self.total.or(meta.total);
        self.scanned.add(meta.scanned);
        if self.left > 0 && meta.cursor.is_some() {
            return Ok((page.lines, meta.cursor));
        }
        let last = self.last(&mut meta)?;
        Ok((Bytes::from([page.lines, last].concat()), None))
    }

    fn last(&self, meta: &mut Meta) -> Result<Bytes, AskError> {
        meta.scanned = self.scanned;
        meta.total = self.total;
        if meta.cursor.is_some() {
            meta.truncated = Some(Truncated { reason: "limit".into(), shown: self.shown, total: self.total });
        }
        complete(meta, &self.site, &self.asked);
        line("meta", meta)
    }
}
