//! What machines ask: is the process alive, is it ready, how is it doing.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, RETRY_AFTER};

use crate::prometheus;
use crate::router::Site;

pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// 200 when reading and writing work, else 503; the body says which and why.
pub(crate) async fn readyz(State(site): State<Arc<Site>>) -> Response {
    let readiness = site.ask.readiness();
    match readiness.is_ready() {
        true => Json(readiness).into_response(),
        false => (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")], Json(readiness)).into_response(),
    }
}

pub(crate) async fn metrics(State(site): State<Arc<Site>>) -> Response {
    let figures = site.figures.iter().flat_map(|source| source.figures()).collect();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], prometheus::text(figures)).into_response()
}
