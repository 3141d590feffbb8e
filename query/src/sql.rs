//! SQL texts to answers, inside limits that hold whatever the text says.

/// `attr('key')` as a column.
pub(crate) mod attr_columns;
/// Result rows as CSV.
pub(crate) mod csv;
/// Result batches as bytes.
pub(crate) mod encode;
/// A plan without its run.
pub(crate) mod explain;
/// What the engine's errors mean.
pub(crate) mod failure;
/// Texts compared with ids.
pub(crate) mod id_literals;
/// The memory of all queries, and the share of one.
pub(crate) mod memory;
/// Values for placeholders.
pub(crate) mod params;
/// Refuses texts that could exhaust parser or planner.
pub(crate) mod precheck;
/// Runs a statement.
pub(crate) mod run;
/// Tables, functions, rules and limits of one query.
pub(crate) mod session;
/// One reading statement out of a text.
pub(crate) mod statement;
/// Result values as JSON.
pub(crate) mod value;
/// Tables that are questions themselves.
pub(crate) mod views;
/// Lets statements be stopped that make many rows of few.
mod yielding;
