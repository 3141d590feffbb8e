//! What a page needs to begin with, what was refused lately, and a span to try the whole way with.

use std::fmt;

use daymark_model::id::TraceId;
use daymark_model::signal::Signal;
use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};

use crate::ask::Answering;
use crate::meta::Answer;
use crate::query_id::QueryId;
use crate::system::RunningQuery;
use crate::wire;

/// What an engine tells of itself and its senders.
pub trait AskServer: Send + Sync + fmt::Debug {
    fn scopes(&self, query_id: QueryId) -> Answering<'_, Answer<Scopes>>;
    /// Newest first.
    fn rejected_samples(&self, ask: SamplesAsk) -> Answering<'_, Answer<Vec<RejectedSample>>>;
    /// Sends a span the way of every other, and answers when it can be found.
    fn test_span(&self, query_id: QueryId) -> Answering<'_, Answer<TestSpan>>;
    /// Those that took long and are over, the last first.
    fn slow_queries(&self) -> Vec<RunningQuery>;
}

/// The data of `GET /bootstrap`. What is not known is null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bootstrap {
    pub user: User,
    /// off, on.
    pub auth: String,
    /// Pages beyond those that every server has.
    pub features: Vec<String>,
    pub scopes: Scopes,
    pub limits: Limits,
    #[serde(with = "wire::nanos_or_null")]
    pub server_time: Option<Nanos>,
    pub build: Build,
    pub default_tz: String,
    pub languages: Vec<String>,
    pub badges: Badges,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub name: String,
    pub role: String,
    pub scopes: Vec<String>,
}

/// What services can be narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scopes {
    pub env: Vec<String>,
    pub ns: Vec<String>,
    pub cluster: Vec<String>,
    pub team: Vec<String>,
}

/// What one question may take.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    pub query_time_ms: u64,
    pub rows: u64,
    pub rows_streamed: u64,
    pub scanned_bytes: u64,
    pub memory_bytes: u64,
    pub trace_spans: u64,
    pub body_bytes: u64,
    pub sql_text_bytes: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    pub version: String,
    pub commit: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Badges {
    pub alerts_firing: Option<u64>,
    pub breakers_open: Option<u64>,
    pub dlq: Option<u64>,
    pub config_drift: Option<u64>,
    pub discovery_mismatch: Option<u64>,
    pub health_bad: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamplesAsk {
    pub query_id: QueryId,
    pub source: Option<String>,
    pub signal: Option<Signal>,
    pub reason: Option<String>,
}

/// Something that was not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedSample {
    #[serde(with = "wire::nanos")]
    pub time: Nanos,
    pub source: String,
    pub signal: String,
    pub reason: String,
    pub detail: String,
    /// The beginning of the record, where it is kept.
    pub bytes_shown: Option<String>,
    /// Who sent it, where that is known.
    pub peer: Option<String>,
}

/// The data of `GET /system/intake`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Intake {
    /// All that are on, also those that nobody has used.
    pub listeners: Vec<Listener>,
    /// Items of each of the last sixty whole seconds, oldest first.
    pub per_s: Vec<u64>,
    /// The last first.
    pub senders: Vec<SenderRow>,
    pub refused: Vec<RefusedRow>,
    pub data_dir: String,
    pub disk_free: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    pub source: String,
    pub signal: String,
    pub address: String,
    pub path: String,
    /// Since the start.
    pub items: u64,
    #[serde(with = "wire::nanos_or_null")]
    pub last_at: Option<Nanos>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderRow {
    pub peer: String,
    pub signals: Vec<String>,
    #[serde(with = "wire::nanos")]
    pub last_at: Nanos,
}

/// Requests that did not become batches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedRow {
    pub peer: String,
    pub address: Option<String>,
    pub reason: String,
    pub count: u64,
    #[serde(with = "wire::nanos")]
    pub last_at: Nanos,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestSpan {
    #[serde(with = "wire::trace_id")]
    pub trace_id: TraceId,
}

/// The body of `POST /system/client-errors`: what failed in a browser.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientErrorBody {
    pub build: String,
    pub url: String,
    pub message: String,
    pub stack: String,
}

impl ClientErrorBody {
    pub const KEYS: [&str; 4] = ["build", "url", "message", "stack"];
    /// All of them together.
    pub const BYTES: usize = 8 << 10;
}
