//! The logs of one trace, and the log row that every list of logs shows.

use daymark_model::id::{SpanId, TraceId};
use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};

use crate::attribute::Attributes;
use crate::query_id::QueryId;
use crate::range::Range;
use crate::wire;

/// Rows of one page when the question names no limit, and at most.
pub const DEFAULT_ROWS: usize = 200;
pub const ROWS_MAX: usize = 5_000;
/// Rows of a streamed answer.
pub const ROWS_STREAMED_MAX: usize = 100_000;

/// Asks for a trace's logs, oldest first; ties of time keep arrival order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceLogsAsk {
    pub query_id: QueryId,
    pub id: TraceId,
    pub span_id: Option<SpanId>,
    /// Where to look first. Never needed, never a filter.
    pub hint: Option<Range>,
    pub episode: Option<u32>,
    pub limit: usize,
    /// As the engine wrote it in `meta.cursor` of the page before.
    pub cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogRow {
    pub log_id: String,
    #[serde(with = "wire::nanos")]
    pub time: Nanos,
    /// unset, trace, debug, info, warn, error, fatal.
    pub severity: String,
    pub severity_number: u8,
    pub severity_text: Option<String>,
    pub service: String,
    pub instance: Option<String>,
    pub body: Option<String>,
    #[serde(with = "wire::trace_id_or_null")]
    pub trace_id: Option<TraceId>,
    #[serde(with = "wire::span_id_or_null")]
    pub span_id: Option<SpanId>,
    pub event_name: Option<String>,
    pub attributes: Attributes,
    pub resource: Attributes,
    /// Names of the fields that were cut.
    pub truncated: Vec<String>,
}

impl LogRow {
    /// The keys of a row, in order.
    pub const FIELDS: [&str; 14] = [
        "log_id",
        "time",
        "severity",
        "severity_number",
        "severity_text",
        "service",
        "instance",
        "body",
        "trace_id",
        "span_id",
        "event_name",
        "attributes",
        "resource",
        "truncated",
    ];
}
