//! What a connection is doing, and until when it may: the timers that close slow and idle connections.
//!
//! A connection is opening until its first bytes, then alternates between the head of a request, work, and
//! idling. Work has timers of its own (the body, the wait for room), so it has no deadline here. Over
//! HTTP/2 the bytes between requests may be mere control frames; once its preface is through such a
//! connection is idle until a request has arrived whole.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use daymark_model::limits::IntakeLimits;
use daymark_model::time::Clock;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The state of one connection.
#[derive(Debug)]
pub(super) struct Pulse {
    clock: Arc<dyn Clock>,
    header_read: Duration,
    keep_alive_idle: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    since: Duration,
    requests: usize,
    /// Bytes of the HTTP/2 preface seen so far; `None` once other bytes were seen in its place.
    preface: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Opening,
    Head,
    Working,
    Idle,
}

/// What the deadlines say about a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing to do now; ask again after this time, so that a phase that begins meanwhile is not missed.
    Ask(Duration),
    /// Idle for too long: say good-bye.
    Idle,
    /// The head of a request takes too long: hang up.
    Slow,
}

/// A request being worked on.
#[derive(Debug)]
pub(super) struct Busy(Arc<Pulse>);

impl Pulse {
    pub(super) fn new(limits: &IntakeLimits, clock: &Arc<dyn Clock>) -> Self {
        let state = State { phase: Phase::Opening, since: clock.elapsed(), requests: 0, preface: Some(0) };
        Self {
            clock: Arc::clone(clock),
            header_read: limits.header_read,
            keep_alive_idle: limits.keep_alive_idle,
            state: Mutex::new(state),
        }
    }

    /// Marks the connection as working until the returned value is dropped.
    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        let mut state = self.state();
        state.requests += 1;
        state.phase = Phase::Working;
        Busy(Arc::clone(self))
    }

    pub(super) fn verdict(&self) -> Verdict {
        let state = self.state();
        let passed = self.clock.elapsed().saturating_sub(state.since);
        let (allowed, over) = match state.phase {
            Phase::Working => return Verdict::Ask(self.header_read),
            Phase::Opening | Phase::Head => (self.header_read, Verdict::Slow),
            Phase::Idle => (self.keep_alive_idle, Verdict::Idle),
        };
        match allowed.checked_sub(passed) {
            Some(left) if !left.is_zero() => Verdict::Ask(left.min(self.header_read)),
            _ => over,
        }
    }

    pub(super) fn is_working(&self) -> bool {
        self.state().phase == Phase::Working
    }

    fn saw(&self, bytes: &[u8]) {
        let mut state = self.state();
        if let Some(seen) = state.preface.filter(|seen| *seen < HTTP2_PREFACE.len()) {
            let part = &HTTP2_PREFACE[seen..];
            let len = part.len().min(bytes.len());
            state.preface = (bytes[..len] == part[..len]).then_some(seen + len);
        }
        let is_http2 = state.preface == Some(HTTP2_PREFACE.len());
        match state.phase {
            Phase::Opening | Phase::Head if is_http2 => self.enter(&mut state, Phase::Idle),
            Phase::Opening => self.enter(&mut state, Phase::Head),
            Phase::Idle if !is_http2 => self.enter(&mut state, Phase::Head),
            Phase::Head | Phase::Working | Phase::Idle => {}
        }
    }

    fn enter(&self, state: &mut State, phase: Phase) {
        state.phase = phase;
        state.since = self.clock.elapsed();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.requests -= 1;
        if state.requests == 0 {
            self.0.enter(&mut state, Phase::Idle);
        }
    }
}

/// A byte stream that tells a [`Pulse`] what it reads.
#[derive(Debug)]
pub(super) struct Felt<T> {
    pub(super) inner: T,
    pub(super) pulse: Arc<Pulse>,
}

impl<T: AsyncRead + Unpin> AsyncRead for Felt<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = out.filled().len();
        let done = Pin::new(&mut self.inner).poll_read(cx, out);
        match out.filled().get(before..) {
            Some(bytes) if !bytes.is_empty() => self.pulse.saw(bytes),
            _ => {}
        }
        done
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Felt<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, parts)
    }
}

#[cfg(test)]
mod tests;
