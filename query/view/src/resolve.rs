//! What stands behind a pasted text: the question and what was found.

use std::collections::BTreeMap;

use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};

use crate::pasted::Reading;
use crate::query_id::QueryId;
use crate::traces::TraceHit;
use crate::wire;

pub const HITS_MAX: usize = 20;
/// Rows of the picture of a trace.
pub const SHAPE_ROWS: usize = 40;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolveAsk {
    pub query_id: QueryId,
    pub reading: Reading,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HitKind {
    Trace,
    Span,
    Log,
    Service,
    Operation,
    Instance,
}

/// Something that the text may mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    pub kind: HitKind,
    pub id: String,
    /// For people.
    pub label: String,
    /// 0..1, the likeliest highest.
    pub score: f64,
    /// When there is something to see of it; null when not known.
    #[serde(with = "wire::nanos_or_null")]
    pub from: Option<Nanos>,
    #[serde(with = "wire::nanos_or_null")]
    pub to: Option<Nanos>,
    /// What a call about it needs besides.
    pub params: BTreeMap<String, String>,
    /// Of a trace only.
    #[serde(default, flatten, skip_serializing_if = "Option::is_none")]
    pub preview: Option<Box<Preview>>,
}

/// What a trace looks like before it is opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    pub trace: TraceHit,
    /// The longest spans in pre-order.
    pub shape: Vec<ShapeRow>,
    /// Lines by service, most first.
    pub logs: Vec<ServiceLines>,
    /// Only the low eight bytes agree with the id asked for.
    pub alias: bool,
}

/// Depth, start after that of the trace, duration, service, whether it failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShapeRow(pub u32, pub i64, pub i64, pub String, pub bool);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceLines {
    pub service: String,
    pub count: u64,
}
