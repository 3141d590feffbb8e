//! Questions over HTTP: one client, one server, failures in words.

use std::error::Error;

use anyhow::Context;
use bytes::Bytes;
use daymark_view::error::{AskError, Code, Problem};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::AskArgs;

type Cause = Box<dyn Error + Send + Sync>;
pub(crate) type Body = BoxBody<Bytes, Cause>;

/// A problem is never longer than this.
const PROBLEM_BYTES: usize = 1 << 20;

pub(crate) const JSON: &str = "application/json";
pub(crate) const NDJSON: &str = "application/x-ndjson";
const EVENTS: &str = "text/event-stream";

#[derive(Debug)]
pub(crate) struct Client {
    /// Without a slash at the end.
    url: String,
    token: Option<HeaderValue>,
    http: legacy::Client<HttpConnector, Full<Bytes>>,
}

impl Client {
    pub(crate) fn new(args: &AskArgs) -> anyhow::Result<Self> {
        Self::at(&args.url, args.token.as_deref())
    }

    pub(crate) fn at(url: &str, token: Option<&str>) -> anyhow::Result<Self> {
        let url = url.trim_end_matches('/').to_owned();
        if !url.starts_with("http://") {
            let detail = format!("\"{url}\" does not start with http://");
            return Err(AskError::new(Code::BadRequest, detail)
                .hint("TLS ends at a proxy; ask the server itself, or tunnel to it")
                .into());
        }
        let token = token.map(|token| HeaderValue::try_from(format!("Bearer {token}")));
        let mut token = token.transpose().context("the token has characters that no header can hold")?;
        if let Some(token) = &mut token {
            token.set_sensitive(true);
        }
        let http = legacy::Client::builder(TokioExecutor::new()).build_http();
        Ok(Self { url, token, http })
    }

    /// `path` begins with a slash and stands below the API's base.
    pub(crate) async fn get(&self, path: &str, accept: &'static str) -> anyhow::Result<Body> {
        self.send(Method::GET, path, accept, Bytes::new(), None).await
    }

    /// A stream of events, from after the one with this id on.
    pub(crate) async fn follow(&self, path: &str, last: Option<&str>) -> anyhow::Result<Body> {
        self.send(Method::GET, path, EVENTS, Bytes::new(), last).await
    }

    pub(crate) async fn post(&self, path: &str, accept: &'static str, body: Vec<u8>) -> anyhow::Result<Body> {
        self.send(Method::POST, path, accept, Bytes::from(body), None).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        accept: &'static str,
        body: Bytes,
        last_event: Option<&str>,
    ) -> anyhow::Result<Body> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}/api/v1{path}", self.url))
            .header(ACCEPT, accept)
            .header(CONTENT_TYPE, JSON);
        if let Some(id) = last_event {
            request = request.header("last-event-id", id);
        }
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token);
        }
        let request =
            request.body(Full::from(body)).with_context(|| format!("\"{}\" is not a URL", self.url))?;
        let response = self.http.request(request).await.map_err(|error| self.lost(&error))?;
        let response = response.map(|body| body.map_err(Cause::from).boxed());
        match response.status() {
            StatusCode::OK => Ok(response.into_body()),
            _ => Err(refusal(response).await),
        }
    }

    fn lost(&self, error: &legacy::Error) -> AskError {
        let mut cause: &dyn Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        if error.is_connect() {
            AskError::new(Code::Unavailable, format!("cannot reach {}: {cause}", self.url))
                .hint("start one with `daymark serve`, or name another with --url")
        } else {
            AskError::new(Code::Unavailable, format!("{} broke off its answer: {cause}", self.url))
        }
    }
}

/// The whole answer as text.
pub(crate) async fn text(body: Body) -> anyhow::Result<String> {
    let whole = body.collect().await.map_err(broken_off)?.to_bytes();
    String::from_utf8(whole.into()).context("the answer is not UTF-8")
}

pub(crate) fn broken_off(error: Cause) -> anyhow::Error {
    anyhow::anyhow!(error).context("the answer broke off")
}

/// The problem in an answer that is none, or what its status says.
async fn refusal(response: Response<Body>) -> anyhow::Error {
    let status = response.status();
    let body = Limited::new(response.into_body(), PROBLEM_BYTES).collect().await;
    let problem = body.ok().and_then(|body| serde_json::from_slice::<Problem>(&body.to_bytes()).ok());
    match problem {
        Some(problem) => AskError(Box::new(problem)).into(),
        None => anyhow::anyhow!("the server answered {status} and not as Daymark does"),
    }
}

#[cfg(test)]
pub(crate) mod tests;
