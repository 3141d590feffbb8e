//! The one trait between those who ask (API, alerts, tests) and the engine that answers.
//!
//! Questions are checked and resolved; answers are plain types. Dropping a future or a stream stops its
//! work within half a second: that is how a client that went away is noticed.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::ask_services::AskServices;
use crate::error::AskError;
use crate::explain::Explained;
use crate::fields::{FieldRow, FieldsAsk};
use crate::ledger::{LedgerAsk, LedgerSheet};
use crate::logs::{ContextAsk, Histogram, HistogramAsk, LineAsk, LogsAsk};
use crate::meta::Answer;
use crate::metrics::AskMetrics;
use crate::patterns::{PatternRow, PatternsAsk};
use crate::query_id::QueryId;
use crate::schema::SqlSchema;
use crate::server::AskServer;
use crate::services::{ServiceRow, ServicesAsk};
use crate::sql::{SqlAnswer, SqlAsk, SqlFormat};
use crate::stored::AskStored;
use crate::system::{BackedUp, BackupAsk, Readiness, RunningQuery, SegmentRow, SegmentsAsk, Settled, Status};
use crate::tail::{TailAsk, TailStream};
use crate::trace::{Trace, TraceAsk, TraceDeletion};
use crate::trace_logs::{LogRow, TraceLogsAsk};
use crate::traces::{TracesAsk, TracesFound};
use crate::why::{WhyAsk, WhyEmpty};

/// Traces.
mod traces;

pub use traces::AskTraces;

/// An answer on its way.
pub type Answering<'a, T> = Pin<Box<dyn Future<Output = Result<T, AskError>> + Send + 'a>>;

pub trait Ask:
    AskMetrics + AskServer + AskServices + AskStored + AskTraces + Send + Sync + fmt::Debug
{
    /// A table for `SqlFormat::Json`, a stream for every other format.
    fn sql(&self, ask: SqlAsk) -> Answering<'_, SqlAnswer>;
    /// Plans a statement without running it.
    fn sql_explain(&self, ask: SqlAsk) -> Answering<'_, Answer<Explained>>;
    fn sql_schema(&self) -> Answering<'_, Answer<SqlSchema>>;

    /// `NotFound` with the reason when no row has the id.
    fn trace(&self, ask: TraceAsk) -> Answering<'_, Answer<Trace>>;
    fn trace_logs(&self, ask: TraceLogsAsk) -> Answering<'_, Answer<Vec<LogRow>>>;
    fn traces(&self, ask: TracesAsk) -> Answering<'_, Answer<TracesFound>>;
    /// Done when no later answer shows the trace.
    fn delete_trace(&self, deletion: TraceDeletion) -> Answering<'_, ()>;

    fn logs(&self, ask: LogsAsk) -> Answering<'_, Answer<Vec<LogRow>>>;
    /// `NotFound` when no line has the id.
    fn log(&self, ask: LineAsk) -> Answering<'_, Answer<LogRow>>;
    fn log_context(&self, ask: ContextAsk) -> Answering<'_, Answer<Vec<LogRow>>>;
    fn log_histogram(&self, ask: HistogramAsk) -> Answering<'_, Answer<Histogram>>;
    fn log_fields(&self, ask: FieldsAsk) -> Answering<'_, Answer<Vec<FieldRow>>>;
    fn log_patterns(&self, ask: PatternsAsk) -> Answering<'_, Answer<Vec<PatternRow>>>;
    fn log_tail(&self, ask: TailAsk) -> Answering<'_, TailStream>;
    /// The lines of `logs` as rows of SQL, in a streamed format.
    fn log_export(&self, ask: LogsAsk, format: SqlFormat) -> Answering<'_, SqlAnswer>;

    fn why_empty(&self, ask: WhyAsk) -> Answering<'_, Answer<WhyEmpty>>;

    fn services(&self, ask: ServicesAsk) -> Answering<'_, Answer<Vec<ServiceRow>>>;

    fn ledger(&self, ask: LedgerAsk) -> Answering<'_, Answer<LedgerSheet>>;
    /// Counts all live rows anew, then answers as `ledger` without restrictions.
    fn recount(&self, query_id: QueryId) -> Answering<'_, Answer<LedgerSheet>>;

    fn status(&self) -> Answering<'_, Answer<Status>>;
    fn segments(&self, ask: SegmentsAsk) -> Answering<'_, Answer<Vec<SegmentRow>>>;
    /// Flushes and merges until nothing is pending.
    fn settle(&self, query_id: QueryId) -> Answering<'_, Answer<Settled>>;

    /// Copies everything that is acknowledged now.
    fn back_up(&self, ask: BackupAsk) -> Answering<'_, Answer<BackedUp>>;

    /// All that run now, oldest first.
    fn queries(&self) -> Vec<RunningQuery>;
    /// Stops a query that runs; false when none has the id. Its asker gets an error.
    fn cancel(&self, query_id: &QueryId) -> bool;

    fn readiness(&self) -> Readiness;
}
