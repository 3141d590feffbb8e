//! The ledger as an answer and as a SQL table.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, DictionaryArray, RecordBatch, TimestampNanosecondArray, UInt64Array};
use arrow::datatypes::Int32Type;
use datafusion::common::Result;
use datafusion::datasource::MemTable;
use daymark_model::tables::LEDGER;
use daymark_model::time::Nanos;
use daymark_storage::Store;
use daymark_storage::ledger::{Account, Count, Entry};
use daymark_view::error::AskError;
use daymark_view::ledger::{LedgerAsk, LedgerRow, LedgerSheet};

use crate::columns;

/// The sheet that was asked for.
pub(crate) async fn sheet(store: &Store, tenant: &str, ask: &LedgerAsk) -> Result<LedgerSheet, AskError> {
    let wanted = |account: &Account| {
        account.tenant.as_ref() == tenant
            && ask.signal.is_none_or(|signal| signal == account.signal)
            && ask.source.as_ref().is_none_or(|source| source.as_str() == account.source.as_ref())
    };
    let epoch = store.epoch().to_owned();
    let Some(range) = ask.range else {
        let balances = store.balances();
        let balances: Vec<_> = balances.into_iter().filter(|balance| wanted(&balance.account)).collect();
        let imbalance: i128 = balances.iter().map(|balance| balance.imbalance).sum();
        let is_balanced = balances.iter().all(|balance| balance.imbalance == 0);
        let rows = balances.into_iter().map(|balance| {
            let mut row = row(&balance.account, &balance.entries);
            row.live = Some(balance.live);
            row.in_flight = Some(0);
            row.balanced = Some(balance.imbalance == 0);
            row
        });
        return Ok(LedgerSheet {
            balanced: Some(is_balanced),
            imbalance: Some(i64::try_from(imbalance).unwrap_or(i64::MAX)),
            epoch,
            recounted_at: Some(store.clock().now()),
            rows: rows.collect(),
        });
    };
    let mut accounts: BTreeMap<Account, BTreeMap<Entry, Count>> = BTreeMap::new();
    for (_, account, entry, count) in
        minutes(store, range.from, range.to).await?.into_iter().filter(|(_, account, ..)| wanted(account))
    {
        let known = accounts.entry(account).or_default().entry(entry).or_default();
        known.items += count.items;
        known.bytes += count.bytes;
    }
    let rows = accounts.iter().map(|(account, entries)| row(account, entries)).collect();
    Ok(LedgerSheet { epoch, rows, ..LedgerSheet::default() })
}

type Minutes = Vec<(Nanos, Account, Entry, Count)>;

async fn minutes(store: &Store, from: Nanos, to: Nanos) -> Result<Minutes, AskError> {
    store.ledger_minutes(from, to).await.map_err(|error| crate::ask::internal(&error))
}

fn row(account: &Account, entries: &BTreeMap<Entry, Count>) -> LedgerRow {
    let mut row = LedgerRow {
        source: account.source.to_string(),
        signal: account.signal.name().into(),
        ..LedgerRow::default()
    };
    for (entry, count) in entries {
        let (_, reason) = entry.names();
        let by_reason = match entry {
            Entry::Received => {
                row.received += count.items;
                row.bytes += count.bytes;
                continue;
            }
            Entry::Accepted => {
                row.accepted += count.items;
                continue;
            }
            Entry::Rejected(_) => &mut row.rejected,
            Entry::Modified(_) => &mut row.modified,
            Entry::Deduplicated(_) => &mut row.deduplicated,
            Entry::Expired(_) => &mut row.expired,
            Entry::Deleted => &mut row.deleted,
            Entry::Lost(_) => &mut row.lost,
        };
        *by_reason.entry(reason.unwrap_or_default().to_owned()).or_default() += count.items;
    }
    row
}

/// The table `ledger`: increments by minute, and the recount in the newest minute.
pub(crate) async fn table(store: &Store, tenant: &str) -> Result<Arc<MemTable>, AskError> {
    let mut lines = Lines::default();
    for (at, account, entry, count) in minutes(store, Nanos(i64::MIN), Nanos(i64::MAX)).await? {
        if account.tenant.as_ref() == tenant {
            lines.push(at, &account, entry.names(), count);
        }
    }
    let newest =
        lines.bucket.iter().copied().max().map_or_else(|| store.clock().now().floor(Nanos::MINUTE), Nanos);
    for balance in store.balances().into_iter().filter(|balance| balance.account.tenant.as_ref() == tenant) {
        lines.push(newest, &balance.account, ("live", None), Count::of(balance.live));
        lines.push(newest, &balance.account, ("in_flight", None), Count::of(0));
    }
    lines.into_table().map_err(|error| crate::sql::failure::of(&error))
}

#[derive(Debug, Default)]
struct Lines {
    bucket: Vec<i64>,
    source: Vec<String>,
    signal: Vec<&'static str>,
    item: Vec<&'static str>,
    reason: Vec<Option<&'static str>>,
    items: Vec<u64>,
    bytes: Vec<u64>,
}

impl Lines {
    fn push(
        &mut self,
        at: Nanos,
        account: &Account,
        (item, reason): (&'static str, Option<&'static str>),
        count: Count,
    ) {
        self.bucket.push(at.0);
        self.source.push(account.source.to_string());
        self.signal.push(account.signal.name());
        self.item.push(item);
        self.reason.push(reason);
        self.items.push(count.items);
        self.bytes.push(count.bytes);
    }

    fn into_table(self) -> Result<Arc<MemTable>> {
        let schema = columns::schema(&LEDGER);
        let dictionary = |texts: Vec<Option<&str>>| -> ArrayRef {
            Arc::new(texts.into_iter().collect::<DictionaryArray<Int32Type>>())
        };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(TimestampNanosecondArray::from(self.bucket).with_timezone("UTC")),
            dictionary(self.source.iter().map(|text| Some(text.as_str())).collect()),
            dictionary(self.signal.into_iter().map(Some).collect()),
            dictionary(self.item.into_iter().map(Some).collect()),
            dictionary(self.reason),
            Arc::new(UInt64Array::from(self.items)),
            Arc::new(UInt64Array::from(self.bytes)),
        ];
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
        Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
    }
}
