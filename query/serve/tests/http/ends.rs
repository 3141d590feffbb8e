//! A client that goes away stops its query; a server that stops lets answers finish, but not for ever.

use std::time::Duration;

use bytes::Bytes;
use http::Version;
use http_body_util::Empty;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::canned::Canned;
use crate::site::{PATIENCE, Site};

async fn ask(site: &Site, query: &str, format: &str) -> TcpStream {
    let body = json!({"query": query, "format": format}).to_string();
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    let head = format!(
        "POST /api/v1/sql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    stream
}

async fn until_running(site: &Site, count: usize) {
    let mut running = site.ask.running.subscribe();
    timeout(PATIENCE, running.wait_for(|now| *now == count)).await.expect("in time").unwrap();
}

#[tokio::test]
async fn a_closed_request_stops_its_query() {
    let site = Site::start().await;
    let stream = ask(&site, "wait", "json").await;
    until_running(&site, 1).await;
    drop(stream);
    until_running(&site, 0).await;
}

#[tokio::test]
async fn a_closed_stream_stops_its_query() {
    let site = Site::start().await;
    let mut stream = ask(&site, "endless", "csv").await;
    let mut some = [0; 100_000];
    stream.read_exact(&mut some).await.unwrap();
    assert!(some.starts_with(b"HTTP/1.1 200 OK\r\n"));
    drop(stream);
    until_running(&site, 0).await;
}

#[tokio::test]
async fn stopping_ends_idle_connections_at_once_and_busy_ones_after_the_drain() {
    let site = Site::start_with(Canned::default(), |options| options.drain = Duration::from_millis(50)).await;
    assert_eq!(site.get("/healthz").await.status, 200);
    let mut stream = ask(&site, "wait", "json").await;
    until_running(&site, 1).await;
    site.stop.send(()).unwrap();
    timeout(PATIENCE, site.served).await.expect("in time").unwrap().unwrap();
    let mut rest = Vec::new();
    let ended = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("in time");
    assert!(ended.is_err() || rest.is_empty(), "no half answer");
    assert!(TcpStream::connect(site.address).await.is_err(), "the listener is closed");
}

#[tokio::test]
async fn headers_that_never_end_are_cut_off() {
    let site =
        Site::start_with(Canned::default(), |options| options.header_read = Duration::from_millis(50)).await;
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: local").await.unwrap();
    let mut rest = Vec::new();
    let ended = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("in time");
    assert!(ended.is_err() || rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"), "closed");
}

#[tokio::test]
async fn a_body_that_never_ends_is_refused() {
    let site =
        Site::start_with(Canned::default(), |options| options.body_read = Duration::from_millis(50)).await;
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    let head = "POST /api/v1/sql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 24];
    timeout(PATIENCE, stream.read_exact(&mut answer)).await.expect("in time").unwrap();
    assert_eq!(&answer, b"HTTP/1.1 400 Bad Request");
}

#[tokio::test]
async fn http_2_is_spoken_too() {
    let site = Site::start().await;
    let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http::<Empty<Bytes>>();
    let reply = client.get(format!("http://{}/healthz", site.address).parse().unwrap()).await.unwrap();
    assert_eq!((reply.version(), reply.status().as_u16()), (Version::HTTP_2, 200));
}
