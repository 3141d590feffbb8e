//! Whether anything is wrong: the first page.

use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};

use crate::events::ChangeEvent;
use crate::query_id::QueryId;
use crate::range::Range;
use crate::services::{Scope, ServiceRow, ServiceState};
use crate::wire;

/// Services that are shown as the worst, at most.
pub const WORST_SHOWN: usize = 5;
pub const EVENTS_SHOWN: usize = 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverviewAsk {
    pub query_id: QueryId,
    pub range: Range,
    pub scope: Vec<Scope>,
}

/// Counts of what there is no source for yet are null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    pub services: StateCounts,
    pub alerts_firing: Option<u64>,
    pub breakers_open: Option<u64>,
    pub dlq_inflow: Option<u64>,
    pub config_drift: Option<u64>,
    /// Every service, the worst first.
    pub states: Vec<(String, ServiceState)>,
    /// Those that are not well.
    pub worst: Vec<ServiceRow>,
    /// Whether there is anything in the window before to set this against.
    #[serde(default)]
    pub has_before: bool,
    /// The service that users call most.
    pub front: Option<String>,
    pub finding: Option<Finding>,
    pub events: Vec<ChangeEvent>,
    pub ingest: IngestRates,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateCounts {
    pub ok: u64,
    pub warning: u64,
    pub critical: u64,
    pub unknown: u64,
}

impl StateCounts {
    pub fn add(&mut self, state: ServiceState) {
        *match state {
            ServiceState::Ok => &mut self.ok,
            ServiceState::Warning => &mut self.warning,
            ServiceState::Critical => &mut self.critical,
            ServiceState::Unknown => &mut self.unknown,
        } += 1;
    }
}

/// When the worst service went wrong, and what changed shortly before: a coincidence, no cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub service: String,
    /// `error_rate` or `p95`.
    pub metric: String,
    pub now: f64,
    pub before: Option<f64>,
    /// The first minute in which it left what it was in the window before.
    #[serde(with = "wire::nanos")]
    pub since: Nanos,
    pub change: Option<ChangeEvent>,
    /// Failed requests of the service since then.
    pub failed_traces: u64,
}

/// Items taken a second, over the last whole minutes; null where it is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IngestRates {
    pub spans_per_s: Option<f64>,
    pub logs_per_s: Option<f64>,
    pub points_per_s: Option<f64>,
    pub lag_ns: Option<u64>,
    pub rejected: Option<u64>,
}
