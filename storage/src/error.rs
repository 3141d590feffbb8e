//! What can go wrong with a store as a whole. A single batch fails by [`daymark_model::intake::Refused`].

use std::io;
use std::path::PathBuf;

/// SQLite's code for a full disk.
const SQLITE_FULL: &str = "13";

/// Why a store cannot be opened or driven.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} is used by another Daymark", path.display())]
    InUse { path: PathBuf },
    #[error("the data directory {} cannot be used", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("the log cannot be used")]
    Wal(#[from] daymark_wal::Error),
    #[error("a segment cannot be used")]
    Segment(#[from] daymark_segment::Error),
    #[error("the catalog cannot be used")]
    Catalog(#[from] sqlx::Error),
    #[error("the catalog is of format {found}; this Daymark knows formats up to {known}")]
    NewerFormat { found: i64, known: i64 },
    #[error("the catalog says {what}, which cannot be")]
    DamagedCatalog { what: String },
    #[error("rows cannot be put together")]
    Rows(#[from] arrow::error::ArrowError),
    #[error("a background task of the store died")]
    Died,
}

impl Error {
    /// Whether it would have gone well with more space on the disk.
    pub fn is_full(&self) -> bool {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(self);
        while let Some(error) = cause {
            let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
            if matches!(kind, Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)) {
                return true;
            }
            let told = error.downcast_ref::<sqlx::Error>().and_then(sqlx::Error::as_database_error);
            if told.and_then(|told| told.code()).is_some_and(|code| code == SQLITE_FULL) {
                return true;
            }
            cause = error.source();
        }
        matches!(self, Self::Wal(daymark_wal::Error::Full))
    }
}
