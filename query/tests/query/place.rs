//! A store in a folder of its own, with an answerer over it.

use std::sync::Arc;
use std::time::Duration;

use daymark_decode::OtlpDecode;
use daymark_model::id::TraceId;
use daymark_model::intake::{Admitted, Decode, Intake, Receipt};
use daymark_model::limits::QueryLimits;
use daymark_model::origin::{DEFAULT_TENANT, Origin, Tier};
use daymark_model::signal::Signal;
use daymark_model::spelling;
use daymark_model::time::{Clock, ManualClock, Nanos};
use daymark_model::wire::{Encoding, Format};
use daymark_query::{Answerer, Options};
use daymark_storage::Store;
use daymark_view::ask::Ask;
use daymark_view::error::AskError;
use daymark_view::meta::Answer;
use daymark_view::query_id::QueryId;
use daymark_view::range::Range;
use daymark_view::sql::{SqlAnswer, SqlAsk, SqlChunk, SqlFormat, SqlParams, SqlTable};
use daymark_view::trace::{Trace, TraceAsk};
use futures::StreamExt;
use serde_json::Value;

use crate::data::NOON;

pub(crate) struct Place {
    pub(crate) store: Store,
    pub(crate) answerer: Answerer,
    clock: Arc<ManualClock>,
    _dir: Arc<tempfile::TempDir>,
}

pub(crate) fn query_id() -> QueryId {
    QueryId::parse("01KF0000000000000000000000").unwrap()
}

impl Place {
    pub(crate) async fn empty() -> Self {
        Self::with(QueryLimits::default()).await
    }

    pub(crate) async fn with(limits: QueryLimits) -> Self {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        Self::on(dir, Nanos(NOON + Nanos::HOUR), limits).await
    }

    /// On a folder that may have been used before, at an instant.
    pub(crate) async fn on(dir: Arc<tempfile::TempDir>, now: Nanos, limits: QueryLimits) -> Self {
        let clock = Arc::new(ManualClock::at(now));
        let options = daymark_storage::Options::at(dir.path());
        let fs = Arc::new(daymark_vfs::RealFs);
        let store = Store::open(options, fs, Arc::new(OtlpDecode), Arc::clone(&clock) as Arc<dyn Clock>)
            .await
            .unwrap();
        store.replayed().await;
        let answerer =
            Answerer::new(store.clone(), Options { limits, threads: 2, ..Options::default() }).unwrap();
        Self { store, answerer, clock, _dir: dir }
    }

    /// The same store, asked by one who has kept nothing.
    pub(crate) fn asked_anew(&self) -> Self {
        let options = Options { threads: 2, ..Options::default() };
        let answerer = Answerer::new(self.store.clone(), options).unwrap();
        let (store, clock) = (self.store.clone(), Arc::clone(&self.clock));
        Self { store, answerer, clock, _dir: Arc::clone(&self._dir) }
    }

    /// The shop, in buffers.
    pub(crate) async fn shop() -> Self {
        let place = Self::empty().await;
        for (signal, body) in crate::data::shop() {
            place.send(signal, &body).await;
        }
        place
    }

    pub(crate) async fn send(&self, signal: &str, body: &Value) {
        self.deliver(signal, Format::OtlpJson, body.to_string().into()).await;
    }

    /// Sends what may be refused.
    pub(crate) async fn try_send(&self, signal: &str, body: &Value) -> Receipt {
        self.submit(signal, Format::OtlpJson, body.to_string().into()).await
    }

    pub(crate) async fn deliver(&self, signal: &str, format: Format, body: bytes::Bytes) {
        let receipt = self.submit(signal, format, body).await;
        assert_eq!((receipt.rejected, receipt.message), (0, None));
    }

    async fn submit(&self, signal: &str, format: Format, body: bytes::Bytes) -> Receipt {
        let signal = Signal::ALL.into_iter().find(|known| known.name() == signal).unwrap();
        let batch = Admitted {
            origin: Origin {
                source: "otlp_http".into(),
                tier: Tier::Internal,
                tenant: DEFAULT_TENANT.into(),
                received: self.clock.now(),
            },
            signal,
            format,
            encoding: Encoding::Identity,
            items: OtlpDecode.count(signal, format, &body).unwrap(),
            payload: body.clone(),
            body,
        };
        self.store.submit(batch).await.unwrap()
    }

    /// Lets time pass.
    pub(crate) fn wait(&self, time: Duration) {
        self.clock.advance(time);
    }

    pub(crate) fn ask(query: &str) -> SqlAsk {
        SqlAsk {
            query_id: query_id(),
            query: query.into(),
            params: SqlParams::default(),
            format: SqlFormat::Json,
            limit: 10_000,
            range: Range { from: Nanos(NOON), to: Nanos(NOON + Nanos::HOUR) },
        }
    }

    pub(crate) async fn sql(&self, query: &str) -> Result<Answer<SqlTable>, AskError> {
        self.table(Self::ask(query)).await
    }

    pub(crate) async fn table(&self, ask: SqlAsk) -> Result<Answer<SqlTable>, AskError> {
        match self.answerer.sql(ask).await? {
            SqlAnswer::Table(answer) => Ok(*answer),
            SqlAnswer::Stream(_) => panic!("a stream instead of a table"),
        }
    }

    /// The rows of a query that must succeed.
    pub(crate) async fn rows(&self, query: &str) -> Vec<Vec<Value>> {
        self.sql(query).await.unwrap_or_else(|error| panic!("{query}: {error}")).data.rows
    }

    /// The bytes of a streamed format and how the stream ended.
    pub(crate) async fn stream(&self, query: &str, format: SqlFormat) -> (Vec<u8>, SqlChunk) {
        let ask = SqlAsk { format, ..Self::ask(query) };
        let SqlAnswer::Stream(mut stream) = self.answerer.sql(ask).await.unwrap() else {
            panic!("not a stream")
        };
        let mut bytes = Vec::new();
        let mut last = None;
        while let Some(chunk) = stream.next().await {
            match chunk.unwrap() {
                SqlChunk::Bytes(more) => bytes.extend_from_slice(&more),
                end @ SqlChunk::End(_) => last = Some(end),
            }
        }
        (bytes, last.unwrap())
    }

    pub(crate) async fn trace(&self, id: &str) -> Result<Trace, AskError> {
        self.episode(id, None).await
    }

    pub(crate) async fn episode(&self, id: &str, episode: Option<u32>) -> Result<Trace, AskError> {
        let ask = TraceAsk {
            query_id: query_id(),
            id: trace_id(id),
            hint: None,
            episode,
            spans_max: 1_000,
            as_received: false,
        };
        Ok(self.answerer.trace(ask).await?.data)
    }
}

pub(crate) fn trace_id(text: &str) -> TraceId {
    spelling::trace_id(text).unwrap()
}
