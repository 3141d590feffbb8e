//! Measures a whole server from outside: it is started as a process, loaded over the wire, asked over HTTP,
//! and judged by the exact truth of the load. Every figure is printed and kept as one line of JSON.

/// How long a client waits until its spans are durable.
pub mod ack;
pub mod api;
/// The server's own API, as far as it is measured.
mod askers;
/// How long calls about services and the map take.
mod calls;
/// Plain HTTP over connections that stay open.
pub mod client;
/// How long this disk takes to make four KiB durable.
pub mod disk;
/// What was measured, and how it is told.
pub mod figure;
/// How much a CPU second stores, and what it takes on disk.
pub mod ingest;
/// Many requests on their way: senders, rates, retries.
pub mod load;
/// The shape of the load itself.
pub mod made;
/// What the kernel says about a process and a folder.
pub mod process;
/// How long questions take.
pub mod query;
/// How soon a killed server is back, and that it has lost nothing.
pub mod restart;
/// What watching costs.
pub mod rules;
/// Many durations, and their quantiles.
pub mod samples;
/// One request on its way: compressed, sent, answered.
pub mod sender;
/// The server as a process of its own.
pub mod server;
/// What every measurement is told on the command line.
pub mod setting;
/// Whether the server's answers are the truth.
pub mod verify;
