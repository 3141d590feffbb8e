//! What lies between the bytes of a request and a batch: room for them, their decompression, the count of
//! their items and the hand-over.

/// One request on its way to becoming a batch.
pub(crate) mod arrival;
/// Decompression that stops at the limits.
pub(crate) mod inflate;
/// The bytes that all requests together may hold.
pub(crate) mod room;
/// Who sends what.
pub(crate) mod visitors;
