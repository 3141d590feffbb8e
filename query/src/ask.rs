//! The answers to [`Ask`] over a store: takes a snapshot, lets the lane of queries work on it, and words
//! what comes back.

use std::fmt;
use std::io;
use std::sync::Arc;

use daymark_aggregate::Aggregate;
use daymark_model::figure::{Figure, Figures};
use daymark_model::limits::QueryLimits;
use daymark_model::origin::DEFAULT_TENANT;
use daymark_model::signal::Table;
use daymark_model::tables::{self, PublicTable};
use daymark_segment::ReadCache;
use daymark_storage::Store;
use daymark_storage::version::Version;
use daymark_view::ask::{Answering, Ask};
use daymark_view::error::{AskError, Code};
use daymark_view::explain::Explained;
use daymark_view::fields::{FieldRow, FieldsAsk};
use daymark_view::ledger::{LedgerAsk, LedgerSheet};
use daymark_view::logs::{ContextAsk, Histogram, HistogramAsk, LineAsk, LogsAsk};
use daymark_view::meta::{Answer, Meta};
use daymark_view::patterns::{PatternRow, PatternsAsk};
use daymark_view::query_id::QueryId;
use daymark_view::schema::SqlSchema;
use daymark_view::services::{ServiceRow, ServicesAsk};
use daymark_view::sql::{SqlAnswer, SqlAsk, SqlFormat, SqlTable};
use daymark_view::system::{
    BackedUp, BackupAsk, Readiness, RunningQuery, SegmentRow, SegmentsAsk, Settled, Status,
};
use daymark_view::tail::{TailAsk, TailStream};
use daymark_view::trace::{Trace, TraceAsk, TraceDeletion};
use daymark_view::trace_logs::{LogRow, TraceLogsAsk};
use daymark_view::traces::{TracesAsk, TracesFound};
use daymark_view::why::{WhyAsk, WhyEmpty};
use futures::stream;
use tokio::sync::Semaphore;

use crate::aggregates::AggregateTable;
use crate::functions::Functions;
use crate::lane::Lane;
use crate::red::reader::Reader;
use crate::red::recent::Recent;
use crate::running::Running;
use crate::scan::part::Part;
use crate::scan::reader::Tally;
use crate::scan::signal_table::SignalTable;
use crate::search::Desk;
use crate::sql::failure;
use crate::sql::memory::Memory;
use crate::sql::run::{self, Piece, Run, Runner};
use crate::sql::session::Tables;
use crate::sums::SpanSums;
use crate::sums::condensed::Condensed;
use crate::sums::rests::Rests;
use crate::trace::revisions::Revisions;
use crate::{alerts, balance, condition, figures, senders, services, tail};

/// Traces.
mod traces;

/// Plans without runs.
mod explain;
/// What is kept by whoever works by itself.
mod keep;
/// Answers about metrics.
mod metrics;
/// What SQL can name.
mod schema;
/// The server itself, and its senders.
mod server;
/// What people keep.
mod stored;

/// What reads have in common is kept in one of this many parts of the memory of queries.
const CACHE_SHARE: usize = 16;

/// How questions are answered.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whose data it is.
    pub tenant: String,
    pub limits: QueryLimits,
    /// Threads that plan and answer.
    pub threads: usize,
    /// What an acknowledgement means, for the status page: fsync, os, memory.
    pub ack: String,
    /// Reachable from other machines without authentication.
    pub insecure: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            tenant: DEFAULT_TENANT.into(),
            limits: QueryLimits::default(),
            threads: std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
            ack: "fsync".into(),
            insecure: false,
        }
    }
}

/// Answers questions over a store.
pub struct Answerer {
    pub(crate) store: Store,
    pub(crate) options: Options,
    pub(crate) runner: Runner,
    /// Places for those who follow.
    pub(crate) tails: Arc<Semaphore>,
    rests: Arc<Rests>,
    condensed: Arc<Condensed>,
    recent: Arc<Recent>,
    cache: Arc<ReadCache>,
    revisions: Arc<Revisions>,
}

impl fmt::Debug for Answerer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Answerer").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Answerer {
    pub fn new(store: Store, options: Options) -> io::Result<Self> {
        let cache_bytes = options.limits.pool_bytes / CACHE_SHARE;
        let runner = Runner {
            lane: Lane::new(options.threads)?,
            running: Running::new(store.clock()),
            limits: options.limits.clone(),
            functions: Arc::new(Functions::all()),
            memory: Memory::new(options.limits.pool_bytes - cache_bytes),
            spill: store.spill_dir(),
            places: Arc::new(Semaphore::new(options.limits.concurrency)),
            clock: store.clock(),
        };
        let cache = Arc::new(ReadCache::new(cache_bytes));
        let tails = Arc::new(Semaphore::new(tail::TAILS));
        let (rests, condensed, recent, revisions) = Default::default();
        Ok(Self { store, options, runner, tails, rests, condensed, recent, cache, revisions })
    }

    /// Answers about another tenant, within the same limits.
    pub fn of_tenant(&self, tenant: &str) -> Self {
        let options = Options { tenant: tenant.into(), ..self.options.clone() };
        Self {
            store: self.store.clone(),
            options,
            runner: self.runner.clone(),
            tails: Arc::clone(&self.tails),
            rests: Arc::clone(&self.rests),
            condensed: Arc::clone(&self.condensed),
            recent: Arc::default(),
            cache: Arc::clone(&self.cache),
            // Another tenant's traces may have the same ids.
            revisions: Arc::default(),
        }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    fn parts(&self, version: &Version, table: Table) -> Vec<Part> {
        Part::all(version, &self.options.tenant, table, &self.cache)
    }

    fn sums(&self, version: &Version) -> SpanSums {
        SpanSums {
            parts: self.parts(version, Table::Spans).into(),
            rests: Arc::clone(&self.rests),
            condensed: Arc::clone(&self.condensed),
        }
    }

    fn sender_parts(&self, version: &Version) -> Vec<(Table, Vec<Part>)> {
        senders::TABLES.into_iter().map(|table| (table, self.parts(version, table))).collect()
    }

    /// The tables of a query. Those that cost something are made only when the text names them.
    pub(crate) async fn tables(
        &self,
        version: &Version,
        sql: &str,
        tally: &Arc<Tally>,
    ) -> Result<Tables, AskError> {
        let mut all: Tables = Vec::new();
        for table in Table::ALL {
            let parts: Arc<[Part]> = self.parts(version, table).into();
            all.push((
                PublicTable::of(table).name,
                Arc::new(SignalTable::new(table, parts, Arc::clone(tally))),
            ));
        }
        let sums = self.sums(version);
        for aggregate in Aggregate::ALL {
            let table = AggregateTable::new(aggregate, sums.clone(), Arc::clone(tally));
            all.push((aggregate.table().name, Arc::new(table)));
        }
        let sql = sql.to_lowercase();
        if sql.contains(tables::SERVICES.name) {
            let senders = senders::table(self.sender_parts(version)).map_err(|error| failure::of(&error))?;
            all.push((tables::SERVICES.name, senders));
        }
        if sql.contains(tables::LEDGER.name) {
            all.push((tables::LEDGER.name, balance::table(&self.store, &self.options.tenant).await?));
        }
        for (table, rows) in alerts::tables::of(&self.store, &self.options.tenant, &sql).await? {
            all.push((table, rows));
        }
        Ok(all)
    }

    async fn start(&self, ask: &SqlAsk, version: &Version) -> Result<Run, AskError> {
        let tally = Arc::new(Tally::limited(self.options.limits.scanned_bytes));
        let tables = self.tables(version, &ask.query, &tally).await?;
        self.runner.start(ask, tables, tally).await
    }

    async fn table(&self, ask: &SqlAsk, version: &Version) -> Result<Answer<SqlTable>, AskError> {
        let mut run = self.start(ask, version).await?;
        let mut table = SqlTable::default();
        loop {
            match run.next().await? {
                Piece::Columns(columns) => table.columns = columns,
                Piece::Rows(rows) => table.rows.extend(rows),
                Piece::Bytes(_) => {}
                Piece::End { rows, has_more } => {
                    let meta = Meta { watermark: Some(version.watermark()), ..run.meta(rows, has_more) };
                    return Ok(Answer { data: table, meta });
                }
            }
        }
    }

    pub(crate) async fn answer_sql(&self, ask: SqlAsk) -> Result<SqlAnswer, AskError> {
        let version = self.store.version();
        if ask.format == SqlFormat::Json {
            return self.table(&ask, &version).await.map(|answer| SqlAnswer::Table(Box::new(answer)));
        }
        let watermark = version.watermark();
        let run = self.start(&ask, &version).await?;
        Ok(SqlAnswer::Stream(Box::pin(stream::unfold(Some(run), move |run| run::next_chunk(run, watermark)))))
    }

    /// A question of several statements over one snapshot.
    pub(crate) async fn at_desk<T, W>(
        &self,
        (id, kind, text): (QueryId, &'static str, String),
        work: impl FnOnce(Desk) -> W,
    ) -> Result<Answer<T>, AskError>
    where
        T: Send + 'static,
        W: Future<Output = Result<Answer<T>, AskError>> + Send + 'static,
    {
        let version = self.store.version();
        let tally = Arc::new(Tally::limited(self.options.limits.scanned_bytes));
        let tables = self.tables(&version, "", &tally).await?;
        let mut answer = self.runner.at_desk((&id, kind, &text), tables, tally, work).await?;
        answer.meta.watermark = Some(version.watermark());
        Ok(answer)
    }

    /// A question that is answered from the sums of one snapshot.
    pub(crate) async fn reading<T, W>(
        &self,
        id: QueryId,
        kind: &'static str,
        work: impl FnOnce(Reader) -> W,
    ) -> Result<Answer<T>, AskError>
    where
        T: Send + 'static,
        W: Future<Output = Result<Answer<T>, AskError>> + Send + 'static,
    {
        let version = self.store.version();
        let reader = Reader {
            sums: self.sums(&version),
            parts: self.sender_parts(&version),
            now: self.store.clock().now(),
            recent: Arc::clone(&self.recent),
            tally: Arc::default(),
        };
        let tally = Arc::clone(&reader.tally);
        let mut answer = self.run_on_lane((&id, kind), tally, work(reader)).await??;
        answer.meta.watermark = Some(version.watermark());
        Ok(answer)
    }

    /// Work that reads without planning. Listed and stopped like any query.
    async fn on_lane<T: Send + 'static>(
        &self,
        id: &QueryId,
        kind: &'static str,
        work: impl FnOnce(&Tally) -> T + Send + 'static,
    ) -> Result<T, AskError> {
        let tally = Arc::new(Tally::default());
        let counted = Arc::clone(&tally);
        self.run_on_lane((id, kind), tally, async move { work(&counted) }).await
    }

    async fn run_on_lane<T: Send + 'static>(
        &self,
        (id, kind): (&QueryId, &'static str),
        tally: Arc<Tally>,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, AskError> {
        let task = self.runner.lane.spawn(work);
        let mut ticket = self.runner.running.enter((id, kind), None, tally, task.abort_handle());
        let lost =
            || AskError::new(Code::Internal, "the question ended without an answer; the log says more");
        let result = tokio::time::timeout(self.options.limits.wall, task.result()).await;
        ticket.ended(matches!(result, Ok(Some(_))));
        result.map_err(|_| AskError::new(Code::Timeout, "reading took too long"))?.ok_or_else(lost)
    }

    async fn back_up_to(&self, ask: BackupAsk) -> Result<Answer<BackedUp>, AskError> {
        let clock = self.store.clock();
        let began = clock.elapsed();
        let copied = self.store.back_up(&ask.dir).await.map_err(|error| not_backed_up(&error))?;
        let took = clock.elapsed().saturating_sub(began);
        Ok(Answer::of(BackedUp {
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            segments: copied.segments,
            bytes: copied.bytes,
            lsn: copied.lsn,
        }))
    }

    async fn settle_all(&self) -> Result<Answer<Settled>, AskError> {
        let clock = self.store.clock();
        let began = clock.elapsed();
        self.store.settle().await.map_err(|error| internal(&error))?;
        let status = self.store.status();
        let took = clock.elapsed().saturating_sub(began);
        Ok(Answer::of(Settled {
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            segments: status.segments,
            bytes: status.segment_bytes,
        }))
    }
}

/// Why a backup could not be made: its folder is the asker's to choose, so its trouble is told.
fn not_backed_up(error: &daymark_storage::Error) -> AskError {
    match error {
        daymark_storage::Error::NotEmpty { .. } => AskError::new(Code::BadRequest, error.to_string()),
        daymark_storage::Error::Folder { source, .. } => {
            AskError::new(Code::BadRequest, format!("{error}: {source}"))
        }
        _ => internal(error),
    }
}

/// A failure of the store, for people; the log has the cause.
pub(crate) fn internal(error: &dyn std::error::Error) -> AskError {
    tracing::error!(%error, source = error.source().map(tracing::field::display), "the store failed");
    AskError::new(Code::Internal, "the store failed; the log says more")
}

impl Figures for Answerer {
    fn figures(&self) -> Vec<Figure> {
        self.rests.release();
        self.condensed.release();
        let mut figures = figures::of_store(&self.store);
        figures.push(self.runner.running.figure());
        figures.push(Figure::gauge(
            "daymark_query_open_sums_bytes",
            "Kept sums of spans whose parents or children may still come, and what tells them.",
            self.rests.bytes() as f64,
        ));
        figures
    }
}

impl Ask for Answerer {
    fn sql(&self, ask: SqlAsk) -> Answering<'_, SqlAnswer> {
        Box::pin(self.answer_sql(ask))
    }

    fn sql_explain(&self, ask: SqlAsk) -> Answering<'_, Answer<Explained>> {
        Box::pin(self.answer_explain(ask))
    }

    fn sql_schema(&self) -> Answering<'_, Answer<SqlSchema>> {
        Box::pin(async { Ok(Answer::of(self.schema())) })
    }

    fn trace(&self, ask: TraceAsk) -> Answering<'_, Answer<Trace>> {
        Box::pin(self.answer_trace(ask))
    }

    fn trace_logs(&self, ask: TraceLogsAsk) -> Answering<'_, Answer<Vec<LogRow>>> {
        Box::pin(self.answer_trace_logs(ask))
    }

    fn traces(&self, ask: TracesAsk) -> Answering<'_, Answer<TracesFound>> {
        Box::pin(self.answer_traces(ask))
    }

    fn logs(&self, ask: LogsAsk) -> Answering<'_, Answer<Vec<LogRow>>> {
        let told = (ask.query_id.clone(), "logs", ask.query.to_string());
        Box::pin(self.at_desk(told, move |desk| desk.logs(ask)))
    }

    fn log(&self, ask: LineAsk) -> Answering<'_, Answer<LogRow>> {
        let told = (ask.query_id.clone(), "log", ask.log_id.text.clone());
        Box::pin(self.at_desk(told, move |desk| desk.line(ask)))
    }

    fn log_context(&self, ask: ContextAsk) -> Answering<'_, Answer<Vec<LogRow>>> {
        let told = (ask.query_id.clone(), "log_context", ask.log_id.text.clone());
        Box::pin(self.at_desk(told, move |desk| desk.context(ask)))
    }

    fn log_histogram(&self, ask: HistogramAsk) -> Answering<'_, Answer<Histogram>> {
        let told = (ask.query_id.clone(), "log_histogram", ask.query.to_string());
        Box::pin(self.at_desk(told, move |desk| desk.histogram(ask)))
    }

    fn log_fields(&self, ask: FieldsAsk) -> Answering<'_, Answer<Vec<FieldRow>>> {
        let told = (ask.query_id.clone(), "log_fields", ask.query.to_string());
        Box::pin(self.at_desk(told, move |desk| desk.log_fields(ask)))
    }

    fn log_patterns(&self, ask: PatternsAsk) -> Answering<'_, Answer<Vec<PatternRow>>> {
        let told = (ask.query_id.clone(), "log_patterns", ask.query.to_string());
        Box::pin(self.at_desk(told, move |desk| desk.patterns(ask)))
    }

    fn log_tail(&self, ask: TailAsk) -> Answering<'_, TailStream> {
        Box::pin(self.answer_tail(ask))
    }

    fn log_export(&self, ask: LogsAsk, format: SqlFormat) -> Answering<'_, SqlAnswer> {
        Box::pin(self.answer_export(ask, format))
    }

    fn why_empty(&self, ask: WhyAsk) -> Answering<'_, Answer<WhyEmpty>> {
        let told = (ask.query_id.clone(), "why_empty", ask.text.clone());
        Box::pin(self.at_desk(told, move |desk| desk.why_empty(ask)))
    }

    fn delete_trace(&self, deletion: TraceDeletion) -> Answering<'_, ()> {
        Box::pin(async move {
            let erased = self.store.erase_trace(&self.options.tenant, deletion.id).await;
            erased.map(|_rows| ()).map_err(|error| internal(&error))
        })
    }

    fn services(&self, ask: ServicesAsk) -> Answering<'_, Answer<Vec<ServiceRow>>> {
        let id = ask.query_id.clone();
        Box::pin(self.reading(id, "services", |reader| async move { services::list(&ask, &reader).await }))
    }

    fn ledger(&self, ask: LedgerAsk) -> Answering<'_, Answer<LedgerSheet>> {
        Box::pin(async move { balance::sheet(&self.store, &self.options.tenant, &ask).await.map(Answer::of) })
    }

    fn recount(&self, query_id: QueryId) -> Answering<'_, Answer<LedgerSheet>> {
        self.ledger(LedgerAsk { query_id, signal: None, source: None, range: None })
    }

    fn status(&self) -> Answering<'_, Answer<Status>> {
        Box::pin(async {
            Ok(Answer::of(condition::status(&self.store, &self.options.ack, self.options.insecure)))
        })
    }

    fn segments(&self, ask: SegmentsAsk) -> Answering<'_, Answer<Vec<SegmentRow>>> {
        Box::pin(async move { condition::segments(&self.store, &self.options.tenant, &ask) })
    }

    fn settle(&self, _query_id: QueryId) -> Answering<'_, Answer<Settled>> {
        Box::pin(self.settle_all())
    }

    fn back_up(&self, ask: BackupAsk) -> Answering<'_, Answer<BackedUp>> {
        Box::pin(self.back_up_to(ask))
    }

    fn queries(&self) -> Vec<RunningQuery> {
        self.runner.running.list()
    }

    fn cancel(&self, query_id: &QueryId) -> bool {
        self.runner.running.cancel(query_id)
    }

    fn readiness(&self) -> Readiness {
        condition::readiness(&self.store)
    }
}
