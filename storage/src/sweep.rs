//! Folders that no longer count: kept while somebody may read them, then removed.
//!
//! A folder without a row in the catalog may be one whose transaction the catalog lost, and is taken back at
//! the next start. So what is to go is named in the table `dropped` until its folder is gone. The same holds
//! for segments of a transaction that failed: it may have come through all the same, so they lie there until
//! the next one that succeeds has dropped them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use daymark_segment::Segment;

use crate::catalog::Publication;
use crate::error::Error;
use crate::flush::Written;
use crate::store::Inner;
use crate::version::Shelved;

/// Folders are kept at least this long, for readers that only know their paths.
const GRACE: Duration = Duration::from_secs(60);

/// Segments on their way out.
#[derive(Debug, Default)]
pub(crate) struct Retired {
    waiting: Mutex<Vec<Waiting>>,
    strays: Mutex<Vec<Stray>>,
}

#[derive(Debug)]
struct Waiting {
    id: String,
    segment: Arc<Segment>,
    since: Duration,
}

/// A segment of a transaction that failed.
#[derive(Debug)]
struct Stray {
    id: String,
    path: PathBuf,
}

impl Retired {
    pub(crate) fn add(&self, segments: impl IntoIterator<Item = Shelved>, since: Duration) {
        let waiting =
            segments.into_iter().map(|one| Waiting { id: one.id.to_string(), segment: one.segment, since });
        lock(&self.waiting).extend(waiting);
    }

    /// Bytes of folders that still lie there.
    pub(crate) fn bytes(&self) -> u64 {
        lock(&self.waiting).iter().map(|one| one.segment.meta().bytes()).sum()
    }

    /// Takes those whose grace is over and that no snapshot holds any more.
    fn take_free(&self, now: Duration, grace: Duration) -> Vec<Waiting> {
        let is_free = |one: &mut Waiting| {
            now.saturating_sub(one.since) >= grace && Arc::strong_count(&one.segment) == 1
        };
        lock(&self.waiting).extract_if(.., is_free).collect()
    }
}

impl Inner {
    /// Makes a change of the segments durable. What it adds is dropped by the next change if this one fails.
    pub(crate) async fn commit(&self, change: Publication<'_>) -> Result<(), Error> {
        let strays = std::mem::take(&mut *lock(&self.retired.strays));
        let removed: Vec<String> =
            change.removed.iter().cloned().chain(strays.iter().map(|stray| stray.id.clone())).collect();
        let added = change.added;
        let change = Publication { removed: &removed, dropped: &removed, ..change };
        if let Err(error) = self.catalog.publish(change).await {
            let path = |place: &str| self.folder.root().join(place);
            let failed = added.iter().map(|row| Stray { id: row.id.clone(), path: path(&row.path) });
            lock(&self.retired.strays).extend(strays.into_iter().chain(failed));
            return Err(error);
        }
        let gone = strays.into_iter().filter(|stray| self.remove(&stray.path)).map(|stray| stray.id);
        self.forget(gone.collect()).await;
        Ok(())
    }

    /// Removes segments that no transaction named.
    pub(crate) fn discard(&self, written: &[Written]) {
        for one in written {
            self.remove(one.shelved.segment.dir());
        }
    }

    /// Removes folders of replaced and expired segments that nobody reads any more; at once when the disk is
    /// tight, else after the grace.
    pub(crate) async fn clear_retired(&self, is_tight: bool) {
        let grace = if is_tight { Duration::ZERO } else { GRACE };
        let free = self.retired.take_free(self.clock.elapsed(), grace);
        let gone = free.into_iter().filter(|one| self.remove(one.segment.dir())).map(|one| one.id);
        self.forget(gone.collect()).await;
    }

    /// Whether a folder is gone for good. One that stays is removed at the next start.
    fn remove(&self, path: &Path) -> bool {
        let removed = self.fs.remove_dir_all(path).and_then(|()| match path.parent() {
            Some(parent) => self.fs.sync_dir(parent),
            None => Ok(()),
        });
        if let Err(error) = &removed {
            tracing::warn!(%error, path = %path.display(), "a folder that is to go stays until the next start");
        }
        removed.is_ok()
    }

    async fn forget(&self, ids: Vec<String>) {
        if !ids.is_empty()
            && let Err(error) = self.catalog.forget_dropped(&ids).await
        {
            tracing::warn!(error = &error as &dyn std::error::Error, "dropped segments stay on the list");
        }
    }
}

fn lock<T>(list: &Mutex<T>) -> MutexGuard<'_, T> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}
