//! The questions that run now: listed for whoever watches, and stopped on demand. Of those that took long
//! the last are remembered.

use std::collections::{BTreeMap, VecDeque};
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

/// Questions that took at least this long are remembered, so many of them.
const SLOW: Duration = Duration::from_secs(1);
const SLOW_KEPT: usize = 100;

#[derive(Debug)]
pub(crate) struct Running {
    clock: Arc<dyn Clock>,
    all: Mutex<BTreeMap<u64, Entry>>,
    slow: Mutex<VecDeque<RunningQuery>>,
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
        Arc::new(Self { clock, all: Mutex::default(), slow: Mutex::default() })
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
        Ticket { running: Arc::clone(self), number, cancelled, state: "cancelled" }
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
        self.lock().values().map(|entry| entry.told(now, "running")).collect()
    }

    /// Those that took long and are over, the last first.
    pub(crate) fn slow(&self) -> Vec<RunningQuery> {
        self.slow.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn leave(&self, number: u64, state: &str) {
        let Some(entry) = self.lock().remove(&number) else { return };
        let now = self.clock.elapsed();
        if now.saturating_sub(entry.started) >= SLOW {
            let mut slow = self.slow.lock().unwrap_or_else(PoisonError::into_inner);
            slow.push_front(entry.told(now, state));
            slow.truncate(SLOW_KEPT);
        }
    }

    pub(crate) fn figure(&self) -> Figure {
        let running = self.lock().len() as f64;
        Figure::gauge("daymark_queries_running", "Questions that are being answered.", running)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Entry>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn told(&self, now: Duration, state: &str) -> RunningQuery {
        let scanned = scanned(&self.tally);
        RunningQuery {
            query_id: self.id.clone(),
            kind: self.kind.into(),
            text: self.text.clone(),
            state: state.into(),
            started_at: self.started_at,
            took_ms: u64::try_from(now.saturating_sub(self.started).as_millis()).unwrap_or(u64::MAX),
            done: scanned.rows,
            total: self.tally.of_rows.load(Ordering::Relaxed),
            scanned,
        }
    }
}

/// Stands for one question in the list.
#[derive(Debug)]
pub(crate) struct Ticket {
    running: Arc<Running>,
    number: u64,
    cancelled: Arc<AtomicBool>,
    /// How it ended; whoever asks and goes away has cancelled it.
    state: &'static str,
}

impl Ticket {
    /// Notes that the question was answered, or that it failed.
    pub(crate) fn ended(&mut self, is_answered: bool) {
        if !self.was_cancelled() {
            self.state = if is_answered { "done" } else { "failed" };
        }
    }

    pub(crate) fn was_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.running.leave(self.number, self.state);
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
