//! Accepting, counting, timing and closing connections, for every listener alike.
//!
//! A connection beyond the caps is closed at once. Each connection runs as a task of its own, speaks
//! HTTP/1.1 or HTTP/2 as its first bytes say, and is watched by its [`Pulse`]. On the stop signal the
//! listener is closed first, then every connection is told to finish; what still runs when the drain time
//! is over is cut off.

use std::collections::HashMap;
use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, pending};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use daymark_model::limits::{DRAIN, HTTP2_FRAME_BYTES, HTTP2_HEADER_LIST_BYTES, HTTP2_STREAMS, KIB};
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::Receivers;
use super::pulse::{Felt, Pulse, Verdict};

/// How long accepting pauses when the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const COMPLAINT_PAUSE: Duration = Duration::from_secs(60);
/// What a client may send ahead on one HTTP/2 connection before it is read.
const HTTP2_WINDOW_BYTES: u32 = 1 << 20;
const HTTP1_BUFFER_BYTES: usize = 64 * KIB;
const HTTP2_PING: Duration = Duration::from_secs(60);

/// Serves a listener until `stop` completes and the requests in flight are answered.
pub(super) async fn serve<S, A, F, B>(listener: TcpListener, receivers: &Receivers, stop: S, answer: A)
where
    S: Future<Output = ()> + Send,
    A: Fn(SocketAddr, Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (stopping, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let mut stop = pin!(stop);
    let mut complaint = Complaint::default();
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let Some(seat) = receivers.doors.enter(peer.ip()) else {
                        complaint.too_many(peer, receivers.admission.clock.elapsed());
                        continue;
                    };
                    let connection =
                        serve_one(stream, peer, receivers.clone(), stopped.clone(), answer.clone());
                    tasks.spawn(async move {
                        connection.await;
                        drop(seat);
                    });
                }
                Err(error) => pause_after(&error).await,
            }
        }
    }
    drop(listener);
    receivers.admission.stop();
    stopping.send_replace(true);
    let drained = timeout(DRAIN, async { while tasks.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        tracing::warn!(connections = tasks.len(), "requests cut off at the end of the drain time");
        tasks.shutdown().await;
    }
}

/// Refused connections are logged now and then, never one by one.
#[derive(Debug, Default)]
struct Complaint {
    refused: u64,
    quiet_until: Duration,
}

impl Complaint {
    fn too_many(&mut self, peer: SocketAddr, now: Duration) {
        self.refused += 1;
        if now >= self.quiet_until {
            tracing::warn!(%peer, refused = self.refused, "too many connections");
            *self = Self { refused: 0, quiet_until: now + COMPLAINT_PAUSE };
        }
    }
}

/// A client that gave up while it was queued is its own affair; a lack of descriptors needs a pause.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::warn!(%error, "cannot accept connections");
        sleep(ACCEPT_PAUSE).await;
    }
}

async fn serve_one<A, F, B>(
    stream: TcpStream,
    peer: SocketAddr,
    receivers: Receivers,
    mut stopped: watch::Receiver<bool>,
    answer: A,
) where
    A: Fn(SocketAddr, Request<Incoming>) -> F + Send + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    // Answers are single small writes; a failure here costs latency only.
    stream.set_nodelay(true).ok();
    let limits = &receivers.admission.limits;
    let pulse = Arc::new(Pulse::new(limits, &receivers.admission.clock));
    let service = service_fn(|request| {
        let busy = pulse.busy();
        // On the heap once, instead of moved through every layer of a connection that may have many.
        let answered = Box::pin(answer(peer, request));
        async move {
            let response = answered.await;
            drop(busy);
            Ok::<_, Infallible>(response)
        }
    });
    let io = TokioIo::new(Felt { inner: stream, pulse: Arc::clone(&pulse) });
    let protocol = protocol();
    let mut connection = pin!(protocol.serve_connection(io, service));
    let mut leaving = false;
    loop {
        let wait = match pulse.verdict() {
            _ if leaving => limits.header_read,
            Verdict::Ask(wait) => wait,
            Verdict::Slow => return,
            Verdict::Idle => {
                leaving = true;
                connection.as_mut().graceful_shutdown();
                limits.header_read
            }
        };
        tokio::select! {
            // How a connection ended is no news to anybody here: its requests have been told of.
            _ = connection.as_mut() => return,
            // A client that does not answer a good-bye is not waited for.
            () = sleep(wait) => if leaving && !pulse.is_working() { return },
            () = stop_signal(&mut stopped), if !leaving => {
                leaving = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

async fn stop_signal(stopped: &mut watch::Receiver<bool>) {
    if stopped.wait_for(|stopped| *stopped).await.is_err() {
        pending().await
    }
}

fn protocol() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // Its timer would also close idle connections; the pulse tells the two apart.
        .header_read_timeout(None)
        .max_buf_size(HTTP1_BUFFER_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(HTTP2_STREAMS)
        .max_header_list_size(HTTP2_HEADER_LIST_BYTES)
        .max_frame_size(HTTP2_FRAME_BYTES)
        .initial_stream_window_size(HTTP2_WINDOW_BYTES)
        .initial_connection_window_size(HTTP2_WINDOW_BYTES)
        .keep_alive_interval(HTTP2_PING);
    builder
}

/// How many connections there are, in all and from each peer.
#[derive(Debug)]
pub(super) struct Doors {
    connections: usize,
    connections_per_peer: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_peer: HashMap<IpAddr, usize>,
}

/// One connection, counted until dropped.
#[derive(Debug)]
struct Seat {
    doors: Arc<Doors>,
    peer: IpAddr,
}

impl Doors {
    pub(super) fn new(connections: usize, connections_per_peer: usize) -> Self {
        Self { connections, connections_per_peer, taken: Mutex::default() }
    }

    fn enter(self: &Arc<Self>, peer: IpAddr) -> Option<Seat> {
        let peer = peer.to_canonical();
        let mut taken = self.taken();
        if taken.all >= self.connections {
            return None;
        }
        let from_peer = taken.by_peer.entry(peer).or_default();
        if *from_peer >= self.connections_per_peer {
            return None;
        }
        *from_peer += 1;
        taken.all += 1;
        Some(Seat { doors: Arc::clone(self), peer })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.doors.taken();
        taken.all -= 1;
        if let Some(from_peer) = taken.by_peer.get_mut(&self.peer) {
            *from_peer -= 1;
            if *from_peer == 0 {
                taken.by_peer.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests;
