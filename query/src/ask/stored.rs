//! The answers of [`AskStored`].

use daymark_view::ask::Answering;
use daymark_view::meta::Answer;
use daymark_view::query_id::QueryId;
use daymark_view::stored::{AskStored, Change, Prefs, SavedView, ShareId, Shared, Stored, ViewsAsk};

use super::Answerer;
use crate::stored::Shelf;

impl Answerer {
    fn shelf(&self) -> Shelf<'_> {
        Shelf { store: &self.store, tenant: &self.options.tenant }
    }
}

impl AskStored for Answerer {
    fn saved_views(&self, ask: ViewsAsk) -> Answering<'_, Answer<Vec<Stored<SavedView>>>> {
        Box::pin(async move { self.shelf().list(ask).await })
    }

    fn saved_view(&self, _query_id: QueryId, id: String) -> Answering<'_, Answer<Stored<SavedView>>> {
        Box::pin(async move { self.shelf().view(&id).await })
    }

    fn save_view(
        &self,
        _query_id: QueryId,
        change: Option<Change>,
        view: SavedView,
    ) -> Answering<'_, Answer<Stored<SavedView>>> {
        Box::pin(async move { self.shelf().save(change, view).await })
    }

    fn delete_view(&self, _query_id: QueryId, id: String) -> Answering<'_, ()> {
        Box::pin(async move { self.shelf().delete(id).await })
    }

    fn prefs(&self, _query_id: QueryId) -> Answering<'_, Answer<Prefs>> {
        Box::pin(async move { self.shelf().prefs().await })
    }

    fn save_prefs(&self, _query_id: QueryId, prefs: Prefs) -> Answering<'_, Answer<Prefs>> {
        Box::pin(async move { self.shelf().save_prefs(prefs).await })
    }

    fn share(&self, _query_id: QueryId, target: Shared) -> Answering<'_, Answer<ShareId>> {
        Box::pin(async move { self.shelf().share(target).await })
    }

    fn shared(&self, _query_id: QueryId, id: String) -> Answering<'_, Answer<Shared>> {
        Box::pin(async move { self.shelf().shared(&id).await })
    }
}
