//! The segments of earlier processes: what the catalog says, held against what lies on disk.
//!
//! A folder that the catalog does not know is left from a flush or merge that did not finish, and is swept:
//! its rows are still in the log or in the segments it was to replace. But when the catalog itself has lost
//! a transaction, its log records are gone; then the folder is taken back.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daymark_model::id::Lsn;
use daymark_model::time::Nanos;
use daymark_segment::{Meta, RowRanges, Segment};

use crate::catalog::{Contents, SegmentRow};
use crate::error::Error;
use crate::flush::segment_row;
use crate::folder::Folder;
use crate::merge::sources_of;
use crate::version::{Shelved, Version};

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) version: Version,
    /// Folders taken back, to be entered into the catalog.
    pub(crate) adopted: Vec<SegmentRow>,
    /// Segments that those replace, to be removed from it.
    pub(crate) gone: Vec<String>,
    /// Segments that were dropped earlier and whose folders are gone now.
    pub(crate) swept: Vec<String>,
    /// Segments whose rows cannot be answered.
    pub(crate) broken: Vec<(SegmentRow, daymark_segment::Error)>,
}

/// Opens every segment that counts, and sweeps what does not.
pub(crate) fn gather(folder: &Folder, contents: &Contents) -> Result<Gathered, Error> {
    let mut found: BTreeMap<String, (SegmentRow, Segment)> = BTreeMap::new();
    let mut broken = Vec::new();
    let mut known = HashSet::new();
    for row in &contents.segments {
        known.insert(PathBuf::from(&row.path));
        match Segment::open(&folder.root().join(&row.path)) {
            Ok(segment) => drop(found.insert(row.id.clone(), (row.clone(), segment))),
            Err(error) => broken.push((row.clone(), error)),
        }
    }
    let mut adopted = Vec::new();
    for place in folders(folder.root())?.into_iter().filter(|place| !known.contains(place)) {
        let path = folder.root().join(&place);
        let id = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match Segment::open(&path) {
            Ok(segment)
                if !contents.dropped.contains(&id)
                    && is_needed(&id, segment.meta(), contents.low, &found) =>
            {
                tracing::warn!(path = %path.display(), "segment unknown to the catalog taken back");
                let sources = sources_of(&segment)?;
                let meta = segment.meta();
                let row = segment_row(id, &meta.tenant.as_str().into(), &place, meta, sources);
                adopted.push((row, segment));
            }
            _ => sweep(&path).map_err(|source| Error::Folder { path, source })?,
        }
    }
    let replaced: HashSet<String> =
        adopted.iter().flat_map(|(_, segment)| segment.meta().inputs.iter().cloned()).collect();
    let gone: Vec<String> =
        contents.segments.iter().map(|row| row.id.clone()).filter(|id| replaced.contains(id)).collect();
    found.retain(|id, _| !replaced.contains(id));
    broken.retain(|(row, _)| !replaced.contains(&row.id));
    let swept = contents.dropped.iter().cloned().collect();
    let mut gathered = Gathered { broken, gone, swept, ..Gathered::default() };
    for (row, segment) in found.into_values() {
        gathered.add(&row, segment);
    }
    for (row, segment) in adopted {
        gathered.add(&row, segment);
        gathered.adopted.push(row);
    }
    Ok(gathered)
}

/// Whether a folder holds rows that are nowhere else: the log no longer has its records, nothing that counts
/// was made of it, and what it was made of is not there any more.
fn is_needed(id: &str, meta: &Meta, low: Lsn, found: &BTreeMap<String, (SegmentRow, Segment)>) -> bool {
    let is_below = meta.lsns.iter().any(|range| range.from < low.0);
    let is_replaced =
        found.values().any(|(_, segment)| segment.meta().inputs.iter().any(|input| input == id));
    // What it was merged into may have been merged on and be gone.
    let is_covered = meta.lsns.iter().all(|range| {
        let same = |other: &&Meta| {
            (&other.tenant, other.table, &other.stream) == (&meta.tenant, meta.table, &meta.stream)
        };
        let others = found.values().map(|(_, segment)| segment.meta()).filter(same);
        others.flat_map(|other| &other.lsns).any(|other| other.from <= range.from && range.to <= other.to)
    });
    let has_inputs = !meta.inputs.is_empty() && meta.inputs.iter().all(|input| found.contains_key(input));
    is_below && !is_replaced && !is_covered && !has_inputs
}

impl Gathered {
    /// Bytes of all segments.
    pub(crate) fn bytes(&self) -> u64 {
        let segments = self.version.shelves.values().flat_map(|shelf| shelf.all_segments());
        segments.map(|(_, one)| one.segment.meta().bytes()).sum()
    }

    /// When the newest batch in any segment was received.
    pub(crate) fn newest_arrival(&self) -> Option<Nanos> {
        let segments = self.version.shelves.values().flat_map(|shelf| shelf.all_segments());
        segments.map(|(_, one)| Nanos(one.segment.meta().arrival_max)).max()
    }

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

/// Removes a folder for good: the catalog is about to forget that it has to go.
fn sweep(path: &Path) -> io::Result<()> {
    std::fs::remove_dir_all(path)?;
    path.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
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
