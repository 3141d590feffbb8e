//! Our own telemetry, received like anybody else's: as OTLP, through the intake, under a tenant of its own.
//!
//! Spans and events come from the [`OwnLayer`], figures from whoever tells them. Nothing about storing this
//! tenant is told again: batches go past the listeners, which are what tells about exports, and what a
//! failed one has to say goes only to the process's log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use daymark_model::figure::{Figure, Figures};
use daymark_model::intake::{Admitted, Intake};
use daymark_model::origin::{OWN_TENANT, Origin, Tier};
use daymark_model::signal::Signal;
use daymark_model::time::Clock;
use daymark_model::wire::{Encoding, Format};
use prost::Message;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

pub use layer::OwnLayer;

/// Spans and events of `tracing` as OTLP.
mod layer;
/// OTLP requests of what was told.
mod requests;

const SOURCE: &str = "daymark";
/// The target of what must not be told again.
pub(crate) const UNTOLD_TARGET: &str = "daymark_own_telemetry";
/// What waits to be stored; more is left out and counted.
const WAITING_MAX: usize = 4_096;
const TOLD_EVERY: Duration = Duration::from_secs(5);
/// Figures go with every third round.
const ROUNDS_FOR_FIGURES: u32 = 3;

/// What was told by the layer and waits to be stored.
#[derive(Debug)]
pub struct Outbox {
    told: mpsc::Receiver<layer::Told>,
    left_out: Arc<AtomicU64>,
}

/// A layer, and where what it hears comes out.
pub fn telemetry(clock: Arc<dyn Clock>) -> (OwnLayer, Outbox) {
    let (sender, told) = mpsc::channel(WAITING_MAX);
    let left_out = Arc::new(AtomicU64::new(0));
    (OwnLayer::new(sender, Arc::clone(&left_out), clock), Outbox { told, left_out })
}

/// Stores what is told, and the figures of `sources`, until `stop` completes.
pub async fn run(
    outbox: Outbox,
    sources: Vec<Arc<dyn Figures>>,
    intake: Arc<dyn Intake>,
    clock: Arc<dyn Clock>,
    stop: impl Future<Output = ()> + Send,
) {
    let mut own = Own { outbox, sources, intake, clock, resource: requests::resource() };
    let mut ticks = interval(TOLD_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut round = 0;
    tokio::pin!(stop);
    loop {
        let is_over = tokio::select! {
            () = &mut stop => true,
            _ = ticks.tick() => false,
        };
        own.store_told().await;
        if is_over || round % ROUNDS_FOR_FIGURES == 0 {
            own.store_figures().await;
        }
        if is_over {
            return;
        }
        round += 1;
    }
}

struct Own {
    outbox: Outbox,
    sources: Vec<Arc<dyn Figures>>,
    intake: Arc<dyn Intake>,
    clock: Arc<dyn Clock>,
    resource: requests::Resource,
}

impl Own {
    async fn store_told(&mut self) {
        let (mut spans, mut events) = (Vec::new(), Vec::new());
        while let Ok(told) = self.outbox.told.try_recv() {
            match told {
                layer::Told::Span(span) => spans.push(*span),
                layer::Told::Event(event) => events.push(*event),
            }
        }
        if !spans.is_empty() {
            let items = spans.len();
            self.store(Signal::Spans, items, &requests::traces(&self.resource, spans)).await;
        }
        if !events.is_empty() {
            let items = events.len();
            self.store(Signal::Logs, items, &requests::logs(&self.resource, events)).await;
        }
    }

    async fn store_figures(&self) {
        let mut figures: Vec<_> = self.sources.iter().flat_map(|source| source.figures()).collect();
        figures.push(Figure::counter(
            "daymark_own_left_out_total",
            "Spans and events of our own that did not fit into the queue.",
            self.outbox.left_out.load(Ordering::Relaxed) as f64,
        ));
        let items = figures.len();
        let request = requests::metrics(&self.resource, figures, self.clock.now());
        self.store(Signal::Metrics, items, &request).await;
    }

    async fn store(&self, signal: Signal, items: usize, request: &impl Message) {
        let body = bytes::Bytes::from(request.encode_to_vec());
        let batch = Admitted {
            origin: Origin {
                source: SOURCE.into(),
                tier: Tier::Internal,
                tenant: OWN_TENANT.into(),
                received: self.clock.now(),
            },
            signal,
            format: Format::OtlpProtobuf,
            encoding: Encoding::Identity,
            payload: body.clone(),
            body,
            items: u32::try_from(items).unwrap_or(u32::MAX),
        };
        if let Err(refused) = self.intake.submit(batch).await {
            tracing::warn!(target: UNTOLD_TARGET, %refused, %signal, "own telemetry is not stored");
        }
    }
}
