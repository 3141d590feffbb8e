//! What can be read of a damaged catalog: rows whose checksum fits, table by table.

use std::collections::BTreeMap;
use std::path::Path;

use daymark_model::id::Lsn;
use daymark_model::time::Nanos;
use futures::TryStreamExt;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection};

use super::sealed::{
    ABOUT, BATCHES, DROPPED, ERASED, LEDGER, OBJECTS, QUARANTINED, SEGMENTS, Sealed, TABLES, Value, WAL,
    proved,
};
use super::{BatchRow, SegmentRow, rows};
use crate::error::Error;
use crate::ledger::{Account, Count, Entry};
use crate::version::Gap;

/// Sound rows, without their checksums, by table and key.
#[derive(Debug, Default)]
pub(crate) struct Salvage(BTreeMap<&'static str, BTreeMap<Vec<Value>, Vec<Value>>>);

impl Salvage {
    /// Adds the sound rows of a database whose keys are not there yet. A table that SQLite cannot read gives
    /// what came before the damage.
    pub(crate) async fn read(&mut self, database: &Path, tables: &[Sealed]) {
        match SqliteConnectOptions::new().filename(database).connect().await {
            Ok(mut connection) => {
                for table in tables {
                    self.read_table(&mut connection, *table).await;
                }
            }
            Err(error) => tracing::warn!(%error, "nothing of the catalog can be read"),
        }
    }

    async fn read_table(&mut self, connection: &mut SqliteConnection, table: Sealed) {
        let select = AssertSqlSafe(format!("SELECT * FROM {}", table.name));
        let mut found = sqlx::query(select).fetch(connection);
        let known = self.0.entry(table.name).or_default();
        loop {
            match found.try_next().await {
                Ok(Some(row)) => {
                    if let Some(row) = proved(&row) {
                        let key = row.get(..table.key.len()).unwrap_or(&row).to_vec();
                        known.entry(key).or_insert(row);
                    }
                }
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(%error, table = table.name, "the rest of the table cannot be read");
                    return;
                }
            }
        }
    }

    pub(crate) fn epoch(&self) -> Option<String> {
        let about = self.0.get(ABOUT.name)?.get(&vec![Value::from("epoch")])?;
        rows::text(about, 1).ok().map(ToOwned::to_owned)
    }

    pub(crate) fn low(&self) -> Option<Lsn> {
        self.0.get(WAL.name)?.values().find_map(|row| rows::low(row).ok())
    }

    pub(crate) fn segments(&self) -> Vec<SegmentRow> {
        self.all(SEGMENTS, SegmentRow::from_values)
    }

    pub(crate) fn quarantined(&self) -> Vec<Gap> {
        self.all(QUARANTINED, Gap::from_values)
    }

    pub(crate) fn ledger(&self) -> Vec<(Nanos, Account, Entry, Count)> {
        self.all(LEDGER, rows::ledger_line)
    }

    pub(crate) fn batches(&self) -> Vec<BatchRow> {
        self.all(BATCHES, BatchRow::from_values)
    }

    pub(crate) fn erased(&self) -> Vec<(std::sync::Arc<str>, daymark_model::id::TraceId, Lsn)> {
        self.all(ERASED, rows::erasure)
    }

    pub(crate) fn dropped(&self) -> Vec<String> {
        self.all(DROPPED, |row| Ok(rows::text(row, 0)?.to_owned()))
    }

    /// Rows of what people keep, as they are.
    pub(crate) fn objects(&self) -> Vec<Vec<Value>> {
        self.all(OBJECTS, |row| Ok(row.to_vec()))
    }

    fn all<T>(&self, table: Sealed, read: impl Fn(&[Value]) -> Result<T, Error>) -> Vec<T> {
        let rows = self.0.get(table.name).into_iter().flat_map(BTreeMap::values);
        rows.filter_map(|row| read(row).ok()).collect()
    }
}

/// All tables of a damaged catalog.
pub(crate) const WHOLE: &[Sealed] = &TABLES;
/// The tables of which an older copy still tells the truth.
pub(crate) const OLDER: &[Sealed] = &[ABOUT, QUARANTINED, LEDGER, ERASED, DROPPED, OBJECTS];
