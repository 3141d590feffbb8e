//! What stands at `/`: which calls there are, for whoever comes with a browser or `curl`.

const TEXT: &str = "\
Daymark keeps and finds traces, logs and metrics. This is its HTTP API.

POST   /api/v1/sql                 {\"query\": \"SELECT …\"}
GET    /api/v1/sql/schema
POST   /api/v1/traces/search       {\"q\": \"service:payment status:error\"}
GET    /api/v1/traces/{id}         in any spelling; ?format=otlp
GET    /api/v1/traces/{id}/logs
DELETE /api/v1/traces/{id}
POST   /api/v1/logs/search         {\"q\": \"level>=warn timeout\"}
GET    /api/v1/logs/{log_id}
GET    /api/v1/logs/context        ?log_id=…
GET    /api/v1/logs/histogram      ?q=level>=warn
GET    /api/v1/services            ?from=-15m
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

pub(crate) async fn front() -> &'static str {
    TEXT
}
