//! Repairing what follows from something sound: the catalog from the folders, indexes from the rows.
//!
//! A new catalog takes over every row of the old one whose checksum fits. Segments that it then does not know
//! are judged by their `meta.json`, as at a start. Where the ledger does not balance afterwards, the
//! difference is entered: as lost when rows are missing, as received when there are more.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use daymark_model::id::Lsn;
use daymark_model::reason::Lost;
use daymark_model::time::{Clock, Nanos, SystemClock};
use daymark_vfs::Vfs;
use ulid::Ulid;

use crate::catalog::salvage::{OLDER, Salvage, WHOLE};
use crate::catalog::sealed::Value;
use crate::catalog::{Catalog, Contents, Publication, SegmentRow};
use crate::erase::hide;
use crate::error::Error;
use crate::folder::Folder;
use crate::gather::{Gathered, folders, gather};
use crate::ledger::{Balance, Count, Entry, Ledger, Unsaved, balance};
use crate::verify::{Copy, live_rows};

/// Makes the damaged indexes of all segments anew. Answers what was written.
pub(crate) fn indexes(folder: &Folder, fs: &dyn Vfs) -> Result<Vec<String>, Error> {
    let mut repaired = Vec::new();
    for place in folders(folder.root())? {
        match daymark_segment::rebuild(fs, &folder.root().join(&place), &folder.tmp()) {
            Ok(names) => repaired.extend(names.iter().map(|name| format!("{}/{name}", place.display()))),
            // The check that follows tells what is wrong with it.
            Err(error) => tracing::warn!(%error, place = %place.display(), "its indexes cannot be made anew"),
        }
    }
    Ok(repaired)
}

/// Makes a new catalog and puts it in place of the old one, which goes to `quarantine/`.
pub(crate) async fn catalog(folder: &Folder, fs: &Arc<dyn Vfs>) -> Result<Vec<String>, Error> {
    let Collected { contents, gathered, saved, objects } = collect(folder, fs).await?;
    let mut rows: Vec<SegmentRow> = contents.segments.clone();
    rows.retain(|row| !gathered.gone.contains(&row.id));
    rows.extend(gathered.adopted.iter().cloned());
    let live = live_rows(&rows);
    let totals = Ledger::continued(contents.totals.clone()).totals();
    let now = SystemClock::new().now();
    let entered = Unsaved::of(balance(totals, live).iter().flat_map(|one| settling(one, now)));

    let made = folder.tmp().join(Ulid::generate().to_string());
    let broken = |source| Error::Folder { path: made.clone(), source };
    std::fs::create_dir_all(&made).map_err(broken)?;
    let path = made.join("catalog.db");
    let new = Catalog::open(&path, &contents.epoch).await?;
    let change = Publication {
        added: &rows,
        dropped: &gathered.dropped,
        quarantined: &contents.quarantined,
        low: Some(gathered.low),
        ledger: &[&saved, &entered],
        batches: &contents.batches,
        ..Publication::default()
    };
    new.publish(change).await?;
    for (tenant, id, below) in &contents.erased {
        new.erase(tenant, *id, *below, &[], &Unsaved::default()).await?;
    }
    new.take_objects(&objects).await?;
    new.close().await?;
    replace(folder, &**fs, &path)?;
    std::fs::remove_dir_all(&made).map_err(broken)?;
    let differences = entered.iter().count();
    Ok(vec![format!(
        "catalog.db: {} segments, of which {} were taken back by their meta.json; {differences} entries made the \
         ledger balance; the old one is in quarantine/",
        rows.len(),
        gathered.adopted.len()
    )])
}

/// What the old catalog and the folders tell together.
struct Collected {
    contents: Contents,
    gathered: Gathered,
    /// The old lines of the ledger.
    saved: Unsaved,
    /// What people keep.
    objects: Vec<Vec<Value>>,
}

async fn collect(folder: &Folder, fs: &Arc<dyn Vfs>) -> Result<Collected, Error> {
    let mut salvage = Salvage::default();
    for (name, tables) in [("catalog.db", WHOLE), ("catalog.bak", OLDER)] {
        let path = folder.root().join(name);
        if path.exists() {
            let copy = Copy::of(folder, &path)?;
            salvage.read(&copy.database, tables).await;
        }
    }
    let log = daymark_wal::beginning(&folder.wal(), &**fs)?;
    let mut first = log.map(|log| log.first);
    if first == Some(Lsn(0)) {
        // Its head is damaged, so its first record tells.
        let checked = daymark_wal::verify(&folder.wal(), fs)?;
        first = checked.files.iter().find_map(|file| file.lsns).map(|(first, _)| first);
    }
    let lines = salvage.ledger();
    let segments = salvage.segments();
    // Every flush takes all tables, so what lies before the end of a segment that counts is in segments.
    let end = segments.iter().map(|row| row.lsns.1.next()).max().unwrap_or_default();
    let mut contents = Contents {
        epoch: String::new(),
        low: salvage.low().unwrap_or(end),
        segments,
        quarantined: salvage.quarantined(),
        totals: lines.iter().cloned().map(|(_, account, entry, count)| (account, entry, count)).collect(),
        batches: salvage.batches(),
        erased: salvage.erased(),
        dropped: salvage.dropped().into_iter().collect(),
    };
    let mut gathered = gather(folder.root(), &contents, first)?;
    gathered.low = gathered.low.max(Lsn(1));
    if salvage.low().is_none() {
        gathered.low = gathered.low.max(first.unwrap_or_default());
    }
    hide_erased(&mut gathered, &contents)?;
    let by_log = log.and_then(|log| log.node).map(|node| Ulid(u128::from_be_bytes(node)).to_string());
    let of_segments = || gathered.version.segments().next().map(|one| one.segment.meta().node.clone());
    let epoch = salvage.epoch().or(by_log).or_else(of_segments);
    contents.epoch = epoch.unwrap_or_else(|| Ulid::generate().to_string());
    Ok(Collected { contents, gathered, saved: Unsaved::of(lines), objects: salvage.objects() })
}

/// Hides erased traces in the segments that were taken back.
fn hide_erased(gathered: &mut Gathered, contents: &Contents) -> Result<(), Error> {
    let now = SystemClock::new().now();
    let Gathered { adopted, version, .. } = gathered;
    for row in adopted {
        let Some(shelf) = version.shelf(&row.tenant) else { continue };
        let Some(shelved) = shelf.segments(row.table).iter().find(|one| *one.id == *row.id) else { continue };
        let mut shelved = shelved.clone();
        let (tenant, first) = (Arc::clone(&row.tenant), row.lsns.0);
        let erased = contents.erased.iter();
        for (_, id, _) in erased.filter(|(of, _, below)| *of == tenant && first <= *below) {
            if let Some(change) = hide(row.table, &shelved, *id, now)? {
                row.hide(&change);
                shelved = shelved.with(&change);
            }
        }
    }
    Ok(())
}

/// The entries that make an account balance.
fn settling(one: &Balance, now: Nanos) -> Vec<(Nanos, crate::ledger::Account, Entry, Count)> {
    let (mut taken, kept) = one.unexplained();
    let mut entries = Vec::new();
    let mut enter = |entry, items: i128| {
        if let Ok(items) = u64::try_from(items)
            && items > 0
        {
            entries.push((now, one.account.clone(), entry, Count::of(items)));
        }
    };
    enter(Entry::Lost(Lost::SegmentMissing), kept);
    enter(Entry::Accepted, -kept);
    taken += kept.min(0);
    // Counted as received, and nothing tells any more what became of it.
    enter(Entry::Accepted, taken);
    enter(Entry::Lost(Lost::OperatorPurge), taken);
    enter(Entry::Received, -taken);
    entries
}

fn replace(folder: &Folder, fs: &dyn Vfs, new: &Path) -> Result<(), Error> {
    let aside = folder.root().join("quarantine");
    let stamp = Ulid::generate().to_string();
    let moved = || -> std::io::Result<()> {
        fs.open(new)?.sync()?;
        fs.create_dir_all(&aside)?;
        for end in ["", "-wal", "-shm"] {
            let old = PathBuf::from(format!("{}{end}", folder.catalog().display()));
            if old.exists() {
                fs.rename(&old, &aside.join(format!("catalog-{stamp}.db{end}")))?;
            }
        }
        fs.rename(new, &folder.catalog())?;
        fs.sync_dir(&aside)?;
        fs.sync_dir(folder.root())
    };
    moved().map_err(|source| Error::Folder { path: folder.catalog(), source })
}
