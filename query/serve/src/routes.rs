//! The calls of the API, a file for each noun. Each checks its input, asks, and writes the answer.

/// Rules, silences, channels.
pub(crate) mod alert_objects;
/// Alerts as they stand and stood.
pub(crate) mod alerts;
/// Traces side by side.
pub(crate) mod diff;
/// What stands at `/` until there is a page.
pub(crate) mod front;
/// Where senders send to, and who does.
pub(crate) mod intake;
/// The balance sheet.
pub(crate) mod ledger;
/// What lines have, and their patterns.
pub(crate) mod logs;
/// The service map.
pub(crate) mod map;
/// Metrics: catalog, labels, figures, exemplars.
pub(crate) mod metrics;
/// The first page, traffic, events.
pub(crate) mod overview;
/// Liveness, readiness, our own metrics.
pub(crate) mod probes;
/// Queries that run now.
pub(crate) mod queries;
/// What a pasted text means.
pub(crate) mod resolve;
/// Searches of people.
pub(crate) mod search;
/// What a page begins with, and what was refused.
pub(crate) mod server;
/// One service.
pub(crate) mod service;
/// The list of services.
pub(crate) mod services;
/// Traces too large to be sent whole.
pub(crate) mod skeleton;
/// What sets of spans are made of.
pub(crate) mod spans;
/// SQL and its schema.
pub(crate) mod sql;
/// Saved views, preferences, shared addresses.
pub(crate) mod stored;
/// Status, segments, settling.
pub(crate) mod system;
/// Lines as they come in.
pub(crate) mod tail;
/// One trace, its logs, its deletion.
pub(crate) mod traces;
/// The files of the web UI.
pub(crate) mod ui;
/// Why a search found nothing.
pub(crate) mod why;
