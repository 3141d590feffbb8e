//! Fixed answers about what people keep.

use daymark_model::time::Nanos;
use daymark_view::ask::Answering;
use daymark_view::error::{AskError, Code};
use daymark_view::meta::Answer;
use daymark_view::query_id::QueryId;
use daymark_view::stored::{AskStored, Change, Prefs, SavedView, ShareId, Shared, Stored, ViewsAsk};
use serde_json::json;

use super::{Canned, ready};

fn stored(body: SavedView) -> Stored<SavedView> {
    Stored { id: "01K0".into(), version: 3, created_at: Nanos(1), updated_at: Nanos(2), body }
}

impl AskStored for Canned {
    fn saved_views(&self, ask: ViewsAsk) -> Answering<'_, Answer<Vec<Stored<SavedView>>>> {
        self.remember(&ask);
        ready(Ok(Answer::of(vec![stored(SavedView::default())])))
    }

    fn saved_view(&self, _query_id: QueryId, id: String) -> Answering<'_, Answer<Stored<SavedView>>> {
        self.remember(&id);
        ready(Ok(Answer::of(stored(SavedView::default()))))
    }

    fn save_view(
        &self,
        _query_id: QueryId,
        change: Option<Change>,
        view: SavedView,
    ) -> Answering<'_, Answer<Stored<SavedView>>> {
        self.remember(&change);
        ready(match change {
            Some(change) if change.version != 3 => {
                Err(AskError::new(Code::Conflict, "changed").current(json!(stored(view))))
            }
            _ => Ok(Answer::of(stored(view))),
        })
    }

    fn delete_view(&self, _query_id: QueryId, id: String) -> Answering<'_, ()> {
        self.remember(&id);
        ready(Ok(()))
    }

    fn prefs(&self, _query_id: QueryId) -> Answering<'_, Answer<Prefs>> {
        ready(Ok(Answer::of(Prefs::default())))
    }

    fn save_prefs(&self, _query_id: QueryId, prefs: Prefs) -> Answering<'_, Answer<Prefs>> {
        self.remember(&prefs);
        ready(Ok(Answer::of(Prefs { version: prefs.version + 1, ..prefs })))
    }

    fn share(&self, _query_id: QueryId, target: Shared) -> Answering<'_, Answer<ShareId>> {
        self.remember(&target);
        ready(Ok(Answer::of(ShareId { id: "01K0".into() })))
    }

    fn shared(&self, _query_id: QueryId, id: String) -> Answering<'_, Answer<Shared>> {
        self.remember(&id);
        ready(Ok(Answer::of(Shared { url: "/logs".into() })))
    }
}
