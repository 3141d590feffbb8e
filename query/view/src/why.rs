//! Why a search found nothing: what each of its clauses leaves out, and where the nearest records are.

use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};

use crate::query_id::QueryId;
use crate::range::Range;
use crate::search::{Node, Place};
use crate::services::Scope;
use crate::wire;

/// Clauses that are looked at.
pub const CLAUSES_MAX: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhySignal {
    Spans,
    Logs,
}

#[derive(Clone, Debug, PartialEq)]
pub struct WhyAsk {
    pub query_id: QueryId,
    pub signal: WhySignal,
    /// As it was written.
    pub text: String,
    /// What must all hold, each with its place in the text.
    pub clauses: Vec<(Node, Place)>,
    pub range: Range,
    pub scope: Vec<Scope>,
}

/// The body of `POST /why-empty` as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhyBody {
    pub signal: WhySignal,
    #[serde(default)]
    pub q: String,
    pub from: Option<String>,
    pub to: Option<String>,
    #[serde(default)]
    pub scope: Vec<String>,
}

impl WhyBody {
    pub const KEYS: [&str; 5] = ["signal", "q", "from", "to", "scope"];
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyEmpty {
    /// Records in the range, whatever the search.
    pub total: u64,
    pub clauses: Vec<Clause>,
    /// The nearest records outside the range, whatever the search.
    pub nearest: Nearest,
    /// The nearest records outside the range that match, at most [`REACH_DAYS`] away.
    pub matches: Nearest,
    /// Of metrics alone.
    pub series_outside: Option<u64>,
}

/// How far away from the range matches are looked for.
pub const REACH_DAYS: i64 = 7;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    /// Its bytes in the text.
    pub span: Place,
    /// Records in the range that it alone lets pass; null where no single record tells.
    pub passes: Option<u64>,
    /// Matches when it is left out.
    pub without: Option<u64>,
}

/// The last one before the range and the first one after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nearest {
    #[serde(with = "wire::nanos_or_null")]
    pub before: Option<Nanos>,
    #[serde(with = "wire::nanos_or_null")]
    pub after: Option<Nanos>,
}
