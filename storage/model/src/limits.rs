//! Every limit of the product by name. Those with a config key are defaults; the others are fixed.
//!
//! What happens at each limit is told in docs/operating.md; each is tested.

use std::time::Duration;

pub const KIB: usize = 1 << 10;
pub const MIB: usize = 1 << 20;
pub const GIB: usize = 1 << 30;

/// Limits of the intake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntakeLimits {
    /// Bytes of a request as sent.
    pub request_wire_bytes: usize,
    /// Bytes of a request after decompression.
    pub request_raw_bytes: usize,
    /// A body that grows by more than this factor is a bomb …
    pub ratio_max: usize,
    /// … once it is larger than this.
    pub ratio_from_bytes: usize,
    /// Bytes of all requests that are being read, decoded or waiting for their fsync.
    pub in_flight_bytes: usize,
    pub connections: usize,
    pub connections_per_peer: usize,
    /// How long a request waits for room before it is shed.
    pub wait: Duration,
    pub header_read: Duration,
    pub body_idle: Duration,
    pub keep_alive_idle: Duration,
}

impl Default for IntakeLimits {
    fn default() -> Self {
        Self {
            request_wire_bytes: 64 * MIB,
            request_raw_bytes: 64 * MIB,
            ratio_max: 250,
            ratio_from_bytes: 8 * MIB,
            in_flight_bytes: 512 * MIB,
            connections: 10_000,
            connections_per_peer: 1_000,
            wait: Duration::from_secs(2),
            header_read: Duration::from_secs(10),
            body_idle: Duration::from_secs(30),
            keep_alive_idle: Duration::from_secs(120),
        }
    }
}

/// What the limits of a request may be set to: it becomes one record of the log.
pub const REQUEST_BYTES_MAX: usize = GIB;
/// A request body that stays behind this rate for longer than `body_idle` is given up.
pub const BODY_BYTES_PER_SECOND_MIN: usize = KIB;
/// How long requests in flight may take to finish when the server stops.
pub const DRAIN: Duration = Duration::from_secs(20);

pub const HTTP2_STREAMS: u32 = 256;
pub const HTTP2_HEADER_LIST_BYTES: u32 = 16 * 1024;
pub const HTTP2_FRAME_BYTES: u32 = 1 << 20;

/// Bytes of an answer to an export; the error message is trimmed first.
pub const EXPORT_ANSWER_BYTES: usize = 4 * MIB;

/// Nesting of attribute values that is kept as structure; below it stands JSON text.
pub const VALUE_DEPTH: usize = 32;
/// Nesting that is kept as JSON text; below it stands a marker.
pub const VALUE_DEPTH_TEXT: usize = 64;
pub const DEPTH_MARKER: &str = "…depth";
pub const ATTRIBUTES: usize = 1_024;
pub const ATTRIBUTE_KEY_BYTES: usize = KIB;
/// Longer values are stored but not indexed.
pub const VALUE_INDEXED_BYTES: usize = 64 * KIB;
/// Longer values, log bodies among them, are cut and end with [`CUT_MARKER`].
pub const VALUE_BYTES: usize = MIB;
pub const CUT_MARKER: &str = "…cut";
pub const EVENTS: usize = 1_024;
pub const LINKS: usize = 1_024;
/// The records of one batch, each counted with the texts of its scope and metric that its row repeats.
/// Written out they grow at most eightfold, so that no column of a batch reaches 2 GiB.
pub const BATCH_TEXT_BYTES: usize = 240 * MIB;

/// A row dated further ahead than this is stored under its receive time.
pub const FUTURE: Duration = Duration::from_secs(600);
/// Metric series that a tenant may have at a time; points of others are refused.
pub const ACTIVE_SERIES: usize = 1_000_000;
/// Retention streams of a tenant.
pub const STREAMS: usize = 32;
/// Ledger sources of a tenant; further ones are counted as `other`.
pub const LEDGER_SOURCES: usize = 1_000;

/// How long and how many batches are remembered to recognise a resent one.
pub const BATCH_MEMORY: Duration = Duration::from_secs(600);
pub const BATCH_MEMORY_KEYS: usize = 1_000_000;

/// One WAL file.
pub const WAL_FILE_BYTES: u64 = 64 << 20;
/// What one group commit writes at most.
pub const WAL_GROUP_BYTES: usize = 8 * MIB;
/// Identity bodies over this are kept lz4-compressed.
pub const WAL_COMPRESS_FROM_BYTES: usize = 4 * KIB;
/// Released WAL files that are kept for reuse.
pub const WAL_SPARE_FILES: usize = 4;
/// At ack level `os`: how long written records wait for their fsync.
pub const WAL_SYNC_BEHIND: Duration = Duration::from_millis(200);

/// Rows of a frozen chunk of a buffer.
pub const CHUNK_ROWS: usize = 16_384;
/// A buffer of this size is flushed …
pub const FLUSH_BYTES: usize = 128 * MIB;
/// … and at the latest after this time.
pub const FLUSH_AFTER: Duration = Duration::from_secs(60);
/// Buffers that wait for their flush may hold this much before the intake waits.
pub const BUFFERS_BYTES: usize = 256 * MIB;

/// Unmerged segments of one kind from which on the intake is slowed.
pub const L0_SEGMENTS: usize = 64;

/// Rows of a merged segment, as far as their times differ: a merge takes some 40 bytes of memory a row.
pub const SEGMENT_ROWS: usize = 4_000_000;

/// Rows of a block, the unit of indexes: one page of each flat column.
pub const BLOCK_ROWS: usize = 4_096;
pub const BLOCK_ROWS_LOGS: usize = 1_024;
pub const ROW_GROUP_ROWS_L0: usize = 65_536;
pub const ROW_GROUP_ROWS: usize = 262_144;
/// Attribute keys of a segment with a column of their own.
pub const OWN_COLUMNS: usize = 200;

/// Limits of one query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryLimits {
    pub wall: Duration,
    /// Wall time of the streamed SQL formats.
    pub wall_streamed: Duration,
    pub memory_bytes: usize,
    /// Memory that all queries may use together.
    pub pool_bytes: usize,
    /// Rows of an answer in one piece.
    pub rows: usize,
    /// Rows of a streamed answer.
    pub rows_streamed: usize,
    /// Bytes that one query may read, as they lie on disk.
    pub scanned_bytes: u64,
    pub concurrency: usize,
    /// Spans of a trace in one JSON answer.
    pub trace_spans: usize,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self {
            wall: Duration::from_secs(30),
            wall_streamed: Duration::from_secs(600),
            memory_bytes: GIB,
            pool_bytes: 2 * GIB,
            rows: 100_000,
            rows_streamed: 5_000_000,
            scanned_bytes: 100 << 30,
            concurrency: 16,
            trace_spans: 250_000,
        }
    }
}

pub const SQL_TEXT_BYTES: usize = 64 * KIB;
pub const SQL_TOKENS: usize = 5_000;
pub const SQL_OPERATOR_CHAIN: usize = 400;
pub const SQL_DEPTH: usize = 50;
/// Text that one call of a growing function such as `repeat` may make.
pub const SQL_FUNCTION_TEXT_BYTES: usize = MIB;
pub const SQL_FUNCTION_ELEMENTS: usize = 100_000;
/// A JSON request to the API.
pub const API_BODY_BYTES: usize = MIB;
