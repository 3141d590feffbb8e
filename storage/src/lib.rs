//! The store: what is acknowledged is in the log and in the [`version::Version`] that the next query sees.
//!
//! A batch comes in through [`daymark_model::intake::Intake`], gets its place in the log, is decoded while
//! the log is synced, and joins the buffers in the order of the log. Buffers become segments; the catalog
//! says which segments count. Nothing here knows how a query is planned.

/// How many metric series a tenant may have.
mod active;
/// The way of one batch.
mod admit;
/// Holds the ledger against the rows while the store runs.
mod audit;
/// A copy of a data directory.
mod backup;
/// Rows that are searchable and not yet in a segment.
mod buffer;
/// The database that says which segments count, and keeps the ledger.
mod catalog;
/// How much of the disk the store may take.
pub mod disk;
/// Removes a trace on request.
mod erase;
/// Everything that can go wrong, for whoever opens or drives a store.
mod error;
/// Log lines as they become visible.
pub mod feed;
/// Buffers to L0 segments.
mod flush;
/// The data directory: its lock and where everything lies.
mod folder;
/// Segments of an earlier process, checked against the catalog.
mod gather;
/// Accounts for every item.
pub mod ledger;
/// Segments into fewer, sorted ones.
mod merge;
/// What people keep.
pub mod objects;
/// From an empty or a used directory to a running store.
mod open;
/// Holds the intake back and merges aside.
pub mod pace;
/// Makes decoded batches visible in the order of the log.
mod publish;
/// A new catalog out of folders, new indexes out of rows.
mod rebuild;
/// Recognises a span that is in the buffers already.
mod recent;
/// Recognises a batch that was sent before.
mod repeat;
/// The log back into buffers after a restart.
mod replay;
/// What goes because it is old.
pub mod retain;
/// Sums that outlive their spans.
mod roll;
/// The last rejected of each kind.
pub mod samples;
/// Segments that no merge takes any more.
mod spoiled;
/// What a store tells about its own state.
pub mod status;
/// Whether the wall clock can be trusted.
mod steady;
/// The store itself.
mod store;
/// Rows that are kept for another time than the rest.
pub mod streams;
/// Folders that no longer count.
mod sweep;
/// Proof that a data directory is whole.
mod verify;
/// One consistent snapshot of buffers and segments.
pub mod version;

pub use backup::{Copied, back_up, restore};
pub use error::Error;
pub use store::{Options, Store};
pub use verify::{Finding, Progress, Repairs, Report, verify};
