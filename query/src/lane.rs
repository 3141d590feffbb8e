//! The threads on which questions are planned and answered: their own, so that no query slows the intake,
//! and with deep stacks, because planning recurses along what a query nests.

use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Arc;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{AbortHandle, JoinHandle};

const STACK_BYTES: usize = 16 << 20;
/// How far questions stand back where the machine is short: an acknowledgement gets three times their share.
const NICENESS: i32 = 5;

pub(crate) struct Lane {
    /// Always there until the lane is dropped.
    runtime: Option<Runtime>,
    handle: Handle,
}

impl fmt::Debug for Lane {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Lane")
    }
}

impl Lane {
    pub(crate) fn new(threads: usize) -> io::Result<Arc<Self>> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads.max(1))
            .thread_name("query")
            .thread_stack_size(STACK_BYTES)
            .on_thread_start(stand_back)
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        Ok(Arc::new(Self { runtime: Some(runtime), handle }))
    }

    pub(crate) fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Task<T> {
        Task(self.handle.spawn(work))
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // A runtime may be dropped inside another one only without waiting for its threads.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Of this thread alone: to the system it is a process of its own.
fn stand_back() {
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "questions are answered like all else is done");
    }
}

/// Work on a lane. Dropping it stops the work at its next pause.
#[derive(Debug)]
pub(crate) struct Task<T>(JoinHandle<T>);

impl<T> Task<T> {
    pub(crate) fn abort_handle(&self) -> AbortHandle {
        self.0.abort_handle()
    }

    /// The result; none when the work was stopped or panicked.
    pub(crate) async fn result(mut self) -> Option<T> {
        (&mut self.0).await.ok()
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
