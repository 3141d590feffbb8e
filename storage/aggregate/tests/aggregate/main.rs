//! Sums of parts and of the rest are the sums of the whole, however the whole was split.
#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect has failed")]

/// Random forests of spans.
mod forest;
/// Rows with less in their keys.
mod less;
/// Small cases worked out by hand.
mod meaning;
/// Sums against plain code, and parts against the whole.
mod parts;
