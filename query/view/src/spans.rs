//! What a set of spans is made of: values of a key, a heatmap, how it differs from another set, and where its
//! traces were born.

use daymark_model::id::TraceId;
use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::query_id::QueryId;
use crate::range::Range;
use crate::search::{Key, Query};
use crate::services::Scope;
use crate::traces::{Area, AreaBody};
use crate::wire;

pub const DEFAULT_VALUES: usize = 10;
pub const VALUES_MAX: usize = 1_000;
pub const FACETS_MAX: usize = 32;
pub const DEFAULT_CELLS: (usize, usize) = (120, 40);
pub const CELLS_MAX: (usize, usize) = (400, 80);
/// Spans of a heatmap that can be opened.
pub const EXEMPLARS_MAX: usize = 200;

/// Spans that match.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanSet {
    pub query: Query,
    /// When they begin.
    pub range: Range,
    pub scope: Vec<Scope>,
    /// They lie in it.
    pub area: Option<Area>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FacetsAsk {
    pub query_id: QueryId,
    pub set: SpanSet,
    pub keys: Vec<Key>,
    pub limit: usize,
}

/// The values of a key, exactly counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facet {
    pub key: String,
    /// The most frequent ones.
    pub values: Vec<FacetValue>,
    /// Different values.
    pub distinct: u64,
    /// Spans with a value that is not shown.
    pub other: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetValue {
    pub value: String,
    pub count: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SpanHeatmapAsk {
    pub query_id: QueryId,
    pub set: SpanSet,
    pub cells_x: usize,
    pub cells_y: usize,
}

/// Spans by when they began and how long they took.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SpanHeatmap {
    #[serde(with = "wire::nanos")]
    pub t0: Nanos,
    #[serde(with = "wire::wide")]
    pub step_ns: i64,
    /// One more than a column has cells: a cell holds what is not below its bound and below the next one.
    pub bounds_ns: Vec<i64>,
    /// Columns, from the earliest on; in each the shortest first.
    pub counts: Vec<Vec<u64>>,
    /// The failed ones among them.
    pub errors: Vec<Vec<u64>>,
    /// The longest of each column.
    pub exemplars: Vec<Exemplar>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exemplar {
    #[serde(with = "wire::nanos")]
    pub time: Nanos,
    #[serde(with = "wire::wide")]
    pub duration_ns: i64,
    #[serde(with = "wire::trace_id")]
    pub trace_id: TraceId,
    pub status: String,
}

/// How does the selection differ? Without a baseline from what is beside its box.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainAsk {
    pub query_id: QueryId,
    pub baseline: Option<SpanSet>,
    pub selection: SpanSet,
}

/// The body of `POST /traces/explain`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExplainBody {
    pub baseline: Option<SpanSetBody>,
    pub selection: SpanSetBody,
    pub scope: Vec<String>,
}

impl ExplainBody {
    pub const KEYS: [&str; 3] = ["baseline", "selection", "scope"];
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpanSetBody {
    pub q: String,
    pub from: Option<String>,
    pub to: Option<String>,
    #[serde(rename = "box")]
    pub area: Option<AreaBody>,
}

/// A key whose values are spread otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    pub key: String,
    /// 0 = the same, 1 = no value in common.
    pub score: f64,
    /// The values with the largest differences first, in both the same.
    pub baseline: Vec<Share>,
    pub selection: Vec<Share>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// A text, `{"ge":…,"lt":…}` for numbers, null where the key is absent.
    pub value: Value,
    pub share: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct OriginsAsk {
    pub query_id: QueryId,
    pub range: Range,
    pub scope: Vec<Scope>,
}

/// Where traces come from, and what is odd about their ids and clocks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Origins {
    /// Roots by the trust of whoever sent them.
    pub tiers: Vec<TierCount>,
    /// Ids that were used for several traces.
    pub reused: Vec<Reused>,
    /// Spans whose parent never came, by service.
    pub missing_parent: Vec<ServiceCount>,
    /// Called spans that cannot lie in their callers, by how far their clocks are off, whichever way.
    pub skew: SpanHeatmap,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierCount {
    pub tier: String,
    pub count: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reused {
    #[serde(with = "wire::trace_id")]
    pub trace_id: TraceId,
    pub episodes: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceCount {
    pub service: String,
    pub count: u64,
}
