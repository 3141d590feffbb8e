//! Lines of a search as rows of SQL, for files: the columns of the table, in the order of the list.

use daymark_view::logs::{Direction, LogsAsk};
use daymark_view::sql::{SqlAsk, SqlFormat, SqlParams};

use super::lines::of_ask;

/// What a person wants of a line in a file.
const COLUMNS: &str = "time, severity, severity_number, severity_text, service, namespace, env, version, \
                       instance, body, trace_id, span_id, event_name, attributes, resource, log_id";

pub(crate) fn export(ask: &LogsAsk, format: SqlFormat) -> SqlAsk {
    let order = if ask.direction == Direction::Backward { "DESC" } else { "ASC" };
    SqlAsk {
        query_id: ask.query_id.clone(),
        query: format!("SELECT {COLUMNS} FROM logs WHERE {} ORDER BY time {order}", of_ask(ask, ask.range)),
        params: SqlParams::default(),
        format,
        limit: ask.limit,
        range: ask.range,
    }
}
