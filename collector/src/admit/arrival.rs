//! One request on its way to becoming a batch.
//!
//! A receiver begins an [`Arrival`], has it cover the bytes it reads, and submits the body. Whatever way the
//! request ends, the ledger hears of it exactly once: from the intake when the batch was submitted, from
//! here when it was refused before, also when the client went away or the server stopped in between.

use std::fmt;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use daymark_model::intake::{Admitted, Attempt, Decode, Intake, Refused, Unreadable};
use daymark_model::limits::{IntakeLimits, KIB, MIB};
use daymark_model::origin::{DEFAULT_TENANT, Origin, Tier};
use daymark_model::reason::Rejected;
use daymark_model::signal::Signal;
use daymark_model::time::Clock;
use daymark_model::wire::{Encoding, Format};
use tokio::task::{spawn, spawn_blocking, yield_now};

use super::inflate::{Bad, Inflate};
use super::room::{NoRoom, Place, Room};
use super::visitors::Visitors;
use crate::answer::{Kind, Refusal, spread_retry};
use crate::status::Accepted;

/// What a request costs besides its body.
const REQUEST_BYTES: usize = 4 * KIB;
/// Counting larger bodies would hold up the other requests of this thread; JSON has to be parsed for it.
const PROTOBUF_COUNTED_IN_PLACE_BYTES: usize = MIB;
const JSON_COUNTED_IN_PLACE_BYTES: usize = 64 * KIB;

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Admission {
    intake: Arc<dyn Intake>,
    decode: Arc<dyn Decode>,
    pub(crate) limits: IntakeLimits,
    pub(crate) clock: Arc<dyn Clock>,
    room: Arc<Room>,
    pub(crate) visitors: Arc<Visitors>,
    stopping: AtomicBool,
}

impl Admission {
    pub(crate) fn new(
        intake: Arc<dyn Intake>,
        decode: Arc<dyn Decode>,
        limits: IntakeLimits,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let room = Arc::new(Room::new(limits.in_flight_bytes, Arc::clone(&clock)));
        let visitors = Arc::new(Visitors::new(Arc::clone(&clock)));
        Self { intake, decode, limits, clock, room, visitors, stopping: AtomicBool::new(false) }
    }

    /// From now on a request that is cut off was cut off by us.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

/// A request that has arrived and is not a batch yet.
pub(crate) struct Arrival {
    admission: Arc<Admission>,
    origin: Origin,
    signal: Signal,
    peer: SocketAddr,
    place: Place,
    /// Bytes received so far.
    wire_bytes: usize,
    /// The ledger knows, or will hear of it from the intake.
    is_settled: bool,
}

impl Arrival {
    /// A request that may wait this long for room.
    pub(crate) fn new(
        admission: &Arc<Admission>,
        source: &str,
        signal: Signal,
        peer: SocketAddr,
        patience: Duration,
    ) -> Self {
        let origin = Origin {
            source: source.into(),
            tier: Tier::Internal,
            tenant: DEFAULT_TENANT.into(),
            received: admission.clock.now(),
        };
        Self {
            place: admission.room.place(patience),
            admission: Arc::clone(admission),
            origin,
            signal,
            peer,
            wire_bytes: 0,
            is_settled: false,
        }
    }

    pub(crate) fn limits(&self) -> &IntakeLimits {
        &self.admission.limits
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.admission.clock
    }

    pub(crate) fn signal(&self) -> Signal {
        self.signal
    }

    /// Notes how much of the request has been received, and takes room for it.
    pub(crate) async fn receive(&mut self, wire_bytes: usize) -> Result<(), Refusal> {
        self.wire_bytes = wire_bytes;
        self.hold(wire_bytes).await
    }

    /// Takes room for this many bytes in all, waiting for it as long as patience lasts.
    pub(crate) async fn hold(&mut self, bytes: usize) -> Result<(), Refusal> {
        match self.place.cover(REQUEST_BYTES + bytes).await {
            Ok(()) => Ok(()),
            Err(NoRoom::Now) => Err(self.busy("no room for more data right now")),
            // Resending would never help.
            Err(NoRoom::Ever) => {
                Err(Refusal::new(Kind::TooLarge, "the request needs more memory than requests may take"))
            }
        }
    }

    /// Gives back the room beyond this many bytes.
    pub(crate) fn release(&mut self, bytes: usize) {
        self.place.shrink(REQUEST_BYTES + bytes);
    }

    /// The body decompressed; the same buffer when it was not compressed.
    pub(crate) async fn inflate(&mut self, encoding: Encoding, wire: &Bytes) -> Result<Bytes, Refusal> {
        let admission = Arc::clone(&self.admission);
        let inflate = Inflate::new(encoding, wire, &admission.limits);
        let Some(mut inflate) = inflate.map_err(|bad| self.refusal_of(bad))? else {
            return Ok(wire.clone());
        };
        loop {
            self.hold(wire.len() + inflate.needs_bytes()).await?;
            match inflate.step(&admission.limits) {
                Ok(true) => yield_now().await,
                Ok(false) => break,
                Err(bad) => return Err(self.refusal_of(bad)),
            }
        }
        let raw = inflate.into_raw();
        self.release(wire.len() + raw.len());
        Ok(raw)
    }

    /// Counts the items and hands the batch over; returns when it is durable and visible.
    pub(crate) async fn submit(
        &mut self,
        format: Format,
        encoding: Encoding,
        payload: Bytes,
        body: Bytes,
    ) -> Result<Accepted, Refusal> {
        let items = self.count(format, body.clone()).await.map_err(|bad| Refusal::unreadable(bad.detail))?;
        self.is_settled = true;
        if items == 0 {
            return Ok(Accepted::default());
        }
        let origin = self.origin.clone();
        let batch = Admitted { origin, signal: self.signal, format, encoding, payload, body, items };
        let place = self.place.hand_on();
        let intake = Arc::clone(&self.admission.intake);
        // A task of its own, so that the batch goes its way and keeps its room also when its client is gone.
        let stored = spawn(async move {
            let receipt = intake.submit(batch).await;
            drop(place);
            receipt
        });
        let receipt = stored.await.map_err(|_| self.busy("the batch could not be stored"))?;
        let (visitors, peer) = (&self.admission.visitors, self.peer.ip());
        match &receipt {
            Ok(_) => visitors.took(peer, &self.origin.source, self.signal, u64::from(items)),
            Err(Refused::Busy { reason, .. }) => visitors.refused(peer, &self.origin.source, *reason),
            Err(Refused::Unreadable { .. }) => visitors.refused(peer, &self.origin.source, Rejected::Decode),
        }
        let receipt = receipt?;
        Ok(Accepted { rejected: receipt.rejected, message: receipt.message })
    }

    /// Tells the ledger why the request did not become a batch, unless the intake knows already.
    pub(crate) fn refused(mut self, refusal: &Refusal) {
        self.tell(refusal.kind.row().ledger, &refusal.detail);
    }

    pub(crate) fn refusal_of(&self, bad: Bad) -> Refusal {
        let limits = self.limits();
        match bad {
            Bad::TooLarge => Refusal::new(
                Kind::TooLarge,
                format!("the body is larger than {} bytes when decompressed", limits.request_raw_bytes),
            ),
            Bad::Bomb => Refusal::new(
                Kind::Bomb,
                format!("the body grows by more than {} times when decompressed", limits.ratio_max),
            ),
            Bad::Damaged(detail) => Refusal::unreadable(detail),
        }
    }

    fn busy(&self, detail: &str) -> Refusal {
        let retry_after = spread_retry(self.admission.clock.now());
        Refusal::new(Kind::Busy { reason: Rejected::Memory, retry_after }, detail)
    }

    async fn count(&self, format: Format, body: Bytes) -> Result<u32, Unreadable> {
        let decode = Arc::clone(&self.admission.decode);
        let signal = self.signal;
        let in_place_bytes = match format {
            Format::OtlpProtobuf => PROTOBUF_COUNTED_IN_PLACE_BYTES,
            Format::OtlpJson => JSON_COUNTED_IN_PLACE_BYTES,
        };
        let in_place = body.len() <= in_place_bytes;
        // A panic while reading is the sender's doing and costs only this request.
        let count = move || {
            catch_unwind(AssertUnwindSafe(|| decode.count(signal, format, &body)))
                .unwrap_or_else(|_| Err(Unreadable { detail: "the body cannot be read".into() }))
        };
        if in_place {
            return count();
        }
        spawn_blocking(count)
            .await
            .unwrap_or_else(|_| Err(Unreadable { detail: "the body could not be read in time".into() }))
    }

    fn tell(&mut self, reason: Rejected, detail: &str) {
        if self.is_settled {
            return;
        }
        self.is_settled = true;
        self.admission.visitors.refused(self.peer.ip(), &self.origin.source, reason);
        self.admission.intake.refused(Attempt {
            origin: self.origin.clone(),
            signal: self.signal,
            reason,
            items: 1,
            bytes: self.wire_bytes as u64,
            detail: format!("{detail} (from {})", self.peer),
            peer: Some(self.peer),
        });
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        if self.admission.stopping.load(Ordering::Relaxed) {
            self.tell(Rejected::Shutdown, "the server stopped before the request was complete");
        } else {
            self.tell(Rejected::Decode, "the client went away before its request was complete");
        }
    }
}

impl fmt::Debug for Arrival {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Arrival of {} from {}", self.signal, self.peer)
    }
}
