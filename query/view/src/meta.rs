//! What stands beside every answer: how it was made, how complete it is, and how to go on.

use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};

use crate::pasted::Form;
use crate::query_id::QueryId;

/// An answer in its envelope: `{"data": …, "meta": {…}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer<T> {
    pub data: T,
    pub meta: Meta,
}

impl<T> Answer<T> {
    /// An answer that is complete and scanned nothing.
    pub fn of(data: T) -> Self {
        Self { data, meta: Meta::default() }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Meta {
    /// Written by the server, not by the engine.
    pub query_id: Option<QueryId>,
    /// Written by the server, not by the engine.
    pub took_ms: f64,
    pub scanned: Scanned,
    /// What told which rows to read, where rows were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_by: Option<Box<ReadBy>>,
    /// All that was acknowledged before it is in the answer.
    #[serde(with = "crate::wire::nanos_or_null")]
    pub watermark: Option<Nanos>,
    /// Where the next page starts; null at the end of the list.
    pub cursor: Option<String>,
    pub truncated: Option<Truncated>,
    /// What is missing from the answer; empty = complete.
    pub partial: Vec<Partial>,
    /// The share of rows looked at, when not all were.
    pub sampled: Option<f64>,
    /// What figures that are sums over buckets cover: the buckets that begin in the range asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buckets: Option<Box<Buckets>>,
    /// How a pasted text was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_as: Option<Form>,
    /// Matches over all pages, where the question asked for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// What was read to answer. `of_` = in range before pruning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Scanned {
    pub segments: u64,
    pub bytes: u64,
    pub rows: u64,
    pub of_segments: u64,
    pub of_bytes: u64,
}

impl Scanned {
    /// What two questions read together.
    pub fn add(&mut self, more: Self) {
        self.segments += more.segments;
        self.bytes += more.bytes;
        self.rows += more.rows;
        self.of_segments += more.of_segments;
        self.of_bytes += more.of_bytes;
    }
}

/// Names of indexes: values, attributes, words, tokens, traces; scan, where none left out any row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReadBy(pub Vec<String>);

/// Buckets of equal length: from the first one up to, not including, the instant after the last one, or up
/// to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buckets {
    #[serde(with = "crate::wire::nanos")]
    pub from: Nanos,
    #[serde(with = "crate::wire::nanos")]
    pub to: Nanos,
    pub step_s: i32,
}

/// The answer was cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truncated {
    pub reason: String,
    pub shown: u64,
    /// Null when not known.
    pub total: Option<u64>,
}

/// A part that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partial {
    pub what: String,
    pub reason: String,
}
