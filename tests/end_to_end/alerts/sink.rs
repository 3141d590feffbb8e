//! A receiver of notifications that may fail, hang, or be slow.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// How it takes what comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Fine,
    /// Fails, hangs or is slow, in turns.
    Bad,
    /// Sends away, to where nobody may be sent.
    Away,
}

/// A notification that was taken.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) key: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Value,
}

#[derive(Debug)]
struct Inner {
    told: Mutex<Vec<Told>>,
    mood: Mood,
    is_bad: AtomicBool,
    calls: AtomicUsize,
}

pub(crate) struct Sink {
    pub(crate) url: String,
    inner: Arc<Inner>,
    _runtime: Runtime,
}

impl Sink {
    pub(crate) fn start(mood: Mood) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let inner = Arc::new(Inner {
            told: Mutex::default(),
            mood,
            is_bad: AtomicBool::new(mood == Mood::Bad),
            calls: AtomicUsize::new(0),
        });
        runtime.spawn(serve(listener, Arc::clone(&inner)));
        Self { url, inner, _runtime: runtime }
    }

    /// Takes everything from now on.
    pub(crate) fn calm(&self) {
        self.inner.is_bad.store(false, Ordering::SeqCst);
    }

    fn all(&self) -> Vec<Told> {
        self.inner.told.lock().unwrap().clone()
    }

    /// The first of a status.
    pub(crate) fn find(&self, status: &str) -> Option<Told> {
        self.all().into_iter().find(|one| one.body["status"] == status)
    }

    /// All about a service.
    pub(crate) fn of(&self, service: &str) -> Vec<Told> {
        self.all().into_iter().filter(|one| one.body["labels"]["service"] == service).collect()
    }
}

async fn serve(listener: TcpListener, inner: Arc<Inner>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let inner = Arc::clone(&inner);
        tokio::spawn(async move {
            let service = hyper::service::service_fn(|request| take(Arc::clone(&inner), request));
            // Whoever calls may be killed at any moment.
            let _ended = auto::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

type Answered = Result<Response<Full<Bytes>>, hyper::Error>;

async fn take(inner: Arc<Inner>, request: Request<hyper::body::Incoming>) -> Answered {
    let header = |name: &str| Some(request.headers().get(name)?.to_str().unwrap().to_owned());
    let (key, authorization) = (header("idempotency-key").unwrap_or_default(), header("authorization"));
    let body = request.into_body().collect().await?.to_bytes();
    let answer = |status: StatusCode| Ok(Response::builder().status(status).body(Full::default()).unwrap());
    if inner.mood == Mood::Away {
        let away =
            Response::builder().status(307).header("location", "http://169.254.169.254/latest/meta-data");
        return Ok(away.body(Full::default()).unwrap());
    }
    if inner.is_bad.load(Ordering::SeqCst) {
        match inner.calls.fetch_add(1, Ordering::SeqCst) % 4 {
            0 => return answer(StatusCode::BAD_GATEWAY),
            1 => {
                tokio::time::sleep(Duration::from_secs(3_600)).await;
                return answer(StatusCode::OK);
            }
            2 => tokio::time::sleep(Duration::from_millis(700)).await,
            _ => {}
        }
    }
    let body = serde_json::from_slice(&body).unwrap();
    inner.told.lock().unwrap().push(Told { key, authorization, body });
    answer(StatusCode::OK)
}
