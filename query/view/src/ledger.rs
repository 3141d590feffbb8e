//! The balance sheet: what came in, what became of it, and whether the two agree.

use std::collections::BTreeMap;

use daymark_model::signal::Signal;
use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};

use crate::query_id::QueryId;
use crate::range::Range;
use crate::wire;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerAsk {
    pub query_id: QueryId,
    pub signal: Option<Signal>,
    pub source: Option<String>,
    /// None = since the epoch, with the verdict; a range gives increments alone.
    pub range: Option<Range>,
}

/// The data of `GET /ledger`. The verdict is null where only increments were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LedgerSheet {
    pub balanced: Option<bool>,
    /// Items that no entry explains; negative when more are explained than came.
    pub imbalance: Option<i64>,
    /// Changes when the counters start anew.
    pub epoch: String,
    #[serde(with = "wire::nanos_or_null")]
    pub recounted_at: Option<Nanos>,
    pub rows: Vec<LedgerRow>,
}

/// One source and signal. The maps are by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LedgerRow {
    pub source: String,
    pub signal: String,
    pub received: u64,
    pub accepted: u64,
    pub rejected: BTreeMap<String, u64>,
    pub modified: BTreeMap<String, u64>,
    pub live: Option<u64>,
    pub deduplicated: BTreeMap<String, u64>,
    pub expired: BTreeMap<String, u64>,
    pub deleted: BTreeMap<String, u64>,
    pub lost: BTreeMap<String, u64>,
    pub in_flight: Option<u64>,
    #[serde(with = "wire::wide")]
    pub bytes: u64,
    pub balanced: Option<bool>,
}
