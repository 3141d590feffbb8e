//! Rate, errors and durations over time.

use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};

use crate::query_id::QueryId;
use crate::range::Range;
use crate::services::Scope;
use crate::wire;

pub const DEFAULT_BUCKETS: usize = 60;
/// A day by the minute fits.
pub const BUCKETS_MAX: usize = 1_440;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficAsk {
    pub query_id: QueryId,
    pub range: Range,
    pub scope: Vec<Scope>,
    /// Only its entry spans.
    pub service: Option<String>,
    /// Only entry spans of this name.
    pub op: Option<String>,
    /// A series for each version instead of one.
    pub by_version: bool,
    /// Steps, at most.
    pub buckets: usize,
    pub compare: Option<Range>,
}

/// Entry spans in equal steps; the last one may not be over.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    #[serde(with = "wire::nanos")]
    pub t0: Nanos,
    #[serde(with = "wire::wide")]
    pub step_ns: i64,
    pub series: Vec<TrafficSeries>,
    /// The same steps of the window compared with.
    pub compare: Vec<TrafficSeries>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrafficSeries {
    /// The version; null when all are together, or of spans without one.
    pub key: Option<String>,
    pub count: Vec<u64>,
    pub errors: Vec<u64>,
    pub p50_ns: Vec<Option<u64>>,
    pub p95_ns: Vec<Option<u64>>,
    pub p99_ns: Vec<Option<u64>>,
}
