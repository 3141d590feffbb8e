//! One round: what evaluations found becomes states, events and deliveries, all in one change of the catalog.

use std::sync::Arc;

use daymark_model::time::Nanos;
use daymark_view::alerts::hearing;
use daymark_view::alerts::kept::{self, KeptDelivery, KeptEvent, KeptState, event_id};
use daymark_view::alerts::rule::KnownRule;
use daymark_view::alerts::state::State;
use daymark_view::keep::Keeping;
use serde::Serialize;

use crate::board::Board;
use crate::book::{Book, Change};
use crate::fingerprint::fingerprint;
use crate::machine::Alert;

/// A state is written again when what was last seen is this much newer.
const SEEN_STEP: i64 = Nanos::MINUTE;

/// What a round changes.
#[derive(Debug, Default)]
pub(crate) struct Round {
    pub(crate) changes: Vec<Keeping>,
    /// To be sent once the changes are durable.
    pub(crate) deliveries: Vec<(String, KeptDelivery)>,
}

pub(crate) fn put<T: Serialize>(kind: &'static str, id: &str, body: &T) -> Keeping {
    let body = serde_json::to_string(body).expect("plain fields of text and numbers");
    Keeping::Put { kind, id: id.to_owned(), body }
}

impl Round {
    /// Takes over what one evaluation of a rule changed.
    pub(crate) fn take(
        &mut self,
        board: &mut Board,
        rule: &Arc<KnownRule>,
        changes: Vec<Change>,
        took_ms: f64,
    ) {
        for change in changes {
            let fingerprint = fingerprint(&rule.id, &change.group);
            let event = event_id(change.at, &fingerprint, change.to);
            let before = board.states.remove(&fingerprint);
            let alert = board
                .books
                .get(&rule.id)
                .and_then(|book| book.groups.get(&change.group))
                .and_then(|group| group.alert.clone());
            let mut told = KeptEvent {
                at: change.at,
                rule_id: rule.id.clone(),
                rule: rule.rule.name.clone(),
                severity: rule.rule.severity,
                fingerprint: fingerprint.clone(),
                labels: hearing::labels_of(&rule.rule, &change.group),
                from_state: change.from,
                to_state: change.to,
                value: change.value,
                threshold: Some(rule.rule.condition.threshold),
                count: change.count,
                took_ms,
                error: None,
                muted: None,
            };
            match alert.filter(|_| change.to != State::Ok) {
                Some(alert) => {
                    let mut state = state_of(rule, &change, &alert, &fingerprint, event.clone());
                    if let Some(before) = before {
                        (state.told_at, state.told) = (before.told_at, before.told);
                        (state.acknowledged_by, state.note) = (before.acknowledged_by, before.note);
                    }
                    if change.to.is_told() {
                        state.told_at = None;
                        (state.acknowledged_by, state.note) = (None, None);
                        self.tell(board, rule, &mut state, change.at, &mut told);
                    }
                    self.changes.push(put(kept::STATE, &fingerprint, &state));
                    board.states.insert(fingerprint, state);
                }
                None => self.end(board, rule, before, &fingerprint, &change, &mut told),
            }
            self.changes.push(put(kept::EVENT, &event, &told));
        }
    }

    /// It is over: those who were told are told.
    fn end(
        &mut self,
        board: &mut Board,
        rule: &Arc<KnownRule>,
        before: Option<KeptState>,
        fingerprint: &str,
        change: &Change,
        event: &mut KeptEvent,
    ) {
        self.changes.push(Keeping::Drop { kind: kept::STATE, id: fingerprint.to_owned() });
        let Some(before) = before.filter(|before| !before.told.is_empty()) else { return };
        event.muted = board.muted(&before, change.at);
        if event.muted.is_some() {
            return;
        }
        let ended = KeptState { state: State::Ok, value: change.value.or(before.value), ..before.clone() };
        let id = event_id(change.at, fingerprint, State::Ok);
        for channel in &before.told {
            if board.channel(channel).is_some_and(|channel| channel.body.send_resolved) {
                self.deliver(board, rule, &ended, channel, &id, change.at, Some(change.at));
            }
        }
    }

    /// Tells of a state, unless nobody wants to hear of it.
    fn tell(
        &mut self,
        board: &mut Board,
        rule: &Arc<KnownRule>,
        state: &mut KeptState,
        at: Nanos,
        event: &mut KeptEvent,
    ) {
        event.muted = board.muted(state, at);
        if event.muted.is_none() {
            let id = state.event.clone();
            self.deliver_to_all(board, rule, state, &id, at);
        }
    }

    fn deliver_to_all(
        &mut self,
        board: &mut Board,
        rule: &Arc<KnownRule>,
        state: &mut KeptState,
        id: &str,
        at: Nanos,
    ) {
        let channels = board.channels_of(&rule.rule, &state.labels);
        state.told_at = Some(at);
        state.told = channels.iter().map(|channel| channel.id.clone()).collect();
        for channel in channels {
            self.deliver(board, rule, state, &channel.id, id, at, None);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "each is another part of what is delivered")]
    fn deliver(
        &mut self,
        board: &Board,
        rule: &KnownRule,
        state: &KeptState,
        channel: &str,
        event: &str,
        at: Nanos,
        ends_at: Option<Nanos>,
    ) {
        let Some(channel) = board.channel(channel) else { return };
        let notify = &board.notify.1;
        let group: Vec<&str> =
            notify.by.iter().map(|key| state.labels.get(key).map_or("", String::as_str)).collect();
        let group = group.join("\n");
        let sent = board.sent.get(&(channel.id.clone(), group.clone()));
        let may_be_sent = sent.map_or(at, |sent| sent.plus(notify.interval_ns));
        let moment = event.split('-').next().unwrap_or_default().trim_start_matches('0');
        let what = if ends_at.is_some() { "resolved" } else { state.state.name() };
        let delivery = KeptDelivery {
            event: event.to_owned(),
            key: format!("{}-{moment}-{what}", state.fingerprint),
            channel: channel.id.clone(),
            channel_name: channel.body.name.clone(),
            group,
            ends_at,
            due_at: at.plus(notify.wait_ns).max(may_be_sent),
            ..board.telling(rule, state, at)
        };
        let id = format!("{event}-{}", channel.id);
        self.changes.push(put(kept::DELIVERY, &id, &delivery));
        self.deliveries.push((id, delivery));
    }

    /// Tells of what is no longer muted, and again of what goes on.
    pub(crate) fn tell_again(&mut self, board: &mut Board, now: Nanos) {
        let repeat = board.notify.1.repeat_ns;
        let waits = |state: &&KeptState| {
            let is_due = state.told_at.is_none_or(|told| {
                repeat > 0 && state.acknowledged_by.is_none() && now.0.saturating_sub(told.0) >= repeat
            });
            state.state.is_told() && is_due
        };
        let waiting: Vec<KeptState> = board.states.values().filter(waits).cloned().collect();
        for mut state in waiting {
            let Some(rule) = board.rules.get(&state.rule_id).cloned() else { continue };
            if board.muted(&state, now).is_some() {
                continue;
            }
            let id = match state.told_at {
                None => state.event.clone(),
                Some(_) => event_id(now, &state.fingerprint, state.state),
            };
            self.deliver_to_all(board, &rule, &mut state, &id, now);
            self.changes.push(put(kept::STATE, &state.fingerprint, &state));
            board.states.insert(state.fingerprint.clone(), state);
        }
    }

    /// What evaluations changed without a change of state, as far as it must outlive us.
    pub(crate) fn refresh(&mut self, board: &mut Board, rule: &KnownRule) {
        let Board { books, states, .. } = board;
        let Some(book) = books.get(&rule.id) else { return };
        for (group, alert) in alerts(book) {
            let fingerprint = fingerprint(&rule.id, group);
            let Some(state) = states.get_mut(&fingerprint) else { continue };
            let is_newer =
                rule.rule.no_data.is_some() && alert.seen.0.saturating_sub(state.seen.0) >= SEEN_STEP;
            let must_be_kept = state.good_since != alert.good_since || is_newer;
            (state.value, state.count) = (alert.value, alert.count);
            state.good_since = alert.good_since;
            if must_be_kept {
                state.seen = alert.seen;
                self.changes.push(put(kept::STATE, &fingerprint, state));
            }
        }
    }

    /// Ends what belongs to rules that are gone or switched off.
    pub(crate) fn end_orphans(&mut self, board: &mut Board, now: Nanos) {
        let orphans: Vec<KeptState> =
            board.states.values().filter(|state| board.is_orphan(state)).cloned().collect();
        for state in orphans {
            let fingerprint = state.fingerprint.clone();
            board.states.remove(&fingerprint);
            board.failing.remove(&state.rule_id);
            let event = KeptEvent {
                at: now,
                rule_id: state.rule_id.clone(),
                rule: state.rule.clone(),
                severity: state.severity,
                fingerprint: fingerprint.clone(),
                labels: state.labels.clone(),
                from_state: state.state,
                to_state: State::Ok,
                value: None,
                threshold: Some(state.threshold),
                count: 0,
                took_ms: 0.0,
                error: Some("the rule is gone or switched off".into()),
                muted: None,
            };
            let id = event_id(now, &fingerprint, State::Ok);
            self.changes.push(put(kept::EVENT, &id, &event));
            self.changes.push(Keeping::Drop { kind: kept::STATE, id: fingerprint });
            self.resolve_orphan(board, &state, &id, now);
        }
        let Board { books, rules, .. } = board;
        books.retain(|id, _| rules.get(id).is_some_and(|rule| rule.rule.enabled));
    }

    fn resolve_orphan(&mut self, board: &Board, state: &KeptState, id: &str, now: Nanos) {
        let Some(rule) = board.rules.get(&state.rule_id).cloned() else { return };
        let ended = KeptState { state: State::Ok, ..state.clone() };
        for channel in &state.told {
            self.deliver(board, &rule, &ended, channel, id, now, Some(now));
        }
    }

    /// The rule cannot be evaluated, or can be again. Its groups stay as they are.
    pub(crate) fn note_failure(
        &mut self,
        board: &mut Board,
        rule: &KnownRule,
        error: Option<&str>,
        at: Nanos,
    ) {
        let fingerprint = fingerprint(&rule.id, &[("error".to_owned(), String::new())].into());
        let was = board.failing.get(&rule.id).cloned();
        match error {
            Some(error) => drop(board.failing.insert(rule.id.clone(), error.to_owned())),
            None => drop(board.failing.remove(&rule.id)),
        }
        let (from, to) = match (was.is_some(), error.is_some()) {
            (false, true) => (State::Ok, State::Error),
            (true, false) => (State::Error, State::Ok),
            _ => return,
        };
        let change = Change { at, group: Default::default(), from, to, value: None, count: 0, ended: None };
        let event = event_id(at, &fingerprint, to);
        let alert = Alert {
            state: State::Error,
            since: at,
            entered: at,
            good_since: None,
            seen: at,
            value: None,
            count: 0,
        };
        let mut state = state_of(rule, &change, &alert, &fingerprint, event.clone());
        state.error = error.map(str::to_owned);
        let told = KeptEvent {
            at,
            rule_id: rule.id.clone(),
            rule: rule.rule.name.clone(),
            severity: rule.rule.severity,
            fingerprint: fingerprint.clone(),
            labels: state.labels.clone(),
            from_state: from,
            to_state: to,
            value: None,
            threshold: None,
            count: 0,
            took_ms: 0.0,
            error: state.error.clone(),
            muted: None,
        };
        self.changes.push(put(kept::EVENT, &event, &told));
        if to == State::Error {
            self.changes.push(put(kept::STATE, &fingerprint, &state));
            board.states.insert(fingerprint, state);
        } else {
            self.changes.push(Keeping::Drop { kind: kept::STATE, id: fingerprint.clone() });
            board.states.remove(&fingerprint);
        }
    }
}

fn alerts(book: &Book) -> impl Iterator<Item = (&daymark_view::alerts::Labels, &Alert)> {
    book.groups.iter().filter_map(|(labels, group)| Some((labels, group.alert.as_ref()?)))
}

fn state_of(rule: &KnownRule, change: &Change, alert: &Alert, fingerprint: &str, event: String) -> KeptState {
    KeptState {
        rule_id: rule.id.clone(),
        rule: rule.rule.name.clone(),
        severity: rule.rule.severity,
        fingerprint: fingerprint.to_owned(),
        group: change.group.clone(),
        labels: hearing::labels_of(&rule.rule, &change.group),
        state: change.to,
        since: alert.since,
        // An evaluation that was made up for tells when it was due.
        entered: change.at,
        good_since: alert.good_since,
        seen: alert.seen,
        value: alert.value,
        count: alert.count,
        threshold: rule.rule.condition.threshold,
        op: rule.rule.condition.op,
        error: None,
        event,
        told_at: None,
        told: Vec::new(),
        acknowledged_by: None,
        note: None,
    }
}
