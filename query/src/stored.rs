//! What people keep, as objects of the store.

use std::sync::Arc;

use daymark_storage::Store;
use daymark_storage::objects::{Kept, Kind, Object};
use daymark_view::error::{AskError, Code};
use daymark_view::meta::{Answer, Meta};
use daymark_view::stored::{
    Change, Prefs, SHARES_MAX, SavedView, ShareId, Shared, Stored, VIEWS_MAX, ViewsAsk,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::ask::internal;
use crate::page::page;

/// Whose preferences they are as long as nobody has to say who they are.
const EVERYBODY: &str = "admin";

/// The shelf of one tenant.
#[derive(Debug)]
pub(crate) struct Shelf<'a> {
    pub(crate) store: &'a Store,
    pub(crate) tenant: &'a str,
}

impl Shelf<'_> {
    fn kind(&self, name: &'static str, most: usize) -> Kind {
        Kind { tenant: Arc::from(self.tenant), name, most }
    }

    fn views(&self) -> Kind {
        self.kind("view", VIEWS_MAX)
    }

    pub(crate) async fn list(&self, ask: ViewsAsk) -> Result<Answer<Vec<Stored<SavedView>>>, AskError> {
        let found = self.store.objects(&self.views()).await.map_err(|error| internal(&error))?;
        let mut views: Vec<Stored<SavedView>> = found.into_iter().map(stored).collect::<Result<_, _>>()?;
        views.retain(|view| ask.kind.as_ref().is_none_or(|kind| view.body.kind == *kind));
        views.sort_by(|a, b| (&a.body.name, &a.id).cmp(&(&b.body.name, &b.id)));
        let total = Some(views.len() as u64);
        let (data, cursor) = page(views, ask.cursor.as_deref(), ask.limit)?;
        Ok(Answer { data, meta: Meta { cursor, total, ..Meta::default() } })
    }

    pub(crate) async fn view(&self, id: &str) -> Result<Answer<Stored<SavedView>>, AskError> {
        let found = self.store.object(&self.views(), id).await.map_err(|error| internal(&error))?;
        stored(found.ok_or_else(|| missing("view", id))?).map(Answer::of)
    }

    pub(crate) async fn save(
        &self,
        change: Option<Change>,
        view: SavedView,
    ) -> Result<Answer<Stored<SavedView>>, AskError> {
        let (kind, text) = (self.views(), text(&view)?);
        let kept = match &change {
            Some(change) => self.store.keep_object(kind, change.id.clone(), change.version, text).await,
            None => self.store.new_object(kind, text).await,
        };
        match kept.map_err(|error| internal(&error))? {
            Kept::Done(object) => stored(object).map(Answer::of),
            Kept::Moved(object) => Err(moved(&stored::<SavedView>(object)?)),
            Kept::Missing => Err(missing("view", &change.map(|change| change.id).unwrap_or_default())),
            Kept::Full => Err(full("saved views", VIEWS_MAX)),
        }
    }

    pub(crate) async fn delete(&self, id: String) -> Result<(), AskError> {
        let was_there = self.store.drop_object(self.views(), id.clone()).await;
        match was_there.map_err(|error| internal(&error))? {
            true => Ok(()),
            false => Err(missing("view", &id)),
        }
    }

    pub(crate) async fn prefs(&self) -> Result<Answer<Prefs>, AskError> {
        let kind = self.kind("prefs", usize::MAX);
        let found = self.store.object(&kind, EVERYBODY).await.map_err(|error| internal(&error))?;
        found.as_ref().map_or(Ok(Prefs::default()), prefs).map(Answer::of)
    }

    pub(crate) async fn save_prefs(&self, wanted: Prefs) -> Result<Answer<Prefs>, AskError> {
        let kind = self.kind("prefs", usize::MAX);
        let body = text(&wanted.all)?;
        let kept = self.store.keep_object(kind, EVERYBODY.to_owned(), wanted.version, body).await;
        match kept.map_err(|error| internal(&error))? {
            Kept::Done(object) => prefs(&object).map(Answer::of),
            Kept::Moved(object) => Err(moved(&prefs(&object)?)),
            Kept::Missing | Kept::Full => Err(moved(&Prefs::default())),
        }
    }

    pub(crate) async fn share(&self, target: Shared) -> Result<Answer<ShareId>, AskError> {
        let kept = self.store.new_object(self.kind("share", SHARES_MAX), text(&target)?).await;
        match kept.map_err(|error| internal(&error))? {
            Kept::Done(object) => Ok(Answer::of(ShareId { id: object.id })),
            _ => Err(full("shared addresses", SHARES_MAX)),
        }
    }

    pub(crate) async fn shared(&self, id: &str) -> Result<Answer<Shared>, AskError> {
        let kind = self.kind("share", SHARES_MAX);
        let found = self.store.object(&kind, id).await.map_err(|error| internal(&error))?;
        let object = found.ok_or_else(|| missing("shared address", id))?;
        body(&object.body).map(Answer::of)
    }
}

fn stored<T: DeserializeOwned>(object: Object) -> Result<Stored<T>, AskError> {
    Ok(Stored {
        id: object.id,
        version: object.version,
        created_at: object.created_at,
        updated_at: object.updated_at,
        body: body(&object.body)?,
    })
}

fn prefs(object: &Object) -> Result<Prefs, AskError> {
    Ok(Prefs { version: object.version, all: body(&object.body)? })
}

fn body<T: DeserializeOwned>(text: &str) -> Result<T, AskError> {
    serde_json::from_str(text).map_err(|error| internal(&error))
}

fn text<T: Serialize>(value: &T) -> Result<String, AskError> {
    serde_json::to_string(value).map_err(|error| internal(&error))
}

/// Somebody else was faster; the answer shows what they wrote.
fn moved<T: Serialize>(current: &T) -> AskError {
    let current = serde_json::to_value(current).unwrap_or(Value::Null);
    AskError::new(Code::Conflict, "it was changed since you read it")
        .hint("look at \"current\", then send its version")
        .current(current)
}

fn missing(what: &str, id: &str) -> AskError {
    AskError::new(Code::NotFound, format!("no {what} has the id \"{id}\""))
}

fn full(what: &str, most: usize) -> AskError {
    AskError::new(Code::LimitExceeded, format!("there are {most} {what}, as many as there may be"))
        .hint("delete some")
}
