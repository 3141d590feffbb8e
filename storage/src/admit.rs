//! The way of one batch: claim, log, decode, become visible, answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use daymark_model::id::Lsn;
use daymark_model::intake::{Admitted, Decoded, Receipt, Refused};
use daymark_model::origin::Origin;
use daymark_model::reason::{Deduplicated, Rejected, Tally};
use daymark_model::signal::{Signal, Table};
use daymark_wal::{NewRecord, Ticket};

use crate::buffer::Chunk;
use crate::erase::without_traces;
use crate::ledger::{Account, Count, Entry};
use crate::publish::Arrived;
use crate::recent::span_hashes;
use crate::repeat::{Fingerprint, Seen};
use crate::store::{Inner, busy};
use crate::streams::by_stream;

/// When a sender should come again after the disk failed.
pub(crate) const DISK_RETRY: Duration = Duration::from_secs(30);

/// When it should come again while the server restarts.
const SHUTDOWN_RETRY: Duration = Duration::from_secs(1);

/// A batch on its way.
pub(crate) struct Batch {
    inner: Arc<Inner>,
    batch: Admitted,
}

/// What the log and decode made of a batch.
enum Step {
    Repeat { of: Fingerprint, seen: Seen },
    Logged { place: Place, ticket: Ticket, arrived: Box<Arrived>, message: Option<String> },
    Refused(daymark_wal::Error),
}

impl Batch {
    pub(crate) fn new(inner: Arc<Inner>, batch: Admitted) -> Self {
        Self { inner, batch }
    }

    pub(crate) async fn take(self) -> Result<Receipt, Refused> {
        if *self.inner.stop.borrow() {
            return Err(self.shed(Rejected::Shutdown, SHUTDOWN_RETRY));
        }
        if let Err(Refused::Busy { reason, retry_after }) = self.inner.wait_for_room().await {
            return Err(self.shed(reason, retry_after));
        }
        loop {
            let (inner, batch) = (Arc::clone(&self.inner), self.batch.clone());
            let step = tokio::task::spawn_blocking(move || log_and_decode(&inner, &batch)).await;
            match step {
                Ok(Step::Logged { place, ticket, arrived, message }) => {
                    return self.finish(place, ticket, arrived, message).await;
                }
                Ok(Step::Repeat { seen: Seen::Logged(lsn), .. }) => return Ok(self.repeated(lsn).await),
                Ok(Step::Repeat { of, .. }) => self.inner.repeats.settled(of).await,
                Ok(Step::Refused(error)) => return Err(self.not_logged(&error)),
                Err(_) => return Err(self.shed(Rejected::Decode, DISK_RETRY)),
            }
        }
    }

    async fn finish(
        &self,
        place: Place,
        ticket: Ticket,
        arrived: Box<Arrived>,
        message: Option<String>,
    ) -> Result<Receipt, Refused> {
        if let Err(error) = ticket.await {
            drop(place);
            return Err(self.not_logged(&error));
        }
        let lsn = place.lsn;
        let rejected = arrived.tally.rejected_total();
        place.fill(arrived);
        self.inner.lane(lsn).visible(lsn).await;
        Ok(Receipt { lsn, rejected, message, repeated: false })
    }

    /// Answers a batch that was stored before, once that is visible.
    async fn repeated(&self, lsn: Lsn) -> Receipt {
        self.inner.lane(lsn).visible(lsn).await;
        let items = u64::from(self.batch.items);
        let count = Count { items, bytes: self.bytes() };
        self.inner.post_loose(
            &self.account(),
            &[
                (Entry::Received, count),
                (Entry::Accepted, count),
                (Entry::Deduplicated(Deduplicated::Batch), Count::of(items)),
            ],
        );
        Receipt { lsn, rejected: 0, message: None, repeated: true }
    }

    /// Counts a batch that could not be taken.
    fn shed(&self, reason: Rejected, retry_after: Duration) -> Refused {
        let count = Count { items: u64::from(self.batch.items), bytes: self.bytes() };
        let entries = [(Entry::Received, count), (Entry::Rejected(reason), Count::of(count.items))];
        self.inner.post_loose(&self.account(), &entries);
        busy(reason, retry_after)
    }

    fn not_logged(&self, error: &daymark_wal::Error) -> Refused {
        tracing::warn!(error = error as &dyn std::error::Error, "batch not logged");
        match error {
            daymark_wal::Error::Closed => self.shed(Rejected::Shutdown, SHUTDOWN_RETRY),
            daymark_wal::Error::TooLarge { .. } => self.shed(Rejected::TooLargeRequest, DISK_RETRY),
            _ => self.shed(Rejected::Disk, DISK_RETRY),
        }
    }

    fn account(&self) -> Account {
        Account::of(&self.batch.origin, self.batch.signal)
    }

    fn bytes(&self) -> u64 {
        self.batch.body.len() as u64
    }
}

/// A place in the log that has to be filled; dropped unfilled it is void, so that those after it go on.
pub(crate) struct Place {
    inner: Arc<Inner>,
    pub(crate) lsn: Lsn,
    batch: Fingerprint,
    filled: bool,
}

impl Place {
    pub(crate) fn fill(mut self, arrived: Box<Arrived>) {
        self.filled = true;
        self.inner.publish(self.lsn, Some(arrived));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.filled {
            self.inner.repeats.drop_claim(self.batch);
            self.inner.publish(self.lsn, None);
        }
    }
}

/// Puts the bytes into the log's queue and decodes them while the disk works.
fn log_and_decode(inner: &Arc<Inner>, batch: &Admitted) -> Step {
    let of = Fingerprint::of_body(&batch.origin.tenant, batch.signal, &batch.body);
    match inner.repeats.claim(of, inner.clock.elapsed()) {
        Seen::New => {}
        seen => return Step::Repeat { of, seen },
    }
    let logged = inner.wal.append(NewRecord {
        origin: batch.origin.clone(),
        signal: batch.signal,
        format: batch.format,
        encoding: batch.encoding,
        payload: batch.payload.clone(),
        raw_len: u32::try_from(batch.body.len()).unwrap_or(u32::MAX),
        items: batch.items,
        batch_hash: of.hash().to_be_bytes(),
    });
    let (lsn, ticket) = match logged {
        Ok(logged) => logged,
        Err(error) => {
            inner.repeats.drop_claim(of);
            return Step::Refused(error);
        }
    };
    let place = Place { inner: Arc::clone(inner), lsn, batch: of, filled: false };
    inner.repeats.logged(of, lsn);
    let decoded = inner.decode.decode(batch.signal, batch.format, &batch.origin, &batch.body);
    let (decoded, message) = match decoded {
        Ok(mut decoded) => {
            inner.active.admit(&batch.origin.tenant, &mut decoded, inner.clock.elapsed());
            let rejection = decoded.first_rejection.take();
            if let Some(rejection) = &rejection {
                inner.samples.add_rejection(&batch.origin, batch.signal, rejection);
            }
            (decoded, rejection.map(|rejection| rejection.detail))
        }
        Err(unreadable) => (unreadable_rows(batch.items), Some(unreadable.detail)),
    };
    let arrived = inner.arrived(lsn, &batch.origin, batch.signal, decoded, batch.body.len());
    Step::Logged { place, ticket, arrived: Box::new(arrived), message }
}

/// What remains of a batch whose bytes turned out unreadable: its count.
pub(crate) fn unreadable_rows(items: u32) -> Decoded {
    let mut tally = Tally::default();
    tally.rejected[Rejected::Decode as usize] = u64::from(items);
    Decoded { tally, ..Decoded::default() }
}

impl Inner {
    /// Chunks of decoded rows, without those of traces that were erased meanwhile.
    pub(crate) fn arrived(
        &self,
        lsn: Lsn,
        origin: &Origin,
        signal: Signal,
        decoded: Decoded,
        bytes: usize,
    ) -> Arrived {
        let (resources, series): (Arc<[_]>, Arc<[_]>) = (decoded.resources.into(), decoded.series.into());
        let erased = self.erased_at(&origin.tenant, lsn);
        let mut chunks = Vec::with_capacity(decoded.rows.len());
        let mut deleted = 0;
        for (table, rows) in decoded.rows {
            let before = rows.num_rows();
            let rows = without_traces(rows, &erased);
            if table.is_counted() {
                deleted += (before - rows.num_rows()) as u64;
            }
            if rows.num_rows() == 0 {
                continue;
            }
            for (stream, rows) in by_stream(&self.options.keep.streams, table, rows, (&resources, &series)) {
                let described = (Arc::clone(&resources), Arc::clone(&series));
                let chunk = Chunk::new(table, rows, (lsn, lsn), origin.received, described.0, described.1);
                let mut chunk = chunk.in_stream(stream);
                if table == Table::Spans {
                    chunk.hashes = span_hashes(&origin.tenant, &chunk.rows);
                }
                chunks.push((table, chunk));
            }
        }
        Arrived {
            account: Account::of(origin, signal),
            received: origin.received,
            chunks,
            tally: decoded.tally,
            deleted,
            lost: 0,
            bytes: bytes as u64,
        }
    }

    /// Makes a place in the log visible, with rows or void.
    pub(crate) fn publish(&self, lsn: Lsn, arrived: Option<Box<Arrived>>) {
        let chunks = arrived.iter().flat_map(|arrived| &arrived.chunks);
        let bytes: usize = chunks.map(|(_, chunk): &(Table, Chunk)| chunk.bytes).sum();
        let buffered = self.buffered.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.lane(lsn).complete(lsn, arrived, self);
        if buffered >= self.options.flush_bytes {
            self.filled.notify_one();
        }
    }
}
