//! How alerts are kept: documents, written by whoever watches and read by whoever shows them as tables.
//!
//! A change of state, the event that tells of it and what is to be delivered are written together.

use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};

use super::Labels;
use super::history::{DeliveryState, Muted};
use super::rule::{Op, Severity};
use super::state::{Evaluations, State};
use crate::wire;

/// Kinds of documents.
pub const RULE: &str = "alert_rule";
pub const SILENCE: &str = "alert_silence";
pub const CHANNEL: &str = "alert_channel";
pub const NOTIFY: &str = "alert_notify";
/// How far rules were evaluated: one document.
pub const WATCH: &str = "alert_watch";
pub const STATE: &str = "alert_state";
pub const EVENT: &str = "alert_event";
pub const DELIVERY: &str = "alert_delivery";

/// Events and deliveries are dropped after so long.
pub const KEPT_NS: i64 = 90 * Nanos::DAY;

/// The state of a group that is not ok, under its fingerprint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptState {
    pub rule_id: String,
    pub rule: String,
    pub severity: Severity,
    pub fingerprint: String,
    /// What tells the group apart within its rule.
    pub group: Labels,
    /// Those of the group, of the rule, and ours.
    pub labels: Labels,
    pub state: State,
    /// Since when it has been bad.
    #[serde(with = "wire::nanos")]
    pub since: Nanos,
    /// Since when it has been in this state.
    #[serde(with = "wire::nanos")]
    pub entered: Nanos,
    /// Since when it is good again but fires on.
    #[serde(with = "wire::nanos_or_null")]
    pub good_since: Option<Nanos>,
    /// When there was something to judge for the last time.
    #[serde(with = "wire::nanos")]
    pub seen: Nanos,
    pub value: Option<f64>,
    pub count: u64,
    pub threshold: f64,
    pub op: Op,
    pub error: Option<String>,
    /// The event that began the state.
    pub event: String,
    /// When somebody was told of it for the last time, and whom.
    #[serde(with = "wire::nanos_or_null")]
    pub told_at: Option<Nanos>,
    pub told: Vec<String>,
    pub acknowledged_by: Option<String>,
    pub note: Option<String>,
}

/// A change of state. Ids sort by time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptEvent {
    #[serde(with = "wire::nanos")]
    pub at: Nanos,
    pub rule_id: String,
    pub rule: String,
    pub severity: Severity,
    pub fingerprint: String,
    pub labels: Labels,
    pub from_state: State,
    pub to_state: State,
    pub value: Option<f64>,
    pub threshold: Option<f64>,
    pub count: u64,
    pub took_ms: f64,
    pub error: Option<String>,
    pub muted: Option<Muted>,
}

/// The id of an event, and the start of the ids of its deliveries.
pub fn event_id(at: Nanos, fingerprint: &str, to: State) -> String {
    format!("{:020}-{fingerprint}-{}", at.0.max(0), to.name())
}

/// The least id of something at an instant or later.
pub fn first_id(at: Nanos) -> String {
    format!("{:020}", at.0.max(0))
}

/// Something that somebody is to be told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptDelivery {
    pub event: String,
    /// The same for every attempt.
    pub key: String,
    pub channel: String,
    pub channel_name: String,
    /// What is told together.
    pub group: String,
    pub rule_id: String,
    pub rule: String,
    pub severity: Severity,
    pub fingerprint: String,
    pub labels: Labels,
    pub annotations: Labels,
    pub state: State,
    pub value: Option<f64>,
    pub threshold: f64,
    pub op: Op,
    pub unit: String,
    #[serde(with = "wire::nanos")]
    pub starts_at: Nanos,
    #[serde(with = "wire::nanos_or_null")]
    pub ends_at: Option<Nanos>,
    pub spark: Vec<Option<f64>>,
    #[serde(with = "wire::nanos")]
    pub created_at: Nanos,
    #[serde(with = "wire::nanos")]
    pub due_at: Nanos,
    pub delivery: DeliveryState,
    pub attempts: u32,
    /// The last of them.
    pub tries: Vec<Try>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Try {
    #[serde(with = "wire::nanos")]
    pub at: Nanos,
    pub attempt: u32,
    pub ok: bool,
    pub status: Option<u16>,
    pub took_ms: f64,
    pub error: Option<String>,
}

/// How far it came, and when nobody was there to take what was sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    #[serde(with = "wire::nanos")]
    pub up_to: Nanos,
    pub evaluations: Evaluations,
    pub gaps: Vec<Gap>,
    pub delivered: u64,
    pub undelivered: u64,
    pub retries: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    #[serde(with = "wire::nanos")]
    pub from: Nanos,
    #[serde(with = "wire::nanos")]
    pub to: Nanos,
}
