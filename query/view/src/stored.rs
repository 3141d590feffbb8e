//! What people keep: saved views, preferences, shared addresses.
//!
//! Each has a version that grows with every change. Who replaces one names the version it has seen; if there is
//! a newer one, the answer is a conflict that shows it.

use std::fmt;

use daymark_model::time::Nanos;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ask::Answering;
use crate::meta::Answer;
use crate::query_id::QueryId;
use crate::wire;

pub const DEFAULT_ROWS: usize = 100;
pub const ROWS_MAX: usize = 1_000;
/// Saved views, and shared addresses, of a tenant.
pub const VIEWS_MAX: usize = 10_000;
pub const SHARES_MAX: usize = 100_000;
pub const NAME_BYTES: usize = 256;
pub const URL_BYTES: usize = 8 << 10;
pub const PREFS_BYTES: usize = 64 << 10;

/// What an engine keeps for people.
pub trait AskStored: Send + Sync + fmt::Debug {
    /// By name.
    fn saved_views(&self, ask: ViewsAsk) -> Answering<'_, Answer<Vec<Stored<SavedView>>>>;
    fn saved_view(&self, query_id: QueryId, id: String) -> Answering<'_, Answer<Stored<SavedView>>>;
    /// Makes one without a change, else replaces the one it names.
    fn save_view(
        &self,
        query_id: QueryId,
        change: Option<Change>,
        view: SavedView,
    ) -> Answering<'_, Answer<Stored<SavedView>>>;
    fn delete_view(&self, query_id: QueryId, id: String) -> Answering<'_, ()>;

    fn prefs(&self, query_id: QueryId) -> Answering<'_, Answer<Prefs>>;
    fn save_prefs(&self, query_id: QueryId, prefs: Prefs) -> Answering<'_, Answer<Prefs>>;

    fn share(&self, query_id: QueryId, target: Shared) -> Answering<'_, Answer<ShareId>>;
    fn shared(&self, query_id: QueryId, id: String) -> Answering<'_, Answer<Shared>>;
}

/// Something kept, with what every kept thing has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored<T> {
    pub id: String,
    pub version: u64,
    #[serde(with = "wire::nanos")]
    pub created_at: Nanos,
    #[serde(with = "wire::nanos")]
    pub updated_at: Nanos,
    #[serde(flatten)]
    pub body: T,
}

/// Which object is replaced, and the version that was seen of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub id: String,
    pub version: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewsAsk {
    pub query_id: QueryId,
    /// Only views of this page.
    pub kind: Option<String>,
    pub limit: usize,
    pub cursor: Option<String>,
}

/// A page with its question, under a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedView {
    pub name: String,
    /// The page: traces, logs, metrics, sql, map, …
    pub kind: String,
    /// Path and query of the page.
    pub url: String,
    /// Shown to everybody.
    #[serde(default)]
    pub shared: bool,
}

/// The body of `POST /saved-views` and `PUT /saved-views/{id}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedViewBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    #[serde(flatten)]
    pub view: SavedView,
}

impl SavedViewBody {
    pub const KEYS: [&str; 5] = ["version", "name", "kind", "url", "shared"];
}

/// The preferences of a user: any keys beside `version`. Version 0 was never written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Prefs {
    pub version: u64,
    #[serde(flatten)]
    pub all: Map<String, Value>,
}

/// Path and query of a page of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    pub url: String,
}

impl Shared {
    pub const KEYS: [&str; 1] = ["url"];
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareId {
    pub id: String,
}
