//! What happened: changes that may explain others.

use daymark_model::id::TraceId;
use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::query_id::QueryId;
use crate::range::Range;
use crate::services::Scope;
use crate::wire;

pub const DEFAULT_ROWS: usize = 100;
pub const ROWS_MAX: usize = 1_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventsAsk {
    pub query_id: QueryId,
    pub range: Range,
    pub scope: Vec<Scope>,
    /// All kinds when none is named.
    pub kind: Vec<EventKind>,
    pub service: Vec<String>,
    pub trace_id: Option<TraceId>,
    pub limit: usize,
    pub cursor: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    Deploy,
    Config,
    Breaker,
    Registration,
    Health,
    Route,
    Alert,
    Scaling,
    Drain,
    Dlq,
    Restart,
}

impl EventKind {
    pub const ALL: [Self; 11] = [
        Self::Deploy,
        Self::Config,
        Self::Breaker,
        Self::Registration,
        Self::Health,
        Self::Route,
        Self::Alert,
        Self::Scaling,
        Self::Drain,
        Self::Dlq,
        Self::Restart,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Config => "config",
            Self::Breaker => "breaker",
            Self::Registration => "registration",
            Self::Health => "health",
            Self::Route => "route",
            Self::Alert => "alert",
            Self::Scaling => "scaling",
            Self::Drain => "drain",
            Self::Dlq => "dlq",
            Self::Restart => "restart",
        }
    }
}

/// One of them, newest first in every list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeEvent {
    #[serde(with = "wire::nanos")]
    pub time: Nanos,
    pub kind: EventKind,
    pub service: Option<String>,
    pub instance: Option<String>,
    /// In English; whoever words it otherwise has `kind` and `detail`.
    pub title: String,
    pub from_state: Option<String>,
    pub to_state: Option<String>,
    #[serde(with = "wire::trace_id_or_null")]
    pub trace_id: Option<TraceId>,
    pub detail: Map<String, Value>,
}
