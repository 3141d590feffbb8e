//! One error for all of the log. A waiter of a failed group gets a copy, hence `Clone`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why the log refuses a record or cannot be opened.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Nothing was kept; it may work again once there is space.
    #[error("the disk is full")]
    Full,
    /// Nothing was kept, and the log tries again with the next record.
    #[error("the log could not be written")]
    Failed(#[source] Arc<io::Error>),
    /// Writing failed twice in a row; the log can only be read until it is opened anew.
    #[error("the log is read-only: {cause}")]
    ReadOnly { cause: String },
    /// The log was closed.
    #[error("the log is closed")]
    Closed,
    /// The record does not fit the format.
    #[error("a record of {bytes} bytes is too large for the log")]
    TooLarge { bytes: usize },
    /// The record is intact, but its payload is not what its sender said it was.
    #[error("the payload of record {lsn} does not decompress to {raw_len} bytes")]
    Payload { lsn: u64, raw_len: u32 },
    /// A file was written by another version of the format.
    #[error("{} has format version {version}, which this build cannot read", file.display())]
    Version { file: PathBuf, version: u16 },
    /// A file belongs to the log of another server.
    #[error("{} belongs to another server", file.display())]
    OtherNode { file: PathBuf },
    #[error("cannot open the log at {}", path.display())]
    Open { path: PathBuf, source: Arc<io::Error> },
}

impl Error {
    pub(crate) fn of_write(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Failed(Arc::new(error)),
        }
    }

    pub(crate) fn of_open(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Open { path: path.into(), source: Arc::new(error) }
    }
}
