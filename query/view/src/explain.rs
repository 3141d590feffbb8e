//! How a statement would be answered: its plan, and what indexes leave of each table.

use serde::{Deserialize, Serialize};

use crate::sql::SqlParams;

/// The body of `POST /sql/explain`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExplainBody {
    pub query: String,
    #[serde(default, skip_serializing_if = "SqlParams::is_empty")]
    pub params: SqlParams,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

impl ExplainBody {
    pub const KEYS: [&str; 4] = ["query", "params", "from", "to"];
}

/// The data of `POST /sql/explain`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    /// The steps, the last first; each with those it takes rows from.
    pub plan: Vec<PlanStep>,
    /// Segments and bytes that would be read at most.
    pub segments: u64,
    pub bytes: u64,
    /// A row for each scan of a signal.
    pub tables: Vec<ScannedTable>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanStep {
    pub name: String,
    pub detail: String,
    pub children: Vec<PlanStep>,
}

/// A scan. `of_` = all there is; parts are segments and buffers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScannedTable {
    pub table: String,
    pub segments: u64,
    pub of_segments: u64,
    pub parts: u64,
    pub of_parts: u64,
    pub rows: u64,
    pub of_rows: u64,
    pub bytes: u64,
    pub of_bytes: u64,
    /// What each condition that an index knows leaves, one after the other.
    pub pruned: Vec<Pruned>,
    /// Conditions that each remaining row is judged by.
    pub conditions: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pruned {
    /// time, service, name, columns, severity, resource, attributes, words, trace.
    pub by: String,
    /// What is left after it.
    pub parts: u64,
    pub rows: u64,
}
