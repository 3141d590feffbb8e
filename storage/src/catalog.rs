//! The catalog: which segments count, up to where the log is in them, the ledger, recent batches, erased traces.
//!
//! One SQLite file, written with `synchronous=FULL` by one connection. One transaction publishes segments,
//! retires those they replace, moves the low end of the log and saves the ledger, so that these four never
//! contradict each other. Transactions run in tasks that nobody cancels: a dropped one might still commit.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use daymark_model::id::{Lsn, TraceId};
use daymark_model::signal::{Signal, Table};
use daymark_model::time::Nanos;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqliteRow, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};
use tokio::sync::Mutex;

use crate::buffer::BySource;
use crate::catalog::line::Line;
use crate::erase::Hidden;
use crate::error::Error;
use crate::ledger::{Account, Count, Entry, Unsaved};

/// Segments whose folders are on their way out.
mod dropped;
/// The one connection, and transactions on it that may fail.
mod line;

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
    /// Ranges of rows that were erased on request.
    pub(crate) hidden: Vec<(u32, u32)>,
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
    pub(crate) totals: Vec<(Account, Entry, Count)>,
    pub(crate) batches: Vec<BatchRow>,
    pub(crate) erased: Vec<(Arc<str>, TraceId, Lsn)>,
    pub(crate) dropped: HashSet<String>,
}

/// The open database.
#[derive(Debug)]
pub(crate) struct Catalog {
    line: Mutex<Line>,
}

impl Catalog {
    /// Opens the database, or makes it with a fresh epoch.
    pub(crate) async fn open(path: &Path, epoch: &str) -> Result<Self, Error> {
        let mut connection = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .locking_mode(SqliteLockingMode::Exclusive)
            .synchronous(SqliteSynchronous::Full)
            .connect()
            .await?;
        let found: i64 = sqlx::query("PRAGMA user_version").fetch_one(&mut connection).await?.try_get(0)?;
        match found {
            0 => create(&mut connection, epoch).await?,
            FORMAT => {}
            newer => return Err(Error::NewerFormat { found: newer, known: FORMAT }),
        }
        Ok(Self { line: Mutex::new(Line::new(connection)) })
    }

    pub(crate) async fn contents(&self) -> Result<Contents, Error> {
        let connection = &mut self.line().await.connection;
        let epoch =
            sqlx::query("SELECT value FROM about WHERE key = 'epoch'").fetch_one(&mut *connection).await?;
        let low = sqlx::query("SELECT low FROM wal").fetch_one(&mut *connection).await?;
        Ok(Contents {
            epoch: epoch.try_get(0)?,
            low: lsn(&low, "low")?,
            segments: rows(connection, "SELECT * FROM segments ORDER BY lsn_from, id", segment).await?,
            totals: rows(connection, TOTALS, total).await?,
            batches: rows(connection, "SELECT * FROM batches ORDER BY at", batch).await?,
            erased: rows(connection, "SELECT * FROM erased", erasure).await?,
            dropped: dropped::all(connection).await?,
        })
    }

    /// Makes a change durable, whole or not at all.
    pub(crate) async fn publish(&self, change: Publication<'_>) -> Result<(), Error> {
        let mut line = self.line().await;
        let work = line.begin().await?;
        for id in change.removed {
            sqlx::query("DELETE FROM segments WHERE id = ?").bind(id).execute(&mut *work).await?;
        }
        dropped::add(work, change.dropped).await?;
        for row in change.added {
            insert_segment(work, row).await?;
        }
        if let Some(low) = change.low {
            sqlx::query("UPDATE wal SET low = ?").bind(signed(low.0)).execute(&mut *work).await?;
        }
        for (bucket, account, entry, count) in change.ledger.iter().flat_map(|unsaved| unsaved.iter()) {
            post(work, bucket, account, entry, count).await?;
        }
        for batch in change.batches {
            remember(work, batch).await?;
        }
        let forget = "DELETE FROM batches WHERE at < ?";
        sqlx::query(forget).bind(change.forget_before.0).execute(&mut *work).await?;
        line.commit().await
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
        let mut line = self.line().await;
        let work = line.begin().await?;
        sqlx::query("INSERT OR REPLACE INTO erased (tenant, trace_id, lsn) VALUES (?, ?, ?)")
            .bind(tenant)
            .bind(&id.0[..])
            .bind(signed(below.0))
            .execute(&mut *work)
            .await?;
        for Hidden { segment, rows, left, .. } in hidden {
            let ranges: Vec<(u32, u32)> =
                rows.as_slice().iter().map(|range| (range.start, range.end)).collect();
            sqlx::query("UPDATE segments SET hidden = ?, sources = ? WHERE id = ?")
                .bind(json(&ranges))
                .bind(sources_json(left))
                .bind(segment.as_ref())
                .execute(&mut *work)
                .await?;
        }
        for (bucket, account, entry, count) in ledger.iter() {
            post(work, bucket, account, entry, count).await?;
        }
        line.commit().await
    }

    /// The saved increments of a time range, by minute.
    pub(crate) async fn ledger(
        &self,
        from: Nanos,
        to: Nanos,
    ) -> Result<Vec<(Nanos, Account, Entry, Count)>, Error> {
        let connection = &mut self.line().await.connection;
        let found = sqlx::query("SELECT * FROM ledger WHERE bucket >= ? AND bucket < ? ORDER BY bucket")
            .bind(from.0)
            .bind(to.0)
            .fetch_all(connection)
            .await?;
        found
            .iter()
            .map(|row| {
                let (account, entry, count) = total(row)?;
                Ok((Nanos(row.try_get("bucket")?), account, entry, count))
            })
            .collect()
    }

    /// Moves everything from SQLite's own log into the database file and syncs it.
    pub(crate) async fn checkpoint(&self) -> Result<(), Error> {
        let connection = &mut self.line().await.connection;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(connection).await?;
        Ok(())
    }
}

const TOTALS: &str = "SELECT tenant, source, signal, item, reason, sum(items) AS items, sum(bytes) AS bytes \
                      FROM ledger GROUP BY tenant, source, signal, item, reason";

async fn create(connection: &mut SqliteConnection, epoch: &str) -> Result<(), Error> {
    let mut work = connection.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::raw_sql(SCHEMA).execute(&mut *work).await?;
    let about = "INSERT INTO about (key, value) VALUES ('epoch', ?)";
    sqlx::query(about).bind(epoch).execute(&mut *work).await?;
    sqlx::query("INSERT INTO wal (one, low) VALUES (1, 1)").execute(&mut *work).await?;
    sqlx::query("PRAGMA user_version = 1").execute(&mut *work).await?;
    Ok(work.commit().await?)
}

async fn rows<T>(
    connection: &mut SqliteConnection,
    query: &'static str,
    read: impl Fn(&SqliteRow) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    sqlx::query(query).fetch_all(connection).await?.iter().map(read).collect()
}

async fn insert_segment(work: &mut SqliteConnection, row: &SegmentRow) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO segments (id, tenant, tbl, path, level, lsn_from, lsn_to, rows, bytes, time_from, \
         time_to, arrival_to, sources, hidden) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&row.id)
    .bind(row.tenant.as_ref())
    .bind(row.table.name())
    .bind(&row.path)
    .bind(i64::from(row.level))
    .bind(signed(row.lsns.0.0))
    .bind(signed(row.lsns.1.0))
    .bind(signed(row.rows))
    .bind(signed(row.bytes))
    .bind(row.time.0.0)
    .bind(row.time.1.0)
    .bind(row.arrival_to.0)
    .bind(sources_json(&row.sources))
    .bind((!row.hidden.is_empty()).then(|| json(&row.hidden)))
    .execute(work)
    .await?;
    Ok(())
}

async fn post(
    work: &mut SqliteConnection,
    bucket: Nanos,
    account: &Account,
    entry: Entry,
    count: Count,
) -> Result<(), Error> {
    let (item, reason) = entry.names();
    sqlx::query(
        "INSERT INTO ledger (bucket, tenant, source, signal, item, reason, items, bytes) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET items = items + excluded.items, \
         bytes = bytes + excluded.bytes",
    )
    .bind(bucket.0)
    .bind(account.tenant.as_ref())
    .bind(account.source.as_ref())
    .bind(account.signal.name())
    .bind(item)
    .bind(reason.unwrap_or_default())
    .bind(signed(count.items))
    .bind(signed(count.bytes))
    .execute(work)
    .await?;
    Ok(())
}

async fn remember(work: &mut SqliteConnection, batch: &BatchRow) -> Result<(), Error> {
    sqlx::query("INSERT OR REPLACE INTO batches (tenant, signal, hash, lsn, at) VALUES (?, ?, ?, ?, ?)")
        .bind(&batch.tenant.to_be_bytes()[..])
        .bind(batch.signal.name())
        .bind(&batch.hash.to_be_bytes()[..])
        .bind(signed(batch.lsn.0))
        .bind(batch.at.0)
        .execute(work)
        .await?;
    Ok(())
}

fn segment(row: &SqliteRow) -> Result<SegmentRow, Error> {
    let sources: Vec<(String, u64)> = parsed(row, "sources")?;
    let hidden: Option<String> = row.try_get("hidden")?;
    Ok(SegmentRow {
        id: row.try_get("id")?,
        tenant: row.try_get::<&str, _>("tenant")?.into(),
        table: named(row, "tbl", Table::from_name)?,
        path: row.try_get("path")?,
        level: u8::try_from(row.try_get::<i64, _>("level")?).map_err(|_| damaged("a level"))?,
        lsns: (lsn(row, "lsn_from")?, lsn(row, "lsn_to")?),
        rows: unsigned(row, "rows")?,
        bytes: unsigned(row, "bytes")?,
        time: (Nanos(row.try_get("time_from")?), Nanos(row.try_get("time_to")?)),
        arrival_to: Nanos(row.try_get("arrival_to")?),
        sources: sources.into_iter().map(|(name, rows)| (name.into(), rows)).collect(),
        hidden: if hidden.is_some() { parsed(row, "hidden")? } else { Vec::new() },
    })
}

fn total(row: &SqliteRow) -> Result<(Account, Entry, Count), Error> {
    let account = Account {
        tenant: row.try_get::<&str, _>("tenant")?.into(),
        source: row.try_get::<&str, _>("source")?.into(),
        signal: signal(row)?,
    };
    let reason: &str = row.try_get("reason")?;
    let entry =
        Entry::from_names(row.try_get("item")?, Some(reason)).ok_or_else(|| damaged("a ledger item"))?;
    Ok((account, entry, Count { items: unsigned(row, "items")?, bytes: unsigned(row, "bytes")? }))
}

fn batch(row: &SqliteRow) -> Result<BatchRow, Error> {
    let hash: [u8; 16] = row.try_get::<&[u8], _>("hash")?.try_into().map_err(|_| damaged("a batch hash"))?;
    let tenant: [u8; 8] = row.try_get::<&[u8], _>("tenant")?.try_into().map_err(|_| damaged("a tenant"))?;
    Ok(BatchRow {
        tenant: u64::from_be_bytes(tenant),
        signal: signal(row)?,
        hash: u128::from_be_bytes(hash),
        lsn: lsn(row, "lsn")?,
        at: Nanos(row.try_get("at")?),
    })
}

fn erasure(row: &SqliteRow) -> Result<(Arc<str>, TraceId, Lsn), Error> {
    let id: [u8; 16] = row.try_get::<&[u8], _>("trace_id")?.try_into().map_err(|_| damaged("a trace id"))?;
    Ok((row.try_get::<&str, _>("tenant")?.into(), TraceId(id), lsn(row, "lsn")?))
}

fn signal(row: &SqliteRow) -> Result<Signal, Error> {
    named(row, "signal", |name| Signal::ALL.into_iter().find(|signal| signal.name() == name))
}

fn named<T>(row: &SqliteRow, column: &str, find: impl Fn(&str) -> Option<T>) -> Result<T, Error> {
    find(row.try_get(column)?).ok_or_else(|| damaged(column))
}

fn parsed<T: serde::de::DeserializeOwned>(row: &SqliteRow, column: &str) -> Result<T, Error> {
    serde_json::from_str(row.try_get(column)?).map_err(|_| damaged(column))
}

fn unsigned(row: &SqliteRow, column: &str) -> Result<u64, Error> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(|_| damaged(column))
}

fn lsn(row: &SqliteRow, column: &str) -> Result<Lsn, Error> {
    unsigned(row, column).map(Lsn)
}

fn sources_json(sources: &BySource) -> String {
    json(&sources.iter().map(|(name, rows)| (name.as_ref(), rows)).collect::<Vec<_>>())
}

/// SQLite's integers are signed; no count of ours reaches their end.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain lists of numbers and text")
}

fn damaged(what: &str) -> Error {
    Error::DamagedCatalog { what: format!("{what} has a value") }
}
