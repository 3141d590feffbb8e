//! The catalog: which segments count, up to where the log is in them, the ledger, recent batches, erased
//! traces, and what people keep.
//!
//! One SQLite file, written with `synchronous=FULL` by one connection. One transaction publishes segments,
//! retires those they replace, moves the low end of the log and saves the ledger, so that these four never
//! contradict each other. Transactions run in tasks that nobody cancels: a dropped one might still commit.
//! After each, SQLite's own log is emptied into the file: a flipped bit in it would undo a commit unnoticed.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use daymark_model::id::{Lsn, TraceId};
use daymark_model::signal::{Signal, Table};
use daymark_model::time::Nanos;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row, SqliteConnection};
use tokio::sync::Mutex;

use crate::buffer::BySource;
use crate::catalog::line::Line;
use crate::erase::Hidden;
use crate::error::Error;
use crate::ledger::{Account, Count, Entry, Unsaved};
use crate::version::Gap;

/// Rows as values.
pub(crate) mod rows;
/// What can be read of a damaged one.
pub(crate) mod salvage;
/// Checksums of rows and tables.
pub(crate) mod sealed;

use sealed::{ABOUT, BATCHES, DROPPED, ERASED, LEDGER, QUARANTINED, SEGMENTS, Sealed, Value, WAL, Work};

/// The one connection, and transactions on it that may fail.
mod line;
/// What people keep.
mod objects;

/// The format this Daymark writes.
const FORMAT: i64 = 1;
const SCHEMA: &str = include_str!("catalog/schema.sql");

/// A segment as the catalog has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SegmentRow {
    pub(crate) id: String,
    pub(crate) tenant: Arc<str>,
    pub(crate) table: Table,
    /// Relative to the data directory.
    pub(crate) path: String,
    pub(crate) level: u8,
    pub(crate) lsns: (Lsn, Lsn),
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) time: (Nanos, Nanos),
    pub(crate) arrival_to: Nanos,
    /// Rows a source.
    pub(crate) sources: BySource,
    /// Ranges of rows that were erased on request …
    pub(crate) hidden: Vec<(u32, u32)>,
    /// … and when the first of them were.
    pub(crate) hidden_at: Option<Nanos>,
}

/// A batch to be recognised when it comes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BatchRow {
    /// xxh3-64 of the tenant's name.
    pub(crate) tenant: u64,
    pub(crate) signal: Signal,
    pub(crate) hash: u128,
    pub(crate) lsn: Lsn,
    pub(crate) at: Nanos,
}

/// What one transaction changes.
#[derive(Debug, Default)]
pub(crate) struct Publication<'a> {
    pub(crate) added: &'a [SegmentRow],
    pub(crate) removed: &'a [String],
    /// Segments whose folders are to go, whatever they hold: none of them is ever taken back.
    pub(crate) dropped: &'a [String],
    pub(crate) quarantined: &'a [Gap],
    pub(crate) low: Option<Lsn>,
    pub(crate) ledger: &'a [&'a Unsaved],
    pub(crate) batches: &'a [BatchRow],
    /// Batches seen before this are forgotten.
    pub(crate) forget_before: Nanos,
}

/// What a store starts from.
#[derive(Debug)]
pub(crate) struct Contents {
    pub(crate) epoch: String,
    pub(crate) low: Lsn,
    pub(crate) segments: Vec<SegmentRow>,
    pub(crate) quarantined: Vec<Gap>,
    pub(crate) totals: Vec<(Account, Entry, Count)>,
    pub(crate) batches: Vec<BatchRow>,
    pub(crate) erased: Vec<(Arc<str>, TraceId, Lsn)>,
    pub(crate) dropped: HashSet<String>,
}

/// The open database.
#[derive(Debug)]
pub(crate) struct Catalog {
    /// None once it is closed.
    line: Mutex<Option<Line>>,
}

impl Catalog {
    /// Opens the database, or makes it with a fresh epoch.
    pub(crate) async fn open(path: &Path, epoch: &str) -> Result<Self, Error> {
        let mut connection = options(path).create_if_missing(true).connect().await?;
        let found: i64 = sqlx::query("PRAGMA user_version").fetch_one(&mut connection).await?.try_get(0)?;
        let line = match found {
            0 => create(connection, epoch).await?,
            FORMAT => Line::new(connection),
            newer => return Err(Error::NewerFormat { found: newer, known: FORMAT }),
        };
        Ok(Self { line: Mutex::new(Some(line)) })
    }

    /// Opens a database that is there.
    pub(crate) async fn open_existing(path: &Path) -> Result<Self, Error> {
        Ok(Self { line: Mutex::new(Some(Line::new(options(path).connect().await?))) })
    }

    /// What is wrong with a database that nobody uses, and its contents if nothing is. The file must be one
    /// that may be changed: SQLite moves its own log into it.
    pub(crate) async fn inspect(path: &Path) -> (Vec<String>, Option<Contents>) {
        match inspected(path).await {
            Ok(found) => found,
            Err(error) => (vec![error.to_string()], None),
        }
    }

    /// Everything in it, once all checksums fit.
    pub(crate) async fn contents(&self) -> Result<Contents, Error> {
        let connection = &mut self.line().await?.connection;
        let wrong = sealed::check(connection).await;
        if !wrong.is_empty() {
            return Err(Error::DamagedCatalog { what: wrong.join("; ") });
        }
        contents(connection).await
    }

    /// Makes a change durable, whole or not at all.
    pub(crate) async fn publish(&self, change: Publication<'_>) -> Result<(), Error> {
        let mut line = self.line().await?;
        let mut work = line.begin().await?;
        for id in change.removed {
            work.remove(SEGMENTS, &[id.as_str().into()]).await?;
        }
        for id in change.dropped {
            work.put(DROPPED, &[id.as_str().into()]).await?;
        }
        for row in change.added {
            work.put(SEGMENTS, &row.to_values()).await?;
        }
        for row in change.quarantined {
            work.put(QUARANTINED, &row.to_values()).await?;
        }
        if let Some(low) = change.low {
            work.put(WAL, &[1.into(), rows::signed(low.0).into()]).await?;
        }
        for (bucket, account, entry, count) in change.ledger.iter().flat_map(|unsaved| unsaved.iter()) {
            post(&mut work, bucket, account, entry, count).await?;
        }
        for batch in change.batches {
            work.put(BATCHES, &batch.to_values()).await?;
        }
        work.remove_where(BATCHES, "at < ?", &[change.forget_before.0.into()]).await?;
        work.commit().await
    }

    /// Marks rows of live segments as erased and remembers the trace for a replay.
    pub(crate) async fn erase(
        &self,
        tenant: &str,
        id: TraceId,
        below: Lsn,
        hidden: &[&Hidden],
        ledger: &Unsaved,
    ) -> Result<(), Error> {
        let mut line = self.line().await?;
        let mut work = line.begin().await?;
        work.put(ERASED, &rows::erased(tenant, id, below)).await?;
        for change in hidden {
            let Some(known) = work.get(SEGMENTS, &[change.segment.as_ref().into()]).await? else { continue };
            let mut row = SegmentRow::from_values(&known)?;
            row.hide(change);
            work.put(SEGMENTS, &row.to_values()).await?;
        }
        for (bucket, account, entry, count) in ledger.iter() {
            post(&mut work, bucket, account, entry, count).await?;
        }
        work.commit().await
    }

    /// The saved increments of a time range, by minute.
    pub(crate) async fn ledger(
        &self,
        from: Nanos,
        to: Nanos,
    ) -> Result<Vec<(Nanos, Account, Entry, Count)>, Error> {
        let connection = &mut self.line().await?.connection;
        let found = sqlx::query("SELECT * FROM ledger WHERE bucket >= ? AND bucket < ? ORDER BY bucket")
            .bind(from.0)
            .bind(to.0)
            .fetch_all(connection)
            .await?;
        found.iter().map(|row| rows::ledger_line(&sealed::values(row)?)).collect()
    }

    /// The folders of these are gone for good.
    pub(crate) async fn forget_dropped(&self, ids: &[String]) -> Result<(), Error> {
        let mut line = self.line().await?;
        let mut work = line.begin().await?;
        for id in ids {
            work.remove(DROPPED, &[id.as_str().into()]).await?;
        }
        work.commit().await
    }

    /// Moves everything from SQLite's own log into the database file and syncs it.
    pub(crate) async fn checkpoint(&self) -> Result<(), Error> {
        let connection = &mut self.line().await?.connection;
        Ok(line::checkpoint(connection).await?)
    }

    /// Writes a copy of the whole database, as of now, to a file that does not exist.
    pub(crate) async fn copy_to(&self, path: &Path) -> Result<(), Error> {
        let connection = &mut self.line().await?.connection;
        let path = path.to_string_lossy().into_owned();
        sqlx::query("VACUUM INTO ?").bind(path).execute(connection).await?;
        Ok(())
    }

    /// Lets go of the file; only then is SQLite's own log gone.
    pub(crate) async fn close(&self) -> Result<(), Error> {
        match self.line.lock().await.take() {
            Some(line) => Ok(line.connection.close().await?),
            None => Ok(()),
        }
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .locking_mode(SqliteLockingMode::Exclusive)
        .synchronous(SqliteSynchronous::Full)
        // A slow disk tells so by its fsyncs; here it would be told for each statement.
        .disable_statement_logging()
}

async fn inspected(path: &Path) -> Result<(Vec<String>, Option<Contents>), sqlx::Error> {
    let mut connection = SqliteConnectOptions::new().filename(path).connect().await?;
    let format: i64 = sqlx::query("PRAGMA user_version").fetch_one(&mut connection).await?.try_get(0)?;
    let mut wrong = Vec::new();
    if format != FORMAT {
        wrong.push(format!("it is of format {format}; this Daymark writes {FORMAT}"));
    }
    for row in sqlx::query("PRAGMA integrity_check").fetch_all(&mut connection).await? {
        let told: String = row.try_get(0)?;
        wrong.extend((told != "ok").then_some(told));
    }
    wrong.extend(sealed::check(&mut connection).await);
    let mut known = None;
    if wrong.is_empty() {
        match contents(&mut connection).await {
            Ok(contents) => known = Some(contents),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    connection.close().await?;
    Ok((wrong, known))
}

async fn create(connection: SqliteConnection, epoch: &str) -> Result<Line, Error> {
    let mut line = Line::new(connection);
    let mut work = line.begin().await?;
    sqlx::raw_sql(SCHEMA).execute(work.connection()).await?;
    work.put(ABOUT, &["epoch".into(), epoch.into()]).await?;
    work.put(WAL, &[1.into(), 1.into()]).await?;
    sqlx::query("PRAGMA user_version = 1").execute(work.connection()).await?;
    work.commit().await?;
    Ok(line)
}

async fn contents(connection: &mut SqliteConnection) -> Result<Contents, Error> {
    let about = sqlx::query("SELECT * FROM about WHERE key = 'epoch'").fetch_one(&mut *connection).await?;
    let low = sqlx::query("SELECT * FROM wal").fetch_one(&mut *connection).await?;
    let lines: Vec<_> = all(connection, LEDGER, "bucket", rows::ledger_line).await?;
    Ok(Contents {
        epoch: rows::text(&sealed::values(&about)?, 1)?.to_owned(),
        low: rows::low(&sealed::values(&low)?)?,
        segments: all(connection, SEGMENTS, "lsn_from, id", SegmentRow::from_values).await?,
        quarantined: all(connection, QUARANTINED, "id", Gap::from_values).await?,
        totals: lines.into_iter().map(|(_, account, entry, count)| (account, entry, count)).collect(),
        batches: all(connection, BATCHES, "at", BatchRow::from_values).await?,
        erased: all(connection, ERASED, "tenant", rows::erasure).await?,
        dropped: all(connection, DROPPED, "id", |row| Ok(rows::text(row, 0)?.to_owned())).await?,
    })
}

async fn all<T, C: FromIterator<T>>(
    connection: &mut SqliteConnection,
    table: Sealed,
    order: &str,
    read: impl Fn(&[Value]) -> Result<T, Error>,
) -> Result<C, Error> {
    let select = AssertSqlSafe(format!("SELECT * FROM {} ORDER BY {order}", table.name));
    let found = sqlx::query(select).fetch_all(connection).await?;
    found.iter().map(|row| read(&sealed::values(row)?)).collect()
}

async fn post(
    work: &mut Work<'_>,
    bucket: Nanos,
    account: &Account,
    entry: Entry,
    mut count: Count,
) -> Result<(), Error> {
    let mut row = rows::ledger_key(bucket, account, entry);
    if let Some(known) = work.get(LEDGER, &row).await? {
        let (.., known) = rows::ledger_line(&known)?;
        count = Count { items: count.items + known.items, bytes: count.bytes + known.bytes };
    }
    row.extend([rows::signed(count.items).into(), rows::signed(count.bytes).into()]);
    Ok(work.put(LEDGER, &row).await?)
}
