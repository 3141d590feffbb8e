//! The tables `alerts` and `alert_events`, from what is kept of them.
//!
//! Every event begins a state that ends with the next event of its group; what has not ended is kept as a
//! state.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampNanosecondArray, UInt32Array,
};
use arrow::datatypes::Int32Type;
use datafusion::common::Result;
use datafusion::datasource::{MemTable, TableProvider};
use daymark_model::tables::{ALERT_EVENTS, ALERTS, PublicTable};
use daymark_storage::Store;
use daymark_storage::objects::Kind;
use daymark_view::alerts::history::{DeliveryState, Muted};
use daymark_view::alerts::kept::{self, KeptDelivery, KeptEvent, KeptState};
use daymark_view::alerts::state::State;
use daymark_view::error::AskError;
use serde::de::DeserializeOwned;

use crate::ask::internal;
use crate::columns;

type Named = (&'static str, Arc<dyn TableProvider>);

/// Those that a statement may name.
pub(crate) async fn of(store: &Store, tenant: &str, sql: &str) -> Result<Vec<Named>, AskError> {
    let mut tables: Vec<Named> = Vec::new();
    let (has_states, has_events) = (sql.contains(ALERTS.name), sql.contains(ALERT_EVENTS.name));
    if !has_states && !has_events {
        return Ok(tables);
    }
    let events: Vec<(String, KeptEvent)> = read(store, tenant, kept::EVENT).await?;
    if has_states {
        let open: Vec<(String, KeptState)> = read(store, tenant, kept::STATE).await?;
        let open: Vec<KeptState> = open.into_iter().map(|(_, state)| state).collect();
        let rows = states(&events, &open);
        tables.push((ALERTS.name, rows.map_err(|error| crate::sql::failure::of(&error))?));
    }
    if has_events {
        let deliveries = read(store, tenant, kept::DELIVERY).await?;
        let rows = changes(&events, deliveries.into_iter().map(|(_, delivery)| delivery).collect());
        tables.push((ALERT_EVENTS.name, rows.map_err(|error| crate::sql::failure::of(&error))?));
    }
    Ok(tables)
}

async fn read<T: DeserializeOwned>(
    store: &Store,
    tenant: &str,
    name: &'static str,
) -> Result<Vec<(String, T)>, AskError> {
    let kind = Kind { tenant: Arc::from(tenant), name, most: usize::MAX };
    let found = store.objects(&kind).await.map_err(|error| internal(&error))?;
    let read = found.into_iter().map(|object| Ok((object.id, serde_json::from_str(&object.body)?)));
    read.collect::<Result<_, serde_json::Error>>().map_err(|error| internal(&error))
}

/// A row of `alerts`.
struct Row<'a> {
    valid_from: i64,
    valid_to: Option<i64>,
    rule_id: &'a str,
    rule: &'a str,
    severity: &'static str,
    state: State,
    labels: String,
    fingerprint: &'a str,
    value: Option<f64>,
    threshold: Option<f64>,
    since: i64,
    acknowledged_by: Option<&'a str>,
    silenced: bool,
}

fn states(events: &[(String, KeptEvent)], open: &[KeptState]) -> Result<Arc<dyn TableProvider>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    // The row of each group that has not ended yet.
    let mut latest: HashMap<&str, usize> = HashMap::new();
    for (_, event) in events {
        if let Some(row) = latest.remove(event.fingerprint.as_str()).and_then(|at| rows.get_mut(at)) {
            row.valid_to = Some(event.at.0);
        }
        if event.to_state == State::Ok {
            continue;
        }
        latest.insert(&event.fingerprint, rows.len());
        rows.push(Row {
            valid_from: event.at.0,
            valid_to: None,
            rule_id: &event.rule_id,
            rule: &event.rule,
            severity: event.severity.name(),
            state: event.to_state,
            labels: labels(&event.labels),
            fingerprint: &event.fingerprint,
            value: event.value,
            threshold: event.threshold,
            since: event.at.0,
            acknowledged_by: None,
            silenced: event.muted == Some(Muted::Silenced),
        });
    }
    for state in open {
        let row = Row {
            valid_from: state.entered.0,
            valid_to: None,
            rule_id: &state.rule_id,
            rule: &state.rule,
            severity: state.severity.name(),
            state: state.state,
            labels: labels(&state.labels),
            fingerprint: &state.fingerprint,
            value: state.value,
            threshold: Some(state.threshold),
            since: state.since.0,
            acknowledged_by: state.acknowledged_by.as_deref(),
            silenced: state.state.is_told() && state.told_at.is_none(),
        };
        match latest.get(state.fingerprint.as_str()).and_then(|at| rows.get_mut(*at)) {
            Some(known) => *known = row,
            None => rows.push(row),
        }
    }
    // What is no longer kept as a state has ended with an event that is too old to be there.
    let kept: std::collections::HashSet<&str> = open.iter().map(|state| state.fingerprint.as_str()).collect();
    rows.retain(|row| row.valid_to.is_some() || kept.contains(row.fingerprint));
    let columns: Vec<ArrayRef> = vec![
        times(rows.iter().map(|row| Some(row.valid_from))),
        times(rows.iter().map(|row| Some(row.valid_from))),
        times(rows.iter().map(|row| row.valid_to)),
        texts(rows.iter().map(|_| Some("daymark"))),
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|_| 0))),
        texts(rows.iter().map(|row| Some(row.rule_id))),
        words(rows.iter().map(|row| Some(row.rule))),
        words(rows.iter().map(|row| Some(row.severity))),
        words(rows.iter().map(|row| Some(row.state.name()))),
        texts(rows.iter().map(|row| Some(row.labels.as_str()))),
        texts(rows.iter().map(|row| Some(row.fingerprint))),
        Arc::new(rows.iter().map(|row| row.value).collect::<Float64Array>()),
        Arc::new(rows.iter().map(|row| row.threshold).collect::<Float64Array>()),
        times(rows.iter().map(|row| Some(row.since))),
        texts(rows.iter().map(|row| row.acknowledged_by)),
        Arc::new(BooleanArray::from_iter(rows.iter().map(|row| Some(row.silenced)))),
    ];
    table(&ALERTS, columns)
}

/// What became of telling an event, over all channels.
#[derive(Default)]
struct Told {
    state: Option<DeliveryState>,
    attempts: u32,
    error: Option<String>,
}

fn changes(events: &[(String, KeptEvent)], deliveries: Vec<KeptDelivery>) -> Result<Arc<dyn TableProvider>> {
    let mut told: HashMap<String, Told> = HashMap::new();
    for delivery in deliveries {
        let of_event = told.entry(delivery.event).or_default();
        let rank = |state: DeliveryState| match state {
            DeliveryState::Delivered => 0,
            DeliveryState::Pending => 1,
            DeliveryState::Undelivered => 2,
        };
        let worst = of_event.state.into_iter().chain([delivery.delivery]).max_by_key(|state| rank(*state));
        of_event.state = worst;
        of_event.attempts += delivery.attempts;
        let failed = delivery.tries.into_iter().rev().find_map(|one| one.error);
        of_event.error = failed.or(of_event.error.take());
    }
    let none = Told::default();
    let of = |id: &String| told.get(id).unwrap_or(&none);
    let delivery = |(id, event): &(String, KeptEvent)| match event.muted {
        Some(Muted::Silenced | Muted::Maintenance) => Some("silenced"),
        Some(Muted::Inhibited) => Some("inhibited"),
        None => of(id).state.map(DeliveryState::name),
    };
    let labels: Vec<String> = events.iter().map(|(_, event)| labels(&event.labels)).collect();
    let columns: Vec<ArrayRef> = vec![
        times(events.iter().map(|(_, event)| Some(event.at.0))),
        texts(events.iter().map(|(_, event)| Some(event.rule_id.as_str()))),
        words(events.iter().map(|(_, event)| Some(event.rule.as_str()))),
        texts(events.iter().map(|(_, event)| Some(event.fingerprint.as_str()))),
        texts(labels.iter().map(|labels| Some(labels.as_str()))),
        words(events.iter().map(|(_, event)| Some(event.from_state.name()))),
        words(events.iter().map(|(_, event)| Some(event.to_state.name()))),
        Arc::new(events.iter().map(|(_, event)| event.value).collect::<Float64Array>()),
        Arc::new(events.iter().map(|(_, event)| event.threshold).collect::<Float64Array>()),
        words(events.iter().map(delivery)),
        Arc::new(UInt32Array::from_iter_values(events.iter().map(|(id, _)| of(id).attempts))),
        texts(events.iter().map(|(id, event)| event.error.as_deref().or(of(id).error.as_deref()))),
    ];
    table(&ALERT_EVENTS, columns)
}

fn labels(labels: &daymark_view::alerts::Labels) -> String {
    serde_json::to_string(labels).unwrap_or_default()
}

fn times(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.collect::<TimestampNanosecondArray>().with_timezone("UTC"))
}

fn texts<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn words<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.collect::<DictionaryArray<Int32Type>>())
}

fn table(named: &PublicTable, columns: Vec<ArrayRef>) -> Result<Arc<dyn TableProvider>> {
    let schema = columns::schema(named);
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
    Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
}
