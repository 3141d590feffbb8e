//! The wire side of the measurements against a server that is not one: it answers what the test says and
//! keeps what it was sent. A real server is measured, not tested, by this package.

/// Answers of the API, right and wrong.
mod api;
/// The server that answers from a list.
mod canned;
/// Exports on their way.
mod sending;
