//! What can be asked about: the keys that records have, with their most frequent values.

use serde::{Deserialize, Serialize};

use crate::query_id::QueryId;
use crate::range::Range;
use crate::search::Query;
use crate::services::Scope;

pub const DEFAULT_FIELDS: usize = 100;
pub const FIELDS_MAX: usize = 1_000;
/// Values that are shown of each.
pub const TOP: usize = 10;
/// A longer value is shown by its beginning.
pub const VALUE_BYTES: usize = 256;

#[derive(Clone, Debug, PartialEq)]
pub struct FieldsAsk {
    pub query_id: QueryId,
    pub query: Query,
    pub range: Range,
    pub scope: Vec<Scope>,
    /// Only keys that have this in their name, and of these the values that do, else all.
    pub search: String,
    pub limit: usize,
    pub cursor: Option<String>,
}

/// A key of the records that were looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldRow {
    /// As it is written in a search.
    pub key: String,
    pub level: FieldLevel,
    pub r#type: FieldType,
    /// Records that have it.
    pub count: u64,
    /// Different values.
    pub distinct: u64,
    /// The most frequent ones.
    pub top: Vec<FieldValue>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldLevel {
    /// What every record of the kind has.
    Field,
    /// The record's own attributes.
    Record,
    Resource,
    Scope,
    Event,
    Link,
    /// In a body that is JSON.
    Body,
}

/// The type that most values have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    Text,
    Int,
    Double,
    Bool,
    Bytes,
    Array,
    Map,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldValue {
    pub value: String,
    pub count: u64,
}
