//! A copy of a data directory, taken while the server goes on or while none runs. It is a data directory
//! itself.
//!
//! Online, merges, flushes and erasing wait while it is taken, so the segments, the catalog and the low end of
//! the log belong together. New batches go on being taken: the copy has those that were durable when it began.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use daymark_model::id::Lsn;
use daymark_vfs::{RealFs, Vfs};
use serde::Serialize;

use crate::catalog::Catalog;
use crate::error::Error;
use crate::folder::Folder;
use crate::gather::folders;
use crate::store::{Inner, Store};

/// How often `catalog.bak` is renewed.
const RENEWED: Duration = Duration::from_secs(3_600);
/// How often that is looked at.
const LOOK: Duration = Duration::from_secs(5);
const SPARE: &str = "catalog.bak";

/// What was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Copied {
    pub segments: u64,
    pub bytes: u64,
    /// All that was acknowledged up to this log number is in the copy.
    pub lsn: u64,
}

impl Store {
    /// Copies everything that is acknowledged now into a folder that is empty or not there yet.
    pub async fn back_up(&self, to: &Path) -> Result<Copied, Error> {
        self.flush().await?;
        let (inner, to) = (Arc::clone(&self.inner), to.to_path_buf());
        tokio::spawn(async move { inner.back_up(&to).await }).await.map_err(|_| Error::Died)?
    }
}

impl Inner {
    async fn back_up(self: &Arc<Self>, to: &Path) -> Result<Copied, Error> {
        let _no_merge = self.merging.lock().await;
        let _no_flush = self.replacing.lock().await;
        let durable = self.wal.stats().durable;
        let version = self.current.load();
        let places: Vec<PathBuf> = version.segments().map(|one| one.segment.dir().to_path_buf()).collect();
        let target = empty(to)?;
        self.catalog.copy_to(&target.join("catalog.db")).await?;
        let (inner, root) = (Arc::clone(self), self.folder.root().to_path_buf());
        let work = move || copy_rest(&root, &inner.folder.wal(), &places, durable, &target);
        tokio::task::spawn_blocking(work).await.map_err(|_| Error::Died)?
    }

    /// Keeps a copy of the catalog beside it: what it alone knows cannot be made anew out of folders.
    pub(crate) async fn spare_when_due(self: Arc<Self>) {
        let mut stop = self.stop.subscribe();
        let mut last = None;
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            let now = self.clock.elapsed();
            if last.is_none_or(|last| now.saturating_sub(last) >= RENEWED) {
                if let Err(error) = self.spare().await {
                    let error: &dyn std::error::Error = &error;
                    tracing::error!(error, "the catalog could not be copied to catalog.bak");
                }
                last = Some(now);
            }
        }
    }

    pub(crate) async fn spare(&self) -> Result<(), Error> {
        let made = self.folder.tmp().join(SPARE);
        let kept = self.folder.root().join(SPARE);
        if made.exists() {
            std::fs::remove_file(&made).map_err(broken(&made))?;
        }
        self.catalog.copy_to(&made).await?;
        let moved = self.fs.open(&made).and_then(|file| file.sync());
        moved.and_then(|()| self.fs.rename(&made, &kept)).map_err(broken(&kept))?;
        self.fs.sync_dir(self.folder.root()).map_err(broken(&kept))
    }
}

/// Copies a data directory that no server uses.
pub async fn back_up(dir: &Path, to: &Path) -> Result<Copied, Error> {
    let folder = Folder::existing(dir)?;
    let catalog = Catalog::open_existing(&folder.catalog()).await?;
    let contents = catalog.contents().await?;
    let places: Vec<PathBuf> = contents.segments.iter().map(|row| dir.join(&row.path)).collect();
    let target = empty(to)?;
    catalog.copy_to(&target.join("catalog.db")).await?;
    catalog.close().await?;
    copy_rest(dir, &folder.wal(), &places, Lsn(u64::MAX), &target)
}

/// Copies a backup into a data directory that is empty or not there yet.
pub async fn restore(from: &Path, dir: &Path) -> Result<Copied, Error> {
    let backup = Folder::existing(from)?;
    let places: Vec<PathBuf> = folders(from)?.iter().map(|place| from.join(place)).collect();
    let target = empty(dir)?;
    let fs = RealFs;
    let to = target.join("catalog.db");
    let copied = std::fs::copy(backup.catalog(), &to).map_err(broken(&backup.catalog()))?;
    fs.open(&to).and_then(|file| file.sync()).map_err(broken(&to))?;
    let rest = copy_rest(from, &backup.wal(), &places, Lsn(u64::MAX), &target)?;
    Ok(Copied { bytes: rest.bytes + copied, ..rest })
}

/// Makes the folder, unless something is in it.
fn empty(to: &Path) -> Result<PathBuf, Error> {
    std::fs::create_dir_all(to).map_err(broken(to))?;
    let mut entries = std::fs::read_dir(to).map_err(broken(to))?;
    match entries.next() {
        None => to.canonicalize().map_err(broken(to)),
        Some(_) => Err(Error::NotEmpty { path: to.to_path_buf() }),
    }
}

fn copy_rest(
    root: &Path,
    wal: &Path,
    places: &[PathBuf],
    durable: Lsn,
    target: &Path,
) -> Result<Copied, Error> {
    let fs = RealFs;
    let mut copied = Copied::default();
    for part in ["segments", "spill", "tmp", "wal"] {
        let path = target.join(part);
        fs.create_dir_all(&path).map_err(broken(&path))?;
    }
    for place in places {
        let to = target.join(place.strip_prefix(root).unwrap_or(place));
        copied.bytes += copy_folder(place, &to).map_err(broken(place))?;
        copied.segments += 1;
    }
    let fs: Arc<dyn Vfs> = Arc::new(fs);
    let (last, bytes) = daymark_wal::copy(wal, &target.join("wal"), &fs, durable)?;
    (copied.lsn, copied.bytes) = (last.0, copied.bytes + bytes);
    let lock = target.join("LOCK");
    let made = fs.create(&lock).and_then(|file| file.sync());
    made.and_then(|()| sync_tree(&*fs, target)).map_err(broken(&lock))?;
    Ok(copied)
}

/// Copies the files of a segment. Answers their bytes.
fn copy_folder(from: &Path, to: &Path) -> io::Result<u64> {
    std::fs::create_dir_all(to)?;
    let mut bytes = 0;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            bytes += copy_folder(&entry.path(), &target)?;
        } else {
            bytes += std::fs::copy(entry.path(), &target)?;
            std::fs::File::open(&target)?.sync_all()?;
        }
    }
    Ok(bytes)
}

/// Makes the names in a folder and below durable.
fn sync_tree(fs: &dyn Vfs, dir: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_tree(fs, &entry.path())?;
        }
    }
    fs.sync_dir(dir)
}

fn broken(path: &Path) -> impl FnOnce(io::Error) -> Error + '_ {
    move |source| Error::Folder { path: path.to_path_buf(), source }
}
