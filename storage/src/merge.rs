//! Segments into fewer, sorted ones: L0 to L1 by windows of ten minutes, L1 to L2 by two hours.
//!
//! A window of more rows than a segment may have is cut into several, so that the memory of a merge has a
//! bound. A merge reads its inputs and writes its outputs beside them; then one catalog transaction and one new
//! version replace the ones by the others. Repeats and erased rows stay behind. Queries that began before
//! go on reading the inputs, whose folders go when nobody holds them any more.

use std::cell::OnceCell;
use std::sync::Arc;
use std::time::Duration;

use daymark_model::reason::Deduplicated;
use daymark_model::signal::Table;
use daymark_model::time::Nanos;
use daymark_segment::{Around, Input, Level, MergeStats, RowRanges, Segment, Spec, Window};
use ulid::Ulid;

use crate::buffer::{BySource, add_rows, rows_by_source};
use crate::catalog::{Publication, SegmentRow};
use crate::error::Error;
use crate::flush::Written;
use crate::ledger::{Entry, Unsaved, accounts};
use crate::pace::AT_ONCE;
use crate::store::{Inner, Store};
use crate::version::Shelved;

/// Spans of other segments that a closed window needs to know.
mod beside;
/// Which merges are due.
mod due;
/// Which rows go to which segment.
mod windows;

use beside::Elsewhere;
pub(crate) use due::{Group, groups};

/// Windows of merged segments.
const L1_STEP: i64 = 10 * Nanos::MINUTE;
const L2_STEP: i64 = 2 * Nanos::HOUR;
/// A window is closed when its end and its newest arrival lie this far back.
const CLOSED: i64 = 20 * Nanos::MINUTE;
/// How often merges are looked for.
const LOOK: Duration = Duration::from_secs(2);

/// Segments of one group that become fewer.
struct Job {
    tenant: Arc<str>,
    table: Table,
    inputs: Vec<Shelved>,
    step: i64,
    level: Level,
}

impl Store {
    /// Flushes, and merges everything to one generation of L2: afterwards nothing is pending.
    pub async fn settle(&self) -> Result<(), Error> {
        self.flush().await?;
        self.merge_all(Inner::pending_job).await
    }

    /// Merges what is due now, instead of at the next look.
    pub async fn merge(&self) -> Result<(), Error> {
        self.merge_all(Inner::due_job).await
    }

    async fn merge_all(&self, next: fn(&Inner) -> Option<Job>) -> Result<(), Error> {
        let inner = Arc::clone(&self.inner);
        let work = async move {
            let _only_one = inner.merging.lock().await;
            while let Some(job) = next(&inner) {
                let inputs = job.inputs.clone();
                match inner.merge(job, AT_ONCE).await {
                    Err(error) if !inner.is_spoiled_by(&error, &inputs) => return Err(error),
                    _ => {}
                }
            }
            Ok(())
        };
        tokio::spawn(work).await.map_err(|_| Error::Died)?
    }
}

impl Inner {
    /// Merges what is due, one job at a time, and keeps the store within its space.
    pub(crate) async fn merge_when_due(self: Arc<Self>) {
        let mut stop = self.stop.subscribe();
        let mut pause = LOOK;
        loop {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            pause = LOOK;
            let _only_one = self.merging.lock().await;
            if let Some(job) = self.due_job().filter(|job| self.disk.has_room_for(bytes_of(&job.inputs))) {
                let inputs = job.inputs.clone();
                match self.merge(job, self.pace.niceness()).await {
                    // There may be more to do.
                    Ok(()) => pause = Duration::ZERO,
                    Err(error) if self.is_spoiled_by(&error, &inputs) => pause = Duration::ZERO,
                    Err(Error::Segment(daymark_segment::Error::Stopped)) => return,
                    Err(error) => {
                        tracing::error!(error = &error as &dyn std::error::Error, "merge failed");
                        self.relieve(&error);
                        if !error.is_full() {
                            self.pace.leave_alone(inputs.into_iter().map(|one| one.id));
                            self.note_debt();
                        }
                    }
                }
            }
            self.look_after_space().await;
        }
    }

    async fn merge(self: &Arc<Self>, mut job: Job, niceness: i32) -> Result<(), Error> {
        job.inputs.sort_by_key(|one| one.segment.meta().first_lsn());
        let (inner, job) = (Arc::clone(self), Arc::new(job));
        let work = Arc::clone(&job);
        let merged = self.pace.merge(job.title(), niceness, move || inner.write_merged(&work));
        let (written, stats) = merged.await??;

        let _nobody_else = self.replacing.lock().await;
        let mut unsaved = Unsaved::default();
        self.post_repeats(&job, &stats, &mut unsaved);
        let added: Vec<SegmentRow> = written.iter().map(|written| written.row.clone()).collect();
        let removed: Vec<String> = job.inputs.iter().map(|one| one.id.to_string()).collect();
        let change =
            Publication { added: &added, removed: &removed, ledger: &[&unsaved], ..Publication::default() };
        self.commit(change).await?;
        self.current.change(|version| {
            self.ledger.count(&unsaved);
            let segments = version.shelf_mut(&job.tenant).segments.entry(job.table).or_default();
            let left = segments.iter().filter(|one| !job.inputs.iter().any(|input| input.id == one.id));
            *segments = written.into_iter().map(|written| written.shelved).chain(left.cloned()).collect();
        });
        self.retired.add(job.inputs.iter().cloned(), self.clock.elapsed());
        self.note_debt();
        Ok(())
    }

    /// Writes one segment for each window of the job.
    fn write_merged(&self, job: &Job) -> Result<(Vec<Written>, Vec<MergeStats>), Error> {
        let (mut written, mut stats) = (Vec::new(), Vec::new());
        for (window, inputs) in windows::of(job, self.options.segment_rows)? {
            match self.write_window(job, window, &inputs) {
                Ok((one, told)) => {
                    written.push(one);
                    stats.push(told);
                }
                Err(error) => {
                    self.discard(&written);
                    return Err(error);
                }
            }
        }
        Ok((written, stats))
    }

    fn write_window(
        &self,
        job: &Job,
        window: Option<Window>,
        inputs: &[Input],
    ) -> Result<(Written, MergeStats), Error> {
        let id = Ulid::generate().to_string();
        let spec = job.spec(window, &self.epoch, self.clock.now());
        // Only a merge that closes a window of spans asks.
        let elsewhere = OnceCell::new();
        let look = || Elsewhere::of(&self.current.load(), job, window, inputs);
        let beside = |traces: &_| Ok(elsewhere.get_or_init(look).spans(traces));
        let is_stopped = || *self.stop.borrow();
        let around = Around { beside: &beside, is_stopped: &is_stopped };
        self.write_in_tmp(&id, |finished| {
            let (meta, stats) = daymark_segment::merge(&*self.fs, finished, &spec, inputs, around)?;
            Ok((
                self.place(id.clone(), &job.tenant, &meta, |segment| {
                    sources_of(segment, &segment.all_rows())
                })?,
                stats,
            ))
        })
    }

    fn post_repeats(&self, job: &Job, stats: &[MergeStats], unsaved: &mut Unsaved) {
        let repeats = stats.iter().map(|one| (Deduplicated::Record, &one.repeats));
        let conflicts = stats.iter().map(|one| (Deduplicated::Conflict, &one.conflicts));
        for (level, found) in repeats.chain(conflicts) {
            let sources: BySource =
                found.iter().map(|(source, rows)| (source.as_str().into(), *rows)).collect();
            for (account, rows) in accounts(&job.tenant, job.table, &sources) {
                self.ledger.note(self.clock.now(), &account, Entry::Deduplicated(level), rows, unsaved);
            }
        }
    }
}

impl Job {
    /// In words, for the status page.
    fn title(&self) -> String {
        let rows = rows_of(&self.inputs);
        let to = u8::from(self.level);
        format!("{} segments of {} ({rows} rows) to L{to}", self.inputs.len(), self.table)
    }

    /// Whether the window is closed, so that what still waits for another half has waited long enough.
    fn is_final(&self, window: Option<Window>, now: Nanos) -> bool {
        let arrival = self.inputs.iter().map(|one| one.segment.meta().arrival_max).max().unwrap_or_default();
        let end = window.map_or(arrival, |window| window.to);
        self.level == Level::L2 && end.max(arrival).saturating_add(CLOSED) < now.0
    }

    fn spec(&self, window: Option<Window>, node: &str, now: Nanos) -> Spec {
        let metas = || self.inputs.iter().map(|one| one.segment.meta());
        Spec {
            table: self.table,
            tenant: self.tenant.to_string(),
            stream: metas().next().map(|meta| meta.stream.clone()).unwrap_or_default(),
            level: self.level,
            is_final: self.is_final(window, now),
            window,
            lsns: metas().flat_map(|meta| meta.lsns.iter().copied()).collect(),
            arrival_min: Nanos(metas().map(|meta| meta.arrival_min).min().unwrap_or_default()),
            arrival_max: Nanos(metas().map(|meta| meta.arrival_max).max().unwrap_or_default()),
            node: node.to_owned(),
            inputs: self.inputs.iter().map(|one| one.id.to_string()).collect(),
        }
    }
}

fn bytes_of(segments: &[Shelved]) -> u64 {
    segments.iter().map(|one| one.segment.meta().bytes()).sum()
}

fn rows_of(segments: &[Shelved]) -> u64 {
    segments.iter().map(|one| u64::from(one.segment.meta().rows)).sum()
}

/// Rows a source, counted in the file.
pub(crate) fn sources_of(segment: &Segment, counted: &RowRanges) -> Result<BySource, Error> {
    let mut sources = BySource::new();
    if segment.table().is_counted() {
        let projection = daymark_segment::Projection::columns(["source"]);
        for batch in segment.read(&projection, counted, 65_536)? {
            for (source, rows) in rows_by_source(&batch?) {
                add_rows(&mut sources, &source, rows);
            }
        }
    }
    Ok(sources)
}
