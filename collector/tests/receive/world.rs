//! Receivers on free ports of this machine in front of an intake that records what it is given.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use daymark_collector::{Receivers, receive};
use daymark_model::id::Lsn;
use daymark_model::intake::{Admitted, Attempt, Decode, Decoded, Intake, Receipt, Refused, Unreadable};
use daymark_model::limits::IntakeLimits;
use daymark_model::origin::Origin;
use daymark_model::signal::Signal;
use daymark_model::time::SystemClock;
use daymark_model::wire::Format;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A span of this name makes the decoder panic.
pub(crate) const PANIC: &str = "panic";

pub(crate) fn receipt(rejected: u64, message: Option<&str>) -> Receipt {
    Receipt { lsn: Lsn(1), rejected, message: message.map(Into::into), repeated: false }
}

/// Records batches and attempts; answers as planned, when the gate is open.
pub(crate) struct Recorder {
    seen: watch::Sender<Seen>,
    answer: Mutex<Result<Receipt, Refused>>,
    gate: watch::Sender<bool>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) batches: Vec<Admitted>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) answered: usize,
}

impl Recorder {
    pub(crate) fn answer_with(&self, answer: Result<Receipt, Refused>) {
        *self.answer.lock().unwrap() = answer;
    }

    /// From now on batches wait for their answer.
    pub(crate) fn close_gate(&self) {
        self.gate.send_replace(false);
    }

    pub(crate) fn open_gate(&self) {
        self.gate.send_replace(true);
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// What was seen once the condition holds.
    pub(crate) async fn until(&self, condition: impl FnMut(&Seen) -> bool) -> Seen {
        let mut seen = self.seen.subscribe();
        let waited = tokio::time::timeout(Duration::from_secs(60), seen.wait_for(condition)).await;
        waited.expect("the intake never saw it").unwrap().clone()
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Recorder")
    }
}

impl Intake for Recorder {
    fn submit(&self, batch: Admitted) -> Pin<Box<dyn Future<Output = Result<Receipt, Refused>> + Send + '_>> {
        let mut gate = self.gate.subscribe();
        self.seen.send_modify(|seen| seen.batches.push(batch));
        Box::pin(async move {
            gate.wait_for(|open| *open).await.unwrap();
            self.seen.send_modify(|seen| seen.answered += 1);
            self.answer.lock().unwrap().clone()
        })
    }

    fn refused(&self, attempt: Attempt) {
        self.seen.send_modify(|seen| seen.attempts.push(attempt));
    }
}

/// Counts with the generated messages.
#[derive(Debug)]
struct Counter;

impl Decode for Counter {
    fn count(&self, signal: Signal, format: Format, body: &[u8]) -> Result<u32, Unreadable> {
        let items = match signal {
            Signal::Spans => {
                let request: ExportTraceServiceRequest = read(format, body)?;
                let spans = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
                let spans: Vec<_> = spans.flat_map(|scope| &scope.spans).collect();
                assert!(spans.iter().all(|span| span.name != PANIC), "planned");
                spans.len()
            }
            Signal::Logs => {
                let request: ExportLogsServiceRequest = read(format, body)?;
                let scopes = request.resource_logs.iter().flat_map(|resource| &resource.scope_logs);
                scopes.map(|scope| scope.log_records.len()).sum()
            }
            Signal::Metrics => {
                let request: ExportMetricsServiceRequest = read(format, body)?;
                let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
                scopes.map(|scope| scope.metrics.len()).sum()
            }
        };
        Ok(u32::try_from(items).unwrap())
    }

    fn decode(&self, _: Signal, _: Format, _: &Origin, _: &[u8]) -> Result<Decoded, Unreadable> {
        Ok(Decoded::default())
    }
}

fn read<M>(format: Format, body: &[u8]) -> Result<M, Unreadable>
where
    M: Message + Default + serde::de::DeserializeOwned,
{
    match format {
        Format::OtlpProtobuf => M::decode(body).map_err(|error| Unreadable { detail: error.to_string() }),
        Format::OtlpJson => {
            serde_json::from_slice(body).map_err(|error| Unreadable { detail: error.to_string() })
        }
    }
}

/// Both listeners, running.
pub(crate) struct World {
    pub(crate) intake: Arc<Recorder>,
    pub(crate) http: SocketAddr,
    pub(crate) grpc: SocketAddr,
    stop: watch::Sender<bool>,
    listeners: Vec<JoinHandle<()>>,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(IntakeLimits::default(), &[]).await
    }

    pub(crate) async fn limited(change: impl FnOnce(&mut IntakeLimits)) -> Self {
        let mut limits = IntakeLimits::default();
        change(&mut limits);
        Self::with(limits, &[]).await
    }

    pub(crate) async fn with(limits: IntakeLimits, cors_origins: &[&str]) -> Self {
        let intake = Arc::new(Recorder {
            seen: watch::Sender::new(Seen::default()),
            answer: Mutex::new(Ok(receipt(0, None))),
            gate: watch::Sender::new(true),
        });
        let receivers = Receivers::new(
            Arc::<Recorder>::clone(&intake),
            Arc::new(Counter),
            Arc::new(SystemClock::new()),
            limits,
            cors_origins.iter().map(|&origin| origin.into()).collect(),
        );
        let stop = watch::Sender::new(false);
        let http = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let grpc = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (http_at, grpc_at) = (http.local_addr().unwrap(), grpc.local_addr().unwrap());
        let listeners = vec![
            tokio::spawn(receive::http::serve(http, receivers.clone(), stopped(stop.subscribe()))),
            tokio::spawn(receive::grpc::serve(grpc, receivers, stopped(stop.subscribe()))),
        ];
        Self { intake, http: http_at, grpc: grpc_at, stop, listeners }
    }

    /// Gives the stop signal, without waiting for its effect.
    pub(crate) fn begin_stop(&self) {
        self.stop.send_replace(true);
    }

    /// Stops, and returns once both listeners have returned.
    pub(crate) async fn stop(self) {
        self.begin_stop();
        for listener in self.listeners {
            listener.await.unwrap();
        }
    }
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    stop.wait_for(|stop| *stop).await.unwrap();
}
