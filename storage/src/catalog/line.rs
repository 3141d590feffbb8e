//! The one connection to the database, and transactions on it that may fail.
//!
//! A full disk makes SQLite roll back by itself. The transactions of sqlx do not notice that and count one too
//! many for ever after, so ours are begun and ended by hand.

use sqlx::SqliteConnection;
use tokio::sync::MutexGuard;

use crate::catalog::Catalog;
use crate::error::Error;

#[derive(Debug)]
pub(super) struct Line {
    pub(super) connection: SqliteConnection,
    /// A transaction was begun and not committed.
    is_open: bool,
}

impl Line {
    pub(super) fn new(connection: SqliteConnection) -> Self {
        Self { connection, is_open: false }
    }

    pub(super) async fn begin(&mut self) -> Result<&mut SqliteConnection, Error> {
        self.is_open = true;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut self.connection).await?;
        Ok(&mut self.connection)
    }

    pub(super) async fn commit(&mut self) -> Result<(), Error> {
        sqlx::query("COMMIT").execute(&mut self.connection).await?;
        self.is_open = false;
        Ok(())
    }
}

impl Catalog {
    /// The connection, without what is left of a transaction that failed.
    pub(super) async fn line(&self) -> MutexGuard<'_, Line> {
        let mut line = self.line.lock().await;
        if std::mem::take(&mut line.is_open) {
            let undone = sqlx::query("ROLLBACK").execute(&mut line.connection).await;
            tracing::debug!(?undone, "a transaction of the catalog failed");
        }
        line
    }
}
