//! An engine with fixed answers. What it was asked can be read back; a query `wait` runs until it is dropped.

use std::sync::Mutex;

use bytes::Bytes;
use daymark_model::figure::{Figure, Figures};
use daymark_model::id::{LineAt, Lsn, SpanId, TraceId};
use daymark_model::time::Nanos;
use daymark_view::ask::{Answering, Ask};
use daymark_view::attribute::Attributes;
use daymark_view::error::{Absence, AskError, Code};
use daymark_view::explain::Explained;
use daymark_view::fields::{FieldLevel, FieldRow, FieldType, FieldsAsk};
use daymark_view::ledger::{LedgerAsk, LedgerSheet};
use daymark_view::logs::{ContextAsk, Histogram, HistogramAsk, LineAsk, LogsAsk};
use daymark_view::meta::{Answer, Meta, Truncated};
use daymark_view::patterns::{PatternRow, PatternsAsk};
use daymark_view::query_id::QueryId;
use daymark_view::schema::SqlSchema;
use daymark_view::services::{ServiceRow, ServicesAsk};
use daymark_view::sql::{SqlAnswer, SqlAsk, SqlChunk, SqlColumn, SqlFormat, SqlStream, SqlTable};
use daymark_view::system::{
    BackedUp, BackupAsk, Readiness, RunningQuery, SegmentRow, SegmentsAsk, Settled, Status,
};
use daymark_view::tail::{News, TailAsk, TailEvent, TailStatus, TailStream};
use daymark_view::trace::{
    Completeness, Dropped, Episode, Event, Link, Scope, Span, Trace, TraceAsk, TraceDeletion, TraceRoot,
};
use daymark_view::trace_logs::{LogRow, TraceLogsAsk};
use daymark_view::traces::{TracesAsk, TracesFound};
use daymark_view::why::{Nearest, WhyAsk, WhyEmpty};
use futures::{StreamExt, stream};
use serde_json::json;
use tokio::sync::watch;

/// Metrics.
mod metrics;
/// The server itself.
mod server;
/// What people keep.
mod stored;
/// Answers about traces.
mod traces;

pub(crate) const TRACE: TraceId = TraceId([0x8f; 16]);

#[derive(Debug, Default)]
pub(crate) struct Canned {
    pub(crate) asked: Mutex<Vec<String>>,
    pub(crate) not_ready: bool,
    /// Queries that are running.
    pub(crate) running: watch::Sender<usize>,
}

impl Canned {
    pub(crate) fn remember(&self, ask: &impl std::fmt::Debug) {
        self.asked.lock().unwrap().push(format!("{ask:?}"));
    }

    pub(crate) fn last(&self) -> String {
        self.asked.lock().unwrap().last().cloned().unwrap_or_default()
    }
}

/// Counts a running query for as long as it lives.
struct Running(watch::Sender<usize>);

impl Running {
    fn new(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

fn lines(texts: &[&'static str]) -> Vec<Result<SqlChunk, AskError>> {
    texts.iter().map(|text| Ok(SqlChunk::Bytes(Bytes::from_static(text.as_bytes())))).collect()
}

fn limit() -> AskError {
    AskError::new(Code::LimitExceeded, "the query scanned more than 100 GB")
}

async fn sql(ask: SqlAsk, running: Running) -> Result<SqlAnswer, AskError> {
    let streamed = |pieces| Ok(SqlAnswer::Stream(stream::iter(pieces).boxed() as SqlStream));
    match ask.query.as_str() {
        "wait" => futures::future::pending().await,
        "panic" => panic!("as the test asked"),
        "bad" => Err(AskError::new(Code::BadQuery, "no table \"span\"").span(14, 18)),
        "busy" => Err(AskError::new(Code::Unavailable, "starting")),
        "stream" => {
            let mut pieces =
                lines(&["{\"schema\":[{\"name\":\"n\",\"type\":\"i64\"}]}\n", "{\"row\":[1]}\n"]);
            pieces.push(Ok(SqlChunk::End(Box::new(Meta { took_ms: -1.0, ..Meta::default() }))));
            streamed(pieces)
        }
        "cut" => {
            let truncated = Some(Truncated { reason: "limit".into(), shown: 1, total: None });
            let mut pieces = lines(&["first\n"]);
            pieces.push(Ok(SqlChunk::End(Box::new(Meta { truncated, ..Meta::default() }))));
            streamed(pieces)
        }
        "long" => {
            let mut pieces: Vec<_> =
                (0..64).map(|_| Ok(SqlChunk::Bytes(Bytes::from_static(&[b'x'; 65_536])))).collect();
            pieces.push(Ok(SqlChunk::End(Box::default())));
            streamed(pieces)
        }
        "fails at once" => streamed(vec![Err(limit())]),
        "fails late" => {
            let mut pieces = lines(&["first\n"]);
            pieces.push(Err(limit()));
            streamed(pieces)
        }
        "breaks off" => streamed(lines(&["first\n"])),
        "endless" => {
            let piece = move |_| {
                let _held = &running;
                Ok(SqlChunk::Bytes(Bytes::from_static(&[b'x'; 65_536])))
            };
            Ok(SqlAnswer::Stream(stream::repeat(()).map(piece).boxed()))
        }
        _ => {
            let columns = vec![SqlColumn { name: "n".into(), kind: "i64".into() }];
            let rows = vec![vec![json!(1)]; ask.limit.min(2_000)];
            Ok(SqlAnswer::Table(Box::new(Answer::of(SqlTable { columns, rows }))))
        }
    }
}

pub(crate) fn trace() -> Trace {
    let attributes = |text| Attributes::parse(text).unwrap();
    let root = Span {
        span_id: SpanId([1; 8]),
        parent_span_id: None,
        service: "web".into(),
        name: "POST /checkout".into(),
        kind: "server".into(),
        start: Nanos(1_763_690_712_331_000_000),
        duration_ns: 1_920_000_000,
        status: "error".into(),
        status_message: Some("refused".into()),
        resource: "r1".into(),
        scope: Scope { name: Some("http".into()), version: None, ..Scope::default() },
        attributes: attributes(r#"{"http.route":"/checkout","raw":{"$b":"AQI="},"retry":2,"share":1.0}"#),
        events: vec![Event {
            time: Nanos(1_763_690_712_400_000_000),
            name: "exception".into(),
            attributes: attributes(r#"{"exception.type":"Timeout"}"#),
        }],
        links: vec![Link {
            trace_id: TraceId([2; 16]),
            span_id: SpanId([3; 8]),
            trace_state: None,
            attributes: Attributes::default(),
        }],
        trace_state: Some("a=b".into()),
        flags: 257,
        peer: None,
        source: "otlp_grpc".into(),
        tier: "internal".into(),
        quality: vec!["clock_skew".into()],
        dropped: Dropped { attributes: 1, events: 0, links: 0 },
    };
    let child = Span {
        span_id: SpanId([4; 8]),
        parent_span_id: Some(SpanId([1; 8])),
        service: "order".into(),
        name: "create".into(),
        kind: "internal".into(),
        status: "unset".into(),
        status_message: None,
        resource: "r2".into(),
        scope: Scope::default(),
        attributes: Attributes::default(),
        events: Vec::new(),
        links: Vec::new(),
        trace_state: None,
        quality: Vec::new(),
        ..root.clone()
    };
    Trace {
        trace_id: TRACE,
        start: root.start,
        duration_ns: root.duration_ns,
        span_count: 2,
        error_count: 1,
        log_count: 1,
        root: Some(TraceRoot { span_id: root.span_id, service: "web".into(), name: root.name.clone() }),
        services: vec!["web".into(), "order".into()],
        completeness: Completeness::Complete,
        missing_parents: Vec::new(),
        aliases: Vec::new(),
        episode: Episode { n: 1, of: 1 },
        tier: "internal".into(),
        born: None,
        skew: Vec::new(),
        resources: [
            ("r1".into(), attributes(r#"{"service.name":"web"}"#)),
            ("r2".into(), attributes(r#"{"service.name":"order"}"#)),
        ]
        .into(),
        spans: vec![root, child],
    }
}

fn log() -> LogRow {
    LogRow {
        log_id: "1763690712331000000-9f3a".into(),
        time: Nanos(1_763_690_712_331_000_000),
        severity: "error".into(),
        severity_number: 17,
        severity_text: None,
        service: "payment".into(),
        instance: None,
        body: Some("Timeout calling bank".into()),
        trace_id: Some(TRACE),
        span_id: None,
        event_name: None,
        attributes: Attributes::default(),
        resource: Attributes::default(),
        truncated: Vec::new(),
    }
}

fn never_seen() -> AskError {
    AskError::new(Code::NotFound, "no span has this trace id").absent(Absence::NeverSeen, Some(Nanos(7)))
}

pub(crate) fn ready<'a, T: Send + 'a>(answer: Result<T, AskError>) -> Answering<'a, T> {
    Box::pin(std::future::ready(answer))
}

impl Ask for Canned {
    fn sql(&self, ask: SqlAsk) -> Answering<'_, SqlAnswer> {
        self.remember(&ask);
        Box::pin(sql(ask, Running::new(&self.running)))
    }

    fn sql_explain(&self, ask: SqlAsk) -> Answering<'_, Answer<Explained>> {
        self.remember(&ask);
        ready(Ok(Answer::of(Explained { segments: 3, ..Explained::default() })))
    }

    fn sql_schema(&self) -> Answering<'_, Answer<SqlSchema>> {
        ready(Ok(Answer::of(SqlSchema::default())))
    }

    fn trace(&self, ask: TraceAsk) -> Answering<'_, Answer<Trace>> {
        self.remember(&ask);
        ready(if ask.id == TRACE { Ok(Answer::of(trace())) } else { Err(never_seen()) })
    }

    fn trace_logs(&self, ask: TraceLogsAsk) -> Answering<'_, Answer<Vec<LogRow>>> {
        self.remember(&ask);
        let meta = Meta { cursor: Some("next".into()), ..Meta::default() };
        ready(Ok(Answer { data: vec![log()], meta }))
    }

    fn traces(&self, ask: TracesAsk) -> Answering<'_, Answer<TracesFound>> {
        self.remember(&ask);
        ready(Ok(Answer::of(TracesFound::Traces(Vec::new()))))
    }

    /// Of many lines there are two pages with a line each.
    fn logs(&self, ask: LogsAsk) -> Answering<'_, Answer<Vec<LogRow>>> {
        self.remember(&ask);
        let mut answer = Answer::of(vec![log()]);
        answer.meta.cursor = (ask.cursor.is_none() && ask.limit >= 1_000).then(|| "second".to_owned());
        ready(Ok(answer))
    }

    fn log(&self, ask: LineAsk) -> Answering<'_, Answer<LogRow>> {
        self.remember(&ask);
        ready(Ok(Answer::of(log())))
    }

    fn log_context(&self, ask: ContextAsk) -> Answering<'_, Answer<Vec<LogRow>>> {
        self.remember(&ask);
        ready(Ok(Answer::of(vec![log()])))
    }

    fn log_histogram(&self, ask: HistogramAsk) -> Answering<'_, Answer<Histogram>> {
        self.remember(&ask);
        ready(Ok(Answer::of(Histogram { t0: Nanos(0), step_ns: 1, series: Vec::new() })))
    }

    fn log_fields(&self, ask: FieldsAsk) -> Answering<'_, Answer<Vec<FieldRow>>> {
        self.remember(&ask);
        let (level, r#type) = (FieldLevel::Body, FieldType::Int);
        let row =
            FieldRow { key: "body.user.id".into(), level, r#type, count: 1, distinct: 1, top: Vec::new() };
        ready(Ok(Answer::of(vec![row])))
    }

    fn log_patterns(&self, ask: PatternsAsk) -> Answering<'_, Answer<Vec<PatternRow>>> {
        self.remember(&ask);
        ready(Ok(Answer::of(Vec::new())))
    }

    /// A line and a status, then nothing more; after a line the stream ends with an error.
    fn log_tail(&self, ask: TailAsk) -> Answering<'_, TailStream> {
        self.remember(&ask);
        let running = Running::new(&self.running);
        let at = LineAt { lsn: Lsn(7), line: Some(1) };
        let line = TailEvent { at, news: News::Log(Box::new(log())) };
        let status = TailEvent { at: LineAt { line: None, ..at }, news: News::Status(TailStatus::default()) };
        let begun = stream::iter([Ok(line), Ok(status)]);
        let rest = match ask.after {
            Some(_) => stream::iter([Err(limit())]).boxed(),
            None => stream::pending().boxed(),
        };
        let rest = rest.inspect(move |_| {
            let _held = &running;
        });
        ready(Ok(Box::pin(begun.chain(rest)) as TailStream))
    }

    fn log_export(&self, ask: LogsAsk, format: SqlFormat) -> Answering<'_, SqlAnswer> {
        self.remember(&(&ask, format));
        let mut pieces = lines(&["time,body\r\n"]);
        pieces.push(Ok(SqlChunk::End(Box::default())));
        ready(Ok(SqlAnswer::Stream(stream::iter(pieces).boxed())))
    }

    fn why_empty(&self, ask: WhyAsk) -> Answering<'_, Answer<WhyEmpty>> {
        self.remember(&ask);
        let (nearest, matches) = (Nearest::default(), Nearest::default());
        let clauses = Vec::new();
        ready(Ok(Answer::of(WhyEmpty { total: 0, clauses, nearest, matches, series_outside: None })))
    }

    fn delete_trace(&self, deletion: TraceDeletion) -> Answering<'_, ()> {
        self.remember(&deletion);
        ready(if deletion.id == TRACE { Ok(()) } else { Err(never_seen()) })
    }

    fn services(&self, ask: ServicesAsk) -> Answering<'_, Answer<Vec<ServiceRow>>> {
        self.remember(&ask);
        let row = ServiceRow { service: "payment".into(), count: 7, ..ServiceRow::default() };
        ready(Ok(Answer::of(vec![row])))
    }

    fn ledger(&self, ask: LedgerAsk) -> Answering<'_, Answer<LedgerSheet>> {
        self.remember(&ask);
        ready(Ok(Answer::of(LedgerSheet { balanced: Some(true), ..LedgerSheet::default() })))
    }

    fn recount(&self, query_id: QueryId) -> Answering<'_, Answer<LedgerSheet>> {
        self.remember(&query_id);
        ready(Ok(Answer::of(LedgerSheet { recounted_at: Some(Nanos(1)), ..LedgerSheet::default() })))
    }

    fn status(&self) -> Answering<'_, Answer<Status>> {
        ready(Ok(Answer::of(Status { ack: "fsync".into(), ..Status::default() })))
    }

    fn segments(&self, ask: SegmentsAsk) -> Answering<'_, Answer<Vec<SegmentRow>>> {
        self.remember(&ask);
        ready(Ok(Answer::of(vec![SegmentRow::default()])))
    }

    fn back_up(&self, ask: BackupAsk) -> Answering<'_, Answer<BackedUp>> {
        self.remember(&ask.query_id);
        ready(Ok(Answer::of(BackedUp { took_ms: 4, segments: 2, bytes: 7, lsn: 5 })))
    }

    fn settle(&self, query_id: QueryId) -> Answering<'_, Answer<Settled>> {
        self.remember(&query_id);
        ready(Ok(Answer::of(Settled { took_ms: 3, segments: 1, bytes: 9 })))
    }

    fn queries(&self) -> Vec<RunningQuery> {
        vec![RunningQuery {
            query_id: QueryId::parse("01K00000000000000000000001").unwrap(),
            kind: "sql".into(),
            text: Some("SELECT 1".into()),
            state: "running".into(),
            started_at: Nanos(5),
            took_ms: 1,
            done: 1,
            total: 2,
            scanned: Default::default(),
        }]
    }

    fn cancel(&self, query_id: &QueryId) -> bool {
        self.remember(query_id);
        self.queries().iter().any(|running| running.query_id == *query_id)
    }

    fn readiness(&self) -> Readiness {
        Readiness {
            read: !self.not_ready,
            write: !self.not_ready,
            reason: self.not_ready.then(|| "the log is being replayed".into()),
        }
    }
}

impl Figures for Canned {
    fn figures(&self) -> Vec<Figure> {
        vec![Figure::gauge("daymark_ledger_imbalance_items", "Items that the ledger cannot explain.", 0.0)]
    }
}
