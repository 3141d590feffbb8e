//! SQL: the body people send, the checked question the engine gets, and the two shapes of its answer.

use std::fmt;
use std::pin::Pin;

use bytes::Bytes;
use futures_core::Stream;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::AskError;
use crate::meta::{Answer, Meta};
use crate::query_id::QueryId;
use crate::range::Range;

/// Rows of an answer in one piece when the question names no limit.
pub const DEFAULT_ROWS: usize = 10_000;

/// The body of `POST /sql`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqlBody {
    pub query: String,
    #[serde(default, skip_serializing_if = "SqlParams::is_empty")]
    pub params: SqlParams,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<SqlFormat>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

impl SqlBody {
    pub const KEYS: [&str; 6] = ["query", "params", "format", "limit", "from", "to"];
}

/// Values for `$name` or for `$1`, `$2`, …
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SqlParams {
    Named(Map<String, Value>),
    Positional(Vec<Value>),
}

impl SqlParams {
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Named(named) => named.is_empty(),
            Self::Positional(values) => values.is_empty(),
        }
    }
}

impl Default for SqlParams {
    fn default() -> Self {
        Self::Named(Map::new())
    }
}

/// How the rows are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SqlFormat {
    #[default]
    Json,
    Ndjson,
    Csv,
    Arrow,
    Parquet,
}

impl SqlFormat {
    pub const ALL: [Self; 5] = [Self::Json, Self::Ndjson, Self::Csv, Self::Arrow, Self::Parquet];

    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Arrow => "arrow",
            Self::Parquet => "parquet",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Arrow => "application/vnd.apache.arrow.stream",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    /// Whether the answer is a stream without an envelope.
    pub fn is_streamed(self) -> bool {
        self != Self::Json
    }
}

/// A SELECT, WITH or EXPLAIN to run. The text is as sent: the engine judges it.
#[derive(Clone, Debug, PartialEq)]
pub struct SqlAsk {
    pub query_id: QueryId,
    pub query: String,
    pub params: SqlParams,
    pub format: SqlFormat,
    /// At most this many rows; more are cut and `meta.truncated` says so.
    pub limit: usize,
    /// Bound to `:from` and `:to`; does not restrict the query by itself.
    pub range: Range,
}

/// What comes back: a table in one piece for [`SqlFormat::Json`], a stream for all others.
pub enum SqlAnswer {
    Table(Box<Answer<SqlTable>>),
    Stream(SqlStream),
}

impl fmt::Debug for SqlAnswer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(answer) => out.debug_tuple("Table").field(answer).finish(),
            Self::Stream(_) => out.write_str("Stream(…)"),
        }
    }
}

/// The pieces of a streamed answer. Dropping the stream stops the work.
///
/// For [`SqlFormat::Ndjson`] the bytes are whole lines, first `{"schema":[columns]}`, then `{"row":[…]}`
/// each; the server writes the last line from [`SqlChunk::End`] or from the error that ended the stream.
pub type SqlStream = Pin<Box<dyn Stream<Item = Result<SqlChunk, AskError>> + Send>>;

/// A piece of a streamed answer.
#[derive(Clone, Debug, PartialEq)]
pub enum SqlChunk {
    Bytes(Bytes),
    /// The last piece of every stream that is complete.
    End(Box<Meta>),
}

/// Rows in one piece.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SqlTable {
    pub columns: Vec<SqlColumn>,
    /// One value a column, in JSON as the type of its column is written.
    pub rows: Vec<Vec<Value>>,
}

/// The name and type word (text, u64, time, id16, json, …) of a result column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlColumn {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
}
