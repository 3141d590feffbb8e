//! The server about itself: whether it is ready, what it holds, what it is doing.

use std::collections::BTreeMap;
use std::path::PathBuf;

use daymark_model::signal::Signal;
use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};

use crate::meta::Scanned;
use crate::query_id::QueryId;
use crate::range::Range;
use crate::wire;

/// The body of `/readyz`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readiness {
    pub read: bool,
    pub write: bool,
    /// Why one of them is false.
    pub reason: Option<String>,
}

impl Readiness {
    pub fn is_ready(&self) -> bool {
        self.read && self.write
    }
}

/// The data of `GET /system/status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    pub ready: Readiness,
    /// fsync, os, memory.
    pub ack: String,
    /// In the order of the data's way.
    pub stages: Vec<Stage>,
    pub wal: Wal,
    pub replay: Option<Progress>,
    pub disk: Disk,
    /// Bytes by what they are held for.
    pub memory: BTreeMap<String, u64>,
    pub compaction: Compaction,
    /// Reachable from other machines without authentication.
    pub insecure: bool,
    pub retention: Vec<Retention>,
    pub roles: Vec<String>,
    /// What cannot be answered.
    pub quarantined: Vec<Quarantined>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stage {
    pub stage: String,
    pub queue_items: u64,
    pub queue_bytes: u64,
    pub lag_ns: Option<u64>,
    /// Items a second.
    pub rate: f64,
    /// One figure a second, up to 60, oldest first.
    pub history: Vec<f64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wal {
    pub bytes: u64,
    pub fsync_p50_ns: Option<u64>,
    pub fsync_p99_ns: Option<u64>,
    pub durable_lsn: u64,
    pub poisoned: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub done: u64,
    pub total: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Disk {
    pub used: u64,
    pub free: u64,
    pub budget: Option<u64>,
    pub by_signal: BTreeMap<String, u64>,
    pub growth_per_day: Option<u64>,
    pub full_in_days: Option<f64>,
    #[serde(with = "wire::nanos_or_null")]
    pub expiry_starts_at: Option<Nanos>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Compaction {
    pub debt_bytes: u64,
    /// Segments that were never merged.
    pub l0_segments: u64,
    /// What is being merged, in words.
    pub running: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Retention {
    pub signal: String,
    pub stream: String,
    pub keep_days: Option<u64>,
    #[serde(with = "wire::nanos_or_null")]
    pub oldest: Option<Nanos>,
}

/// Rows of one page of a list that names no limit of its own, and at most.
pub const DEFAULT_ROWS: usize = 100;
pub const ROWS_MAX: usize = 1_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentsAsk {
    pub query_id: QueryId,
    pub signal: Option<Signal>,
    pub level: Option<u8>,
    /// None = all of time.
    pub range: Option<Range>,
    pub limit: usize,
    pub cursor: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SegmentRow {
    pub segment: String,
    pub signal: String,
    /// The table its rows are of.
    pub table: String,
    pub stream: String,
    pub level: u8,
    #[serde(with = "wire::nanos")]
    pub from: Nanos,
    #[serde(with = "wire::nanos")]
    pub to: Nanos,
    pub rows: u64,
    pub bytes: u64,
    pub files: BTreeMap<String, u64>,
    /// First and last log sequence number.
    pub wal: [u64; 2],
    /// live, superseded, quarantined.
    pub state: String,
    #[serde(with = "wire::nanos_or_null")]
    pub expires_at: Option<Nanos>,
}

/// The data of `POST /system/settle`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    pub took_ms: u64,
    pub segments: u64,
    pub bytes: u64,
}

/// The body of `POST /system/backup`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupBody {
    /// An absolute path on the server's machine: a folder that is empty or not there yet.
    pub dir: String,
}

impl BackupBody {
    pub const KEYS: [&'static str; 1] = ["dir"];
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupAsk {
    pub query_id: QueryId,
    pub dir: PathBuf,
}

/// The data of `POST /system/backup`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackedUp {
    pub took_ms: u64,
    pub segments: u64,
    pub bytes: u64,
    /// All that was acknowledged up to this place in the log is in the copy.
    pub lsn: u64,
}

/// A segment that could not be opened; its rows are counted as lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Quarantined {
    pub segment: String,
    pub signal: String,
    pub table: String,
    pub rows: u64,
    #[serde(with = "wire::nanos")]
    pub from: Nanos,
    #[serde(with = "wire::nanos")]
    pub to: Nanos,
    pub reason: String,
    #[serde(with = "wire::nanos")]
    pub found_at: Nanos,
}

/// The data of `GET /queries/{id}`, and a row of `GET /system/queries`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningQuery {
    pub query_id: QueryId,
    /// sql, trace, services, …
    pub kind: String,
    pub text: Option<String>,
    /// queued, running, done, failed, cancelled.
    pub state: String,
    #[serde(with = "wire::nanos")]
    pub started_at: Nanos,
    pub took_ms: u64,
    pub done: u64,
    pub total: u64,
    pub scanned: Scanned,
}
