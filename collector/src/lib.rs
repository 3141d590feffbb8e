//! Bytes from the wire become admitted batches.
//!
//! In come OTLP exports over gRPC and HTTP; out go [`daymark_model::intake::Admitted`] batches, one for each
//! request that was whole, within the limits and well formed. The bytes stay undecoded: this package counts
//! the items of a body and nothing more. What must stay true: memory is bounded by what has arrived, not by
//! what was promised; every request that did not become a batch is told to the ledger with its reason; a
//! success is answered only after the intake has said that the batch is durable and visible.

/// From the bytes of one request to one batch: room, decompression, count, hand-over.
mod admit;
/// Why a request is refused, and how that is said in gRPC and HTTP.
mod answer;
/// The listeners: connections, HTTP, gRPC.
pub mod receive;
/// The bodies of answers, in protobuf and JSON.
mod status;

pub use receive::Receivers;
