//! The segments of earlier processes: what the catalog says, held against what lies on disk.
//!
//! A folder that the catalog does not know is left from a flush or merge that did not finish, and is swept:
//! its rows are still in the log or in the segments it was to replace. But when the catalog itself has lost
//! a transaction, its log records are gone; then the folder is taken back. What cannot be opened is never
//! removed: it goes to `quarantine/`.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daymark_model::id::Lsn;
use daymark_model::time::Nanos;
use daymark_segment::{Level, LsnRange, Meta, RowRanges, Segment};

use crate::catalog::{Contents, SegmentRow};
use crate::error::Error;
use crate::flush::segment_row;
use crate::folder::Folder;
use crate::merge::sources_of;
use crate::version::{Gap, Shelved, Version};

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) version: Version,
    /// Folders taken back, to be entered into the catalog.
    pub(crate) adopted: Vec<SegmentRow>,
    /// Segments that those replace, to be removed from it.
    pub(crate) gone: Vec<String>,
    /// Segments that were dropped earlier: once their folders are gone they can be forgotten.
    pub(crate) dropped: Vec<String>,
    /// Segments whose rows cannot be answered.
    pub(crate) broken: Vec<(SegmentRow, daymark_segment::Error)>,
    /// Folders that are no segments any more.
    pub(crate) damaged: Vec<PathBuf>,
    /// Folders whose rows are elsewhere.
    pub(crate) needless: Vec<PathBuf>,
    /// Records below are in segments.
    pub(crate) low: Lsn,
}

type Opened = BTreeMap<String, (SegmentRow, Segment)>;

/// Opens every segment that counts. `first` is where the log begins, if it has files. Changes nothing.
pub(crate) fn gather(root: &Path, contents: &Contents, first: Option<Lsn>) -> Result<Gathered, Error> {
    let mut found = Opened::new();
    let dropped = contents.dropped.iter().cloned().collect();
    let mut gathered = Gathered { low: contents.low, dropped, ..Gathered::default() };
    let mut known = HashSet::new();
    for row in &contents.segments {
        known.insert(PathBuf::from(&row.path));
        match Segment::open(&root.join(&row.path)).and_then(|segment| agreeing(segment, row)) {
            Ok(segment) => drop(found.insert(row.id.clone(), (row.clone(), segment))),
            Err(error) if error.is_damage() || error.is_missing() => {
                gathered.broken.push((row.clone(), error));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let lost = contents.quarantined.iter().map(|gap| gap.id.as_str()).collect::<HashSet<_>>();
    let (mut strangers, mut dropped) = (Vec::new(), Vec::new());
    for place in folders(root)?.into_iter().filter(|place| !known.contains(place)) {
        let id = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if contents.dropped.contains(&id) {
            dropped.push(place);
            continue;
        }
        if lost.contains(id.as_str()) {
            gathered.damaged.push(place);
            continue;
        }
        match Segment::open(&root.join(&place)) {
            Ok(segment) => strangers.push((id, place, segment)),
            // What names the files is written last and synced with them: without it, this was being removed.
            Err(error) if error.is_missing() => gathered.needless.push(place),
            Err(error) if error.is_damage() => gathered.damaged.push(place),
            Err(error) => return Err(error.into()),
        }
    }
    gathered.judge(strangers, &mut found, first)?;
    gathered.needless.extend(dropped);
    for (row, segment) in found.into_values() {
        gathered.add(&row, segment);
    }
    for gap in &contents.quarantined {
        gathered.add_gap(gap.clone());
    }
    Ok(gathered)
}

impl Gathered {
    /// Bytes of all segments.
    pub(crate) fn bytes(&self) -> u64 {
        self.version.segments().map(|one| one.segment.meta().bytes()).sum()
    }

    /// When the newest batch in any segment was received.
    pub(crate) fn newest_arrival(&self) -> Option<Nanos> {
        self.version.segments().map(|one| Nanos(one.segment.meta().arrival_max)).max()
    }

    /// Takes back the folders that hold rows which are nowhere else.
    fn judge(
        &mut self,
        mut strangers: Vec<(String, PathBuf, Segment)>,
        found: &mut Opened,
        first: Option<Lsn>,
    ) -> Result<(), Error> {
        let forgot = first.is_none_or(|first| first > self.low);
        let below = if forgot { first.unwrap_or(Lsn(u64::MAX)) } else { self.low };
        let there: HashSet<String> =
            found.keys().cloned().chain(strangers.iter().map(|(id, ..)| id.clone())).collect();
        let mut replaced: HashSet<String> =
            found.values().flat_map(|(_, segment)| segment.meta().inputs.iter().cloned()).collect();
        // What was merged furthest is judged first: it says what need not be kept.
        strangers.sort_by_key(|(_, _, segment)| std::cmp::Reverse(segment.meta().level));
        strangers.retain(|(_, place, segment)| {
            let inputs = &segment.meta().inputs;
            let has_inputs = !inputs.is_empty() && inputs.iter().all(|input| there.contains(input));
            if has_inputs {
                self.needless.push(place.clone());
            }
            !has_inputs
        });
        // Each that is taken back may move the end of what the log must not bring back.
        let is_next = |(id, _, segment): &(String, PathBuf, Segment),
                       low: Lsn,
                       replaced: &HashSet<String>,
                       found: &Opened| {
            let meta = segment.meta();
            // What it was merged into may have been merged on and be gone.
            let is_covered =
                || found.iter().any(|(other, (_, made))| covers((other, made.meta()), (id, meta)));
            !replaced.contains(id) && meta.lsns.iter().any(|range| range.from < low.0) && !is_covered()
        };
        while let Some(at) =
            strangers.iter().position(|one| is_next(one, below.max(self.low), &replaced, found))
        {
            let (id, place, segment) = strangers.remove(at);
            let meta = segment.meta();
            tracing::warn!(path = %place.display(), "segment unknown to the catalog taken back");
            replaced.extend(meta.inputs.iter().cloned());
            self.low = self.low.max(end_of(meta));
            let sources = sources_of(&segment, &segment.all_rows())?;
            let row = segment_row(id.clone(), &meta.tenant.as_str().into(), &place, meta, sources);
            self.adopted.push(row.clone());
            found.insert(id, (row, segment));
        }
        self.needless.extend(strangers.into_iter().map(|(_, place, _)| place));
        self.gone = found.keys().filter(|id| replaced.contains(*id)).cloned().collect();
        self.gone
            .extend(self.broken.iter().map(|(row, _)| row.id.clone()).filter(|id| replaced.contains(id)));
        found.retain(|id, _| !replaced.contains(id));
        self.broken.retain(|(row, _)| !replaced.contains(&row.id));
        if forgot {
            // The catalog is older than the log: what it does not know may be all there is.
            self.needless.clear();
        }
        Ok(())
    }

    fn add(&mut self, row: &SegmentRow, segment: Segment) {
        let hidden: RowRanges = row.hidden.iter().map(|(from, to)| *from..*to).collect();
        let shelved = Shelved {
            id: row.id.as_str().into(),
            segment: Arc::new(segment),
            hidden: (!hidden.is_empty()).then(|| Arc::new(hidden)),
            hidden_at: row.hidden_at,
            sources: row.sources.as_slice().into(),
        };
        let segments = self.version.shelf_mut(&row.tenant).segments.entry(row.table);
        let segments = segments.or_insert_with(|| [].into());
        *segments = segments.iter().cloned().chain([shelved]).collect();
    }

    pub(crate) fn add_gap(&mut self, gap: Gap) {
        let shelf = self.version.shelf_mut(&gap.tenant);
        shelf.gaps.entry(gap.table).or_default().push(Arc::new(gap));
    }
}

/// A segment that is the one the catalog means.
fn agreeing(segment: Segment, row: &SegmentRow) -> Result<Segment, daymark_segment::Error> {
    let meta = segment.meta();
    let told =
        segment_row(row.id.clone(), &meta.tenant.as_str().into(), Path::new(&row.path), meta, Vec::new());
    let (sources, hidden) = (row.sources.clone(), row.hidden.clone());
    if (SegmentRow { sources, hidden, hidden_at: row.hidden_at, ..told }) == *row {
        return Ok(segment);
    }
    let (file, what) =
        (segment.dir().join("meta.json"), "it tells of another segment than the catalog".into());
    Err(daymark_segment::Error::Corrupt { file, row_group: None, what })
}

/// Whether the rows of a segment are in one that was made later. A merge takes all rows of an L0, and every
/// segment that reaches into a window.
fn covers((later, other): (&str, &Meta), (earlier, one): (&str, &Meta)) -> bool {
    let is_same = (&other.tenant, other.table, &other.stream) == (&one.tenant, one.table, &one.stream);
    let is_within = one.level == Level::L0
        || other.window.is_some_and(|window| window.from <= one.time_min && one.time_max < window.to);
    let has = |range: &LsnRange| other.lsns.iter().any(|lsns| lsns.from <= range.from && range.to <= lsns.to);
    is_same && other.level > Level::L0 && later > earlier && is_within && one.lsns.iter().all(has)
}

/// Just after the last log number whose rows a segment holds.
fn end_of(meta: &Meta) -> Lsn {
    Lsn(meta.lsns.iter().map(|range| range.to).max().map_or(0, |last| last.saturating_add(1)))
}

impl Folder {
    /// Removes the folders whose rows are elsewhere, and sets aside what is damaged.
    pub(crate) fn tidy(&self, gathered: &Gathered) -> Result<(), Error> {
        let broken = gathered.broken.iter().map(|(row, _)| PathBuf::from(&row.path));
        for place in gathered.damaged.iter().cloned().chain(broken) {
            self.set_aside(&place)?;
        }
        for place in &gathered.needless {
            let path = self.root().join(place);
            sweep(&path).map_err(|source| Error::Folder { path, source })?;
        }
        Ok(())
    }

    /// Moves a folder to `quarantine/`, where a person can look at it.
    fn set_aside(&self, place: &Path) -> Result<(), Error> {
        let (from, to) = (self.root().join(place), self.root().join("quarantine"));
        let Some(name) = place.file_name().filter(|_| from.is_dir()) else { return Ok(()) };
        let moved = std::fs::create_dir_all(&to).and_then(|()| std::fs::rename(&from, to.join(name)));
        moved.map_err(|source| Error::Folder { path: from, source })
    }
}

/// Removes a folder for good: the catalog is about to forget that it has to go.
fn sweep(path: &Path) -> io::Result<()> {
    std::fs::remove_dir_all(path)?;
    path.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

/// Every segment folder under `segments/`, relative to the root.
pub(crate) fn folders(root: &Path) -> Result<Vec<PathBuf>, Error> {
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
