//! What happened: every change of state with every attempt to tell of it.

use std::collections::HashMap;

use daymark_model::time::Nanos;
use daymark_view::alerts::history::{HistoryAsk, HistoryRow, NotificationRow};
use daymark_view::alerts::kept::{self, KeptDelivery, KeptEvent, first_id};
use daymark_view::error::{AskError, Code};
use daymark_view::keep::Document;
use daymark_view::meta::{Answer, Meta};

use super::body;
use crate::watch::Alerting;

/// Events that are read at once.
const PAGE: usize = 1_000;
/// Repeats may be told long after the event.
const READ_MAX: usize = 100_000;

impl Alerting {
    /// The last first.
    pub(super) async fn past(&self, ask: HistoryAsk) -> Result<Answer<Vec<HistoryRow>>, AskError> {
        let from = first_id(ask.range.from);
        let mut to = match &ask.cursor {
            Some(cursor) => checked(cursor)?,
            None => first_id(ask.range.to),
        };
        let mut rows: Vec<HistoryRow> = Vec::new();
        let mut cursor = None;
        'pages: loop {
            let page = self.keep.kept_between(kept::EVENT, from.clone(), to.clone(), PAGE).await?;
            let is_last = page.len() < PAGE;
            for document in page {
                let event: KeptEvent = body(&document)?;
                to.clone_from(&document.id);
                let is_wanted = ask.rule.as_ref().is_none_or(|rule| event.rule_id == *rule)
                    && ask.fingerprint.as_ref().is_none_or(|wanted| event.fingerprint == *wanted);
                if !is_wanted {
                    continue;
                }
                if rows.len() == ask.limit {
                    cursor = rows.last().map(|row| row.id.clone());
                    break 'pages;
                }
                rows.push(row(document.id, event));
            }
            if is_last {
                break;
            }
        }
        self.add_notifications(&mut rows).await?;
        Ok(Answer { data: rows, meta: Meta { cursor, ..Meta::default() } })
    }

    /// Deliveries have the ids of their events as a beginning, so they lie in the same range.
    async fn add_notifications(&self, rows: &mut [HistoryRow]) -> Result<(), AskError> {
        let (Some(newest), Some(oldest)) = (rows.first(), rows.last()) else { return Ok(()) };
        let (from, to) = (oldest.id.clone(), format!("{}~", newest.id));
        let found: Vec<Document> = self.keep.kept_between(kept::DELIVERY, from, to, READ_MAX).await?;
        let mut by_event: HashMap<String, Vec<KeptDelivery>> = HashMap::new();
        for document in &found {
            let delivery: KeptDelivery = body(document)?;
            by_event.entry(delivery.event.clone()).or_default().push(delivery);
        }
        for row in rows {
            for delivery in by_event.remove(&row.id).unwrap_or_default() {
                row.notifications.extend(notifications(&delivery));
            }
        }
        Ok(())
    }
}

fn checked(cursor: &str) -> Result<String, AskError> {
    let is_id = cursor.len() <= 64
        && cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if is_id {
        Ok(cursor.to_owned())
    } else {
        Err(AskError::new(Code::BadCursor, "this is not a cursor of this list"))
    }
}

fn row(id: String, event: KeptEvent) -> HistoryRow {
    HistoryRow {
        id,
        time: event.at,
        rule_id: event.rule_id,
        rule: event.rule,
        fingerprint: event.fingerprint,
        labels: event.labels,
        from_state: event.from_state,
        to_state: event.to_state,
        value: event.value,
        threshold: event.threshold,
        count: event.count,
        took_ms: event.took_ms,
        error: event.error,
        muted: event.muted,
        notifications: Vec::new(),
    }
}

/// One row an attempt; one without any that still waits.
fn notifications(delivery: &KeptDelivery) -> Vec<NotificationRow> {
    let row = |at: Option<Nanos>, attempt, ok, status, took_ms, error| NotificationRow {
        channel: delivery.channel_name.clone(),
        at,
        attempt,
        ok,
        status,
        took_ms,
        error,
        state: delivery.delivery,
    };
    if delivery.tries.is_empty() {
        return vec![row(None, 0, false, None, 0.0, None)];
    }
    let tries = delivery.tries.iter();
    tries
        .map(|one| row(Some(one.at), one.attempt, one.ok, one.status, one.took_ms, one.error.clone()))
        .collect()
}
