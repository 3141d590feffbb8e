//! One trace by its id alone: no planning, no range of time.
//!
//! Every part of the store is asked for rows of the id; what comes back is confirmed on the column, freed of
//! repeats, ordered, and told how complete it is.

/// Rows that carry an id.
pub(crate) mod found;
/// The logs of a trace.
pub(crate) mod logs;
/// Stored rows as spans.
pub(crate) mod spans;
/// A trace out of its spans.
pub(crate) mod whole;
