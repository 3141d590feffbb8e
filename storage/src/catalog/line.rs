//! The one connection to the database, and transactions on it that may fail.
//!
//! A full disk makes SQLite roll back by itself. The transactions of sqlx do not notice that and count one too
//! many for ever after, so ours are begun and ended by hand.

use sqlx::SqliteConnection;
use tokio::sync::{MappedMutexGuard, MutexGuard};

use crate::catalog::Catalog;
use crate::catalog::sealed::Work;
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

    pub(super) async fn begin(&mut self) -> Result<Work<'_>, Error> {
        self.is_open = true;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut self.connection).await?;
        Ok(Work::on(self))
    }

    pub(super) async fn commit(&mut self) -> Result<(), Error> {
        sqlx::query("COMMIT").execute(&mut self.connection).await?;
        self.is_open = false;
        // The commit is durable whether this succeeds or not.
        if let Err(error) = checkpoint(&mut self.connection).await {
            tracing::warn!(%error, "the log of the catalog could not be emptied");
        }
        Ok(())
    }
}

pub(super) async fn checkpoint(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(connection).await?;
    Ok(())
}

impl Catalog {
    /// The connection, without what is left of a transaction that failed.
    pub(super) async fn line(&self) -> Result<MappedMutexGuard<'_, Line>, Error> {
        let line = MutexGuard::try_map(self.line.lock().await, Option::as_mut);
        let mut line = line.map_err(|_| Error::Closed)?;
        if std::mem::take(&mut line.is_open) {
            let undone = sqlx::query("ROLLBACK").execute(&mut line.connection).await;
            tracing::debug!(?undone, "a transaction of the catalog failed");
        }
        Ok(line)
    }
}
