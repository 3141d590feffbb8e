//! Spans and events of `tracing` become OTLP spans and log records.
//!
//! A span is told when it closes, an event at once. Nobody waits here: what does not fit into the queue is
//! left out and counted.

use std::fmt;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use daymark_model::time::Clock;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, SeverityNumber};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use tokio::sync::mpsc;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::UNTOLD_TARGET;

/// The field that names a span more exactly than its place in the code does.
const NAME: &str = "otel.name";
/// The field with the `traceparent` a caller sent.
const PARENT: &str = "otel.parent";
/// The field that makes a span the server's side of a call.
const IS_SERVER: &str = "otel.server";
/// The field that tells that what the span stands for failed, and how.
const FAILED: &str = "error";
const MESSAGE: &str = "message";

/// Something to store.
#[derive(Debug)]
pub(super) enum Told {
    Span(Box<Span>),
    Event(Box<LogRecord>),
}

/// Hears what the process says about its work.
#[derive(Clone, Debug)]
pub struct OwnLayer {
    outbox: mpsc::Sender<Told>,
    left_out: Arc<AtomicU64>,
    clock: Arc<dyn Clock>,
}

impl OwnLayer {
    pub(super) fn new(outbox: mpsc::Sender<Told>, left_out: Arc<AtomicU64>, clock: Arc<dyn Clock>) -> Self {
        Self { outbox, left_out, clock }
    }

    fn tell(&self, told: Told) {
        if self.outbox.try_send(told).is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.clock.now().0).unwrap_or_default()
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for OwnLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut open = Span {
            trace_id: rand::random::<u128>().to_be_bytes().to_vec(),
            span_id: rand::random::<u64>().to_be_bytes().to_vec(),
            name: attributes.metadata().name().into(),
            kind: SpanKind::Internal.into(),
            start_time_unix_nano: self.now(),
            ..Span::default()
        };
        if let Some(parent) = span.parent()
            && let Some(parent) = parent.extensions().get::<Span>()
        {
            open.trace_id.clone_from(&parent.trace_id);
            open.parent_span_id.clone_from(&parent.span_id);
        }
        attributes.record(&mut SpanFields(&mut open));
        span.extensions_mut().insert(open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Span>() {
            values.record(&mut SpanFields(open));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() == UNTOLD_TARGET {
            return;
        }
        let mut record = LogRecord {
            time_unix_nano: self.now(),
            severity_number: severity(*event.metadata().level()).into(),
            severity_text: event.metadata().level().as_str().into(),
            attributes: vec![text("code.namespace", event.metadata().target())],
            ..LogRecord::default()
        };
        record.observed_time_unix_nano = record.time_unix_nano;
        event.record(&mut EventFields(&mut record));
        if let Some(span) = context.event_span(event)
            && let Some(open) = span.extensions().get::<Span>()
        {
            record.trace_id.clone_from(&open.trace_id);
            record.span_id.clone_from(&open.span_id);
        }
        self.tell(Told::Event(Box::new(record)));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let open = context.span(&id).and_then(|span| span.extensions_mut().remove::<Span>());
        if let Some(mut span) = open {
            span.end_time_unix_nano = self.now();
            self.tell(Told::Span(Box::new(span)));
        }
    }
}

fn severity(level: Level) -> SeverityNumber {
    match level {
        Level::ERROR => SeverityNumber::Error,
        Level::WARN => SeverityNumber::Warn,
        Level::INFO => SeverityNumber::Info,
        Level::DEBUG => SeverityNumber::Debug,
        Level::TRACE => SeverityNumber::Trace,
    }
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.into()))
}

/// Puts the fields of a span where OTLP has a place for them.
struct SpanFields<'a>(&'a mut Span);

impl SpanFields<'_> {
    fn put(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            (NAME, Value::StringValue(name)) => self.0.name = name,
            (PARENT, Value::StringValue(parent)) => self.be_child_of(&parent),
            (IS_SERVER, Value::BoolValue(is_server)) => {
                self.0.kind = if is_server { SpanKind::Server } else { SpanKind::Internal }.into();
            }
            (FAILED, Value::StringValue(message)) => {
                self.0.status = Some(Status { message, code: StatusCode::Error.into() });
            }
            (key, value) => self.0.attributes.push(attribute(key, value)),
        }
    }

    /// Takes the ids of a `traceparent`; what is not one is not followed.
    fn be_child_of(&mut self, parent: &str) {
        let mut parts = parent.split('-').skip(1);
        let trace_id =
            parts.next().filter(|id| id.len() == 32).and_then(|id| u128::from_str_radix(id, 16).ok());
        let span_id =
            parts.next().filter(|id| id.len() == 16).and_then(|id| u64::from_str_radix(id, 16).ok());
        if let (Some(trace_id @ 1..), Some(span_id @ 1..)) = (trace_id, span_id) {
            self.0.trace_id = trace_id.to_be_bytes().to_vec();
            self.0.parent_span_id = span_id.to_be_bytes().to_vec();
        }
    }
}

/// Puts the fields of an event where OTLP has a place for them.
struct EventFields<'a>(&'a mut LogRecord);

impl EventFields<'_> {
    fn put(&mut self, field: &Field, value: Value) {
        if field.name() == MESSAGE {
            self.0.body = Some(AnyValue { value: Some(value) });
        } else {
            self.0.attributes.push(attribute(field.name(), value));
        }
    }
}

macro_rules! visit {
    ($fields:ident) => {
        impl Visit for $fields<'_> {
            fn record_f64(&mut self, field: &Field, value: f64) {
                self.put(field, Value::DoubleValue(value));
            }

            fn record_i64(&mut self, field: &Field, value: i64) {
                self.put(field, Value::IntValue(value));
            }

            fn record_u64(&mut self, field: &Field, value: u64) {
                self.put(field, Value::IntValue(i64::try_from(value).unwrap_or(i64::MAX)));
            }

            fn record_bool(&mut self, field: &Field, value: bool) {
                self.put(field, Value::BoolValue(value));
            }

            fn record_str(&mut self, field: &Field, value: &str) {
                self.put(field, Value::StringValue(value.into()));
            }

            fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                let mut text = String::new();
                // What cannot be printed is told as far as it was.
                let _cut = write!(text, "{value:?}");
                self.put(field, Value::StringValue(text));
            }
        }
    };
}

visit!(SpanFields);
visit!(EventFields);
