//! What SQL can name: tables with their columns, and functions.

use daymark_model::signal::Table;
use daymark_model::tables;
use daymark_view::schema::{SchemaColumn, SchemaTable, SqlSchema};

use super::Answerer;
use crate::functions;

impl Answerer {
    pub(super) fn schema(&self) -> SqlSchema {
        let version = self.store.version();
        let rows = |table: Table| {
            let parts = self.parts(&version, table);
            parts.iter().map(|part| part.all_rows().count() as u64).sum()
        };
        let known = tables::ALL.into_iter();
        let tables = known.map(|table| SchemaTable {
            table: table.name.into(),
            comment: table.comment.into(),
            rows: table.rows.map(rows),
            columns: table
                .columns()
                .map(|(_, column)| SchemaColumn {
                    name: column.name.into(),
                    kind: column.kind.name().into(),
                    nullable: column.nullable,
                    comment: column.meaning.into(),
                })
                .collect(),
        });
        SqlSchema { tables: tables.collect(), functions: functions::documented() }
    }
}
