//! Runs a statement on the lane of queries and hands its rows over, piece by piece, within its limits.
//!
//! The work stops when the receiving side is dropped, when the query is cancelled, and at the wall limit.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use bytes::Bytes;
use datafusion::common::ParamValues;
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, SessionState};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::physical_plan::execute_stream;
use datafusion::sql::parser::Statement;
use daymark_model::limits::QueryLimits;
use daymark_model::time::{Clock, Nanos};
use daymark_view::error::{AskError, Code};
use daymark_view::meta::{Meta, Truncated};
use daymark_view::query_id::QueryId;
use daymark_view::sql::{SqlAsk, SqlChunk, SqlColumn, SqlFormat};
use futures::StreamExt;
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;

use crate::functions::Functions;
use crate::lane::{Lane, Task};
use crate::running::{Running, Ticket, scanned};
use crate::scan::reader::Tally;
use crate::search::Desk;
use crate::sql::encode::{self, Encoder};
use crate::sql::memory::Memory;
use crate::sql::session::{Tables, session};
use crate::sql::{failure, params, statement, value, views};

/// Pieces that wait for a slow reader.
const PIECES: usize = 4;

/// A piece of an answer.
#[derive(Debug)]
pub(crate) enum Piece {
    Columns(Vec<SqlColumn>),
    Rows(Vec<Vec<Value>>),
    Bytes(Bytes),
    /// The answer is complete: how many rows were given, and whether there were more.
    End {
        rows: usize,
        has_more: bool,
    },
}

/// What runs statements.
#[derive(Clone, Debug)]
pub(crate) struct Runner {
    pub(crate) lane: Arc<Lane>,
    pub(crate) running: Arc<Running>,
    pub(crate) limits: QueryLimits,
    pub(crate) functions: Arc<Functions>,
    pub(crate) memory: Arc<Memory>,
    /// Where sorting and grouping spill to.
    pub(crate) spill: PathBuf,
    pub(crate) places: Arc<Semaphore>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// A statement that runs.
#[derive(Debug)]
pub(crate) struct Run {
    pieces: mpsc::Receiver<Result<Piece, AskError>>,
    deadline: Instant,
    wall: Duration,
    tally: Arc<Tally>,
    ticket: Ticket,
    _task: Task<()>,
}

impl Runner {
    /// Starts a statement over tables whose scans count into `tally`.
    pub(crate) async fn start(
        &self,
        ask: &SqlAsk,
        tables: Tables,
        tally: Arc<Tally>,
    ) -> Result<Run, AskError> {
        let statement = statement::parse(&ask.query)?;
        let params = params::bind(&ask.params, ask.range)?;
        let wall = if ask.format.is_streamed() { self.limits.wall_streamed } else { self.limits.wall };
        let deadline = Instant::now() + wall;
        let (place, state) = self.begin(tables, deadline, wall).await?;
        let (sender, pieces) = mpsc::channel(PIECES);
        let work = Work {
            state,
            limit: ask.limit,
            format: ask.format,
            bytes_max: self.limits.memory_bytes / 4,
            sender: sender.clone(),
        };
        let task = self.lane.spawn(async move {
            let _place = place;
            if let Err(error) = work.run(statement, params).await {
                // The receiver may be gone: then nobody waits for the error.
                let _nobody = sender.send(Err(error)).await;
            }
        });
        let who = (&ask.query_id, "sql");
        let ticket = self.running.enter(who, Some(&ask.query), Arc::clone(&tally), task.abort_handle());
        Ok(Run { pieces, deadline, wall, tally, ticket, _task: task })
    }
}

impl Runner {
    /// Waits for a place among the queries that run, and opens a session.
    async fn begin(
        &self,
        tables: Tables,
        deadline: Instant,
        wall: Duration,
    ) -> Result<(OwnedSemaphorePermit, SessionState), AskError> {
        let place = tokio::time::timeout_at(deadline, Arc::clone(&self.places).acquire_owned()).await;
        let place = place.map_err(|_| overtime(wall))?.map_err(|_| stopped())?;
        let memory = self.memory.share(self.limits.memory_bytes);
        let state = session(tables, &self.functions, (memory, &self.spill), self.clock.now());
        Ok((place, state.map_err(|error| failure::of(&error))?))
    }

    /// Runs a question of several statements over one session, within the limits of one query.
    pub(crate) async fn at_desk<T, W>(
        &self,
        (id, kind, text): (&QueryId, &'static str, &str),
        tables: Tables,
        tally: Arc<Tally>,
        work: impl FnOnce(Desk) -> W,
    ) -> Result<T, AskError>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, AskError>> + Send + 'static,
    {
        let wall = self.limits.wall;
        let deadline = Instant::now() + wall;
        let (place, state) = self.begin(tables, deadline, wall).await?;
        let work = work(Desk { state, tally: Arc::clone(&tally) });
        let task = self.lane.spawn(async move {
            let _place = place;
            work.await
        });
        let mut ticket = self.running.enter((id, kind), Some(text), tally, task.abort_handle());
        let result = tokio::time::timeout_at(deadline, task.result()).await;
        ticket.ended(matches!(result, Ok(Some(Ok(_)))));
        match result {
            Err(_) => Err(overtime(wall)),
            Ok(Some(answer)) => answer,
            Ok(None) if ticket.was_cancelled() => {
                Err(AskError::new(Code::Unavailable, "the query was cancelled"))
            }
            Ok(None) => Err(stopped()),
        }
    }
}

impl Run {
    /// The next piece. After [`Piece::End`] or an error there is none.
    pub(crate) async fn next(&mut self) -> Result<Piece, AskError> {
        let piece = tokio::time::timeout_at(self.deadline, self.pieces.recv()).await;
        match &piece {
            Ok(Some(Ok(Piece::End { .. }))) => self.ticket.ended(true),
            Ok(Some(Ok(_))) => {}
            _ => self.ticket.ended(false),
        }
        match piece {
            Err(_) => Err(overtime(self.wall)),
            Ok(Some(piece)) => piece,
            Ok(None) if self.ticket.was_cancelled() => {
                Err(AskError::new(Code::Unavailable, "the query was cancelled"))
            }
            Ok(None) => Err(stopped()),
        }
    }

    /// What is known of the answer once it is complete.
    pub(crate) fn meta(&self, rows: usize, has_more: bool) -> Meta {
        let truncated =
            has_more.then(|| Truncated { reason: "limit".into(), shown: rows as u64, total: None });
        Meta {
            scanned: scanned(&self.tally),
            read_by: self.tally.told_by(),
            truncated,
            partial: self.tally.partial(),
            ..Meta::default()
        }
    }
}

type Chunk = Result<SqlChunk, AskError>;

/// The next chunk of a stream, and the rest of it.
pub(crate) async fn next_chunk(run: Option<Run>, watermark: Nanos) -> Option<(Chunk, Option<Run>)> {
    let mut run = run?;
    loop {
        return match run.next().await {
            Ok(Piece::Bytes(bytes)) => Some((Ok(SqlChunk::Bytes(bytes)), Some(run))),
            Ok(Piece::Columns(_) | Piece::Rows(_)) => continue,
            Ok(Piece::End { rows, has_more }) => {
                let meta = Meta { watermark: Some(watermark), ..run.meta(rows, has_more) };
                Some((Ok(SqlChunk::End(Box::new(meta))), None))
            }
            Err(error) => Some((Err(error), None)),
        };
    }
}

fn overtime(wall: Duration) -> AskError {
    AskError::new(Code::Timeout, format!("the query ran longer than {} s", wall.as_secs()))
        .hint("narrow the range of time, or ask for fewer columns")
}

fn stopped() -> AskError {
    AskError::new(Code::Internal, "the query ended without an answer; the log says more")
}

struct Work {
    state: SessionState,
    limit: usize,
    format: SqlFormat,
    /// Memory that the rows of an answer in one piece may take.
    bytes_max: usize,
    sender: mpsc::Sender<Result<Piece, AskError>>,
}

impl Work {
    async fn run(&self, statement: Statement, params: ParamValues) -> Result<(), AskError> {
        let rows = self.plan(statement, params).await.map_err(|error| failure::of(&error))?;
        let schema = rows.schema();
        match Encoder::new(self.format, &schema).map_err(|error| failure::of_writing(&error))? {
            None => {
                self.send(Piece::Columns(encode::columns(&schema))).await;
                self.table(rows).await
            }
            Some(encoder) => self.stream(encoder, rows).await,
        }
    }

    async fn plan(
        &self,
        statement: Statement,
        params: ParamValues,
    ) -> Result<SendableRecordBatchStream, DataFusionError> {
        views::add(&self.state, &statement).await?;
        let plan = self.state.statement_to_plan(statement).await?;
        let plan = plan.replace_params_with_values(&params)?;
        let plan = match plan {
            LogicalPlan::Explain(_) | LogicalPlan::Analyze(_) => plan,
            // One row more than is given tells whether there are more; the sort below then keeps no others.
            query => LogicalPlanBuilder::from(query).limit(0, Some(self.limit.saturating_add(1)))?.build()?,
        };
        let physical = self.state.create_physical_plan(&plan).await?;
        execute_stream(physical, self.state.task_ctx())
    }

    async fn table(&self, mut rows: SendableRecordBatchStream) -> Result<(), AskError> {
        let (mut left, mut bytes) = (self.limit, 0);
        while let Some(batch) = rows.next().await {
            let batch = batch.map_err(|error| failure::of(&error))?;
            let given = batch.slice(0, batch.num_rows().min(left));
            left -= given.num_rows();
            bytes += sliced_bytes(&given);
            if bytes > self.bytes_max {
                let detail = format!("the answer is larger than {} MiB in one piece", self.bytes_max >> 20);
                return Err(AskError::new(Code::LimitExceeded, detail).hint("ask for a streamed format"));
            }
            let values = value::rows(&given).map_err(|error| failure::of(&error.into()))?;
            self.send(Piece::Rows(values)).await;
            if given.num_rows() < batch.num_rows() {
                self.send(Piece::End { rows: self.limit, has_more: true }).await;
                return Ok(());
            }
        }
        self.send(Piece::End { rows: self.limit - left, has_more: false }).await;
        Ok(())
    }

    async fn stream(
        &self,
        mut encoder: Encoder,
        mut rows: SendableRecordBatchStream,
    ) -> Result<(), AskError> {
        self.send_bytes(encoder.begin()).await;
        let mut left = self.limit;
        let mut has_more = false;
        while let Some(batch) = rows.next().await {
            let batch = batch.map_err(|error| failure::of(&error))?;
            let given = batch.slice(0, batch.num_rows().min(left));
            left -= given.num_rows();
            self.send_bytes(encoder.batch(&given).map_err(|error| failure::of_writing(&error))?).await;
            if given.num_rows() < batch.num_rows() {
                has_more = true;
                break;
            }
        }
        self.send_bytes(encoder.end().map_err(|error| failure::of_writing(&error))?).await;
        self.send(Piece::End { rows: self.limit - left, has_more }).await;
        Ok(())
    }

    async fn send_bytes(&self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.send(Piece::Bytes(bytes)).await;
        }
    }

    async fn send(&self, piece: Piece) {
        // When the receiver is gone, its drop stops this task too.
        let _nobody = self.sender.send(Ok(piece)).await;
    }
}

/// Bytes of the rows of a batch, which may be a slice of much more.
fn sliced_bytes(batch: &RecordBatch) -> usize {
    batch.columns().iter().map(|column| column.to_data().get_slice_memory_size().unwrap_or_default()).sum()
}
