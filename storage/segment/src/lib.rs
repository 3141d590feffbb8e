//! The immutable segment folder: rows as Parquet, the indexes derived from them, and proof that both are whole.
//!
//! Rows come in as Arrow batches ([`write()`]) or from other segments ([`merge()`]) and go out through
//! [`Segment`]. The rows are the truth; every other file of a folder can be rebuilt from them. Bytes that
//! fail their checksum never become an answer. The format is told in docs/formats/segment.md.

/// Sums over spans.
mod aggregates;
/// The attributes of a row and their JSON text.
mod attributes;
/// Split-block Bloom filter.
mod bloom;
/// From attribute values to blocks: `attrs.bf`.
mod blooms;
/// The little-endian bytes of index files.
mod codec;
/// What unpacks pages.
mod codecs;
/// Writing `data.parquet`.
mod data;
/// What follows from the rows: indexes built anew, compared and restored.
mod derived;
/// `resources.parquet` and `series.parquet`.
mod described;
/// Why a segment could not be written or read.
mod error;
/// Files of a folder that is being written.
mod folder;
/// The indexes of a run of rows.
mod index;
/// Where the sums of each service lie.
mod key_runs;
/// Rows that come long after those around them.
mod late;
/// Stored columns: Parquet field ids, encodings, compression.
mod layout;
/// Merging segments.
mod merge;
/// What a segment is and what its files are: `meta.json`.
mod meta;
/// The header of a page.
mod page_header;
/// Checksums of pages, and the page-checking source of every read.
mod pages;
/// Which services have rows, and when.
mod presence;
/// What a reader asks for, whatever holds the rows.
mod projection;
/// Sets of row numbers.
mod ranges;
/// Reading rows of an open segment.
mod read;
/// What is kept between reads.
mod read_cache;
/// Sums that outlive their spans.
mod rolled;
/// The pages of one read.
mod row_groups;
/// An open segment.
mod segment;
/// The attribute set of rows that are read.
mod set;
/// Severity texts that only repeat the number.
mod severity;
/// The slowest rows of each service and name.
mod slowest;
/// The texts of a row that words are searched in.
mod texts;
/// From trace id to rows: `trace.idx` and `trace.bf`.
mod trace;
/// Typed JSON of the attribute set, taken apart.
mod typed_json;
/// All values of columns that have few.
mod value_sets;
/// From time, service, name and errors to blocks and rows: `values.idx`.
mod values;
/// Checking a folder against its checksums and its rows.
mod verify;
/// From words and phrases to rows: `words.rows`, `words.idx`, `tokens.bf`.
mod words;
/// Writing a level 0 segment.
mod write;

pub use aggregates::{Beside, spans_of_rows};
pub use derived::{is_derived, rebuild};
pub use error::{Error, Result};
pub use merge::{Around, Input, MergeStats, merge};
pub use meta::{FileMeta, Level, LsnRange, Meta, OwnColumn, Spec, Window};
pub use projection::Projection;
pub use ranges::RowRanges;
pub use read::Rows;
pub use read_cache::ReadCache;
pub use rolled::roll;
pub use segment::{Block, Segment};
pub use texts::EXCEPTION_MESSAGE;
pub use values::{AttributeIs, Index, Predicate};
pub use verify::{Finding, verify};
pub use write::write;
