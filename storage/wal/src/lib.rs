//! The write-ahead log: request bodies as received, durable before their sender is answered.
//!
//! [`Wal::append`] hands in a record and gives its [`Ticket`], which resolves when the record's group is on
//! disk. After a restart [`Replay`] gives back every record from a low mark on, and says exactly what is
//! lost. What must stay true: a resolved ticket means that the record is replayed after any crash; numbers
//! only grow and never name two records; nothing is ever acknowledged on a file whose write or sync failed.
//! The bytes are described in docs/formats/wal.md.

/// Compression of bodies.
mod compress;
/// A copy of a log that goes on.
mod copy;
/// Why the log refuses or cannot be opened.
mod error;
/// The files of the log: names, creation, recycling.
mod files;
/// The layout of files and records, version 1.
mod format;
/// The log as its owner sees it.
mod log;
/// Records that wait for their group, and the tickets of those who wait for them.
mod queue;
/// What is appended and what comes back.
mod record;
/// Reading the log back after a restart.
mod replay;
/// The records and holes in the bytes of one file.
mod scan;
/// Numbers about the log for metrics and the status page.
mod stats;
/// The offline check.
mod verify;
/// The one thread that writes and syncs.
mod writer;

pub use copy::copy;
pub use error::Error;
pub use log::{Ack, Beginning, Options, Wal, beginning};
pub use queue::{State, Ticket};
pub use record::{NewRecord, Record};
pub use replay::{Damage, Replay, What};
pub use stats::Stats;
pub use verify::{CheckedFile, Report, verify};
