//! Where the write side meets: the collector hands a batch to an [`Intake`] and is told when it is durable
//! and visible; whoever stores it turns its bytes into rows through [`Decode`], now and at every replay.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use bytes::Bytes;

use crate::id::Lsn;
use crate::origin::Origin;
use crate::reason::{Rejected, Tally};
use crate::rows::{Resource, Series};
use crate::signal::{Signal, Table};
use crate::wire::{Encoding, Format};

/// A request body that passed admission: well formed, within the limits, counted.
#[derive(Clone, Debug)]
pub struct Admitted {
    pub origin: Origin,
    pub signal: Signal,
    pub format: Format,
    /// How `payload` is compressed.
    pub encoding: Encoding,
    /// The bytes as received: what the log keeps.
    pub payload: Bytes,
    /// The bytes decompressed; the same buffer as `payload` when nothing was compressed.
    pub body: Bytes,
    pub items: u32,
}

/// The answer to a batch that is fsynced and visible to the next query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub lsn: Lsn,
    pub rejected: u64,
    /// Why the first rejected item was, in words for the sender.
    pub message: Option<String>,
    /// The whole batch had been stored before.
    pub repeated: bool,
}

/// Why a batch was not taken as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No room now; the sender should come again.
    Busy { reason: Rejected, retry_after: Duration },
    /// The bytes cannot be read; resending them cannot help.
    Unreadable { detail: String },
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { reason: Rejected::Disk, .. } => out.write_str("the disk is full or failing"),
            Self::Busy { reason: Rejected::Shutdown, .. } => out.write_str("the server is stopping"),
            Self::Busy { .. } => out.write_str("no room for more data right now"),
            Self::Unreadable { detail } => out.write_str(detail),
        }
    }
}

impl std::error::Error for Refused {}

/// An attempt that ended before it became a batch, for the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub origin: Origin,
    pub signal: Signal,
    pub reason: Rejected,
    /// 1 when the items could not be counted.
    pub items: u64,
    pub bytes: u64,
    pub detail: String,
    /// Who made it, where that is known.
    pub peer: Option<SocketAddr>,
}

/// Takes batches and answers when they are durable and visible.
pub trait Intake: Send + Sync + fmt::Debug {
    fn submit(&self, batch: Admitted) -> Pin<Box<dyn Future<Output = Result<Receipt, Refused>> + Send + '_>>;

    /// Counts an attempt that was refused before it became a batch.
    fn refused(&self, attempt: Attempt);
}

/// The rows of one batch, with all that had to be said about them.
#[derive(Debug, Default)]
pub struct Decoded {
    /// At most one batch a table, in the layout of [`crate::rows::schema`].
    pub rows: Vec<(Table, RecordBatch)>,
    /// The distinct resources of these rows.
    pub resources: Vec<Arc<Resource>>,
    /// The distinct series of these rows.
    pub series: Vec<Arc<Series>>,
    pub tally: Tally,
    /// Why the first rejected item was.
    pub first_rejection: Option<Rejection>,
}

/// Why an item was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub reason: Rejected,
    /// In words for the sender.
    pub detail: String,
}

/// The body as a whole cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub detail: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.detail)
    }
}

impl std::error::Error for Unreadable {}

/// Turns bodies into rows. The same body and origin always give the same rows.
pub trait Decode: Send + Sync + fmt::Debug {
    /// Counts the items of a body without decoding it; an error when it is not well formed.
    fn count(&self, signal: Signal, format: Format, body: &[u8]) -> Result<u32, Unreadable>;

    /// The rows of a body that [`Decode::count`] accepted.
    fn decode(
        &self,
        signal: Signal,
        format: Format,
        origin: &Origin,
        body: &[u8],
    ) -> Result<Decoded, Unreadable>;
}
