//! The real process on a real kernel whose disk fails, fills up, or loses power: nothing that was acknowledged
//! is lost, nothing is acknowledged that could be.

/// A file system of its own, gone when the test ends.
mod mounted;
/// The power goes while the server writes.
mod power;
/// The disk is full, and has space again.
mod space;
/// The disk says that a sync failed.
mod sync;
