//! The words every other package speaks: ids, instants, signals, reasons, limits, tables.
//!
//! Nothing here does I/O or holds state. The feature `arrow` adds the row layouts and the two
//! traits in which the write side meets: [`intake::Intake`] and [`intake::Decode`].

/// Trace, span and log-sequence ids.
pub mod id;
/// Instants and the clock that is passed in.
pub mod time;
/// The three signals and the tables their rows live in.
pub mod signal;
/// How a request body is written and compressed.
pub mod wire;
/// What travels beside a request body: source, tier, tenant.
pub mod origin;
/// Why an item was rejected, modified, dropped or lost.
pub mod reason;
/// Quality bits of a stored row.
pub mod quality;
/// Every limit, by name.
pub mod limits;
/// Attribute value types and the layout of typed JSON.
pub mod attribute;
/// The public SQL tables and their columns.
pub mod tables;
/// Arrow layout of the rows in buffers and L0 segments.
#[cfg(feature = "arrow")]
pub mod rows;
/// The traits and messages between collector and storage.
#[cfg(feature = "arrow")]
pub mod intake;
