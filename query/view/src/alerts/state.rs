//! How it stands: each group of each rule that is not well.

use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};

use super::Labels;
use super::rule::{Op, Severity};
use crate::wire;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    #[default]
    Ok,
    /// Bad, but not for long enough.
    Pending,
    Firing,
    NoData,
    /// The rule could not be evaluated.
    Error,
}

impl State {
    pub const ALL: [(&'static str, Self); 5] = [
        ("ok", Self::Ok),
        ("pending", Self::Pending),
        ("firing", Self::Firing),
        ("no_data", Self::NoData),
        ("error", Self::Error),
    ];

    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, state)| *state == self).map_or("", |(name, _)| name)
    }

    /// Whether people are told of it.
    pub fn is_told(self) -> bool {
        matches!(self, Self::Firing | Self::NoData)
    }
}

/// Addresses that open the right view, as paths of the UI.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    pub alert: String,
    pub service: Option<String>,
    pub traces: Option<String>,
    pub logs: Option<String>,
}

/// A silence that a state lies under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SilencedBy {
    pub id: String,
    pub by: String,
    #[serde(with = "wire::nanos")]
    pub until: Nanos,
}

/// A row of `GET /alerts/states`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StateRow {
    pub rule_id: String,
    pub rule: String,
    pub severity: Severity,
    pub state: State,
    pub labels: Labels,
    pub annotations: Labels,
    pub fingerprint: String,
    pub value: Option<f64>,
    pub threshold: f64,
    pub op: Op,
    pub unit: String,
    #[serde(with = "wire::nanos")]
    pub since: Nanos,
    #[serde(with = "wire::nanos")]
    pub valid_from: Nanos,
    #[serde(with = "wire::nanos_or_null")]
    pub valid_to: Option<Nanos>,
    pub acknowledged_by: Option<String>,
    pub note: Option<String>,
    pub silenced: bool,
    pub silence: Option<SilencedBy>,
    /// Another alert makes this one old news.
    pub inhibited: bool,
    /// The last values, oldest first.
    pub spark: Vec<Option<f64>>,
    pub error: Option<String>,
    pub links: Links,
}

/// A rule that could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailingRule {
    pub rule_id: String,
    pub rule: String,
    pub error: String,
}

/// A file of rules, or a rule in one, that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadFile {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub error: String,
    pub hint: Option<String>,
}

/// due = done + failed + missed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluations {
    pub due: u64,
    pub done: u64,
    pub failed: u64,
    /// Not made up for after a long time without Daymark.
    pub missed: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deliveries {
    pub pending: u64,
    pub delivered: u64,
    pub undelivered: u64,
    pub retries: u64,
}

/// `GET /alerts/status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AlertsStatus {
    pub rules: u64,
    pub ok: u64,
    pub firing: u64,
    pub pending: u64,
    pub failing: Vec<FailingRule>,
    pub bad_files: Vec<BadFile>,
    #[serde(with = "wire::nanos_or_null")]
    pub last_at: Option<Nanos>,
    /// How far evaluation is behind the clock.
    pub lag_ns: i64,
    pub evaluations: Evaluations,
    pub deliveries: Deliveries,
    /// The last answer of the outside address that is called while all is well.
    pub heartbeat: Option<Heartbeat>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    #[serde(with = "wire::nanos")]
    pub at: Nanos,
    pub ok: bool,
    pub error: Option<String>,
}
