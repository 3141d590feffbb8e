//! Sums over spans that dashboards, the map and alerts ask for: rate, errors and durations, and who called
//! whom.
//!
//! Rows of spans come in ([`Taker`]) and become additive sums ([`Sums`]). What a span counts as depends on
//! its parent, which may lie in another buffer or file; a span that needs one that is not there stays open
//! ([`Sums::part`]), and whoever has all parts counts the open spans of all together ([`Sums::rest`]). The
//! sums of the parts and of the rest are the sums of the whole.

/// How many spans some spans stand for.
mod adjusted;
/// Sums by bucket and key.
mod buckets;
/// Rows of sums with less in their keys.
mod condense;
/// Who called whom.
mod family;
/// What sums are told apart by.
mod keys;
/// Numbers for what is shared.
mod numbers;
/// Open spans as rows, and back.
mod open;
/// Rows of sums in longer buckets.
mod roll;
/// Distributions of durations.
pub mod sketch;
/// What is known of a span.
mod span;
/// Additive sums.
mod sums;
/// Sums as rows of the public tables.
mod table;
/// Rows of spans to spans.
mod take;
/// What is summed.
mod times;
/// What attributes say.
mod told;
/// Open spans, and who tells what they count as.
mod waiting;

pub use condense::condensed;
pub use open::{open_batch, open_spans};
pub use roll::rolled;
pub use sketch::{Heap, Sketch};
pub use span::{Kind, Label, Owner, Span, SpanKey, StatusClass, Target};
pub use sums::{Sums, Uncounted};
pub use table::Aggregate;
pub use take::{COLUMNS, Taker};
pub use told::{KEYS, Told};
pub use waiting::{Shared, Waiting};

/// How far from a span, in nanoseconds, the other half of a call is looked for.
pub const REACH: i64 = 10 * daymark_model::time::Nanos::MINUTE;

/// Rows that are not what they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(pub String);

pub type Result<T> = std::result::Result<T, Error>;

impl From<arrow::error::ArrowError> for Error {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self(error.to_string())
    }
}
