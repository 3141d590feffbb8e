//! From an empty or a used directory to a running store.
//!
//! New batches are taken as soon as the catalog is read and the log is open; the old log is replayed
//! behind them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex};

use daymark_model::id::Lsn;
use daymark_model::intake::Decode;
use daymark_model::reason::Lost;
use daymark_model::time::{Clock, Nanos};
use daymark_vfs::Vfs;
use daymark_wal::{Replay, Wal};
use tokio::sync::{Notify, watch};
use ulid::Ulid;

use crate::active::ActiveSeries;
use crate::catalog::{Catalog, Publication, SegmentRow};
use crate::disk::Disk;
use crate::error::Error;
use crate::feed::Feed;
use crate::folder::Folder;
use crate::gather::{Gathered, folders, gather};
use crate::ledger::{Account, Count, Entry, Ledger, Unsaved, accounts};
use crate::pace::Pace;
use crate::publish::Lane;
use crate::recent::Recent;
use crate::repeat::Repeats;
use crate::samples::Samples;
use crate::steady::Steady;
use crate::store::{Inner, Options, Store};
use crate::sweep::Retired;
use crate::version::{Current, Gap};

impl Store {
    /// Opens a data directory, making it where it is missing, and starts the background work.
    pub async fn open(
        options: Options,
        fs: Arc<dyn Vfs>,
        decode: Arc<dyn Decode>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let folder = Folder::open(&options.dir)?;
        if !folder.catalog().exists() && !folders(folder.root())?.is_empty() {
            return Err(Error::DamagedCatalog { what: "it is missing, and there are segments".into() });
        }
        let catalog = Catalog::open(&folder.catalog(), &Ulid::generate().to_string()).await?;
        let contents = catalog.contents().await?;
        let first = daymark_wal::beginning(&folder.wal(), &*fs)?.map(|log| log.first);
        let mut gathered = gather(folder.root(), &contents, first)?;
        let low = gathered.low;
        let node = contents.epoch.parse::<Ulid>().map(|id| id.0.to_be_bytes()).unwrap_or_default();
        let disk = Disk::open(&folder, &fs, &options.disk, gathered.bytes())?;
        let file_bytes = disk.wal_file_bytes();
        let wal_options =
            daymark_wal::Options { node, ack: options.ack, file_bytes, ..daymark_wal::Options::default() };
        let (wal, log) = Wal::open(&folder.wal(), Arc::clone(&fs), Arc::clone(&clock), &wal_options, low)?;

        let ledger = Ledger::continued(contents.totals);
        let mut lost = post_lost(&gathered, &ledger, clock.now());
        if let Some(first) = first.filter(|first| *first > low) {
            post_lost_beginning(low, first, &ledger, clock.now(), &mut lost);
        }
        let low = first.map_or(low, |first| low.max(first));
        let gaps: Vec<Gap> =
            gathered.broken.iter().map(|(row, error)| gap(row, error, clock.now())).collect();
        let broken = gathered.broken.iter().map(|(row, _)| row.id.clone());
        let removed: Vec<String> = broken.chain(gathered.gone.iter().cloned()).collect();
        let change = Publication {
            added: &gathered.adopted,
            removed: &removed,
            quarantined: &gaps,
            low: Some(low),
            ledger: &[&lost],
            ..Publication::default()
        };
        catalog.publish(change).await?;
        folder.tidy(&gathered)?;
        catalog.forget_dropped(&gathered.dropped).await?;
        gaps.into_iter().for_each(|gap| gathered.add_gap(gap));

        let live_from = wal.stats().next;
        let repeats = Repeats::default();
        contents.batches.iter().for_each(|row| repeats.recall_row(row, clock.now(), clock.elapsed()));
        let erased: HashMap<_, _> =
            contents.erased.into_iter().map(|(tenant, id, lsn)| ((tenant, id), lsn)).collect();
        let pace_limit = options.debt_segments;
        let active = ActiveSeries::new(options.series);
        let steady = Mutex::new(Steady::since(gathered.newest_arrival(), &*clock));
        let inner = Arc::new(Inner {
            options,
            folder,
            fs,
            clock,
            decode,
            earlier: Lane::starting_at(low),
            live: Lane::starting_at(live_from),
            replay_from: low,
            live_from,
            low: AtomicU64::new(low.0),
            wal,
            catalog,
            epoch: contents.epoch,
            current: Current::starting_with(gathered.version),
            ledger,
            feed: Feed::starting_at(live_from),
            loose: Mutex::default(),
            repeats,
            recent: Recent::default(),
            active,
            samples: Samples::default(),
            replayed: watch::Sender::new(false),
            buffered: AtomicUsize::new(0),
            room: Notify::new(),
            filled: Notify::new(),
            replacing: tokio::sync::Mutex::new(()),
            merging: tokio::sync::Mutex::new(()),
            retired: Retired::default(),
            disk,
            pace: Pace::new(pace_limit),
            steady,
            spoiled: Mutex::default(),
            erased: Mutex::new(erased),
            stop: watch::Sender::new(false),
            background: Mutex::default(),
        });
        inner.note_debt();
        start(&inner, log);
        Ok(Self { inner })
    }
}

/// Starts what goes on in the background.
fn start(inner: &Arc<Inner>, log: Replay) {
    let replaying = Arc::clone(inner);
    let runtime = tokio::runtime::Handle::current();
    let mut background = inner.background();
    background.spawn_blocking(move || replaying.replay(log, &runtime));
    background.spawn(Arc::clone(inner).flush_when_due());
    background.spawn(Arc::clone(inner).merge_when_due());
    background.spawn(Arc::clone(inner).watch_disk());
    background.spawn(Arc::clone(inner).spare_when_due());
    background.spawn(Arc::clone(inner).audit_when_due());
}

/// Log files that are gone held records that no segment has. How many items is not known; each had one.
fn post_lost_beginning(low: Lsn, first: Lsn, ledger: &Ledger, now: Nanos, unsaved: &mut Unsaved) {
    let records = first.0 - low.0;
    tracing::error!(records, from = low.0, "the beginning of the log is gone");
    let entries = [Entry::Received, Entry::Accepted, Entry::Lost(Lost::WalCorrupt)];
    ledger.post(now, &Account::unknown(), &entries.map(|entry| (entry, Count::of(records))), unsaved);
}

fn reason(error: &daymark_segment::Error) -> Lost {
    if error.is_missing() { Lost::SegmentMissing } else { Lost::SegmentCorrupt }
}

fn gap(row: &SegmentRow, error: &daymark_segment::Error, now: Nanos) -> Gap {
    Gap {
        id: row.id.clone(),
        tenant: Arc::clone(&row.tenant),
        table: row.table,
        rows: row.rows,
        time: row.time,
        reason: error.to_string(),
        at: now,
    }
}

/// Posts the rows of segments that cannot be opened as lost.
fn post_lost(gathered: &Gathered, ledger: &Ledger, now: Nanos) -> Unsaved {
    let mut unsaved = Unsaved::default();
    for (row, error) in &gathered.broken {
        tracing::error!(segment = row.path, %error, rows = row.rows, "segment cannot be opened and is set aside");
        for (account, rows) in accounts(&row.tenant, row.table, &row.sources) {
            ledger.post(now, &account, &[(Entry::Lost(reason(error)), Count::of(rows))], &mut unsaved);
        }
    }
    unsaved
}
