//! Records that wait for their group, and the tickets of those who wait for them.
//!
//! Numbers are given and records queued under one lock, so the order in the queue, in the file and of the
//! numbers is the same. The queue has no bound of its own: the intake bounds the bytes of all requests
//! that are not answered yet.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use daymark_model::id::Lsn;
use tokio::sync::oneshot;

use crate::error::Error;
use crate::record::Prepared;

/// Resolves when the record is as durable as the log promises, or will never be.
pub struct Ticket(oneshot::Receiver<Result<(), Error>>);

impl fmt::Debug for Ticket {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Ticket")
    }
}

impl Ticket {
    /// Waits on a thread that belongs to no async runtime.
    pub fn wait(self) -> Result<(), Error> {
        self.0.blocking_recv().unwrap_or(Err(Error::Closed))
    }
}

impl Future for Ticket {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|answer| answer.unwrap_or(Err(Error::Closed)))
    }
}

/// Whether the log takes records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Writable,
    /// Writing failed twice in a row, or the log could not be made sound when it was opened.
    ReadOnly {
        cause: String,
    },
    Closed,
}

impl State {
    fn refusal(&self) -> Option<Error> {
        match self {
            Self::Writable => None,
            Self::ReadOnly { cause } => Some(Error::ReadOnly { cause: cause.clone() }),
            Self::Closed => Some(Error::Closed),
        }
    }
}

/// A record in the queue.
#[derive(Debug)]
pub(crate) struct Queued {
    pub(crate) record: Prepared,
    waiter: oneshot::Sender<Result<(), Error>>,
}

impl Queued {
    pub(crate) fn answer(self, answer: Result<(), Error>) {
        // A waiter that is gone needs no answer.
        drop(self.waiter.send(answer));
    }
}

/// What the writer is to do next.
#[derive(Debug)]
pub(crate) enum Work {
    Group(Vec<Queued>),
    /// Nothing came in time.
    Idle,
    /// The log is closed and the queue empty.
    Done,
}

#[derive(Debug)]
pub(crate) struct Queue {
    inner: Mutex<Inner>,
    filled: Condvar,
}

#[derive(Debug)]
struct Inner {
    waiting: VecDeque<Queued>,
    bytes: usize,
    next: Lsn,
    state: State,
}

impl Queue {
    pub(crate) fn new(next: Lsn, state: State) -> Self {
        let inner = Inner { waiting: VecDeque::new(), bytes: 0, next, state };
        Self { inner: Mutex::new(inner), filled: Condvar::new() }
    }

    pub(crate) fn push(&self, mut record: Prepared) -> Result<(Lsn, Ticket), Error> {
        let (waiter, ticket) = oneshot::channel();
        let mut inner = self.lock();
        if let Some(refusal) = inner.state.refusal() {
            return Err(refusal);
        }
        let lsn = inner.next;
        inner.next = lsn.next();
        record.header.lsn = lsn;
        inner.bytes += record.size();
        inner.waiting.push_back(Queued { record, waiter });
        drop(inner);
        self.filled.notify_one();
        Ok((lsn, Ticket(ticket)))
    }

    /// Takes the next group: the first record whatever its size, and what follows while it fits. `room` is
    /// what the current file still holds; a first record beyond it opens a new file with room for `fresh`.
    pub(crate) fn take(&self, room: usize, fresh: usize, patience: Option<Duration>) -> Work {
        let mut inner = self.lock();
        while inner.waiting.is_empty() {
            if inner.state == State::Closed {
                return Work::Done;
            }
            inner = match patience {
                None => self.filled.wait(inner).unwrap_or_else(PoisonError::into_inner),
                Some(patience) => {
                    let (inner, timeout) =
                        self.filled.wait_timeout(inner, patience).unwrap_or_else(PoisonError::into_inner);
                    if timeout.timed_out() && inner.waiting.is_empty() {
                        return Work::Idle;
                    }
                    inner
                }
            };
        }
        let first = inner.waiting.front().map_or(0, |queued| queued.record.size());
        let budget = if first > room { fresh } else { room.min(fresh) };
        let mut size = first;
        let more = inner.waiting.iter().skip(1).take_while(|queued| {
            size += queued.record.size();
            size <= budget
        });
        let count = 1 + more.count();
        let group: Vec<Queued> = inner.waiting.drain(..count).collect();
        inner.bytes -= group.iter().map(|queued| queued.record.size()).sum::<usize>();
        Work::Group(group)
    }

    /// Refuses all further records, and those that wait as well.
    pub(crate) fn turn_read_only(&self, cause: String) {
        let mut inner = self.lock();
        let error = Error::ReadOnly { cause: cause.clone() };
        // A closing log stays closed: its writer would wait for ever otherwise.
        if inner.state == State::Writable {
            inner.state = State::ReadOnly { cause };
        }
        inner.bytes = 0;
        let refused = std::mem::take(&mut inner.waiting);
        drop(inner);
        refused.into_iter().for_each(|queued| queued.answer(Err(error.clone())));
    }

    /// Takes no further record; those that wait are still written.
    pub(crate) fn close(&self) {
        self.lock().state = State::Closed;
        self.filled.notify_one();
    }

    pub(crate) fn state(&self) -> State {
        self.lock().state.clone()
    }

    pub(crate) fn next(&self) -> Lsn {
        self.lock().next
    }

    /// Records and bytes that wait.
    pub(crate) fn load(&self) -> (usize, usize) {
        let inner = self.lock();
        (inner.waiting.len(), inner.bytes)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
