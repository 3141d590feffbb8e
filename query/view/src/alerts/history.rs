//! What happened to alerts, and what was told of it.

use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};

use super::Labels;
use super::state::State;
use crate::range::Range;
use crate::wire;

pub const DEFAULT_ROWS: usize = 100;
pub const ROWS_MAX: usize = 1_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryAsk {
    pub rule: Option<String>,
    pub fingerprint: Option<String>,
    pub range: Range,
    pub limit: usize,
    pub cursor: Option<String>,
}

/// A row of `GET /alerts/history`: a change of state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryRow {
    pub id: String,
    #[serde(with = "wire::nanos")]
    pub time: Nanos,
    pub rule_id: String,
    pub rule: String,
    pub fingerprint: String,
    pub labels: Labels,
    pub from_state: State,
    pub to_state: State,
    pub value: Option<f64>,
    pub threshold: Option<f64>,
    pub count: u64,
    pub took_ms: f64,
    pub error: Option<String>,
    /// Why nobody was told, where that was so.
    pub muted: Option<Muted>,
    pub notifications: Vec<NotificationRow>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Muted {
    Silenced,
    Inhibited,
    Maintenance,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    Pending,
    Delivered,
    /// Given up after a day.
    Undelivered,
}

impl DeliveryState {
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
        }
    }
}

/// An attempt to tell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NotificationRow {
    pub channel: String,
    #[serde(with = "wire::nanos_or_null")]
    pub at: Option<Nanos>,
    /// 1 is the first.
    pub attempt: u32,
    pub ok: bool,
    /// Of HTTP, where there was an answer.
    pub status: Option<u16>,
    pub took_ms: f64,
    pub error: Option<String>,
    pub state: DeliveryState,
}
