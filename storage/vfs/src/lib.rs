//! The file system as something that is handed in: what the log and the segments write goes through
//! [`Vfs`], so that a test can fail, tear or lose any single operation.
//!
//! Only writers go through it; readers of finished segments open the files themselves.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A file system in memory that loses, tears and refuses what a test asks it to.
pub mod fault;
/// The machine's file system.
mod real;

pub use real::RealFs;

/// A file that is being written.
#[expect(clippy::len_without_is_empty, reason = "the length of a file, which is no collection")]
pub trait VfsFile: Send + Sync + fmt::Debug {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()>;
    /// Reserves space, zero filled, and sets the length. Never shortens a file.
    fn allocate(&self, len: u64) -> io::Result<()>;
    fn set_len(&self, len: u64) -> io::Result<()>;
    fn len(&self) -> io::Result<u64>;
    /// `fdatasync`. A failure says nothing about what is on disk: never call it again on this file.
    fn sync(&self) -> io::Result<()>;
}

/// What a file system holds, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    pub total: u64,
    /// What we could still write.
    pub free: u64,
}

/// The operations of a file system that durable code needs.
pub trait Vfs: Send + Sync + fmt::Debug {
    /// Makes a new file; an error when it exists.
    fn create(&self, path: &Path) -> io::Result<Box<dyn VfsFile>>;
    /// Opens an existing file for reading and writing.
    fn open(&self, path: &Path) -> io::Result<Box<dyn VfsFile>>;
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    fn create_dir_all(&self, path: &Path) -> io::Result<()>;
    /// Entries of a folder as full paths, in name order.
    fn read_dir(&self, path: &Path) -> io::Result<Vec<PathBuf>>;
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    fn remove_dir_all(&self, path: &Path) -> io::Result<()>;
    /// Makes creations, renames and removals in a folder durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    /// The file system that a path lies in.
    fn space(&self, path: &Path) -> io::Result<Space>;
}
