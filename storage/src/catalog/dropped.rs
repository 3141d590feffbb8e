//! Segments that no longer count and whose folders may still lie there: none of them is taken back.

use std::collections::HashSet;

use sqlx::{Row, SqliteConnection};

use crate::catalog::Catalog;
use crate::error::Error;

pub(super) async fn all(connection: &mut SqliteConnection) -> Result<HashSet<String>, Error> {
    let found = sqlx::query("SELECT id FROM dropped").fetch_all(connection).await?;
    found.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

pub(super) async fn add(work: &mut SqliteConnection, ids: &[String]) -> Result<(), Error> {
    for id in ids {
        sqlx::query("INSERT OR IGNORE INTO dropped (id) VALUES (?)").bind(id).execute(&mut *work).await?;
    }
    Ok(())
}

impl Catalog {
    /// The folders of these are gone for good.
    pub(crate) async fn forget_dropped(&self, ids: &[String]) -> Result<(), Error> {
        let mut line = self.line().await;
        let work = line.begin().await?;
        for id in ids {
            sqlx::query("DELETE FROM dropped WHERE id = ?").bind(id).execute(&mut *work).await?;
        }
        line.commit().await
    }
}
