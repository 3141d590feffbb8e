//! What the decoder promises, seen from outside: the rows it makes of bodies, and that no body harms it.
#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect has failed")]

/// Nesting without end, in both formats.
mod bombs;
/// The decoder against the oracle, on valid and on damaged bodies.
mod differential;
/// Bodies others recorded.
mod fixtures;
/// What JSON adds.
mod json;
/// What the generated message types say the rows should be.
mod oracle;
/// Random requests.
mod requests;
/// Rows as JSON values, to compare and to look into.
mod rows;
/// Each rule by which a record is mended or rejected.
mod salvage;
