//! Many exports on their way: a recording is streamed pass by pass to a number of senders, as fast as they
//! are acked or at a rate. Whatever is sent back for now is sent again until it is acked.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use daymark_model::time::Clock;
use daymark_workload::{Profile, Recording, Request, Signal, Truth};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::samples::Samples;
use crate::sender::{Outcome, Sender};

/// Spans of one pass; more would take memory, fewer would repeat texts more often.
const PASS_SPANS: u64 = 250_000;
const SPREAD_OVER: i64 = 3_600_000_000_000;
/// Exports that wait for a sender.
const QUEUE: usize = 16;

/// A recording and how often it is sent.
#[derive(Clone, Debug)]
pub struct Load {
    pub recording: Arc<Recording>,
    pub passes: u64,
    pub signals: Vec<Signal>,
}

#[derive(Clone, Copy, Debug)]
pub struct Drive {
    pub senders: usize,
    /// Items per second; as fast as possible without.
    pub rate: Option<f64>,
    /// Whether losing the server ends the load instead of failing it: for those who kill it meanwhile.
    pub until_lost: bool,
}

/// What was sent and acked.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    pub items: u64,
    pub requests: u64,
    /// As sent, after compression.
    pub wire_bytes: u64,
    pub raw_bytes: u64,
    /// Exports that were sent back for now.
    pub retries: u64,
    /// From when an export was due until it was acked.
    pub acks: Samples,
    pub wall: Duration,
}

/// An export and when it is due, counted from the start.
type Due = (Duration, Request);

impl Load {
    /// About `spans` spans and all that belongs to them, spread over the hour before `now`.
    pub fn new(seed: u64, profile: Profile, spans: u64, signals: Vec<Signal>, now: i64) -> Self {
        let passes = spans.div_ceil(PASS_SPANS).max(1);
        let length = SPREAD_OVER / i64::try_from(passes).unwrap_or(i64::MAX);
        let recording = Recording::new(seed, profile, now - SPREAD_OVER, length, spans / passes);
        Self { recording: Arc::new(recording), passes, signals }
    }

    /// What a store must answer once all is sent.
    pub fn truth(&self) -> Truth {
        self.recording.truth().times(self.passes)
    }

    /// Sends everything and returns when the last export is acked.
    pub async fn run(&self, sender: &Sender, drive: Drive, clock: &Arc<dyn Clock>) -> anyhow::Result<Sent> {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        let mut tasks = JoinSet::new();
        let load = self.clone();
        let source = tokio::task::spawn_blocking(move || load.stream(drive.rate, &queue));
        let start = clock.elapsed();
        for _ in 0..drive.senders.max(1) {
            let work = Work {
                sender: sender.clone(),
                waiting: Arc::clone(&waiting),
                clock: Arc::clone(clock),
                start,
                until_lost: drive.until_lost,
            };
            tasks.spawn(work.run());
        }
        // The queue must end with its senders, else the source would wait for ever.
        drop(waiting);
        let mut all = Sent::default();
        while let Some(done) = tasks.join_next().await {
            all.merge(done.context("a sender ended")??);
        }
        all.wall = clock.elapsed() - start;
        all.raw_bytes = source.await.context("the source of the load ended")?;
        Ok(all)
    }

    /// Hands over export by export; stops early if nobody takes them any more.
    fn stream(&self, rate: Option<f64>, queue: &mpsc::Sender<Due>) -> u64 {
        let (mut items, mut bytes) = (0, 0);
        for pass in 0..self.passes {
            for request in self.recording.requests(self.recording.pass(pass), &self.signals) {
                let due = rate.map_or(0.0, |rate| items as f64 / rate);
                items += request.items;
                bytes += request.body.len() as u64;
                if queue.blocking_send((Duration::from_secs_f64(due), request)).is_err() {
                    return bytes;
                }
            }
        }
        bytes
    }
}

/// One sender: takes the next export, waits until it is due, sends until it is acked.
struct Work {
    sender: Sender,
    waiting: Arc<Mutex<mpsc::Receiver<Due>>>,
    clock: Arc<dyn Clock>,
    start: Duration,
    until_lost: bool,
}

impl Work {
    async fn run(self) -> anyhow::Result<Sent> {
        let mut sent = Sent::default();
        loop {
            let next = self.waiting.lock().await.recv().await;
            let Some((due, request)) = next else { return Ok(sent) };
            match self.deliver(due, request, &mut sent).await {
                Err(_) if self.until_lost => return Ok(sent),
                delivered => delivered?,
            }
        }
    }

    /// Only what was acked is counted.
    async fn deliver(&self, due: Duration, request: Request, sent: &mut Sent) -> anyhow::Result<()> {
        let packed = self.sender.pack(request)?;
        let ahead = (self.start + due).saturating_sub(self.clock.elapsed());
        if !ahead.is_zero() {
            tokio::time::sleep(ahead).await;
        }
        // At a rate the wait begins when it was due, so that a slow server cannot hide by slowing its clients.
        let begun = if due.is_zero() { self.clock.elapsed() } else { self.start + due };
        while let Outcome::Later(after) = self.sender.send(&packed).await? {
            sent.retries += 1;
            tokio::time::sleep(after).await;
        }
        sent.acks.add(self.clock.elapsed().saturating_sub(begun));
        sent.items += packed.items as u64;
        sent.requests += 1;
        sent.wire_bytes += packed.body.len() as u64;
        Ok(())
    }
}

impl Sent {
    fn merge(&mut self, other: Self) {
        self.items += other.items;
        self.requests += other.requests;
        self.wire_bytes += other.wire_bytes;
        self.retries += other.retries;
        self.acks.merge(other.acks);
    }
}
