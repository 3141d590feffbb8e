//! Alerts that began or ended, among what happened.

use daymark_view::alerts::kept::{self, KeptEvent, first_id};
use daymark_view::alerts::state::State;
use daymark_view::error::AskError;
use daymark_view::events::{ChangeEvent, EventKind, EventsAsk};
use daymark_view::keep::Keep;
use daymark_view::overview::OverviewAsk;
use daymark_view::services::{Scope, ScopeKey};
use serde_json::json;

use crate::ask::{Answerer, internal};

/// Those that a question is about. What nobody was told of is left out.
pub(crate) async fn changes(answerer: &Answerer, ask: &EventsAsk) -> Result<Vec<ChangeEvent>, AskError> {
    let is_asked = ask.kind.is_empty() || ask.kind.contains(&EventKind::Alert);
    // No alert is part of a trace.
    if !is_asked || ask.trace_id.is_some() {
        return Ok(Vec::new());
    }
    let (from, to) = (first_id(ask.range.from), first_id(ask.range.to));
    let kept = answerer.kept_between(kept::EVENT, from, to, usize::MAX).await?;
    let read = kept.into_iter().map(|event| serde_json::from_str(&event.body));
    let kept: Vec<KeptEvent> = read.collect::<Result<_, _>>().map_err(|error| internal(&error))?;
    let is_wanted = |event: &KeptEvent| {
        let service = event.labels.get("service");
        let of_service = ask.service.is_empty() || service.is_some_and(|one| ask.service.contains(one));
        of_service && ask.scope.iter().all(|scope| is_of(event, scope))
    };
    let is_told = |event: &KeptEvent| {
        event.muted.is_none() && (event.to_state == State::Firing || event.from_state == State::Firing)
    };
    Ok(kept.iter().filter(|event| is_wanted(event) && is_told(event)).map(change).collect())
}

fn is_of(event: &KeptEvent, scope: &Scope) -> bool {
    let label = if scope.key == ScopeKey::Namespace { "namespace" } else { scope.key.name() };
    event.labels.get(label) == Some(&scope.value)
}

/// Those of an overview.
pub(crate) async fn lately(answerer: &Answerer, ask: &OverviewAsk) -> Result<Vec<ChangeEvent>, AskError> {
    let events = EventsAsk {
        query_id: ask.query_id.clone(),
        range: ask.range,
        scope: ask.scope.clone(),
        kind: Vec::new(),
        service: Vec::new(),
        trace_id: None,
        limit: 0,
        cursor: None,
    };
    changes(answerer, &events).await
}

fn change(event: &KeptEvent) -> ChangeEvent {
    let detail = json!({
        "rule_id": event.rule_id,
        "rule": event.rule,
        "severity": event.severity.name(),
        "fingerprint": event.fingerprint,
        "value": event.value,
        "threshold": event.threshold,
        "labels": event.labels,
    });
    let verb = if event.to_state == State::Firing { "fires" } else { "ends" };
    ChangeEvent {
        time: event.at,
        kind: EventKind::Alert,
        service: event.labels.get("service").cloned(),
        instance: None,
        title: format!("alert {} {verb}", event.rule),
        from_state: Some(event.from_state.name().into()),
        to_state: Some(event.to_state.name().into()),
        trace_id: None,
        detail: detail.as_object().cloned().unwrap_or_default(),
    }
}
