//! Requests to the server. A request whose asker has gone is aborted, which stops its work on the server.

use daymark_view::error::{AskError, Code, Problem};
use daymark_viz::address::Encoded;
use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, AbortSignal, RequestCache, RequestInit, Response};

use crate::life;

/// One call of the API.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Question {
    method: &'static str,
    path: String,
    query: String,
    body: Option<String>,
    accept: &'static str,
    /// The event of a stream to go on after.
    after: Option<String>,
    /// Whether an answer of before would be wrong, although the server takes it for the same.
    is_of_now: bool,
}

impl Question {
    /// A path below `api/v1`; its parts are encoded by [`part`].
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self {
            method: "GET",
            path: path.into(),
            query: String::new(),
            body: None,
            accept: "application/json",
            after: None,
            is_of_now: false,
        }
    }

    pub(crate) fn post(path: impl Into<String>, body: &impl Serialize) -> Self {
        let body = serde_json::to_string(body).ok();
        Self { method: "POST", body, ..Self::get(path) }
    }

    pub(crate) fn put(path: impl Into<String>, body: &impl Serialize) -> Self {
        Self { method: "PUT", ..Self::post(path, body) }
    }

    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Self { method: "DELETE", ..Self::get(path) }
    }

    /// Not answered from what the browser keeps.
    #[must_use]
    pub(crate) fn of_now(self) -> Self {
        Self { is_of_now: true, ..self }
    }

    /// With a parameter; an empty value is left out.
    #[must_use]
    pub(crate) fn with(mut self, key: &str, value: impl ToString) -> Self {
        let value = value.to_string();
        if !value.is_empty() {
            self.query.push(if self.query.is_empty() { '?' } else { '&' });
            self.query.push_str(&format!("{}={}", Encoded(key, true), Encoded(&value, true)));
        }
        self
    }

    #[must_use]
    pub(crate) fn accepting(self, accept: &'static str) -> Self {
        Self { accept, ..self }
    }

    /// Goes on after an event of a stream.
    #[must_use]
    pub(crate) fn after(self, id: Option<String>) -> Self {
        Self { after: id, ..self }
    }

    /// Relative to the base of the document.
    pub(crate) fn url(&self) -> String {
        format!("api/v1/{}{}", self.path, self.query)
    }
}

/// A part of a path.
pub(crate) fn part(text: &str) -> String {
    Encoded(text, false).to_string()
}

/// Aborts its request when it goes.
#[derive(Debug)]
pub(crate) struct Abort(AbortController);

impl Abort {
    pub(crate) fn new() -> Option<Self> {
        AbortController::new().ok().map(Self)
    }

    /// What the request holds; the guard itself stays with whoever asks.
    pub(crate) fn signal(&self) -> AbortSignal {
        self.0.signal()
    }
}

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a request failed with.
pub(crate) type Failed = Box<Problem>;

/// Sends a question and gives what came back, unread.
pub(crate) async fn send(question: &Question, abort: Option<&AbortSignal>) -> Result<Response, Failed> {
    let init = RequestInit::new();
    init.set_method(question.method);
    init.set_signal(abort);
    if question.is_of_now {
        init.set_cache(RequestCache::NoStore);
    }
    let headers = web_sys::Headers::new().map_err(|_| lost())?;
    let set = |key: &str, value: &str| headers.set(key, value).map_err(|_| lost());
    set("accept", question.accept)?;
    if question.method != "GET" {
        set("x-daymark", "1")?;
    }
    if let Some(id) = &question.after {
        set("last-event-id", id)?;
    }
    if let Some(body) = &question.body {
        set("content-type", "application/json")?;
        init.set_body(&JsValue::from_str(body));
    }
    init.set_headers(&headers);
    let sent = window().fetch_with_str_and_init(&question.url(), &init);
    let response: Response = JsFuture::from(sent).await.map_err(|_| lost())?.unchecked_into();
    if response.ok() {
        return Ok(response);
    }
    let text = text_of(&response).await.unwrap_or_default();
    let problem = serde_json::from_str::<Problem>(&text);
    Err(problem
        .map_or_else(|_| AskError::new(Code::Internal, format!("HTTP {}", response.status())).0, Box::new))
}

/// Sends a question and reads the answer.
pub(crate) async fn ask<T: DeserializeOwned>(
    question: &Question,
    abort: Option<&AbortSignal>,
) -> Result<T, Failed> {
    let response = send(question, abort).await?;
    let text = text_of(&response).await.ok_or_else(lost)?;
    serde_json::from_str(&text).map_err(|bad| {
        AskError::new(Code::Internal, format!("the answer of {} cannot be read: {bad}", question.path)).0
    })
}

/// Sends a question and lets the reader save what comes back as a file.
pub(crate) async fn save(question: &Question, name: &str) -> Result<(), Failed> {
    let response = send(question, None).await?;
    let blob = JsFuture::from(response.blob().map_err(|_| lost())?).await.map_err(|_| lost())?;
    crate::window::save_blob(name, &blob.unchecked_into());
    Ok(())
}

/// Sends what needs no answer.
pub(crate) fn tell(question: &Question) {
    let question = question.clone();
    life::finish(async move {
        drop(send(&question, None).await);
    });
}

pub(crate) async fn text_of(response: &Response) -> Option<String> {
    JsFuture::from(response.text().ok()?).await.ok()?.as_string()
}

/// No connection: what the browser tells of it is not for people. `Unavailable` without a query id is ours.
fn lost() -> Failed {
    AskError::new(Code::Unavailable, "").0
}
