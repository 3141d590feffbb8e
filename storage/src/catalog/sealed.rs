//! Checksums of the catalog's rows. SQLite notices a broken page, not a changed value in a sound one.
//!
//! Each row ends with the crc32c of its values; each table has a row in `seals` with its number of rows and
//! the xor of their crcs, changed in the same transaction. [`Work`] is the one way to write.

use std::collections::BTreeMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row, Sqlite, SqliteConnection, TypeInfo, ValueRef};

use super::line::Line;
use crate::error::Error;

/// A table whose first columns are its key and whose last is the checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) name: &'static str,
    pub(crate) key: &'static [&'static str],
}

pub(crate) const ABOUT: Sealed = Sealed { name: "about", key: &["key"] };
pub(crate) const SEGMENTS: Sealed = Sealed { name: "segments", key: &["id"] };
pub(crate) const QUARANTINED: Sealed = Sealed { name: "quarantined", key: &["id"] };
pub(crate) const WAL: Sealed = Sealed { name: "wal", key: &["one"] };
pub(crate) const LEDGER: Sealed =
    Sealed { name: "ledger", key: &["bucket", "tenant", "source", "signal", "item", "reason"] };
pub(crate) const BATCHES: Sealed = Sealed { name: "batches", key: &["tenant", "signal", "hash"] };
pub(crate) const ERASED: Sealed = Sealed { name: "erased", key: &["tenant", "trace_id"] };
pub(crate) const DROPPED: Sealed = Sealed { name: "dropped", key: &["id"] };
pub(crate) const OBJECTS: Sealed = Sealed { name: "objects", key: &["tenant", "kind", "id"] };
pub(crate) const TABLES: [Sealed; 9] =
    [ABOUT, SEGMENTS, QUARANTINED, WAL, LEDGER, BATCHES, ERASED, DROPPED, OBJECTS];

/// What a cell holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Blob(bytes.to_vec())
    }
}

/// The checksum of a row: each value with its kind and its length.
pub(crate) fn crc(values: &[Value]) -> u32 {
    let part = |crc: u32, kind: u8, bytes: &[u8]| {
        let crc = crc32c::crc32c_append(crc, &[kind]);
        let crc = crc32c::crc32c_append(crc, &(bytes.len() as u64).to_le_bytes());
        crc32c::crc32c_append(crc, bytes)
    };
    values.iter().fold(0, |crc, value| match value {
        Value::Null => part(crc, 0, &[]),
        Value::Int(number) => part(crc, 1, &number.to_le_bytes()),
        Value::Text(text) => part(crc, 2, text.as_bytes()),
        Value::Blob(bytes) => part(crc, 3, bytes),
    })
}

/// The values of a row.
pub(crate) fn values(row: &SqliteRow) -> Result<Vec<Value>, sqlx::Error> {
    let value = |at: usize| -> Result<Value, sqlx::Error> {
        let raw = row.try_get_raw(at)?;
        let kind = raw.type_info().into_owned();
        Ok(match kind.name() {
            _ if raw.is_null() => Value::Null,
            "INTEGER" => Value::Int(row.try_get_unchecked(at)?),
            "BLOB" => Value::Blob(row.try_get_unchecked(at)?),
            _ => Value::Text(row.try_get_unchecked(at)?),
        })
    };
    (0..row.columns().len()).map(value).collect()
}

/// The values of a row without its checksum; none when that does not fit.
pub(crate) fn proved(row: &SqliteRow) -> Option<Vec<Value>> {
    let mut values = values(row).ok()?;
    let sum = values.pop()?;
    (sum == Value::Int(i64::from(crc(&values)))).then_some(values)
}

#[derive(Clone, Copy, Debug, Default)]
struct Change {
    rows: i64,
    crcs: u32,
}

/// A transaction that keeps the seals of the tables it changes. When it is dropped before it is committed,
/// the [`Line`] undoes it before the next.
pub(crate) struct Work<'c> {
    line: &'c mut Line,
    changes: BTreeMap<&'static str, Change>,
}

impl<'c> Work<'c> {
    /// On a line that has begun a transaction.
    pub(super) fn on(line: &'c mut Line) -> Self {
        Self { line, changes: BTreeMap::new() }
    }

    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.line.connection
    }

    /// Writes a row in place of the one with its key.
    pub(crate) async fn put(&mut self, table: Sealed, row: &[Value]) -> Result<(), sqlx::Error> {
        self.remove(table, row.get(..table.key.len()).unwrap_or(row)).await?;
        let sum = crc(row);
        let places = ", ?".repeat(row.len());
        let insert = format!("INSERT INTO {} VALUES (?{places})", table.name);
        let row = row.iter().cloned().chain([Value::Int(i64::from(sum))]);
        bound(AssertSqlSafe(insert), row).execute(self.connection()).await?;
        self.note(table, 1, sum);
        Ok(())
    }

    /// Removes the row with a key, if there is one.
    pub(crate) async fn remove(&mut self, table: Sealed, key: &[Value]) -> Result<(), sqlx::Error> {
        self.remove_where(table, &format!("{} = ?", table.key.join(" = ? AND ")), key).await
    }

    /// Removes the rows that meet a condition.
    pub(crate) async fn remove_where(
        &mut self,
        table: Sealed,
        condition: &str,
        given: &[Value],
    ) -> Result<(), sqlx::Error> {
        let delete = format!("DELETE FROM {} WHERE {condition} RETURNING crc", table.name);
        let gone = bound(AssertSqlSafe(delete), given.iter().cloned());
        for row in gone.fetch_all(self.connection()).await? {
            self.note(table, -1, row.try_get_unchecked::<i64, _>(0)? as u32);
        }
        Ok(())
    }

    /// The row with a key, without its checksum.
    pub(crate) async fn get(
        &mut self,
        table: Sealed,
        key: &[Value],
    ) -> Result<Option<Vec<Value>>, sqlx::Error> {
        let select = format!("SELECT * FROM {} WHERE {} = ?", table.name, table.key.join(" = ? AND "));
        let query = bound(AssertSqlSafe(select), key.iter().cloned());
        let Some(row) = query.fetch_optional(self.connection()).await? else { return Ok(None) };
        let mut row = values(&row)?;
        row.pop();
        Ok(Some(row))
    }

    fn note(&mut self, table: Sealed, rows: i64, crc: u32) {
        let change = self.changes.entry(table.name).or_default();
        change.rows += rows;
        change.crcs ^= crc;
    }

    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        for (table, Change { rows, crcs }) in std::mem::take(&mut self.changes) {
            let seal = sqlx::query("SELECT rows, crcs FROM seals WHERE tbl = ?").bind(table);
            let (rows, crcs) = match seal.fetch_optional(self.connection()).await? {
                Some(seal) => (
                    rows + seal.try_get_unchecked::<i64, _>(0)?,
                    i64::from(crcs) ^ seal.try_get_unchecked::<i64, _>(1)?,
                ),
                None => (rows, i64::from(crcs)),
            };
            let sum = crc(&[table.into(), rows.into(), crcs.into()]);
            sqlx::query("INSERT OR REPLACE INTO seals (tbl, rows, crcs, crc) VALUES (?, ?, ?, ?)")
                .bind(table)
                .bind(rows)
                .bind(crcs)
                .bind(i64::from(sum))
                .execute(self.connection())
                .await?;
        }
        self.line.commit().await
    }
}

type Bound = sqlx::query::Query<'static, Sqlite, sqlx::sqlite::SqliteArguments>;

fn bound(sql: AssertSqlSafe<String>, values: impl Iterator<Item = Value>) -> Bound {
    values.fold(sqlx::query(sql), |query, value| match value {
        Value::Null => query.bind(None::<i64>),
        Value::Int(number) => query.bind(number),
        Value::Text(text) => query.bind(text),
        Value::Blob(bytes) => query.bind(bytes),
    })
}

/// Everything that is wrong with the values of the catalog: rows, seals, and the statements of its schema.
pub(crate) async fn check(connection: &mut SqliteConnection) -> Vec<String> {
    let mut wrong = Vec::new();
    match schema(connection).await {
        Ok(found) if found == expected_schema() => {}
        Ok(_) => wrong.push("its tables are not those of this format".to_owned()),
        Err(error) => wrong.push(format!("its schema cannot be read: {error}")),
    }
    for table in TABLES {
        if let Err(what) = check_table(connection, table).await {
            wrong.push(format!("table {}: {what}", table.name));
        }
    }
    wrong
}

async fn check_table(connection: &mut SqliteConnection, table: Sealed) -> Result<(), String> {
    let select = AssertSqlSafe(format!("SELECT * FROM {}", table.name));
    let rows = sqlx::query(select).fetch_all(&mut *connection).await.map_err(|error| error.to_string())?;
    let (mut damaged, mut crcs) = (0, 0);
    for row in &rows {
        match proved(row) {
            Some(values) => crcs ^= i64::from(crc(&values)),
            None => damaged += 1,
        }
    }
    if damaged > 0 {
        return Err(format!("{damaged} of {} rows fail their checksum", rows.len()));
    }
    let seal = sqlx::query("SELECT tbl, rows, crcs, crc FROM seals WHERE tbl = ?").bind(table.name);
    let seal = seal.fetch_optional(connection).await.map_err(|error| error.to_string())?;
    let Some(seal) = seal else {
        return if rows.is_empty() { Ok(()) } else { Err("it has no seal".to_owned()) };
    };
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    match proved(&seal) {
        Some(values) if values[1..] == [Value::Int(count), Value::Int(crcs)] => Ok(()),
        Some(_) => Err(format!("its {count} rows are not those it was sealed with")),
        None => Err("its seal fails its checksum".to_owned()),
    }
}

/// The statements that made the tables, by name.
async fn schema(connection: &mut SqliteConnection) -> Result<BTreeMap<String, String>, sqlx::Error> {
    let made = "SELECT name, sql FROM sqlite_schema WHERE type = 'table'";
    let rows = sqlx::query(made).fetch_all(connection).await?;
    rows.iter().map(|row| Ok((row.try_get_unchecked(0)?, row.try_get_unchecked(1)?))).collect()
}

fn expected_schema() -> BTreeMap<String, String> {
    let statement = |text: &str| {
        let lines = text.lines().skip_while(|line| line.trim().is_empty() || line.starts_with("--"));
        let text = lines.collect::<Vec<_>>().join("\n");
        let name = text.strip_prefix("CREATE TABLE ")?.split_whitespace().next()?.to_owned();
        Some((name, text))
    };
    super::SCHEMA.split(';').filter_map(statement).collect()
}
