//! Quality bits of a stored row: what had to be changed or was odd about it.

use crate::reason::Modified;

pub const CLOCK_SKEW: u32 = 1;
pub const NEGATIVE_DURATION: u32 = 2;
pub const UTF8_REPAIRED: u32 = 4;
pub const VALUE_TRUNCATED: u32 = 8;
pub const ATTR_DROPPED: u32 = 16;
pub const ATTR_DUPLICATE_KEY: u32 = 32;
pub const REDACTED: u32 = 64;
/// Zipkin's `shared`: client and server use one span id.
pub const SHARED_SPAN_ID: u32 = 128;
pub const DEPTH_CUT: u32 = 256;

const NAMES: [(u32, &str); 9] = [
    (CLOCK_SKEW, "clock_skew"),
    (NEGATIVE_DURATION, "negative_duration"),
    (UTF8_REPAIRED, "utf8_repaired"),
    (VALUE_TRUNCATED, "value_truncated"),
    (ATTR_DROPPED, "attr_dropped"),
    (ATTR_DUPLICATE_KEY, "attr_duplicate_key"),
    (REDACTED, "redacted"),
    (SHARED_SPAN_ID, "shared_span_id"),
    (DEPTH_CUT, "depth_cut"),
];

/// The names of the bits that are set.
pub fn names(bits: u32) -> impl Iterator<Item = &'static str> {
    NAMES.into_iter().filter(move |(bit, _)| bits & bit != 0).map(|(_, name)| name)
}

/// The ledger's counters that a row with these bits adds one to.
pub fn modifications(bits: u32) -> impl Iterator<Item = Modified> {
    names(bits).filter_map(Modified::from_name)
}
