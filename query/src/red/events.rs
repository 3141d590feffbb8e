//! What happened: deploys, as spans tell them, and what else is known.

use daymark_view::error::AskError;
use daymark_view::events::{ChangeEvent, EventKind, EventsAsk};
use daymark_view::meta::Answer;
use daymark_view::service::Deploy;
use serde_json::{Map, Value, json};

use super::deploys;
use super::reader::Reader;
use super::whose::Whose;
use crate::page::page;
use crate::sql::failure;

/// Deploys and others, newest first.
pub(crate) async fn events(
    ask: &EventsAsk,
    others: Vec<ChangeEvent>,
    reader: &Reader,
) -> Result<Answer<Vec<ChangeEvent>>, AskError> {
    let is_asked = ask.kind.is_empty() || ask.kind.contains(&EventKind::Deploy);
    let mut all = others;
    // No deploy is part of a trace.
    if is_asked && ask.trace_id.is_none() {
        let whose = Whose::of(&ask.scope, reader);
        let only = match ask.service.as_slice() {
            [one] => Some(one.as_str()),
            _ => None,
        };
        let deploys = deploys::all(reader, &whose, ask.range, only).await;
        let deploys = deploys.map_err(|error| failure::of(&error))?;
        let is_wanted = |service: &String| ask.service.is_empty() || ask.service.contains(service);
        let wanted = deploys.into_iter().filter(|(service, _)| is_wanted(service));
        all.extend(wanted.map(|(service, deploy)| event(service, &deploy)));
    }
    all.sort_by(|one, other| other.time.cmp(&one.time).then_with(|| one.title.cmp(&other.title)));
    let (data, cursor) = page(all, ask.cursor.as_deref(), ask.limit)?;
    let mut answer = reader.answer(data, None);
    answer.meta.cursor = cursor;
    Ok(answer)
}

pub(crate) fn event(service: String, deploy: &Deploy) -> ChangeEvent {
    let mut detail = Map::new();
    let mut tell = |key: &str, value: Value| detail.insert(key.to_owned(), value);
    tell("version", json!(deploy.version));
    tell("from_version", json!(deploy.from_version));
    tell("share", json!(deploy.share));
    tell("before", json!(deploy.before));
    tell("after", json!(deploy.after));
    ChangeEvent {
        time: deploy.first_seen,
        kind: EventKind::Deploy,
        title: format!("deploy {service} {}", deploy.version),
        service: Some(service),
        instance: None,
        from_state: deploy.from_version.clone(),
        to_state: Some(deploy.version.clone()),
        trace_id: None,
        detail,
    }
}
