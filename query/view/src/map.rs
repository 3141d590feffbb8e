//! The service map: who calls whom, how that goes, and where each stands on the picture.

use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};

use crate::query_id::QueryId;
use crate::range::Range;
use crate::search::Query;
use crate::services::{Instances, Scope, ServiceState};
use crate::traces::TraceHit;
use crate::wire;

/// Where nodes stand.
pub mod layout;

/// Steps away from a focus, at most.
pub const HOPS_MAX: u8 = 5;
pub const STEPS_MAX: usize = 240;
pub const DEFAULT_STEPS: usize = 60;
/// Example traces of an edge.
pub const TRACES_SHOWN: usize = 20;

#[derive(Clone, Debug, PartialEq)]
pub struct MapAsk {
    pub query_id: QueryId,
    pub range: Range,
    pub scope: Vec<Scope>,
    pub level: MapLevel,
    pub group: GroupBy,
    /// Only these and what is near them.
    pub focus: Vec<String>,
    /// How far against the calls.
    pub up: u8,
    /// How far along the calls.
    pub down: u8,
    /// What is marked.
    pub find: Query,
    /// What is left out.
    pub hide: Query,
    pub overlay: Option<Overlay>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MapLevel {
    Group,
    #[default]
    Service,
    Operation,
}

impl MapLevel {
    pub const ALL: [Self; 3] = [Self::Group, Self::Service, Self::Operation];

    pub fn name(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Service => "service",
            Self::Operation => "operation",
        }
    }
}

/// What services are put together by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GroupBy {
    #[default]
    Namespace,
    Team,
    Env,
    /// An attribute of the resource.
    Attribute(String),
}

impl GroupBy {
    pub fn parse(text: &str) -> Self {
        match text {
            "namespace" => Self::Namespace,
            "team" => Self::Team,
            "env" => Self::Env,
            other => Self::Attribute(other.into()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overlay {
    Health,
    Latency,
    Breaker,
    Mtls,
    Discovery,
    Config,
    Version,
    Saturation,
}

impl Overlay {
    pub const ALL: [Self; 8] = [
        Self::Health,
        Self::Latency,
        Self::Breaker,
        Self::Mtls,
        Self::Discovery,
        Self::Config,
        Self::Version,
        Self::Saturation,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Latency => "latency",
            Self::Breaker => "breaker",
            Self::Mtls => "mtls",
            Self::Discovery => "discovery",
            Self::Config => "config",
            Self::Version => "version",
            Self::Saturation => "saturation",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceMap {
    pub nodes: Vec<MapNode>,
    pub edges: Vec<MapEdge>,
    pub groups: Vec<MapGroup>,
    /// Services without any call; they stand below the others.
    pub unconnected: Vec<String>,
    pub layout: MapLayout,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    #[default]
    Service,
    Group,
    Database,
    Queue,
    External,
    User,
    Browser,
    Gateway,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MapNode {
    pub id: String,
    pub kind: NodeKind,
    pub group: Option<String>,
    pub state: ServiceState,
    /// Of a service its requests; of others the calls to them, of a user those that it makes.
    pub rate: f64,
    pub count: u64,
    pub error_rate: Option<f64>,
    pub p50_ns: Option<u64>,
    pub p95_ns: Option<u64>,
    pub p99_ns: Option<u64>,
    pub instances: Option<Instances>,
    /// The most used first.
    pub versions: Vec<String>,
    pub badges: Vec<String>,
    /// How many services a group stands for.
    pub services: Option<u64>,
    /// Those that call it and are not shown.
    pub hidden_callers: u64,
    /// Those that it calls and are not shown.
    pub hidden_callees: u64,
    #[serde(rename = "match", default, skip_serializing_if = "std::ops::Not::not")]
    pub is_match: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlay: Option<OverlayValue>,
    pub x: i64,
    pub y: i64,
    pub w: i64,
    pub h: i64,
}

/// Calls of one to another. Quantiles are what the caller sees; of a user's calls what the called one sees.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MapEdge {
    pub client: String,
    pub server: String,
    /// service, database, queue, external.
    pub server_kind: String,
    /// call, messaging.
    pub link: String,
    pub protocol: Option<String>,
    pub rate: f64,
    pub count: u64,
    pub errors: u64,
    pub error_rate: Option<f64>,
    pub p50_ns: Option<u64>,
    pub p95_ns: Option<u64>,
    pub p99_ns: Option<u64>,
    /// What the called side took; null when it did not tell.
    pub server_p95_ns: Option<u64>,
    /// On the way and in queues: what the calling side took more than the called one, on average.
    pub network_mean_ns: Option<u64>,
    pub breaker: Option<EdgeBreaker>,
    /// The share of calls over mutual TLS; null when none told so.
    pub mtls: Option<f64>,
    #[serde(rename = "match", default, skip_serializing_if = "std::ops::Not::not")]
    pub is_match: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlay: Option<OverlayValue>,
    /// Where its line bends, ends included.
    pub points: Vec<[i64; 2]>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EdgeBreaker {
    pub state: String,
    pub open: u64,
    pub instances: u64,
}

/// What an overlay says; null in both when it is not known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OverlayValue {
    pub value: Option<f64>,
    pub state: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapGroup {
    pub id: String,
    pub nodes: Vec<String>,
    pub x: i64,
    pub y: i64,
    pub w: i64,
    pub h: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapLayout {
    /// The same as long as the same nodes, edges and groups are shown: then nothing has moved.
    pub hash: String,
    pub width: i64,
    pub height: i64,
    pub direction: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct MapEdgeAsk {
    pub query_id: QueryId,
    pub client: String,
    pub server: String,
    pub range: Range,
    pub scope: Vec<Scope>,
}

/// All there is to know of an edge.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EdgeDetail {
    #[serde(flatten)]
    pub edge: MapEdge,
    pub series: EdgeSeries,
    /// Most calls first.
    pub operations: Vec<EdgeOperation>,
    /// Empty when the sums cannot tell this caller's from others'.
    pub codes: Vec<CodeCount>,
    pub breakers: Vec<EdgeBreaker>,
    pub traces: Vec<TraceHit>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EdgeSeries {
    #[serde(with = "wire::nanos")]
    pub t0: Nanos,
    #[serde(with = "wire::wide")]
    pub step_ns: i64,
    pub rate: Vec<Option<f64>>,
    pub error_rate: Vec<Option<f64>>,
    pub p95_ns: Vec<Option<u64>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EdgeOperation {
    pub name: String,
    pub rate: f64,
    pub count: u64,
    pub errors: u64,
    pub error_rate: Option<f64>,
    pub p50_ns: Option<u64>,
    pub p95_ns: Option<u64>,
    pub p99_ns: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeCount {
    pub code: String,
    pub count: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayAsk {
    pub query_id: QueryId,
    pub range: Range,
    pub scope: Vec<Scope>,
    pub steps: usize,
}

/// One step, and what changed in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplayStep {
    #[serde(with = "wire::nanos")]
    pub at: Nanos,
    pub changes: Vec<MapChange>,
}

/// A node or an edge, the other is null.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapChange {
    pub node: Option<String>,
    pub edge: Option<[String; 2]>,
    pub state: ServiceState,
    pub breaker: Option<String>,
}
