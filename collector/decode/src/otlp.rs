//! The OTLP messages as tables: field name in JSON, number and kind.
//!
//! The structural walk takes from here which wire types are right, the JSON path how to write a field. The
//! visitors of the three signals know their numbers themselves; tests hold all of them against the
//! generated messages.

use daymark_model::signal::Signal;

use crate::wire::WireType;

/// How a field is written, in JSON and on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// Bytes that JSON spells in hex: trace and span ids.
    Id,
    /// Bytes that JSON spells in base64.
    Bytes,
    Bool,
    Int64,
    Uint64,
    Uint32,
    Sint32,
    Enum,
    Fixed32,
    Fixed64,
    /// A fixed64 of nanoseconds. Senders with broken clocks write negative ones; those are kept as the bits
    /// they have, so that the record is stored under its receive time and its neighbours are not lost.
    Instant,
    Sfixed64,
    Double,
    Message(Message),
}

impl Kind {
    pub(crate) fn wire_type(self) -> WireType {
        match self {
            Self::Text | Self::Id | Self::Bytes | Self::Message(_) => WireType::Bytes,
            Self::Bool | Self::Int64 | Self::Uint64 | Self::Uint32 | Self::Sint32 | Self::Enum => {
                WireType::Varint
            }
            Self::Fixed32 => WireType::Fixed32,
            Self::Fixed64 | Self::Instant | Self::Sfixed64 | Self::Double => WireType::Fixed64,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) number: u32,
    pub(crate) kind: Kind,
    pub(crate) repeated: bool,
}

impl Field {
    /// Whether a value of this wire type may stand in this field; repeated numbers may be packed.
    pub(crate) fn fits(&self, found: WireType) -> bool {
        found == self.kind.wire_type() || self.repeated && found == WireType::Bytes
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    TraceRequest,
    ResourceSpans,
    ScopeSpans,
    Span,
    Event,
    Link,
    Status,
    LogsRequest,
    ResourceLogs,
    ScopeLogs,
    LogRecord,
    MetricsRequest,
    ResourceMetrics,
    ScopeMetrics,
    Metric,
    Gauge,
    Sum,
    Histogram,
    ExpHistogram,
    Summary,
    NumberPoint,
    HistogramPoint,
    ExpHistogramPoint,
    Buckets,
    SummaryPoint,
    Quantile,
    Exemplar,
    Resource,
    Scope,
    KeyValue,
    AnyValue,
    ArrayValue,
    KeyValueList,
}

const fn one(name: &'static str, number: u32, kind: Kind) -> Field {
    Field { name, number, kind, repeated: false }
}

const fn many(name: &'static str, number: u32, kind: Kind) -> Field {
    Field { name, number, kind, repeated: true }
}

const fn message(name: &'static str, number: u32, message: Message) -> Field {
    one(name, number, Kind::Message(message))
}

const fn messages(name: &'static str, number: u32, message: Message) -> Field {
    many(name, number, Kind::Message(message))
}

impl Message {
    /// The body of an export request.
    pub(crate) fn request(signal: Signal) -> Self {
        match signal {
            Signal::Spans => Self::TraceRequest,
            Signal::Logs => Self::LogsRequest,
            Signal::Metrics => Self::MetricsRequest,
        }
    }

    /// Whether one of these is one item of the ledger.
    pub(crate) fn is_item(self) -> bool {
        matches!(
            self,
            Self::Span
                | Self::LogRecord
                | Self::NumberPoint
                | Self::HistogramPoint
                | Self::ExpHistogramPoint
                | Self::SummaryPoint
        )
    }

    pub(crate) fn fields(self) -> &'static [Field] {
        match self {
            Self::TraceRequest => const { &[messages("resourceSpans", 1, Self::ResourceSpans)] },
            Self::LogsRequest => const { &[messages("resourceLogs", 1, Self::ResourceLogs)] },
            Self::MetricsRequest => const { &[messages("resourceMetrics", 1, Self::ResourceMetrics)] },
            Self::ResourceSpans => {
                const { &level("scopeSpans", Self::Resource, "resource", Self::ScopeSpans) }
            }
            Self::ResourceLogs => const { &level("scopeLogs", Self::Resource, "resource", Self::ScopeLogs) },
            Self::ResourceMetrics => {
                const { &level("scopeMetrics", Self::Resource, "resource", Self::ScopeMetrics) }
            }
            Self::ScopeSpans => const { &level("spans", Self::Scope, "scope", Self::Span) },
            Self::ScopeLogs => const { &level("logRecords", Self::Scope, "scope", Self::LogRecord) },
            Self::ScopeMetrics => const { &level("metrics", Self::Scope, "scope", Self::Metric) },
            Self::Span => SPAN,
            Self::Event => EVENT,
            Self::Link => LINK,
            Self::Status => const { &[one("message", 2, Kind::Text), one("code", 3, Kind::Enum)] },
            Self::LogRecord => LOG_RECORD,
            Self::Metric => METRIC,
            Self::Gauge => const { &[messages("dataPoints", 1, Self::NumberPoint)] },
            Self::Summary => const { &[messages("dataPoints", 1, Self::SummaryPoint)] },
            Self::Sum => SUM,
            Self::Histogram => const { &distribution(Self::HistogramPoint) },
            Self::ExpHistogram => const { &distribution(Self::ExpHistogramPoint) },
            Self::NumberPoint => NUMBER_POINT,
            Self::HistogramPoint => HISTOGRAM_POINT,
            Self::ExpHistogramPoint => EXP_HISTOGRAM_POINT,
            Self::Buckets => {
                const { &[one("offset", 1, Kind::Sint32), many("bucketCounts", 2, Kind::Uint64)] }
            }
            Self::SummaryPoint => SUMMARY_POINT,
            Self::Quantile => const { &[one("quantile", 1, Kind::Double), one("value", 2, Kind::Double)] },
            Self::Exemplar => EXEMPLAR,
            Self::Resource => RESOURCE,
            Self::Scope => SCOPE,
            Self::KeyValue => const { &[one("key", 1, Kind::Text), message("value", 2, Self::AnyValue)] },
            Self::AnyValue => ANY_VALUE,
            Self::ArrayValue => const { &[messages("values", 1, Self::AnyValue)] },
            Self::KeyValueList => const { &[messages("values", 1, Self::KeyValue)] },
        }
    }
}

/// The six messages of the envelope look alike: a head, what is below, and where its schema is told.
const fn level(
    below_name: &'static str,
    head: Message,
    head_name: &'static str,
    below: Message,
) -> [Field; 3] {
    [message(head_name, 1, head), messages(below_name, 2, below), one("schemaUrl", 3, Kind::Text)]
}

const fn distribution(point: Message) -> [Field; 2] {
    [messages("dataPoints", 1, point), one("aggregationTemporality", 2, Kind::Enum)]
}

const SPAN: &[Field] = &[
    messages("attributes", 9, Message::KeyValue),
    one("traceId", 1, Kind::Id),
    one("spanId", 2, Kind::Id),
    one("traceState", 3, Kind::Text),
    one("parentSpanId", 4, Kind::Id),
    one("name", 5, Kind::Text),
    one("kind", 6, Kind::Enum),
    one("startTimeUnixNano", 7, Kind::Instant),
    one("endTimeUnixNano", 8, Kind::Instant),
    one("droppedAttributesCount", 10, Kind::Uint32),
    messages("events", 11, Message::Event),
    one("droppedEventsCount", 12, Kind::Uint32),
    messages("links", 13, Message::Link),
    one("droppedLinksCount", 14, Kind::Uint32),
    message("status", 15, Message::Status),
    one("flags", 16, Kind::Fixed32),
];

const EVENT: &[Field] = &[
    one("timeUnixNano", 1, Kind::Instant),
    one("name", 2, Kind::Text),
    messages("attributes", 3, Message::KeyValue),
    one("droppedAttributesCount", 4, Kind::Uint32),
];

const LINK: &[Field] = &[
    one("traceId", 1, Kind::Id),
    one("spanId", 2, Kind::Id),
    one("traceState", 3, Kind::Text),
    messages("attributes", 4, Message::KeyValue),
    one("droppedAttributesCount", 5, Kind::Uint32),
    one("flags", 6, Kind::Fixed32),
];

const LOG_RECORD: &[Field] = &[
    messages("attributes", 6, Message::KeyValue),
    one("timeUnixNano", 1, Kind::Instant),
    one("severityNumber", 2, Kind::Enum),
    one("severityText", 3, Kind::Text),
    message("body", 5, Message::AnyValue),
    one("droppedAttributesCount", 7, Kind::Uint32),
    one("flags", 8, Kind::Fixed32),
    one("traceId", 9, Kind::Id),
    one("spanId", 10, Kind::Id),
    one("observedTimeUnixNano", 11, Kind::Instant),
    one("eventName", 12, Kind::Text),
];

const METRIC: &[Field] = &[
    one("name", 1, Kind::Text),
    one("description", 2, Kind::Text),
    one("unit", 3, Kind::Text),
    message("gauge", 5, Message::Gauge),
    message("sum", 7, Message::Sum),
    message("histogram", 9, Message::Histogram),
    message("exponentialHistogram", 10, Message::ExpHistogram),
    message("summary", 11, Message::Summary),
    messages("metadata", 12, Message::KeyValue),
];

const SUM: &[Field] = &[
    messages("dataPoints", 1, Message::NumberPoint),
    one("aggregationTemporality", 2, Kind::Enum),
    one("isMonotonic", 3, Kind::Bool),
];

const NUMBER_POINT: &[Field] = &[
    messages("attributes", 7, Message::KeyValue),
    one("startTimeUnixNano", 2, Kind::Instant),
    one("timeUnixNano", 3, Kind::Instant),
    one("asDouble", 4, Kind::Double),
    messages("exemplars", 5, Message::Exemplar),
    one("asInt", 6, Kind::Sfixed64),
    one("flags", 8, Kind::Uint32),
];

const HISTOGRAM_POINT: &[Field] = &[
    messages("attributes", 9, Message::KeyValue),
    one("startTimeUnixNano", 2, Kind::Instant),
    one("timeUnixNano", 3, Kind::Instant),
    one("count", 4, Kind::Fixed64),
    one("sum", 5, Kind::Double),
    many("bucketCounts", 6, Kind::Fixed64),
    many("explicitBounds", 7, Kind::Double),
    messages("exemplars", 8, Message::Exemplar),
    one("flags", 10, Kind::Uint32),
    one("min", 11, Kind::Double),
    one("max", 12, Kind::Double),
];

const EXP_HISTOGRAM_POINT: &[Field] = &[
    messages("attributes", 1, Message::KeyValue),
    one("startTimeUnixNano", 2, Kind::Instant),
    one("timeUnixNano", 3, Kind::Instant),
    one("count", 4, Kind::Fixed64),
    one("sum", 5, Kind::Double),
    one("scale", 6, Kind::Sint32),
    one("zeroCount", 7, Kind::Fixed64),
    message("positive", 8, Message::Buckets),
    message("negative", 9, Message::Buckets),
    one("flags", 10, Kind::Uint32),
    messages("exemplars", 11, Message::Exemplar),
    one("min", 12, Kind::Double),
    one("max", 13, Kind::Double),
    one("zeroThreshold", 14, Kind::Double),
];

const SUMMARY_POINT: &[Field] = &[
    messages("attributes", 7, Message::KeyValue),
    one("startTimeUnixNano", 2, Kind::Instant),
    one("timeUnixNano", 3, Kind::Instant),
    one("count", 4, Kind::Fixed64),
    one("sum", 5, Kind::Double),
    messages("quantileValues", 6, Message::Quantile),
    one("flags", 8, Kind::Uint32),
];

const EXEMPLAR: &[Field] = &[
    messages("filteredAttributes", 7, Message::KeyValue),
    one("timeUnixNano", 2, Kind::Instant),
    one("asDouble", 3, Kind::Double),
    one("spanId", 4, Kind::Id),
    one("traceId", 5, Kind::Id),
    one("asInt", 6, Kind::Sfixed64),
];

const RESOURCE: &[Field] =
    &[messages("attributes", 1, Message::KeyValue), one("droppedAttributesCount", 2, Kind::Uint32)];

const SCOPE: &[Field] = &[
    one("name", 1, Kind::Text),
    one("version", 2, Kind::Text),
    messages("attributes", 3, Message::KeyValue),
    one("droppedAttributesCount", 4, Kind::Uint32),
];

const ANY_VALUE: &[Field] = &[
    one("stringValue", 1, Kind::Text),
    one("boolValue", 2, Kind::Bool),
    one("intValue", 3, Kind::Int64),
    one("doubleValue", 4, Kind::Double),
    message("arrayValue", 5, Message::ArrayValue),
    message("kvlistValue", 6, Message::KeyValueList),
    one("bytesValue", 7, Kind::Bytes),
];
