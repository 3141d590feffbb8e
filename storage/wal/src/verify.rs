//! The offline check: reads every file of a log that nobody writes to, and changes nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use daymark_model::id::Lsn;
use daymark_vfs::Vfs;

use crate::error::Error;
use crate::files;
use crate::replay::{Damage, Reader, line_up};
use crate::scan::Piece;

/// One file that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedFile {
    pub path: PathBuf,
    /// Bytes of the header and all records.
    pub bytes: u64,
    pub records: u64,
    pub items: u64,
    /// The lowest and highest number in it, if it holds records.
    pub lsns: Option<(Lsn, Lsn)>,
}

/// What the check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub files: Vec<CheckedFile>,
    pub damage: Vec<Damage>,
    /// Where the last file ends in a half-written group, which the next start cuts off.
    pub torn_tail: Option<(PathBuf, u64)>,
}

/// Checks every record, header and link of the log in `dir`.
pub fn verify(dir: &Path, fs: &Arc<dyn Vfs>) -> Result<Report, Error> {
    let listing = files::list(&**fs, dir).map_err(Error::of_open(dir))?;
    if let Some((file, version)) = listing.foreign_version {
        return Err(Error::Version { file, version });
    }
    let mut reader = Reader::new(Arc::clone(fs), line_up(&listing.files));
    let mut report = Report::default();
    while let Some(mut file) = reader.next(Lsn(0)) {
        report.damage.append(&mut file.damage);
        let mut checked = CheckedFile {
            path: file.path().into(),
            bytes: file.scan.end as u64,
            records: 0,
            items: 0,
            lsns: None,
        };
        for piece in &file.scan.pieces {
            match *piece {
                Piece::Hole(hole) => report.damage.push(file.damage(hole)),
                Piece::Record { at, size, lsn } => match file.record(at, size) {
                    Err(damage) => report.damage.push(damage),
                    Ok(record) => {
                        checked.records += 1;
                        checked.items += u64::from(record.items);
                        checked.lsns = Some((checked.lsns.map_or(lsn, |(first, _)| first), lsn));
                    }
                },
            }
        }
        if file.scan.is_torn {
            report.torn_tail = Some((file.path().into(), file.scan.end as u64));
        }
        report.files.push(checked);
    }
    Ok(report)
}
