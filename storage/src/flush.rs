//! Buffers to L0 segments.
//!
//! A flush draws a line in the log and takes all chunks up to it. Segments are written, synced and moved
//! into place; then one catalog transaction makes them count, moves the low end of the log behind the line
//! and saves the ledger; then one new version shows the segments instead of the chunks. Whatever fails
//! before the transaction leaves everything as it was.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use daymark_model::id::Lsn;
use daymark_model::limits;
use daymark_model::signal::Table;
use daymark_model::time::Nanos;
use daymark_segment::{Level, LsnRange, Meta, Segment, Spec};
use ulid::Ulid;

use crate::buffer::{BySource, Chunk, add_rows, distinct};
use crate::catalog::{Publication, SegmentRow};
use crate::error::Error;
use crate::folder::Folder;
use crate::ledger::Unsaved;
use crate::pace::aside;
use crate::publish::Lane;
use crate::store::Inner;
use crate::version::{Shelved, Version};

/// How long to wait after a failed flush before trying again.
const RETRY: Duration = Duration::from_secs(5);
/// How often the age of the buffers is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Chunks of one table and stream of one tenant: what becomes one segment.
struct Load {
    tenant: Arc<str>,
    table: Table,
    stream: Arc<str>,
    chunks: Vec<Arc<Chunk>>,
}

/// A segment that is in its place and not yet in the catalog.
pub(crate) struct Written {
    pub(crate) row: SegmentRow,
    pub(crate) shelved: Shelved,
}

impl Inner {
    /// Flushes when buffers are full or old, until the store stops.
    pub(crate) async fn flush_when_due(self: Arc<Self>) {
        let mut stop = self.stop.subscribe();
        let mut since = self.clock.elapsed();
        // Each start reads all files of the log: those of a process that is restarted again and again must not
        // pile up because none of its runs gets old enough to flush.
        let mut is_piled_up = self.wal.stats().files > limits::WAL_SPARE_FILES;
        loop {
            tokio::select! {
                () = self.filled.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            if self.current.load().buffered_bytes() == 0 {
                since = self.clock.elapsed();
            }
            let old = self.clock.elapsed().saturating_sub(since) >= self.options.flush_after;
            let is_full = self.buffered.load(Ordering::Relaxed) >= self.options.flush_bytes;
            let is_long = is_piled_up && *self.replayed.borrow();
            if !(old || is_full || is_long) {
                continue;
            }
            let flushed = self.flush().await;
            self.disk.look();
            match flushed {
                Ok(()) => (since, is_piled_up) = (self.clock.elapsed(), false),
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "flush failed");
                    self.relieve(&error);
                    tokio::select! {
                        () = tokio::time::sleep(RETRY) => {}
                        _ = stop.wait_for(|stop| *stop) => return,
                    }
                }
            }
        }
    }

    /// Moves all that is visible now into segments.
    pub(crate) async fn flush(self: &Arc<Self>) -> Result<(), Error> {
        let _only_one = self.replacing.lock().await;
        let (lane, line, unsaved) = self.draw_line();
        let loads = loads(&self.current.load(), line);
        let inner = Arc::clone(self);
        let written = aside(self.flush_niceness(), move || {
            let mut written = Vec::with_capacity(loads.len());
            for load in &loads {
                match inner.write(load) {
                    Ok(one) => written.push(one),
                    Err(error) => {
                        inner.discard(&written);
                        return Err(error);
                    }
                }
            }
            Ok(written)
        });
        let written = match written.await.flatten() {
            Ok(written) => written,
            Err(error) => {
                lane.put_back(unsaved);
                return Err(error);
            }
        };
        let loose = self.take_loose();
        if let Err(error) = self.record(&written, line, &unsaved, &loose).await {
            lane.put_back(unsaved);
            self.put_back_loose(loose);
            return Err(error);
        }
        self.show(written, line);
        // A commit tries this too, and counts even when that fails. But as long as it stands in SQLite's own
        // log, a flipped bit there would undo it, and our log must still have the rows.
        self.catalog.checkpoint().await?;
        Ok(self.wal.release(line.next())?)
    }

    /// Draws the line of a flush, and takes the ledger entries up to it. While the old log is replayed, what
    /// arrives now stays in the buffers.
    fn draw_line(&self) -> (&Lane, Lsn, Unsaved) {
        let replayed = *self.replayed.borrow();
        let (line, mut unsaved) = self.earlier.draw_line();
        if !replayed {
            return (&self.earlier, line, unsaved);
        }
        let (line, arrived) = self.live.draw_line();
        unsaved.merge(arrived);
        (&self.live, line, unsaved)
    }

    /// Writes one segment and moves it into its place.
    fn write(&self, load: &Load) -> Result<Written, Error> {
        let id = Ulid::generate().to_string();
        let rows: Vec<_> = load.chunks.iter().map(|chunk| chunk.rows.clone()).collect();
        let resources = distinct(load.chunks.iter().map(|chunk| &chunk.resources), |resource| resource.id);
        let series = distinct(load.chunks.iter().map(|chunk| &chunk.series), |series| series.id);
        let spec = load.spec(self);
        let mut sources = Vec::new();
        for (source, rows) in load.chunks.iter().flat_map(|chunk| &chunk.sources) {
            add_rows(&mut sources, source, *rows);
        }
        self.write_in_tmp(&id, |finished| {
            let meta = daymark_segment::write(&*self.fs, finished, &spec, &rows, &resources, &series)?;
            self.place(id.clone(), &load.tenant, &meta, |_| Ok(sources))
        })
    }

    /// Moves a finished segment from `tmp/` into its place and opens it there.
    pub(crate) fn place(
        &self,
        id: String,
        tenant: &Arc<str>,
        meta: &Meta,
        sources: impl FnOnce(&Segment) -> Result<BySource, Error>,
    ) -> Result<Written, Error> {
        let finished = self.folder.tmp().join(&id);
        let place = Folder::segment(tenant, meta.table, meta.time_min, &id);
        let target = self.folder.root().join(&place);
        let settled = self.folder.settle(&*self.fs, &finished, &place);
        let settled = settled.map_err(|source| broken(&finished, source)).and_then(|()| {
            let segment = Segment::open(&target)?;
            let sources = sources(&segment)?;
            Ok((segment, sources))
        });
        // It may have been moved; the log or its inputs still have its rows.
        let (segment, sources) = settled.inspect_err(|_| drop(self.fs.remove_dir_all(&target)))?;
        let row = segment_row(id, tenant, &place, meta, sources.clone());
        let shelved = Shelved {
            id: row.id.as_str().into(),
            segment: Arc::new(segment),
            hidden: None,
            hidden_at: None,
            sources: sources.into(),
        };
        Ok(Written { row, shelved })
    }

    /// Writes a segment in an empty folder in `tmp/`; nothing is left there when that fails.
    pub(crate) fn write_in_tmp<T>(
        &self,
        id: &str,
        write: impl FnOnce(&Path) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let path = self.folder.tmp().join(id);
        let made = self.fs.create_dir_all(&path).map_err(|source| broken(&path, source));
        made.and_then(|()| write(&path)).inspect_err(|_| drop(self.fs.remove_dir_all(&path)))
    }

    async fn record(
        &self,
        written: &[Written],
        line: Lsn,
        unsaved: &Unsaved,
        loose: &Unsaved,
    ) -> Result<(), Error> {
        let added: Vec<SegmentRow> = written.iter().map(|written| written.row.clone()).collect();
        let low = Lsn(self.low.load(Ordering::SeqCst));
        let age = i64::try_from(limits::BATCH_MEMORY.as_nanos()).unwrap_or(i64::MAX);
        self.commit(Publication {
            added: &added,
            low: Some(line.next()),
            ledger: &[unsaved, loose],
            batches: &self.repeats.between((low, line), self.clock.now(), self.clock.elapsed()),
            forget_before: self.clock.now().plus(-age),
            ..Publication::default()
        })
        .await?;
        self.low.store(line.next().0, Ordering::SeqCst);
        Ok(())
    }

    /// Shows the segments in place of the chunks they hold.
    fn show(&self, written: Vec<Written>, line: Lsn) {
        let left = self.current.change(|version| {
            for shelf in version.shelves.values_mut() {
                let shelf = Arc::make_mut(shelf);
                shelf.chunks.values_mut().for_each(|chunks| chunks.retain(|chunk| chunk.lsn_to > line));
            }
            for Written { row, shelved } in written {
                let segments = &mut version.shelf_mut(&row.tenant).segments;
                let segments = segments.entry(row.table).or_insert_with(|| [].into());
                *segments = segments.iter().cloned().chain([shelved]).collect();
            }
            version.buffered_bytes()
        });
        self.buffered.store(left, Ordering::Relaxed);
        self.recent.forget_to(line);
        self.note_debt();
    }

    /// Saves ledger entries that belong to no rows.
    pub(crate) async fn save_loose(&self) -> Result<(), Error> {
        let loose = self.take_loose();
        let saved = self.catalog.publish(Publication { ledger: &[&loose], ..Publication::default() }).await;
        if saved.is_err() {
            self.put_back_loose(loose);
        }
        saved
    }
}

fn broken(path: &Path, source: std::io::Error) -> Error {
    Error::Folder { path: path.to_path_buf(), source }
}

impl Load {
    fn spec(&self, inner: &Inner) -> Spec {
        let first = self.chunks.iter().map(|chunk| chunk.lsn_from).min().unwrap_or_default();
        let last = self.chunks.iter().map(|chunk| chunk.lsn_to).max().unwrap_or_default();
        let now = inner.clock.now();
        Spec {
            table: self.table,
            tenant: self.tenant.to_string(),
            stream: self.stream.to_string(),
            level: Level::L0,
            window: None,
            is_final: false,
            lsns: vec![LsnRange { from: first.0, to: last.0 }],
            arrival_min: self.chunks.iter().map(|chunk| chunk.arrival).min().unwrap_or(now),
            arrival_max: self.chunks.iter().map(|chunk| chunk.arrival).max().unwrap_or(now),
            node: inner.epoch.clone(),
            inputs: Vec::new(),
        }
    }
}

/// The chunks up to a line, by tenant, table and stream.
fn loads(version: &Version, line: Lsn) -> Vec<Load> {
    type Of<'a> = (&'a Arc<str>, Table, &'a Arc<str>);
    let mut loads: BTreeMap<Of<'_>, Vec<Arc<Chunk>>> = BTreeMap::new();
    for (tenant, shelf) in &version.shelves {
        for (table, chunk) in shelf.all_chunks().filter(|(_, chunk)| chunk.lsn_to <= line) {
            loads.entry((tenant, table, &chunk.stream)).or_default().push(Arc::clone(chunk));
        }
    }
    let load = |((tenant, table, stream), chunks): (Of<'_>, _)| Load {
        tenant: Arc::clone(tenant),
        table,
        stream: Arc::clone(stream),
        chunks,
    };
    loads.into_iter().map(load).collect()
}

/// What the catalog notes of a segment.
pub(crate) fn segment_row(
    id: String,
    tenant: &Arc<str>,
    place: &Path,
    meta: &Meta,
    sources: BySource,
) -> SegmentRow {
    let first = meta.lsns.iter().map(|range| range.from).min().unwrap_or_default();
    let last = meta.lsns.iter().map(|range| range.to).max().unwrap_or_default();
    SegmentRow {
        id,
        tenant: Arc::clone(tenant),
        table: meta.table,
        path: place.to_string_lossy().into_owned(),
        level: meta.level.into(),
        lsns: (Lsn(first), Lsn(last)),
        rows: u64::from(meta.rows),
        bytes: meta.bytes(),
        time: (Nanos(meta.time_min), Nanos(meta.time_max)),
        arrival_to: Nanos(meta.arrival_max),
        sources,
        hidden: Vec::new(),
        hidden_at: None,
    }
}
