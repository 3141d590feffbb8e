//! A trace as the trace view draws it: rows in pre-order as parallel arrays, which of them are in sight, their
//! bars, lanes and density. No browser: a trace of a million spans is tested natively.
//!
//! Nothing here recurses, and no question about one row looks at all of them: a trace may be one chain, or one
//! parent, of a hundred thousand spans.

/// What is drawn for the rows in sight.
pub mod bars;
/// What the colour of a bar means.
pub mod colours;
/// Rows that match, without asking the server.
pub mod find;
/// Lanes in which no two spans overlap.
pub mod flame;
/// Which rows are open.
pub mod folds;
/// Services and the calls between them, laid out.
pub mod graph;
/// Spans counted by what they have in common.
pub mod groups;
/// The lines in sight.
pub mod lines;
/// The whole trace on a strip.
pub mod strip;
/// The arrays.
pub mod trace;

pub use folds::{Folds, Preset};
pub use lines::{Kind, Line, Lines};
pub use trace::{NONE, Trace};

#[cfg(test)]
mod tests;
