//! What the engine relies on: rows come back as they were written, indexes never hide one, damage is found.

#![expect(clippy::unwrap_used, reason = "tests")]

/// The set of attributes.
mod attribute_set;
/// Predicates and trace ids against a scan.
mod candidates;
/// Flipped bytes.
mod damage;
/// A written and opened segment.
mod folder;
/// Footer: encodings, field ids, pages.
mod footer;
/// Several segments become one.
mod merging;
/// Pages against the reader of the Parquet crate.
mod pages;
/// Lines that others recorded.
mod recorded;
/// Rows out equal rows in.
mod round_trip;
/// Random rows of every table.
mod rows;
/// Sums over spans.
mod sums;
/// Words against a scan.
mod words;
