//! What can go wrong with a store as a whole. A single batch fails by [`daymark_model::intake::Refused`].

use std::io;
use std::path::PathBuf;

const SQLITE_CORRUPT: i32 = 11;
const SQLITE_FULL: i32 = 13;
const SQLITE_NOTADB: i32 = 26;

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
    Catalog(#[source] sqlx::Error),
    #[error("the catalog is of format {found}; this Daymark knows formats up to {known}")]
    NewerFormat { found: i64, known: i64 },
    #[error(
        "the catalog (catalog.db) is damaged: {what}. The segments are not touched; stop the server and run \
         `daymark verify --rebuild-catalog`, which restores it from them"
    )]
    DamagedCatalog { what: String },
    #[error("rows cannot be put together")]
    Rows(#[from] arrow::error::ArrowError),
    #[error("{} is not empty; name a folder that is, or that does not exist", path.display())]
    NotEmpty { path: PathBuf },
    #[error("a background task of the store died")]
    Died,
    #[error("the store is closed")]
    Closed,
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
            if error.downcast_ref::<sqlx::Error>().is_some_and(|error| code(error) == Some(SQLITE_FULL)) {
                return true;
            }
            cause = error.source();
        }
        matches!(self, Self::Wal(daymark_wal::Error::Full))
    }
}

impl From<sqlx::Error> for Error {
    /// What SQLite calls corrupt, or no database, is damage; all else is trouble with using it.
    fn from(error: sqlx::Error) -> Self {
        match code(&error) {
            Some(SQLITE_CORRUPT | SQLITE_NOTADB) => Self::DamagedCatalog { what: error.to_string() },
            _ => Self::Catalog(error),
        }
    }
}

/// What SQLite calls it, without the finer distinctions.
fn code(error: &sqlx::Error) -> Option<i32> {
    let code = error.as_database_error()?.code()?.parse::<i32>().ok()?;
    Some(code & 0xff)
}
