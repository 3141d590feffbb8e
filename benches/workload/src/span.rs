//! A node of the tree as the OTLP span that its service would send: name, kind, attributes, status, the
//! exception that was thrown, and links between messages and their consumers.

use opentelemetry_proto::tonic::trace::v1::{Span, Status, span, span::SpanKind, status::StatusCode};

use crate::attribute::{Scene, text};
use crate::chance::Chance;
use crate::failure::Failure;
use crate::tree::{Node, Work};

/// Sampled, and it is known whether the parent is remote.
const LOCAL: u32 = 0x101;
/// The parent ran elsewhere.
const REMOTE: u32 = 0x301;

/// A span of another place, to link to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Context {
    pub(crate) trace_id: [u8; 16],
    pub(crate) span_id: [u8; 8],
}

/// What the span needs to know beyond its own node.
pub(crate) struct Place<'a> {
    pub(crate) trace_id: [u8; 16],
    pub(crate) parent: Option<&'a Node>,
    pub(crate) links: Vec<Context>,
    pub(crate) attributes_min: usize,
    pub(crate) attributes_max: usize,
}

impl Scene<'_> {
    pub(crate) fn span(&self, place: &Place<'_>, chance: &mut Chance) -> Span {
        let node = self.node;
        let skew = self.fleet.pods[node.pod].skew;
        let remote = place.parent.is_some_and(|parent| parent.service != node.service);
        let end = instant(node.end + skew);
        let status = node.failure.map(|failure| Status {
            code: StatusCode::Error as i32,
            message: if node.thrown { failure.message().to_owned() } else { String::new() },
        });
        Span {
            trace_id: place.trace_id.to_vec(),
            span_id: node.span_id.to_vec(),
            parent_span_id: place.parent.map_or_else(Vec::new, |parent| parent.span_id.to_vec()),
            flags: if remote { REMOTE } else { LOCAL },
            name: self.span_name(),
            kind: self.span_kind() as i32,
            start_time_unix_nano: instant(node.start + skew),
            end_time_unix_nano: end,
            attributes: self.attributes(place.attributes_min, place.attributes_max, chance),
            events: node
                .failure
                .filter(|_| node.thrown)
                .map_or_else(Vec::new, |f| vec![self.exception(f, end)]),
            links: place.links.iter().map(link).collect(),
            status,
            ..Span::default()
        }
    }

    /// The name of the library that would have made the span.
    pub(crate) fn scope(&self) -> &'static str {
        match (self.node.work, self.role().language) {
            (Work::Page | Work::Call { .. }, "webjs") => "@opentelemetry/instrumentation-fetch",
            (Work::Statement, _) => "io.opentelemetry.jdbc",
            (Work::Cache, _) => "io.opentelemetry.lettuce-5.1",
            (Work::Publish(_) | Work::Consume(_), _) => "io.opentelemetry.kafka-clients-2.6",
            (Work::Inner | Work::Job, _) => "shop",
            (_, "java") => "io.opentelemetry.tomcat-10.0",
            (_, "go") => "go.opentelemetry.io/contrib/otelhttp",
            (_, "python") => "opentelemetry.instrumentation.fastapi",
            (_, "nodejs") => "@opentelemetry/instrumentation-http",
            (_, "dotnet") => "Microsoft.AspNetCore",
            (_, "ruby") => "OpenTelemetry::Instrumentation::Rack",
            _ => "tower-otel",
        }
    }

    fn span_kind(&self) -> SpanKind {
        match self.node.work {
            Work::Serve => SpanKind::Server,
            Work::Call { .. } | Work::External(_) | Work::Statement | Work::Cache => SpanKind::Client,
            Work::Publish(_) => SpanKind::Producer,
            Work::Consume(_) => SpanKind::Consumer,
            Work::Page | Work::Job | Work::Inner => SpanKind::Internal,
        }
    }

    fn span_name(&self) -> String {
        let operation = self.operation();
        match self.node.work {
            Work::Serve | Work::Page => operation.name.clone(),
            Work::Job => format!("scheduled {}", operation.method.to_lowercase()),
            Work::Consume(queue) => format!("process {}", self.fleet.queues[queue].name),
            Work::Publish(queue) => format!("send {}", self.fleet.queues[queue].name),
            Work::Call { service, operation } => {
                let called = &self.fleet.services[service].operations[operation];
                if called.name.contains('/') && !called.name.contains(' ') {
                    called.name.clone()
                } else {
                    called.method.to_owned()
                }
            }
            Work::External(address) => format!("POST {address}"),
            Work::Statement => format!("{} {}", self.verb(), self.database()),
            Work::Cache => self.command().to_owned(),
            Work::Inner => {
                format!("{} {}", crate::attribute::INNER[self.node.operation % 8], self.role().name)
            }
        }
    }

    pub(crate) fn exception(&self, failure: Failure, at: u64) -> span::Event {
        span::Event {
            time_unix_nano: at,
            name: "exception".to_owned(),
            attributes: vec![
                text("exception.type", failure.exception(self.role().language)),
                text("exception.message", failure.message()),
                text("exception.stacktrace", self.stack(failure)),
            ],
            ..span::Event::default()
        }
    }

    fn stack(&self, failure: Failure) -> String {
        let name = self.role().name;
        let kind = failure.exception(self.role().language);
        let frames = ["Store.read", "Service.run", "Endpoint.answer", "Pipeline.next", "Server.accept"];
        let lines = frames.iter().enumerate().map(|(depth, frame)| {
            format!("\n    at shop.{name}.{frame} ({name}:{})", 40 + 31 * (depth + self.node.operation))
        });
        lines.fold(format!("{kind}: {}", failure.message()), |all, line| all + &line)
    }
}

fn link(context: &Context) -> span::Link {
    span::Link {
        trace_id: context.trace_id.to_vec(),
        span_id: context.span_id.to_vec(),
        flags: LOCAL,
        ..span::Link::default()
    }
}

/// An instant as OTLP writes it.
pub(crate) fn instant(at: i64) -> u64 {
    u64::try_from(at).unwrap_or_default()
}
