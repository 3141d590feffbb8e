//! Silences, channels and the document of notifications: made, replaced, deleted, tried.

use daymark_model::time::Nanos;
use daymark_view::alerts::Tested;
use daymark_view::alerts::channel::{CHANNELS_MAX, Channel, HIDDEN};
use daymark_view::alerts::kept;
use daymark_view::alerts::matcher::Matcher;
use daymark_view::alerts::notify::Notify;
use daymark_view::alerts::preview::PreviewFiring;
use daymark_view::alerts::rule::Rule;
use daymark_view::alerts::silence::{SILENCES_MAX, Silence};
use daymark_view::error::{AskError, Code};
use daymark_view::keep::{Document, Keeping};
use daymark_view::stored::{Change, Stored};
use serde_json::{Value, json};

use super::{ONE, first, notify_shown, stored, stored_channel};
use crate::board::whole;
use crate::message::Message;
use crate::preview::delivery_of;
use crate::send::send;
use crate::watch::Alerting;

fn parts(change: Option<Change>) -> (Option<String>, u64) {
    change.map_or((None, 0), |change| (Some(change.id), change.version))
}

fn missing(what: &str, id: &str) -> AskError {
    AskError::new(Code::NotFound, format!("no {what} has the id \"{id}\""))
}

/// An expression that is none fits nothing, so whoever wrote it would wait in vain.
fn check_matchers(matchers: &[Matcher], at: &str) -> Result<(), AskError> {
    for (place, matcher) in matchers.iter().enumerate().filter(|(_, matcher)| matcher.is_expression()) {
        if let Err(error) = whole(&matcher.value) {
            let told = error.to_string();
            let why = told.lines().last().unwrap_or_default().trim_start_matches("error: ");
            let detail = format!("\"{}\" is not a regular expression: {why}", matcher.value);
            return Err(AskError::new(Code::BadRequest, detail)
                .hint("write = for the text itself")
                .pointer(format!("{at}/{place}/value")));
        }
    }
    Ok(())
}

fn check_notify(notify: &Notify) -> Result<(), AskError> {
    for (place, route) in notify.routes.iter().enumerate() {
        check_matchers(&route.matchers, &format!("/routes/{place}/matchers"))?;
    }
    for (place, inhibition) in notify.inhibitions.iter().enumerate() {
        check_matchers(&inhibition.source, &format!("/inhibitions/{place}/source"))?;
        check_matchers(&inhibition.target, &format!("/inhibitions/{place}/target"))?;
    }
    for (place, maintenance) in notify.maintenance.iter().enumerate() {
        check_matchers(&maintenance.matchers, &format!("/maintenance/{place}/matchers"))?;
    }
    Ok(())
}

impl Alerting {
    pub(super) async fn write_silence(
        &self,
        change: Option<Change>,
        silence: Silence,
    ) -> Result<Stored<Silence>, AskError> {
        let is_new = change.is_none();
        let (id, seen) = parts(change);
        check_matchers(&silence.matchers, "/matchers")?;
        if is_new && silence.ends_at <= self.clock.now() {
            let told = AskError::new(Code::BadRequest, "the silence is over already");
            return Err(told.hint("give a later moment").pointer("/ends_at"));
        }
        let _changing = self.changing.lock().await;
        let shown = |document: &_| stored::<Silence>(document).map(|silence| json!(silence));
        let document =
            self.replaced(kept::SILENCE, SILENCES_MAX, id, seen, json!(silence).to_string(), shown).await?;
        let silence: Stored<Silence> = stored(&document)?;
        let mut board = self.board();
        board.silences.retain(|known| known.id != silence.id);
        board.silences.push(silence.clone());
        Ok(silence)
    }

    pub(super) async fn remove_silence(&self, id: String) -> Result<(), AskError> {
        let _changing = self.changing.lock().await;
        if !self.board().silences.iter().any(|known| known.id == id) {
            return Err(missing("silence", &id));
        }
        self.keep.keep(vec![Keeping::Drop { kind: kept::SILENCE, id: id.clone() }]).await?;
        self.board().silences.retain(|known| known.id != id);
        Ok(())
    }

    pub(super) async fn write_channel(
        &self,
        change: Option<Change>,
        channel: Value,
    ) -> Result<Stored<Channel>, AskError> {
        let (id, seen) = parts(change);
        let _changing = self.changing.lock().await;
        let known = id.as_ref().and_then(|id| {
            self.board().channels.iter().find(|known| known.id == *id).map(|known| known.body.clone())
        });
        let channel = Channel::read(&channel, known.as_ref()).map_err(first)?;
        let twin =
            |known: &Stored<Channel>| known.body.name == channel.name && id.as_ref() != Some(&known.id);
        if self.board().channels.iter().any(twin) {
            let told =
                AskError::new(Code::Conflict, format!("there is a channel \"{}\" already", channel.name));
            return Err(told.hint("rules name channels: give it another name").pointer("/name"));
        }
        let shown = |document: &_| stored_channel(document).map(|channel| json!(channel.body.to_shown()));
        let text = channel.to_kept().to_string();
        let document = self.replaced(kept::CHANNEL, CHANNELS_MAX, id, seen, text, shown).await?;
        let channel = stored_channel(&document)?;
        let mut board = self.board();
        board.channels.retain(|known| known.id != channel.id);
        board.channels.push(channel.clone());
        Ok(channel)
    }

    pub(super) async fn remove_channel(&self, id: String) -> Result<(), AskError> {
        let _changing = self.changing.lock().await;
        if !self.board().channels.iter().any(|known| known.id == id) {
            return Err(missing("channel", &id));
        }
        self.keep.keep(vec![Keeping::Drop { kind: kept::CHANNEL, id: id.clone() }]).await?;
        self.board().channels.retain(|known| known.id != id);
        Ok(())
    }

    /// Sends what an alert would look like.
    pub(super) async fn try_channel(&self, id: String) -> Result<Tested, AskError> {
        let channel = self.board().channel(&id).cloned().ok_or_else(|| missing("channel", &id))?;
        let now = self.clock.now();
        let firing = PreviewFiring {
            labels: [("service".into(), "test".into())].into(),
            from: now,
            to: None,
            peak: Some(1.0),
        };
        let mut delivery = delivery_of(&test_rule()?, &firing);
        delivery.key = format!("{}-{now}-test", delivery.fingerprint);
        let url = format!("{}/alerts", self.options.url);
        let message = Message { delivery, context: Default::default(), url };
        let began = self.clock.elapsed();
        let called = send(&self.outbound, self.options.smtp.as_ref(), &channel.body, &[message]).await;
        let took_ms = self.clock.elapsed().saturating_sub(began).as_secs_f64() * 1e3;
        Ok(Tested { ok: called.is_ok(), status: called.status, took_ms, error: called.error })
    }

    pub(super) async fn write_notify(&self, mut document: Value) -> Result<Value, AskError> {
        let now: Nanos = self.clock.now();
        let seen = document.get("version").and_then(Value::as_u64);
        let seen = seen.ok_or_else(|| {
            AskError::new(Code::BadRequest, "\"version\" is not given")
                .hint("the version that you have read")
                .pointer("/version")
        })?;
        let _changing = self.changing.lock().await;
        let known = self.board().notify.1.heartbeat.clone();
        let is_hidden =
            document.get("heartbeat").and_then(Value::as_str).is_some_and(|url| url.contains(HIDDEN));
        if let (Value::Object(map), true) = (&mut document, is_hidden) {
            map.insert("heartbeat".into(), json!(known));
        }
        let notify = Notify::read(&document, now).map_err(first)?;
        check_notify(&notify)?;
        let shown = |document: &Document| {
            super::notify_of(document, now).map(|notify| notify_shown(document.version, &notify))
        };
        let text = notify.to_value().to_string();
        let kept = self.replaced(kept::NOTIFY, usize::MAX, Some(ONE.to_owned()), seen, text, shown).await?;
        self.board().notify = (kept.version, notify.clone());
        Ok(notify_shown(kept.version, &notify))
    }
}

fn test_rule() -> Result<Rule, AskError> {
    let rule = json!({"name": "a test", "severity": "info", "signal": {"kind": "red", "metric": "rate"},
        "condition": {"op": ">", "threshold": 0.5},
        "annotations": {"summary": "this is how an alert arrives here"}});
    Rule::read(&rule, "").map_err(first)
}
