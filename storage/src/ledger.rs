//! The ledger: what became of every item that anybody tried to send.
//!
//! Entries are posted when a batch becomes visible, so that they can be saved together with the segment
//! that holds its rows and are counted again from the log otherwise: never twice, never not at all.
//! [`balance`] holds the invariants; tests, `verify` and the running server all ask it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use daymark_model::limits;
use daymark_model::origin::{DEFAULT_TENANT, Origin};
use daymark_model::reason::{Deduplicated, Expired, Lost, Modified, Rejected, Tally};
use daymark_model::signal::{Signal, Table};
use daymark_model::time::Nanos;

use crate::version::Version;

/// Whose items are counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    pub tenant: Arc<str>,
    pub source: Arc<str>,
    pub signal: Signal,
}

impl Account {
    /// Of a request.
    pub(crate) fn of(origin: &Origin, signal: Signal) -> Self {
        Self { tenant: origin.tenant.as_str().into(), source: origin.source.as_str().into(), signal }
    }

    /// Of records whose batch is not known.
    pub(crate) fn unknown() -> Self {
        Self { tenant: DEFAULT_TENANT.into(), source: "unknown".into(), signal: Signal::Spans }
    }
}

/// The accounts of rows of a table, told by source; none of rows that are no items.
pub(crate) fn accounts(
    tenant: &Arc<str>,
    table: Table,
    sources: &[(Arc<str>, u64)],
) -> impl Iterator<Item = (Account, u64)> {
    let counted = if table.is_counted() { sources } else { &[] };
    let account = move |source| Account {
        tenant: Arc::clone(tenant),
        source: Arc::clone(source),
        signal: table.signal(),
    };
    counted.iter().map(move |(source, rows)| (account(source), *rows))
}

/// What happened to items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entry {
    Received,
    Accepted,
    Rejected(Rejected),
    Modified(Modified),
    Deduplicated(Deduplicated),
    Expired(Expired),
    Deleted,
    Lost(Lost),
}

impl Entry {
    /// The columns `item` and `reason` of the ledger table.
    pub fn names(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Received => ("received", None),
            Self::Accepted => ("accepted", None),
            Self::Rejected(reason) => ("rejected", Some(reason.name())),
            Self::Modified(what) => ("modified", Some(what.name())),
            Self::Deduplicated(level) => ("deduplicated", Some(level.name())),
            Self::Expired(reason) => ("expired", Some(reason.name())),
            Self::Deleted => ("deleted", Some("request")),
            Self::Lost(reason) => ("lost", Some(reason.name())),
        }
    }

    pub fn from_names(item: &str, reason: Option<&str>) -> Option<Self> {
        match item {
            "received" => Some(Self::Received),
            "accepted" => Some(Self::Accepted),
            "rejected" => Rejected::from_name(reason?).map(Self::Rejected),
            "modified" => Modified::from_name(reason?).map(Self::Modified),
            "deduplicated" => Deduplicated::from_name(reason?).map(Self::Deduplicated),
            "expired" => Expired::from_name(reason?).map(Self::Expired),
            "deleted" => Some(Self::Deleted),
            "lost" => Lost::from_name(reason?).map(Self::Lost),
            _ => None,
        }
    }
}

/// Items and the bytes they came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub items: u64,
    pub bytes: u64,
}

impl Count {
    /// Items whose bytes are counted elsewhere.
    pub fn of(items: u64) -> Self {
        Self { items, bytes: 0 }
    }

    fn add(&mut self, other: Self) {
        self.items += other.items;
        self.bytes += other.bytes;
    }
}

/// Increments by minute that the catalog does not have yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unsaved(HashMap<(Nanos, Account, Entry), Count>);

impl Unsaved {
    fn add(&mut self, at: Nanos, account: &Account, entry: Entry, count: Count) {
        self.0.entry((at.floor(Nanos::MINUTE), account.clone(), entry)).or_default().add(count);
    }

    pub(crate) fn of(lines: impl IntoIterator<Item = (Nanos, Account, Entry, Count)>) -> Self {
        let mut unsaved = Self::default();
        for (at, account, entry, count) in lines {
            unsaved.add(at, &account, entry, count);
        }
        unsaved
    }

    pub(crate) fn merge(&mut self, other: Self) {
        for (key, count) in other.0 {
            self.0.entry(key).or_default().add(count);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Nanos, &Account, Entry, Count)> {
        self.0.iter().map(|((at, account, entry), count)| (*at, account, *entry, *count))
    }
}

/// The running counters since the epoch.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    totals: Mutex<Totals>,
}

/// Counters by account.
pub(crate) type Totals = BTreeMap<Account, BTreeMap<Entry, Count>>;

impl Ledger {
    /// Continues from what the catalog has.
    pub(crate) fn continued(saved: Vec<(Account, Entry, Count)>) -> Self {
        let mut totals = Totals::new();
        for (account, entry, count) in saved {
            totals.entry(account).or_default().entry(entry).or_default().add(count);
        }
        Self { totals: Mutex::new(totals) }
    }

    /// Counts entries, and notes them in `unsaved` for the catalog.
    pub(crate) fn post(
        &self,
        at: Nanos,
        account: &Account,
        entries: &[(Entry, Count)],
        unsaved: &mut Unsaved,
    ) {
        let mut totals = self.lock();
        let account = known(&totals, account);
        let counters = totals.entry(account.clone()).or_default();
        for (entry, count) in entries.iter().filter(|(_, count)| count.items > 0) {
            counters.entry(*entry).or_default().add(*count);
            unsaved.add(at, &account, *entry, *count);
        }
    }

    /// Notes entries that count only once the catalog has them; then [`Self::count`] them.
    pub(crate) fn note(&self, at: Nanos, account: &Account, entry: Entry, items: u64, unsaved: &mut Unsaved) {
        if items > 0 {
            unsaved.add(at, &known(&self.lock(), account), entry, Count::of(items));
        }
    }

    /// Counts what was noted. Done within the change of the version that it explains.
    pub(crate) fn count(&self, noted: &Unsaved) {
        let mut totals = self.lock();
        for (_, account, entry, count) in noted.iter() {
            totals.entry(account.clone()).or_default().entry(entry).or_default().add(count);
        }
    }

    /// Posts what decode said of a batch of `bytes`.
    pub(crate) fn post_batch(
        &self,
        at: Nanos,
        account: &Account,
        tally: &Tally,
        bytes: u64,
        unsaved: &mut Unsaved,
    ) {
        let kept = if tally.accepted > 0 { bytes } else { 0 };
        let mut entries = vec![
            (Entry::Received, Count { items: tally.received(), bytes }),
            (Entry::Accepted, Count { items: tally.accepted, bytes: kept }),
        ];
        let rejected = Rejected::ALL.iter().zip(tally.rejected);
        entries.extend(rejected.map(|(reason, items)| (Entry::Rejected(*reason), Count::of(items))));
        let modified = Modified::ALL.iter().zip(tally.modified);
        entries.extend(modified.map(|(what, items)| (Entry::Modified(*what), Count::of(items))));
        self.post(at, account, &entries, unsaved);
    }

    pub(crate) fn totals(&self) -> Totals {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Totals> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The account to post to: a source over the limit is counted as `other`.
fn known(totals: &Totals, account: &Account) -> Account {
    let sources = || totals.keys().filter(|known| known.tenant == account.tenant).count();
    if totals.contains_key(account) || sources() < limits::LEDGER_SOURCES {
        return account.clone();
    }
    Account { source: "other".into(), ..account.clone() }
}

/// One account with the verdict over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    pub account: Account,
    pub entries: BTreeMap<Entry, Count>,
    /// Rows counted anew in buffers and segments.
    pub live: u64,
    /// What the equations do not explain; 0 when balanced.
    pub imbalance: i128,
}

/// Holds the counters against the rows that are really there, counted by [`recount`] or in the files:
/// received = accepted + rejected, accepted = live + deduplicated + expired + deleted + lost.
pub(crate) fn balance(totals: Totals, mut live: BTreeMap<Account, u64>) -> Vec<Balance> {
    let mut accounts = totals;
    for account in live.keys() {
        accounts.entry(account.clone()).or_default();
    }
    accounts
        .into_iter()
        .map(|(account, entries)| {
            let live = live.remove(&account).unwrap_or_default();
            let (taken, kept) = unexplained(&entries, live);
            Balance { account, entries, live, imbalance: taken.abs() + kept.abs() }
        })
        .collect()
}

impl Balance {
    /// What is left of received = accepted + rejected, and of accepted = live + all that is gone.
    pub fn unexplained(&self) -> (i128, i128) {
        unexplained(&self.entries, self.live)
    }
}

fn unexplained(entries: &BTreeMap<Entry, Count>, live: u64) -> (i128, i128) {
    let (mut taken, mut kept) = (0i128, 0i128);
    for (entry, count) in entries {
        let items = i128::from(count.items);
        match entry {
            Entry::Received => taken += items,
            Entry::Accepted => {
                taken -= items;
                kept += items;
            }
            Entry::Rejected(_) => taken -= items,
            Entry::Modified(_) => {}
            Entry::Deduplicated(_) | Entry::Expired(_) | Entry::Deleted | Entry::Lost(_) => kept -= items,
        }
    }
    (taken, kept - i128::from(live))
}

/// Counts the rows of buffers and segments by account.
pub(crate) fn recount(version: &Version) -> BTreeMap<Account, u64> {
    let mut live = BTreeMap::new();
    for (tenant, shelf) in &version.shelves {
        let chunks = shelf.all_chunks().map(|(table, chunk)| (table, chunk.sources.as_slice()));
        let segments = shelf.all_segments().map(|(table, shelved)| (table, shelved.sources.as_ref()));
        for (account, rows) in
            chunks.chain(segments).flat_map(|(table, sources)| accounts(tenant, table, sources))
        {
            *live.entry(account).or_default() += rows;
        }
    }
    live
}
