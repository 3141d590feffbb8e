//! Patterns of log lines: what is left of their texts when the variables are cut out, with how often each
//! occurs now and before.

use serde::{Deserialize, Serialize};

use crate::query_id::QueryId;
use crate::range::Range;
use crate::search::Query;
use crate::services::Scope;

pub const DEFAULT_PATTERNS: usize = 50;
pub const PATTERNS_MAX: usize = 1_000;
/// Steps of a trend.
pub const TREND: usize = 40;

#[derive(Clone, Debug, PartialEq)]
pub struct PatternsAsk {
    pub query_id: QueryId,
    pub query: Query,
    pub range: Range,
    pub scope: Vec<Scope>,
    pub sort: PatternSort,
    pub limit: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatternSort {
    /// The most frequent first.
    #[default]
    Count,
    /// Those first whose count differs most from the one before.
    Change,
}

impl PatternSort {
    pub const ALL: [Self; 2] = [Self::Count, Self::Change];

    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Change => "change",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PatternRow {
    /// A decimal string: `template_id` in a search and in SQL.
    pub template_id: String,
    /// The text, with `<*>` for each variable.
    pub pattern: String,
    pub count: u64,
    /// Of all matching lines.
    pub share: f64,
    /// The worst of its lines.
    pub severity: String,
    /// Counts in equal steps of the range.
    pub trend: Vec<u64>,
    /// The count in the window of the same length before the range.
    pub before: u64,
    /// Its newest line.
    pub sample_log_id: Option<String>,
}
