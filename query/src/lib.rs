//! The read side: answers SQL, traces, logs and services from one snapshot of the store.
//!
//! Comes in: questions of [`daymark_view`]. Goes out: their answers. This is the only package that names the
//! SQL engine; callers see plain types. A question sees one snapshot from its first to its last row.

/// The tables of sums over spans.
mod aggregates;
/// Figures that rules are judged by, and alerts as tables.
mod alerts;
/// The answers to `Ask`.
mod ask;
/// The ledger as answer and as table.
mod balance;
/// The public tables as Arrow schemas.
mod columns;
/// What the store says about itself.
mod condition;
/// The store in figures.
mod figures;
/// What a query may call.
mod functions;
/// The threads questions run on.
mod lane;
/// Who calls whom.
mod map;
/// Figures of metrics over time.
mod metrics;
/// A page of a list.
mod page;
/// Figures of services, straight from the sums.
mod red;
/// What a pasted text means.
mod resolve;
/// The questions that run now.
mod running;
/// One snapshot as tables.
mod scan;
/// Searches of people.
mod search;
/// Who sent, without scans.
mod senders;
/// The list of services.
mod services;
/// Disk, retention and merges in the words of the API.
mod space;
/// SQL texts to answers.
mod sql;
/// What people keep.
mod stored;
/// Sums over the spans of one snapshot.
mod sums;
/// Log lines as they come in.
mod tail;
/// A trace by its id.
mod trace;
/// A value out of typed JSON.
mod typed_json;

pub use ask::{Answerer, Options};
