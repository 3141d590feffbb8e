//! Segment folders against their checksums, their rows and the catalog.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use daymark_model::signal::Table;
use daymark_segment::{RowRanges, Segment, is_derived};

use super::{Progress, Report, add_live};
use crate::buffer::BySource;
use crate::catalog::{Contents, SegmentRow};
use crate::error::Error;
use crate::folder::Folder;
use crate::gather::{Gathered, folders};
use crate::ledger::Account;
use crate::merge::sources_of;

const FROM_BACKUP: &str =
    "copy the folder back from a backup while the server is stopped; else its rows are counted as lost";

impl Report {
    /// Folders that the catalog does not know, or no longer counts.
    pub(super) fn tell_strangers(&mut self, gathered: &Gathered, contents: &Contents) {
        for place in &gathered.needless {
            self.notes.push(format!(
                "{} is left from work that did not finish; the next start removes it",
                place.display()
            ));
        }
        for row in &gathered.adopted {
            self.find(
                &row.path,
                "the catalog does not know it, and its rows are nowhere else",
                format!("its {} rows, until the server is started", row.rows),
                "the next start takes it back",
            );
        }
        let known = |place: &Path| contents.quarantined.iter().any(|gap| place.ends_with(&gap.id));
        for place in gathered.damaged.iter().filter(|place| !known(place)) {
            self.find(
                place.to_string_lossy(),
                "it is no segment, and the catalog does not know it",
                "nothing that is known of",
                "the next start moves it to quarantine/",
            );
        }
        for gap in &contents.quarantined {
            self.notes.push(format!(
                "{} rows of {} in segment {} were lost earlier and are accounted for: {}",
                gap.rows, gap.table, gap.id, gap.reason
            ));
        }
    }

    /// Checks every segment that counts. Answers the rows that are really there.
    pub(super) fn check_segments(
        &mut self,
        folder: &Folder,
        contents: &Contents,
        gathered: &Gathered,
        progress: Progress<'_>,
    ) -> BTreeMap<Account, u64> {
        let open: HashMap<&str, &Arc<Segment>> =
            gathered.version.segments().map(|shelved| (shelved.id.as_ref(), &shelved.segment)).collect();
        let mut live = BTreeMap::new();
        let counts = |row: &&SegmentRow| !gathered.gone.contains(&row.id);
        let rows: Vec<&SegmentRow> =
            contents.segments.iter().filter(counts).chain(&gathered.adopted).collect();
        for (done, row) in rows.iter().enumerate() {
            progress(done, rows.len());
            let dir = folder.root().join(&row.path);
            self.segments += 1;
            self.rows += row.rows;
            self.bytes += row.bytes;
            let mut sources = row.sources.clone();
            if dir.is_dir() {
                let is_sound = self.check_folder(&row.path, &dir, row.rows, row.table);
                match open.get(row.id.as_str()) {
                    Some(segment) => sources = self.recount(row, segment, is_sound),
                    None if is_sound => self.tell_broken(row, gathered),
                    None => {}
                }
            } else {
                self.find(&row.path, "the folder is gone", cost(row.rows, row.table), FROM_BACKUP);
            }
            add_live(&mut live, row, &sources);
        }
        progress(rows.len(), rows.len());
        live
    }

    /// Checks all folders without knowing which of them count.
    pub(super) fn check_folders(&mut self, folder: &Folder, progress: Progress<'_>) -> Result<(), Error> {
        let places = folders(folder.root())?;
        for (done, place) in places.iter().enumerate() {
            progress(done, places.len());
            let dir = folder.root().join(place);
            let opened = Segment::open(&dir).map(|segment| (u64::from(segment.meta().rows), segment.table()));
            let (rows, table) = opened.unwrap_or((0, Table::Spans));
            self.segments += 1;
            self.rows += rows;
            self.check_folder(&place.to_string_lossy(), &dir, rows, table);
        }
        progress(places.len(), places.len());
        Ok(())
    }

    /// One finding a file, the first one: the others follow from it. Answers whether there was none.
    fn check_folder(&mut self, place: &str, dir: &Path, rows: u64, table: Table) -> bool {
        let mut told = BTreeSet::new();
        for found in daymark_segment::verify(dir) {
            if !told.insert(found.file.clone()) {
                continue;
            }
            let at = format!("{place}/{}", found.file);
            match found.file.as_str() {
                "data.parquet" => {
                    let cost = format!(
                        "rows of damaged pages, of {rows} in the segment; answers say that they are partial"
                    );
                    self.find(at, found.what, cost, FROM_BACKUP);
                }
                "meta.json" => self.find(at, found.what, cost(rows, table), FROM_BACKUP),
                file if is_derived(file) => {
                    let cost = "no rows; questions read more";
                    self.find(at, found.what, cost, "`daymark verify --rebuild-indexes` makes it anew");
                }
                file if file.starts_with("rolled_") => {
                    let cost = "rates, errors, durations and calls of spans that are gone; answers say that they are partial";
                    self.find(at, found.what, cost, FROM_BACKUP);
                }
                _ => {
                    let cost =
                        "what describes the senders is left out of answers, which say that they are partial";
                    self.find(
                        at,
                        found.what,
                        cost,
                        "copy the file back from a backup while the server is stopped",
                    );
                }
            }
        }
        told.is_empty()
    }

    /// The rows a source as the file has them; those of the catalog when it cannot be read.
    fn recount(&mut self, row: &SegmentRow, segment: &Segment, is_sound: bool) -> BySource {
        let hidden: RowRanges = row.hidden.iter().map(|(from, to)| *from..*to).collect();
        let visible = RowRanges::all(segment.meta().rows).without(&hidden);
        let Ok(mut counted) = sources_of(segment, &visible) else { return row.sources.clone() };
        let mut known: BySource = row.sources.iter().filter(|(_, rows)| *rows > 0).cloned().collect();
        counted.sort_unstable();
        known.sort_unstable();
        if is_sound && known != counted {
            let what = format!("the catalog counts {known:?} rows, the file has {counted:?}");
            let advice = "`daymark verify --rebuild-catalog` counts them anew";
            self.find(&row.path, what, "no rows; the ledger does not balance", advice);
        }
        counted
    }

    fn tell_broken(&mut self, row: &SegmentRow, gathered: &Gathered) {
        let error = gathered.broken.iter().find(|(broken, _)| broken.id == row.id).map(|(_, error)| error);
        let what = error.map_or_else(|| "it cannot be opened".to_owned(), ToString::to_string);
        self.find(&row.path, what, cost(row.rows, row.table), FROM_BACKUP);
    }
}

fn cost(rows: u64, table: Table) -> String {
    format!("its {rows} rows of {table}")
}
