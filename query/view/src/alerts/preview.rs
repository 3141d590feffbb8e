//! A rule over the past: when it would have fired.

use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Labels;
use super::rule::Rule;
use crate::query_id::QueryId;
use crate::range::Range;
use crate::wire;

/// Evaluations of one preview.
pub const STEPS_MAX: usize = 20_000;
/// Values of a series that are shown.
pub const POINTS_MAX: usize = 1_000;

#[derive(Clone, Debug, PartialEq)]
pub struct PreviewAsk {
    pub query_id: QueryId,
    pub rule: Rule,
    pub range: Range,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    pub series: Vec<PreviewSeries>,
    pub firings: Vec<PreviewFiring>,
    pub total_firing_ns: i64,
    /// How often the rule was evaluated, and how far apart.
    pub evaluations: u64,
    pub every_ns: i64,
    /// What the first firing would have been told as.
    pub notification: Option<PreviewNotification>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreviewSeries {
    pub labels: Labels,
    #[serde(with = "wire::nanos")]
    pub t0: Nanos,
    pub step_ns: i64,
    pub values: Vec<Option<f64>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreviewFiring {
    pub labels: Labels,
    #[serde(with = "wire::nanos")]
    pub from: Nanos,
    /// None when it still fires.
    #[serde(with = "wire::nanos_or_null")]
    pub to: Option<Nanos>,
    pub peak: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreviewNotification {
    pub slack: Value,
    pub json: Value,
}
