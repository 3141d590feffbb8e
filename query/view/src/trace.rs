//! One trace: found by its id alone, with all its spans.

use std::collections::BTreeMap;

use daymark_model::id::{SpanId, TraceId};
use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};

use crate::attribute::Attributes;
use crate::query_id::QueryId;
use crate::range::Range;
use crate::wire;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceAsk {
    pub query_id: QueryId,
    /// A short id (upper half zero) also finds traces that share its low eight bytes.
    pub id: TraceId,
    /// Where to look first. Never needed, never a filter.
    pub hint: Option<Range>,
    /// Counted from 1; none = the newest.
    pub episode: Option<u32>,
    /// More spans are cut and `meta.truncated` says so.
    pub spans_max: usize,
    /// With the ids that were sent; else two halves of one call that share an id are told apart.
    pub as_received: bool,
}

/// Removes every row of a trace from answers at once, from disk later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceDeletion {
    pub query_id: QueryId,
    pub id: TraceId,
}

/// Spans are ordered by (start, span_id).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    #[serde(with = "wire::trace_id")]
    pub trace_id: TraceId,
    #[serde(with = "wire::nanos")]
    pub start: Nanos,
    /// Last end minus first start.
    #[serde(with = "wire::wide")]
    pub duration_ns: i64,
    pub span_count: u64,
    pub error_count: u64,
    pub log_count: u64,
    pub root: Option<TraceRoot>,
    /// By first start.
    pub services: Vec<String>,
    pub completeness: Completeness,
    #[serde(with = "wire::span_ids")]
    pub missing_parents: Vec<SpanId>,
    /// Other ids whose low eight bytes agree.
    #[serde(with = "wire::trace_ids")]
    pub aliases: Vec<TraceId>,
    pub episode: Episode,
    pub tier: String,
    /// Who made the id, as far as the spans tell.
    #[serde(default)]
    pub born: Option<Born>,
    pub skew: Vec<Skew>,
    /// By the short names that spans use (`r1`, `r2`, …).
    pub resources: BTreeMap<String, Attributes>,
    pub spans: Vec<Span>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceRoot {
    #[serde(with = "wire::span_id")]
    pub span_id: SpanId,
    pub service: String,
    pub name: String,
}

/// Who made a trace's id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Born {
    pub by: Birth,
    /// That of the root; of a trace without one the service that was called first.
    pub service: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Birth {
    Browser,
    Gateway,
    Service,
    /// A caller that sent no span.
    Outside,
}

/// Whether all spans of the trace have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completeness {
    Open,
    Complete,
    MissingRoot,
    MissingSpans,
    Truncated,
    Late,
}

impl Completeness {
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Complete => "complete",
            Self::MissingRoot => "missing_root",
            Self::MissingSpans => "missing_spans",
            Self::Truncated => "truncated",
            Self::Late => "late",
        }
    }
}

/// Which of several uses of one id this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Episode {
    pub n: u32,
    pub of: u32,
}

/// How far a service's clock seems off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skew {
    pub service: String,
    #[serde(with = "wire::wide")]
    pub offset_ns: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    #[serde(with = "wire::span_id")]
    pub span_id: SpanId,
    #[serde(with = "wire::span_id_or_null")]
    pub parent_span_id: Option<SpanId>,
    pub service: String,
    pub name: String,
    /// unspecified, internal, server, client, producer, consumer.
    pub kind: String,
    #[serde(with = "wire::nanos")]
    pub start: Nanos,
    #[serde(with = "wire::wide")]
    pub duration_ns: i64,
    /// unset, ok, error.
    pub status: String,
    pub status_message: Option<String>,
    /// A key of [`Trace::resources`].
    pub resource: String,
    pub scope: Scope,
    pub attributes: Attributes,
    pub events: Vec<Event>,
    pub links: Vec<Link>,
    pub trace_state: Option<String>,
    pub flags: u32,
    pub peer: Option<String>,
    pub source: String,
    pub tier: String,
    /// Names of the quality bits that are set.
    pub quality: Vec<String>,
    pub dropped: Dropped,
}

/// The library that made the span.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scope {
    pub name: Option<String>,
    pub version: Option<String>,
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_url: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    #[serde(with = "wire::nanos")]
    pub time: Nanos,
    pub name: String,
    pub attributes: Attributes,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    #[serde(with = "wire::trace_id")]
    pub trace_id: TraceId,
    #[serde(with = "wire::span_id")]
    pub span_id: SpanId,
    pub trace_state: Option<String>,
    pub attributes: Attributes,
}

/// How many were lost before or while storing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    pub attributes: u32,
    pub events: u32,
    pub links: u32,
}
