//! The list of services with how they are doing: rate, errors, latency, state.
//!
//! A figure that is not known is null; lists are empty, never null.

use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};

use crate::query_id::QueryId;
use crate::range::Range;
use crate::wire;

pub const DEFAULT_ROWS: usize = 100;
pub const ROWS_MAX: usize = 2_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicesAsk {
    pub query_id: QueryId,
    pub range: Range,
    /// All must hold.
    pub scope: Vec<Scope>,
    /// Part of a name, in any case.
    pub q: String,
    pub state: Vec<ServiceState>,
    pub team: Vec<String>,
    pub language: Vec<String>,
    pub sort: Sort,
    /// Sorts by this first.
    pub group: Option<ServicesGroup>,
    /// The window to compare with, resolved.
    pub compare: Option<Range>,
    pub limit: usize,
    pub cursor: Option<String>,
}

/// One restriction such as `env:prod`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    pub key: ScopeKey,
    pub value: String,
}

impl Scope {
    /// Reads `env:prod`; none when the key is unknown or the value empty.
    pub fn parse(text: &str) -> Option<Self> {
        let (key, value) = text.split_once(':')?;
        let key = ScopeKey::ALL.into_iter().find(|known| known.name() == key)?;
        (!value.is_empty()).then(|| Self { key, value: value.into() })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeKey {
    Env,
    Namespace,
    Cluster,
    Team,
}

impl ScopeKey {
    pub const ALL: [Self; 4] = [Self::Env, Self::Namespace, Self::Cluster, Self::Team];

    pub fn name(self) -> &'static str {
        match self {
            Self::Env => "env",
            Self::Namespace => "ns",
            Self::Cluster => "cluster",
            Self::Team => "team",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    pub by: SortKey,
    pub descending: bool,
}

impl Sort {
    /// Reads `rate` or `-rate`.
    pub fn parse(text: &str) -> Option<Self> {
        let (descending, name) = match text.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, text),
        };
        let by = SortKey::ALL.into_iter().find(|known| known.name() == name)?;
        Some(Self { by, descending })
    }
}

impl Default for Sort {
    fn default() -> Self {
        Self { by: SortKey::ErrorRate, descending: true }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    Name,
    Rate,
    ErrorRate,
    P50,
    P95,
    P99,
}

impl SortKey {
    pub const ALL: [Self; 6] = [Self::Name, Self::Rate, Self::ErrorRate, Self::P50, Self::P95, Self::P99];

    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Rate => "rate",
            Self::ErrorRate => "error_rate",
            Self::P50 => "p50",
            Self::P95 => "p95",
            Self::P99 => "p99",
        }
    }
}

/// What rows are put together by, those without it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServicesGroup {
    Namespace,
    Team,
    /// The version with the most requests.
    Version,
}

impl ServicesGroup {
    pub const ALL: [Self; 3] = [Self::Namespace, Self::Team, Self::Version];

    pub fn name(self) -> &'static str {
        match self {
            Self::Namespace => "namespace",
            Self::Team => "team",
            Self::Version => "version",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceState {
    Ok,
    Warning,
    Critical,
    #[default]
    Unknown,
}

impl ServiceState {
    pub const ALL: [Self; 4] = [Self::Ok, Self::Warning, Self::Critical, Self::Unknown];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Unknown => "unknown",
        }
    }
}

/// One name within the scope; `namespace` and `env` are null when it has several.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceRow {
    pub service: String,
    pub namespace: Option<String>,
    pub env: Option<String>,
    pub team: Option<String>,
    pub language: Option<String>,
    pub state: ServiceState,
    /// What made the state: `error_rate`, `p95`, …
    pub reasons: Vec<String>,
    #[serde(with = "wire::nanos_or_null")]
    pub state_since: Option<Nanos>,
    /// Entry spans a second.
    pub rate: f64,
    pub count: u64,
    pub errors: u64,
    pub error_rate: Option<f64>,
    pub p50_ns: Option<u64>,
    pub p95_ns: Option<u64>,
    pub p99_ns: Option<u64>,
    pub spark: Spark,
    pub compare: Option<Compared>,
    pub instances: Instances,
    pub breakers: Option<Breakers>,
    pub versions: Vec<VersionShare>,
    pub apdex: Option<f64>,
    pub slo: Option<Slo>,
    #[serde(with = "wire::nanos_or_null")]
    pub last_deploy: Option<Nanos>,
    pub alerts_firing: Option<u64>,
    pub saturation: Option<f64>,
    /// In the range: of spans where their first bucket begins, of logs and metrics their first block of rows.
    #[serde(with = "wire::nanos_or_null")]
    pub first_seen: Option<Nanos>,
    /// In the range: of spans where their last bucket begins, of logs and metrics where their last block ends.
    #[serde(with = "wire::nanos_or_null")]
    pub last_seen: Option<Nanos>,
}

/// Up to 40 equal steps over the range; null where nothing came.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spark {
    pub rate: Vec<Option<f64>>,
    pub error_rate: Vec<Option<f64>>,
    pub p95_ns: Vec<Option<u64>>,
}

/// The same figures in the window compared with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    pub rate: f64,
    pub error_rate: Option<f64>,
    pub p95_ns: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instances {
    pub registered: Option<u64>,
    pub up: Option<u64>,
    pub seen: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breakers {
    pub open: u64,
    pub half_open: u64,
    pub total: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VersionShare {
    pub version: String,
    pub share: f64,
    pub instances: Option<u64>,
    pub error_rate: Option<f64>,
    pub p95_ns: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Slo {
    pub target: f64,
    pub budget_left: f64,
}

#[cfg(test)]
mod tests;
