//! The words every other package speaks: ids, instants, signals, reasons, limits, tables.
//!
//! Nothing here does I/O or holds state. The feature `arrow` adds the row layouts and the two
//! traits in which the write side meets: [`intake::Intake`] and [`intake::Decode`].

/// What comes in, as the listeners see it.
pub mod arrivals;
/// Attribute value types and the layout of typed JSON.
pub mod attribute;
/// Figures that parts of the server tell about themselves.
pub mod figure;
/// Trace, span and log-sequence ids.
pub mod id;
/// The traits and messages between collector and storage.
#[cfg(feature = "arrow")]
pub mod intake;
/// Every limit, by name.
pub mod limits;
/// What travels beside a request body: source, tier, tenant.
pub mod origin;
/// A text taken apart as indexes keep it.
#[cfg(feature = "arrow")]
pub mod parts;
/// Quality bits of a stored row.
pub mod quality;
/// Why an item was rejected, modified, dropped or lost.
pub mod reason;
/// Arrow layout of the rows in buffers and L0 segments.
#[cfg(feature = "arrow")]
pub mod rows;
/// Severities of log lines.
pub mod severity;
/// Texts without their variables.
#[cfg(feature = "arrow")]
pub mod shape;
/// The three signals and the tables their rows live in.
pub mod signal;
/// What kind of work a span is.
pub mod span_kind;
/// Ids as people paste them, in every spelling.
pub mod spelling;
/// The public SQL tables and their columns.
pub mod tables;
/// Instants and the clock that is passed in.
pub mod time;
/// How a request body is written and compressed.
pub mod wire;
/// Words of texts, and what a text is asked for.
pub mod words;
