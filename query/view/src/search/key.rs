//! What can be asked about: fields that every record of a kind has, and attributes.

use daymark_model::severity;
use daymark_model::span_kind::SpanKind;

use crate::nearest::nearest;

/// What a text is searched in. Each has fields of its own; every other key is an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Domain {
    /// Spans, and the traces that hold them.
    Traces,
    Logs,
    /// Spans of one trace that is on the screen.
    InTrace,
    /// Nodes and edges of the map.
    Map,
    /// Series of metrics.
    Metrics,
}

/// What the values of a field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldKind {
    Text,
    /// One of a few names, in no order.
    OneOf(&'static [&'static str]),
    /// One of a few names, each above the one before it.
    Ranked(&'static [&'static str]),
    Duration,
    /// A count or a rate.
    Number,
    /// A trace or span id in any spelling.
    TraceId,
    SpanId,
    /// True or false; the bare name means true.
    Flag,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    Service,
    Name,
    Kind,
    Status,
    Duration,
    Env,
    Version,
    Instance,
    Namespace,
    Peer,
    TraceId,
    SpanId,
    Source,
    Tier,
    Severity,
    SeverityText,
    StatusMessage,
    EventName,
    Body,
    TemplateId,
    TraceDuration,
    TraceSpans,
    TraceErrors,
    TraceRootService,
    TraceRootName,
    TraceCompleteness,
    SelfTime,
    Depth,
    Critical,
    Row,
    Rate,
    ErrorRate,
    P50,
    P95,
    P99,
    Breaker,
    Mtls,
    Idle,
    Protocol,
}

/// Where an attribute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// On the record itself or else on its resource.
    Any,
    /// On the span or the line itself.
    Own,
    Resource,
    Event,
    Link,
    Scope,
    /// In a body that is JSON.
    Body,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    Field(Field),
    Attribute { level: Level, name: String },
}

const KINDS: FieldKind = FieldKind::OneOf(&SpanKind::NAMES);
const STATES: FieldKind = FieldKind::OneOf(&["unset", "ok", "error"]);
const SEVERITIES: FieldKind = FieldKind::Ranked(severity::WORDS.split_at(1).1);
const COMPLETENESS: FieldKind =
    FieldKind::OneOf(&["open", "complete", "missing_root", "missing_spans", "truncated", "late"]);
const BREAKERS: FieldKind = FieldKind::OneOf(&[
    "closed",
    "open",
    "half_open",
    "forced_open",
    "disabled",
    "metrics_only",
    "isolated",
    "unknown",
]);

use Domain::{InTrace, Logs, Map, Metrics, Traces};

/// A field: its name, other names for it, what its values are, and where it can be asked about.
struct Row(Field, &'static str, &'static [&'static str], FieldKind, &'static [Domain]);

const FIELDS: [Row; 39] = [
    Row(Field::Service, "service", &["svc"], FieldKind::Text, &[Traces, Logs, InTrace, Map, Metrics]),
    Row(Field::Name, "name", &["op"], FieldKind::Text, &[Traces, InTrace]),
    Row(Field::Kind, "kind", &[], KINDS, &[Traces, InTrace]),
    Row(Field::Status, "status", &[], STATES, &[Traces, InTrace]),
    Row(Field::Duration, "duration", &["dur"], FieldKind::Duration, &[Traces, InTrace]),
    Row(Field::Severity, "severity", &["level", "severity_number"], SEVERITIES, &[Logs]),
    Row(Field::Env, "env", &[], FieldKind::Text, &[Traces, Logs, InTrace, Map, Metrics]),
    Row(Field::Version, "version", &[], FieldKind::Text, &[Traces, Logs, InTrace, Map, Metrics]),
    Row(Field::Instance, "instance", &[], FieldKind::Text, &[Traces, Logs, InTrace, Metrics]),
    Row(Field::Namespace, "namespace", &["ns"], FieldKind::Text, &[Traces, Logs, InTrace, Map, Metrics]),
    Row(Field::Peer, "peer", &[], FieldKind::Text, &[Traces, InTrace]),
    Row(Field::TraceId, "trace_id", &["trace"], FieldKind::TraceId, &[Traces, Logs]),
    Row(Field::SpanId, "span_id", &[], FieldKind::SpanId, &[Traces, Logs, InTrace]),
    Row(Field::Source, "source", &[], FieldKind::Text, &[Traces, Logs, InTrace]),
    Row(Field::Tier, "tier", &[], FieldKind::Text, &[Traces, Logs, InTrace]),
    Row(Field::SeverityText, "severity_text", &[], FieldKind::Text, &[Logs]),
    Row(Field::StatusMessage, "status_message", &[], FieldKind::Text, &[Traces]),
    Row(Field::EventName, "event_name", &[], FieldKind::Text, &[Logs]),
    Row(Field::Body, "body", &[], FieldKind::Text, &[Logs]),
    Row(Field::TemplateId, "template_id", &[], FieldKind::Number, &[Logs]),
    Row(Field::TraceDuration, "trace.duration", &[], FieldKind::Duration, &[Traces]),
    Row(Field::TraceSpans, "trace.spans", &[], FieldKind::Number, &[Traces]),
    Row(Field::TraceErrors, "trace.errors", &[], FieldKind::Number, &[Traces]),
    Row(Field::TraceRootService, "trace.root_service", &[], FieldKind::Text, &[Traces]),
    Row(Field::TraceRootName, "trace.root_name", &[], FieldKind::Text, &[Traces]),
    Row(Field::TraceCompleteness, "trace.completeness", &[], COMPLETENESS, &[Traces]),
    Row(Field::SelfTime, "self", &[], FieldKind::Duration, &[InTrace]),
    Row(Field::Depth, "depth", &[], FieldKind::Number, &[InTrace]),
    Row(Field::Critical, "crit", &[], FieldKind::Flag, &[InTrace]),
    Row(Field::Row, "row", &[], FieldKind::Number, &[InTrace]),
    Row(Field::Rate, "rate", &[], FieldKind::Number, &[Map]),
    Row(Field::ErrorRate, "err", &[], FieldKind::Number, &[Map]),
    Row(Field::P50, "p50", &[], FieldKind::Duration, &[Map]),
    Row(Field::P95, "p95", &[], FieldKind::Duration, &[Map]),
    Row(Field::P99, "p99", &[], FieldKind::Duration, &[Map]),
    Row(Field::Breaker, "breaker", &[], BREAKERS, &[Map]),
    Row(Field::Mtls, "mtls", &[], FieldKind::Flag, &[Map]),
    Row(Field::Idle, "idle", &[], FieldKind::Flag, &[Map]),
    Row(Field::Protocol, "proto", &[], FieldKind::Text, &[Map]),
];

const LEVELS: [(&str, Level); 6] = [
    ("span.", Level::Own),
    ("resource.", Level::Resource),
    ("event.", Level::Event),
    ("link.", Level::Link),
    ("scope.", Level::Scope),
    ("body.", Level::Body),
];

impl Field {
    fn row(self) -> &'static Row {
        // Each field has its row: a test asks for all of them.
        FIELDS.iter().find(|row| row.0 == self).unwrap_or(&FIELDS[0])
    }

    pub fn name(self) -> &'static str {
        self.row().1
    }

    pub fn kind(self) -> FieldKind {
        self.row().3
    }

    /// All that can be asked about somewhere.
    pub fn all(domain: Domain) -> impl Iterator<Item = Self> {
        FIELDS.iter().filter(move |row| row.4.contains(&domain)).map(|row| row.0)
    }
}

impl Domain {
    /// The field of a name, whatever its case.
    fn field(self, name: &str) -> Option<Field> {
        let is_named = |row: &&Row| {
            row.4.contains(&self)
                && std::iter::once(&row.1).chain(row.2).any(|known| known.eq_ignore_ascii_case(name))
        };
        FIELDS.iter().find(is_named).map(|row| row.0)
    }

    /// The beginnings of keys that choose the level of an attribute.
    pub(super) fn levels(self) -> impl Iterator<Item = (&'static str, Level)> {
        let is_here = move |level: Level| match self {
            Traces | InTrace => level != Level::Body,
            Logs => matches!(level, Level::Resource | Level::Scope | Level::Body),
            Metrics => matches!(level, Level::Resource | Level::Scope),
            Map => false,
        };
        LEVELS.into_iter().filter(move |(_, level)| is_here(*level))
    }
}

impl Key {
    /// The key of a name. What is no field is an attribute.
    pub fn of(domain: Domain, name: &str) -> Self {
        if let Some(field) = domain.field(name) {
            return Self::Field(field);
        }
        let level = domain.levels().find_map(|(prefix, level)| Some((name.strip_prefix(prefix)?, level)));
        match level.filter(|(rest, _)| !rest.is_empty()) {
            Some((rest, level)) => Self::Attribute { level, name: rest.to_owned() },
            None => Self::Attribute { level: Level::Any, name: name.to_owned() },
        }
    }

    /// As it is written.
    pub fn text(&self) -> String {
        match self {
            Self::Field(field) => field.name().to_owned(),
            Self::Attribute { level, name } => {
                let prefix = LEVELS.iter().find(|(_, known)| known == level).map_or("", |(prefix, _)| prefix);
                format!("{prefix}{name}")
            }
        }
    }

    /// The field that was probably meant by an attribute's name.
    pub fn meant(&self, domain: Domain) -> Option<&'static str> {
        match self {
            Self::Attribute { level: Level::Any, name } => nearest(name, Field::all(domain).map(Field::name)),
            _ => None,
        }
    }
}
