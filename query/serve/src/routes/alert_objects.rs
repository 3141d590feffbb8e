//! What people write about alerts: rules, silences, channels and the document of notifications.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use daymark_view::alerts::channel::Channel;
use daymark_view::alerts::rule::Rule;
use daymark_view::alerts::silence::Silence;
use daymark_view::error::{AskError, Code};
use daymark_view::meta::Answer;
use daymark_view::stored::{Change, Stored};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::alerts::{refused, watcher};
use crate::answer::{Refusal, envelope};
use crate::asked::Asked;
use crate::body;
use crate::router::Site;

pub(crate) fn calls() -> Router<Arc<Site>> {
    Router::new()
        .route("/alerts/rules", get(rules).post(save_rule))
        .route("/alerts/rules/{id}", get(rule).put(replace_rule).delete(delete_rule))
        .route("/alerts/silences", get(silences).post(save_silence))
        .route("/alerts/silences/preview", post(silenced))
        .route("/alerts/silences/{id}", get(silence).put(replace_silence).delete(delete_silence))
        .route("/alerts/channels", get(channels).post(save_channel))
        .route("/alerts/channels/{id}", get(channel).put(replace_channel).delete(delete_channel))
        .route("/alerts/channels/{id}/test", post(test_channel))
        .route("/rules/notify", get(notify).put(save_notify))
}

type Answered = Result<Response, Refusal>;

/// The version that was seen of what is replaced.
fn change(id: String, body: &Map<String, Value>) -> Result<Change, AskError> {
    let version = body.get("version").and_then(Value::as_u64).ok_or_else(|| {
        AskError::new(Code::BadRequest, "\"version\" is not given")
            .hint("the version that you have read")
            .pointer("/version")
    })?;
    Ok(Change { id, version })
}

fn missing(what: &str, id: &str) -> AskError {
    AskError::new(Code::NotFound, format!("no {what} has the id \"{id}\""))
}

fn created(mut response: Response) -> Response {
    *response.status_mut() = StatusCode::CREATED;
    response
}

async fn rules(State(site): State<Arc<Site>>, asked: Asked) -> Answered {
    asked.params(&[], &[])?;
    let rules = watcher(&site)?.rules().await?;
    let count = rules.len();
    envelope(&site, &asked, Answer::of(rules), count).await
}

async fn rule(State(site): State<Arc<Site>>, Path(id): Path<String>, asked: Asked) -> Answered {
    asked.params(&[], &[])?;
    let rule = watcher(&site)?.rule(id).await?;
    envelope(&site, &asked, Answer::of(rule), 1).await
}

async fn save_rule(State(site): State<Arc<Site>>, asked: Asked, request: Request) -> Answered {
    asked.params(&[], &[])?;
    let body = Value::Object(body::object(&site, request).await?);
    let rule = Rule::read(&body, "").map_err(refused)?;
    let rule = watcher(&site)?.save_rule(None, rule).await?;
    Ok(created(envelope(&site, &asked, Answer::of(rule), 1).await?))
}

async fn replace_rule(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    asked: Asked,
    request: Request,
) -> Answered {
    asked.params(&[], &[])?;
    let body = body::object(&site, request).await?;
    let change = change(id, &body)?;
    let rule = Rule::read(&Value::Object(body), "").map_err(refused)?;
    let rule = watcher(&site)?.save_rule(Some(change), rule).await?;
    envelope(&site, &asked, Answer::of(rule), 1).await
}

async fn delete_rule(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<StatusCode, Refusal> {
    asked.params(&[], &[])?;
    watcher(&site)?.delete_rule(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn silences(State(site): State<Arc<Site>>, asked: Asked) -> Answered {
    asked.params(&[], &[])?;
    let silences = watcher(&site)?.silences().await?;
    let count = silences.len();
    envelope(&site, &asked, Answer::of(silences), count).await
}

async fn silence(State(site): State<Arc<Site>>, Path(id): Path<String>, asked: Asked) -> Answered {
    asked.params(&[], &[])?;
    let all = watcher(&site)?.silences().await?;
    let found = all.into_iter().find(|silence| silence.id == id).ok_or_else(|| missing("silence", &id))?;
    envelope(&site, &asked, Answer::of(found), 1).await
}

async fn save_silence(State(site): State<Arc<Site>>, asked: Asked, request: Request) -> Answered {
    asked.params(&[], &[])?;
    let body = Value::Object(body::object(&site, request).await?);
    let silence = Silence::read(&body, site.now()).map_err(refused)?;
    let silence = watcher(&site)?.save_silence(None, silence).await?;
    Ok(created(envelope(&site, &asked, Answer::of(silence), 1).await?))
}

async fn replace_silence(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    asked: Asked,
    request: Request,
) -> Answered {
    asked.params(&[], &[])?;
    let body = body::object(&site, request).await?;
    let change = change(id, &body)?;
    let silence = Silence::read(&Value::Object(body), site.now()).map_err(refused)?;
    let silence = watcher(&site)?.save_silence(Some(change), silence).await?;
    envelope(&site, &asked, Answer::of(silence), 1).await
}

async fn delete_silence(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<StatusCode, Refusal> {
    asked.params(&[], &[])?;
    watcher(&site)?.delete_silence(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The states that a silence would cover; it need not say yet why and until when.
async fn silenced(State(site): State<Arc<Site>>, asked: Asked, request: Request) -> Answered {
    asked.params(&[], &[])?;
    let mut body = body::object(&site, request).await?;
    body.entry("comment").or_insert_with(|| json!("a preview"));
    body.entry("ends_at").or_insert_with(|| json!(site.now().plus(1_000_000_000).to_string()));
    let silence = Silence::read(&Value::Object(body), site.now()).map_err(refused)?;
    let rows = watcher(&site)?.silenced(silence).await?;
    let count = rows.len();
    envelope(&site, &asked, Answer::of(rows), count).await
}

/// A channel without what is secret.
fn shown(channel: &Stored<Channel>) -> Value {
    let mut map = channel.body.to_shown();
    map.insert("id".into(), json!(channel.id));
    map.insert("version".into(), json!(channel.version));
    map.insert("created_at".into(), json!(channel.created_at.to_string()));
    map.insert("updated_at".into(), json!(channel.updated_at.to_string()));
    Value::Object(map)
}

async fn channels(State(site): State<Arc<Site>>, asked: Asked) -> Answered {
    asked.params(&[], &[])?;
    let channels: Vec<Value> = watcher(&site)?.channels().await?.iter().map(shown).collect();
    let count = channels.len();
    envelope(&site, &asked, Answer::of(channels), count).await
}

async fn channel(State(site): State<Arc<Site>>, Path(id): Path<String>, asked: Asked) -> Answered {
    asked.params(&[], &[])?;
    let all = watcher(&site)?.channels().await?;
    let found = all.iter().find(|channel| channel.id == id).ok_or_else(|| missing("channel", &id))?;
    envelope(&site, &asked, Answer::of(shown(found)), 1).await
}

async fn save_channel(State(site): State<Arc<Site>>, asked: Asked, request: Request) -> Answered {
    asked.params(&[], &[])?;
    let body = Value::Object(body::object(&site, request).await?);
    let channel = watcher(&site)?.save_channel(None, body).await?;
    Ok(created(envelope(&site, &asked, Answer::of(shown(&channel)), 1).await?))
}

async fn replace_channel(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    asked: Asked,
    request: Request,
) -> Answered {
    asked.params(&[], &[])?;
    let body = body::object(&site, request).await?;
    let change = change(id, &body)?;
    let channel = watcher(&site)?.save_channel(Some(change), Value::Object(body)).await?;
    envelope(&site, &asked, Answer::of(shown(&channel)), 1).await
}

async fn delete_channel(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<StatusCode, Refusal> {
    asked.params(&[], &[])?;
    watcher(&site)?.delete_channel(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn test_channel(State(site): State<Arc<Site>>, Path(id): Path<String>, asked: Asked) -> Answered {
    asked.params(&[], &[])?;
    let tested = watcher(&site)?.test_channel(id).await?;
    envelope(&site, &asked, Answer::of(tested), 1).await
}

async fn notify(State(site): State<Arc<Site>>, asked: Asked) -> Answered {
    asked.params(&[], &[])?;
    let document = watcher(&site)?.notify().await?;
    envelope(&site, &asked, Answer::of(document), 1).await
}

async fn save_notify(State(site): State<Arc<Site>>, asked: Asked, request: Request) -> Answered {
    asked.params(&[], &[])?;
    let body = Value::Object(body::object(&site, request).await?);
    let document = watcher(&site)?.save_notify(body).await?;
    envelope(&site, &asked, Answer::of(document), 1).await
}
