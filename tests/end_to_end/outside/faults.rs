//! The real process on a real kernel whose disk fails, fills up, or loses power: nothing that was acknowledged
//! is lost, nothing is acknowledged that could be.

/// The disk says that a sync failed.
mod sync;
