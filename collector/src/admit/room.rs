//! The bytes that all requests together may hold, and the place each of them takes.
//!
//! A request takes room for what has arrived, never for what it announces: a client that promises 64 MiB
//! and sends nothing costs nobody anything. Where there is no room a request waits, in order of arrival,
//! for as long as its patience lasts; after that it is shed.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use daymark_model::time::Clock;

/// Bytes that may be in flight.
#[derive(Debug)]
pub(crate) struct Room {
    free: Arc<Semaphore>,
    bytes: usize,
    clock: Arc<dyn Clock>,
}

/// Why there is no room.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoRoom {
    /// None came free in time.
    Now,
    /// All the room there is would not do.
    Ever,
}

/// The room one request holds; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    room: Arc<Room>,
    held: Option<OwnedSemaphorePermit>,
    patience: Duration,
}

impl Room {
    pub(crate) fn new(bytes: usize, clock: Arc<dyn Clock>) -> Self {
        let bytes = bytes.min(Semaphore::MAX_PERMITS);
        Self { free: Arc::new(Semaphore::new(bytes)), bytes, clock }
    }

    /// A place of no size for a request that may wait this long in all.
    pub(crate) fn place(self: &Arc<Self>, patience: Duration) -> Place {
        Place { room: Arc::clone(self), held: None, patience }
    }

    #[cfg(test)]
    pub(crate) fn free(&self) -> usize {
        self.free.available_permits()
    }
}

impl Place {
    /// Makes the place at least this large, waiting for room if need be.
    pub(crate) async fn cover(&mut self, bytes: usize) -> Result<(), NoRoom> {
        let missing = bytes.saturating_sub(self.size());
        if missing == 0 {
            return Ok(());
        }
        if bytes > self.room.bytes {
            return Err(NoRoom::Ever);
        }
        let permits = u32::try_from(missing).map_err(|_| NoRoom::Ever)?;
        let permit = match Arc::clone(&self.room.free).try_acquire_many_owned(permits) {
            Ok(permit) => permit,
            Err(_) => self.wait_for(permits).await?,
        };
        match &mut self.held {
            Some(held) => held.merge(permit),
            None => self.held = Some(permit),
        }
        Ok(())
    }

    /// Gives back what is held beyond this size.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        let surplus = self.size().saturating_sub(bytes);
        drop(self.held.as_mut().and_then(|held| held.split(surplus)));
    }

    /// The place as it is, leaving one of no size behind.
    pub(crate) fn hand_on(&mut self) -> Self {
        Self { room: Arc::clone(&self.room), held: self.held.take(), patience: self.patience }
    }

    fn size(&self) -> usize {
        self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits)
    }

    async fn wait_for(&mut self, permits: u32) -> Result<OwnedSemaphorePermit, NoRoom> {
        let began = self.room.clock.elapsed();
        let free = Arc::clone(&self.room.free);
        let granted = timeout(self.patience, free.acquire_many_owned(permits)).await;
        self.patience = self.patience.saturating_sub(self.room.clock.elapsed().saturating_sub(began));
        granted.map_err(|_| NoRoom::Now)?.map_err(|_| NoRoom::Now)
    }
}

#[cfg(test)]
mod tests;
