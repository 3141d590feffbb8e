//! Sums over spans that dashboards, the map and alerts ask for: rate, errors and durations, and who called
//! whom.

/// Distributions of durations.
pub mod sketch;

pub use sketch::Sketch;
