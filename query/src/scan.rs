//! One snapshot of the store as tables that the SQL engine can plan over.
//!
//! Comes in: buffered chunks and segments. Goes out: streams of visible rows. What a row looks like never
//! depends on where it is stored; what is read depends on the question as much as the indexes allow.

/// Conditions by value instead of by row.
pub(crate) mod alone;
/// An attribute that a query asks for.
pub(crate) mod key;
/// Visible columns from stored ones.
pub(crate) mod layout;
/// Permalinks of log rows.
pub(crate) mod log_id;
/// Resources and series of the rows of a batch.
pub(crate) mod owners;
/// A chunk or a segment.
pub(crate) mod part;
/// The leaf of every plan over signals.
pub(crate) mod plan;
/// Rows that wait to be read.
pub(crate) mod portions;
/// What a filter says that an index can use.
pub(crate) mod question;
/// Reads the rows of a partition.
pub(crate) mod reader;
/// A planned scan over parts that come one by one.
pub(crate) mod sieve;
/// A signal table as the engine sees it.
pub(crate) mod signal_table;
/// Whether a filter can hold for any instant of a block.
pub(crate) mod threshold;
