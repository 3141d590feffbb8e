//! The one trait by which alerts are asked for and changed.

use std::fmt;

use serde_json::Value;

use super::channel::Channel;
use super::history::{HistoryAsk, HistoryRow};
use super::preview::{Preview, PreviewAsk, PreviewNotification};
use super::rule::{KnownRule, Rule};
use super::silence::Silence;
use super::state::{AlertsStatus, StateRow};
use crate::ask::Answering;
use crate::meta::Answer;
use crate::stored::{Change, Stored};

/// How a test of a channel went.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Tested {
    pub ok: bool,
    pub status: Option<u16>,
    pub took_ms: f64,
    pub error: Option<String>,
}

/// Whoever watches. Objects are replaced by those who name the version they have seen.
pub trait AskAlerts: Send + Sync + fmt::Debug {
    /// Those of the API, of files, and those that come with Daymark, by name.
    fn rules(&self) -> Answering<'_, Vec<KnownRule>>;
    fn rule(&self, id: String) -> Answering<'_, KnownRule>;
    fn save_rule(&self, change: Option<Change>, rule: Rule) -> Answering<'_, KnownRule>;
    fn delete_rule(&self, id: String) -> Answering<'_, ()>;
    fn preview(&self, ask: PreviewAsk) -> Answering<'_, Preview>;

    /// All that are not ok, the worst first.
    fn states(&self) -> Answering<'_, Vec<StateRow>>;
    fn status(&self) -> Answering<'_, AlertsStatus>;
    fn history(&self, ask: HistoryAsk) -> Answering<'_, Answer<Vec<HistoryRow>>>;
    /// An alert as it would be told now, with where to look.
    fn notification(&self, fingerprint: String) -> Answering<'_, PreviewNotification>;
    fn acknowledge(&self, fingerprint: String, by: String, note: Option<String>) -> Answering<'_, ()>;

    fn silences(&self) -> Answering<'_, Vec<Stored<Silence>>>;
    fn save_silence(&self, change: Option<Change>, silence: Silence) -> Answering<'_, Stored<Silence>>;
    fn delete_silence(&self, id: String) -> Answering<'_, ()>;
    /// States that a silence would cover.
    fn silenced(&self, silence: Silence) -> Answering<'_, Vec<StateRow>>;

    fn channels(&self) -> Answering<'_, Vec<Stored<Channel>>>;
    fn save_channel(&self, change: Option<Change>, channel: Value) -> Answering<'_, Stored<Channel>>;
    fn delete_channel(&self, id: String) -> Answering<'_, ()>;
    fn test_channel(&self, id: String) -> Answering<'_, Tested>;

    /// The document of notifications with its `version`.
    fn notify(&self) -> Answering<'_, Value>;
    fn save_notify(&self, document: Value) -> Answering<'_, Value>;
}
