//! Searching log lines: the question, and how many there are over time.

use daymark_model::id::TraceId;
use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};

use crate::query_id::QueryId;
use crate::range::Range;
use crate::search::Query;
use crate::services::Scope;
use crate::wire;

pub const BUCKETS_MAX: usize = 400;
pub const DEFAULT_BUCKETS: usize = 60;
pub const DEFAULT_AROUND: usize = 50;
pub const AROUND_MAX: usize = 500;

#[derive(Clone, Debug, PartialEq)]
pub struct LogsAsk {
    pub query_id: QueryId,
    pub query: Query,
    pub trace_id: Option<TraceId>,
    pub range: Range,
    pub scope: Vec<Scope>,
    pub direction: Direction,
    pub limit: usize,
    pub cursor: Option<String>,
    /// Count all matches, whatever it costs.
    pub count: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Newest first.
    #[default]
    Backward,
    Forward,
}

/// The body of `POST /logs/search` as it is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogsBody {
    pub q: String,
    pub trace_id: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub scope: Vec<String>,
    pub limit: Option<usize>,
    pub cursor: Option<String>,
    pub count: bool,
    pub direction: Direction,
}

impl LogsBody {
    pub const KEYS: [&str; 9] =
        ["q", "trace_id", "from", "to", "scope", "limit", "cursor", "count", "direction"];
}

/// Asks for the lines of the same instance around one line, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextAsk {
    pub query_id: QueryId,
    pub log_id: LogId,
    pub before: usize,
    pub after: usize,
}

/// Asks for one line, uncut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineAsk {
    pub query_id: QueryId,
    pub log_id: LogId,
}

/// `<time ns>-<16 hex>`: where a line stands and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogId {
    pub time: Nanos,
    pub text: String,
}

impl LogId {
    pub fn parse(text: &str) -> Option<Self> {
        let (time, hash) = text.rsplit_once('-')?;
        let is_hash = hash.len() == 16 && hash.bytes().all(|digit| digit.is_ascii_hexdigit());
        let time = time.parse().ok().filter(|_| is_hash)?;
        Some(Self { time: Nanos(time), text: text.to_lowercase() })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct HistogramAsk {
    pub query_id: QueryId,
    pub query: Query,
    pub range: Range,
    pub scope: Vec<Scope>,
    pub buckets: usize,
}

/// Counts in equal steps from an instant on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    #[serde(with = "wire::nanos")]
    pub t0: Nanos,
    #[serde(with = "wire::wide")]
    pub step_ns: i64,
    pub series: Vec<HistogramSeries>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistogramSeries {
    pub key: String,
    pub counts: Vec<u64>,
}

#[cfg(test)]
mod tests {
    use super::LogId;

    #[test]
    fn a_log_id_has_a_time() {
        let id = LogId::parse("1763690712331000000-9F3A00112233aabb").map(|id| (id.time.0, id.text));
        assert_eq!(id, Some((1_763_690_712_331_000_000, "1763690712331000000-9f3a00112233aabb".into())));
        assert_eq!(LogId::parse("-5-00112233aabbccdd").map(|id| id.time.0), Some(-5));
        for text in ["", "5", "5-xyz", "5-00112233aabbccd", "x-00112233aabbccdd"] {
            assert_eq!(LogId::parse(text), None, "{text}");
        }
    }
}
