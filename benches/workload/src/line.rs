//! What services write into their logs: several dozen sentences with variable parts, chosen by what was
//! being done, with the ids of the span in which it was done, or without when a service talks to itself.

use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, SeverityNumber};

use crate::MILLISECOND;
use crate::attribute::{Scene, text};
use crate::chance::Chance;
use crate::failure::Failure;
use crate::fleet::Fleet;
use crate::span::instant;
use crate::tree::Work;

pub(crate) struct Template {
    severity: SeverityNumber,
    /// The name of the logger.
    pub(crate) logger: &'static str,
    body: &'static str,
}

const fn debug(logger: &'static str, body: &'static str) -> Template {
    Template { severity: SeverityNumber::Debug, logger, body }
}

const fn info(logger: &'static str, body: &'static str) -> Template {
    Template { severity: SeverityNumber::Info, logger, body }
}

const fn warn(logger: &'static str, body: &'static str) -> Template {
    Template { severity: SeverityNumber::Warn, logger, body }
}

const fn error(logger: &'static str, body: &'static str) -> Template {
    Template { severity: SeverityNumber::Error, logger, body }
}

impl Scene<'_> {
    /// A line about what the node does.
    pub(crate) fn line(&self, trace_id: [u8; 16], chance: &mut Chance) -> (&'static str, LogRecord) {
        let template = chance.pick(self.templates());
        let at = chance.between(self.node.start, self.node.end.max(self.node.start + 1));
        (template.logger, self.record(template, trace_id, at, chance))
    }

    /// The line about a failure, written where it was thrown.
    pub(crate) fn error(
        &self,
        failure: Failure,
        trace_id: [u8; 16],
        chance: &mut Chance,
    ) -> (&'static str, LogRecord) {
        let template = chance.pick(&FAILED);
        let mut record = self.record(template, trace_id, self.node.end, chance);
        let exception = self.exception(failure, 0);
        record.attributes.extend(exception.attributes);
        (template.logger, record)
    }

    fn record(&self, template: &Template, trace_id: [u8; 16], at: i64, chance: &mut Chance) -> LogRecord {
        let words = Words {
            order: format!("ord-{}", self.story.order),
            user: format!("u{}", self.story.user),
            operation: &self.operation().name,
            cause: self.node.failure.map_or("none", Failure::message),
            took: (self.node.end - self.node.start) / MILLISECOND,
        };
        let body = words.fill(template.body, chance);
        let mut record = template.record(body, at + self.fleet.pods[self.node.pod].skew, chance);
        record.trace_id = trace_id.to_vec();
        record.span_id = self.node.span_id.to_vec();
        record.flags = 1;
        record
    }

    fn templates(&self) -> &'static [Template] {
        match self.node.work {
            Work::Page => &PAGE,
            Work::Serve | Work::Job => &SERVED,
            Work::Call { .. } | Work::External(_) => &CALLED,
            Work::Statement => &STATED,
            Work::Cache => &CACHED,
            Work::Publish(_) | Work::Consume(_) => &MESSAGED,
            Work::Inner => &WORKED,
        }
    }
}

/// A line that belongs to no request: pools, timers, collectors.
pub(crate) fn idle(fleet: &Fleet, pod: usize, at: i64, chance: &mut Chance) -> (&'static str, LogRecord) {
    let template = chance.pick(&IDLE);
    let words = Words {
        order: format!("req-{}", chance.token()),
        user: format!("u{}", chance.rank(5_000)),
        operation: &fleet.service_of(pod).name,
        cause: "none",
        took: chance.rank(400) as i64,
    };
    let body = words.fill(template.body, chance);
    (template.logger, template.record(body, at + fleet.pods[pod].skew, chance))
}

impl Template {
    fn record(&self, body: String, at: i64, chance: &mut Chance) -> LogRecord {
        let word = match self.severity {
            SeverityNumber::Debug => "DEBUG",
            SeverityNumber::Warn => "WARN",
            SeverityNumber::Error => "ERROR",
            _ => "INFO",
        };
        let thread = chance.rank(48);
        LogRecord {
            time_unix_nano: instant(at),
            observed_time_unix_nano: instant(at + 40 * MILLISECOND / 100 + chance.between(0, MILLISECOND)),
            severity_number: self.severity as i32,
            severity_text: word.to_owned(),
            body: Some(AnyValue { value: Some(Value::StringValue(body)) }),
            attributes: self.attributes(thread),
            ..LogRecord::default()
        }
    }

    fn attributes(&self, thread: usize) -> Vec<KeyValue> {
        vec![text("thread.name", format!("worker-{thread}"))]
    }
}

/// What the variable parts of a sentence stand for.
struct Words<'a> {
    order: String,
    user: String,
    operation: &'a str,
    cause: &'a str,
    took: i64,
}

impl Words<'_> {
    /// Replaces `{order}`, `{user}`, `{op}`, `{cause}`, `{ms}`, `{n}`, `{req}`, `{ip}` and `{money}`.
    fn fill(&self, sentence: &str, chance: &mut Chance) -> String {
        let mut body = String::with_capacity(sentence.len() + 48);
        let mut rest = sentence;
        while let Some((before, after)) = rest.split_once('{') {
            body.push_str(before);
            let (name, left) = after.split_once('}').unwrap_or((after, ""));
            match name {
                "order" => body.push_str(&self.order),
                "user" => body.push_str(&self.user),
                "op" => body.push_str(self.operation),
                "cause" => body.push_str(self.cause),
                "ms" => body.push_str(&self.took.to_string()),
                "req" => body.push_str(&format!("req-{}", chance.token())),
                "ip" => body.push_str(&format!("10.40.{}.{}", chance.rank(20), chance.rank(200))),
                "money" => body.push_str(&format!("{}.{:02} EUR", chance.rank(900), chance.below(100))),
                _ => body.push_str(&chance.rank(2_000).to_string()),
            }
            rest = left;
        }
        body.push_str(rest);
        body
    }
}

const PAGE: [Template; 3] = [
    info(
        "ui.router",
        "navigated to {op} for {user}, first paint after {ms} ms, {n} resources from cache, {n} from the network",
    ),
    info(
        "ui.basket",
        "basket of {user} shows {n} items worth {money}, last changed {n} s ago in another tab",
    ),
    warn(
        "ui.image",
        "image {n} of {op} took {ms} ms to load for {user}, the placeholder stayed visible for {n} ms",
    ),
];

const SERVED: [Template; 12] = [
    info("access", "{op} answered in {ms} ms with {n} bytes to {ip}, request {req}, user {user}"),
    info("access", "started {op} for user {user} from {ip}, request {req}, content length {n}"),
    debug(
        "access",
        "headers of {req} accepted: {n} bytes, trace context present, session of {user} is valid for {n} s",
    ),
    info(
        "domain",
        "order {order} of {user} moved from state created to state confirmed after {ms} ms, {n} lines",
    ),
    info("domain", "reserved {n} pieces for order {order}, {n} left in stock, the reservation ends in {n} s"),
    info(
        "domain",
        "accepted {money} for order {order} of user {user}, rule set {n} found nothing suspicious",
    ),
    debug(
        "domain",
        "price of {n} lines for {user} computed as {money} in {ms} ms with {n} discounts applied to {order}",
    ),
    debug(
        "auth",
        "token of {user} accepted for {op}, {n} scopes, valid for another {n} s, issuer login.shop.example",
    ),
    warn(
        "domain",
        "order {order} of {user} has {n} lines, more than usual, and is checked again by rule {n} later",
    ),
    warn(
        "access",
        "slow answer: {op} took {ms} ms for {req}, of which {n} ms were spent waiting for a connection",
    ),
    info("audit", "user {user} changed {n} fields of {order} through {op} from {ip}, version {n}"),
    debug(
        "json",
        "wrote {n} bytes for {req} with {n} fields, {n} of them empty, in less than {ms} ms to {ip}",
    ),
];

const CALLED: [Template; 6] = [
    debug(
        "http.client",
        "call from {op} for {order} returned after {ms} ms with {n} bytes on connection {n}",
    ),
    info(
        "http.client",
        "calling the next service from {op} on behalf of {user}, attempt 1 of 3, request {req}",
    ),
    debug("http.client", "connection {n} to {ip} reused for {req}, {n} requests so far, idle for {n} ms"),
    warn(
        "http.client",
        "call from {op} is slow: {ms} ms so far for {req}, the limit is 2000 ms, {n} others are waiting",
    ),
    debug(
        "resilience",
        "circuit breaker of {op} is closed: {n} calls seen, failure rate below 50 percent, {ms} ms last",
    ),
    info(
        "http.client",
        "address {ip} chosen for {req} out of {n} instances, {n} requests are open to it, zone eu-1a",
    ),
];

const STATED: [Template; 6] = [
    debug(
        "sql",
        "statement of {op} took {ms} ms and returned {n} rows for {order}, plan cached, connection {n}",
    ),
    debug("sql", "begin transaction {n} for {order}, isolation read committed, timeout 2000 ms, caller {op}"),
    info(
        "sql",
        "committed transaction {n} for {order} with {n} changed rows after {ms} ms, log position {n}",
    ),
    warn("sql", "statement of {op} took {ms} ms for {order}, the plan reads {n} rows without an index"),
    debug("sql.pool", "connection {n} taken from the pool after {ms} ms for {req}, {n} in use, {n} idle"),
    debug("sql", "prepared statement {n} for {op} bound with {n} parameters, first one {order}, user {user}"),
];

const CACHED: [Template; 4] = [
    debug("cache", "hit for key of {user} in {op}, {n} bytes, {n} s left to live, looked up within {ms} ms"),
    debug(
        "cache",
        "miss for key of {user} in {op}, loading {order} from the database, {n} loads are running",
    ),
    info(
        "cache",
        "stored {n} bytes for {user} under a key of {op}, to live for {n} s, {n} entries in this slot",
    ),
    warn("cache", "evicted {n} entries while storing {order} for {user}, memory at {n} of 4096 MB, {op}"),
];

const MESSAGED: [Template; 6] = [
    info("messaging", "message about {order} sent to partition {n} at offset {n} after {ms} ms, {n} bytes"),
    info(
        "messaging",
        "received message about {order} for {user}, {n} ms after it was sent, delivery attempt {n}",
    ),
    debug(
        "messaging",
        "committed offset {n} after {n} messages, last one about {order}, took {ms} ms in total",
    ),
    warn(
        "messaging",
        "message about {order} waited {n} ms in the queue, {n} messages are behind it, consumer {ip}",
    ),
    info(
        "messaging",
        "mail about {order} handed over for {user}, template {n}, language de, size {n} bytes, {req}",
    ),
    debug(
        "messaging",
        "skipped message about {order}: already done {n} s ago as {req}, attempt {n} for {user}",
    ),
];

const WORKED: [Template; 4] = [
    debug("domain", "step of {op} finished for {order} after {ms} ms with {n} entries, {n} of them changed"),
    debug(
        "domain",
        "validated {n} fields of {order} for {user}, {n} warnings, schema version 3, rules of {n}",
    ),
    info(
        "domain",
        "rule {n} applied to {order} of {user}: total is now {money}, was {money}, reason code {n}",
    ),
    debug(
        "render",
        "assembled {n} parts for {user} into {n} bytes, {n} parts were missing and left out, {req}",
    ),
];

const FAILED: [Template; 6] = [
    error("domain", "{op} failed for order {order} of user {user} after {ms} ms: {cause}"),
    error("http.client", "giving up on {req} for {order} after 3 attempts and {ms} ms: {cause}"),
    error("sql", "transaction {n} for {order} rolled back after {ms} ms, {n} rows undone: {cause}"),
    error("access", "{op} answered with an error to {ip}, request {req}, after {ms} ms: {cause}"),
    error("messaging", "message about {order} could not be handled, delivery attempt {n}: {cause}"),
    error("domain", "payment of {money} for {order} was not taken from {user}: {cause}"),
];

const IDLE: [Template; 14] = [
    info(
        "gc",
        "collected garbage of the young generation in {ms} ms, heap went from {n} MB to {n} MB of 1024 MB",
    ),
    info(
        "sql.pool",
        "pool of {op}: {n} connections, {n} in use, {n} waiting, longest wait {ms} ms in the last minute",
    ),
    debug(
        "scheduler",
        "timer {n} of {op} fired {ms} ms late, {n} tasks are queued, next run in {n} s, node {ip}",
    ),
    info(
        "config",
        "configuration of {op} checked against revision {n}: nothing changed in {n} keys, took {ms} ms",
    ),
    debug(
        "registry",
        "heartbeat of {op} at {ip} accepted after {ms} ms, lease renewed for 30 s, {n} peers known",
    ),
    info(
        "health",
        "readiness of {op} is up: database {n} ms, cache {n} ms, disk has {n} MB free, checked from {ip}",
    ),
    debug(
        "metrics",
        "exported {n} metric points in {n} batches within {ms} ms, {n} points were dropped before",
    ),
    warn(
        "kafka",
        "consumer group of {op} is rebalancing: {n} partitions revoked, {n} assigned, generation {n}, {ip}",
    ),
    info(
        "session",
        "removed {n} expired sessions of {n} after {ms} ms, oldest was idle for {n} s, kept on {ip}",
    ),
    warn(
        "disk",
        "temporary directory of {op} holds {n} files with {n} MB, oldest is {n} minutes old, host {ip}",
    ),
    debug(
        "tls",
        "certificate of {op} is valid for another {n} days, {n} handshakes since start, last took {ms} ms",
    ),
    info(
        "cache",
        "refreshed {n} entries of {op} in {ms} ms, {n} were unchanged, next refresh in {n} s, seed {req}",
    ),
    debug(
        "limits",
        "rate limiter of {op}: {n} of {n} permits used, {n} refused in the last minute, client {ip}",
    ),
    info(
        "leader",
        "{op} at {ip} stays leader for term {n}, {n} followers, last answer {ms} ms ago, log at {n}",
    ),
];
