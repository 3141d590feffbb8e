//! Every public SQL table as plain constants: the promise that queries, segments and documents are built from.
//!
//! Columns are only ever appended, never renamed or retyped, because a column's place is its Parquet field
//! id. A computed column uses up its number although no file holds it.

use crate::signal::Table;

/// Alerts.
mod alerts;
/// The ledger.
mod ledger;

pub use alerts::{ALERT_EVENTS, ALERTS};
pub use ledger::LEDGER;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Text,
    /// Text of few distinct values, kept dictionary-encoded.
    Dict,
    Bool,
    U8,
    U32,
    U64,
    I32,
    I64,
    F64,
    /// An instant in ns, UTC.
    Time,
    /// A trace id.
    Id16,
    /// A span id.
    Id8,
    /// Text that is JSON.
    Json,
    Bytes,
    List(&'static Type),
    Struct(&'static [Column]),
}

impl Type {
    /// The word of the documentation and of answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Dict => "dict",
            Self::Bool => "bool",
            Self::U8 => "u8",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F64 => "f64",
            Self::Time => "time",
            Self::Id16 => "id16",
            Self::Id8 => "id8",
            Self::Json => "json",
            Self::Bytes => "bytes",
            Self::List(_) => "list",
            Self::Struct(_) => "struct",
        }
    }
}

/// Where the values of a column come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Stored with the row.
    Stored,
    /// Stored once per resource or series and joined.
    Joined,
    /// Made when it is asked for.
    Computed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub kind: Type,
    pub nullable: bool,
    pub origin: Origin,
    pub meaning: &'static str,
}

impl Column {
    const fn new(name: &'static str, kind: Type, origin: Origin, meaning: &'static str) -> Self {
        Self { name, kind, nullable: false, origin, meaning }
    }

    /// The same column, which a row may leave empty.
    const fn or_null(mut self) -> Self {
        self.nullable = true;
        self
    }
}

/// A table that SQL can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicTable {
    pub name: &'static str,
    pub comment: &'static str,
    /// Groups of columns, one after the other.
    parts: &'static [&'static [Column]],
    /// The rows behind it; none for aggregates and the ledger.
    pub rows: Option<Table>,
}

impl PublicTable {
    /// The columns with their Parquet field ids.
    pub fn columns(&self) -> impl Iterator<Item = (i32, &'static Column)> {
        (1..).zip(self.parts.iter().flat_map(|part| part.iter()))
    }

    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns().map(|(_, column)| column).find(|column| column.name == name)
    }

    /// The public table of stored rows.
    pub fn of(rows: Table) -> &'static Self {
        match rows {
            Table::Spans => &SPANS,
            Table::Logs => &LOGS,
            Table::Points => &METRIC_POINTS,
            Table::Histograms => &METRIC_HISTOGRAMS,
            Table::ExpHistograms => &METRIC_EXP_HISTOGRAMS,
            Table::Summaries => &METRIC_SUMMARIES,
            Table::Exemplars => &EXEMPLARS,
        }
    }
}

/// Parquet field ids of columns that exist only in files.
pub const ATTRS_FIELD: i32 = 901;
pub const ATTRS_REST_FIELD: i32 = 902;
pub const OBSERVED_DELTA_FIELD: i32 = 904;

const fn stored(name: &'static str, kind: Type, meaning: &'static str) -> Column {
    Column::new(name, kind, Origin::Stored, meaning)
}

const fn joined(name: &'static str, kind: Type, meaning: &'static str) -> Column {
    Column::new(name, kind, Origin::Joined, meaning)
}

const fn computed(name: &'static str, kind: Type, meaning: &'static str) -> Column {
    Column::new(name, kind, Origin::Computed, meaning)
}

const NAMESPACE: Column = joined("namespace", Type::Dict, "service.namespace").or_null();
const INSTANCE: Column =
    joined("instance", Type::Dict, "service.instance.id, else host.name, else k8s.pod.name").or_null();
const ENV: Column =
    joined("env", Type::Dict, "deployment.environment.name, else deployment.environment").or_null();
const VERSION: Column = joined("version", Type::Dict, "service.version").or_null();
const SERVICE: Column = stored("service", Type::Dict, "service.name, else unknown_service");
const SCOPE_NAME: Column = stored("scope_name", Type::Dict, "instrumentation scope").or_null();
const SCOPE_VERSION: Column = stored("scope_version", Type::Dict, "version of the scope").or_null();
const RESOURCE_ID: Column = stored("resource_id", Type::U64, "xxh3-64 of the canonical resource");
const RESOURCE: Column = joined("resource", Type::Json, "all resource attributes, typed");
const DROPPED_ATTRIBUTES: Column =
    stored("dropped_attributes", Type::U32, "as told by the SDK, plus those dropped here");
const SOURCE: Column = stored("source", Type::Dict, "where it came in");
const TIER: Column = stored("tier", Type::Dict, "trust tier: internal, edge, rum");
const STREAM: Column = stored("stream", Type::Dict, "retention stream");
const QUALITY: Column = stored(
    "quality",
    Type::U32,
    "bits: 1 clock_skew, 2 negative_duration, 4 utf8_repaired, 8 value_truncated, 16 attr_dropped, \
     32 attr_duplicate_key, 64 redacted, 128 shared_span_id, 256 depth_cut",
);
const SCOPE_ATTRIBUTES: Column =
    stored("scope_attributes", Type::Json, "attributes of the scope, typed").or_null();
const SCHEMA_URL: Column = stored("schema_url", Type::Dict, "of the scope, else of the resource").or_null();

/// A span event.
pub const EVENT: &[Column] = &[
    stored("time", Type::Time, "when it happened"),
    stored("name", Type::Text, "event name"),
    stored("attributes", Type::Json, "typed"),
];

/// A span link.
pub const LINK: &[Column] = &[
    stored("trace_id", Type::Id16, "the trace linked to"),
    stored("span_id", Type::Id8, "the span linked to"),
    stored("trace_state", Type::Text, "W3C tracestate").or_null(),
    stored("attributes", Type::Json, "typed"),
];

/// A quantile of a summary.
pub const QUANTILE: &[Column] =
    &[stored("quantile", Type::F64, "0..1"), stored("value", Type::F64, "value at the quantile")];

pub const SPANS: PublicTable = PublicTable {
    name: "spans",
    comment: "One row per span.",
    rows: Some(Table::Spans),
    parts: &[&[
        stored("trace_id", Type::Id16, "64-bit ids are left-padded with zeros"),
        stored("span_id", Type::Id8, "id of the span"),
        stored("parent_span_id", Type::Id8, "null at a root").or_null(),
        stored("trace_state", Type::Text, "W3C tracestate").or_null(),
        stored("flags", Type::U32, "OTLP flags, all bits as received"),
        SERVICE,
        NAMESPACE,
        INSTANCE,
        ENV,
        VERSION,
        stored("name", Type::Dict, "span name (the operation)"),
        stored("kind", Type::Dict, "unspecified, internal, server, client, producer, consumer"),
        stored("start", Type::Time, "start of the span"),
        stored("duration_ns", Type::I64, "end minus start, never negative"),
        computed("end_time", Type::Time, "start + duration_ns"),
        stored("status", Type::Dict, "unset, ok, error"),
        stored("status_message", Type::Text, "message of the status").or_null(),
        SCOPE_NAME,
        SCOPE_VERSION,
        RESOURCE_ID,
        RESOURCE,
        computed("attributes", Type::Json, "all span attributes, typed"),
        stored("events", Type::List(&Type::Struct(EVENT)), "span events"),
        stored("links", Type::List(&Type::Struct(LINK)), "span links"),
        DROPPED_ATTRIBUTES,
        stored("dropped_events", Type::U32, "events dropped by the SDK, plus those dropped here"),
        stored("dropped_links", Type::U32, "links dropped by the SDK, plus those dropped here"),
        stored("peer", Type::Dict, "who a client or producer span called").or_null(),
        SOURCE,
        TIER,
        STREAM,
        QUALITY,
        stored("adjusted_count", Type::F64, "how many spans this one stands for; 1 when unsampled"),
        SCOPE_ATTRIBUTES,
        SCHEMA_URL,
    ]],
};

pub const LOGS: PublicTable = PublicTable {
    name: "logs",
    comment: "One row per log record.",
    rows: Some(Table::Logs),
    parts: &[&[
        stored("time", Type::Time, "event time, else observed time, else receive time"),
        computed("observed_time", Type::Time, "when it was first observed").or_null(),
        computed("severity", Type::Dict, "unset, trace, debug, info, warn, error, fatal"),
        stored("severity_number", Type::U8, "0..24"),
        stored("severity_text", Type::Dict, "as received").or_null(),
        SERVICE,
        NAMESPACE,
        INSTANCE,
        ENV,
        VERSION,
        stored("body", Type::Text, "text; a structured body as JSON text").or_null(),
        stored("body_kind", Type::Dict, "text, json, bytes (base64), none"),
        stored("trace_id", Type::Id16, "the trace it belongs to").or_null(),
        stored("span_id", Type::Id8, "the span it belongs to").or_null(),
        stored("flags", Type::U32, "OTLP flags"),
        stored("event_name", Type::Dict, "name of the event").or_null(),
        SCOPE_NAME,
        SCOPE_VERSION,
        RESOURCE_ID,
        RESOURCE,
        computed("attributes", Type::Json, "all log attributes, typed"),
        DROPPED_ATTRIBUTES,
        stored("template_id", Type::U64, "hash of the body's shape: log patterns").or_null(),
        SOURCE,
        TIER,
        STREAM,
        QUALITY,
        computed("log_id", Type::Text, "<time ns>-<16 hex>: a permalink"),
        SCOPE_ATTRIBUTES,
        SCHEMA_URL,
    ]],
};

const POINT_HEAD: &[Column] = &[
    joined("metric", Type::Dict, "name as received"),
    joined("type", Type::Dict, "gauge, sum, histogram, exp_histogram, summary"),
    joined("unit", Type::Dict, "as received").or_null(),
    joined("temporality", Type::Dict, "cumulative, delta, unspecified"),
    joined("monotonic", Type::Bool, "false except for monotonic sums"),
    stored("series_id", Type::U64, "xxh3-64 of what makes the series"),
    joined("service", Type::Dict, "service.name, else unknown_service"),
    NAMESPACE,
    INSTANCE,
    ENV,
    VERSION,
    joined("scope_name", Type::Dict, "instrumentation scope").or_null(),
    joined("attributes", Type::Json, "attributes of the series, typed"),
    joined("resource_id", Type::U64, "xxh3-64 of the canonical resource"),
    RESOURCE,
    stored("start", Type::Time, "start of the accumulation").or_null(),
    stored("time", Type::Time, "time of the data point"),
    stored("flags", Type::U32, "bit 0 = no recorded value"),
    SOURCE,
    STREAM,
];

const POINT_TAIL: &[Column] = &[
    joined("scope_attributes", Type::Json, "attributes of the scope, typed").or_null(),
    joined("schema_url", Type::Dict, "of the scope, else of the resource").or_null(),
];

const DISTRIBUTION: &[Column] = &[
    stored("count", Type::U64, "number of values"),
    stored("sum", Type::F64, "sum of the values").or_null(),
    stored("min", Type::F64, "smallest value").or_null(),
    stored("max", Type::F64, "largest value").or_null(),
];

pub const METRIC_POINTS: PublicTable = PublicTable {
    name: "metric_points",
    comment: "One row per data point of a gauge or sum.",
    rows: Some(Table::Points),
    parts: &[
        POINT_HEAD,
        &[
            computed("value", Type::F64, "either kind of value as a double").or_null(),
            stored("value_f64", Type::F64, "value sent as a double").or_null(),
            stored("value_i64", Type::I64, "value sent as an integer").or_null(),
        ],
        POINT_TAIL,
    ],
};

pub const METRIC_HISTOGRAMS: PublicTable = PublicTable {
    name: "metric_histograms",
    comment: "One row per data point of a histogram.",
    rows: Some(Table::Histograms),
    parts: &[
        POINT_HEAD,
        DISTRIBUTION,
        &[
            stored("bounds", Type::List(&Type::F64), "upper bounds of the buckets"),
            stored("counts", Type::List(&Type::U64), "values in each bucket"),
        ],
        POINT_TAIL,
    ],
};

pub const METRIC_EXP_HISTOGRAMS: PublicTable = PublicTable {
    name: "metric_exp_histograms",
    comment: "One row per data point of an exponential histogram.",
    rows: Some(Table::ExpHistograms),
    parts: &[
        POINT_HEAD,
        DISTRIBUTION,
        &[
            stored("scale", Type::I32, "resolution"),
            stored("zero_count", Type::U64, "values that count as zero"),
            stored("zero_threshold", Type::F64, "width of the zero bucket"),
            stored("positive_offset", Type::I32, "index of the first positive bucket"),
            stored("positive_counts", Type::List(&Type::U64), "values in each positive bucket"),
            stored("negative_offset", Type::I32, "index of the first negative bucket"),
            stored("negative_counts", Type::List(&Type::U64), "values in each negative bucket"),
        ],
        POINT_TAIL,
    ],
};

pub const METRIC_SUMMARIES: PublicTable = PublicTable {
    name: "metric_summaries",
    comment: "One row per data point of a summary.",
    rows: Some(Table::Summaries),
    parts: &[
        POINT_HEAD,
        &[
            stored("count", Type::U64, "number of values"),
            stored("sum", Type::F64, "sum of the values"),
            stored("quantiles", Type::List(&Type::Struct(QUANTILE)), "quantiles as sent"),
        ],
        POINT_TAIL,
    ],
};

pub const EXEMPLARS: PublicTable = PublicTable {
    name: "exemplars",
    comment: "Single measurements that point from a metric to a trace.",
    rows: Some(Table::Exemplars),
    parts: &[&[
        stored("metric", Type::Dict, "name of the metric"),
        stored("series_id", Type::U64, "series of the data point"),
        stored("time", Type::Time, "when it was measured"),
        stored("value", Type::F64, "the value measured"),
        stored("trace_id", Type::Id16, "the trace it belongs to").or_null(),
        stored("span_id", Type::Id8, "the span it belongs to").or_null(),
        SERVICE,
        stored("attributes", Type::Json, "attributes beyond those of the series, typed"),
    ]],
};

const BUCKET: Column = stored("bucket", Type::Time, "start of the bucket");
const STEP: Column = stored("step_s", Type::I32, "length of the bucket");
const RED_NAMESPACE: Column = stored("namespace", Type::Dict, "service.namespace").or_null();
const RED_ENV: Column = stored("env", Type::Dict, "deployment environment").or_null();
const RED_VERSION: Column = stored("version", Type::Dict, "service.version").or_null();
const RED_COUNT: Column = stored("count", Type::U64, "spans");
const RED_ERRORS: Column = stored("errors", Type::U64, "spans with status error");
const RED_SUM: Column = stored("sum_ns", Type::U64, "sum of the durations");
const SKETCH: Column = stored("sketch", Type::Bytes, "DDSketch of the durations, 1 % error");

pub const RED: PublicTable = PublicTable {
    name: "red",
    comment: "Rate, errors and durations of spans, one row per key and bucket.",
    rows: None,
    parts: &[&[
        BUCKET,
        STEP,
        SERVICE,
        RED_NAMESPACE,
        RED_ENV,
        RED_VERSION,
        stored("name", Type::Dict, "span name (the operation)"),
        stored("kind", Type::Dict, "span kind"),
        stored("entry", Type::Bool, "spans by which calls enter the service"),
        stored("status_class", Type::Dict, "2xx 3xx 4xx 5xx, grpc_<code>, else the span status"),
        stored("peer", Type::Dict, "who was called").or_null(),
        RED_COUNT,
        RED_ERRORS,
        stored("adjusted", Type::F64, "sum of adjusted_count"),
        RED_SUM,
        stored("min_ns", Type::U64, "shortest duration"),
        stored("max_ns", Type::U64, "longest duration"),
        SKETCH,
    ]],
};

pub const RED_INSTANCES: PublicTable = PublicTable {
    name: "red_instances",
    comment: "Rate, errors and durations of entry spans per instance and version.",
    rows: None,
    parts: &[&[
        BUCKET,
        STEP,
        SERVICE,
        RED_NAMESPACE,
        RED_ENV,
        stored("instance", Type::Dict, "service instance").or_null(),
        RED_VERSION,
        RED_COUNT,
        RED_ERRORS,
        RED_SUM,
        SKETCH,
    ]],
};

pub const EDGES: PublicTable = PublicTable {
    name: "edges",
    comment: "Calls between services, one row per key and bucket.",
    rows: None,
    parts: &[&[
        BUCKET,
        STEP,
        stored("client", Type::Dict, "who calls"),
        stored("server", Type::Dict, "who is called"),
        stored("server_kind", Type::Dict, "service, database, queue, external, user"),
        stored("link", Type::Dict, "call, messaging"),
        stored("operation", Type::Dict, "server span name, else client span name"),
        RED_NAMESPACE,
        RED_ENV,
        stored("count", Type::U64, "calls"),
        stored("errors", Type::U64, "calls that failed"),
        stored("client_sum_ns", Type::U64, "sum of the calling spans' durations"),
        stored("client_sketch", Type::Bytes, "DDSketch of the calling spans' durations"),
        stored("server_sum_ns", Type::U64, "sum of the called spans' durations"),
        stored("server_sketch", Type::Bytes, "DDSketch of the called spans' durations"),
        stored("queue_sum_ns", Type::U64, "sum of the time messages waited").or_null(),
        stored("mtls", Type::U64, "calls seen as mutual TLS"),
    ]],
};

pub const SERVICES: PublicTable = PublicTable {
    name: "services",
    comment: "One row per service, namespace and environment ever seen.",
    rows: None,
    parts: &[&[
        SERVICE,
        RED_NAMESPACE,
        RED_ENV,
        stored("first_seen", Type::Time, "where its first bucket or block of rows begins"),
        stored("last_seen", Type::Time, "where its last bucket begins or its last block ends"),
        stored("language", Type::Dict, "telemetry.sdk.language").or_null(),
        stored("versions", Type::List(&Type::Text), "versions seen"),
        stored("operations", Type::U32, "distinct span names"),
        stored("instances", Type::U32, "distinct instances"),
        stored("has_spans", Type::Bool, "sends spans"),
        stored("has_logs", Type::Bool, "sends logs"),
        stored("has_metrics", Type::Bool, "sends metrics"),
    ]],
};

/// All tables, in the order of the documentation.
pub const ALL: [&PublicTable; 14] = [
    &SPANS,
    &LOGS,
    &METRIC_POINTS,
    &METRIC_HISTOGRAMS,
    &METRIC_EXP_HISTOGRAMS,
    &METRIC_SUMMARIES,
    &EXEMPLARS,
    &RED,
    &RED_INSTANCES,
    &EDGES,
    &SERVICES,
    &LEDGER,
    &ALERTS,
    &ALERT_EVENTS,
];
