//! A store from outside: what it acknowledged is there, once, whatever happened in between.
#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect has failed")]

/// A store in a folder of its own, fed by the workload.
mod estate;

/// A copy taken under load.
mod backup;
/// A damaged catalog is refused and made anew.
mod catalog;
/// A damaged directory is answered as far as it is whole.
mod damage;
/// An erased trace stays away.
mod erase;
/// One changed byte anywhere.
mod flips;
/// Merged segments hold the same rows, each once.
mod merge;
/// More comes in than the store can follow.
mod pace;
/// A batch that comes again is answered and not stored again.
mod repeat;
/// What is old goes, whole segments at a time, and stays away.
mod retain;
/// Only so many metric series.
mod series;
/// Rows of a stream are kept for their own time.
mod streams;
/// Acknowledged means visible, also after a crash, a flush and a restart.
mod survive;
/// A full disk refuses and loses nothing.
mod tight;
/// A span that is sent again is stored once.
mod twice;
/// Windows of many rows, and what comes late for them.
mod windows;
