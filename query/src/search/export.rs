//! Lines of a search as rows of SQL, for files: the columns of the table, in the order of the list.

use daymark_view::error::AskError;
use daymark_view::logs::{Direction, LogsAsk};
use daymark_view::sql::{SqlAnswer, SqlAsk, SqlFormat, SqlParams};

use super::lines::of_ask;
use super::words::check_expressions;
use crate::ask::Answerer;

/// What a person wants of a line in a file.
const COLUMNS: &str = "time, severity, severity_number, severity_text, service, namespace, env, version, \
                       instance, body, trace_id, span_id, event_name, attributes, resource, log_id";

impl Answerer {
    pub(crate) async fn answer_export(&self, ask: LogsAsk, format: SqlFormat) -> Result<SqlAnswer, AskError> {
        check_expressions(&ask.query)?;
        self.answer_sql(export(&ask, format)).await
    }
}

fn export(ask: &LogsAsk, format: SqlFormat) -> SqlAsk {
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
