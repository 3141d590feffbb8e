//! From an empty or a used directory to a running store.
//!
//! New batches are taken as soon as the catalog is read and the log is open; the old log is replayed
//! behind them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex};

use daymark_model::intake::Decode;
use daymark_model::reason::Lost;
use daymark_model::time::{Clock, Nanos};
use daymark_vfs::Vfs;
use daymark_wal::{Replay, Wal};
use tokio::sync::{Notify, watch};
use ulid::Ulid;

use crate::catalog::{Catalog, Publication};
use crate::disk::Disk;
use crate::error::Error;
use crate::folder::Folder;
use crate::gather::{Gathered, gather};
use crate::ledger::{Account, Count, Entry, Ledger, Unsaved};
use crate::pace::Pace;
use crate::publish::Lane;
use crate::recent::Recent;
use crate::repeat::Repeats;
use crate::steady::Steady;
use crate::store::{Inner, Options, Store};
use crate::sweep::Retired;
use crate::version::Current;

impl Store {
    /// Opens a data directory, making it where it is missing, and starts the background work.
    pub async fn open(
        options: Options,
        fs: Arc<dyn Vfs>,
        decode: Arc<dyn Decode>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let folder = Folder::open(&options.dir)?;
        let catalog = Catalog::open(&folder.catalog(), &Ulid::generate().to_string()).await?;
        let contents = catalog.contents().await?;
        let gathered = gather(&folder, &contents)?;
        let node = contents.epoch.parse::<Ulid>().map(|id| id.0.to_be_bytes()).unwrap_or_default();
        let disk = Disk::open(&folder, &fs, &options.disk, gathered.bytes())?;
        let file_bytes = disk.wal_file_bytes();
        let wal_options =
            daymark_wal::Options { node, ack: options.ack, file_bytes, ..daymark_wal::Options::default() };
        let (wal, log) =
            Wal::open(&folder.wal(), Arc::clone(&fs), Arc::clone(&clock), &wal_options, contents.low)?;

        let ledger = Ledger::continued(contents.totals);
        let lost = post_lost(&gathered, &ledger, clock.now());
        let broken = gathered.broken.iter().map(|(row, _)| row.id.clone());
        let removed: Vec<String> = broken.chain(gathered.gone.iter().cloned()).collect();
        let change = Publication {
            added: &gathered.adopted,
            removed: &removed,
            ledger: &[&lost],
            ..Publication::default()
        };
        catalog.publish(change).await?;
        catalog.forget_dropped(&gathered.swept).await?;

        let live_from = wal.stats().next;
        let repeats = Repeats::default();
        contents.batches.iter().for_each(|row| repeats.recall_row(row, clock.now(), clock.elapsed()));
        let erased: HashMap<_, _> =
            contents.erased.into_iter().map(|(tenant, id, lsn)| ((tenant, id), lsn)).collect();
        let pace_limit = options.debt_segments;
        let steady = Mutex::new(Steady::since(gathered.newest_arrival(), &*clock));
        let inner = Arc::new(Inner {
            options,
            folder,
            fs,
            clock,
            decode,
            earlier: Lane::starting_at(contents.low),
            live: Lane::starting_at(live_from),
            replay_from: contents.low,
            live_from,
            low: AtomicU64::new(contents.low.0),
            wal,
            catalog,
            epoch: contents.epoch,
            current: Current::starting_with(gathered.version),
            ledger,
            loose: Mutex::default(),
            repeats,
            recent: Recent::default(),
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
            erased: Mutex::new(erased),
            stop: watch::Sender::new(false),
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
    tokio::task::spawn_blocking(move || replaying.replay(log, &runtime));
    tokio::spawn(Arc::clone(inner).flush_when_due());
    tokio::spawn(Arc::clone(inner).merge_when_due());
    tokio::spawn(Arc::clone(inner).watch_disk());
}

/// Posts the rows of segments that cannot be opened as lost.
fn post_lost(gathered: &Gathered, ledger: &Ledger, now: Nanos) -> Unsaved {
    let mut unsaved = Unsaved::default();
    for (row, error) in &gathered.broken {
        tracing::error!(segment = row.path, %error, rows = row.rows, "segment cannot be opened");
        let reason = if error.is_corrupt() { Lost::SegmentCorrupt } else { Lost::SegmentMissing };
        for (source, rows) in &row.sources {
            let account = Account {
                tenant: Arc::clone(&row.tenant),
                source: Arc::clone(source),
                signal: row.table.signal(),
            };
            ledger.post(now, &account, &[(Entry::Lost(reason), Count::of(*rows))], &mut unsaved);
        }
    }
    unsaved
}
