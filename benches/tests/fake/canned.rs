//! A server that answers each request with the next answer of a list, the last one for ever, and keeps what
//! it was asked. It speaks HTTP/1 and HTTP/2, so gRPC as well.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpListener;

#[derive(Clone, Debug)]
pub(crate) struct Canned {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: Vec<u8>,
    /// The status of a gRPC answer, which comes after its body.
    pub(crate) grpc: Option<&'static str>,
}

#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) encoding: Option<String>,
    pub(crate) body: Vec<u8>,
}

#[derive(Clone, Debug)]
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Canned {
    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self { status, headers: Vec::new(), body: body.to_string().into_bytes(), grpc: None }
    }

    pub(crate) fn ok(body: Vec<u8>) -> Self {
        Self { status: 200, headers: Vec::new(), body, grpc: None }
    }

    /// A message in the framing of gRPC.
    pub(crate) fn grpc(status: &'static str, message: &[u8]) -> Self {
        let mut body = vec![0];
        body.extend(u32::try_from(message.len()).expect("messages of tests are small").to_be_bytes());
        body.extend(message);
        let headers = vec![("content-type", "application/grpc")];
        Self { status: 200, headers, body, grpc: Some(status) }
    }

    fn response(self) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
        let body = Full::new(Bytes::from(self.body));
        let body = match self.grpc {
            None => body.boxed_unsync(),
            Some(status) => {
                let trailers = HeaderMap::from_iter([(
                    http::HeaderName::from_static("grpc-status"),
                    HeaderValue::from_static(status),
                )]);
                body.with_trailers(std::future::ready(Some(Ok(trailers)))).boxed_unsync()
            }
        };
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(body).expect("canned answers are well-formed")
    }
}

impl Fake {
    pub(crate) async fn start(answers: Vec<Canned>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let fake = Self { address, asked: Arc::clone(&asked) };
        let answers = Arc::new(Mutex::new(VecDeque::from(answers)));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (asked, answers) = (Arc::clone(&asked), Arc::clone(&answers));
                let service =
                    service_fn(move |request| answer(request, Arc::clone(&asked), Arc::clone(&answers)));
                tokio::spawn(async move {
                    // A client that leaves in the middle is no concern of the test.
                    drop(
                        Builder::new(TokioExecutor::new())
                            .serve_connection(TokioIo::new(stream), service)
                            .await,
                    );
                });
            }
        });
        fake
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().expect("no test panics while it holds this"))
    }
}

async fn answer(
    request: Request<Incoming>,
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Arc<Mutex<VecDeque<Canned>>>,
) -> Result<Response<UnsyncBoxBody<Bytes, Infallible>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes().to_vec();
    let encoding = head.headers.get("content-encoding").or_else(|| head.headers.get("grpc-encoding"));
    let encoding = encoding.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let one = Asked { path: head.uri.to_string(), encoding, body };
    asked.lock().expect("no test panics while it holds this").push(one);
    let mut answers = answers.lock().expect("no test panics while it holds this");
    let next = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
    Ok(next.expect("a test gives at least one answer").response())
}
