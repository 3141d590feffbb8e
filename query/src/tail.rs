//! `GET /logs/tail`: lines as they become visible, judged batch by batch, no faster than asked for.
//!
//! A tail reads the store's memory of new lines at its own pace. A reader that does not take what is sent
//! within [`PATIENCE`] loses it, and is told how much; the intake never notices.

use std::sync::Arc;
use std::time::Duration;

use daymark_model::id::LineAt;
use daymark_model::signal::Table;
use daymark_model::time::Clock;
use daymark_segment::RowRanges;
use daymark_storage::feed::{Follower, Unseen};
use daymark_storage::version::Version;
use daymark_view::error::{AskError, Code};
use daymark_view::search::{Domain, condition};
use daymark_view::tail::{News, TailAsk, TailEvent, TailStatus, TailStream};
use daymark_view::trace_logs::LogRow;
use futures::stream;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use crate::ask::Answerer;
use crate::scan::part::Part;
use crate::scan::reader::Tally;
use crate::scan::sieve::Sieve;
use crate::search::{check_expressions, of_scope};
use crate::sql::failure;
use crate::trace::logs::{fields, rows_of};

/// Tails at once.
pub(crate) const TAILS: usize = 64;
/// How long a reader may leave what is sent.
const PATIENCE: Duration = Duration::from_secs(1);
const STATUS_EVERY: Duration = Duration::from_secs(1);
/// Pieces that wait for the reader, and what one of them holds.
const PIECES: usize = 8;
const PIECE_LINES: usize = 64;
const PIECE_BYTES: usize = 256 << 10;

type Sent = Result<Vec<TailEvent>, AskError>;

impl Answerer {
    pub(crate) async fn answer_tail(&self, ask: TailAsk) -> Result<TailStream, AskError> {
        check_expressions(&ask.query)?;
        let place = Arc::clone(&self.tails).try_acquire_owned().map_err(|_| {
            AskError::new(Code::Unavailable, format!("{TAILS} tails are read already")).hint("close one")
        })?;
        let follower = self.store.follow(&self.options.tenant, ask.after);
        let sieve = self.sieve(&ask).await?;
        let (sender, pieces) = mpsc::channel(PIECES);
        let tail = Tail {
            sieve,
            per_s: f64::from(ask.max_per_s),
            tokens: f64::from(ask.max_per_s),
            filled_at: Instant::now(),
            is_slow: false,
            matched: 0,
            shown: 0,
            told_at: Instant::now(),
            status: TailStatus { gap: follower.has_gap, ..TailStatus::default() },
            clock: self.store.clock(),
            sender,
        };
        let task = self.runner.lane.spawn(tail.run(follower));
        let who = (&ask.query_id, "log_tail");
        let text = ask.query.to_string();
        let ticket = self.runner.running.enter(who, Some(&text), Arc::default(), task.abort_handle());
        let held = (place, task, ticket);
        let events = stream::unfold((pieces, Vec::new().into_iter(), held), |state| async {
            let (mut pieces, mut piece, held) = state;
            loop {
                if let Some(event) = piece.next() {
                    return Some((Ok(event), (pieces, piece, held)));
                }
                match pieces.recv().await? {
                    Ok(next) => piece = next.into_iter(),
                    Err(error) => return Some((Err(error), (pieces, piece, held))),
                }
            }
        });
        Ok(Box::pin(events))
    }

    /// What lets the lines through that are asked for: planned once, over no rows.
    async fn sieve(&self, ask: &TailAsk) -> Result<Sieve, AskError> {
        let columns: Vec<&str> = fields().map(|column| column.name).collect();
        let mut conditions: Vec<String> = ask.scope.iter().map(of_scope).collect();
        conditions.extend(ask.query.node.as_ref().and_then(|node| condition(Domain::Logs, node)));
        let condition = if conditions.is_empty() { "true".to_owned() } else { conditions.join(" AND ") };
        let sql = format!("SELECT {} FROM logs WHERE {condition}", columns.join(", "));
        let tally = Arc::new(Tally::default());
        let tables = self.tables(&Version::default(), "", &tally).await?;
        let told = (&ask.query_id, "log_tail", sql.as_str());
        let planned = sql.clone();
        self.runner.at_desk(told, tables, tally, move |desk| async move { desk.sieve(&planned).await }).await
    }
}

struct Tail {
    sieve: Sieve,
    per_s: f64,
    /// Lines that may be shown now, as of an instant.
    tokens: f64,
    filled_at: Instant,
    /// The reader has not taken what was sent last.
    is_slow: bool,
    /// Since the last status.
    matched: u64,
    shown: u64,
    told_at: Instant,
    status: TailStatus,
    clock: Arc<dyn Clock>,
    sender: mpsc::Sender<Sent>,
}

impl Tail {
    async fn run(mut self, mut follower: Follower) {
        let mut tick = tokio::time::interval(STATUS_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let sender = self.sender.clone();
            tokio::select! {
                biased;
                () = sender.closed() => return,
                _ = tick.tick() => self.tell(&follower).await,
                unseen = follower.next() => {
                    if let Err(error) = self.pass_on(&unseen).await {
                        let _nobody = self.sender.send(Err(error)).await;
                        return;
                    }
                }
            }
        }
    }

    /// Says how the last second was.
    async fn tell(&mut self, follower: &Follower) {
        let seconds = self.told_at.elapsed().as_secs_f64().max(0.001);
        self.status.matched_per_s = self.matched as f64 / seconds;
        self.status.shown_per_s = self.shown as f64 / seconds;
        let at = LineAt { lsn: follower.at(), line: None };
        self.send(vec![TailEvent { at, news: News::Status(self.status.clone()) }]).await;
        (self.matched, self.shown, self.told_at, self.status.lag_ns) = (0, 0, Instant::now(), 0);
    }

    async fn pass_on(&mut self, unseen: &Unseen) -> Result<(), AskError> {
        self.status.dropped += unseen.missed;
        let mut first = 0;
        for chunk in &unseen.batch.chunks {
            let part = Part::Chunk(Table::Logs, Arc::clone(chunk));
            let mut rows = self.sieve.rows(&part).map_err(|error| failure::of(&error))?;
            rows.retain(|row| first + u64::from(*row) >= unseen.seen);
            self.matched += rows.len() as u64;
            let shown = self.chosen(&rows);
            self.status.dropped += (rows.len() - shown.len()) as u64;
            for few in shown.chunks(PIECE_LINES) {
                self.show(&part, few, unseen, first).await?;
            }
            first += chunk.rows.num_rows() as u64;
        }
        let lag = self.clock.now().0.saturating_sub(unseen.batch.received.0);
        self.status.lag_ns = self.status.lag_ns.max(lag);
        Ok(())
    }

    /// As many of the rows as may be shown now, evenly chosen.
    fn chosen(&mut self, rows: &[u32]) -> Vec<u32> {
        let now = Instant::now();
        let gained = (now - self.filled_at).as_secs_f64() * self.per_s;
        (self.tokens, self.filled_at) = ((self.tokens + gained).min(self.per_s), now);
        let room = rows.len().min(self.tokens as usize);
        self.tokens -= room as f64;
        (0..room).map(|number| rows[number * rows.len() / room]).collect()
    }

    async fn show(&mut self, part: &Part, rows: &[u32], unseen: &Unseen, first: u64) -> Result<(), AskError> {
        let ranges: RowRanges = rows.iter().copied().collect();
        let batches = self.sieve.read(part, &ranges).map_err(|error| failure::of(&error))?;
        let mut numbers = rows.iter();
        let (mut piece, mut bytes) = (Vec::new(), 0);
        for batch in batches {
            for row in rows_of(&batch).map_err(|error| failure::of(&error))? {
                let Some(number) = numbers.next() else { break };
                let row = row.shortened();
                bytes += size(&row);
                let at = LineAt { lsn: unseen.batch.lsn, line: Some(first + u64::from(*number)) };
                piece.push(TailEvent { at, news: News::Log(Box::new(row)) });
                if bytes > PIECE_BYTES {
                    self.send(std::mem::take(&mut piece)).await;
                    bytes = 0;
                }
            }
        }
        self.send(piece).await;
        Ok(())
    }

    /// Waits for a reader that was quick until now; what a slow one has no room for is lost.
    async fn send(&mut self, piece: Vec<TailEvent>) {
        let lines = piece.iter().filter(|event| matches!(event.news, News::Log(_))).count() as u64;
        if piece.is_empty() {
            return;
        }
        let patience = if self.is_slow { Duration::ZERO } else { PATIENCE };
        self.is_slow = self.sender.send_timeout(Ok(piece), patience).await.is_err();
        if self.is_slow {
            self.status.dropped += lines;
        } else {
            self.shown += lines;
        }
    }
}

/// What a line takes, roughly.
fn size(row: &LogRow) -> usize {
    let text = |value: &serde_json::Value| value.as_str().map_or(16, str::len);
    let attributes = row.attributes.0.iter().chain(&row.resource.0);
    let attributes: usize = attributes.map(|(key, value)| key.len() + text(value)).sum();
    size_of::<LogRow>() + row.body.as_ref().map_or(0, String::len) + attributes
}
