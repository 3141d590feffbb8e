//! The server's own API, as far as it is measured: readiness, SQL, settling, a trace and its logs. Every
//! answer is checked for its form, so that a fast wrong answer is an error and not a good figure.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, ensure};
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::Full;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{Answer, Client};

const PATIENCE: Duration = Duration::from_secs(60);
/// Settling merges everything there is.
const SETTLE_PATIENCE: Duration = Duration::from_secs(3_600);

#[derive(Clone, Debug)]
pub struct Api {
    client: Client,
    base: String,
}

/// The rows of an SQL answer.
#[derive(Debug, Deserialize)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Value>>,
}

#[derive(Debug, Deserialize)]
pub struct Column {
    pub name: String,
}

#[derive(Deserialize)]
struct Envelope<T> {
    data: T,
    #[serde(default)]
    meta: Value,
}

#[derive(Deserialize)]
struct TraceAnswer {
    spans: Vec<Value>,
}

impl Api {
    pub fn new(address: SocketAddr) -> Self {
        Self { client: Client::new(), base: format!("http://{address}") }
    }

    /// Whether it takes and answers; an error while it does not even listen.
    pub async fn ready(&self) -> anyhow::Result<bool> {
        Ok(self.get("/readyz").await?.status == StatusCode::OK)
    }

    pub async fn sql(&self, query: &str) -> anyhow::Result<Table> {
        let body = json!({ "query": query, "limit": 100_000 });
        let answer = self.post("/api/v1/sql", &body, PATIENCE).await?;
        let answer: Envelope<Table> = told(&answer).with_context(|| format!("SQL {query}"))?;
        ensure!(answer.meta["truncated"].is_null(), "SQL {query}: the answer is cut");
        Ok(answer.data)
    }

    /// Merges all there is; returns when nothing is pending.
    pub async fn settle(&self) -> anyhow::Result<()> {
        let answer = self.post("/api/v1/system/settle", &json!({}), SETTLE_PATIENCE).await?;
        told::<Envelope<Value>>(&answer).context("POST /api/v1/system/settle").map(drop)
    }

    /// How many spans the answer to a trace id holds; `None` if it is not known.
    pub async fn trace(&self, id: &str) -> anyhow::Result<Option<usize>> {
        let path = format!("/api/v1/traces/{id}");
        let answer = self.get(&path).await?;
        if is_unknown_trace(&answer) {
            return Ok(None);
        }
        let answer: Envelope<TraceAnswer> = told(&answer).context(path)?;
        Ok(Some(answer.data.spans.len()))
    }

    /// How many lines carry a trace id.
    pub async fn trace_logs(&self, id: &str) -> anyhow::Result<usize> {
        let path = format!("/api/v1/traces/{id}/logs?limit=1000");
        let answer: Envelope<Value> = told(&self.get(&path).await?).context(path)?;
        let rows = answer.data.as_array().or_else(|| answer.data.get("rows")?.as_array());
        rows.map(Vec::len).context("the answer holds no list of lines")
    }

    /// What a call answers.
    pub async fn data(&self, path: &str) -> anyhow::Result<Value> {
        let answer: Envelope<Value> = told(&self.get(path).await?).with_context(|| path.to_owned())?;
        Ok(answer.data)
    }

    /// What a question in a body is answered.
    pub async fn find(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let answer: Envelope<Value> =
            told(&self.post(path, body, PATIENCE).await?).with_context(|| path.to_owned())?;
        Ok(answer.data)
    }

    /// Makes an object.
    pub async fn make(&self, path: &str, body: &Value) -> anyhow::Result<()> {
        let answer = self.post(path, body, PATIENCE).await?;
        ensure!(answer.status == StatusCode::CREATED, "{path} {body}: {}", answer.text());
        Ok(())
    }

    async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        let request = Request::get(format!("{}{path}", self.base)).body(Full::default())?;
        self.client.ask(request, PATIENCE).await
    }

    async fn post(&self, path: &str, body: &Value, within: Duration) -> anyhow::Result<Answer> {
        let request = Request::post(format!("{}{path}", self.base))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(serde_json::to_vec(body)?)))?;
        self.client.ask(request, within).await
    }
}

impl Table {
    /// The one number of an answer with one row.
    pub fn number(&self) -> anyhow::Result<u64> {
        let cell = self.rows.first().and_then(|row| row.first()).context("the answer has no row")?;
        number(cell).with_context(|| format!("{cell} is no count"))
    }
}

/// A count as SQL answers write it: a number, or text beyond 2^53.
pub fn number(cell: &Value) -> Option<u64> {
    match cell {
        Value::Number(number) => number.as_u64().or_else(|| Some(number.as_f64()? as u64)),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A trace that is not known is told in the words of a problem; a path that is not served is not.
fn is_unknown_trace(answer: &Answer) -> bool {
    let problem: Option<Value> = serde_json::from_slice(&answer.body).ok();
    answer.status == StatusCode::NOT_FOUND && problem.is_some_and(|problem| problem["code"] == "not_found")
}

fn told<'a, T: Deserialize<'a>>(answer: &'a Answer) -> anyhow::Result<T> {
    ensure!(answer.status == StatusCode::OK, "{}: {}", answer.status, answer.text());
    serde_json::from_slice(&answer.body).with_context(|| format!("unexpected answer {}", answer.text()))
}
