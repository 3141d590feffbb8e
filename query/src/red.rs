//! Figures of services, their operations and calls, straight from the sums over spans.

/// Rate, errors and durations of some spans.
pub(crate) mod figures;
/// One snapshot for one question.
pub(crate) mod reader;
/// Rows as plain values.
pub(crate) mod rows;
/// Whose sums count.
pub(crate) mod whose;
/// Ranges in whole buckets.
pub(crate) mod windows;
