//! What a route knows of its request: its id, when it began, its parameters and what the client accepts.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::FromRequestParts;
use daymark_view::error::AskError;
use daymark_view::query_id::QueryId;
use daymark_view::sql::SqlFormat;
use http::request::Parts;
use http::{HeaderMap, Uri};

use crate::accept;
use crate::dress::Ticket;
use crate::params::Params;

#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) query_id: QueryId,
    pub(crate) started: Duration,
    pub(crate) is_whole: bool,
    pub(crate) headers: HeaderMap,
    uri: Uri,
}

impl Asked {
    /// The parameters, of which those in `once` may come once and those in `many` often. Others are refused.
    pub(crate) fn params(&self, once: &[&str], many: &[&str]) -> Result<Params, AskError> {
        Params::read(&self.uri, once, many)
    }

    /// The offer that the client likes best.
    pub(crate) fn accepts(&self, offers: &[&'static str]) -> Result<&'static str, AskError> {
        accept::choose(&self.headers, offers)
    }

    /// The form of rows that the client likes best.
    pub(crate) fn format(&self) -> Result<SqlFormat, AskError> {
        let media_type = self.accepts(&SqlFormat::ALL.map(SqlFormat::media_type))?;
        let format = SqlFormat::ALL.into_iter().find(|format| format.media_type() == media_type);
        Ok(format.unwrap_or_default())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let ticket = parts.extensions.get::<Ticket>().expect("every route is dressed").clone();
        Ok(Self {
            query_id: ticket.query_id,
            started: ticket.started,
            is_whole: ticket.is_whole,
            headers: parts.headers.clone(),
            uri: parts.uri.clone(),
        })
    }
}
