//! The API as a client sees it, over real connections and an engine that answers from memory.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

/// An engine with fixed answers that remembers what it was asked.
mod canned;
/// Its answers about services and the map.
mod canned_services;
/// A running server and a client for it.
mod site;

/// Envelopes, headers, ids, tags, compression.
mod answers;
/// Clients that go away, servers that stop.
mod ends;
/// Statuses and problems.
mod errors;
/// Where senders send to, and who does.
mod intake;
/// Lines: streams, long answers, files, reasons.
mod lines;
/// Metrics: queries, parameters, and what is said of bad ones.
mod metrics;
/// What the engine is asked for given parameters.
mod questions;
/// Pasted texts.
mod resolve;
/// Searches: bodies, and what is said of bad ones.
mod searches;
/// What a page begins with, what was refused, what failed in a browser.
mod server;
/// Services, traffic and the map.
mod services;
/// Large traces.
mod skeleton;
/// Sets of spans, traces side by side.
mod spans;
/// SQL: bodies, formats, streams.
mod sql;
/// Saved views, preferences, shared addresses.
mod stored;
/// Traces: json, lines, OTLP, logs, deletion.
mod traces;
