//! What is kept beside telemetry by whoever works by itself: documents under a kind and an id. Several are
//! changed at once, whole or not at all.

use std::fmt;

use daymark_model::time::Nanos;

use crate::ask::Answering;

/// A document as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub id: String,
    /// 1 for the first.
    pub version: u64,
    pub created_at: Nanos,
    pub updated_at: Nanos,
    pub body: String,
}

/// What is to be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// Writes a document, whatever there was.
    Put {
        kind: &'static str,
        id: String,
        body: String,
    },
    Drop {
        kind: &'static str,
        id: String,
    },
    /// Drops all whose ids come before one.
    DropBefore {
        kind: &'static str,
        id: String,
    },
}

/// What became of a document that only replaces a known version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaced {
    Done(Document),
    /// Somebody else has written it meanwhile.
    Moved(Document),
    Missing,
    /// There are as many as there may be.
    Full,
}

/// Whoever keeps them.
pub trait Keep: Send + Sync + fmt::Debug {
    /// All of a kind, by id.
    fn kept(&self, kind: &'static str) -> Answering<'_, Vec<Document>>;
    /// Those whose ids lie in a half-open range, the last first, so many at most.
    fn kept_between(
        &self,
        kind: &'static str,
        from: String,
        to: String,
        limit: usize,
    ) -> Answering<'_, Vec<Document>>;
    /// All changes, or none of them.
    fn keep(&self, changes: Vec<Keeping>) -> Answering<'_, ()>;
    /// Makes a document, where `seen` is 0, or replaces the version that was seen. There are no more than `most`
    /// of the kind. Without an id it gets one of its own.
    fn replace(
        &self,
        kind: &'static str,
        most: usize,
        id: Option<String>,
        seen: u64,
        body: String,
    ) -> Answering<'_, Replaced>;
}
