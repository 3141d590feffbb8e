//! Two traces, or two sets of traces, side by side; and traces that are like one.

use daymark_model::id::TraceId;
use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::query_id::QueryId;
use crate::range::Range;
use crate::search::Query;
use crate::traces::TraceHit;
use crate::wire;

/// Traces of a set that are compared: the newest.
pub const TRACES_COMPARED: usize = 200;
/// Paths of a comparison, and steps of one.
pub const PATHS_MAX: usize = 5_000;
pub const STEPS_MAX: usize = 100;
pub const DEFAULT_SIMILAR: usize = 20;
pub const SIMILAR_MAX: usize = 200;

#[derive(Clone, Debug, PartialEq)]
pub struct DiffAsk {
    pub query_id: QueryId,
    pub a: Side,
    pub b: Side,
    pub metric: Metric,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Side {
    Trace(TraceId),
    Set { query: Query, range: Range },
}

/// By which siblings are ordered: the largest difference first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    #[default]
    Duration,
    #[serde(rename = "self")]
    Own,
    Critical,
    Count,
}

/// The body of `POST /traces/diff`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DiffBody {
    pub a: SideBody,
    pub b: SideBody,
    pub metric: Metric,
}

impl DiffBody {
    pub const KEYS: [&str; 3] = ["a", "b", "metric"];
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SideBody {
    pub trace_id: Option<String>,
    pub q: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diff {
    pub a: SideSum,
    pub b: SideSum,
    /// In pre-order.
    pub tree: Vec<PathDiff>,
    /// What differs of whole services: attributes of their resources.
    pub whole: Vec<AttributeDiff>,
}

/// Of several traces the means.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SideSum {
    pub label: String,
    pub traces: u64,
    #[serde(with = "rounded")]
    pub duration_ns: f64,
    pub spans: f64,
    pub errors: f64,
    /// Of the earliest.
    #[serde(with = "wire::nanos_or_null")]
    pub start: Option<Nanos>,
}

/// The spans that are called so, from the root on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathDiff {
    pub path: Vec<Step>,
    /// Null where there is no such span.
    pub a: Option<Measures>,
    pub b: Option<Measures>,
    /// Only of two traces.
    pub attributes: Vec<AttributeDiff>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Step {
    pub service: String,
    pub name: String,
    pub kind: String,
}

/// Per trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    pub count: f64,
    pub errors: f64,
    #[serde(with = "rounded")]
    pub duration_ns: f64,
    #[serde(with = "rounded")]
    pub self_ns: f64,
    #[serde(with = "rounded")]
    pub critical_ns: f64,
}

/// Means of nanoseconds are written as whole ones.
mod rounded {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(nanos: &f64, out: S) -> Result<S::Ok, S::Error> {
        #[expect(clippy::cast_possible_truncation, reason = "a duration")]
        let whole = nanos.round() as i64;
        out.serialize_i64(whole)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<f64, D::Error> {
        f64::deserialize(input)
    }
}

impl Measures {
    pub fn of(&self, metric: Metric) -> f64 {
        match metric {
            Metric::Duration => self.duration_ns,
            Metric::Own => self.self_ns,
            Metric::Critical => self.critical_ns,
            Metric::Count => self.count,
        }
    }
}

/// An attribute that one side has otherwise; null where it is absent, a list where it has several values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttributeDiff {
    pub key: String,
    pub a: Value,
    pub b: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimilarAsk {
    pub query_id: QueryId,
    pub id: TraceId,
    /// Where to look; none = an hour before and after.
    pub range: Option<Range>,
    pub limit: usize,
}

/// A trace that begins with the same operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Similar {
    /// The share of call paths that both have: 1 = the same shape.
    pub likeness: f64,
    #[serde(flatten)]
    pub trace: TraceHit,
}
