//! Telling, until it is told or a day has passed.
//!
//! Each channel has at most one message under way, so that one that hangs holds up no other. What a message
//! tells of an alert never overtakes what was to be told of it before.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use daymark_model::time::Nanos;
use daymark_view::alerts::channel::Channel;
use daymark_view::alerts::history::DeliveryState;
use daymark_view::alerts::kept::{self, KeptDelivery, Try};
use daymark_view::stored::Stored;
use tokio::task::JoinSet;

use crate::board::Board;
use crate::context::Surroundings;
use crate::links;
use crate::message::Message;
use crate::outbound::Called;
use crate::round::{Round, put};
use crate::send::send;
use crate::watch::Alerting;

const GIVE_UP: i64 = Nanos::DAY;
const BACK_OFF_MAX: i64 = 10 * Nanos::MINUTE;
/// Alerts of one message, and attempts that are remembered.
const TOGETHER: usize = 50;
const TRIES: usize = 20;
/// The longest until it is looked again what is due.
const LOOK: Duration = Duration::from_secs(1);

type Bundle = BTreeMap<String, KeptDelivery>;

/// Delivers what is pending, for ever.
pub(crate) async fn run(alerting: Arc<Alerting>) {
    let mut under_way: JoinSet<String> = JoinSet::new();
    let mut busy: HashSet<String> = HashSet::new();
    loop {
        let now = alerting.clock.now();
        let bundles = alerting.board().bundles(now, &busy);
        for (channel, bundle) in bundles {
            busy.insert(channel.clone());
            let alerting = Arc::clone(&alerting);
            under_way.spawn(async move {
                alerting.attempt(&channel, bundle).await;
                channel
            });
        }
        tokio::select! {
            Some(done) = under_way.join_next() => match done {
                Ok(channel) => drop(busy.remove(&channel)),
                // Whatever it was, it is tried again.
                Err(error) => {
                    tracing::error!(%error, "a delivery died");
                    tokio::time::sleep(LOOK).await;
                    if under_way.is_empty() {
                        busy.clear();
                    }
                }
            },
            () = alerting.wake.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

impl Board {
    /// What is to be sent now: to each channel that is free the first message that is due.
    fn bundles(&self, now: Nanos, busy: &HashSet<String>) -> Vec<(String, Bundle)> {
        let mut bundles: BTreeMap<String, Bundle> = BTreeMap::new();
        let mut held = HashSet::new();
        for (id, delivery) in &self.pending {
            // Only the first of an alert, so that nothing is overtaken.
            let is_first = held.insert((&delivery.channel, &delivery.fingerprint));
            if !is_first || busy.contains(&delivery.channel) || delivery.due_at > now {
                continue;
            }
            let takes_several =
                self.channel(&delivery.channel).is_some_and(|channel| channel.body.kind.takes_several());
            let bundle = bundles.entry(delivery.channel.clone()).or_default();
            let group = bundle.values().next().map(|first| first.group.clone());
            let fits = takes_several && bundle.len() < TOGETHER && group.as_ref() == Some(&delivery.group);
            if group.is_none() || fits {
                bundle.insert(id.clone(), delivery.clone());
            }
        }
        bundles.into_iter().collect()
    }
}

impl Alerting {
    /// One attempt, and what came of it.
    async fn attempt(&self, channel: &str, bundle: Bundle) {
        let found = self.board().channel(channel).cloned();
        let began = (self.clock.now(), self.clock.elapsed());
        let called = match &found {
            Some(channel) => self.send_all(channel, &bundle).await,
            None => Called::failed("the channel is gone"),
        };
        let took_ms = self.clock.elapsed().saturating_sub(began.1).as_secs_f64() * 1e3;
        let now = self.clock.now();
        let is_gone = found.is_none();
        let mut round = Round::default();
        let mut done: Vec<(String, KeptDelivery)> = Vec::new();
        for (id, mut delivery) in bundle {
            delivery.note(&called, began.0, now, took_ms, is_gone);
            round.changes.push(put(kept::DELIVERY, &id, &delivery));
            done.push((id, delivery));
        }
        // Kept before it is counted as told: a crash in between repeats it, and loses nothing.
        self.keep_until_kept(round).await;
        let mut board = self.board();
        for (id, delivery) in done {
            match delivery.delivery {
                DeliveryState::Pending => {
                    board.watch.retries += 1;
                    board.pending.insert(id, delivery);
                    continue;
                }
                DeliveryState::Delivered => {
                    board.watch.delivered += 1;
                    board.sent.insert((delivery.channel, delivery.group), now);
                }
                DeliveryState::Undelivered => {
                    board.watch.undelivered += 1;
                    tracing::error!(channel = %delivery.channel_name, rule = %delivery.rule,
                        "a notification was given up");
                }
            }
            board.pending.remove(&id);
        }
    }

    async fn send_all(&self, channel: &Stored<Channel>, bundle: &Bundle) -> Called {
        let now = self.clock.now();
        let mut messages = Vec::with_capacity(bundle.len());
        for delivery in bundle.values() {
            messages.push(self.message(delivery.clone(), now).await);
        }
        send(&self.outbound, self.options.smtp.as_ref(), &channel.body, &messages).await
    }

    /// An alert with what there is to say around it.
    pub(crate) async fn message(&self, delivery: KeptDelivery, now: Nanos) -> Message {
        let surroundings = Surroundings {
            ask: Arc::clone(&self.ask),
            query_id: Self::query_id(),
            base: self.options.url.clone(),
        };
        let context = surroundings.of(&delivery, now).await;
        let url = format!("{}{}", self.options.url, links::alert(&delivery.fingerprint));
        Message { delivery, context, url }
    }
}

/// What an attempt makes of a delivery.
trait Note {
    fn note(&mut self, called: &Called, at: Nanos, now: Nanos, took_ms: f64, is_gone: bool);
}

impl Note for KeptDelivery {
    fn note(&mut self, called: &Called, at: Nanos, now: Nanos, took_ms: f64, is_gone: bool) {
        self.attempts += 1;
        let Called { status, error } = called.clone();
        self.tries.push(Try { at, attempt: self.attempts, ok: called.is_ok(), status, took_ms, error });
        if self.tries.len() > TRIES {
            self.tries.remove(0);
        }
        let is_too_old = now.0.saturating_sub(self.created_at.0) >= GIVE_UP;
        self.delivery = match called.is_ok() {
            true => DeliveryState::Delivered,
            false if is_gone || is_too_old => DeliveryState::Undelivered,
            false => DeliveryState::Pending,
        };
        let doubled = Nanos::SECOND.saturating_mul(1 << self.attempts.saturating_sub(1).min(20));
        self.due_at = now.plus(doubled.min(BACK_OFF_MAX));
    }
}
