//! What can be asked in SQL: tables with their columns, and functions.

use serde::{Deserialize, Serialize};

/// The data of `GET /sql/schema`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlSchema {
    pub tables: Vec<SchemaTable>,
    pub functions: Vec<SchemaFunction>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaTable {
    pub table: String,
    pub comment: String,
    /// An estimate; null when there is none.
    pub rows: Option<u64>,
    pub columns: Vec<SchemaColumn>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaColumn {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub nullable: bool,
    pub comment: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaFunction {
    pub name: String,
    /// As one writes a call: `attr('key')`.
    pub usage: String,
    pub comment: String,
}
