//! Searching traces: the question, and what is shown of each trace, span or operation found.

use daymark_model::id::{SpanId, TraceId};
use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};

use crate::attribute::Attributes;
use crate::query_id::QueryId;
use crate::range::Range;
use crate::search::Query;
use crate::services::Scope;
use crate::trace::Completeness;
use crate::wire;

pub const DEFAULT_TRACES: usize = 50;
pub const TRACES_MAX: usize = 1_000;
pub const DEFAULT_SPANS: usize = 100;
pub const SPANS_MAX: usize = 5_000;
/// Services that the row of a trace names.
pub const SERVICES_SHOWN: usize = 20;
/// Matching spans that the row of a trace names.
pub const MATCHED_SHOWN: usize = 3;

#[derive(Clone, Debug, PartialEq)]
pub struct TracesAsk {
    pub query_id: QueryId,
    pub query: Query,
    /// When matching spans begin.
    pub range: Range,
    pub scope: Vec<Scope>,
    /// Matching spans lie in it.
    pub area: Option<Area>,
    pub sort: TraceSort,
    pub mode: TracesMode,
    pub limit: usize,
    pub cursor: Option<String>,
    /// Count all matches, whatever it costs.
    pub count: bool,
}

/// A box of a heatmap: instants and durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    pub range: Range,
    pub min_ns: i64,
    pub max_ns: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceSort {
    #[default]
    Newest,
    Oldest,
    Slowest,
    Fastest,
    MostSpans,
    MostErrors,
}

/// What a row of the answer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TracesMode {
    #[default]
    Traces,
    Spans,
    Operations,
}

/// The body of `POST /traces/search` as it is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TracesBody {
    pub q: String,
    pub from: Option<String>,
    pub to: Option<String>,
    pub scope: Vec<String>,
    #[serde(rename = "box")]
    pub area: Option<AreaBody>,
    pub sort: TraceSort,
    pub mode: TracesMode,
    pub limit: Option<usize>,
    pub cursor: Option<String>,
    pub count: bool,
}

impl TracesBody {
    pub const KEYS: [&str; 10] =
        ["q", "from", "to", "scope", "box", "sort", "mode", "limit", "cursor", "count"];
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AreaBody {
    pub from: Option<String>,
    pub to: Option<String>,
    pub min_ns: Option<i64>,
    pub max_ns: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TracesFound {
    Traces(Vec<TraceHit>),
    Spans(Vec<SpanHit>),
    Operations(Vec<OperationHit>),
}

impl TracesFound {
    pub fn len(&self) -> usize {
        match self {
            Self::Traces(rows) => rows.len(),
            Self::Spans(rows) => rows.len(),
            Self::Operations(rows) => rows.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A trace that has matching spans.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraceHit {
    #[serde(with = "wire::trace_id")]
    pub trace_id: TraceId,
    /// Of the earliest span, when no root came.
    pub root_service: String,
    pub root_name: String,
    #[serde(with = "wire::nanos")]
    pub start: Nanos,
    /// Last end minus first start.
    #[serde(with = "wire::wide")]
    pub duration_ns: i64,
    pub span_count: u64,
    pub error_count: u64,
    /// Most time of their own first.
    pub services: Vec<ServiceShare>,
    pub log_count: u64,
    pub completeness: Completeness,
    /// The operation with the most time of its own.
    pub top: Option<TopOperation>,
    pub matched: Matched,
    pub tier: String,
    /// Equal for traces with the same call paths, however often each is gone.
    pub shape: String,
}

impl TraceHit {
    /// The keys of a row, in order.
    pub const FIELDS: [&str; 13] = [
        "trace_id",
        "root_service",
        "root_name",
        "start",
        "duration_ns",
        "span_count",
        "error_count",
        "services",
        "log_count",
        "completeness",
        "top",
        "matched",
        "tier",
    ];
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceShare {
    pub service: String,
    pub spans: u64,
    pub errors: u64,
    #[serde(with = "wire::wide")]
    pub self_ns: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopOperation {
    pub service: String,
    pub name: String,
    #[serde(with = "wire::wide")]
    pub self_ns: i64,
}

/// The matching spans of a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matched {
    pub count: u64,
    #[serde(with = "wire::span_ids")]
    pub span_ids: Vec<SpanId>,
}

/// A matching span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpanHit {
    #[serde(with = "wire::trace_id")]
    pub trace_id: TraceId,
    #[serde(with = "wire::span_id")]
    pub span_id: SpanId,
    pub service: String,
    pub name: String,
    pub kind: String,
    pub status: String,
    #[serde(with = "wire::nanos")]
    pub start: Nanos,
    #[serde(with = "wire::wide")]
    pub duration_ns: i64,
    /// Those that the question names.
    pub attributes: Attributes,
}

impl SpanHit {
    /// The keys of a row, in order.
    pub const FIELDS: [&str; 9] =
        ["trace_id", "span_id", "service", "name", "kind", "status", "start", "duration_ns", "attributes"];
}

/// Matching spans of one operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperationHit {
    pub service: String,
    pub name: String,
    pub kind: String,
    pub rate: f64,
    pub count: u64,
    pub errors: u64,
    pub error_rate: Option<f64>,
    pub p50_ns: Option<u64>,
    pub p95_ns: Option<u64>,
    pub p99_ns: Option<u64>,
    /// Of the time of all operations found.
    pub time_share: Option<f64>,
    #[serde(with = "wire::trace_id_or_null")]
    pub last_trace_id: Option<TraceId>,
}

impl OperationHit {
    /// The keys of a row, in order.
    pub const FIELDS: [&str; 12] = [
        "service",
        "name",
        "kind",
        "rate",
        "count",
        "errors",
        "error_rate",
        "p50_ns",
        "p95_ns",
        "p99_ns",
        "time_share",
        "last_trace_id",
    ];
}
