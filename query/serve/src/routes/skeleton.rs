//! `GET /traces/{id}/skeleton`, `/spans` and `/find`: a trace too large to be sent whole.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use daymark_model::spelling;
use daymark_view::error::{AskError, Code};
use daymark_view::search::{self, Domain};
use daymark_view::skeleton::{DEFAULT_ROWS, DETAILS_MAX, FindAsk, ROWS_MAX, RowsAsk, SkeletonAsk};

use crate::answer::{Refusal, envelope};
use crate::asked::Asked;
use crate::params::{bad_id, trace_id};
use crate::router::Site;

pub(crate) async fn skeleton(
    State(site): State<Arc<Site>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let params = asked.params(&["root", "max", "span", "rev", "episode", "from", "to"], &[])?;
    params.range(site.now())?;
    let ask = SkeletonAsk {
        query_id: asked.query_id.clone(),
        id: trace_id(&id)?,
        episode: params.number("episode")?,
        below: params.number("root")?,
        revision: params.text("rev"),
        rows_max: params.count("max", DEFAULT_ROWS, ROWS_MAX)?,
        span: params.one("span").map(spelling::span_id).transpose().map_err(bad_id)?,
    };
    let answer = site.ask.skeleton(ask).await?;
    let rows = answer.data.shown as usize;
    envelope(&site, &asked, answer, rows).await
}

pub(crate) async fn rows(
    State(site): State<Arc<Site>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let params = asked.params(&["rows", "rev", "episode"], &[])?;
    let ask = RowsAsk {
        query_id: asked.query_id.clone(),
        id: trace_id(&id)?,
        episode: params.number("episode")?,
        rows: row_list(params.one("rows").unwrap_or_default())?,
        revision: params.text("rev"),
    };
    let answer = site.ask.trace_rows(ask).await?;
    let rows = answer.data.spans.len();
    envelope(&site, &asked, answer, rows).await
}

/// `4,5,6`.
fn row_list(text: &str) -> Result<Vec<u32>, AskError> {
    let bad = |detail: String| AskError::new(Code::BadRequest, detail).hint("rows=4,5,6");
    let row = |text: &str| text.trim().parse().map_err(|_| bad(format!("\"{text}\" is not a row")));
    let rows: Vec<u32> = text.split(',').map(row).collect::<Result<_, _>>()?;
    if rows.len() > DETAILS_MAX {
        return Err(bad(format!("more than {DETAILS_MAX} rows")));
    }
    Ok(rows)
}

pub(crate) async fn find(
    State(site): State<Arc<Site>>,
    asked: Asked,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let params = asked.params(&["q", "rev", "episode"], &[])?;
    let ask = FindAsk {
        query_id: asked.query_id.clone(),
        id: trace_id(&id)?,
        episode: params.number("episode")?,
        query: search::parse(Domain::InTrace, params.one("q").unwrap_or_default()).map_err(AskError::from)?,
        revision: params.text("rev"),
    };
    let answer = site.ask.find_in_trace(ask).await?;
    let rows = answer.data.ranges.len();
    envelope(&site, &asked, answer, rows).await
}
