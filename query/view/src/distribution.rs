//! How long spans took: one distribution, and one for each step of a range.

use daymark_model::id::TraceId;
use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};

use crate::service::ServiceAsk;
use crate::wire;

pub const DEFAULT_BINS: usize = 40;
pub const BINS_MAX: usize = 80;
pub const DEFAULT_CELLS_X: usize = 120;
pub const CELLS_X_MAX: usize = 400;
/// Examples beside a heatmap, at most.
pub const EXEMPLARS_MAX: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DurationsAsk {
    pub of: ServiceAsk,
    /// Only spans of this name; without name and kind all entry spans.
    pub op: Option<String>,
    pub kind: Option<String>,
    /// A duration whose rank is asked for.
    pub at_ns: Option<u64>,
    pub bins: usize,
}

/// Spans between one bound and the next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Durations {
    /// One more than counts: `counts[i]` took more than `bounds_ns[i]` and up to `bounds_ns[i + 1]`.
    pub bounds_ns: Vec<u64>,
    pub counts: Vec<u64>,
    /// The same in the window compared with; null when none was asked for.
    pub compare: Option<Vec<u64>>,
    /// The share of spans that took no longer than was asked.
    pub rank: Option<f64>,
    pub compare_rank: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeatmapAsk {
    pub of: ServiceAsk,
    pub cells_x: usize,
    pub cells_y: usize,
}

/// Spans by when they began and how long they took.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Heatmap {
    #[serde(with = "wire::nanos")]
    pub t0: Nanos,
    #[serde(with = "wire::wide")]
    pub step_ns: i64,
    /// One more than a column has cells.
    pub bounds_ns: Vec<u64>,
    /// Columns, from the earliest on; in each the shortest first.
    pub counts: Vec<Vec<u64>>,
    /// The failed ones among them.
    pub errors: Vec<Vec<u64>>,
    /// Some spans that can be opened.
    pub exemplars: Vec<SpanExemplar>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpanExemplar {
    #[serde(with = "wire::nanos")]
    pub time: Nanos,
    pub duration_ns: u64,
    #[serde(with = "wire::trace_id")]
    pub trace_id: TraceId,
    pub status: String,
}
