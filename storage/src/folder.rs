//! The data directory: `LOCK`, `catalog.db`, `wal/`, `tmp/`, `spill/` and `segments/`.
//!
//! One process owns it, by an exclusive lock on `LOCK`. No value that came from telemetry is part of a path.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use daymark_model::signal::Table;
use daymark_model::time::date_of;
use daymark_vfs::Vfs;
use rustix::fs::{FlockOperation, flock};

use crate::error::Error;

/// Paths of a data directory that this process owns.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the directory where it is missing and takes its lock.
    pub(crate) fn open(root: &Path) -> Result<Self, Error> {
        let broken = |source| Error::Folder { path: root.to_path_buf(), source };
        for part in ["segments", "spill", "tmp"] {
            fs::create_dir_all(root.join(part)).map_err(broken)?;
        }
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(root.join("LOCK"));
        let lock = lock.map_err(broken)?;
        let folder = locked(root, lock)?;
        folder.clear("tmp").and_then(|()| folder.clear("spill")).map_err(broken)?;
        Ok(folder)
    }

    /// Takes the lock of a directory that is there, and changes nothing.
    pub(crate) fn existing(root: &Path) -> Result<Self, Error> {
        let broken = |source| Error::Folder { path: root.to_path_buf(), source };
        let lock = OpenOptions::new().write(true).open(root.join("LOCK")).map_err(broken)?;
        locked(root, lock)
    }

    /// Removes what an earlier process left unfinished.
    fn clear(&self, part: &str) -> io::Result<()> {
        for entry in fs::read_dir(self.root.join(part))? {
            let path = entry?.path();
            if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
        }
        Ok(())
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn wal(&self) -> PathBuf {
        self.root.join("wal")
    }

    pub(crate) fn catalog(&self) -> PathBuf {
        self.root.join("catalog.db")
    }

    pub(crate) fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub(crate) fn spill(&self) -> PathBuf {
        self.root.join("spill")
    }

    /// Space that is given back when the disk is full.
    pub(crate) fn reserve(&self) -> PathBuf {
        self.root.join("reserve")
    }

    /// Moves a finished segment from `tmp/` to its place and makes the move durable.
    pub(crate) fn settle(&self, fs: &dyn Vfs, finished: &Path, place: &Path) -> io::Result<()> {
        let target = self.root.join(place);
        let parent = target.parent().unwrap_or(&self.root);
        let made: Vec<&Path> = parent.ancestors().take_while(|folder| !folder.exists()).collect();
        fs.create_dir_all(parent)?;
        fs.rename(finished, &target)?;
        fs.sync_dir(parent)?;
        made.into_iter().filter_map(Path::parent).try_for_each(|above| fs.sync_dir(above))
    }

    /// Where a segment lies, relative to the root: `segments/<tenant>/<table>/date=…/hour=…/<id>`.
    pub(crate) fn segment(tenant: &str, table: Table, earliest: i64, id: &str) -> PathBuf {
        let tenant = blake3::hash(tenant.as_bytes()).to_hex();
        let (date, hour) = calendar(earliest);
        PathBuf::from("segments")
            .join(tenant.as_str().get(..16).unwrap_or_default())
            .join(table.name())
            .join(format!("date={date}"))
            .join(format!("hour={hour:02}"))
            .join(id)
    }
}

fn locked(root: &Path, lock: File) -> Result<Folder, Error> {
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Folder { root: root.to_path_buf(), _lock: lock }),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(Error::InUse { path: root.to_path_buf() }),
        Err(error) => Err(Error::Folder { path: root.to_path_buf(), source: io::Error::from(error) }),
    }
}

/// UTC date and hour of an instant.
fn calendar(nanos: i64) -> (String, i64) {
    let hours = nanos.div_euclid(3_600_000_000_000);
    let (days, hour) = (hours.div_euclid(24), hours.rem_euclid(24));
    let (year, month, day) = date_of(days);
    (format!("{year:04}-{month:02}-{day:02}"), hour)
}

#[cfg(test)]
mod tests;
