//! The read side over a real store: OTLP bodies in, answers out.
#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect has failed")]

/// Figures that rules are judged by, against plain statements.
mod alerts;
/// Order, limits and formats of answers.
mod answers;
/// Conditions over attributes.
mod attributes;
/// SQL and expected tables from text files.
mod cases;
/// What the tests send.
mod data;
/// How statements would be answered.
mod explain;
/// The keys of lines, against a plain count.
mod fields;
/// Searches that are meant to hurt.
mod hostile;
/// Rows that come long after those they are stored with.
mod late;
/// Searching log lines.
mod lines;
/// Lines of others, against `grep`.
mod loghub;
/// The service map.
mod map;
/// Figures of metrics.
mod metrics;
/// Patterns of lines, against a plain count.
mod patterns;
/// A store with an answerer.
mod place;
/// Traces that others recorded.
mod recorded;
/// Figures of services, straight from the sums.
mod red;
/// Pasted texts.
mod resolve;
/// Sums that outlive their spans.
mod rolled;
/// Queries that must be refused or stopped.
mod sandbox;
/// Searching traces.
mod search;
/// The server about itself and its senders.
mod server;
/// The list of services, against plain code over all rows.
mod services;
/// Traces as rows.
mod skeleton;
/// Sets of spans.
mod span_sets;
/// What people keep.
mod stored;
/// Sums over spans, against plain code over the same spans.
mod sums;
/// Following lines as they come in.
mod tail;
/// Traces and their logs.
mod traces;
/// Why a search found nothing.
mod why;
/// Words through indexes.
mod words;
