//! What every request gets before and after its route: an id, the guards, security headers, and an answer
//! in the form of a problem whatever went wrong, a panic included.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use daymark_view::error::{AskError, Code};
use daymark_view::query_id::QueryId;
use futures::FutureExt;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue};
use tracing::field::Empty;
use tracing::{Instrument, Span};
use ulid::Ulid;

use crate::answer::{Refused, problem};
use crate::router::Site;
use crate::tenants;

pub(crate) const QUERY_ID: HeaderName = HeaderName::from_static("x-query-id");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Nothing but our own files runs, loads or embeds.
const CSP: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
                   img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'self'; \
                   form-action 'none'; frame-ancestors 'none'";

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const READYZ: &str = "/readyz";
const PROBES: [&str; 3] = ["/healthz", READYZ, "/metrics"];

const FAULT: &str = "a fault in the server; its log has this query id";

/// Who asks this, and since when.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    pub(crate) query_id: QueryId,
    /// On the clock's `elapsed`.
    pub(crate) started: Duration,
    /// Whether all that was acknowledged could be read when it was asked.
    pub(crate) is_whole: bool,
}

pub(crate) async fn dress(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response {
    let (query_id, chosen) = query_id(&site, request.headers());
    let allowed = chosen.and_then(|()| site.guard.check(&request));
    let allowed = allowed.and_then(|()| tenants::check(request.headers(), &site.tenant));
    let is_whole = site.ask.readiness().read;
    let ticket = Ticket { query_id: query_id.clone(), started: site.clock.elapsed(), is_whole };
    request.extensions_mut().insert(ticket);
    let path = request.uri().path().to_owned();
    let span = span(&request, &query_id);
    let mut response = match allowed {
        Ok(()) => match AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span.clone()).await {
            Ok(response) => as_problem(response, &query_id),
            Err(_) => problem(AskError::new(Code::Internal, FAULT), &query_id),
        },
        Err(refused) => problem(refused, &query_id),
    };
    let status = response.status();
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("error", status.as_str());
        // Not being ready is an answer of its probe, not a failure.
        if path != READYZ {
            tracing::warn!(parent: &span, status = status.as_u16(), %query_id, path, "request failed");
        }
    }
    set_headers(response.headers_mut(), &query_id);
    response
}

/// What is told of a request: a span with its caller's as parent. Probes come every second and are not told.
fn span(request: &Request, query_id: &QueryId) -> Span {
    let Some(route) = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str) else {
        return Span::none();
    };
    if PROBES.contains(&route) {
        return Span::none();
    }
    let method = request.method().as_str();
    let parent = request.headers().get(TRACEPARENT).and_then(|parent| parent.to_str().ok());
    tracing::info_span!(
        "request",
        otel.name = format!("{method} {route}"),
        otel.server = true,
        otel.parent = parent,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        daymark.query_id = query_id.as_str(),
        error = Empty,
    )
}

/// The id the client chose, else a new one; an error when the chosen one is no ULID.
fn query_id(site: &Site, headers: &HeaderMap) -> (QueryId, Result<(), AskError>) {
    let since_epoch = Duration::from_nanos(u64::try_from(site.now().0).unwrap_or_default());
    let text = Ulid::from_datetime(UNIX_EPOCH + since_epoch).to_string();
    let fresh = QueryId::parse(&text).expect("a ULID is printed in its alphabet");
    let Some(chosen) = headers.get(QUERY_ID) else { return (fresh, Ok(())) };
    match chosen.to_str().ok().and_then(QueryId::parse) {
        Some(chosen) => (chosen, Ok(())),
        None => {
            let bad = AskError::new(Code::BadRequest, "the header X-Query-Id is not a ULID");
            (fresh, Err(bad.hint("26 characters of Crockford's base 32, or leave the header out")))
        }
    }
}

/// Routes leave their error beside an empty response. What is refused without one is a path that cannot be
/// decoded: the router does that by itself.
fn as_problem(mut response: Response, query_id: &QueryId) -> Response {
    let error = match response.extensions_mut().remove::<Refused>() {
        Some(Refused(error)) => error,
        None if response.status().is_client_error() => {
            AskError::new(Code::BadRequest, "the path cannot be read")
        }
        None => return response,
    };
    let mut dressed = problem(error, query_id);
    if let Some(methods) = response.headers_mut().remove(ALLOW) {
        dressed.headers_mut().insert(ALLOW, methods);
    }
    dressed
}

fn set_headers(headers: &mut HeaderMap, query_id: &QueryId) {
    let id = HeaderValue::from_str(query_id.as_str()).expect("a query id is ASCII");
    headers.insert(QUERY_ID, id);
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(PERMISSIONS_POLICY, HeaderValue::from_static("camera=(), geolocation=(), microphone=()"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
