//! Holds the intake back when the store cannot follow, and does merges aside, so that neither grows without
//! bound nor gets in the way of the other.
//!
//! An export waits while buffers are full. It is slowed the more, the more segments wait to be merged: first
//! merges get a larger share of the machine, then exports wait longer and longer, at last they are shed.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use daymark_model::intake::Refused;
use daymark_model::reason::Rejected;
use daymark_segment::Level;

use crate::admit::DISK_RETRY;
use crate::error::Error;
use crate::merge::{Group, groups};
use crate::store::{Inner, busy};
use crate::version::Version;

/// The niceness of work that somebody waits for.
pub(crate) const AT_ONCE: i32 = 0;
/// The niceness of a flush that nobody waits for: a third of the share of an acknowledgement.
const FLUSH: i32 = 5;

const MEMORY_RETRY: Duration = Duration::from_secs(1);

/// What waits to be merged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Debt {
    /// All L0 segments …
    pub l0_segments: usize,
    /// … and the most of one tenant, table and stream.
    pub l0_most: usize,
    /// Bytes of L0 and L1.
    pub bytes: u64,
    /// The merge under way, in words.
    pub running: Option<String>,
}

/// How far merges are behind.
#[derive(Debug)]
pub(crate) struct Pace {
    limit: usize,
    /// The most L0 segments of one group.
    l0: AtomicUsize,
    running: Mutex<Option<String>>,
    /// Segments whose merge failed. They answer as before, and are tried again by the next process.
    stuck: Mutex<HashSet<Arc<str>>>,
}

impl Pace {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            l0: AtomicUsize::new(0),
            running: Mutex::default(),
            stuck: Mutex::default(),
        }
    }

    /// How much of the longest wait an export has to wait: nothing up to the limit, all of it at twice that.
    fn hold(&self, longest: Duration) -> Duration {
        let over = self.l0.load(Ordering::Relaxed).saturating_sub(self.limit).min(self.limit);
        let (over, limit) = (u32::try_from(over).unwrap_or(u32::MAX), u32::try_from(self.limit));
        longest * over / limit.unwrap_or(u32::MAX)
    }

    fn is_far_behind(&self) -> bool {
        self.l0.load(Ordering::Relaxed) >= 2 * self.limit
    }

    /// How far a merge stands back behind ingest and queries: the system gives it what they leave, and about a
    /// tenth of a core when they leave nothing; more when it falls behind.
    pub(crate) fn niceness(&self) -> i32 {
        match self.l0.load(Ordering::Relaxed) {
            l0 if l0 < self.limit / 4 => 10,
            l0 if l0 < self.limit / 2 => 5,
            _ => 0,
        }
    }

    /// Does a merge aside, and tells of it meanwhile.
    pub(crate) async fn merge<T: Send + 'static>(
        &self,
        title: String,
        niceness: i32,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        self.set_running(Some(title));
        let done = aside(niceness, work).await;
        self.set_running(None);
        done
    }

    /// Leaves segments alone from now on: one that cannot be read must hold up neither merges nor the intake.
    pub(crate) fn leave_alone(&self, segments: impl Iterator<Item = Arc<str>>) {
        self.stuck.lock().unwrap_or_else(PoisonError::into_inner).extend(segments);
    }

    /// What may be merged in the background.
    pub(crate) fn groups(&self, version: &Version) -> Vec<Group> {
        let stuck = self.stuck.lock().unwrap_or_else(PoisonError::into_inner);
        let mut groups = groups(version);
        groups.iter_mut().for_each(|group| group.segments.retain(|one| !stuck.contains(&one.id)));
        groups
    }

    fn set_running(&self, title: Option<String>) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = title;
    }
}

/// Does heavy work on a thread of its own, which the system runs after all others. A thread of the runtime
/// waits for it: its priority could not be raised again.
pub(crate) async fn aside<T: Send + 'static>(
    niceness: i32,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let aside = move || {
        if let Err(error) = rustix::process::nice(niceness) {
            tracing::debug!(%error, "heavy work runs like the rest");
        }
        work()
    };
    let done = tokio::task::spawn_blocking(move || std::thread::scope(|scope| scope.spawn(aside).join()));
    done.await.map_err(|_| Error::Died)?.map_err(|_| Error::Died)
}

impl Inner {
    /// How far a flush stands back behind those who wait for an answer: not any more when senders will soon have
    /// to wait for room in the buffers.
    pub(crate) fn flush_niceness(&self) -> i32 {
        let pressing = self.options.flush_bytes.midpoint(self.options.buffers_bytes);
        if self.buffered.load(Ordering::Relaxed) < pressing { FLUSH } else { AT_ONCE }
    }

    /// Counts anew what waits to be merged, and wakes those who wait for it or for buffers.
    pub(crate) fn note_debt(&self) {
        self.pace.l0.store(self.debt().l0_most, Ordering::Relaxed);
        self.room.notify_waiters();
    }

    pub(crate) fn debt(&self) -> Debt {
        let mut debt = Debt {
            running: self.pace.running.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            ..Debt::default()
        };
        for group in self.sound(self.pace.groups(&self.current.load())) {
            let l0 = group.of_level(Level::L0);
            debt.l0_segments += l0.len();
            debt.l0_most = debt.l0_most.max(l0.len());
            let unsettled = l0.into_iter().chain(group.of_level(Level::L1));
            debt.bytes += unsettled.map(|one| one.segment.meta().bytes()).sum::<u64>();
        }
        debt
    }

    /// Waits until there is room for another batch, for as long as a sender may be kept waiting.
    pub(crate) async fn wait_for_room(&self) -> Result<(), Refused> {
        if self.disk.is_tight() {
            return Err(busy(Rejected::Disk, DISK_RETRY));
        }
        let longest = self.options.wait;
        let hold = self.pace.hold(longest);
        if !hold.is_zero() {
            // Whether merges caught up meanwhile or not: up to the limit a batch is only slowed.
            drop(tokio::time::timeout(hold, self.until(|| self.pace.hold(longest).is_zero())).await);
        }
        if self.pace.is_far_behind() {
            return Err(busy(Rejected::Memory, MEMORY_RETRY));
        }
        let has_room = || self.buffered.load(Ordering::Relaxed) < self.options.buffers_bytes;
        let in_time = tokio::time::timeout(longest - hold, self.until(has_room)).await;
        in_time.map_err(|_| busy(Rejected::Memory, MEMORY_RETRY))
    }

    /// Waits for something that a flush or a merge brings about.
    pub(crate) async fn until(&self, is_so: impl Fn() -> bool) {
        loop {
            let room = self.room.notified();
            if is_so() {
                return;
            }
            self.filled.notify_one();
            room.await;
        }
    }
}
