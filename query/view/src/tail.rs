//! Following log lines as they come in: the question, and the events of its stream.

use std::fmt;
use std::pin::Pin;

use daymark_model::id::LineAt;
use futures_core::Stream;
use serde::{Deserialize, Serialize};

use crate::error::AskError;
use crate::query_id::QueryId;
use crate::search::Query;
use crate::services::Scope;
use crate::trace_logs::LogRow;
use crate::wire;

/// Lines a second when the question names no number, and at most.
pub const DEFAULT_PER_S: u32 = 400;
pub const PER_S_MAX: u32 = 5_000;

/// Asks for the lines that come in from now on.
#[derive(Clone, Debug, PartialEq)]
pub struct TailAsk {
    pub query_id: QueryId,
    pub query: Query,
    pub scope: Vec<Scope>,
    /// Of more lines a second an even choice is shown.
    pub max_per_s: u32,
    /// Go on after this line.
    pub after: Option<LineAt>,
}

/// Its end is the end of the server, of the question, or an error.
pub type TailStream = Pin<Box<dyn Stream<Item = Result<TailEvent, AskError>> + Send>>;

/// What is told, and the place to go on from.
#[derive(Clone, Debug, PartialEq)]
pub struct TailEvent {
    pub at: LineAt,
    pub news: News,
}

#[derive(Clone, Debug, PartialEq)]
pub enum News {
    Log(Box<LogRow>),
    Status(TailStatus),
}

impl News {
    /// The name of the event.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Log(_) => "log",
            Self::Status(_) => "status",
        }
    }
}

/// How the last second was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TailStatus {
    pub matched_per_s: f64,
    pub shown_per_s: f64,
    /// Lines since the stream began that matched and were not shown, and lines that went by unread because
    /// the reader was too slow.
    pub dropped: u64,
    /// How old the newest lines were when they were shown.
    #[serde(with = "wire::wide")]
    pub lag_ns: i64,
    /// Lines between the one that was to be gone on from and the first one shown are missing.
    pub gap: bool,
}

impl fmt::Display for TailStatus {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:.0} lines/s match, {:.0} shown", self.matched_per_s, self.shown_per_s)?;
        if self.dropped > 0 {
            write!(out, ", {} skipped", self.dropped)?;
        }
        Ok(())
    }
}
