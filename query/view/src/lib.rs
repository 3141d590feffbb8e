//! Questions and answers as plain types: what the API, the command line and the UI speak, and what the
//! query engine answers through [`ask::Ask`].
//!
//! No I/O, no runtime, no engine types: the package also compiles to wasm. Field names in JSON are those of
//! the HTTP API. Questions reach the engine checked and resolved (instants instead of `-15m`, ids instead of
//! spellings); the wire forms that people write live beside them.

/// Alerts: rules, states, silences, channels.
pub mod alerts;
/// The one trait between those who ask and the engine.
pub mod ask;
/// What can be asked about services, traffic and the map.
pub mod ask_services;
/// Attributes in typed JSON, and their two ways to the outside.
pub mod attribute;
/// Traces side by side.
pub mod diff;
/// How long spans took, as counts between bounds.
pub mod distribution;
/// Durations as people write them.
pub mod duration;
/// Errors as RFC 9457 problems, and the one table of codes and statuses.
pub mod error;
/// What happened.
pub mod events;
/// How a statement would be answered.
pub mod explain;
/// What can be asked about, with its most frequent values.
pub mod fields;
/// Instants as people write them, and RFC 3339.
pub mod instant;
/// What is kept beside telemetry, by whoever works by itself.
pub mod keep;
/// The balance sheet of all that came in.
pub mod ledger;
/// Searching log lines.
pub mod logs;
/// Who calls whom.
pub mod map;
/// The envelope of every answer.
pub mod meta;
/// Metrics: catalog, labels, figures over time, exemplars.
pub mod metrics;
/// The closest known name, for hints.
pub mod nearest;
/// The first page.
pub mod overview;
/// What a pasted text names.
pub mod pasted;
/// Patterns of log lines.
pub mod patterns;
/// The name by which a question is found in logs and cancelled.
pub mod query_id;
/// A half-open range of time.
pub mod range;
/// What stands behind a pasted text.
pub mod resolve;
/// What can be asked in SQL: tables, columns, functions.
pub mod schema;
/// The search grammar.
pub mod search;
/// What a page begins with, and what was refused.
pub mod server;
/// One service.
pub mod service;
/// The list of services.
pub mod services;
/// A whole trace as parallel arrays.
pub mod skeleton;
/// What a set of spans is made of.
pub mod spans;
/// SQL and its answers.
pub mod sql;
/// Saved views, preferences, shared addresses.
pub mod stored;
/// The state of the server: status, segments, settling, running queries.
pub mod system;
/// Following log lines as they come in.
pub mod tail;
/// One trace with all its spans.
pub mod trace;
/// The logs of one trace, and the log row.
pub mod trace_logs;
/// Searching traces.
pub mod traces;
/// Rate, errors and durations over time.
pub mod traffic;
/// The spans of a trace as a tree.
pub mod tree;
/// Why a search found nothing.
pub mod why;
/// How ids, instants and wide integers are written in JSON.
pub mod wire;
