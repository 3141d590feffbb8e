//! `GET /resolve`: whatever a person pastes.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use daymark_view::error::{AskError, Code};
use daymark_view::pasted;
use daymark_view::resolve::ResolveAsk;

use crate::answer::{Refusal, envelope};
use crate::asked::Asked;
use crate::router::Site;

pub(crate) async fn resolve(State(site): State<Arc<Site>>, asked: Asked) -> Result<Response, Refusal> {
    let params = asked.params(&["s"], &[])?;
    let text = params.one("s").unwrap_or_default();
    if text.trim().is_empty() {
        let error = AskError::new(Code::BadRequest, "there is no text to look for");
        return Err(error.hint("?s=<an id, a header, a log line, an address or a name>").into());
    }
    if text.len() > pasted::TEXT_MAX {
        let detail = format!("the text is longer than {} bytes", pasted::TEXT_MAX);
        return Err(AskError::new(Code::BadRequest, detail).hint("send the line that holds the id").into());
    }
    let ask = ResolveAsk { query_id: asked.query_id.clone(), reading: pasted::read(text) };
    let answer = site.ask.resolve(ask).await?;
    let rows = answer.data.len();
    envelope(&site, &asked, answer, rows).await
}
