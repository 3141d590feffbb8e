//! The table of the ledger.

use super::{PublicTable, Type, stored};

pub const LEDGER: PublicTable = PublicTable {
    name: "ledger",
    comment: "What became of every item received, per minute.",
    rows: None,
    parts: &[&[
        stored("bucket", Type::Time, "start of the minute"),
        stored("source", Type::Dict, "where the items came in"),
        stored("signal", Type::Dict, "spans, logs, metrics"),
        stored(
            "item",
            Type::Dict,
            "received, accepted, rejected, modified, deduplicated, expired, deleted, lost, live, in_flight",
        ),
        stored("reason", Type::Dict, "why").or_null(),
        stored("items", Type::U64, "items"),
        stored("bytes", Type::U64, "bytes"),
    ]],
};
