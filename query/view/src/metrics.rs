//! Metrics: which there are, what tells their series apart, figures over time, and exemplars.
//!
//! How figures are made of points, with resets, borders of buckets and missing points: docs/api/metrics.md.

use std::collections::BTreeMap;
use std::fmt;

use daymark_model::id::{SpanId, TraceId};
use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};

use crate::ask::Answering;
use crate::attribute::Attributes;
use crate::meta::Answer;
use crate::query_id::QueryId;
use crate::range::Range;
use crate::search::Query;
use crate::services::Scope;
use crate::wire;

pub const DEFAULT_ROWS: usize = 100;
pub const ROWS_MAX: usize = 1_000;
pub const DEFAULT_POINTS: usize = 1_200;
pub const POINTS_MAX: usize = 5_000;
/// Queries of one question.
pub const QUERIES_MAX: usize = 20;
/// Series of one query that are answered without being asked for by number.
pub const SERIES_MAX: usize = 5_000;
/// Values of one answer.
pub const VALUES_MAX: usize = 1_000_000;

/// What an engine answers about metrics.
pub trait AskMetrics: Send + Sync + fmt::Debug {
    fn metrics(&self, ask: MetricsAsk) -> Answering<'_, Answer<Vec<MetricSeries>>>;
    fn metric_catalog(&self, ask: CatalogAsk) -> Answering<'_, Answer<Vec<MetricRow>>>;
    /// `NotFound` when no metric has the name.
    fn metric_labels(&self, ask: LabelsAsk) -> Answering<'_, Answer<Labels>>;
    /// Newest first.
    fn exemplars(&self, ask: ExemplarsAsk) -> Answering<'_, Answer<Vec<ExemplarRow>>>;
}

/// How many values become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agg {
    Avg,
    Sum,
    Min,
    Max,
    Count,
    Last,
    P50,
    P90,
    P95,
    P99,
    /// What was counted, a second.
    Rate,
    /// What was counted.
    Increase,
}

impl Agg {
    pub const ALL: [Self; 12] = [
        Self::Avg,
        Self::Sum,
        Self::Min,
        Self::Max,
        Self::Count,
        Self::Last,
        Self::P50,
        Self::P90,
        Self::P95,
        Self::P99,
        Self::Rate,
        Self::Increase,
    ];

    /// The share of values that lie below.
    pub fn quantile(self) -> Option<f64> {
        match self {
            Self::P50 => Some(0.5),
            Self::P90 => Some(0.9),
            Self::P95 => Some(0.95),
            Self::P99 => Some(0.99),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Avg => "avg",
            Self::Sum => "sum",
            Self::Min => "min",
            Self::Max => "max",
            Self::Count => "count",
            Self::Last => "last",
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::Rate => "rate",
            Self::Increase => "increase",
        }
    }
}

/// The body of `POST /metrics/query` as it is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MetricsBody {
    pub queries: Vec<MetricQueryBody>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub scope: Vec<String>,
    pub max_points: Option<usize>,
}

impl MetricsBody {
    pub const KEYS: [&str; 5] = ["queries", "from", "to", "scope", "max_points"];
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricQueryBody {
    /// Names the series of this query; the first is `a`, the second `b`, … unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub metric: String,
    pub agg: Agg,
    #[serde(default)]
    pub by: Vec<String>,
    #[serde(default)]
    pub q: String,
    #[serde(default)]
    pub rate: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topk: Option<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct MetricsAsk {
    pub query_id: QueryId,
    pub queries: Vec<MetricQuery>,
    pub range: Range,
    /// All must hold.
    pub scope: Vec<Scope>,
    pub max_points: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct MetricQuery {
    pub id: String,
    pub metric: String,
    pub agg: Agg,
    /// Series that have the same values of these become one.
    pub by: Vec<String>,
    pub query: Query,
    /// What was counted a second instead of what was counted or measured.
    pub rate: bool,
    /// Only the series with the highest mean.
    pub topk: Option<usize>,
}

/// Values in equal steps from an instant on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricSeries {
    pub id: String,
    pub labels: BTreeMap<String, Option<String>>,
    pub unit: Option<String>,
    #[serde(with = "wire::nanos")]
    pub t0: Nanos,
    #[serde(with = "wire::wide")]
    pub step_ns: i64,
    pub values: Vec<Option<f64>>,
    /// The least and the greatest that each value was made of; empty where that says nothing.
    pub min: Vec<Option<f64>>,
    pub max: Vec<Option<f64>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogAsk {
    pub query_id: QueryId,
    /// Part of a name or a description, in any case.
    pub search: String,
    pub limit: usize,
    pub cursor: Option<String>,
}

/// A metric. One that is sent in several ways has a row for each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MetricRow {
    pub metric: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub unit: Option<String>,
    pub temporality: String,
    pub description: Option<String>,
    pub series: u64,
    #[serde(with = "wire::nanos_or_null")]
    pub last_seen: Option<Nanos>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelsAsk {
    pub query_id: QueryId,
    pub metric: String,
    /// Asks for the values of this key instead of for the keys.
    pub key: Option<String>,
    /// Part of a key or of a value, in any case.
    pub search: String,
    pub limit: usize,
    pub cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Labels {
    Keys(Vec<LabelKey>),
    Values(Vec<LabelValue>),
}

impl Labels {
    pub fn rows(&self) -> usize {
        match self {
            Self::Keys(keys) => keys.len(),
            Self::Values(values) => values.len(),
        }
    }
}

/// A key as `by` and `q` name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelKey {
    pub key: String,
    /// Distinct values.
    pub values: u64,
    /// Series that have it.
    pub series: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelValue {
    pub value: String,
    pub series: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ExemplarsAsk {
    pub query_id: QueryId,
    pub metric: String,
    pub range: Range,
    pub scope: Vec<Scope>,
    /// About the series.
    pub query: Query,
    pub limit: usize,
    pub cursor: Option<String>,
}

/// One measurement that points to a trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExemplarRow {
    pub metric: String,
    #[serde(with = "wire::wide")]
    pub series_id: u64,
    #[serde(with = "wire::nanos")]
    pub time: Nanos,
    pub value: f64,
    #[serde(with = "wire::trace_id_or_null")]
    pub trace_id: Option<TraceId>,
    #[serde(with = "wire::span_id_or_null")]
    pub span_id: Option<SpanId>,
    pub service: String,
    pub attributes: Attributes,
}
