//! Figures of services, their operations and calls, straight from the sums over spans.

/// The answers to what is asked about services.
mod answers;
/// Who called whom.
pub(crate) mod calls;
/// Versions that began to send.
pub(crate) mod deploys;
/// How long spans took.
mod distribution;
/// Failed spans by what failed.
mod errors;
/// What happened.
mod events;
/// Rate, errors and durations of some spans.
pub(crate) mod figures;
/// When the worst service went wrong.
mod finding;
/// Who answers for a service.
mod instances;
/// Spans by name.
mod operations;
/// The first page.
mod overview;
/// One snapshot for one question.
pub(crate) mod reader;
/// What was gathered lately.
pub(crate) mod recent;
/// Rows as plain values.
pub(crate) mod rows;
/// Some spans of a service, as examples.
mod sample;
/// The page of a service.
mod service;
/// Figures over time.
mod traffic;
/// Whose sums count.
pub(crate) mod whose;
/// Ranges in whole buckets.
pub(crate) mod windows;
