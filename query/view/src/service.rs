//! One service: how it does, its operations, whom it talks to, its instances, its errors, its versions.

use daymark_model::id::{SpanId, TraceId};
use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};

use crate::map::MapEdge;
use crate::query_id::QueryId;
use crate::range::Range;
use crate::services::{Scope, ServiceRow};
use crate::wire;

pub const DEFAULT_ROWS: usize = 100;
pub const ROWS_MAX: usize = 1_000;
pub const INSTANCES_MAX: usize = 2_000;

/// What every question about one service has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAsk {
    pub query_id: QueryId,
    pub service: String,
    pub range: Range,
    /// All must hold.
    pub scope: Vec<Scope>,
    /// The window to compare with, resolved.
    pub compare: Option<Range>,
    pub limit: usize,
    pub cursor: Option<String>,
}

/// The row of the list, and what its page shows besides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceDetail {
    #[serde(flatten)]
    pub row: ServiceRow,
    pub slos: Vec<ServiceSlo>,
    pub owner: Option<String>,
    /// The signals that it sent in the range.
    pub uses: Vec<String>,
    pub counts: ServiceCounts,
    /// As `process.runtime.name` and `process.runtime.version` say.
    pub runtime_version: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceSlo {
    pub name: String,
    pub target: f64,
    pub budget_left: f64,
}

/// How many rows its parts have; null when not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceCounts {
    pub operations: Option<u64>,
    pub dependencies: Option<u64>,
    pub errors: Option<u64>,
    pub deploys: Option<u64>,
}

/// Spans of one name and kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    pub name: String,
    pub kind: String,
    /// Whether its spans enter the service, and so count as its requests.
    pub entry: bool,
    pub rate: f64,
    pub count: u64,
    pub errors: u64,
    pub error_rate: Option<f64>,
    pub p50_ns: Option<u64>,
    pub p95_ns: Option<u64>,
    pub p99_ns: Option<u64>,
    /// Of the time of all entries; null of what is no entry, whose time is part of theirs.
    pub time_share: Option<f64>,
    /// Of the newest spans that were looked at; null when none of them is of this operation.
    #[serde(with = "wire::trace_id_or_null")]
    pub last_trace_id: Option<TraceId>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Dependencies {
    /// Calls to the service.
    pub upstream: Vec<MapEdge>,
    /// Calls of the service.
    pub downstream: Vec<MapEdge>,
}

/// An instance that sent something; states of registries and health are null until there are such.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    pub instance: String,
    pub host: Option<String>,
    pub zone: Option<String>,
    pub version: Option<String>,
    pub phase: Option<String>,
    #[serde(with = "wire::nanos_or_null")]
    pub started_at: Option<Nanos>,
    pub health: Option<String>,
    pub registration: Option<String>,
    pub verdict: Option<String>,
    pub rate: f64,
    pub count: u64,
    pub error_rate: Option<f64>,
    pub p95_ns: Option<u64>,
    pub cpu: Option<f64>,
    pub heap: Option<f64>,
    pub threads: Option<u64>,
    /// The last minute with an entry span.
    #[serde(with = "wire::nanos_or_null")]
    pub last_span_at: Option<Nanos>,
}

/// Failed spans of a service that fail alike.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ErrorGroup {
    /// The same for the same kind of failure, whenever it is asked for.
    pub fingerprint: String,
    /// `exception.type`, else `error.type`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The message with its variable parts cut out.
    pub message: String,
    /// The innermost line of the stack.
    pub frame: Option<String>,
    /// Up to 40 equal steps over the range.
    pub trend: Vec<u64>,
    pub count: u64,
    #[serde(with = "wire::nanos")]
    pub first_seen: Nanos,
    #[serde(with = "wire::nanos")]
    pub last_seen: Nanos,
    pub versions: Vec<String>,
    pub instances: Vec<String>,
    #[serde(with = "wire::trace_id_or_null")]
    pub last_trace_id: Option<TraceId>,
    #[serde(with = "wire::span_id_or_null")]
    pub last_span_id: Option<SpanId>,
    /// Of the newest one, at most 16 KiB.
    pub stack: Option<String>,
}

/// A version that began to send, or came back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Deploy {
    pub version: String,
    /// The version with the most calls before.
    pub from_version: Option<String>,
    /// The first ten seconds in which it sent.
    #[serde(with = "wire::nanos")]
    pub first_seen: Nanos,
    /// Instances that sent as this version in the range.
    pub instances: u64,
    /// Its share of the calls since.
    pub share: Option<f64>,
    /// All versions in the ten minutes before.
    pub before: DeployFigures,
    /// This version in the ten minutes since.
    pub after: DeployFigures,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeployFigures {
    pub error_rate: Option<f64>,
    pub p95_ns: Option<u64>,
}

/// Metrics of the runtime; no groups until series are joined with services.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Runtime {
    pub groups: Vec<RuntimeGroup>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RuntimeGroup {
    pub title: String,
    pub charts: Vec<serde_json::Value>,
}
