//! The answers of [`AskAlerts`], and what is read from the catalog at the start.

use daymark_model::time::Nanos;
use daymark_view::alerts::AskAlerts;
use daymark_view::alerts::channel::Channel;
use daymark_view::alerts::history::{DeliveryState, HistoryAsk, HistoryRow};
use daymark_view::alerts::kept::{self, KeptDelivery, KeptState};
use daymark_view::alerts::notify::Notify;
use daymark_view::alerts::preview::{Preview, PreviewAsk, PreviewNotification};
use daymark_view::alerts::rule::{KnownRule, Origin, RULES_MAX, Rule};
use daymark_view::alerts::silence::Silence;
use daymark_view::alerts::state::{AlertsStatus, StateRow};
use daymark_view::alerts::{Tested, channel};
use daymark_view::ask::Answering;
use daymark_view::error::{AskError, Code};
use daymark_view::keep::{Document, Keeping, Replaced};
use daymark_view::meta::Answer;
use daymark_view::stored::{Change, Stored};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::round::put;
use crate::watch::Alerting;

/// Changes of channels and the like.
mod objects;
/// What happened.
mod past;
/// How it stands.
mod states;

/// The one document of its kind.
const ONE: &str = "all";

impl Alerting {
    /// Reads everything that is kept.
    pub(crate) async fn load(&self) -> Result<(), AskError> {
        let now = self.clock.now();
        let watch = self.keep.kept(kept::WATCH).await?.into_iter().next();
        let rules = self.rules_of_api().await?;
        let silences = self.keep.kept(kept::SILENCE).await?;
        let channels = self.keep.kept(kept::CHANNEL).await?;
        let notify = self.keep.kept(kept::NOTIFY).await?.into_iter().next();
        let states = self.keep.kept(kept::STATE).await?;
        let deliveries = self.keep.kept(kept::DELIVERY).await?;
        {
            let mut board = self.board();
            board.watch = watch.map(|watch| body(&watch)).transpose()?.unwrap_or_default();
            if board.watch.up_to.0 == 0 {
                // The first start ever: nothing was missed.
                (board.watch.up_to, board.last_round) = (now, Some(now));
            }
            board.set_rules(rules, self.options.default_rules);
            board.silences = silences.iter().map(stored).collect::<Result<_, _>>()?;
            board.channels = channels.iter().map(stored_channel).collect::<Result<_, _>>()?;
            if let Some(document) = notify {
                board.notify = (document.version, notify_of(&document, now)?);
            }
            for state in &states {
                board.restore(body::<KeptState>(state)?);
            }
            for document in &deliveries {
                let mut delivery: KeptDelivery = body(document)?;
                if delivery.delivery == DeliveryState::Pending {
                    // What kept it from being told may be why we were started again.
                    delivery.due_at = delivery.due_at.min(now);
                    board.pending.insert(document.id.clone(), delivery);
                }
            }
        }
        self.reload().await;
        Ok(())
    }

    /// One that cannot be read any more is told of and costs no other.
    async fn rules_of_api(&self) -> Result<Vec<KnownRule>, AskError> {
        let mut rules = Vec::new();
        for document in self.keep.kept(kept::RULE).await? {
            match known_rule(&document) {
                Ok(rule) => rules.push(rule),
                Err(error) => tracing::error!(%error, id = document.id, "a kept rule cannot be read"),
            }
        }
        Ok(rules)
    }

    fn no_rule(&self, id: &str) -> AskError {
        AskError::new(Code::NotFound, format!("no rule has the id \"{id}\""))
            .hint("GET /alerts/rules lists them")
    }

    fn rule_of(&self, id: &str) -> Result<KnownRule, AskError> {
        let found = self.board().rules.get(id).map(|rule| KnownRule::clone(rule));
        found.ok_or_else(|| self.no_rule(id))
    }

    async fn write_rule(&self, change: Option<Change>, rule: Rule) -> Result<KnownRule, AskError> {
        self.check_rule(&rule).await?;
        let (id, seen) = match change {
            None => (None, 0),
            Some(change) => {
                let known = self.rule_of(&change.id)?;
                refuse_file(&known)?;
                // One that comes with Daymark is replaced for the first time.
                let seen = if known.origin == Origin::Default { 0 } else { change.version };
                (Some(change.id), seen)
            }
        };
        let _changing = self.changing.lock().await;
        let document =
            self.replaced(kept::RULE, RULES_MAX, id, seen, rule.to_value().to_string(), |document| {
                known_rule(document).map(|rule| json!(rule))
            });
        let rule = known_rule(&document.await?)?;
        self.board().set_rule(rule.clone());
        Ok(rule)
    }

    /// Whether it can be asked: a rule that never could is refused at once.
    async fn check_rule(&self, rule: &Rule) -> Result<(), AskError> {
        let now = self.clock.now();
        let at = [now.floor(rule.every_ns.max(1))];
        crate::reading::read(self.sampler.as_ref(), &Self::query_id(), rule, &at).await.map(drop).map_err(
            |error| {
                let mut problem = error.0;
                if problem.pointer.is_none() {
                    problem.pointer = Some("/signal".into());
                }
                AskError(problem)
            },
        )
    }

    async fn remove_rule(&self, id: String) -> Result<(), AskError> {
        let known = self.rule_of(&id)?;
        refuse_file(&known)?;
        if known.origin == Origin::Default {
            let told = AskError::new(Code::Conflict, "the rule comes with Daymark");
            return Err(told.hint("replace it with \"enabled\": false to switch it off"));
        }
        let _changing = self.changing.lock().await;
        self.keep.keep(vec![Keeping::Drop { kind: kept::RULE, id: id.clone() }]).await?;
        let mut board = self.board();
        board.rules.remove(&id);
        let defaults = if self.options.default_rules { crate::defaults::rules() } else { Vec::new() };
        if let Some(default) = defaults.into_iter().find(|rule| rule.id == id) {
            board.set_rule(default);
        }
        Ok(())
    }

    /// Makes or replaces a document; a newer one is shown to whoever has not seen it.
    async fn replaced(
        &self,
        kind: &'static str,
        most: usize,
        id: Option<String>,
        seen: u64,
        text: String,
        shown: impl Fn(&Document) -> Result<Value, AskError>,
    ) -> Result<Document, AskError> {
        match self.keep.replace(kind, most, id.clone(), seen, text).await? {
            Replaced::Done(document) => Ok(document),
            Replaced::Moved(document) => {
                Err(AskError::new(Code::Conflict, "it was changed since you read it")
                    .hint("look at \"current\", then send its version")
                    .current(shown(&document)?))
            }
            Replaced::Missing => {
                let id = id.unwrap_or_default();
                Err(AskError::new(Code::NotFound, format!("there is nothing with the id \"{id}\"")))
            }
            Replaced::Full => {
                let detail = format!("there are {most} of them, as many as there may be");
                Err(AskError::new(Code::LimitExceeded, detail).hint("delete some"))
            }
        }
    }

    async fn note_acknowledged(
        &self,
        fingerprint: String,
        by: String,
        note: Option<String>,
    ) -> Result<(), AskError> {
        let _changing = self.changing.lock().await;
        let state = {
            let mut board = self.board();
            let state = board.states.get_mut(&fingerprint).ok_or_else(|| no_alert(&fingerprint))?;
            (state.acknowledged_by, state.note) = (Some(by), note);
            state.clone()
        };
        self.keep.keep(vec![put(kept::STATE, &fingerprint, &state)]).await
    }
}

pub(crate) fn no_alert(fingerprint: &str) -> AskError {
    AskError::new(Code::NotFound, format!("no alert has the fingerprint \"{fingerprint}\""))
        .hint("what is over is in the history")
}

fn refuse_file(rule: &KnownRule) -> Result<(), AskError> {
    if rule.origin != Origin::File {
        return Ok(());
    }
    let place = format!("{}:{}", rule.file.as_deref().unwrap_or_default(), rule.line.unwrap_or_default());
    Err(AskError::new(Code::Conflict, format!("the rule stands in {place}")).hint("change it there"))
}

fn body<T: DeserializeOwned>(document: &Document) -> Result<T, AskError> {
    serde_json::from_str(&document.body).map_err(|error| unreadable(document, &error))
}

fn unreadable(document: &Document, error: &dyn std::fmt::Display) -> AskError {
    AskError::new(Code::Internal, format!("what is kept as {} cannot be read: {error}", document.id))
}

fn stored<T: DeserializeOwned>(document: &Document) -> Result<Stored<T>, AskError> {
    Ok(with(document, body(document)?))
}

fn with<T>(document: &Document, body: T) -> Stored<T> {
    let Document { id, version, created_at, updated_at, .. } = document.clone();
    Stored { id, version, created_at, updated_at, body }
}

fn stored_channel(document: &Document) -> Result<Stored<Channel>, AskError> {
    let value: Value = body(document)?;
    Ok(with(document, Channel::read(&value, None).map_err(first)?))
}

fn notify_of(document: &Document, now: Nanos) -> Result<Notify, AskError> {
    Notify::read(&body(document)?, now).map_err(first)
}

fn known_rule(document: &Document) -> Result<KnownRule, AskError> {
    let value: Value = body(document)?;
    Ok(KnownRule {
        id: document.id.clone(),
        version: document.version,
        origin: Origin::Api,
        file: None,
        line: None,
        created_at: document.created_at,
        updated_at: document.updated_at,
        rule: Rule::read(&value, "").map_err(first)?,
    })
}

/// The first of what is wrong.
fn first(faults: Vec<daymark_view::alerts::fields::Fault>) -> AskError {
    match faults.into_iter().next() {
        Some(fault) => fault.into(),
        None => AskError::new(Code::BadRequest, "it cannot be read"),
    }
}

impl AskAlerts for Alerting {
    fn rules(&self) -> Answering<'_, Vec<KnownRule>> {
        let mut rules: Vec<KnownRule> =
            self.board().rules.values().map(|rule| KnownRule::clone(rule)).collect();
        rules.sort_by(|one, other| (&one.rule.name, &one.id).cmp(&(&other.rule.name, &other.id)));
        Box::pin(std::future::ready(Ok(rules)))
    }

    fn rule(&self, id: String) -> Answering<'_, KnownRule> {
        Box::pin(std::future::ready(self.rule_of(&id)))
    }

    fn save_rule(&self, change: Option<Change>, rule: Rule) -> Answering<'_, KnownRule> {
        Box::pin(self.write_rule(change, rule))
    }

    fn delete_rule(&self, id: String) -> Answering<'_, ()> {
        Box::pin(self.remove_rule(id))
    }

    fn preview(&self, ask: PreviewAsk) -> Answering<'_, Preview> {
        Box::pin(self.look_back(ask))
    }

    fn states(&self) -> Answering<'_, Vec<StateRow>> {
        Box::pin(std::future::ready(Ok(self.state_rows(|_| true))))
    }

    fn status(&self) -> Answering<'_, AlertsStatus> {
        Box::pin(std::future::ready(Ok(self.how_it_stands())))
    }

    fn notification(&self, fingerprint: String) -> Answering<'_, PreviewNotification> {
        Box::pin(async move { self.notification_of(&fingerprint).await })
    }

    fn history(&self, ask: HistoryAsk) -> Answering<'_, Answer<Vec<HistoryRow>>> {
        Box::pin(self.past(ask))
    }

    fn acknowledge(&self, fingerprint: String, by: String, note: Option<String>) -> Answering<'_, ()> {
        Box::pin(self.note_acknowledged(fingerprint, by, note))
    }

    fn silences(&self) -> Answering<'_, Vec<Stored<Silence>>> {
        Box::pin(std::future::ready(Ok(self.board().silences.clone())))
    }

    fn save_silence(&self, change: Option<Change>, silence: Silence) -> Answering<'_, Stored<Silence>> {
        Box::pin(self.write_silence(change, silence))
    }

    fn delete_silence(&self, id: String) -> Answering<'_, ()> {
        Box::pin(self.remove_silence(id))
    }

    fn silenced(&self, silence: Silence) -> Answering<'_, Vec<StateRow>> {
        let fitting: Vec<String> = {
            let board = self.board();
            let fitting = board.states.values().filter(|state| board.fit(&silence.matchers, &state.labels));
            fitting.map(|state| state.fingerprint.clone()).collect()
        };
        let rows = self.state_rows(|state| fitting.contains(&state.fingerprint));
        Box::pin(std::future::ready(Ok(rows)))
    }

    fn channels(&self) -> Answering<'_, Vec<Stored<Channel>>> {
        Box::pin(std::future::ready(Ok(self.board().channels.clone())))
    }

    fn save_channel(&self, change: Option<Change>, channel: Value) -> Answering<'_, Stored<Channel>> {
        Box::pin(self.write_channel(change, channel))
    }

    fn delete_channel(&self, id: String) -> Answering<'_, ()> {
        Box::pin(self.remove_channel(id))
    }

    fn test_channel(&self, id: String) -> Answering<'_, Tested> {
        Box::pin(self.try_channel(id))
    }

    fn notify(&self) -> Answering<'_, Value> {
        let (version, notify) = self.board().notify.clone();
        Box::pin(std::future::ready(Ok(notify_shown(version, &notify))))
    }

    fn save_notify(&self, document: Value) -> Answering<'_, Value> {
        Box::pin(self.write_notify(document))
    }
}

/// The address of the heartbeat is as secret as that of a channel.
fn notify_shown(version: u64, notify: &Notify) -> Value {
    let mut value = notify.to_value();
    if let Value::Object(map) = &mut value {
        map.insert("version".into(), version.into());
        map.insert("heartbeat".into(), json!(notify.heartbeat.as_deref().map(channel::shown_url)));
    }
    value
}
