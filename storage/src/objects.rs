//! What people keep beside telemetry: saved views, preferences, shared addresses. The store knows their names
//! and versions; what they say is text to it.
//!
//! A writer names the version it has seen, so that nobody overwrites what they have not read.

use std::sync::Arc;

use daymark_model::time::Nanos;
use ulid::Ulid;

use crate::error::Error;
use crate::store::{Inner, Store};

/// Something kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What it is: `view`, `prefs`, …
    pub kind: String,
    pub id: String,
    /// 1 for the first.
    pub version: u64,
    pub created_at: Nanos,
    pub updated_at: Nanos,
    pub body: String,
}

/// A kind of objects of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    pub tenant: Arc<str>,
    pub name: &'static str,
    /// There are no more of them.
    pub most: usize,
}

/// One of several changes that are made together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectChange {
    /// Writes an object, whatever there was.
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

/// What became of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    Done(Object),
    /// Somebody else has written it meanwhile.
    Moved(Object),
    /// There is none to replace.
    Missing,
    /// There are as many as there may be.
    Full,
}

impl Store {
    /// All of a kind, by id.
    pub async fn objects(&self, kind: &Kind) -> Result<Vec<Object>, Error> {
        self.inner.catalog.objects(kind).await
    }

    pub async fn object(&self, kind: &Kind, id: &str) -> Result<Option<Object>, Error> {
        self.inner.catalog.object(kind, id).await
    }

    /// Those of a kind whose ids lie in a half-open range, the last first, so many at most.
    pub async fn objects_between(
        &self,
        kind: &Kind,
        ids: std::ops::Range<&str>,
        limit: usize,
    ) -> Result<Vec<Object>, Error> {
        self.inner.catalog.objects_between(kind, ids, limit).await
    }

    /// Makes all changes in one transaction.
    pub async fn change_objects(&self, tenant: Arc<str>, changes: Vec<ObjectChange>) -> Result<(), Error> {
        let now = self.inner.clock.now();
        self.for_good(move |inner| async move { inner.catalog.change_objects(&tenant, &changes, now).await })
            .await
    }

    /// Makes an object under a name of its own.
    pub async fn new_object(&self, kind: Kind, body: String) -> Result<Kept, Error> {
        self.keep_object(kind, Ulid::generate().to_string(), 0, body).await
    }

    /// Makes an object, where `seen` is 0, or replaces the version that was seen.
    pub async fn keep_object(&self, kind: Kind, id: String, seen: u64, body: String) -> Result<Kept, Error> {
        let now = self.inner.clock.now();
        self.for_good(
            move |inner| async move { inner.catalog.keep_object(&kind, &id, seen, body, now).await },
        )
        .await
    }

    /// False when there was none.
    pub async fn drop_object(&self, kind: Kind, id: String) -> Result<bool, Error> {
        self.for_good(move |inner| async move { inner.catalog.drop_object(&kind, &id).await }).await
    }

    /// Runs a transaction to its end, even when nobody waits for it any more.
    async fn for_good<T, W>(&self, work: impl FnOnce(Arc<Inner>) -> W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, Error>> + Send + 'static,
    {
        tokio::spawn(work(Arc::clone(&self.inner))).await.map_err(|_| Error::Died)?
    }
}
