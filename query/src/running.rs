//! The questions that run now: listed for whoever watches, and stopped on demand.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use daymark_model::figure::Figure;
use daymark_model::time::{Clock, Nanos};
use daymark_view::meta::Scanned;
use daymark_view::query_id::QueryId;
use daymark_view::system::RunningQuery;
use tokio::task::AbortHandle;

use crate::scan::reader::Tally;

#[derive(Debug)]
pub(crate) struct Running {
    clock: Arc<dyn Clock>,
    all: Mutex<BTreeMap<u64, Entry>>,
}

#[derive(Debug)]
struct Entry {
    id: QueryId,
    kind: &'static str,
    text: Option<String>,
    started_at: Nanos,
    started: Duration,
    tally: Arc<Tally>,
    abort: AbortHandle,
    cancelled: Arc<AtomicBool>,
}

impl Running {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { clock, all: Mutex::default() })
    }

    /// Lists a question until the ticket is dropped.
    pub(crate) fn enter(
        self: &Arc<Self>,
        (id, kind): (&QueryId, &'static str),
        text: Option<&str>,
        tally: Arc<Tally>,
        abort: AbortHandle,
    ) -> Ticket {
        let cancelled = Arc::new(AtomicBool::new(false));
        let entry = Entry {
            id: id.clone(),
            kind,
            text: text.map(str::to_owned),
            started_at: self.clock.now(),
            started: self.clock.elapsed(),
            tally,
            abort,
            cancelled: Arc::clone(&cancelled),
        };
        let mut all = self.lock();
        let number = all.last_key_value().map_or(0, |(last, _)| last + 1);
        all.insert(number, entry);
        Ticket { running: Arc::clone(self), number, cancelled }
    }

    /// Stops all with the id; false when there is none.
    pub(crate) fn cancel(&self, id: &QueryId) -> bool {
        let all = self.lock();
        let mut found = false;
        for entry in all.values().filter(|entry| entry.id == *id) {
            entry.cancelled.store(true, Ordering::SeqCst);
            entry.abort.abort();
            found = true;
        }
        found
    }

    /// Oldest first.
    pub(crate) fn list(&self) -> Vec<RunningQuery> {
        let now = self.clock.elapsed();
        let query = |entry: &Entry| {
            let scanned = scanned(&entry.tally);
            RunningQuery {
                query_id: entry.id.clone(),
                kind: entry.kind.into(),
                text: entry.text.clone(),
                state: "running".into(),
                started_at: entry.started_at,
                took_ms: u64::try_from(now.saturating_sub(entry.started).as_millis()).unwrap_or(u64::MAX),
                done: scanned.rows,
                total: entry.tally.of_rows.load(Ordering::Relaxed),
                scanned,
            }
        };
        self.lock().values().map(query).collect()
    }

    pub(crate) fn figure(&self) -> Figure {
        let running = self.lock().len() as f64;
        Figure::gauge("daymark_queries_running", "Questions that are being answered.", running)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Entry>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stands for one question in the list.
#[derive(Debug)]
pub(crate) struct Ticket {
    running: Arc<Running>,
    number: u64,
    cancelled: Arc<AtomicBool>,
}

impl Ticket {
    pub(crate) fn was_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.running.lock().remove(&self.number);
    }
}

/// What the scans of a question have read so far.
pub(crate) fn scanned(tally: &Tally) -> Scanned {
    let of = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    Scanned {
        segments: of(&tally.segments),
        bytes: of(&tally.bytes),
        rows: of(&tally.rows),
        of_segments: of(&tally.of_segments),
        of_bytes: of(&tally.of_bytes),
    }
}
