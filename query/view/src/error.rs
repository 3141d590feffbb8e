//! Why a question was not answered: an RFC 9457 problem, and the one table that gives each code its status.
//!
//! `detail` is written for the person who asked; what only an operator may see belongs in the log, found by
//! the query id.

use std::fmt;
use std::time::Duration;

use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::query_id::QueryId;

/// What kind of failure it is. Clients branch on this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    BadRequest,
    BadQuery,
    BadId,
    BadRange,
    BadCursor,
    Unauthenticated,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    NotAcceptable,
    Conflict,
    TooLarge,
    UnsupportedType,
    LimitExceeded,
    RateLimited,
    Internal,
    Unavailable,
    Timeout,
}

impl Code {
    /// Status and title. The only place where a code becomes a number.
    fn row(self) -> (u16, &'static str) {
        match self {
            Self::BadRequest => (400, "Bad request"),
            Self::BadQuery => (400, "Bad query"),
            Self::BadId => (400, "Bad id"),
            Self::BadRange => (400, "Bad range"),
            Self::BadCursor => (400, "Bad cursor"),
            Self::Unauthenticated => (401, "Not authenticated"),
            Self::Forbidden => (403, "Forbidden"),
            Self::NotFound => (404, "Not found"),
            Self::MethodNotAllowed => (405, "Method not allowed"),
            Self::NotAcceptable => (406, "Not acceptable"),
            Self::Conflict => (409, "Conflict"),
            Self::TooLarge => (413, "Request too large"),
            Self::UnsupportedType => (415, "Unsupported type"),
            Self::LimitExceeded => (422, "Limit exceeded"),
            Self::RateLimited => (429, "Too many requests"),
            Self::Internal => (500, "Internal error"),
            Self::Unavailable => (503, "Unavailable"),
            Self::Timeout => (504, "Timeout"),
        }
    }

    pub fn status(self) -> u16 {
        self.row().0
    }

    pub fn title(self) -> &'static str {
        self.row().1
    }
}

/// Why a trace was not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absence {
    NeverSeen,
    MaybeExpired,
}

/// The body of an error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub code: Code,
    pub detail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Byte range in the query text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<[usize; 2]>,
    /// JSON pointer of the bad field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Absence>,
    #[serde(default, with = "crate::wire::nanos_or_null", skip_serializing_if = "Option::is_none")]
    pub kept_since: Option<Nanos>,
    /// For each row of the old revision the new one; null when it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<Vec<Option<u32>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_id: Option<QueryId>,
    /// What there is now instead of what was asked about, or changed by somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Value>,
    /// Sent as the header `Retry-After`.
    #[serde(skip)]
    pub retry_after: Option<Duration>,
}

/// A question that was not answered. Boxed, so that every `Result` stays small.
#[derive(Clone, Debug, PartialEq)]
pub struct AskError(pub Box<Problem>);

impl AskError {
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Problem {
            kind: "about:blank".into(),
            title: code.title().into(),
            status: code.status(),
            code,
            detail: detail.into(),
            hint: None,
            span: None,
            pointer: None,
            reason: None,
            kept_since: None,
            map: None,
            query_id: None,
            current: None,
            retry_after: None,
        }))
    }

    /// What to do or to write instead.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Where in the query text the fault lies, in bytes.
    #[must_use]
    pub fn span(mut self, from: usize, to: usize) -> Self {
        self.0.span = Some([from, to]);
        self
    }

    /// Which field of the body is at fault.
    #[must_use]
    pub fn pointer(mut self, pointer: impl Into<String>) -> Self {
        self.0.pointer = Some(pointer.into());
        self
    }

    /// Why the trace is not there, and since when everything is kept.
    #[must_use]
    pub fn absent(mut self, reason: Absence, kept_since: Option<Nanos>) -> Self {
        self.0.reason = Some(reason);
        self.0.kept_since = kept_since;
        self
    }

    /// What is kept now.
    #[must_use]
    pub fn current(mut self, current: Value) -> Self {
        self.0.current = Some(current);
        self
    }

    /// The revision that holds now, and where the rows of the one asked about went, if that is known.
    #[must_use]
    pub fn moved(mut self, current: &str, map: Option<Vec<Option<u32>>>) -> Self {
        self.0.current = Some(current.into());
        self.0.map = map;
        self
    }

    /// When it is worth trying again.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    pub fn code(&self) -> Code {
        self.0.code
    }

    pub fn problem(&self) -> &Problem {
        &self.0
    }
}

impl fmt::Display for AskError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.detail)
    }
}

impl std::error::Error for AskError {}

#[cfg(test)]
mod tests;
