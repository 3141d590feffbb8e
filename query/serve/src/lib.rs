//! The HTTP API over an [`Ask`](daymark_view::ask::Ask): one router, no engine.
//!
//! A request becomes a checked question, the answer becomes an envelope or a stream, and every failure
//! becomes an RFC 9457 problem. Nothing here knows how an answer is found. A request that is closed early
//! drops its question's future, which stops the work.

/// Which media type the client wants.
mod accept;
/// Envelopes, lines, problems.
mod answer;
/// What a route knows of its request.
mod asked;
/// JSON bodies, unknown keys refused.
mod body;
/// What failed in browsers.
mod client_errors;
/// What every request gets: an id, the guards, the headers, an answer even after a panic.
mod dress;
/// A trace in the formats of others.
mod foreign;
/// Who may ask: the checks of `Host` and `Origin`.
mod guard;
/// Accepting connections, serving them, stopping.
mod listen;
/// What the binary decides about the API.
mod options;
/// A trace as OTLP/JSON.
mod otlp;
/// Long answers, page after page.
mod pages;
/// Query parameters, unknown ones refused.
mod params;
/// Figures in the Prometheus text format.
mod prometheus;
/// Which call goes where, and what all calls share.
mod router;
/// The calls, a file for each noun.
mod routes;
/// Whose data a request is about.
mod tenants;

pub use listen::serve;
pub use options::{IntakeDoors, Options, Ui, UiFile};
