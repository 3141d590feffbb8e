//! Proving that a data directory is whole, while nobody uses it: every segment against its checksums and its
//! rows, the log, the catalog against its checksums and the folders, the ledger against the rows.
//!
//! Without repairs it changes nothing but what lies in `tmp/`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daymark_vfs::Vfs;
use serde::Serialize;

use crate::buffer::BySource;
use crate::catalog::{Catalog, Contents, SegmentRow};
use crate::error::Error;
use crate::folder::Folder;
use crate::gather::gather;
use crate::ledger::{Account, Ledger, accounts, balance};

/// The log: records, heads, and whether it begins where the catalog ends.
mod log;
/// Folders against their checksums, their rows and the catalog.
mod segments;

/// Something that is wrong, told to a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A path in the data directory.
    pub place: String,
    pub what: String,
    /// What is lost or slower because of it.
    pub cost: String,
    pub advice: String,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub findings: Vec<Finding>,
    /// What is worth knowing and no damage.
    pub notes: Vec<String>,
    pub repaired: Vec<String>,
    pub segments: u64,
    pub rows: u64,
    pub bytes: u64,
    pub log_files: u64,
    pub log_records: u64,
    pub log_items: u64,
    /// Accounts of the ledger that were held against the rows.
    pub accounts: u64,
}

/// What may be written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Repairs {
    /// A new catalog out of the folders and what can be read of the old one.
    pub catalog: bool,
    /// Damaged indexes out of the rows.
    pub indexes: bool,
}

/// Told while it goes on: the number of segments done, and of all.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Checks a data directory that no server uses.
pub async fn verify(
    dir: &Path,
    fs: &Arc<dyn Vfs>,
    repairs: Repairs,
    progress: Progress<'_>,
) -> Result<Report, Error> {
    let folder = Folder::existing(dir)?;
    let mut report = Report::default();
    if repairs.catalog {
        report.repaired.extend(crate::rebuild::catalog(&folder, fs).await?);
    }
    if repairs.indexes {
        report.repaired.extend(crate::rebuild::indexes(&folder, &**fs)?);
    }
    let contents = report.check_catalog(&folder).await?;
    let first = daymark_wal::beginning(&folder.wal(), &**fs)?.map(|log| log.first);
    report.check_log(&folder, fs, first, contents.as_ref().map(|contents| contents.low))?;
    let Some(contents) = contents else {
        report.check_folders(&folder, progress)?;
        report.notes.push("the ledger was not held against the rows, for want of a sound catalog".into());
        return Ok(report);
    };
    let gathered = gather(folder.root(), &contents, first)?;
    report.tell_strangers(&gathered, &contents);
    let live = report.check_segments(&folder, &contents, &gathered, progress);
    report.check_ledger(contents, live);
    Ok(report)
}

impl Report {
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    pub(crate) fn find(
        &mut self,
        place: impl Into<String>,
        what: impl Into<String>,
        cost: impl Into<String>,
        advice: impl Into<String>,
    ) {
        let (place, what, cost, advice) = (place.into(), what.into(), cost.into(), advice.into());
        self.findings.push(Finding { place, what, cost, advice });
    }

    /// Looks at copies, because SQLite writes into what it opens.
    async fn check_catalog(&mut self, folder: &Folder) -> Result<Option<Contents>, Error> {
        let advice = "`daymark verify --rebuild-catalog` makes a new one out of the segments";
        if !folder.catalog().exists() {
            self.find("catalog.db", "it is missing", "the server does not start", advice);
            return Ok(None);
        }
        let (wrong, contents) = inspect_copy(folder, &folder.catalog()).await?;
        for what in wrong {
            self.find("catalog.db", what, "the server does not start; no rows are lost", advice);
        }
        let spare = folder.root().join("catalog.bak");
        if spare.exists() {
            for what in inspect_copy(folder, &spare).await?.0 {
                let cost = "nothing, as long as catalog.db is sound";
                self.find(
                    "catalog.bak",
                    what,
                    cost,
                    "remove it; the server makes a new copy within the hour",
                );
            }
        }
        Ok(contents)
    }

    fn check_ledger(&mut self, contents: Contents, live: BTreeMap<Account, u64>) {
        let totals = Ledger::continued(contents.totals).totals();
        for one in balance(totals, live) {
            self.accounts += 1;
            let (taken, kept) = one.unexplained();
            let Account { tenant, source, signal } = &one.account;
            let who = format!("{signal} of source {source}, tenant {tenant}");
            let advice = "`daymark verify --rebuild-catalog` enters the difference as lost, or as received";
            if taken != 0 {
                let what = format!("{who}: received is not accepted + rejected, by {taken}");
                self.find("catalog.db", what, "the ledger does not explain these items", advice);
            }
            if kept != 0 {
                let what = format!("{who}: accepted is not what is live and what is gone, by {kept}");
                self.find("catalog.db", what, "items are missing, or there are too many", advice);
            }
        }
    }
}

/// The rows that segments have, as their rows in the catalog tell.
pub(crate) fn live_rows(rows: &[SegmentRow]) -> BTreeMap<Account, u64> {
    let mut live = BTreeMap::new();
    for row in rows {
        add_live(&mut live, row, &row.sources);
    }
    live
}

fn add_live(live: &mut BTreeMap<Account, u64>, row: &SegmentRow, sources: &BySource) {
    for (account, count) in accounts(&row.tenant, row.table, sources) {
        *live.entry(account).or_default() += count;
    }
}

/// What is wrong with a database, by a copy of it.
pub(crate) async fn inspect_copy(
    folder: &Folder,
    database: &Path,
) -> Result<(Vec<String>, Option<Contents>), Error> {
    let copy = Copy::of(folder, database)?;
    Ok(Catalog::inspect(&copy.database).await)
}

/// A copy of a database with its log in `tmp/`, removed when dropped.
pub(crate) struct Copy {
    dir: PathBuf,
    pub(crate) database: PathBuf,
}

impl Copy {
    pub(crate) fn of(folder: &Folder, database: &Path) -> Result<Self, Error> {
        let dir = folder.tmp().join(ulid::Ulid::generate().to_string());
        let copy = Self { database: dir.join("catalog.db"), dir };
        let beside = |of: &Path| PathBuf::from(format!("{}-wal", of.display()));
        let copied = std::fs::create_dir_all(&copy.dir)
            .and_then(|()| std::fs::copy(database, &copy.database))
            .and_then(|_| match beside(database) {
                log if log.exists() => std::fs::copy(log, beside(&copy.database)),
                _ => Ok(0),
            });
        copied.map_err(|source| Error::Folder { path: database.to_path_buf(), source })?;
        Ok(copy)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.dir) {
            tracing::warn!(%error, dir = %self.dir.display(), "a copy stays until the next start");
        }
    }
}
