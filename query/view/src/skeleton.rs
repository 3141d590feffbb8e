//! A whole trace as parallel arrays in pre-order: all that drawing it needs, and nothing that is long.
//!
//! The place in the arrays is the row; what a row holds besides is asked for by [`RowsAsk`]. A revision names
//! the set of rows: when spans come, it is another one, and rows of the old are refused with where they went.

use daymark_model::id::{SpanId, TraceId};
use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};

use crate::attribute::Attributes;
use crate::query_id::QueryId;
use crate::search::Query;
use crate::trace::{Completeness, Episode, Span, TraceRoot};
use crate::wire;

/// Rows of a skeleton when the question names no number, and at most.
pub const DEFAULT_ROWS: usize = 250_000;
pub const ROWS_MAX: usize = 1_000_000;
/// Rows whose contents are given at once.
pub const DETAILS_MAX: usize = 200;
/// Stretches in which a folded subtree was busy.
pub const INTERVALS_MAX: usize = 32;

/// Bits of [`Skeleton::flags`].
pub mod flag {
    pub const ERROR: u16 = 1;
    pub const CRITICAL: u16 = 2;
    pub const MISSING_PARENT: u16 = 4;
    pub const SKEWED: u16 = 8;
    pub const LINKS: u16 = 16;
    pub const EVENTS: u16 = 32;
    pub const LOGS: u16 = 64;
    pub const ASYNC: u16 = 128;
    pub const AGGREGATE: u16 = 256;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkeletonAsk {
    pub query_id: QueryId,
    pub id: TraceId,
    pub episode: Option<u32>,
    /// Only the rows below this one.
    pub below: Option<u32>,
    /// The revision that `below` is a row of.
    pub revision: Option<String>,
    /// More rows are folded, the least important first.
    pub rows_max: usize,
    /// The span to tell the row of, which is not folded.
    pub span: Option<SpanId>,
}

/// Asks for the contents of some rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowsAsk {
    pub query_id: QueryId,
    pub id: TraceId,
    pub episode: Option<u32>,
    pub rows: Vec<u32>,
    pub revision: Option<String>,
}

/// Asks which rows match.
#[derive(Clone, Debug, PartialEq)]
pub struct FindAsk {
    pub query_id: QueryId,
    pub id: TraceId,
    pub episode: Option<u32>,
    pub query: Query,
    pub revision: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Skeleton {
    pub rev: String,
    #[serde(with = "wire::trace_id")]
    pub trace_id: TraceId,
    #[serde(with = "wire::nanos")]
    pub start: Nanos,
    #[serde(with = "wire::wide")]
    pub duration_ns: i64,
    /// Rows of the trace, and of this answer.
    pub total: u32,
    pub shown: u32,
    pub focus_row: Option<u32>,
    pub root: Option<TraceRoot>,
    pub error_count: u64,
    pub log_count: u64,
    pub completeness: Completeness,
    #[serde(with = "wire::trace_ids")]
    pub aliases: Vec<TraceId>,
    pub episode: Episode,
    pub tier: String,
    pub peers: Vec<Peer>,
    /// By row: 0 for none, else one more than the place in `peers`.
    pub peer: Vec<u32>,
    pub services: Vec<String>,
    pub operations: Vec<String>,
    pub depth: Vec<u32>,
    /// Start minus that of the parent row; of rows without one and of the first: minus that of the trace.
    pub dstart: Vec<i64>,
    pub dur: Vec<i64>,
    pub svc: Vec<u32>,
    pub op: Vec<u32>,
    /// Kind × 4 + status; kinds as in OTLP, status 0 unset, 1 ok, 2 error.
    pub kind_status: Vec<u8>,
    pub flags: Vec<u16>,
    pub n_events: Vec<u32>,
    pub n_logs: Vec<u32>,
    pub agg: Vec<Folded>,
    /// Where numbering jumps: `[place in the arrays, row]`; empty when every row is shown.
    pub runs: Vec<[u32; 2]>,
    pub missing_parents: Vec<MissingParent>,
    pub skew: Vec<ServiceSkew>,
    /// `[row, from, to]` in ns from the start of the trace.
    pub crit: Vec<[i64; 3]>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    pub name: String,
    /// service, database, queue, external.
    pub kind: String,
}

/// Rows below a row that are not shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folded {
    pub row: u32,
    pub count: u64,
    pub errors: u64,
    pub busy_ns: i64,
    /// Ns from the start of the trace.
    pub intervals: Vec<[i64; 2]>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingParent {
    /// The first of its children.
    pub row: u32,
    #[serde(with = "wire::span_id")]
    pub span_id: SpanId,
    pub children: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceSkew {
    pub svc: u32,
    #[serde(with = "wire::wide")]
    pub offset_ns: i64,
}

/// The contents of some rows, in the order in which they were asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Details {
    pub rev: String,
    /// By the short names that spans use.
    pub resources: std::collections::BTreeMap<String, Attributes>,
    pub spans: Vec<Detail>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    pub row: u32,
    #[serde(flatten)]
    pub span: Span,
}

/// Rows that match, as half-open ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    pub rev: String,
    pub ranges: Vec<[u32; 2]>,
    pub count: u64,
    pub by_service: std::collections::BTreeMap<String, u64>,
}
