//! Where to look: what fails most, an example, what changed before, and who started it. Whatever cannot be
//! found in time is left out; nothing here holds up a notification.

use std::sync::Arc;
use std::time::Duration;

use daymark_model::time::Nanos;
use daymark_view::alerts::kept::KeptDelivery;
use daymark_view::ask::Ask;
use daymark_view::events::{ChangeEvent, EventKind, EventsAsk};
use daymark_view::instant::rfc3339_s;
use daymark_view::logs::{Direction, LogsAsk};
use daymark_view::query_id::QueryId;
use daymark_view::range::Range;
use daymark_view::search::{self, Domain};
use daymark_view::service::{Operation, ServiceAsk};
use daymark_view::traces::{TraceHit, TraceSort, TracesAsk, TracesFound, TracesMode};
use serde_json::{Value, json};

use crate::links;

const TIME: Duration = Duration::from_secs(5);
/// What happened this long before may be why.
const BEFORE: i64 = 30 * Nanos::MINUTE;
/// How far failing calls are followed.
const HOPS: usize = 5;
const FAILS_FROM: f64 = 0.02;

/// What is told beside the alert.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Context {
    pub(crate) operations: Vec<(String, f64)>,
    /// Id and address.
    pub(crate) trace: Option<(String, String)>,
    pub(crate) log: Option<(String, String)>,
    pub(crate) changes: Vec<ChangeEvent>,
    /// Service and address.
    pub(crate) suspect: Option<(String, String)>,
}

impl Context {
    pub(crate) fn to_value(&self) -> Value {
        let linked =
            |found: &Option<(String, String)>| found.as_ref().map(|(id, url)| json!({"id": id, "url": url}));
        let operations: Vec<Value> =
            self.operations.iter().map(|(name, rate)| json!({"name": name, "error_rate": rate})).collect();
        let suspect = self.suspect.as_ref().map(|(service, url)| json!({"service": service, "url": url}));
        json!({"operations": operations, "trace": linked(&self.trace), "log": linked(&self.log),
            "changes": self.changes, "suspect": suspect})
    }

    /// The same for people.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.operations.is_empty() {
            let all: Vec<String> = self
                .operations
                .iter()
                .map(|(name, rate)| format!("{name} ({:.1} %)", rate * 100.0))
                .collect();
            lines.push(format!("fails most: {}", all.join(", ")));
        }
        lines.extend(
            self.suspect.as_ref().map(|(service, url)| format!("may have started at {service}: {url}")),
        );
        lines.extend(
            self.changes.iter().map(|change| format!("before: {} {}", rfc3339_s(change.time), change.title)),
        );
        lines.extend(self.trace.as_ref().map(|(_, url)| format!("a trace: {url}")));
        lines.extend(self.log.as_ref().map(|(_, url)| format!("a line: {url}")));
        lines
    }
}

/// Looks around an alert.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    pub(crate) ask: Arc<dyn Ask>,
    pub(crate) query_id: QueryId,
    /// The start of every address.
    pub(crate) base: String,
}

impl Surroundings {
    pub(crate) async fn of(&self, alert: &KeptDelivery, now: Nanos) -> Context {
        let Some(service) = links::service_of(&alert.labels) else { return Context::default() };
        let end = alert.ends_at.unwrap_or(now).max(alert.starts_at);
        let range = Range { from: alert.starts_at.plus(-10 * Nanos::MINUTE), to: end.plus(Nanos::SECOND) };
        let looking = async {
            let (operations, trace, log, changes, suspect) = tokio::join!(
                self.operations(service, range),
                self.trace(service, range),
                self.log(service, range),
                self.changes(alert.starts_at),
                self.suspect(service, range),
            );
            Context { operations, trace, log, changes, suspect }
        };
        tokio::time::timeout(TIME, looking).await.unwrap_or_default()
    }

    fn about(&self, service: &str, range: Range, limit: usize) -> ServiceAsk {
        ServiceAsk {
            query_id: self.query_id.clone(),
            service: service.to_owned(),
            range,
            limit,
            scope: Vec::new(),
            compare: None,
            cursor: None,
        }
    }

    async fn operations(&self, service: &str, range: Range) -> Vec<(String, f64)> {
        let Ok(found) = self.ask.operations(self.about(service, range, 100)).await else { return Vec::new() };
        let mut failing: Vec<Operation> =
            found.data.into_iter().filter(|operation| operation.errors > 0).collect();
        failing.sort_by_key(|operation| std::cmp::Reverse(operation.errors));
        failing.into_iter().take(3).map(|one| (one.name, one.error_rate.unwrap_or_default())).collect()
    }

    /// A failed trace, or else the slowest.
    async fn trace(&self, service: &str, range: Range) -> Option<(String, String)> {
        let quoted = service.replace('"', "");
        for (q, sort) in [
            (format!("service=\"{quoted}\" status:error"), TraceSort::Newest),
            (format!("service=\"{quoted}\""), TraceSort::Slowest),
        ] {
            let ask = TracesAsk {
                query_id: self.query_id.clone(),
                query: search::parse(Domain::Traces, &q).ok()?,
                range,
                scope: Vec::new(),
                sort,
                mode: TracesMode::Traces,
                limit: 1,
                area: None,
                cursor: None,
                count: false,
            };
            let found = self.ask.traces(ask).await.ok()?;
            if let TracesFound::Traces(hits) = found.data
                && let Some(TraceHit { trace_id, .. }) = hits.into_iter().next()
            {
                let id = trace_id.to_string();
                let url = format!("{}/traces/{id}", self.base);
                return Some((id, url));
            }
        }
        None
    }

    async fn log(&self, service: &str, range: Range) -> Option<(String, String)> {
        let q = format!("service=\"{}\" level>=error", service.replace('"', ""));
        let ask = LogsAsk {
            query_id: self.query_id.clone(),
            query: search::parse(Domain::Logs, &q).ok()?,
            range,
            limit: 1,
            trace_id: None,
            scope: Vec::new(),
            direction: Direction::Backward,
            cursor: None,
            count: false,
        };
        let line = self.ask.logs(ask).await.ok()?.data.into_iter().next()?;
        let url = format!("{}/logs?log={}", self.base, line.log_id);
        Some((line.log_id, url))
    }

    async fn changes(&self, at: Nanos) -> Vec<ChangeEvent> {
        let range = Range { from: at.plus(-BEFORE), to: at.plus(Nanos::SECOND) };
        // Another alert is no change that could be why.
        let kind = EventKind::ALL.into_iter().filter(|kind| *kind != EventKind::Alert).collect();
        let ask = EventsAsk {
            query_id: self.query_id.clone(),
            range,
            scope: Vec::new(),
            kind,
            service: Vec::new(),
            trace_id: None,
            limit: 5,
            cursor: None,
        };
        self.ask.events(ask).await.map(|found| found.data).unwrap_or_default()
    }

    /// Follows the calls that fail most to where none do.
    async fn suspect(&self, service: &str, range: Range) -> Option<(String, String)> {
        let mut at = service.to_owned();
        for _ in 0..HOPS {
            let Ok(found) = self.ask.dependencies(self.about(&at, range, 100)).await else { break };
            let failing = found.data.downstream.into_iter().filter(|edge| edge.server != at);
            let worst = failing.max_by(|one, other| {
                one.error_rate.unwrap_or_default().total_cmp(&other.error_rate.unwrap_or_default())
            });
            match worst.filter(|edge| edge.error_rate.is_some_and(|rate| rate >= FAILS_FROM)) {
                Some(edge) => at = edge.server,
                None => break,
            }
        }
        let url = format!("{}/services/{}", self.base, links::part(&at));
        (at != service).then_some((at, url))
    }
}
