//! The segments of earlier processes: what the catalog says, held against what lies on disk.
//!
//! A folder that the catalog does not know is left from a flush or merge that did not finish, and is swept:
//! its rows are still in the log or in the segments it was to replace. But when the catalog itself has lost
//! a transaction, its log records are gone; then the folder is taken back.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daymark_model::id::Lsn;
use daymark_segment::{Meta, Projection, RowRanges, Segment};

use crate::buffer::{add_rows, rows_by_source};
use crate::catalog::{Contents, SegmentRow};
use crate::error::Error;
use crate::flush::segment_row;
use crate::folder::Folder;
use crate::version::{Shelved, Version};

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) version: Version,
    /// Folders taken back, to be entered into the catalog.
    pub(crate) adopted: Vec<SegmentRow>,
    /// Segments whose rows cannot be answered.
    pub(crate) broken: Vec<(SegmentRow, daymark_segment::Error)>,
}

/// Opens every segment that counts, and sweeps what does not.
pub(crate) fn gather(folder: &Folder, contents: &Contents) -> Result<Gathered, Error> {
    let mut gathered = Gathered::default();
    let mut known = HashSet::new();
    let mut replaced = HashSet::new();
    for row in &contents.segments {
        known.insert(PathBuf::from(&row.path));
        match Segment::open(&folder.root().join(&row.path)) {
            Ok(segment) => {
                replaced.extend(segment.meta().inputs.iter().cloned());
                gathered.add(row, segment);
            }
            Err(error) => gathered.broken.push((row.clone(), error)),
        }
    }
    for place in folders(folder.root())? {
        if known.contains(&place) {
            continue;
        }
        let path = folder.root().join(&place);
        let id = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match Segment::open(&path) {
            Ok(segment) if !replaced.contains(&id) && is_below(segment.meta(), contents.low) => {
                tracing::warn!(path = %path.display(), "segment unknown to the catalog taken back");
                let row = row_of(id, &place, &segment)?;
                gathered.add(&row, segment);
                gathered.adopted.push(row);
            }
            _ => std::fs::remove_dir_all(&path).map_err(|source| Error::Folder { path, source })?,
        }
    }
    Ok(gathered)
}

/// The log no longer has all of the segment's records.
fn is_below(meta: &Meta, low: Lsn) -> bool {
    meta.lsns.iter().any(|range| range.from < low.0)
}

impl Gathered {
    fn add(&mut self, row: &SegmentRow, segment: Segment) {
        let hidden: RowRanges = row.hidden.iter().map(|(from, to)| *from..*to).collect();
        let shelved = Shelved {
            id: row.id.as_str().into(),
            segment: Arc::new(segment),
            hidden: (!hidden.is_empty()).then(|| Arc::new(hidden)),
            sources: row.sources.as_slice().into(),
        };
        let segments = self.version.shelf_mut(&row.tenant).segments.entry(row.table);
        let segments = segments.or_insert_with(|| [].into());
        *segments = segments.iter().cloned().chain([shelved]).collect();
    }
}

fn row_of(id: String, place: &Path, segment: &Segment) -> Result<SegmentRow, Error> {
    let meta = segment.meta();
    let mut sources = Vec::new();
    if meta.table.is_counted() {
        let projection = Projection::columns(["source"]);
        for batch in segment.read(&projection, &RowRanges::all(meta.rows), 65_536)? {
            for (source, rows) in rows_by_source(&batch?) {
                add_rows(&mut sources, &source, rows);
            }
        }
    }
    Ok(segment_row(id, &meta.tenant.as_str().into(), place, meta, sources))
}

/// Every segment folder under `segments/`, relative to the root.
fn folders(root: &Path) -> Result<Vec<PathBuf>, Error> {
    // segments / tenant / table / date / hour / id
    let mut level = vec![PathBuf::from("segments")];
    for _ in 0..5 {
        let mut below = Vec::new();
        for folder in level {
            let path = root.join(&folder);
            let entries = std::fs::read_dir(&path).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
            let entries = entries.map_err(|source| Error::Folder { path, source })?;
            below.extend(
                entries
                    .into_iter()
                    .filter(|entry| entry.path().is_dir())
                    .map(|entry| folder.join(entry.file_name())),
            );
        }
        level = below;
    }
    Ok(level)
}
