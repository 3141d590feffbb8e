//! A server process in a folder of its own, and a client for it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use bytes::Bytes;
use daymark_workload::{Feed, Profile, Request, SECOND, Shop, Signal, Truth};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_daymark");

pub(crate) struct Server {
    data: PathBuf,
    /// Removed with the server, where the folder was made for it.
    _dir: Option<TempDir>,
    process: Option<Child>,
    /// What it prints, after it was ready; little enough to wait unread.
    pub(crate) output: Option<BufReader<ChildStdout>>,
    /// Its settings file, where it has one.
    config: Option<PathBuf>,
    /// Where its log goes instead of the test's own output.
    log: Option<PathBuf>,
    pub(crate) api: String,
    pub(crate) otlp: String,
    pub(crate) grpc: String,
    runtime: Runtime,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// A status and a body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    /// When to come again, where the server said so.
    pub(crate) retry_after: Option<String>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {:?}", self.body))
    }
}

impl Server {
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut server = Self::new(dir.path());
        server._dir = Some(dir);
        server.restart();
        server
    }

    /// With a settings file of this text.
    pub(crate) fn start_with(settings: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("daymark.toml");
        std::fs::write(&path, settings).unwrap();
        let mut server = Self::new(&dir.path().join("data"));
        (server._dir, server.config) = (Some(dir), Some(path));
        server.restart();
        server
    }

    /// In a folder that outlives the server, with its log in a file.
    pub(crate) fn start_in(data: &Path, log: &Path) -> Self {
        let mut server = Self::new(data);
        server.log = Some(log.to_owned());
        server.restart();
        server
    }

    fn new(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
            _dir: None,
            process: None,
            output: None,
            config: None,
            log: None,
            api: String::new(),
            otlp: String::new(),
            grpc: String::new(),
            runtime: Runtime::new().unwrap(),
            client: Client::builder(TokioExecutor::new()).build_http(),
        }
    }

    /// Starts the process anew on the same folder, and waits until it says it is ready.
    pub(crate) fn restart(&mut self) {
        let mut command = Command::new(BINARY);
        command
            .args(["serve", "--listen.ui", "127.0.0.1:0", "--listen.otlp-grpc", "127.0.0.1:0"])
            .args(["--listen.otlp-http", "127.0.0.1:0", "--data"])
            .arg(&self.data)
            // Asking whether it is ready yet is refused until it is.
            .env("DAYMARK_LOG", "warn,daymark_serve=error")
            .stdout(Stdio::piped());
        if let Some(config) = &self.config {
            command.arg("--config").arg(config);
        }
        if let Some(log) = &self.log {
            command.stderr(File::options().create(true).append(true).open(log).unwrap());
        }
        let mut process = command.spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        for line in output.by_ref().lines() {
            let line = line.unwrap();
            let address = || line.split_whitespace().nth(1).unwrap().to_owned();
            match line.split_whitespace().next() {
                Some("API") => self.api = address(),
                Some("OTLP/HTTP") => self.otlp = address(),
                Some("OTLP/gRPC") => self.grpc = address(),
                Some("ready") => break,
                _ => {}
            }
        }
        (self.process, self.output) = (Some(process), Some(output));
        self.client = Client::builder(TokioExecutor::new()).build_http();
    }

    pub(crate) fn data(&self) -> &str {
        self.data.to_str().unwrap()
    }

    pub(crate) fn config(&self) -> &str {
        self.config.as_ref().unwrap().to_str().unwrap()
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.process.as_ref().unwrap().id()
    }

    /// SIGKILL, and nothing else.
    pub(crate) fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        // It may have been killed from elsewhere already.
        let _ended = process.kill();
        process.wait().unwrap();
    }

    /// SIGTERM, and a clean end.
    pub(crate) fn stop(&mut self) {
        let mut process = self.process.take().unwrap();
        let id = process.id().to_string();
        assert!(Command::new("kill").arg(id).status().unwrap().success());
        assert!(process.wait().unwrap().success());
    }

    pub(crate) fn send(&self, request: &Request) -> Answer {
        let url = format!("{}{}", self.otlp, request.signal.http_path());
        self.post(&url, "application/x-protobuf", request.body.clone())
    }

    pub(crate) fn post(&self, url: &str, content_type: &str, body: Vec<u8>) -> Answer {
        self.try_post(url, content_type, body).unwrap()
    }

    /// An error when the connection ends before the answer.
    pub(crate) fn try_post(&self, url: &str, content_type: &str, body: Vec<u8>) -> Result<Answer, String> {
        let request = http::Request::post(url).header("content-type", content_type);
        self.ask(request.body(Full::new(body.into())).unwrap())
    }

    /// Flushes and merges until nothing is pending.
    pub(crate) fn settle(&self) {
        assert_eq!(self.try_settle().status, 200);
    }

    pub(crate) fn try_settle(&self) -> Answer {
        let url = format!("{}/api/v1/system/settle", self.api);
        self.post(&url, "application/json", Vec::new())
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        let request = http::Request::get(format!("{}{path}", self.api));
        self.ask(request.body(Full::default()).unwrap()).unwrap()
    }

    /// As a browser asks that knows the server by this name.
    pub(crate) fn get_as(&self, host: &str, path: &str) -> Answer {
        let request = http::Request::get(format!("{}{path}", self.api)).header("host", host);
        self.ask(request.body(Full::default()).unwrap()).unwrap()
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Answer {
        let request =
            http::Request::put(format!("{}{path}", self.api)).header("content-type", "application/json");
        self.ask(request.body(Full::from(body.to_string())).unwrap()).unwrap()
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        let request = http::Request::delete(format!("{}{path}", self.api));
        self.ask(request.body(Full::default()).unwrap()).unwrap()
    }

    fn ask(&self, request: http::Request<Full<Bytes>>) -> Result<Answer, String> {
        self.runtime.block_on(async {
            let answer = self.client.request(request).await.map_err(|error| error.to_string())?;
            let status = answer.status().as_u16();
            let retry_after = answer.headers().get("retry-after");
            let retry_after = retry_after.map(|value| value.to_str().unwrap().to_owned());
            let body = answer.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
            Ok(Answer { status, body, retry_after })
        })
    }

    /// The one number of a query over our own telemetry, once it is above zero.
    pub(crate) fn own_number(&self, query: &str) -> u64 {
        let body = json!({ "query": query }).to_string();
        for _ in 0..600 {
            let request = http::Request::post(format!("{}/api/v1/sql", self.api))
                .header("content-type", "application/json")
                .header("x-scope-orgid", "_daymark")
                .body(Full::from(body.clone()))
                .unwrap();
            let told = self.ask(request).unwrap().json();
            match told["data"]["rows"][0][0].as_u64() {
                Some(0) => std::thread::sleep(std::time::Duration::from_millis(50)),
                Some(number) => return number,
                None => panic!("{query}: {told:#}"),
            }
        }
        panic!("{query} is still 0 after half a minute");
    }

    pub(crate) fn sql_answer(&self, query: &str) -> Answer {
        let body = json!({ "query": query }).to_string().into_bytes();
        self.post(&format!("{}/api/v1/sql", self.api), "application/json", body)
    }

    /// The rows of a query.
    pub(crate) fn sql(&self, query: &str) -> Vec<Vec<Value>> {
        let answer = self.sql_answer(query);
        let told = answer.json();
        assert_eq!(answer.status, 200, "{query}: {told}");
        serde_json::from_value(told["data"]["rows"].clone()).unwrap()
    }

    /// The one number of a query.
    pub(crate) fn number(&self, query: &str) -> u64 {
        let rows = self.sql(query);
        let cell = &rows[0][0];
        cell.as_u64().or_else(|| cell.as_str()?.parse().ok()).unwrap_or_else(|| panic!("{query}: {rows:?}"))
    }

    /// Waits until the log of the process before is back.
    pub(crate) fn wait_until_ready(&self) {
        for _ in 0..6_000 {
            if self.get("/readyz").status == 200
                && self.get("/api/v1/system/status").json()["data"]["replay"].is_null()
            {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("not ready after five minutes");
    }

    pub(crate) fn assert_balanced(&self) {
        let sheet = self.get("/api/v1/ledger").json();
        assert_eq!(sheet["data"]["balanced"], true, "{sheet:#}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // It may have ended by itself; then there is nothing to kill.
            let _ended = process.kill().and_then(|()| process.wait());
        }
    }
}

/// Some seconds of the shop that end now, and what they hold.
pub(crate) fn shop(
    seed: u64,
    seconds: i64,
    rate: f64,
) -> (Vec<Request>, Truth, Vec<daymark_workload::TraceTruth>) {
    let start = now() - (seconds + 60) * SECOND;
    let mut feed = feed(seed, start, rate).with_roster();
    let mut requests = feed.advance(start + seconds * SECOND);
    requests.extend(feed.finish());
    (requests, feed.truth().clone(), feed.roster().to_vec())
}

/// The spans of a shop that began some seconds ago, for as long as anybody wants them.
pub(crate) fn endless_spans(seed: u64, seconds: i64, rate: f64) -> impl Iterator<Item = Request> {
    let start = now() - seconds * SECOND;
    let mut feed = feed(seed, start, rate);
    let requests = (1..).flat_map(move |second| feed.advance(start + second * SECOND));
    requests.filter(|request| request.signal == Signal::Spans)
}

fn feed(seed: u64, start: i64, rate: f64) -> Feed {
    let profile = Profile { late: 0.0, duplicates: 0.0, skew: 0, request_items: 200, ..Profile::shop() };
    Feed::new(Shop::new(seed, profile), start, rate)
}

fn now() -> i64 {
    daymark_model::time::Clock::now(&daymark_model::time::SystemClock::new()).0
}
