//! The rows of the catalog as values, in the order of the columns in `schema.sql`, and back.

use std::sync::Arc;

use daymark_model::id::{Lsn, TraceId};
use daymark_model::signal::{Signal, Table};
use daymark_model::time::Nanos;

use super::sealed::Value;
use super::{BatchRow, SegmentRow};
use crate::buffer::BySource;
use crate::error::Error;
use crate::ledger::{Account, Count, Entry};
use crate::version::Gap;

impl SegmentRow {
    pub(crate) fn to_values(&self) -> Vec<Value> {
        let hidden = if self.hidden.is_empty() { Value::Null } else { Value::Text(json(&self.hidden)) };
        vec![
            self.id.as_str().into(),
            self.tenant.as_ref().into(),
            self.table.name().into(),
            self.path.as_str().into(),
            i64::from(self.level).into(),
            signed(self.lsns.0.0).into(),
            signed(self.lsns.1.0).into(),
            signed(self.rows).into(),
            signed(self.bytes).into(),
            self.time.0.0.into(),
            self.time.1.0.into(),
            self.arrival_to.0.into(),
            Value::Text(json(
                &self.sources.iter().map(|(name, rows)| (name.as_ref(), rows)).collect::<Vec<_>>(),
            )),
            hidden,
            self.hidden_at.map_or(Value::Null, |at| at.0.into()),
        ]
    }

    pub(crate) fn from_values(row: &[Value]) -> Result<Self, Error> {
        let sources: Vec<(String, u64)> = parsed(text(row, 12)?)?;
        Ok(Self {
            id: text(row, 0)?.to_owned(),
            tenant: text(row, 1)?.into(),
            table: Table::from_name(text(row, 2)?).ok_or_else(|| damaged("an unknown table"))?,
            path: text(row, 3)?.to_owned(),
            level: u8::try_from(int(row, 4)?).map_err(|_| damaged("an impossible level"))?,
            lsns: (Lsn(unsigned(row, 5)?), Lsn(unsigned(row, 6)?)),
            rows: unsigned(row, 7)?,
            bytes: unsigned(row, 8)?,
            time: (Nanos(int(row, 9)?), Nanos(int(row, 10)?)),
            arrival_to: Nanos(int(row, 11)?),
            sources: sources.into_iter().map(|(name, rows)| (name.into(), rows)).collect::<BySource>(),
            hidden: match row.get(13) {
                Some(Value::Null) => Vec::new(),
                _ => parsed(text(row, 13)?)?,
            },
            hidden_at: match row.get(14) {
                Some(Value::Null) => None,
                _ => Some(Nanos(int(row, 14)?)),
            },
        })
    }
}

impl Gap {
    pub(crate) fn to_values(&self) -> Vec<Value> {
        vec![
            self.id.as_str().into(),
            self.tenant.as_ref().into(),
            self.table.name().into(),
            signed(self.rows).into(),
            self.time.0.0.into(),
            self.time.1.0.into(),
            self.reason.as_str().into(),
            self.at.0.into(),
        ]
    }

    pub(crate) fn from_values(row: &[Value]) -> Result<Self, Error> {
        Ok(Self {
            id: text(row, 0)?.to_owned(),
            tenant: text(row, 1)?.into(),
            table: Table::from_name(text(row, 2)?).ok_or_else(|| damaged("an unknown table"))?,
            rows: unsigned(row, 3)?,
            time: (Nanos(int(row, 4)?), Nanos(int(row, 5)?)),
            reason: text(row, 6)?.to_owned(),
            at: Nanos(int(row, 7)?),
        })
    }
}

impl BatchRow {
    pub(crate) fn to_values(&self) -> Vec<Value> {
        vec![
            self.tenant.to_be_bytes().as_slice().into(),
            self.signal.name().into(),
            self.hash.to_be_bytes().as_slice().into(),
            signed(self.lsn.0).into(),
            self.at.0.into(),
        ]
    }

    pub(crate) fn from_values(row: &[Value]) -> Result<Self, Error> {
        Ok(Self {
            tenant: u64::from_be_bytes(bytes(row, 0)?),
            signal: signal(row, 1)?,
            hash: u128::from_be_bytes(bytes(row, 2)?),
            lsn: Lsn(unsigned(row, 3)?),
            at: Nanos(int(row, 4)?),
        })
    }
}

/// The key of a row of the ledger.
pub(crate) fn ledger_key(bucket: Nanos, account: &Account, entry: Entry) -> Vec<Value> {
    let (item, reason) = entry.names();
    vec![
        bucket.0.into(),
        account.tenant.as_ref().into(),
        account.source.as_ref().into(),
        account.signal.name().into(),
        item.into(),
        reason.unwrap_or_default().into(),
    ]
}

pub(crate) fn ledger_line(row: &[Value]) -> Result<(Nanos, Account, Entry, Count), Error> {
    let account =
        Account { tenant: text(row, 1)?.into(), source: text(row, 2)?.into(), signal: signal(row, 3)? };
    let entry = Entry::from_names(text(row, 4)?, Some(text(row, 5)?));
    let entry = entry.ok_or_else(|| damaged("an unknown item of the ledger"))?;
    Ok((Nanos(int(row, 0)?), account, entry, Count { items: unsigned(row, 6)?, bytes: unsigned(row, 7)? }))
}

pub(crate) fn erased(tenant: &str, id: TraceId, below: Lsn) -> Vec<Value> {
    vec![tenant.into(), id.0.as_slice().into(), signed(below.0).into()]
}

pub(crate) fn erasure(row: &[Value]) -> Result<(Arc<str>, TraceId, Lsn), Error> {
    Ok((text(row, 0)?.into(), TraceId(bytes(row, 1)?), Lsn(unsigned(row, 2)?)))
}

pub(crate) fn low(row: &[Value]) -> Result<Lsn, Error> {
    unsigned(row, 1).map(Lsn)
}

pub(crate) fn text(row: &[Value], at: usize) -> Result<&str, Error> {
    match row.get(at) {
        Some(Value::Text(text)) => Ok(text),
        _ => Err(damaged("another kind of value than text")),
    }
}

pub(crate) fn int(row: &[Value], at: usize) -> Result<i64, Error> {
    match row.get(at) {
        Some(Value::Int(number)) => Ok(*number),
        _ => Err(damaged("another kind of value than a number")),
    }
}

pub(crate) fn unsigned(row: &[Value], at: usize) -> Result<u64, Error> {
    u64::try_from(int(row, at)?).map_err(|_| damaged("a number below zero"))
}

fn bytes<const N: usize>(row: &[Value], at: usize) -> Result<[u8; N], Error> {
    match row.get(at) {
        Some(Value::Blob(bytes)) => bytes.as_slice().try_into().map_err(|_| damaged("bytes of other length")),
        _ => Err(damaged("another kind of value than bytes")),
    }
}

fn signal(row: &[Value], at: usize) -> Result<Signal, Error> {
    let name = text(row, at)?;
    let known = Signal::ALL.into_iter().find(|signal| signal.name() == name);
    known.ok_or_else(|| damaged("an unknown signal"))
}

fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|_| damaged("a list that cannot be read"))
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain lists of numbers and text")
}

/// SQLite's integers are signed; no count of ours reaches their end.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn damaged(what: &str) -> Error {
    Error::DamagedCatalog { what: format!("a row has {what}") }
}
