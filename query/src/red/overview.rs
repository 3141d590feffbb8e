//! `GET /overview`: whether anything is wrong.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use daymark_aggregate::Aggregate;
use daymark_view::error::AskError;
use daymark_view::events::ChangeEvent;
use daymark_view::meta::Answer;
use daymark_view::overview::{EVENTS_SHOWN, Overview, OverviewAsk, StateCounts, WORST_SHOWN};
use daymark_view::services::{ServiceRow, ServiceState};

use super::calls::{CallKey, Calls, SERVICE, USER, calls};
use super::deploys;
use super::events::event;
use super::finding::finding;
use super::reader::Reader;
use super::whose::Whose;
use super::windows::buckets;
use crate::services::gathered::Gathered;
use crate::services::rows;
use crate::sql::failure;

pub(crate) async fn overview(
    ask: &OverviewAsk,
    alerts: Vec<ChangeEvent>,
    reader: &Reader,
) -> Result<Answer<Overview>, AskError> {
    let whose = Whose::of(&ask.scope, reader);
    let gathered = Gathered::of(reader, whose, ask.range, None, None).await;
    let gathered = gathered.map_err(|error| failure::of(&error))?;
    let whose = &gathered.whose;
    let mut services = rows(reader, &gathered, None);
    services.sort_by(|one, other| worse(one, other).then_with(|| one.service.cmp(&other.service)));
    let mut counts = StateCounts::default();
    services.iter().for_each(|row| counts.add(row.state));
    let states = services.iter().map(|row| (row.service.clone(), row.state)).collect();
    let is_ill = |row: &ServiceRow| matches!(row.state, ServiceState::Critical | ServiceState::Warning);
    let worst: Vec<ServiceRow> =
        services.iter().filter(|row| is_ill(row)).take(WORST_SHOWN).cloned().collect();
    let deploys = deploys::all(reader, whose, ask.range, None).await;
    let deploys = deploys.map_err(|error| failure::of(&error))?;
    let mut events: Vec<_> = deploys.into_iter().map(|(service, deploy)| event(service, &deploy)).collect();
    let in_list: HashSet<&str> = services.iter().map(|row| row.service.as_str()).collect();
    let edges = buckets(ask.range, Aggregate::Edges.step_s(), reader.now);
    let calls = calls(reader, &edges, whose, |client| in_list.contains(client)).await;
    let calls = calls.map_err(|error| failure::of(&error))?;
    let found = finding(reader, whose, ask.range, &worst, &events, &callees(&calls)).await;
    let finding = found.map_err(|error| failure::of(&error))?;
    // An alert is no change that could be a cause.
    events.extend(alerts);
    events.sort_by_key(|event| Reverse(event.time));
    events.truncate(EVENTS_SHOWN);
    let data = Overview {
        services: counts,
        states,
        worst,
        has_before: gathered.services.values().any(|service| service.before.count > 0),
        front: front(&calls, &in_list),
        finding,
        events,
        ..Overview::default()
    };
    Ok(reader.answer(data, Some(gathered.windows.now)))
}

fn worse(one: &ServiceRow, other: &ServiceRow) -> std::cmp::Ordering {
    let rank = |row: &ServiceRow| match row.state {
        ServiceState::Critical => 0,
        ServiceState::Warning => 1,
        ServiceState::Ok => 2,
        ServiceState::Unknown => 3,
    };
    let rate = |row: &ServiceRow| row.error_rate.unwrap_or_default();
    rank(one).cmp(&rank(other)).then_with(|| rate(other).total_cmp(&rate(one)))
}

/// Whom each service calls.
fn callees(calls: &BTreeMap<CallKey, Calls>) -> BTreeMap<String, Vec<String>> {
    let mut callees: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for key in calls.keys().filter(|key| key.server_kind == SERVICE) {
        callees.entry(key.client.clone()).or_default().push(key.server.clone());
    }
    callees
}

/// The service that users call most.
fn front(calls: &BTreeMap<CallKey, Calls>, inside: &HashSet<&str>) -> Option<String> {
    let of_users = calls.iter().filter(|(key, _)| key.client == USER);
    let inside = of_users.filter(|(key, _)| inside.contains(key.server.as_str()));
    let most = inside.max_by(|(one_key, one), (other_key, other)| {
        one.count.cmp(&other.count).then_with(|| other_key.server.cmp(&one_key.server))
    });
    most.map(|(key, _)| key.server.clone())
}
