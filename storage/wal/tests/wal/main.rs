//! The log against a faulty file system: what was acknowledged is replayed, whatever happens.

/// A log on a faulty file system, and records to tell apart.
#[cfg(test)]
mod world;

/// The bytes of format version 1.
#[cfg(test)]
mod golden;

/// Groups, files, levels, stats: the log when nothing fails.
#[cfg(test)]
mod behaviour;

/// Cut, flipped and missing bytes.
#[cfg(test)]
mod damage;

/// Every operation fails once; crashes follow.
#[cfg(test)]
mod faults;

/// Random histories against a simple model.
#[cfg(test)]
mod model;
