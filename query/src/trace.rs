//! One trace by its id alone: no planning, no range of time.
//!
//! Every part of the store is asked for rows of the id; what comes back is confirmed on the column, freed of
//! repeats, ordered, and told how complete it is.

/// Who made the id of a trace.
mod birth;
/// The contents of some rows.
pub(crate) mod details;
/// What belongs to an episode besides its spans.
mod episode;
/// Which rows of a large trace are shown.
mod folds;
/// Rows that carry an id.
pub(crate) mod found;
/// Halves of one span id told apart.
pub(crate) mod halves;
/// The logs of a trace.
pub(crate) mod logs;
/// A trace without its contents.
pub(crate) mod outline;
/// Revisions that were given out.
pub(crate) mod revisions;
/// A trace as parallel arrays.
pub(crate) mod skeleton;
/// Stored rows as spans.
pub(crate) mod spans;
/// A trace out of its spans.
pub(crate) mod whole;
