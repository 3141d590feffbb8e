//! Why a segment could not be written or read.
//!
//! Callers branch on one thing: whether bytes on disk are damaged, because then the rest of the data is
//! still answered, as partial.

use std::io;
use std::path::{Path, PathBuf};

use arrow::error::ArrowError;
use parquet::errors::ParquetError;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    /// Bytes differ from what was written. With a row group, the other row groups can still be read.
    #[error("{} is damaged: {what}", file.display())]
    Corrupt { file: PathBuf, row_group: Option<usize>, what: String },
    /// The caller's rows or question do not fit the table.
    #[error("{0}")]
    Input(String),
    /// The caller asked for no end.
    #[error("stopped before the end")]
    Stopped,
    #[error("parquet: {0}")]
    Parquet(#[from] ParquetError),
    #[error("arrow: {0}")]
    Arrow(#[from] ArrowError),
}

impl From<daymark_aggregate::Error> for Error {
    fn from(error: daymark_aggregate::Error) -> Self {
        Self::Input(error.to_string())
    }
}

impl Error {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn corrupt(file: &Path, what: impl Into<String>) -> Self {
        Self::Corrupt { file: file.to_owned(), row_group: None, what: what.into() }
    }

    pub fn is_corrupt(&self) -> bool {
        matches!(self, Self::Corrupt { .. })
    }

    /// A file that should be there is not.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    /// The bytes are not those that were written, or the disk does not give them any more. Other errors may
    /// pass: too many open files, a folder without permission, a format of a later version.
    pub fn is_damage(&self) -> bool {
        const EIO: i32 = 5;
        match self {
            Self::Corrupt { .. } | Self::Parquet(_) | Self::Arrow(_) => true,
            Self::Io { source, .. } => source.raw_os_error() == Some(EIO),
            Self::Input(_) | Self::Stopped => false,
        }
    }
}
