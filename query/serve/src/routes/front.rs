//! What stands at `/`: which calls there are, for whoever comes with a browser or `curl`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;

use crate::router::Site;
use crate::routes::ui;

const TEXT: &str = "\
Daymark keeps and finds traces, logs and metrics. This is its HTTP API.

POST   /api/v1/sql                 {\"query\": \"SELECT …\"}
GET    /api/v1/sql/schema
GET    /api/v1/resolve             ?s=<an id, a header, a log line, a name>
POST   /api/v1/traces/search       {\"q\": \"service:payment status:error\"}
GET    /api/v1/traces/{id}         in any spelling; ?format=otlp
GET    /api/v1/traces/{id}/logs
GET    /api/v1/traces/{id}/skeleton
GET    /api/v1/traces/{id}/spans   ?rows=0,1,2
GET    /api/v1/traces/{id}/find    ?q=self>5ms
GET    /api/v1/traces/{id}/similar
DELETE /api/v1/traces/{id}
POST   /api/v1/traces/diff         {\"a\": {\"trace_id\": …}, \"b\": {\"q\": …}}
POST   /api/v1/traces/explain      {\"selection\": {\"q\": …, \"box\": …}}
GET    /api/v1/traces/fields       ?search=http
GET    /api/v1/traces/facets       ?key=service
GET    /api/v1/traces/heatmap      ?q=service:web
GET    /api/v1/traces/origins
POST   /api/v1/logs/search         {\"q\": \"level>=warn timeout\"}
GET    /api/v1/logs/{log_id}
GET    /api/v1/logs/context        ?log_id=…
GET    /api/v1/logs/histogram      ?q=level>=warn
GET    /api/v1/services            ?from=-15m
GET    /api/v1/alerts/states
GET    /api/v1/alerts/rules
GET    /api/v1/alerts/history
POST   /api/v1/alerts/preview      {\"rule\": {…}, \"from\": \"-1d\"}
GET    /api/v1/ledger
POST   /api/v1/ledger/recount
GET    /api/v1/system/status
GET    /api/v1/system/segments
GET    /api/v1/system/queries
POST   /api/v1/system/settle
POST   /api/v1/system/backup
GET    /api/v1/queries/{id}
DELETE /api/v1/queries/{id}
GET    /healthz
GET    /readyz
GET    /metrics
";

/// Browsers get the UI, everybody else the text.
pub(crate) async fn front(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    ui::page(&site, &headers).unwrap_or_else(|| TEXT.into_response())
}
